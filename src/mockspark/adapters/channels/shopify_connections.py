"""The shapes that all of the Admin API's answers are made of: pages of things, and roots that may be null."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from mockspark.application.errors import Unavailable

T = TypeVar("T")


class PageInfo(msgspec.Struct, kw_only=True, rename="camel"):
    """Whether there is more, and where it begins."""

    has_next_page: bool = False
    end_cursor: str | None = None


class Connection(msgspec.Struct, Generic[T], kw_only=True, rename="camel"):
    """One page of things."""

    nodes: list[T] = []
    page_info: PageInfo = msgspec.field(default_factory=PageInfo)

    @property
    def next(self) -> str | None:
        """Return where the next page begins; None after the last."""
        return self.page_info.end_cursor if self.page_info.has_next_page else None


class Thing(msgspec.Struct, kw_only=True):
    """Anything of which we want the id only."""

    id: str


def part(data: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """Return a root field of an answer; None where it is null, Unavailable where it cannot be read."""
    if data.get(name) is None:
        return None
    try:
        return msgspec.convert(data[name], kind)
    except msgspec.ValidationError as problem:
        raise Unavailable(f"the store answered in a form that cannot be read ({name})") from problem
