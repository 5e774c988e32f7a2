"""What the live API charged for recorded operations, from the folder of real payloads."""

import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from tests.samples import SAMPLES

CAPTURES = SAMPLES / "shopify" / "graphql_captures"


@frozen
class Charged:
    """One recorded operation, its answer and its price."""

    source: str
    query: str
    variables: dict[str, Any]
    data: dict[str, Any] | None
    requested: int
    actual: int | None


def charged() -> Iterator[Charged]:
    """Yield every recorded operation that tells its document and its price."""
    for path in sorted(CAPTURES.glob("*.json")):
        yield from _in(json.loads(path.read_text("utf-8")), path.stem)


def _in(value: Any, source: str) -> Iterator[Charged]:
    if isinstance(value, list):
        for entry in value:
            yield from _in(entry, source)
    if not isinstance(value, dict):
        return
    yield from _exchange(value, source)
    for entry in value.values():
        yield from _in(entry, source)


def _exchange(value: dict[str, Any], source: str) -> Iterator[Charged]:
    query = value.get("query") or value.get("document")
    response = value.get("response")
    if not isinstance(query, str) or not isinstance(response, dict):
        return
    payload = response.get("payload") or response.get("body") or response
    cost = (payload.get("extensions") or {}).get("cost") or {}
    if isinstance(cost.get("requestedQueryCost"), int):
        yield Charged(
            source,
            query,
            value.get("variables") or {},
            payload.get("data"),
            cost["requestedQueryCost"],
            cost.get("actualQueryCost"),
        )
