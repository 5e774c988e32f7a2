"""The one converter between domain values and the JSON that is stored.

Events are stored under the names in `domain.events.KINDS`, a design as its canonical text. The text is
ASCII, so that no character a customer can type is too much for a database.
"""

import json
from typing import Any, Final, TypeVar
from uuid import UUID

import attrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.preconf.json import JsonConverter, make_converter
from cattrs.strategies import configure_tagged_union

from mockspark.domain.design import Design
from mockspark.domain.events import KINDS, Event, ItemEvent, OrderEvent, SubmissionEvent
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.submission import Submission

T = TypeVar("T")


def _converter() -> JsonConverter:
    converter = make_converter(detailed_validation=False)
    converter.register_unstructure_hook(UUID, lambda id_: id_.hex)
    converter.register_structure_hook(UUID, lambda text, _: UUID(text))
    converter.register_unstructure_hook(Design, lambda design: design.canonical)
    converter.register_structure_hook(Design, lambda text, _: Design(text))
    for union in (OrderEvent, ItemEvent, SubmissionEvent, Event):
        configure_tagged_union(union, converter, tag_name="kind", tag_generator=KINDS.__getitem__)
    for aggregate in (Order, OrderItem, Submission):
        _leave_out_events(converter, aggregate)
    return converter


def _leave_out_events(converter: JsonConverter, aggregate: "type[attrs.AttrsInstance]") -> None:
    """Events go to the timeline, each once; an aggregate that is read has none."""
    out = override(omit=True)
    converter.register_unstructure_hook(
        aggregate, make_dict_unstructure_fn(aggregate, converter, events=out, version=out)
    )
    converter.register_structure_hook(aggregate, make_dict_structure_fn(aggregate, converter, events=out))


CONVERTER: Final = _converter()


def dumps(value: object, kind: Any = None) -> str:
    """Return *value*, seen as *kind*, as it is stored."""
    return json.dumps(CONVERTER.unstructure(value, unstructure_as=kind), separators=(",", ":"))


def loads(text: str, kind: type[T], **more: object) -> T:
    """Read what `dumps` wrote; *more* stands in columns of its own."""
    return CONVERTER.structure({**json.loads(text), **more}, kind)


def read_event(text: str) -> Event:
    """Read one event of a timeline."""
    event: Event = CONVERTER.structure(json.loads(text), Event)  # type: ignore[arg-type]  # a union is no class
    return event
