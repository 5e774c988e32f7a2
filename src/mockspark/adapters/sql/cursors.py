"""Where a page ended, as text that says nothing to others."""

import base64
import binascii
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, tuple_

from mockspark.domain.errors import InvalidValue

_WIDTH: Final = 8


class Place(NamedTuple):
    """A row's place in the order of newest first: microseconds since 1970, then the row's number."""

    at: int
    seq: int


def cursor(place: Place) -> str:
    """Return *place* as the text that `place_of` reads."""
    raw = b"".join(part.to_bytes(_WIDTH, "big", signed=True) for part in place)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def place_of(text: str) -> Place | None:
    """Read a cursor; empty is the beginning. Raises InvalidValue for what is none of ours."""
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as broken:
        raise InvalidValue("the cursor is none of this list's") from broken
    if len(raw) != 2 * _WIDTH:
        raise InvalidValue("the cursor is none of this list's")
    at, seq = raw[:_WIDTH], raw[_WIDTH:]
    return Place(int.from_bytes(at, "big", signed=True), int.from_bytes(seq, "big", signed=True))


def beyond(place: Place, at: ColumnElement[int], seq: ColumnElement[int]) -> ColumnElement[bool]:
    """Match the rows that follow *place*."""
    return tuple_(at, seq) < tuple_(*place)
