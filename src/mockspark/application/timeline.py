"""What happened, in a sentence for people."""

from collections.abc import Mapping
from typing import Final, assert_never

from mockspark.domain.events import (
    AddressConfirmed,
    AttemptEnded,
    AttemptStarted,
    CancelRefused,
    CancelRequested,
    Change,
    Commented,
    CostRecorded,
    DesignChanged,
    Event,
    FilesRendered,
    FindingsOverridden,
    FlagCleared,
    FlagRaised,
    HoldPlaced,
    ItemEvent,
    ItemPlaced,
    OrderEvent,
    OrderReceived,
    OrderRedacted,
    OrderSynced,
    ProviderOrderRecorded,
    QuantityChanged,
    ReportIgnored,
    ReportReceived,
    ShipmentPublished,
    ShipmentReported,
    StatusChanged,
    SubmissionEvent,
    SubmissionPlanned,
)
from mockspark.domain.order import Skip

WHY: Final[Mapping[Skip, str]] = {
    Skip.NOT_OURS: "The product is not listed, and no personalization came with it.",
    Skip.NOT_SHIPPED: "The line is not shipped.",
    Skip.GIFT_CARD: "The line is a gift card.",
    Skip.REMOVED: "The line was removed from the order or refunded.",
    Skip.PRICE_ADDON: "The line is the price of another line's personalization.",
    Skip.FULFILLED: "The store had it fulfilled elsewhere before the order came in.",
}
"""Why a line became no item."""


def describe(event: Event) -> str:
    """Tell *event* in one sentence."""
    match event:
        case OrderReceived() | OrderSynced() | OrderRedacted():
            return _of_order(event)
        case SubmissionPlanned() | AttemptStarted() | AttemptEnded() | ProviderOrderRecorded():
            return _of_submission(event)
        case _:
            return _of_item(event)


def _of_order(event: OrderEvent) -> str:
    match event:
        case OrderReceived():
            return f"Order received: {event.items} items, {event.filtered} lines left out."
        case OrderSynced():
            verb = "Synced with the store" if event.applied else "The store changed; not applied"
            return f"{verb}: {'; '.join(map(_change, event.changes))}."
        case OrderRedacted():
            return "Personal data removed on request."
        case _:
            assert_never(event)


def _of_submission(event: SubmissionEvent) -> str:
    match event:
        case SubmissionPlanned():
            return f"Sending planned for {len(event.items)} items."
        case AttemptStarted():
            return f"Sending attempt {event.attempt} began."
        case AttemptEnded():
            return _with(f"Sending attempt {event.attempt} ended: {event.outcome}", event.words)
        case ProviderOrderRecorded():
            return f"Provider order {event.ref.id} recorded."
        case _:
            assert_never(event)


def _of_item(event: ItemEvent) -> str:  # noqa: C901, PLR0911, PLR0912 - one line per fact
    match event:
        case ItemPlaced():
            return _with(f"Item created: {_plain(event.status)}", _plain(event.reason))
        case StatusChanged():
            return _with(f"{_title(event.before)} → {_title(event.after)}", event.reason)
        case HoldPlaced():
            return _with(f"On hold: {_plain(event.reason)}", event.note)
        case DesignChanged():
            return _with(f"Design version {event.after} saved", event.variant and f"variant {event.variant}")
        case FilesRendered():
            made = f"{len(event.files)} production files made for design version {event.design_version}"
            return _with(made, " ".join(event.warnings))
        case FindingsOverridden():
            return _with(f"Findings let pass: {' '.join(event.findings)}", event.note)
        case AddressConfirmed():
            return _with("Address confirmed", event.note)
        case QuantityChanged():
            fate = "" if event.applied else "not applied, the provider has the order"
            return _with(f"The store's quantity went from {event.before} to {event.after}", fate)
        case FlagRaised():
            return _with(f"Needs attention: {_plain(event.flag)}", event.note)
        case FlagCleared():
            return f"Seen to: {_plain(event.flag)}."
        case CancelRequested():
            asked = (
                "Cancellation requested; the provider is asked" if event.waiting else "Cancellation requested"
            )
            return _with(asked, event.reason)
        case CancelRefused():
            return _with("The provider will not cancel", event.answer)
        case ReportReceived():
            return _with(f"The provider reports {event.raw_status}", _plain(event.substatus))
        case ReportIgnored():
            return _with(f"The provider's late report {event.raw_status} ignored", event.why)
        case ShipmentReported():
            return f"{event.quantity} shipped: {' '.join(part for part in (event.carrier, event.number) if part)}."
        case ShipmentPublished():
            told = "and the customer told" if event.notified else "without telling the customer"
            return f"Parcel {event.number} passed on to the store, {told}."
        case CostRecorded():
            return f"The provider charges {event.items}, and {event.shipping} for shipping."
        case Commented():
            return event.text
        case _:
            assert_never(event)


def _change(change: Change) -> str:
    return f"{change.field} from {change.before!r} to {change.after!r}"


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _title(word: str) -> str:
    return _plain(word).capitalize()


def _with(words: str, more: str) -> str:
    return f"{words}: {more.rstrip('.')}." if more else f"{words}."
