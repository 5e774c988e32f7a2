"""Who ordered, and where the parcel goes."""

import re
import unicodedata
from typing import Final

from attrs import field, frozen

from mockspark.domain.errors import InvalidValue

_NOISE: Final = re.compile(r"[^\w]+")


def fold(text: str) -> str:
    """Return *text* without case, accents and punctuation, for comparing spellings."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _NOISE.sub(" ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def fold_email(text: str) -> str:
    """Return *text* as e-mail addresses are compared: trimmed, without case."""
    return text.strip().casefold()


def fold_order_name(text: str) -> str:
    """Return an order's name as it is searched: trimmed, without case, without a leading `#`."""
    return text.strip().removeprefix("#").casefold()


@frozen(kw_only=True)
class Customer:
    """Whoever ordered; every field may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""
    ref: str = ""


@frozen(kw_only=True)
class Address:
    """Where a parcel goes; *country* and *region* are ISO 3166 codes where the store knows them."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = field(default="")
    phone: str = ""

    @country.validator
    def _alpha_2(self, _: object, value: str) -> None:
        if value and not (len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()):
            raise InvalidValue(f"{value!r} is not an ISO 3166-1 alpha-2 country")


def destination_key(address: Address) -> tuple[str, ...]:
    """Say where *address* leads, so that two spellings of one door compare equal.

    It folds spelling and never guesses: "St" and "Street" stay different, because a wrong
    merge is worse than a missed one. The phone counts where it is given.
    """
    return (
        address.country,
        fold(address.postal_code).replace(" ", ""),
        fold(address.region),
        fold(address.city),
        fold(f"{address.line1} {address.line2}"),
        fold(address.company),
        fold(address.name),
        "".join(c for c in address.phone if c.isdigit()),
    )
