"""What the timeline may go on telling after a person was forgotten: what happened and when, not to whom."""

from attrs import evolve

from mockspark.domain.events import (
    AddressConfirmed,
    AttemptEnded,
    CancelRefused,
    CancelRequested,
    Commented,
    Event,
    FilesRendered,
    FindingsOverridden,
    FlagRaised,
    HoldPlaced,
    OrderSynced,
    StatusChanged,
)


def without_person(event: Event) -> Event:
    """Return *event* without what people and providers wrote freely; the chain of statuses stays whole."""
    match event:
        case OrderSynced(changes=changes):
            return evolve(event, changes=tuple(evolve(change, before="", after="") for change in changes))
        case StatusChanged(reason=reason):
            return evolve(event, reason=reason.partition(":")[0])
        case HoldPlaced() | FlagRaised() | AddressConfirmed():
            return evolve(event, note="")
        case FindingsOverridden():
            return evolve(event, findings=(), note="")
        case FilesRendered():
            return evolve(event, warnings=())
        case CancelRequested():
            return evolve(event, reason="")
        case CancelRefused():
            return evolve(event, answer="")
        case Commented():
            return evolve(event, text="")
        case AttemptEnded():
            return evolve(event, words="")
        case _:
            return event
