"""Hypothesis strategies for every domain value: what a store has to give back as it was."""

import types
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
from hypothesis import strategies as st

from mockspark.domain.catalog import Listing, PrintArea
from mockspark.domain.contact import Address
from mockspark.domain.design import Design
from mockspark.domain.events import Event, Stamp
from mockspark.domain.files import ProductionFile
from mockspark.domain.holds import Hold
from mockspark.domain.identity import ExternalRef
from mockspark.domain.money import Money
from mockspark.domain.order import ChannelLine
from mockspark.domain.order_item import ItemShipment, OrderItem
from mockspark.domain.print_methods import METHODS
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import SubmissionLine, SubmissionRequest

T = TypeVar("T")
Strategy = st.SearchStrategy[Any]

MOMENTS: Final = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2099, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TEXTS: Final = st.text(max_size=6) | st.sampled_from(
    ["", 'Mug 50% "off"', "Ünïcode ß", "a_b*c", "\0", "<b>", "\U0001d49c"]
)
NAMES: Final = st.text(alphabet="abcXYZ019-_", min_size=1, max_size=8)
DESIGNS: Final = st.sampled_from(
    [
        Design.blank({"front": (300_000, 400_000)}),
        Design.of({"schema": 1, "areas": {}, "layers": [], "made_with": "Ünïcode"}),
    ]
)
COLOURS: Final = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
MOCKUPS: Final = st.sampled_from(
    [
        {"picture": "sha256:ab", "areas": {"front": {"corners": [[0, 0], [9, 0], [9, 9], [0, 9]]}}},
        {
            "picture": "sha256:ab",
            "garment": "sha256:cd",
            "shade": 500,
            "areas": {
                "front": {"box": [1, 2, 30, 40], "mesh": [[[0, 0], [1000, 0]], [[0, 900], [1000, 1100]]]}
            },
            "made_with": "Ünïcode",
        },
    ]
)

_LIVING: Final = (Status.GENERATING, Status.READY_TO_FULFILL, Status.BEING_FULFILLED)
_PIECES: Final = st.integers(1, 99)
_WHOLE: Final = st.integers(0, 2**31 - 1)
_LENGTHS: Final = st.integers(1, 10_000)

# What a field demands beyond its type.
_DEMANDS: Final[Mapping[tuple[type, str], Strategy]] = {
    (Money, "minor"): st.integers(-(10**9), 10**9),
    (Money, "currency"): st.sampled_from(["EUR", "USD", "JPY"]),
    (Address, "country"): st.sampled_from(["", "DE", "US"]),
    (ExternalRef, "system"): NAMES,
    (ExternalRef, "id"): NAMES,
    (Hold, "resume"): st.sampled_from(_LIVING),
    (PrintArea, "width_px"): _LENGTHS,
    (PrintArea, "height_px"): _LENGTHS,
    (PrintArea, "dpi"): st.integers(1, 600),
    (PrintArea, "method"): st.sampled_from(sorted(METHODS)),
    (PrintArea, "paper"): st.just("") | COLOURS,
    (PrintArea, "key"): st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True),
    (Listing, "key"): NAMES,
    (Listing, "template"): st.none() | DESIGNS,
    (Listing, "product_colour"): st.just("") | COLOURS,
    (Listing, "mockup"): st.none() | MOCKUPS,
    (ProductionFile, "size"): _PIECES,
    (ItemShipment, "quantity"): _PIECES,
    (OrderItem, "quantity"): _PIECES,
    (OrderItem, "design"): st.none() | DESIGNS,
    (SubmissionLine, "quantity"): _PIECES,
    (ChannelLine, "quantity"): st.integers(0, 99),
    (Rules, "generating_limit_s"): _PIECES,
    (Rules, "sending_limit_s"): _PIECES,
}


def values_of(kind: type[T], **given: Strategy | object) -> st.SearchStrategy[T]:
    """Return a strategy for any *kind* of attrs class, every field filled; *given* decides on single fields."""
    hints = get_type_hints(kind)
    names = [field.name for field in attrs.fields(cast(Any, kind)) if field.name != "events"]
    chosen = {name: _field(kind, name, hints[name], given) for name in names}
    return st.builds(kind, **chosen)


def events() -> st.SearchStrategy[Event]:
    """Return a strategy for events of every kind."""
    return st.one_of([values_of(cast("type[Event]", kind)) for kind in get_args(Event)])


def requests(**given: Strategy | object) -> st.SearchStrategy[SubmissionRequest]:
    """Return a strategy for what a provider is asked to print."""
    lines = st.lists(values_of(SubmissionLine), min_size=1, max_size=3).map(tuple)
    return values_of(SubmissionRequest, **{"lines": lines, **given})


def listings(**given: Strategy | object) -> st.SearchStrategy[Listing]:
    """Return a strategy for listings, print areas all different."""
    areas = st.lists(values_of(PrintArea), max_size=2, unique_by=lambda area: area.key).map(tuple)
    return values_of(Listing, **{"print_areas": areas, **given})


def _field(kind: type, name: str, hint: Any, given: Mapping[str, Strategy | object]) -> Strategy:
    if name in given:
        value = given[name]
        return value if isinstance(value, st.SearchStrategy) else st.just(value)
    if (kind, name) in _DEMANDS:
        return _DEMANDS[(kind, name)]
    return _of(hint)


def _of(hint: Any) -> Strategy:
    if isinstance(hint, NewType):
        return _of(hint.__supertype__)
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin in _COMPOUND:
        return _COMPOUND[origin](parts)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.deferred(lambda: values_of(hint))


def _tuples(parts: tuple[Any, ...]) -> Strategy:
    if parts[-1] is Ellipsis:
        return st.lists(_of(parts[0]), max_size=2).map(tuple)
    return st.tuples(*(_of(part) for part in parts))


_PLAIN: Final[Mapping[Any, Strategy]] = {
    str: TEXTS,
    int: _WHOLE,
    bool: st.booleans(),
    datetime: MOMENTS,
    UUID: st.uuids(),
    type(None): st.none(),
    Design: DESIGNS,
}
_COMPOUND: Final[Mapping[Any, Callable[[tuple[Any, ...]], Strategy]]] = {
    Union: lambda parts: st.one_of([_of(part) for part in parts]),
    types.UnionType: lambda parts: st.one_of([_of(part) for part in parts]),
    tuple: _tuples,
    get_origin(Mapping[str, str]): lambda parts: st.dictionaries(_of(parts[0]), _of(parts[1]), max_size=2),
}
STAMPS: Final = values_of(Stamp)
