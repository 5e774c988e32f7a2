"""What is shown: read models, flat and ready to be encoded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from mockspark.application.forms import Form
from mockspark.domain.contact import Address, Customer
from mockspark.domain.events import Change, Event
from mockspark.domain.files import Finding, ProductionFile
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ConnectionId, OrderId, OrderItemId, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.order import Personalization, Skip
from mockspark.domain.order_item import ItemCost, ItemShipment
from mockspark.domain.status import Action, Status
from mockspark.domain.submission import ProviderOrder, SubmissionState


@frozen(kw_only=True)
class FontChoice:
    """A font that designs may name: *name* is what they write, *title* what people read.

    *licence* is what the font says of itself. *own* ones belong to the shop; of others characters are not counted.
    """

    name: str
    title: str
    licence: str = ""
    own: bool = False
    characters: int | None = None
    scripts: tuple[str, ...] = ()


@frozen(kw_only=True)
class ItemRow:
    """One row of the list, and one line of the CSV."""

    id: OrderItemId
    order_id: OrderId
    order_name: str
    created_at: datetime
    placed_at: datetime
    title: str
    variant_title: str = ""
    sku: str = ""
    quantity: int
    price: Money | None = None
    status: Status
    status_since: datetime
    hold_reason: HoldReason | None = None
    hold_note: str = ""
    platform: str = ""
    connection_id: ConnectionId | None = None
    customer_name: str = ""
    customer_email: str = ""
    shipping_method: str = ""
    ship_to: Address | None = None
    provider_stage: str = ""
    provider_raw: str = ""
    provider_orders: tuple[str, ...] = ()
    tracking: tuple[str, ...] = ()
    shipment_state: str = ""
    cost_items: Money | None = None
    cost_shipping: Money | None = None
    flags: tuple[str, ...] = ()
    needs_attention: bool = False
    design_version: int = 1
    preview_key: str = ""
    reprint_of: OrderItemId | None = None
    version: int = 0


@frozen(kw_only=True)
class TimelineEntry:
    """One entry of the timeline: who, when, what, in words and as the event itself."""

    position: int
    at: datetime
    actor: str
    actor_kind: str
    kind: str
    words: str
    cause: str = ""
    event: Event


@frozen(kw_only=True)
class FilteredRow:
    """A line that became no item, and why."""

    order_id: OrderId
    order_name: str
    received_at: datetime
    line: str
    title: str
    sku: str
    quantity: int
    why: Skip
    variant: str = ""
    product: str = ""
    words: str = ""


@frozen(kw_only=True)
class AllowedAction:
    """An action of the page; *refusal* says why it cannot be done now, empty when it can."""

    action: str
    allowed: bool
    refusal: str = ""
    needs_confirmation: bool = False


@frozen(kw_only=True)
class FulfillmentView:
    """Everything known about an item at its platform."""

    submission_id: SubmissionId
    connection_id: ConnectionId
    platform: str
    state: SubmissionState
    provider_orders: tuple[ProviderOrder, ...]
    raw_status: str
    stage: str
    ship_to: Address
    options: Mapping[str, str | int | bool]
    combined_with: tuple[OrderItemId, ...]
    shipments: tuple[ItemShipment, ...]
    cost: ItemCost | None
    saving: Money | None
    attempts: int
    words: str


@frozen(kw_only=True)
class ItemDetail:
    """The detail page: the item, the store's side, the platform's side, what may be done."""

    row: ItemRow
    personalization: Personalization
    note: str
    attributes: Personalization
    customer: Customer
    ship_to: Address | None
    shipping_method: str
    payment: str
    tags: tuple[str, ...]
    test: bool
    synced_at: datetime
    store_order: str
    store_line: str
    design: Mapping[str, object] | None
    design_id: str
    design_version: int
    files_version: int
    files: tuple[ProductionFile, ...]
    findings: tuple[Finding, ...]
    hold_fix: str = ""
    hold_origin: str = ""
    cancel_requested_at: datetime | None = None
    fulfillment: FulfillmentView | None = None
    siblings: Sequence[ItemRow] = ()
    actions: tuple[AllowedAction, ...] = ()
    reprint_of: OrderItemId | None = None
    version: int = 0


@frozen(kw_only=True)
class RowResult:
    """What became of one item of a bulk action; *refusal* is empty when it was done, *made* is a new item."""

    item_id: OrderItemId
    done: bool
    code: str = ""
    refusal: str = ""
    status: Status | None = None
    submission_id: SubmissionId | None = None
    made: OrderItemId | None = None


@frozen(kw_only=True)
class BulkReport:
    """One result per item that was asked for: done and refused add up to asked."""

    results: tuple[RowResult, ...]

    @property
    def done(self) -> tuple[RowResult, ...]:
        """Return what was carried out."""
        return tuple(result for result in self.results if result.done)

    @property
    def refused(self) -> tuple[RowResult, ...]:
        """Return what was not, each with its reason."""
        return tuple(result for result in self.results if not result.done)


@frozen(kw_only=True)
class Unsendable:
    """An item that cannot go now, and what to do about it."""

    item_id: OrderItemId
    reason: str
    words: str


@frozen(kw_only=True)
class ParcelPlan:
    """One parcel to be: its members, and the price together against alone where both are known."""

    key: str
    connection_id: ConnectionId
    platform: str
    items: tuple[OrderItemId, ...]
    orders: tuple[str, ...]
    ship_to: Address
    shipping_method: str
    combined: Money | None = None
    separate: tuple[Money, ...] = ()
    saving: Money | None = None
    also: tuple[OrderItemId, ...] = ()
    warnings: tuple[str, ...] = ()


@frozen(kw_only=True)
class PlatformForm:
    """The send dialog's questions for one account."""

    connection_id: ConnectionId
    platform: str
    title: str
    form: Form
    warning: str = ""


@frozen(kw_only=True)
class SubmissionPlan:
    """What sending would do: parcels, questions, and who stays behind with the reason."""

    parcels: tuple[ParcelPlan, ...]
    forms: tuple[PlatformForm, ...]
    unsendable: tuple[Unsendable, ...]

    @property
    def saving(self) -> Money | None:
        """Return what consolidation saves in all; None while no quote exists or currencies differ."""
        savings = [parcel.saving for parcel in self.parcels if parcel.saving is not None]
        if not savings or len({saving.currency for saving in savings}) != 1:
            return None
        return sum(savings, start=Money.zero(savings[0].currency))


@frozen(kw_only=True)
class Received:
    """What came of a store order: new or known, its items and what was left out."""

    order_id: OrderId | None
    items: tuple[OrderItemId, ...] = ()
    filtered: int = 0
    fresh: bool = False
    changes: tuple[Change, ...] = ()
    ignored: str = ""


@frozen(kw_only=True)
class SyncReport:
    """What a sync found, field by field, and what could not be applied any more."""

    changes: tuple[Change, ...]
    not_applied: tuple[str, ...] = ()


@frozen(kw_only=True)
class ArchiveEntry:
    """One file of the ZIP: its name in there and where its bytes lie."""

    name: str
    key: str = ""
    content: bytes = field(default=b"", repr=False)


@frozen(kw_only=True)
class ActionView:
    """An item's status and what may be done with it."""

    id: UUID
    status: Status
    actions: tuple[Action, ...]


@frozen(kw_only=True)
class AccountCheck:
    """Whether an account outside works, in words; *warning* is what a merchant must set there."""

    account: str
    works: bool
    words: str
    warning: str = ""


@frozen(kw_only=True)
class SweepReport:
    """What the sweeper found due: how many jobs it queued, and what its watchdogs stopped."""

    queued: int = 0
    stopped: int = 0
    sent: int = 0


@frozen(kw_only=True)
class ReconcileReport:
    """What a sweep of the store found; *failed* names the orders that could not be received, with the reason."""

    seen: int = 0
    fresh: int = 0
    changed: int = 0
    failed: tuple[str, ...] = ()


@frozen(kw_only=True)
class RowProblem:
    """What is wrong with one row of an import; *row* counts from 1, the header apart."""

    row: int
    field: str
    words: str


@frozen(kw_only=True)
class ImportReport:
    """What an import did: new and changed listings, rescued items, and one problem per row that was refused."""

    created: int = 0
    changed: int = 0
    rescued: int = 0
    problems: tuple[RowProblem, ...] = ()
