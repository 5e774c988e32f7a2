"""Fulfillment orders: routed, held, split, moved, shipped and taken back, with the refusals of the real store."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from attrs import frozen

from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox.shopify_store import (
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentService,
    Hold,
    MerchantRequest,
    Numbers,
    ParcelEvent,
    Store,
    StoredOrder,
    Tracking,
    WorkLine,
    gid,
    number_of,
)

MOST_HOLDS: Final = 10
LONGEST_HANDLE: Final = 64
MOST_LINES: Final = 512
_SPLITTABLE: Final = frozenset({"OPEN", "IN_PROGRESS"})
_SERVICE_BUSY: Final = frozenset({"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"})
_TRACKING_PAGES: Final[Mapping[str, str]] = {
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
    "UPS": "https://www.ups.com/track?tracknum={number}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "DHL Express": "https://www.dhl.com/en/express/tracking.html?AWB={number}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    "Canada Post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={number}",
    "Deutsche Post": "https://www.deutschepost.de/sendung/simpleQueryResult.html?form.sendungsnummer={number}",
}


@frozen(kw_only=True)
class Refused(Exception):
    """A userError: which field, what text, and a code where the real store gives one."""

    message: str
    field: tuple[str, ...] | None = None
    code: str | None = None

    def as_error(self) -> dict[str, Any]:
        """Return it as a mutation's `userErrors` entry."""
        return {"field": list(self.field) if self.field else None, "message": self.message, "code": self.code}


class BadId(Exception):
    """An id of another kind than the argument wants: a top-level error, not a userError."""


class World(Protocol):
    """What the simulated store needs of the stage it stands on."""

    numbers: Numbers

    def now(self) -> datetime:
        """Return the present, in whole seconds."""

    def later(self, delay: timedelta, act: Callable[[], None]) -> None:
        """Run *act* once the stage's clock has passed *delay*."""

    def tell(self, store: Store, topic: str, body: dict[str, Any], *, event: str) -> None:
        """Send a webhook to whoever subscribed to *topic*."""

    def event(self) -> str:
        """Return the id that all webhooks of one action share."""

    def notify(self, store: Store, service: FulfillmentService, kind: str) -> None:
        """Call a fulfillment service's address: there is a request of *kind*, and no word of which."""


@frozen(kw_only=True)
class Portion:
    """Some units of one fulfillment order's line."""

    line_id: str
    quantity: int


def route(world: World, store: Store, order: StoredOrder) -> None:
    """Make the fulfillment orders of an order that has none yet, and say so."""
    if order.routed or order.cancelled_at is not None:
        return
    order.routed = True
    wanted = [line for line in order.lines if line.requires_shipping and line.current_quantity]
    if not wanted:
        return
    work = open_work(
        world, order, store.locations[0].id, [(line.id, line.current_quantity) for line in wanted]
    )
    topic = "fulfillment_orders/order_routing_complete"
    world.tell(store, topic, {"fulfillment_order": bodies.work_body(work)}, event=world.event())


def open_work(
    world: World, order: StoredOrder, location_id: int, lines: Sequence[tuple[int, int]]
) -> FulfillmentOrder:
    """Add an open fulfillment order over (line, units)."""
    now = world.now()
    work = FulfillmentOrder(
        id=world.numbers(), order_id=order.id, location_id=location_id, created_at=now, updated_at=now
    )
    work.lines = [WorkLine(id=world.numbers(), line_id=line, total=n, remaining=n) for line, n in lines]
    order.work.append(work)
    return work


def supported_actions(store: Store, order: StoredOrder, work: FulfillmentOrder) -> tuple[str, ...]:
    """Return what may be done with a fulfillment order now."""
    place = store.location(work.location_id)
    if work.status == "ON_HOLD":
        return ("RELEASE_HOLD", "HOLD", "MOVE")
    if work.status == "SCHEDULED":
        return ("MARK_AS_OPEN", "HOLD")
    if work.status == "IN_PROGRESS":
        return ("CREATE_FULFILLMENT", "REPORT_PROGRESS", "MARK_AS_OPEN", "HOLD")
    if work.status != "OPEN":
        return ()
    if place is not None and place.service is not None and work.request_status == "UNSUBMITTED":
        return ("REQUEST_FULFILLMENT", "CREATE_FULFILLMENT", "MOVE", "HOLD")
    actions = ["CREATE_FULFILLMENT", "REPORT_PROGRESS", "MOVE", "HOLD"]
    if work.remaining > 1:
        actions.append("SPLIT")
    if any(
        other is not work and other.status == "OPEN" and other.location_id == work.location_id
        for other in order.work
    ):
        actions.append("MERGE")
    return tuple(actions)


def touch(world: World, order: StoredOrder, *works: FulfillmentOrder) -> None:
    """Note that an order and its works changed now."""
    order.updated_at = world.now()
    for work in works:
        work.updated_at = world.now()


# -- shipping ----------------------------------------------------------------------------------------------


def create_fulfillment(
    world: World,
    store: Store,
    wanted: Sequence[tuple[str, Sequence[Portion]]],
    tracking: Mapping[str, Any] | None,
    *,
    notify: bool = False,
    message: str | None = None,
) -> Fulfillment:
    """Ship one parcel; raises Refused with the store's own words."""
    _check_quantities(wanted)
    pairs = [_work_to_ship(store, work_id) for work_id, _ in wanted]
    order = _one_order([pair[0] for pair in pairs])
    _one_location([pair[1] for pair in pairs])
    for _, work in pairs:
        if work.status not in _SPLITTABLE:
            status = work.status.lower()
            raise Refused(
                message=f"Fulfillment order {work.id} has an unfulfillable status= {status}.",
                field=("fulfillment",),
            )
    taken = [
        part
        for (_, work), (_, portions) in zip(pairs, wanted, strict=True)
        for part in _portions(work, portions)
    ]
    return _ship(world, store, order, taken, tracking_of(tracking), notify=notify, message=message)


def _check_quantities(wanted: Sequence[tuple[str, Sequence[Portion]]]) -> None:
    for i, (_, portions) in enumerate(wanted):
        for j, portion in enumerate(portions):
            if portion.quantity <= 0:
                where = (
                    "fulfillment",
                    "lineItemsByFulfillmentOrder",
                    str(i),
                    "fulfillmentOrderLineItems",
                    str(j),
                )
                raise Refused(message="Quantity must be greater than 0", field=(*where, "quantity"))
    if sum(len(portions) for _, portions in wanted) > MOST_LINES:
        raise Refused(message=f"Too many line items. The maximum is {MOST_LINES}.", field=("fulfillment",))


def _work_to_ship(store: Store, work_id: str) -> tuple[StoredOrder, FulfillmentOrder]:
    number = number_of("FulfillmentOrder", work_id)
    if number is None:
        raise BadId("invalid id")
    found = store.work_by_id(number)
    if found is None:
        raise Refused(message="Fulfillment order does not exist.", field=("fulfillment",))
    return found


def _one_order(orders: Sequence[StoredOrder]) -> StoredOrder:
    if not orders:
        raise Refused(message="Fulfillment order does not exist.", field=("fulfillment",))
    ids = list(dict.fromkeys(order.id for order in orders))
    if len(ids) > 1:
        raise Refused(
            message="All fulfillment orders must belong to the same order. "
            f"Multiple orders with ids {ids} were found.",
            field=("fulfillment",),
        )
    return orders[0]


def _one_location(works: Sequence[FulfillmentOrder]) -> None:
    ids = list(dict.fromkeys(work.location_id for work in works))
    if len(ids) > 1:
        raise Refused(
            message="All fulfillment orders must be assigned to a single location. "
            f"Multiple locations with ids {ids} were found.",
            field=("fulfillment",),
        )


def _portions(
    work: FulfillmentOrder, portions: Sequence[Portion]
) -> list[tuple[FulfillmentOrder, WorkLine, int]]:
    if not portions:
        return [(work, line, line.remaining) for line in work.lines if line.remaining]
    taken: list[tuple[FulfillmentOrder, WorkLine, int]] = []
    claimed: dict[int, int] = {}
    for portion in portions:
        line = _work_line(work, portion.line_id)
        claimed[line.id] = claimed.get(line.id, 0) + portion.quantity
        if claimed[line.id] > line.remaining:
            raise Refused(
                message="Invalid fulfillment order line item quantity requested.", field=("fulfillment",)
            )
        taken.append((work, line, portion.quantity))
    return taken


def _work_line(
    work: FulfillmentOrder, line_id: str, *, field: tuple[str, ...] | None = ("fulfillment",)
) -> WorkLine:
    number = number_of("FulfillmentOrderLineItem", line_id)
    found = next((line for line in work.lines if line.id == number), None)
    if found is None:
        raise Refused(message="Fulfillment order line item does not exist.", field=field)
    return found


def tracking_of(raw: Mapping[str, Any] | None) -> tuple[Tracking, ...]:
    """Read a tracking input; a carrier known by name gets its tracking page."""
    if not raw:
        return ()
    numbers = raw.get("numbers") or ([raw["number"]] if raw.get("number") else [])
    urls = raw.get("urls") or ([raw["url"]] if raw.get("url") else [])
    company = raw.get("company")
    if not numbers and not urls:
        return (Tracking(company=company),) if company else ()
    rows = max(len(numbers), len(urls))
    padded = [
        (numbers[i] if i < len(numbers) else None, urls[i] if i < len(urls) else None) for i in range(rows)
    ]
    return tuple(Tracking(number=n, company=company, url=url or _page(company, n)) for n, url in padded)


def _page(company: str | None, number: str | None) -> str | None:
    page = _TRACKING_PAGES.get(company or "")
    return page.format(number=number) if page and number else None


def _ship(
    world: World,
    store: Store,
    order: StoredOrder,
    taken: Sequence[tuple[FulfillmentOrder, WorkLine, int]],
    tracking: tuple[Tracking, ...],
    *,
    notify: bool,
    message: str | None,
) -> Fulfillment:
    now = world.now()
    parcel = Fulfillment(
        id=world.numbers(),
        order_id=order.id,
        name=f"{order.name}-F{len(order.fulfillments) + 1}",
        location_id=taken[0][0].location_id if taken else store.locations[0].id,
        created_at=now,
        updated_at=now,
        tracking=tracking,
        notify=notify,
        message=message,
    )
    for work, line, quantity in taken:
        line.remaining -= quantity
        parcel.lines.append(
            FulfilledLine(
                id=world.numbers(),
                line_id=line.line_id,
                work_line_id=line.id,
                work_id=work.id,
                quantity=quantity,
            )
        )
        if not work.remaining:
            work.status = "CLOSED"
        touch(world, order, work)
    order.fulfillments.append(parcel)
    _archive(world, order)
    _tell_shipped(world, store, order, parcel)
    return parcel


def _archive(world: World, order: StoredOrder) -> None:
    if order.work and not any(work.open for work in order.work):
        order.closed_at = world.now()


def _tell_shipped(world: World, store: Store, order: StoredOrder, parcel: Fulfillment) -> None:
    event = world.event()
    world.tell(store, "fulfillments/create", bodies.fulfillment_body(order, parcel), event=event)
    done = bodies.rest_fulfillment_status(order) == "fulfilled"
    body = bodies.order_body(store, order)
    world.tell(store, "orders/fulfilled" if done else "orders/partially_fulfilled", body, event=event)
    world.tell(store, "orders/updated", body, event=event)


def update_tracking(
    world: World, store: Store, parcel_id: str, raw: Mapping[str, Any], *, notify: bool = False
) -> Fulfillment:
    """Change a parcel's tracking, even of a canceled one, as the real store does."""
    order, parcel = _parcel(store, parcel_id, "Fulfillment does not exist.", ("fulfillmentId",))
    parcel.tracking = tracking_of(raw)
    parcel.notify = notify
    _changed_parcel(world, store, order, parcel)
    return parcel


def cancel_fulfillment(world: World, store: Store, parcel_id: str) -> Fulfillment:
    """Take a parcel back: its units come again as new fulfillment orders; a second time changes nothing."""
    order, parcel = _parcel(store, parcel_id, "Fulfillment not found.", ("id",))
    if parcel.status == "CANCELLED":
        return parcel
    parcel.status, parcel.display_status = "CANCELLED", "CANCELED"
    for work in list(order.work):
        parts = [part for part in parcel.lines if part.work_id == work.id]
        if parts:
            work.status = "CLOSED"
            rest = [(line.line_id, line.remaining) for line in work.lines if line.remaining]
            for line in work.lines:
                line.remaining = 0
            open_work(
                world, order, work.location_id, _summed([*rest, *((p.line_id, p.quantity) for p in parts)])
            )
            touch(world, order, work)
    order.closed_at = None
    _changed_parcel(world, store, order, parcel)
    return parcel


def _summed(parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    sums: dict[int, int] = {}
    for line_id, quantity in parts:
        sums[line_id] = sums.get(line_id, 0) + quantity
    return list(sums.items())


def add_event(world: World, store: Store, raw: Mapping[str, Any]) -> ParcelEvent:
    """Add a milestone to a parcel."""
    order, parcel = _parcel(
        store, str(raw["fulfillmentId"]), "Fulfillment does not exist.", ("fulfillmentEvent", "fulfillmentId")
    )
    when = datetime.fromisoformat(raw["happenedAt"]) if raw.get("happenedAt") else world.now()
    status = str(raw["status"])
    event = ParcelEvent(id=world.numbers(), status=status, happened_at=when, message=raw.get("message"))
    parcel.events.append(event)
    parcel.display_status = status
    _changed_parcel(world, store, order, parcel)
    return event


def _parcel(
    store: Store, parcel_id: str, words: str, field: tuple[str, ...]
) -> tuple[StoredOrder, Fulfillment]:
    number = number_of("Fulfillment", parcel_id)
    if number is None:
        raise BadId("invalid id")
    found = store.parcel_by_id(number)
    if found is None:
        raise Refused(message=words, field=field)
    return found


def _changed_parcel(world: World, store: Store, order: StoredOrder, parcel: Fulfillment) -> None:
    parcel.updated_at = world.now()
    touch(world, order)
    event = world.event()
    world.tell(store, "fulfillments/update", bodies.fulfillment_body(order, parcel), event=event)
    world.tell(store, "orders/updated", bodies.order_body(store, order), event=event)


# -- holds -------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Held:
    """A hold as placed, and the rest that was split off."""

    hold: Hold
    work: FulfillmentOrder
    remaining: FulfillmentOrder | None


def find_work(
    store: Store,
    work_id: str,
    *,
    field: tuple[str, ...] | None = ("id",),
    code: str | None = "FULFILLMENT_ORDER_NOT_FOUND",
) -> tuple[StoredOrder, FulfillmentOrder]:
    """Return a fulfillment order with its order; raises Refused, or BadId for another kind of id."""
    number = number_of("FulfillmentOrder", work_id)
    if number is None:
        raise BadId(f"Invalid id: {work_id}")
    found = store.work_by_id(number)
    if found is None:
        raise Refused(message="Fulfillment order does not exist.", field=field, code=code)
    return found


def hold(world: World, store: Store, work_id: str, raw: Mapping[str, Any], *, app_id: int | None) -> Held:
    """Put a hold on a fulfillment order, on some of its lines only when they are named."""
    order, work = find_work(store, work_id)
    handle = raw.get("handle") or ""
    _check_hold(work, handle, app_id)
    portions = [
        Portion(line_id=str(p["id"]), quantity=int(p["quantity"]))
        for p in raw.get("fulfillmentOrderLineItems") or ()
    ]
    remaining = _split_for_hold(world, order, work, portions) if portions else None
    placed = Hold(
        id=world.numbers(),
        handle=handle,
        reason=str(raw["reason"]),
        notes=raw.get("reasonNotes") or "",
        app_id=app_id,
    )
    work.holds.append(placed)
    work.status = "ON_HOLD"
    touch(world, order, work)
    event = world.event()
    world.tell(store, "fulfillment_orders/placed_on_hold", bodies.held_body(work, remaining), event=event)
    world.tell(store, "orders/updated", bodies.order_body(store, order), event=event)
    return Held(hold=placed, work=work, remaining=remaining)


def _check_hold(work: FulfillmentOrder, handle: str, app_id: int | None) -> None:
    if work.status not in {"OPEN", "ON_HOLD", "SCHEDULED", "IN_PROGRESS"}:
        raise Refused(
            message="The fulfillment order is not in a state that can be held.", field=("id",), code="TAKEN"
        )
    if len(handle) > LONGEST_HANDLE:
        raise Refused(
            message=f"Handle is too long (maximum is {LONGEST_HANDLE} characters)",
            field=("fulfillmentHold", "handle"),
        )
    mine = [held for held in work.holds if held.app_id == app_id]
    if any(held.handle == handle for held in mine):
        raise Refused(
            message="The handle provided for the fulfillment hold is already in use by this app for another hold "
            "on this fulfillment order.",
            field=("fulfillmentHold", "handle"),
            code="DUPLICATE_FULFILLMENT_HOLD_HANDLE",
        )
    if len(mine) >= MOST_HOLDS:
        raise Refused(
            message="The maximum number of fulfillment holds for this fulfillment order has been reached for this "
            f"app. An app can only have up to {MOST_HOLDS} holds on a single fulfillment order at any one time.",
            field=("id",),
            code="FULFILLMENT_ORDER_HOLD_LIMIT_REACHED",
        )


def _split_for_hold(
    world: World, order: StoredOrder, work: FulfillmentOrder, portions: Sequence[Portion]
) -> FulfillmentOrder | None:
    where = ("fulfillmentHold", "fulfillmentOrderLineItems")
    if work.status not in _SPLITTABLE:
        raise Refused(
            message="The fulfillment order is not in a splittable state.",
            field=where,
            code="FULFILLMENT_ORDER_NOT_SPLITTABLE",
        )
    if len({p.line_id for p in portions}) != len(portions):
        raise Refused(
            message="must contain unique line item ids",
            field=where,
            code="DUPLICATED_FULFILLMENT_ORDER_LINE_ITEMS",
        )
    for i, portion in enumerate(portions):
        if portion.quantity <= 0:
            raise Refused(
                message="You must select at least one item to place on partial hold.",
                field=(*where, str(i), "quantity"),
                code="GREATER_THAN_ZERO",
            )
    return _keep_only(world, order, work, portions, code="INVALID_LINE_ITEM_QUANTITY")


def _keep_only(
    world: World, order: StoredOrder, work: FulfillmentOrder, portions: Sequence[Portion], *, code: str | None
) -> FulfillmentOrder | None:
    """Keep *portions* in *work* and put the rest into a new fulfillment order; None when nothing is left over."""
    kept: dict[int, int] = {}
    for portion in portions:
        line = _work_line(work, portion.line_id, field=None)
        kept[line.id] = kept.get(line.id, 0) + portion.quantity
        if kept[line.id] > line.remaining:
            raise Refused(message="Invalid fulfillment order line item quantity requested.", code=code)
    rest = [(line.line_id, line.remaining - kept.get(line.id, 0)) for line in work.lines]
    rest = [(line_id, count) for line_id, count in rest if count]
    if not rest:
        return None
    work.lines = [line for line in work.lines if line.id in kept]
    for line in work.lines:
        line.total = line.remaining = kept[line.id]
    return open_work(world, order, work.location_id, rest)


def release(
    world: World, store: Store, work_id: str, hold_ids: Sequence[str] | None, *, app_id: int | None
) -> FulfillmentOrder:
    """Lift the named holds; without names everybody's are lifted, and it stays on hold while any is left."""
    order, work = find_work(store, work_id)
    if hold_ids is None:
        lifted = list(work.holds)
    else:
        numbers = {number_of("FulfillmentHold", hold_id) for hold_id in hold_ids}
        lifted = [held for held in work.holds if held.id in numbers]
        foreign = [held for held in lifted if app_id is not None and held.app_id not in {None, app_id}]
        if foreign:
            raise Refused(
                message="The app does not have access to release this hold.",
                field=("holdIds",),
                code="INVALID_ACCESS",
            )
    work.holds = [held for held in work.holds if held not in lifted]
    if not lifted:
        return work
    if not work.holds:
        work.status = "OPEN"
    touch(world, order, work)
    event = world.event()
    world.tell(
        store, "fulfillment_orders/hold_released", {"fulfillment_order": bodies.work_body(work)}, event=event
    )
    world.tell(store, "orders/updated", bodies.order_body(store, order), event=event)
    return work


# -- splitting, moving, progress ---------------------------------------------------------------------------


def split(
    world: World, store: Store, work_id: str, portions: Sequence[Portion], *, index: int
) -> tuple[FulfillmentOrder, FulfillmentOrder]:
    """Put *portions* into a fulfillment order of their own; return (what stays, what was split off)."""
    order, work = find_work(store, work_id, field=None)
    where = ("fulfillmentOrderSplits", str(index), "fulfillmentOrderLineItems")
    if not portions:
        raise Refused(
            message="There must be at least one item selected in this fulfillment to split it.",
            field=where,
            code="NO_LINE_ITEMS_PROVIDED_TO_SPLIT",
        )
    for i, portion in enumerate(portions):
        if portion.quantity <= 0:
            raise Refused(
                message="You must select at least one item to split into a new fulfillment order.",
                field=(*where, str(i), "quantity"),
                code="GREATER_THAN",
            )
    new = _take_off(world, order, work, portions)
    touch(world, order, work)
    body = {
        "fulfillment_order": bodies.work_body(work),
        "remaining_fulfillment_order": bodies.work_body(new),
        "replacement_fulfillment_order": None,
    }
    world.tell(store, "fulfillment_orders/split", body, event=world.event())
    return work, new


def _take_off(
    world: World,
    order: StoredOrder,
    work: FulfillmentOrder,
    portions: Sequence[Portion],
    *,
    to: int | None = None,
) -> FulfillmentOrder:
    taken: list[tuple[WorkLine, int]] = []
    claimed: dict[int, int] = {}
    for portion in portions:
        line = _work_line(work, portion.line_id, field=None)
        claimed[line.id] = claimed.get(line.id, 0) + portion.quantity
        if claimed[line.id] > line.remaining:
            raise Refused(message="Invalid fulfillment order line item quantity requested.")
        taken.append((line, portion.quantity))
    if work.status not in _SPLITTABLE:
        raise Refused(
            message="Cannot change location." if to else "The fulfillment order is not in a splittable state."
        )
    for line, quantity in taken:
        line.remaining -= quantity
        line.total -= quantity
    work.lines = [line for line in work.lines if line.total]
    place = work.location_id if to is None else to
    return open_work(world, order, place, [(line.line_id, quantity) for line, quantity in taken])


@frozen(kw_only=True)
class Moved:
    """What became of a move."""

    original: FulfillmentOrder
    moved: FulfillmentOrder
    remaining: FulfillmentOrder | None


def move(
    world: World, store: Store, work_id: str, location_id: str, portions: Sequence[Portion] | None
) -> Moved:
    """Give a fulfillment order, or some of its lines, to another location."""
    order, work = find_work(store, work_id, code=None)
    place = store.location(number_of("Location", location_id))
    if place is None:
        raise Refused(message="Location not found.", field=("id",))
    if work.request_status in _SERVICE_BUSY:
        raise Refused(message="Cannot move submitted fulfillment order that is at a 3PL fulfillment service.")
    if work.status == "IN_PROGRESS":
        raise Refused(
            message="Cannot move a fulfillment order that has had progress reported. To move a fulfillment order that "
            "has had progress reported, the fulfillment order must first be marked as open resolving the ongoing "
            "progress state.",
            field=("id",),
            code="CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS",
        )
    if not work.open:
        raise Refused(message="Cannot change location.")
    whole = not portions or sum(p.quantity for p in portions) == work.remaining
    if whole:
        work.location_id = place.id
        moved = work
    else:
        moved = _take_off(world, order, work, portions or (), to=place.id)
    touch(world, order, work, moved)
    body = {
        "original_fulfillment_order": bodies.work_body(work),
        "moved_fulfillment_order": bodies.work_body(moved),
        "destination_location_id": gid("Location", place.id),
        "source_location": {"id": gid("Location", work.location_id)},
    }
    world.tell(store, "fulfillment_orders/moved", body, event=world.event())
    return Moved(original=work, moved=moved, remaining=None if whole else work)


def report_progress(world: World, store: Store, work_id: str) -> FulfillmentOrder:
    """Say that work has begun: it turns to in progress."""
    order, work = find_work(store, work_id)
    if work.status not in {"OPEN", "IN_PROGRESS"}:
        raise Refused(
            message="Cannot report progress on a fulfillment order in this state.",
            code="FULFILLMENT_ORDER_STATUS_INVALID",
        )
    work.status = "IN_PROGRESS"
    touch(world, order, work)
    body = {"fulfillment_order": bodies.work_body(work)}
    world.tell(store, "fulfillment_orders/progress_reported", body, event=world.event())
    return work


def mark_open(world: World, store: Store, work_id: str) -> FulfillmentOrder:
    """Open a scheduled or begun fulfillment order again."""
    order, work = find_work(store, work_id, code=None)
    if work.status not in {"IN_PROGRESS", "SCHEDULED"}:
        raise Refused(
            message=f"Expected fulfillment order status to be valid but it was {work.status.lower()}."
        )
    work.status = "OPEN"
    touch(world, order, work)
    return work


# -- fulfillment services ----------------------------------------------------------------------------------


def submit_request(world: World, store: Store, work_id: str, message: str | None) -> FulfillmentOrder:
    """Ask the service that owns the location to fulfill."""
    order, work = find_work(store, work_id, code=None)
    place = store.location(work.location_id)
    if place is None or place.service is None:
        raise Refused(message="The fulfillment order's assigned fulfillment service must be of api type")
    if work.request_status not in {"UNSUBMITTED", "REJECTED"} or not work.open:
        raise Refused(message="Fulfillment order cannot be submitted in this state.")
    return _requested(
        world, store, (order, work), kind="FULFILLMENT_REQUEST", message=message, status="SUBMITTED"
    )


def submit_cancellation(world: World, store: Store, work_id: str, message: str | None) -> FulfillmentOrder:
    """Ask the service to give an accepted fulfillment order back."""
    order, work = find_work(store, work_id, code=None)
    if work.request_status not in {"ACCEPTED", "CANCELLATION_REJECTED"}:
        raise Refused(message="Fulfillment order is not in cancelable request state and can't be canceled.")
    return _requested(
        world,
        store,
        (order, work),
        kind="CANCELLATION_REQUEST",
        message=message,
        status="CANCELLATION_REQUESTED",
    )


_REQUEST_TOPICS: Final[Mapping[str, str]] = {
    "SUBMITTED": "fulfillment_orders/fulfillment_request_submitted",
    "CANCELLATION_REQUESTED": "fulfillment_orders/cancellation_request_submitted",
    "ACCEPTED": "fulfillment_orders/fulfillment_request_accepted",
    "REJECTED": "fulfillment_orders/fulfillment_request_rejected",
    "CANCELLATION_ACCEPTED": "fulfillment_orders/cancellation_request_accepted",
    "CANCELLATION_REJECTED": "fulfillment_orders/cancellation_request_rejected",
}


def _requested(
    world: World,
    store: Store,
    pair: tuple[StoredOrder, FulfillmentOrder],
    *,
    kind: str,
    message: str | None,
    status: str,
) -> FulfillmentOrder:
    order, work = pair
    work.requests.append(
        MerchantRequest(id=world.numbers(), kind=kind, message=message or "", sent_at=world.now())
    )
    place = store.location(work.location_id)
    if place is not None and place.service is not None:
        world.notify(store, place.service, kind)
    return _answered(world, store, order, work, request=status, status=work.status)


def _answered(
    world: World, store: Store, order: StoredOrder, work: FulfillmentOrder, *, request: str, status: str
) -> FulfillmentOrder:
    work.request_status, work.status = request, status
    touch(world, order, work)
    body = {"fulfillment_order": bodies.work_body(work) | {"request_status": request.lower()}}
    world.tell(store, _REQUEST_TOPICS[request], body, event=world.event())
    return work


@frozen(kw_only=True)
class Answer:
    """How a service answers a request: from which request status, to which pair of statuses."""

    needs: str
    request: str
    status: str


ANSWERS: Final[Mapping[str, Answer]] = {
    "accept": Answer(needs="SUBMITTED", request="ACCEPTED", status="IN_PROGRESS"),
    "reject": Answer(needs="SUBMITTED", request="REJECTED", status="OPEN"),
    "accept_cancellation": Answer(
        needs="CANCELLATION_REQUESTED", request="CANCELLATION_ACCEPTED", status="CLOSED"
    ),
    "reject_cancellation": Answer(
        needs="CANCELLATION_REQUESTED", request="CANCELLATION_REJECTED", status="IN_PROGRESS"
    ),
}


def answer_request(world: World, store: Store, work_id: str, answer: Answer) -> FulfillmentOrder:
    """Answer as the fulfillment service; an accepted cancellation closes the work and opens it anew."""
    order, work = find_work(store, work_id, code=None)
    if work.request_status != answer.needs:
        raise Refused(message="Cannot answer a request that is not pending on this fulfillment order.")
    if answer.status == "CLOSED":
        left = [(line.line_id, line.remaining) for line in work.lines if line.remaining]
        for line in work.lines:
            line.total = line.remaining = 0
        open_work(world, order, store.locations[0].id, left)
    return _answered(world, store, order, work, request=answer.request, status=answer.status)


def close_work(world: World, store: Store, work_id: str) -> FulfillmentOrder:
    """Give up accepted work that cannot be done: it ends incomplete."""
    order, work = find_work(store, work_id, code=None)
    place = store.location(work.location_id)
    if place is None or place.service is None:
        raise Refused(message="The fulfillment order's assigned fulfillment service must be of api type")
    if work.request_status != "ACCEPTED" or work.status != "IN_PROGRESS":
        raise Refused(message="Fulfillment order cannot be closed in this state.")
    work.status, work.request_status = "INCOMPLETE", "CLOSED"
    touch(world, order, work)
    return work


# -- what edits, refunds and cancellations do to the work ----------------------------------------------------


def take_units(world: World, order: StoredOrder, line_id: int, units: int) -> None:
    """Take *units* of a line off the open work; what was shipped stays shipped."""
    for work in order.work:
        for line in work.lines:
            if line.line_id != line_id or not work.open or not units:
                continue
            gone = min(line.remaining, units)
            line.remaining -= gone
            line.total -= gone
            units -= gone
            touch(world, order, work)
        work.lines = [line for line in work.lines if line.total]
        if work.open and not work.remaining:
            work.status = "CLOSED"


def close_all(world: World, store: Store, order: StoredOrder) -> None:
    """Close every open fulfillment order of a canceled order."""
    for work in order.work:
        if not work.open:
            continue
        work.status, work.holds = "CLOSED", []
        for line in work.lines:
            line.remaining = 0
        touch(world, order, work)
        body = {"fulfillment_order": bodies.work_body(work), "replacement_fulfillment_order": None}
        world.tell(store, "fulfillment_orders/cancelled", body, event=world.event())
