"""What a merchant looks at: the list, one item, its timeline, what was left out."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from mockspark.application.errors import NotFound
from mockspark.application.filters import ItemFilter, Page, Slice, within_window
from mockspark.application.ports.queries import OrderItemQueries
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.sending import RESENDABLE
from mockspark.application.views import (
    AllowedAction,
    FilteredRow,
    FulfillmentView,
    ItemDetail,
    ItemRow,
    TimelineEntry,
)
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Action, Status
from mockspark.domain.submission import Submission

_NEWEST: Final = Page()
_ALL: Final = ItemFilter()
_READING: Final = ("sync", "export_csv", "comment")
_LIVE_CANCEL: Final = frozenset({Status.BEING_FULFILLED, Status.ON_HOLD, Status.SENDING})
_BUTTONS: Final[Mapping[str, Action]] = {
    "redesign": Action.REDESIGN,
    "send": Action.SEND,
    "hold": Action.HOLD,
    "release": Action.RELEASE,
    "mark_fulfilled": Action.MARK_FULFILLED,
    "archive": Action.ARCHIVE,
    "unarchive": Action.UNARCHIVE,
}
_HOLDABLE: Final = frozenset({Status.GENERATING, Status.READY_TO_FULFILL})


@frozen(kw_only=True)
class SearchItems:
    """Find items by the six filters, newest first."""

    queries: OrderItemQueries
    clock: Clock

    async def __call__(
        self,
        shop: ShopId,
        filter: ItemFilter = _ALL,  # noqa: A002 - the field's name
        page: Page = _NEWEST,
    ) -> Slice[ItemRow]:
        """Return one page; raises InvalidValue for a date range that begins more than 90 days ago."""
        return await self.queries.search(shop, within_window(filter, self.clock()), page)


@frozen(kw_only=True)
class CountItems:
    """Count what a search would find."""

    queries: OrderItemQueries
    clock: Clock

    async def __call__(self, shop: ShopId, filter: ItemFilter = _ALL, *, cap: int = 1000) -> int:  # noqa: A002
        """Return the count, or *cap* + 1 when there are more: nobody waits for an exact million.

        Raises InvalidValue for a date range that begins more than 90 days ago.
        """
        return await self.queries.count(shop, within_window(filter, self.clock()), cap=cap)


@frozen(kw_only=True)
class Counters:
    """Say how many items each status has."""

    queries: OrderItemQueries

    async def __call__(self, shop: ShopId) -> Mapping[Status, int]:
        """Return a count for every status, zero included."""
        known = await self.queries.counters(shop)
        return {status: known.get(status, 0) for status in Status}


@frozen(kw_only=True)
class ShowTimeline:
    """Show what happened to an item, its order and its submissions."""

    queries: OrderItemQueries

    async def __call__(
        self, shop: ShopId, item: OrderItemId, *, before: int | None = None, limit: int = 100
    ) -> Sequence[TimelineEntry]:
        """Return entries, newest first; *before* is the position to go on from. Raises NotFound."""
        found = await self.queries.timeline(shop, item, before=before, limit=limit)
        if not found and not await self.queries.pick(shop, (item,)):
            raise NotFound("order item", item)
        return found


@frozen(kw_only=True)
class ShowImportLog:
    """Show the lines that became no item, and why."""

    queries: OrderItemQueries

    async def __call__(self, shop: ShopId, page: Page = _NEWEST) -> Slice[FilteredRow]:
        """Return one page, newest first."""
        return await self.queries.import_log(shop, page)


@frozen(kw_only=True)
class ShowItem:
    """Show everything known about one item, and what may be done with it."""

    store: Store
    queries: OrderItemQueries

    async def __call__(self, shop: ShopId, item: OrderItemId) -> ItemDetail:
        """Return the detail page, or raise NotFound."""
        async with self.store.read(shop) as work:
            found = await work.items.get(item)
            order = await work.orders.get(found.order_id)
            fulfillment = await _fulfillment(work, found)
        rows = await self.queries.siblings(shop, found.order_id)
        return _detail(found, order, rows, fulfillment)


async def _fulfillment(work: UnitOfWork, item: OrderItem) -> FulfillmentView | None:
    if item.submission_id is None:
        return None
    submission = await work.submissions.get(item.submission_id)
    connection = await work.connections.get(submission.connection_id)
    return _fulfillment_view(item, submission, connection.provider)


def _fulfillment_view(item: OrderItem, submission: Submission, platform: str) -> FulfillmentView:
    others = (line.item_id for line in submission.request.lines if line.item_id != item.id)
    return FulfillmentView(
        submission_id=submission.id,
        connection_id=submission.connection_id,
        platform=platform,
        state=submission.state,
        provider_orders=submission.provider_orders,
        raw_status=item.provider_raw,
        stage=item.provider_stage.value if item.provider_stage else "",
        ship_to=submission.request.ship_to,
        options=submission.request.options,
        combined_with=tuple(others),
        shipments=item.shipments,
        cost=item.cost,
        saving=submission.quoted.saving if submission.quoted else None,
        attempts=submission.attempts,
        words=submission.words,
    )


def _detail(
    item: OrderItem, order: Order, rows: Sequence[ItemRow], fulfillment: FulfillmentView | None
) -> ItemDetail:
    store = order.snapshot
    return ItemDetail(
        row=next(row for row in rows if row.id == item.id),
        personalization=item.personalization,
        note=store.note,
        attributes=store.attributes,
        customer=store.customer,
        ship_to=store.ship_to,
        shipping_method=store.shipping_method,
        payment=store.payment_raw or store.payment.value,
        tags=store.tags,
        test=item.test,
        synced_at=order.synced_at,
        store_order=str(order.ref),
        store_line=str(item.line),
        design=item.design.document if item.design else None,
        design_id=item.design.id if item.design else "",
        design_version=item.design_version,
        files_version=item.files_version,
        files=item.files,
        findings=item.findings,
        hold_fix=item.hold.fix if item.hold else "",
        hold_origin=item.hold.origin.value if item.hold else "",
        cancel_requested_at=item.cancel_requested_at,
        fulfillment=fulfillment,
        siblings=tuple(row for row in rows if row.id != item.id),
        actions=allowed_actions(item),
        reprint_of=item.reprint_of,
        version=item.version,
    )


def allowed_actions(item: OrderItem) -> tuple[AllowedAction, ...]:
    """Say of every action of the page whether it can be done now, and if not, why (spec D.3)."""
    refusals = item.refusals()
    return (
        *(AllowedAction(action=name, allowed=True) for name in _READING),
        *(
            _allowed(item, name, action, refusals.get(action) or _waits(item, action))
            for name, action in _BUTTONS.items()
        ),
        _cancel(item),
        _download(item),
        _reprint(item),
    )


def _allowed(item: OrderItem, name: str, action: Action, refusal: str) -> AllowedAction:
    refusal = refusal or _by_status(item, action)
    confirmation = action is Action.MARK_FULFILLED and item.live
    confirmation = confirmation or (action is Action.ARCHIVE and item.status is Status.BEING_FULFILLED)
    return AllowedAction(
        action=name, allowed=not refusal, refusal=refusal, needs_confirmation=confirmation and not refusal
    )


def _waits(item: OrderItem, action: Action) -> str:
    """Say what has to be done before an item that waits can be sent again."""
    if action is not Action.SEND or item.status is not Status.ON_HOLD or item.hold is None:
        return ""
    return "" if item.hold.reason in RESENDABLE else item.hold.fix


def _by_status(item: OrderItem, action: Action) -> str:
    # The life cycle lets the system hold an item anywhere; a person holds only what is not under way (D.3).
    by_hand = action is not Action.HOLD or item.status in _HOLDABLE
    if item.allows(action) and by_hand:
        return ""
    return f"not possible while the item is {item.status.value.replace('_', ' ')}"


def _cancel(item: OrderItem) -> AllowedAction:
    asks = item.live and item.status in _LIVE_CANCEL
    if item.cancel_requested_at is not None:
        return AllowedAction(action="cancel", allowed=False, refusal="the cancellation is asked for already")
    if asks:
        return AllowedAction(action="cancel", allowed=True, needs_confirmation=True)
    refusal = _by_status(item, Action.CANCEL)
    return AllowedAction(action="cancel", allowed=not refusal, refusal=refusal)


def _download(item: OrderItem) -> AllowedAction:
    refusal = "" if item.files else "no production file was made yet"
    return AllowedAction(action="download_files", allowed=not refusal, refusal=refusal)


def _reprint(item: OrderItem) -> AllowedAction:
    ended = item.status in {Status.FULFILLED, Status.CANCELED}
    refusal = "" if ended else "only a fulfilled or canceled item can be printed again"
    return AllowedAction(action="reprint", allowed=ended, refusal=refusal)
