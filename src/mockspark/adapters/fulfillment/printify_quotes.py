"""Printify's shipping prices: which methods there are for a parcel, and what each costs."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from mockspark.adapters.fulfillment.printify_requests import Method
from mockspark.application.forms import Form, FormField
from mockspark.domain.money import Money

_OLD: Final = {"standard": Method.STANDARD, "express": Method.PRIORITY, "economy": Method.ECONOMY}
_CURRENT: Final = {
    "standard": Method.STANDARD,
    "priority": Method.PRIORITY,
    "printify_express": Method.EXPRESS,
    "economy": Method.ECONOMY,
}
_ANNOUNCED: Final = {
    "standard": Method.STANDARD,
    "priority": Method.PRIORITY,
    "express": Method.EXPRESS,
    "economy": Method.ECONOMY,
}


def read_prices(told: Mapping[str, Any], currency: str) -> Mapping[str, Money]:
    """Read the price per method, whichever of three vocabularies the answer speaks."""
    names = _vocabulary(told)
    return {
        method.value: Money(minor=int(told[name]), currency=currency)
        for name, method in names.items()
        if told.get(name) is not None
    }


def _vocabulary(told: Mapping[str, Any]) -> Mapping[str, Method]:
    """Tell the vocabularies apart: "express" meant priority before it came to mean Express."""
    if "printify_express" in told:
        return _CURRENT
    if "priority" not in told:
        return _OLD
    return _CURRENT if told["priority"] == told.get("express") else _ANNOUNCED


def narrowed(form: Form, prices: Mapping[str, Money]) -> Form:
    """Return the dialog with the methods that exist for the parcel, each with its price."""
    return Form(fields=tuple(_narrowed(field, prices) for field in form.fields))


def _narrowed(field: FormField, prices: Mapping[str, Money]) -> FormField:
    if field.name != "shipping_method" or not prices:
        return field
    choices = tuple(
        (value, f"{title} ({prices[value]})") for value, title in field.choices if value in prices
    )
    default = field.default if field.default in prices else choices[0][0]
    return evolve(field, choices=choices, default=default)
