"""Column types that mean the same on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

WholeNumber: Final = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits; under this name SQLite takes a primary key for its row id."""


def microseconds(at: datetime) -> int:
    """Return an aware time as microseconds since 1970, exactly."""
    return (at - EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """Return the time, in UTC, that is *at* microseconds after 1970."""
    return EPOCH + timedelta(microseconds=at)


def storable(text: str) -> str:
    """Return *text* without what PostgreSQL or UTF-8 cannot hold: NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970: equal and ordered alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn a time into its number."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn a number into its time."""
        return None if value is None else moment(value)


class Words(TypeDecorator[str]):
    """Any text a person can type; also what is compared with it is made storable."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Make *value* storable."""
        return None if value is None else storable(value)


class Key(TypeDecorator[str]):
    """Text that is indexed: its first 300 characters, because PostgreSQL refuses larger index rows."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Make *value* storable and short enough."""
        return None if value is None else storable(value)[:300]
