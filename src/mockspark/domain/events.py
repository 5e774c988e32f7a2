"""What happened, in order: the events that make up the timeline.

One frozen class per fact, in the past tense, `stamp` last. The names under which they are
stored stand in `KINDS` and never change; the classes may.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from attrs import field, frozen

from mockspark.domain.errors import InvalidValue
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import ExternalRef, OrderId, OrderItemId, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.status import Action, Status


class ActorKind(StrEnum):
    """Who can act."""

    PERSON = "person"
    SYSTEM = "system"
    STORE = "store"
    PROVIDER = "provider"


@frozen(kw_only=True)
class Actor:
    """Who did it: a named person, one of our workers, the store, a provider."""

    kind: ActorKind
    name: str

    @classmethod
    def person(cls, name: str) -> Self:
        """Name a person, or a program that acts for one."""
        return cls(kind=ActorKind.PERSON, name=name)

    @classmethod
    def system(cls, name: str) -> Self:
        """Name one of our own workers."""
        return cls(kind=ActorKind.SYSTEM, name=name)

    @classmethod
    def store(cls, name: str) -> Self:
        """Name the sales channel."""
        return cls(kind=ActorKind.STORE, name=name)

    @classmethod
    def provider(cls, name: str) -> Self:
        """Name the fulfillment provider."""
        return cls(kind=ActorKind.PROVIDER, name=name)


@frozen(kw_only=True)
class Stamp:
    """When it happened (UTC), who did it, and what caused it (a delivery id, a job)."""

    at: datetime = field()
    by: Actor
    cause: str = ""

    @at.validator
    def _aware(self, _: object, value: datetime) -> None:
        if value.tzinfo is None:
            raise InvalidValue("a stamp needs an aware time")


class Flag(StrEnum):
    """What wants a person's eye while the status stays as it is."""

    OUTCOME_UNKNOWN = "outcome_unknown"
    CANCEL_REFUSED = "cancel_refused"
    STORE_CANCELLED = "store_cancelled"
    STORE_REFUNDED = "store_refunded"
    STORE_CHANGED = "store_changed"
    QUANTITY_CHANGED = "quantity_changed"
    FULFILLED_ELSEWHERE = "fulfilled_elsewhere"
    SHIPPED_ALTHOUGH_CANCELED = "shipped_although_canceled"
    SHIPMENT_ISSUE = "shipment_issue"
    LINES_DIFFER = "lines_differ"
    TRACKING_UNCLEAR = "tracking_unclear"
    STORE_NOT_TOLD = "store_not_told"
    AWAITING_APPROVAL = "awaiting_approval"
    TEST_ORDER = "test_order"


@frozen(kw_only=True)
class Change:
    """One field that differs: what it was and what it is now."""

    field: str
    before: str
    after: str


@frozen(kw_only=True)
class OrderReceived:
    """A store order was taken in."""

    order_id: OrderId
    items: int
    filtered: int
    stamp: Stamp


@frozen(kw_only=True)
class OrderSynced:
    """The store's data of an order changed; *applied* says whether ours followed."""

    order_id: OrderId
    changes: tuple[Change, ...]
    applied: bool = True
    stamp: Stamp


@frozen(kw_only=True)
class OrderRedacted:
    """Personal data was removed on request."""

    order_id: OrderId
    stamp: Stamp


@frozen(kw_only=True)
class ItemPlaced:
    """An item came into being, perhaps straight on hold."""

    item_id: OrderItemId
    status: Status
    reason: str = ""
    reprint_of: OrderItemId | None = None
    stamp: Stamp


@frozen(kw_only=True)
class StatusChanged:
    """An item moved along one arrow of the life cycle."""

    item_id: OrderItemId
    action: Action
    before: Status
    after: Status
    reason: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class HoldPlaced:
    """An item began to wait, or waits for another reason now."""

    item_id: OrderItemId
    reason: HoldReason
    origin: HoldOrigin
    note: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class DesignChanged:
    """A new design version was saved; *variant* names the provider variant when that changed too."""

    item_id: OrderItemId
    before: int
    after: int
    design: str
    variant: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class FilesRendered:
    """Production files were stored for a design version."""

    item_id: OrderItemId
    design_version: int
    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    stamp: Stamp


@frozen(kw_only=True)
class FindingsOverridden:
    """A named person let blocking findings pass."""

    item_id: OrderItemId
    findings: tuple[str, ...]
    note: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class AddressConfirmed:
    """A named person confirmed an address that our check had doubted."""

    item_id: OrderItemId
    note: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class QuantityChanged:
    """The store changed how many are wanted."""

    item_id: OrderItemId
    before: int
    after: int
    applied: bool
    stamp: Stamp


@frozen(kw_only=True)
class FlagRaised:
    """Something wants a person's eye."""

    item_id: OrderItemId
    flag: Flag
    note: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class FlagCleared:
    """A person has seen to it."""

    item_id: OrderItemId
    flag: Flag
    stamp: Stamp


@frozen(kw_only=True)
class CancelRequested:
    """Somebody wants the item cancelled; *waiting* when the provider's answer is still out."""

    item_id: OrderItemId
    waiting: bool
    reason: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class CancelRefused:
    """The provider would not cancel."""

    item_id: OrderItemId
    answer: str
    stamp: Stamp


@frozen(kw_only=True)
class ReportReceived:
    """A provider told something new about an item."""

    item_id: OrderItemId
    raw_status: str
    substatus: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class ReportIgnored:
    """A provider's late or repeated report would have moved an item back."""

    item_id: OrderItemId
    raw_status: str
    why: str
    stamp: Stamp


@frozen(kw_only=True)
class ShipmentReported:
    """A parcel with (some of) an item is on its way."""

    item_id: OrderItemId
    carrier: str
    number: str
    url: str = ""
    quantity: int
    stamp: Stamp


@frozen(kw_only=True)
class ShipmentPublished:
    """The store was told about a parcel."""

    item_id: OrderItemId
    number: str
    fulfillment: ExternalRef
    notified: bool
    stamp: Stamp


@frozen(kw_only=True)
class CostRecorded:
    """What the provider charges for an item: the item itself and its part of the shipping."""

    item_id: OrderItemId
    items: Money
    shipping: Money
    stamp: Stamp


@frozen(kw_only=True)
class Commented:
    """A person left a note for the team."""

    item_id: OrderItemId
    text: str
    stamp: Stamp


@frozen(kw_only=True)
class SubmissionPlanned:
    """A group was handed over for sending; the intent is stored before any call."""

    submission_id: SubmissionId
    items: tuple[OrderItemId, ...]
    stamp: Stamp


@frozen(kw_only=True)
class AttemptStarted:
    """A sender took the intent."""

    submission_id: SubmissionId
    attempt: int
    fence: int
    stamp: Stamp


@frozen(kw_only=True)
class AttemptEnded:
    """A sender came back; *outcome* is accepted, refused, unavailable, unknown, withdrawn or adopted."""

    submission_id: SubmissionId
    attempt: int
    outcome: str
    words: str = ""
    stamp: Stamp


@frozen(kw_only=True)
class ProviderOrderRecorded:
    """A provider order of ours became known."""

    submission_id: SubmissionId
    ref: ExternalRef
    stamp: Stamp


OrderEvent = OrderReceived | OrderSynced | OrderRedacted
ItemEvent = (
    ItemPlaced
    | StatusChanged
    | HoldPlaced
    | DesignChanged
    | FilesRendered
    | FindingsOverridden
    | AddressConfirmed
    | QuantityChanged
    | FlagRaised
    | FlagCleared
    | CancelRequested
    | CancelRefused
    | ReportReceived
    | ReportIgnored
    | ShipmentReported
    | ShipmentPublished
    | CostRecorded
    | Commented
)
SubmissionEvent = SubmissionPlanned | AttemptStarted | AttemptEnded | ProviderOrderRecorded
Event = OrderEvent | ItemEvent | SubmissionEvent

KINDS: Final[dict[type[Event], str]] = {
    OrderReceived: "order.received",
    OrderSynced: "order.synced",
    OrderRedacted: "order.redacted",
    ItemPlaced: "item.placed",
    StatusChanged: "item.status_changed",
    HoldPlaced: "item.hold_placed",
    DesignChanged: "item.design_changed",
    FilesRendered: "item.files_rendered",
    FindingsOverridden: "item.findings_overridden",
    AddressConfirmed: "item.address_confirmed",
    QuantityChanged: "item.quantity_changed",
    FlagRaised: "item.flag_raised",
    FlagCleared: "item.flag_cleared",
    CancelRequested: "item.cancel_requested",
    CancelRefused: "item.cancel_refused",
    ReportReceived: "item.report_received",
    ReportIgnored: "item.report_ignored",
    ShipmentReported: "item.shipment_reported",
    ShipmentPublished: "item.shipment_published",
    CostRecorded: "item.cost_recorded",
    Commented: "item.commented",
    SubmissionPlanned: "submission.planned",
    AttemptStarted: "submission.attempt_started",
    AttemptEnded: "submission.attempt_ended",
    ProviderOrderRecorded: "submission.provider_order_recorded",
}
