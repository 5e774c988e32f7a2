"""What the timeline may go on telling after a person was forgotten: what happened and when, not to whom."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve

from mockspark.domain.events import (
    AddressConfirmed,
    AttemptEnded,
    CancelRefused,
    CancelRequested,
    Change,
    Commented,
    Event,
    FilesRendered,
    FindingsOverridden,
    FlagRaised,
    HoldPlaced,
    OrderSynced,
    StatusChanged,
)

_Told = Callable[[Any], Event]  # each takes events of its own key only

_FORGET: Final[Mapping[type[Event], _Told]] = {
    OrderSynced: lambda told: evolve(told, changes=tuple(map(_field_only, told.changes))),
    StatusChanged: lambda told: evolve(told, reason=told.reason.partition(":")[0]),
    HoldPlaced: lambda told: evolve(told, note=""),
    FlagRaised: lambda told: evolve(told, note=""),
    AddressConfirmed: lambda told: evolve(told, note=""),
    FindingsOverridden: lambda told: evolve(told, findings=(), note=""),
    FilesRendered: lambda told: evolve(told, warnings=()),
    CancelRequested: lambda told: evolve(told, reason=""),
    CancelRefused: lambda told: evolve(told, answer=""),
    Commented: lambda told: evolve(told, text=""),
    AttemptEnded: lambda told: evolve(told, words=""),
}


def without_person(event: Event) -> Event:
    """Return *event* without what people and providers wrote freely; the chain of statuses stays whole."""
    forget = _FORGET.get(type(event))
    return forget(event) if forget else event


def _field_only(change: Change) -> Change:
    return evolve(change, before="", after="")
