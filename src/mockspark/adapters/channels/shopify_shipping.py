"""Telling the store of parcels, and keeping it from fulfilling elsewhere: look first, then act once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final

import msgspec
from attrs import frozen

from mockspark.adapters.channels.shopify_connections import Connection, Thing, part
from mockspark.adapters.channels.shopify_documents import HOLD, PARCELS, RELEASE, SHIP, WORK_LINES
from mockspark.adapters.channels.shopify_fulfilled import Parcel
from mockspark.adapters.channels.shopify_graphql import Admin
from mockspark.adapters.channels.shopify_ids import gid, short
from mockspark.adapters.channels.shopify_parcels import (
    Portion,
    Shipping,
    Work,
    WorkLine,
    by_location,
    fulfillment_input,
    given_away,
    outstanding,
    portions,
    told_parcels,
)
from mockspark.application.errors import OutcomeUnknown, Rejected, Unavailable
from mockspark.application.ports.channels import ShipmentNotice
from mockspark.domain.identity import ExternalRef

LONGEST_HANDLE: Final = 64
_SOON: Final = timedelta(minutes=2)
_LATER: Final = timedelta(minutes=30)
_DUPLICATE: Final = "DUPLICATE_FULFILLMENT_HOLD_HANDLE"


class _MoreLines(msgspec.Struct, kw_only=True, rename="camel"):
    line_items: Connection[WorkLine]


class _Overtaken(Rejected):
    """The store refused what its own answer had just allowed."""


@frozen(kw_only=True)
class Standing:
    """An order's parcels and work as the store has them now."""

    cancelled: bool
    parcels: Sequence[Parcel]
    works: Sequence[Work]


@frozen
class Shipments:
    """An order's parcels and holds at the store."""

    admin: Admin

    async def publish(self, notice: ShipmentNotice) -> ExternalRef:
        """Tell the store of a parcel once, and return the store's id of it."""
        try:
            return await self._publish(notice)
        except _Overtaken:
            # Its texts have no codes: what stands in the store now says what they meant.
            return await self._publish(notice)

    async def _publish(self, notice: ShipmentNotice) -> ExternalRef:
        standing = await self._standing(notice.order)
        told = told_parcels(notice, standing.parcels)
        wanted = outstanding(notice, told)
        taken = portions(wanted, filter(_may_ship, standing.works))
        problem = _obstacle(wanted, taken, standing)
        if told and (not wanted or isinstance(problem, Rejected)):
            return short(told[0].id)
        if problem is not None:
            raise problem
        made = [await self._ship(notice, group) for group in by_location(taken)]
        return short(told[0].id) if told else made[0]

    async def _ship(self, notice: ShipmentNotice, group: Sequence[Portion]) -> ExternalRef:
        change = await self.admin.change(SHIP, {"fulfillment": fulfillment_input(notice, group)})
        if change.refused:
            raise _Overtaken(f"the store refuses the parcel: {change.refused[0].message}")
        made = part(change.payload, "fulfillment", Thing)
        if made is None:
            raise OutcomeUnknown("the store answered a parcel without its id")
        return short(made.id)

    async def hold(self, order: ExternalRef, *, handle: str, note: str) -> None:
        """Hold every open part of the order under *handle*."""
        name = short_handle(handle)
        standing = await self._standing(order)
        works = [work for work in standing.works if work.left]
        if not standing.works:
            raise Unavailable("the store shows no work on the order yet", retry_after=_SOON)
        open_ = [work for work in works if work.allows("HOLD") or work.own_holds(name)]
        if not open_:
            raise Rejected("the store does not allow a hold on the order now")
        for work in open_:
            if not work.own_holds(name):
                await self._hold(work, name, note)

    async def _hold(self, work: Work, handle: str, note: str) -> None:
        hold = {"reason": "OTHER", "reasonNotes": note, "handle": handle, "notifyMerchant": False}
        change = await self.admin.change(HOLD, {"id": work.id, "hold": hold})
        if not any(error.code == _DUPLICATE for error in change.refused):
            change.ensure_done()

    async def release(self, order: ExternalRef, *, handle: str) -> None:
        """Lift our holds called *handle*, naming each, because naming none would lift everybody's."""
        for work in (await self._standing(order)).works:
            own = work.own_holds(short_handle(handle))
            if own:
                change = await self.admin.change(RELEASE, {"id": work.id, "holdIds": own})
                change.ensure_done()

    async def given_away(self, order: ExternalRef) -> Mapping[ExternalRef, int]:
        """Count the units of each line that another fulfillment service was asked for."""
        return given_away((await self._standing(order)).works)

    async def _standing(self, order: ExternalRef) -> Standing:
        works: list[Work] = []
        after: str | None = None
        while True:
            page = await self._page(order, after)
            orders = page.fulfillment_orders or Connection[Work]()
            works += [await self._whole(work) for work in orders.nodes]
            after = orders.next
            if after is None:
                return Standing(
                    cancelled=page.cancelled_at is not None, parcels=page.fulfillments or (), works=works
                )

    async def _page(self, order: ExternalRef, after: str | None) -> Shipping:
        data = await self.admin.ask(PARCELS, {"id": gid("Order", order), "after": after})
        page = part(data, "order", Shipping)
        if page is None:
            raise Rejected("the store does not know the order any more")
        return page

    async def _whole(self, work: Work) -> Work:
        """Read the lines of *work* beyond its first page."""
        after = work.line_items.next
        while after is not None:
            data = await self.admin.ask(WORK_LINES, {"id": work.id, "after": after})
            more = part(data, "fulfillmentOrder", _MoreLines)
            if more is None:
                raise Unavailable("the store's work on the order changed while it was read")
            work.line_items.nodes += more.line_items.nodes
            after = more.line_items.next
        return work


def short_handle(handle: str) -> str:
    """Return *handle*, or what stands for one that is too long for the store."""
    return handle if len(handle) <= LONGEST_HANDLE else sha256(handle.encode()).hexdigest()


def _may_ship(work: Work) -> bool:
    """Tell whether work may be shipped now and no other app ships it by itself."""
    return work.allows("CREATE_FULFILLMENT") and not work.service


def _obstacle(
    wanted: Mapping[ExternalRef, int], taken: Sequence[Portion], standing: Standing
) -> Rejected | Unavailable | None:
    """Return why the parcel cannot be told, or cannot be told whole yet."""
    if standing.cancelled:
        return Rejected("the order was cancelled in the store: tell the customer yourself")
    if taken and sum(portion.quantity for portion in taken) == sum(wanted.values()):
        return None
    others = [work for work in standing.works if not _may_ship(work) and portions(wanted, [work])]
    waiting = next((work for work in others if not work.service), None)
    if waiting is not None:
        return _not_now(waiting)
    if taken:
        return None
    if others:
        return Rejected(f"the store has given these lines to {others[0].service}, which tells it by itself")
    return _nothing_left(wanted, standing)


def _not_now(work: Work) -> Unavailable:
    if work.fulfillment_holds:
        reasons = "; ".join(dict.fromkeys(hold.words for hold in work.fulfillment_holds))
        return Unavailable(f"the order is on hold at the store ({reasons})", retry_after=_LATER)
    words = work.status.lower().replace("_", " ")
    return Unavailable(f"the store does not allow fulfilling these lines now ({words})", retry_after=_LATER)


def _nothing_left(wanted: Mapping[ExternalRef, int], standing: Standing) -> Rejected | Unavailable:
    known = {ref for parcel in standing.parcels for ref in parcel.counted()}
    if wanted.keys() & known or standing.works:
        return Rejected(
            "nothing of these lines is left to fulfill: somebody else has fulfilled or removed them"
        )
    return Unavailable(
        "the store shows no work on the order yet, or the app lacks a scope", retry_after=_SOON
    )
