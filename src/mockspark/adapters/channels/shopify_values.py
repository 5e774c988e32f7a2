"""Small values as Shopify spells them, in our words: moments, money, states, addresses, yes and no."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Protocol

from mockspark.application.errors import Rejected
from mockspark.domain.contact import Address
from mockspark.domain.errors import InvalidValue
from mockspark.domain.money import Money
from mockspark.domain.order import Payment

Amount = str | int | float | None
Flag = bool | str | int | None

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_PAYMENTS: Final = {state.value: state for state in Payment}
_FALSE: Final = frozenset({"false", "0", "no", ""})


def moment(text: str | None) -> datetime | None:
    """Read an ISO time into UTC; raises Rejected for text that is none."""
    if not text:
        return None
    try:
        # Some senders that pass bodies on put blanks behind colons.
        at = datetime.fromisoformat(text.replace(": ", ":"))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise Rejected(f"{text[:40]!r} is no time") from problem


def payment(word: str | None) -> Payment:
    """Return the payment state; a word that we do not know is `OTHER`."""
    return _PAYMENTS.get((word or "").lower(), Payment.OTHER)


def money(amount: Amount, currency: str) -> Money | None:
    """Read an amount; None where there is none or it is none of *currency*: a price is not worth an order."""
    if amount is None or amount == "":
        return None
    try:
        return Money.of(str(amount), currency)
    except InvalidValue:
        return None


def flag(value: Flag, *, default: bool) -> bool:
    """Read yes or no, which some senders write as text."""
    if value is None:
        return default
    return value.strip().lower() not in _FALSE if isinstance(value, str) else bool(value)


def tags(raw: str | list[str] | None) -> tuple[str, ...]:
    """Return tags in a fixed order: one comma-separated text in webhooks, a list in GraphQL."""
    entries: Iterable[str] = raw.split(",") if isinstance(raw, str) else raw or ()
    return tuple(
        sorted({tag.strip() for tag in entries if tag.strip()}, key=lambda tag: (tag.casefold(), tag))
    )


def full_name(*parts: str | None) -> str:
    """Return given and family name in one."""
    return " ".join(part.strip() for part in parts if part and part.strip())


class Place(Protocol):
    """What webhooks and GraphQL tell of an address; numbers may be numbers."""

    name: str | None
    first_name: str | None
    last_name: str | None
    company: str | None
    address1: str | None
    address2: str | None
    city: str | None
    province: str | None
    province_code: str | None
    zip: str | int | None
    phone: str | int | None


def address(raw: Place, country: str | None) -> Address:
    """Make an address of what may all be missing; a country without its code stays empty."""
    code = _text(country).upper()
    return Address(
        name=_text(raw.name) or full_name(raw.first_name, raw.last_name),
        company=_text(raw.company),
        line1=_text(raw.address1),
        line2=_text(raw.address2),
        city=_text(raw.city),
        region=_text(raw.province_code or raw.province),
        postal_code=_text(raw.zip),
        country=code if _COUNTRY.fullmatch(code) else "",
        phone=_text(raw.phone),
    )


def _text(value: str | int | None) -> str:
    return str(value or "").strip()
