"""What Printify refuses, in words for people and with the hold reason that names the fix."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from attrs import frozen

from mockspark.adapters.remote import Answer
from mockspark.application.errors import Rejected
from mockspark.domain.holds import HoldReason

DUPLICATE: Final = "8503"

_BY_CODE: Final[Mapping[str, HoldReason]] = {
    "8103": HoldReason.ADDRESS_INCOMPLETE,
    "8203": HoldReason.LOW_RESOLUTION,
    "8502": HoldReason.SHIPPING_NOT_POSSIBLE,
}

_BY_STATUS: Final[Mapping[int, HoldReason]] = {
    HTTPStatus.PAYMENT_REQUIRED: HoldReason.PAYMENT_AT_PROVIDER,
}

# Codes are shared by many mistakes, so the words decide first.
_BY_WORDS: Final[tuple[tuple[re.Pattern[str], HoldReason], ...]] = (
    (re.compile(r"out of stock|sold out", re.IGNORECASE), HoldReason.OUT_OF_STOCK),
    (re.compile(r"discontinued|variant.*(not|un)[ _-]?(found|available|exist|valid)", re.IGNORECASE),
     HoldReason.VARIANT_UNAVAILABLE),
    (re.compile(r"shipping[ _]method|not ship|shipping.*not (supported|available|possible)", re.IGNORECASE),
     HoldReason.SHIPPING_NOT_POSSIBLE),
    (re.compile(r"line_items|print_areas|src/x/y", re.IGNORECASE), HoldReason.PROVIDER_REJECTED),
    (re.compile(r"address_to|\b(zip|region|country|city|address1|first_name|last_name|phone|email) field\b",
                re.IGNORECASE), HoldReason.ADDRESS_INCOMPLETE),
    (re.compile(r"low quality|\bdpi\b", re.IGNORECASE), HoldReason.LOW_RESOLUTION),
)  # fmt: skip


@frozen(kw_only=True)
class Refusal:
    """What an error says; *order_id* is the order that exists already."""

    code: str
    words: str
    order_id: str = ""


def read_refusal(answer: Answer) -> Refusal:
    """Read either of Printify's two shapes of errors; anything else is told by its status."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = {}
    return _refusal(told if isinstance(told, dict) else {}, answer.status)


def rejected(answer: Answer) -> Rejected:
    """Return the error that a refusing answer means."""
    refusal = read_refusal(answer)
    return Rejected(
        f"Printify: {refusal.words}",
        reason=_reason(refusal, answer.status),
        remote_code=refusal.code or str(answer.status),
    )


def _refusal(told: Mapping[str, Any], status: int) -> Refusal:
    errors = told.get("errors")
    details: Mapping[str, Any] = errors if isinstance(errors, dict) else {}
    order = told.get("order")
    words = (_plain(details.get("reason")), _plain(told.get("message")), _plain(told.get("error")))
    return Refusal(
        code=str(told.get("code") or details.get("code") or ""),
        words=next((text for text in words if text), f"refused with status {status}"),
        order_id=str(order.get("id") or "") if isinstance(order, dict) else "",
    )


def _plain(reason: object) -> str:
    """Return words; a reason may be a JSON text of fields with their problems."""
    if not isinstance(reason, str):
        return _fields(reason) if isinstance(reason, dict) else ""
    try:
        told = json.loads(reason)
    except (ValueError, RecursionError):
        return reason.strip()
    return _fields(told) if isinstance(told, dict) else reason.strip()


def _fields(told: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {_joined(problems)}" for name, problems in told.items())


def _joined(problems: object) -> str:
    return ", ".join(map(str, problems)) if isinstance(problems, list) else str(problems)


def _reason(refusal: Refusal, status: int) -> HoldReason:
    by_words = next((reason for pattern, reason in _BY_WORDS if pattern.search(refusal.words)), None)
    return by_words or _BY_CODE.get(refusal.code) or _BY_STATUS.get(status) or HoldReason.PROVIDER_REJECTED
