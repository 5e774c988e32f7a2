"""One line of one order: what is printed, and how far it has come."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, Self

from attrs import evolve, field, frozen, validators

from mockspark.domain.catalog import Listing, PrintArea, ProviderVariant
from mockspark.domain.design import Design
from mockspark.domain.errors import ConfirmationNeeded, FilesOutdated, NotPossible, SubmissionStillLive
from mockspark.domain.events import (
    AddressConfirmed,
    CancelRefused,
    CancelRequested,
    Commented,
    CostRecorded,
    DesignChanged,
    FilesRendered,
    FindingsOverridden,
    Flag,
    FlagCleared,
    FlagRaised,
    HoldPlaced,
    ItemEvent,
    ItemPlaced,
    QuantityChanged,
    ReportIgnored,
    ReportReceived,
    ShipmentPublished,
    ShipmentReported,
    Stamp,
    StatusChanged,
)
from mockspark.domain.files import Finding, PinnedAsset, ProductionFile, blocking
from mockspark.domain.holds import Hold, HoldOrigin, HoldReason
from mockspark.domain.identity import (
    ConnectionId,
    ExternalRef,
    ListingId,
    OrderId,
    OrderItemId,
    ShopId,
    SubmissionId,
)
from mockspark.domain.money import Money
from mockspark.domain.order import ChannelLine, Personalization
from mockspark.domain.status import Action, Status, actions_from, advance
from mockspark.domain.submission import LineReport, Parcel, ParcelState, Stage

# How far a stage is; a report of a lower rank than the known one is late and moves nothing.
_RANK: Final[Mapping[Stage, int]] = {
    Stage.DRAFT: 0,
    Stage.ACCEPTED: 1,
    Stage.IN_PRODUCTION: 2,
    Stage.PACKED: 3,
    Stage.DONE: 4,
}
_PARCEL_RANK: Final[Mapping[ParcelState, int]] = {
    ParcelState.NONE: 0,
    ParcelState.LABEL: 1,
    ParcelState.IN_TRANSIT: 2,
    ParcelState.ISSUE: 3,
    ParcelState.DELIVERED: 4,
    ParcelState.RETURNED: 5,
}
_ENDED: Final = frozenset({Status.FULFILLED, Status.CANCELED})


@frozen(kw_only=True)
class ItemShipment:
    """What of an item travels in one parcel; *published* is the store's fulfillment once it was told."""

    number: str
    carrier: str = ""
    url: str = ""
    quantity: int = field(validator=validators.ge(1))
    state: ParcelState = ParcelState.IN_TRANSIT
    published: ExternalRef | None = None
    by_hand: bool = False


@frozen(kw_only=True)
class ItemCost:
    """What the provider charges for an item, and the item's part of the parcel's shipping."""

    items: Money
    shipping: Money


@frozen(kw_only=True)
class OrderItem:
    """One line of one order: what is printed, and how far it has come.

    `live` tells that a provider has, or may have, an order for it; `submission_id` is the last submission.
    `files_version` equals `design_version` exactly when the production files are current.
    """

    id: OrderItemId
    shop_id: ShopId
    order_id: OrderId
    line: ExternalRef
    product_title: str
    variant_title: str = ""
    sku: str = ""
    quantity: int = field(validator=validators.ge(1))
    store_quantity: int = field(validator=validators.ge(0))
    price: Money | None = None
    personalization: Personalization = ()
    variant: ExternalRef | None = None
    product: ExternalRef | None = None

    listing_id: ListingId | None = None
    connection_id: ConnectionId | None = None
    provider_variant: ProviderVariant | None = None
    print_areas: tuple[PrintArea, ...] = ()

    design: Design | None = None
    design_version: int = 1
    files: tuple[ProductionFile, ...] = ()
    files_version: int = 0
    assets: tuple[PinnedAsset, ...] = ()
    findings: tuple[Finding, ...] = ()
    overridden_version: int = 0
    render_attempts: int = 0

    status: Status = Status.GENERATING
    status_since: datetime
    hold: Hold | None = None
    archived_from: Status | None = None

    submission_id: SubmissionId | None = None
    live: bool = False
    provider_raw: str = ""
    provider_stage: Stage | None = None
    provider_ignored: str = ""
    shipments: tuple[ItemShipment, ...] = ()
    cost: ItemCost | None = None

    flags: tuple[Flag, ...] = ()
    cancel_requested_at: datetime | None = None
    address_confirmed_by: str = ""
    notify_store: bool = False
    test: bool = False
    reprint_of: OrderItemId | None = None
    redacted: bool = False
    created_at: datetime
    version: int = 0
    events: tuple[ItemEvent, ...] = field(default=(), eq=False, repr=False)

    @classmethod
    def place(
        cls,
        id: OrderItemId,  # noqa: A002 - the field's name
        *,
        shop_id: ShopId,
        order_id: OrderId,
        line: ChannelLine,
        listing: Listing | None,
        design: Design | None,
        hold: tuple[HoldReason, str] | None,
        stamp: Stamp,
        test: bool = False,
        reprint_of: OrderItemId | None = None,
    ) -> Self:
        """Bring an item into being: rendering at once (T1), or on hold with a reason (T2)."""
        status = Status.ON_HOLD if hold else Status.GENERATING
        reason, note = hold or (None, "")
        placed = ItemPlaced(
            item_id=id, status=status, reason=str(reason or ""), reprint_of=reprint_of, stamp=stamp
        )
        waits = (
            Hold(reason=reason, origin=HoldOrigin.SYSTEM, note=note, since=stamp.at, resume=Status.GENERATING)
            if reason
            else None
        )
        item = cls(
            id=id,
            shop_id=shop_id,
            order_id=order_id,
            line=line.ref,
            product_title=line.title,
            variant_title=line.variant_title,
            sku=line.sku,
            quantity=line.quantity,
            store_quantity=line.quantity,
            price=line.price,
            personalization=line.personalization,
            variant=line.variant,
            product=line.product,
            design=design,
            status=status,
            status_since=stamp.at,
            hold=waits,
            flags=(Flag.TEST_ORDER,) if test else (),
            test=test,
            reprint_of=reprint_of,
            created_at=stamp.at,
            events=(placed,),
        )
        return item.assigned(listing) if listing else item

    def reprint(self, id: OrderItemId, *, quantity: int, stamp: Stamp) -> Self:  # noqa: A002 - the field's name
        """Make a new item that prints the same again; this one stays as it is (T24)."""
        if self.status not in _ENDED:
            raise NotPossible("only a fulfilled or canceled item can be printed again as a new item")
        status = Status.GENERATING
        placed = ItemPlaced(item_id=id, status=status, reason="reprint", reprint_of=self.id, stamp=stamp)
        return type(self)(
            id=id,
            shop_id=self.shop_id,
            order_id=self.order_id,
            line=self.line,
            product_title=self.product_title,
            variant_title=self.variant_title,
            sku=self.sku,
            quantity=quantity,
            store_quantity=self.store_quantity,
            price=self.price,
            personalization=self.personalization,
            variant=self.variant,
            product=self.product,
            listing_id=self.listing_id,
            connection_id=self.connection_id,
            provider_variant=self.provider_variant,
            print_areas=self.print_areas,
            design=self.design,
            assets=self.assets,
            overridden_version=1 if self.overridden else 0,
            status=status,
            status_since=stamp.at,
            test=self.test,
            reprint_of=self.id,
            created_at=stamp.at,
            events=(placed,),
        )

    # What is true of it

    @property
    def files_current(self) -> bool:
        """Tell whether the production files were made from the present design and cover every area."""
        made = {file.area for file in self.files if file.design_version == self.design_version}
        needed = {area.key for area in self.print_areas if area.required}
        return self.files_version == self.design_version and bool(made) and needed <= made

    @property
    def overridden(self) -> bool:
        """Tell whether a named person let this design version pass."""
        return self.overridden_version == self.design_version

    @property
    def needs_attention(self) -> bool:
        """Tell whether a person should look."""
        return self.status is Status.ON_HOLD or any(flag is not Flag.TEST_ORDER for flag in self.flags)

    @property
    def shipped(self) -> int:
        """Return how many pieces are in parcels."""
        return sum(shipment.quantity for shipment in self.shipments)

    @property
    def underlying(self) -> Status:
        """Return the status beneath the archive."""
        return self.archived_from if self.status is Status.ARCHIVED and self.archived_from else self.status

    def asset(self, source: str) -> PinnedAsset | None:
        """Return the bytes that the layers' *source* is pinned to."""
        return next((asset for asset in self.assets if asset.source == source), None)

    def refusals(self) -> Mapping[Action, str]:
        """Say, for each action that the status allows in principle, why it is refused now; absent means allowed."""
        refused: dict[Action, str] = {}
        if self.live:
            for action in (Action.REDESIGN, Action.SEND, Action.CANCEL):
                refused[action] = "the provider has, or may have, a live order for it"
        if not self.files_current:
            refused[Action.SEND] = "the production files are not made yet"
        if self.connection_id is None:
            refused[Action.SEND] = "the product is not mapped to a provider"
        if self.test:
            refused[Action.SEND] = "test orders are never sent"
        return {action: why for action, why in refused.items() if action in actions_from(self.status)}

    def allows(self, action: Action) -> bool:
        """Tell whether *action* may happen now."""
        return action in actions_from(self.status) and action not in self.refusals()

    # Product and design

    def assigned(self, listing: Listing) -> Self:
        """Take on what *listing* maps the product to; changes nothing that was sent."""
        if self.live:
            raise SubmissionStillLive(f"item {self.id} is at a provider; its product cannot change")
        return evolve(
            self,
            listing_id=listing.id,
            connection_id=listing.connection_id,
            provider_variant=listing.provider_variant,
            print_areas=listing.print_areas,
        )

    def redesign(self, stamp: Stamp, *, design: Design | None = None, listing: Listing | None = None) -> Self:
        """Save a new design version, a new variant, or both; the files become stale and are made again (T5, T6)."""
        if self.live:
            raise SubmissionStillLive("the item is at a provider: make a reprint instead")
        changed = self.assigned(listing) if listing else self
        moved = changed._move(Action.REDESIGN, stamp, reason="design saved")
        version = self.design_version + 1
        kept = design or self.design
        saved = DesignChanged(
            item_id=self.id,
            before=self.design_version,
            after=version,
            design=kept.id if kept else "",
            variant=listing.provider_variant.title or listing.title if listing else "",
            stamp=stamp,
        )
        return evolve(
            moved,
            design=kept,
            design_version=version,
            hold=None,
            findings=(),
            render_attempts=0,
            events=(*moved.events, saved),
        )

    def begin_render(self) -> Self:
        """Count an attempt before the work starts, so that a crash counts too."""
        return evolve(self, render_attempts=self.render_attempts + 1)

    def rendered(
        self,
        version: int,
        *,
        files: tuple[ProductionFile, ...],
        assets: tuple[PinnedAsset, ...],
        findings: tuple[Finding, ...],
        stamp: Stamp,
    ) -> Self:
        """Take in the files of design *version*: ready (T3), or on hold for what blocks (T4).

        Files of another version are late and change nothing.
        """
        if version != self.design_version or self.status is not Status.GENERATING:
            return self
        warnings = tuple(finding.words for finding in findings)
        made = FilesRendered(
            item_id=self.id,
            design_version=version,
            files=tuple(file.key for file in files),
            warnings=warnings,
            stamp=stamp,
        )
        kept = evolve(
            self,
            files=files,
            files_version=version,
            assets=assets,
            findings=findings,
            events=(*self.events, made),
        )
        stops = () if self.overridden else blocking(findings)
        if stops or not kept.files_current:
            reason = stops[0].reason if stops else HoldReason.RENDER_FAILED
            note = " ".join(stop.words for stop in stops) or "A required print area has no file."
            return kept.hold_for(reason, HoldOrigin.SYSTEM, note=note, stamp=stamp)
        return kept._move(Action.FINISH_RENDERING, stamp, reason="production files are ready")

    def render_failed(
        self,
        version: int,
        reason: HoldReason,
        words: str,
        stamp: Stamp,
        *,
        findings: tuple[Finding, ...] = (),
    ) -> Self:
        """Stop for a person after rendering design *version* failed for good (T4)."""
        if version != self.design_version or self.status is not Status.GENERATING:
            return self
        return evolve(self, findings=findings).hold_for(reason, HoldOrigin.SYSTEM, note=words, stamp=stamp)

    # Holding and releasing

    def hold_for(self, reason: HoldReason, origin: HoldOrigin, *, stamp: Stamp, note: str = "") -> Self:
        """Make the item wait (T4, T9, T12, T16, T23, T26); one that waits already waits for the new reason."""
        placed = HoldPlaced(item_id=self.id, reason=reason, origin=origin, note=note, stamp=stamp)
        if self.status is Status.ON_HOLD and self.hold is not None:
            again = evolve(self.hold, reason=reason, origin=origin, note=note)
            if again == self.hold:
                return self
            return evolve(self, hold=again, events=(*self.events, placed))
        if self.status is Status.ARCHIVED and self.archived_from is not Status.BEING_FULFILLED:
            raise NotPossible("an archived item is held only when its live order is in trouble")
        resume = self._resume()
        moved = self._move(Action.HOLD, stamp, reason=f"{reason.value}: {note}" if note else reason.value)
        return evolve(
            moved,
            hold=Hold(reason=reason, origin=origin, note=note, since=stamp.at, resume=resume),
            archived_from=None,
            events=(*moved.events, placed),
        )

    def _resume(self) -> Status:
        match self.underlying:
            case Status.BEING_FULFILLED:
                return Status.BEING_FULFILLED
            case Status.READY_TO_FULFILL | Status.SENDING:
                return Status.READY_TO_FULFILL
            case _:
                return Status.GENERATING

    def release(self, stamp: Stamp, *, override: bool = False, note: str = "") -> Self:
        """Let a waiting item go on: to Ready where its files are current (T14), else to be rendered (T6).

        *override* lets blocking findings of this design version pass, under the name in *stamp*.
        """
        if self.status is Status.ON_HOLD and self.live:
            raise SubmissionStillLive("the provider has, or may have, an order: settle that first")
        item = self._override(stamp, note) if override else self
        stops = () if item.overridden else blocking(item.findings)
        if item.files_current and stops:
            raise NotPossible(f"{stops[0].words} Redesign it, or release it by name.")
        to = Status.READY_TO_FULFILL if item.files_current else Status.GENERATING
        moved = item._move(Action.RELEASE, stamp, to=to, reason=note or "released")
        return evolve(moved, hold=None, render_attempts=0)

    def _override(self, stamp: Stamp, note: str) -> Self:
        words = tuple(finding.words for finding in blocking(self.findings))
        passed = FindingsOverridden(item_id=self.id, findings=words, note=note, stamp=stamp)
        return evolve(self, overridden_version=self.design_version, events=(*self.events, passed))

    def confirm_address(self, stamp: Stamp, *, note: str = "") -> Self:
        """Let a doubted address pass, under the name in *stamp*."""
        confirmed = AddressConfirmed(item_id=self.id, note=note, stamp=stamp)
        return evolve(self, address_confirmed_by=stamp.by.name, events=(*self.events, confirmed))

    # Sending

    def send(self, submission_id: SubmissionId, stamp: Stamp) -> Self:
        """Hand the item to a submission (T7, T15); its files must match its design."""
        if self.live and not (self._unsettled and submission_id == self.submission_id):
            raise SubmissionStillLive("the provider has, or may have, an order for it")
        if self.test:
            raise NotPossible("test orders are never sent")
        if not self.files_current:
            raise FilesOutdated(
                "the production files do not match the design: wait for them, or release the item"
            )
        if self.connection_id is None:
            raise NotPossible("the product is not mapped to a provider: map it first")
        moved = self._move(Action.SEND, stamp, reason="sent to fulfill")
        return evolve(
            moved,
            submission_id=submission_id,
            live=True,
            hold=None,
            provider_raw="",
            provider_stage=None,
        )

    @property
    def _unsettled(self) -> bool:
        return self.hold is not None and self.hold.reason is HoldReason.OUTCOME_UNKNOWN

    def accepted(self, stamp: Stamp) -> Self:
        """The provider has the order and all of it (T8)."""
        moved = self._move(Action.ACCEPT, stamp, reason="the provider accepted the order")
        return evolve(moved._without(Flag.OUTCOME_UNKNOWN, stamp), provider_stage=Stage.ACCEPTED)

    def refused(self, reason: HoldReason, words: str, stamp: Stamp) -> Self:
        """The provider has no order and will not take one as it is (T9)."""
        origin = HoldOrigin.PROVIDER if reason is not HoldReason.PROVIDER_UNREACHABLE else HoldOrigin.SYSTEM
        held = self._without(Flag.OUTCOME_UNKNOWN, stamp).hold_for(reason, origin, note=words, stamp=stamp)
        return evolve(held, live=False)._let_go(stamp)

    def unresolved(self, words: str, stamp: Stamp) -> Self:
        """Nobody could say whether the provider has the order; it stays live until a person settles it (T9, T26)."""
        return self.hold_for(HoldReason.OUTCOME_UNKNOWN, HoldOrigin.SYSTEM, note=words, stamp=stamp)

    def withdrawn(self, stamp: Stamp, *, reason: str = "taken back before any call") -> Self:
        """Sending was undone before the provider heard of it (T10); a waiting cancel wish is carried out (T19)."""
        return evolve(self._move(Action.WITHDRAW, stamp, reason=reason), live=False)._let_go(stamp)

    def _let_go(self, stamp: Stamp) -> Self:
        """Carry out, now that no order is live, what had to wait for that: a cancel wish, another quantity."""
        if self.cancel_requested_at is not None:
            return self.cancel(stamp, reason="cancelled while sending")
        if self.reprint_of is not None or self.store_quantity == self.quantity:
            return self
        told = QuantityChanged(
            item_id=self.id, before=self.quantity, after=self.store_quantity, applied=True, stamp=stamp
        )
        item = evolve(self, events=(*self.events, told))._without(Flag.QUANTITY_CHANGED, stamp)
        if self.store_quantity == 0:
            return item.cancel(stamp, reason="the store wants none any more")
        return evolve(item, quantity=self.store_quantity)

    # Cancelling and ending by hand

    def request_cancel(self, stamp: Stamp, *, reason: str = "") -> Self:
        """Note the wish to cancel; it is carried out when the provider's side is known (T18, T19)."""
        if self.cancel_requested_at is not None or self.underlying in _ENDED:
            return self
        wished = CancelRequested(item_id=self.id, waiting=self.live, reason=reason, stamp=stamp)
        return evolve(self, cancel_requested_at=stamp.at, events=(*self.events, wished))

    def cancel_refused(self, answer: str, stamp: Stamp) -> Self:
        """The provider will not cancel; the item goes on, and a person is told (T18)."""
        refused = CancelRefused(item_id=self.id, answer=answer, stamp=stamp)
        item = evolve(self, cancel_requested_at=None, events=(*self.events, refused))
        return item.flag(Flag.CANCEL_REFUSED, stamp, note=answer)

    def cancel(self, stamp: Stamp, *, reason: str = "", at_provider: bool = False) -> Self:
        """Cancel the item (T17), or, *at_provider*, follow the provider's confirmation (T18)."""
        if self.live and not at_provider:
            raise SubmissionStillLive("the provider has, or may have, an order: it has to be asked first")
        item = self
        if item.status is Status.ARCHIVED and item.archived_from is not None:
            item = item.unarchive(stamp)
        moved = item._move(Action.CANCEL, stamp, reason=reason or "cancelled")
        return evolve(moved, live=False, hold=None, cancel_requested_at=None)

    def mark_fulfilled(
        self,
        stamp: Stamp,
        *,
        shipment: ItemShipment | None = None,
        notify_store: bool = False,
        confirmed: bool = False,
    ) -> Self:
        """End the item by hand (T20); *notify_store* has the store told about *shipment*."""
        advance(self.status, Action.MARK_FULFILLED)
        if self.live and not confirmed:
            raise ConfirmationNeeded(
                "a provider order is live and may still be printed and billed: confirm that it is fulfilled anyway"
            )
        moved = self._move(Action.MARK_FULFILLED, stamp, reason="marked as fulfilled by hand")
        ended = evolve(moved, hold=None, notify_store=notify_store)
        return ended._ship(evolve(shipment, by_hand=True), stamp) if shipment else ended

    def archive(self, stamp: Stamp, *, confirmed: bool = False) -> Self:
        """Put the item out of sight (T21); where an order is live this needs the confirmation."""
        if self.status is Status.BEING_FULFILLED and not confirmed:
            raise ConfirmationNeeded("the provider is working on it: confirm that it goes out of sight")
        moved = self._move(Action.ARCHIVE, stamp, reason="archived")
        return evolve(moved, archived_from=self.status)

    def unarchive(self, stamp: Stamp) -> Self:
        """Bring the item back to where it was (T22)."""
        moved = self._move(Action.UNARCHIVE, stamp, to=self.archived_from, reason="unarchived")
        return evolve(moved, archived_from=None)

    # What the provider tells

    def report(
        self, line: LineReport, stamp: Stamp, *, hold: HoldReason | None = None, words: str = ""
    ) -> Self:
        """Follow the provider's news of this item; late and repeated news never moves it back.

        News of an order that is not live here any more is noted and moves nothing.
        """
        if not self.live and self.underlying not in _ENDED:
            return self._noted(line, stamp)
        match line.stage:
            case Stage.UNKNOWN | Stage.DRAFT:
                return self._noted(line, stamp)
            case Stage.CANCELED:
                return self._canceled_there(line, stamp)
            case Stage.STUCK:
                return self._stuck(line, stamp, hold or HoldReason.PROVIDER_HOLD, words)
            case Stage.FAILED:
                return self._failed(line, stamp, hold or HoldReason.PROVIDER_REJECTED, words)
            case _:
                return self._progressed(line, stamp)

    def _noted(self, line: LineReport, stamp: Stamp) -> Self:
        if line.raw == self.provider_raw:
            return self
        told = ReportReceived(item_id=self.id, raw_status=line.raw, stamp=stamp)
        return evolve(self, provider_raw=line.raw, events=(*self.events, told))

    def _progressed(self, line: LineReport, stamp: Stamp) -> Self:
        if self.status is Status.CANCELED:
            late = self.flag(Flag.SHIPPED_ALTHOUGH_CANCELED, stamp, note=line.raw)
            return late._ignored(line, "the item is canceled here", stamp)
        known = self.provider_stage
        if known is not None and _RANK[line.stage] < _RANK.get(known, 0):
            return self._ignored(line, f"it is already {known.value}", stamp)
        item = self._staged(line, stamp)
        if item.status is Status.SENDING:
            item = item.accepted(stamp)
            item = evolve(item, provider_stage=line.stage)
        if item.live and item.underlying is Status.ON_HOLD:
            item = item._beneath(stamp, lambda held: held._goes_on(stamp))
        if line.stage is Stage.DONE and item.underlying is Status.BEING_FULFILLED:
            item = item._beneath(stamp, lambda made: made._done(stamp))
        return item

    def _goes_on(self, stamp: Stamp) -> Self:
        freed = self._move(Action.RELEASE, stamp, to=Status.BEING_FULFILLED, reason="the provider goes on")
        return evolve(freed, hold=None)

    def _done(self, stamp: Stamp) -> Self:
        return self._move(Action.COMPLETE, stamp, reason="the provider fulfilled it")

    def _beneath(self, stamp: Stamp, act: Callable[[Self], Self]) -> Self:
        """Move an item that may be archived, and leave it out of sight if it was."""
        if self.status is not Status.ARCHIVED:
            return act(self)
        return act(self.unarchive(stamp)).archive(stamp, confirmed=True)

    def _stuck(self, line: LineReport, stamp: Stamp, reason: HoldReason, words: str) -> Self:
        if self.underlying in _ENDED:
            return self._ignored(line, f"the item is {self.underlying.value}", stamp)
        item = self._noted(line, stamp)
        if item.status is Status.SENDING:
            item = item.accepted(stamp)
        return item._waits_for(reason, words, stamp)

    def _waits_for(self, reason: HoldReason, words: str, stamp: Stamp) -> Self:
        """Hold it; what was archived while it waited comes back when it waits for something else now."""
        if self.archived_from is not Status.ON_HOLD or self.hold is None:
            return self.hold_for(reason, HoldOrigin.PROVIDER, note=words, stamp=stamp)
        if (self.hold.reason, self.hold.note) == (reason, words):
            return self
        return self.unarchive(stamp).hold_for(reason, HoldOrigin.PROVIDER, note=words, stamp=stamp)

    def _failed(self, line: LineReport, stamp: Stamp, reason: HoldReason, words: str) -> Self:
        if self.underlying in _ENDED:
            return self._ignored(line, f"the item is {self.underlying.value}", stamp)
        item = self._noted(line, stamp)
        seen = item.unarchive(stamp) if item.archived_from is Status.ON_HOLD else item
        return seen.refused(reason, words, stamp)

    def _canceled_there(self, line: LineReport, stamp: Stamp) -> Self:
        if self.underlying in _ENDED:
            return (
                self._noted(line, stamp)
                if self.underlying is Status.CANCELED
                else self._ignored(line, "the item is fulfilled", stamp)
            )
        item = self._noted(line, stamp)
        if item.status is Status.SENDING:
            item = item.accepted(stamp)
        return item.cancel(stamp, reason="the provider cancelled the order", at_provider=True)

    def _staged(self, line: LineReport, stamp: Stamp) -> Self:
        if line.stage is self.provider_stage and line.raw == self.provider_raw:
            return self
        told = ReportReceived(item_id=self.id, raw_status=line.raw, substatus=line.stage.value, stamp=stamp)
        return evolve(self, provider_raw=line.raw, provider_stage=line.stage, events=(*self.events, told))

    def _ignored(self, line: LineReport, why: str, stamp: Stamp) -> Self:
        if line.raw in {self.provider_raw, self.provider_ignored}:
            return self
        late = ReportIgnored(item_id=self.id, raw_status=line.raw, why=why, stamp=stamp)
        return evolve(self, provider_ignored=line.raw, events=(*self.events, late))

    def ship(self, parcel: Parcel, quantity: int, stamp: Stamp) -> Self:
        """Learn that *quantity* pieces travel in *parcel*; parcels are merged by number and never replaced."""
        known = next((shipment for shipment in self.shipments if shipment.number == parcel.number), None)
        if known is None:
            shipment = ItemShipment(
                number=parcel.number,
                carrier=parcel.carrier,
                url=parcel.url,
                quantity=quantity,
                state=parcel.state,
            )
            return self._ship(shipment, stamp)._watched(parcel, stamp)
        newer = _PARCEL_RANK[parcel.state] > _PARCEL_RANK[known.state]
        merged = evolve(
            known,
            state=parcel.state if newer else known.state,
            carrier=known.carrier or parcel.carrier,
            url=known.url or parcel.url,
        )
        shipments = tuple(merged if shipment is known else shipment for shipment in self.shipments)
        return evolve(self, shipments=shipments)._watched(parcel, stamp)

    def _watched(self, parcel: Parcel, stamp: Stamp) -> Self:
        item = self
        if item.status is Status.CANCELED:
            item = item.flag(Flag.SHIPPED_ALTHOUGH_CANCELED, stamp, note=parcel.number)
        if parcel.state in {ParcelState.ISSUE, ParcelState.RETURNED}:
            item = item.flag(Flag.SHIPMENT_ISSUE, stamp, note=f"{parcel.number}: {parcel.state.value}")
        return item

    def _ship(self, shipment: ItemShipment, stamp: Stamp) -> Self:
        told = ShipmentReported(
            item_id=self.id,
            carrier=shipment.carrier,
            number=shipment.number,
            url=shipment.url,
            quantity=shipment.quantity,
            stamp=stamp,
        )
        return evolve(self, shipments=(*self.shipments, shipment), events=(*self.events, told))

    def published(self, number: str, fulfillment: ExternalRef, stamp: Stamp, *, notified: bool) -> Self:
        """Keep the store's answer to the news of parcel *number*."""
        if not any(s.number == number and s.published is None for s in self.shipments):
            return self
        told = ShipmentPublished(
            item_id=self.id, number=number, fulfillment=fulfillment, notified=notified, stamp=stamp
        )
        shipments = tuple(
            evolve(shipment, published=fulfillment) if shipment.number == number else shipment
            for shipment in self.shipments
        )
        item = evolve(self, shipments=shipments, events=(*self.events, told))
        return item._without(Flag.STORE_NOT_TOLD, stamp)

    def charged(self, cost: ItemCost, stamp: Stamp) -> Self:
        """Keep what the provider charges."""
        if cost == self.cost:
            return self
        told = CostRecorded(item_id=self.id, items=cost.items, shipping=cost.shipping, stamp=stamp)
        return evolve(self, cost=cost, events=(*self.events, told))

    # What the store tells

    def synced(self, line: ChannelLine) -> Self:
        """Follow the store in what only informs: titles, SKU, price."""
        return evolve(
            self,
            product_title=line.title or self.product_title,
            variant_title=line.variant_title,
            sku=line.sku,
            price=line.price,
        )

    def wanted(self, quantity: int, stamp: Stamp) -> Self:
        """Follow the store's quantity: applied while nothing is at a provider, else flagged (A6)."""
        if quantity == self.store_quantity or self.underlying in _ENDED:
            return evolve(self, store_quantity=quantity)
        told = QuantityChanged(
            item_id=self.id, before=self.store_quantity, after=quantity, applied=not self.live, stamp=stamp
        )
        item = evolve(self, store_quantity=quantity, events=(*self.events, told))
        if self.live:
            return item.flag(Flag.QUANTITY_CHANGED, stamp, note=f"the store wants {quantity} now")
        if quantity == 0:
            return item.cancel(stamp, reason="the store wants none any more")
        return evolve(item, quantity=quantity)

    def flag(self, flag: Flag, stamp: Stamp, *, note: str = "") -> Self:
        """Ask for a person's eye; a flag that stands already is left alone."""
        if flag in self.flags:
            return self
        raised = FlagRaised(item_id=self.id, flag=flag, note=note, stamp=stamp)
        return evolve(self, flags=(*self.flags, flag), events=(*self.events, raised))

    def seen(self, flags: Iterable[Flag], stamp: Stamp) -> Self:
        """Take down *flags* that a person has dealt with."""
        item = self
        for flag in flags:
            item = item._without(flag, stamp)
        return item

    def _without(self, flag: Flag, stamp: Stamp) -> Self:
        if flag not in self.flags:
            return self
        cleared = FlagCleared(item_id=self.id, flag=flag, stamp=stamp)
        left = tuple(known for known in self.flags if known is not flag)
        return evolve(self, flags=left, events=(*self.events, cleared))

    def comment(self, text: str, stamp: Stamp) -> Self:
        """Leave a note for the team on the timeline."""
        return evolve(self, events=(*self.events, Commented(item_id=self.id, text=text, stamp=stamp)))

    def redact(self) -> Self:
        """Forget what the customer entered: texts, pictures, files; keys and counts stay."""
        return evolve(
            self,
            personalization=(),
            design=None,
            assets=(),
            files=(),
            files_version=0,
            findings=(),
            redacted=True,
        )

    def _move(self, action: Action, stamp: Stamp, *, to: Status | None = None, reason: str) -> Self:
        after = advance(self.status, action, to=to)
        moved = StatusChanged(
            item_id=self.id, action=action, before=self.status, after=after, reason=reason, stamp=stamp
        )
        return evolve(self, status=after, status_since=stamp.at, events=(*self.events, moved))
