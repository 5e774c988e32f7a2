"""After a person was forgotten the timeline tells what happened and when, not to whom."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from mockspark.domain.events import (
    Actor,
    AttemptEnded,
    Change,
    Commented,
    Event,
    HoldPlaced,
    ItemPlaced,
    OrderSynced,
    Stamp,
    StatusChanged,
)
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import OrderId, OrderItemId, SubmissionId
from mockspark.domain.redaction import without_person
from mockspark.domain.status import Action, Status

ID = UUID(int=1)
STAMP = Stamp(at=datetime(2026, 11, 2, tzinfo=UTC), by=Actor.person("ana"))
PERSON = "Zoë, 1 Main St"


def events(words: str, reason: str) -> list[Event]:
    change = Change(field="ship_to", before=words, after=words)
    return [
        OrderSynced(order_id=OrderId(ID), changes=(change,), stamp=STAMP),
        HoldPlaced(
            item_id=OrderItemId(ID),
            reason=HoldReason.ADDRESS_INCOMPLETE,
            origin=HoldOrigin.SYSTEM,
            note=words,
            stamp=STAMP,
        ),
        StatusChanged(
            item_id=OrderItemId(ID),
            action=Action.HOLD,
            before=Status.GENERATING,
            after=Status.ON_HOLD,
            reason=reason,
            stamp=STAMP,
        ),
        Commented(item_id=OrderItemId(ID), text=words, stamp=STAMP),
        AttemptEnded(submission_id=SubmissionId(ID), attempt=1, outcome="refused", words=words, stamp=STAMP),
    ]


@pytest.mark.parametrize(
    ("event", "left"),
    list(zip(events(PERSON, f"address_incomplete: {PERSON}"), events("", "address_incomplete"), strict=True)),
)
def test_free_words_go_and_the_facts_stay(event: Event, left: Event) -> None:
    """I25, I7: who acted, when, and from which status to which is kept; free words are not."""
    assert left == without_person(event)


def test_an_event_without_free_words_is_left_alone() -> None:
    """What names nobody is not touched."""
    placed = ItemPlaced(item_id=OrderItemId(ID), status=Status.GENERATING, stamp=STAMP)

    assert placed is without_person(placed)
