"""Pages as Laravel makes them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from mockspark.adapters.sandbox.printify_catalogue import Json
from mockspark.adapters.sandbox.printify_errors import misshapen
from mockspark.adapters.sandbox.printify_state import Query

T = TypeVar("T")


def page(rows: Sequence[T], query: Query, view: Callable[[T], Json], *, most: int) -> Json:
    """Return one page of *rows*; a page beyond the end is empty, a limit over *most* is refused."""
    limit, number = _count(query, "limit", 10), _count(query, "page", 1)
    if limit > most:
        raise misshapen(f"The limit may not be greater than {most}.")
    last = max(1, -(-len(rows) // limit))
    shown = rows[(number - 1) * limit : number * limit]
    first = (number - 1) * limit + 1
    return {
        "current_page": number,
        "data": [view(row) for row in shown],
        "first_page_url": "/?page=1",
        "from": first if shown else None,
        "last_page": last,
        "last_page_url": f"/?page={last}",
        "next_page_url": f"/?page={number + 1}" if number < last else None,
        "path": "/",
        "per_page": limit,
        "prev_page_url": f"/?page={number - 1}" if number > 1 else None,
        "to": first + len(shown) - 1 if shown else None,
        "total": len(rows),
    }


def _count(query: Query, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise misshapen(f"The {name} must be at least 1.")
    return int(text)
