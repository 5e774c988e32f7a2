"""Small values as Shopify spells them, in our words: moments, money, states, addresses, yes and no."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

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


def address(
    *,
    name: str | None,
    first: str | None,
    last: str | None,
    company: str | None,
    lines: tuple[str | None, str | None],
    city: str | None,
    region: str | None,
    postal_code: str | None,
    country: str | None,
    phone: str | None,
) -> Address:
    """Make an address of what may all be missing; a country without its code stays empty."""
    code = (country or "").strip().upper()
    return Address(
        name=(name or "").strip() or full_name(first, last),
        company=(company or "").strip(),
        line1=(lines[0] or "").strip(),
        line2=(lines[1] or "").strip(),
        city=(city or "").strip(),
        region=(region or "").strip(),
        postal_code=(postal_code or "").strip(),
        country=code if _COUNTRY.fullmatch(code) else "",
        phone=(phone or "").strip(),
    )
