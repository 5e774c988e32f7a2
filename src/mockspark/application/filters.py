"""What a merchant searches by: six filters that combine, and pages by keyset."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from attrs import field, frozen, validators

from mockspark.domain.contact import fold_email, fold_order_name
from mockspark.domain.errors import InvalidValue
from mockspark.domain.status import Status

T = TypeVar("T")

WINDOW: Final = timedelta(days=90)
"""How far back the range picker reaches; a search without a date filter cuts nothing off."""

UNASSIGNED: Final = "unassigned"


def _trimmed(text: str) -> str:
    return text.strip()


def _platforms(named: Iterable[str]) -> frozenset[str]:
    return frozenset(named)


def _statuses(named: Iterable[Status]) -> frozenset[Status]:
    return frozenset(named)


@frozen(kw_only=True)
class ItemFilter:
    """The six filters, combined by AND; an empty one filters nothing.

    *created_from* and *created_to* are aware times, the end excluded. *platforms* are provider keys
    (`manual` is self-print) or `unassigned`. Archived items show only when asked for by status.
    """

    order_name: str = field(default="", converter=fold_order_name)
    created_from: datetime | None = field(default=None)
    created_to: datetime | None = field(default=None)
    title: str = field(default="", converter=_trimmed)
    email: str = field(default="", converter=fold_email)
    platforms: frozenset[str] = field(default=frozenset(), converter=_platforms)
    statuses: frozenset[Status] = field(default=frozenset(), converter=_statuses)
    attention: bool = False

    @created_from.validator
    @created_to.validator
    def _aware(self, _: object, value: datetime | None) -> None:
        if value is not None and value.tzinfo is None:
            raise InvalidValue("a date filter needs a time zone")

    @property
    def shown(self) -> frozenset[Status]:
        """Return the statuses that are looked for: all but archived unless some are named."""
        return self.statuses or frozenset(Status) - {Status.ARCHIVED}


def within_window(filter: ItemFilter, now: datetime) -> ItemFilter:  # noqa: A002 - the field's name
    """Return *filter*, or refuse one whose range begins more than 90 days ago."""
    if filter.created_from is not None and filter.created_from < now - WINDOW - timedelta(days=1):
        raise InvalidValue("the date range reaches back at most 90 days")
    return filter


@frozen(kw_only=True)
class Page:
    """Where to go on, and how many rows; *after* is the cursor of the last row seen."""

    after: str = ""
    limit: int = field(default=50, validator=[validators.ge(1), validators.le(250)])


@frozen(kw_only=True)
class Slice(Generic[T]):
    """One page of rows; *next* is the cursor of the following page, empty on the last."""

    rows: Sequence[T]
    next: str = ""
