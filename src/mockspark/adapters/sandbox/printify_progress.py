"""How an order moves: by itself as time passes, by its shop's approval, or because a test wants it to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from mockspark.adapters.sandbox.printify_catalogue import Json
from mockspark.adapters.sandbox.printify_state import Order, OrderLine, Shipment, Shop, World, stamp
from mockspark.adapters.sandbox.printify_webhooks import tell
from mockspark.domain.errors import InvalidValue

CANCELLABLE: Final = frozenset({"on-hold", "payment-not-received"})
SENDABLE: Final = frozenset({"pending", "cost-calculation", "on-hold", "payment-not-received"})
ENDED: Final = frozenset({"fulfilled", "canceled"})
PATH: Final = (
    "pending",
    "on-hold",
    "sending-to-production",
    "in-production",
    "partially-fulfilled",
    "fulfilled",
)

# Lines know fewer words than orders; a word that is not here leaves them as they are.
_LINE_STATUS: Final[Mapping[str, str]] = {
    "pending": "pending",
    "on-hold": "on-hold",
    "cost-calculation": "cost-calculation",
    "payment-not-received": "payment-not-received",
    "sending-to-production": "sending-to-production",
    "in-production": "in-production",
    "fulfilled": "fulfilled",
    "canceled": "canceled",
    "has-issues": "has-issues",
    "unfulfillable": "has-issues",
    "source-check-failed": "has-issues",
}
_CARRIERS: Final[Mapping[str, str]] = {"United States": "usps", "Germany": "dhl"}
_PAYMENT: Final = "payment-not-received"
_SENT: Final = frozenset({"sending-to-production", "in-production", "partially-fulfilled", "fulfilled"})


def begin(world: World, shop: Shop, order: Order) -> None:
    """Announce a new order and plan its first move."""
    data = {"shop_id": shop.id} if world.settings.shop_in_created else None
    tell(world, shop, "order:created", {"id": order.id, "type": "order", "data": data})
    world.plan(order, world.settings.pace.pending_s, partial(step, world, shop, order))


def send(world: World, shop: Shop, order: Order) -> None:
    """Send an order to production, or fail to be paid for it."""
    if order.status != _PAYMENT and _PAYMENT in _troubles(world, order.lines):
        move(world, shop, order, _PAYMENT)
        return
    tell(world, shop, "order:sent-to-production", {"id": order.id, "type": "order", "data": None})
    move(world, shop, order, "sending-to-production")


def step(world: World, shop: Shop, order: Order) -> bool:
    """Make the order's next natural move; False where it has none."""
    act = _STEPS.get(order.status)
    if act is None:
        return False
    act(world, shop, order)
    return True


def move(
    world: World, shop: Shop, order: Order, status: str, *, lines: Sequence[OrderLine] | None = None
) -> None:
    """Put the order into *status*, its lines with it, tell the shop and plan what comes next."""
    order.status = status
    if status in _SENT:
        _note_sending(world, order)
    word = _LINE_STATUS.get(status)
    for line in order.lines if lines is None else lines:
        line.status = word if word and line.status != "fulfilled" else line.status
    _updated(world, shop, order)
    _plan(world, shop, order)


def _note_sending(world: World, order: Order) -> None:
    order.sent_at = order.sent_at or world.now()
    for line in order.lines:
        line.sent_at = line.sent_at or world.now()


def _updated(world: World, shop: Shop, order: Order) -> None:
    data = {"shop_id": shop.id, "status": order.status}
    tell(world, shop, "order:updated", {"id": order.id, "type": "order", "data": data})


def _plan(world: World, shop: Shop, order: Order) -> None:
    pace, order.turn = world.settings.pace, order.turn + 1
    waits: dict[str, float | None] = {
        "pending": pace.pending_s,
        "cost-calculation": pace.pending_s,
        "on-hold": _approval_s(shop, order),
        "sending-to-production": pace.sending_s,
        "in-production": pace.production_s,
        "partially-fulfilled": pace.parcel_gap_s,
    }
    wait = waits.get(order.status)
    if wait is not None:
        world.plan(order, wait, partial(step, world, shop, order))


def _approval_s(shop: Shop, order: Order) -> float | None:
    """Return after how long a shop sends by itself: never for one that approves by hand, or a line that must be."""
    if shop.approval is None or any(line.manual for line in order.lines):
        return None
    return shop.approval.total_seconds()


# -- the natural moves -------------------------------------------------------------------------------------


def _accept(world: World, shop: Shop, order: Order) -> None:
    """Check a new order: all lines of no use, some of them, or none."""
    stuck = [line for line in order.lines if _trouble(world, line)]
    if not stuck:
        move(world, shop, order, "on-hold")
        return
    words = [_trouble(world, line) for line in stuck]
    whole = words[0] if len(stuck) == len(order.lines) else "has-issues"
    for line in order.lines:
        line.status = "on-hold"
    move(world, shop, order, whole, lines=stuck)


def _trouble(world: World, line: OrderLine) -> str:
    """Return what is wrong with a line before it is paid; empty if nothing is."""
    if line.broken_file:
        return "source-check-failed"
    if not world.available(line.blank):
        return "unfulfillable"
    return next((word for word in _troubles(world, [line]) if word != _PAYMENT), "")


def _troubles(world: World, lines: Sequence[OrderLine]) -> list[str]:
    keys = [key for line in lines for key in (line.sku, str(line.variant_id))]
    return [world.troubles[key] for key in keys if key in world.troubles]


def _produce(world: World, shop: Shop, order: Order) -> None:
    move(world, shop, order, "in-production")


def _ship(world: World, shop: Shop, order: Order) -> None:
    """Ship what the next print provider has made: each sends one parcel of its own."""
    open_lines = [line for line in order.lines if line.status not in ENDED]
    if not open_lines:
        move(world, shop, order, "fulfilled")
        return
    provider = open_lines[0].offer.provider.id
    _pack(world, shop, order, [line for line in open_lines if line.offer.provider.id == provider])


def _pack(world: World, shop: Shop, order: Order, packed: Sequence[OrderLine]) -> None:
    """Send these lines off as one parcel; without any there is none."""
    if not packed:
        return
    for line in packed:
        line.status, line.fulfilled_at = "fulfilled", world.now()
    parcel = _parcel(world, packed)
    order.shipments.append(parcel)
    tell(world, shop, "order:shipment:created", _shipped(shop, order, parcel, "shipped_at"))
    complete = all(line.status in ENDED for line in order.lines)
    order.fulfilled_at = world.now() if complete else None
    move(world, shop, order, "fulfilled" if complete else "partially-fulfilled", lines=())
    on_the_road = timedelta(seconds=world.settings.pace.delivery_s)
    world.agenda.later(on_the_road, partial(_deliver, world, shop, order, parcel))


def _parcel(world: World, packed: Sequence[OrderLine]) -> Shipment:
    return Shipment(
        carrier=_CARRIERS.get(packed[0].offer.provider.country, "usps"),
        number=f"9400111699{world.number('parcel', 1):012d}",
        provider_id=packed[0].offer.provider.id,
        skus=tuple(line.sku for line in packed),
        shipped_at=world.now(),
    )


def _deliver(world: World, shop: Shop, order: Order, parcel: Shipment) -> None:
    parcel.delivered_at = world.now()
    tell(world, shop, "order:shipment:delivered", _shipped(shop, order, parcel, "delivered_at"))


def _shipped(shop: Shop, order: Order, parcel: Shipment, when: str) -> Json:
    """Return what a webhook tells of a parcel; carriers are in capitals here and nowhere else."""
    at = {"shipped_at": parcel.shipped_at, "delivered_at": parcel.delivered_at}[when]
    data = {
        "shop_id": shop.id,
        when: stamp(at) if at else None,
        "carrier": {"code": parcel.carrier.upper(), "tracking_number": parcel.number},
        "skus": list(parcel.skus),
    }
    return {"id": order.id, "type": "order", "data": data}


_STEPS: Final[Mapping[str, Callable[[World, Shop, Order], None]]] = {
    "pending": _accept,
    "cost-calculation": _accept,
    "on-hold": send,
    _PAYMENT: send,
    "sending-to-production": _produce,
    "in-production": _ship,
    "partially-fulfilled": _ship,
}


# -- on request --------------------------------------------------------------------------------------------


def advance(world: World, shop: Shop, order: Order, to: str, *, lines: Sequence[int] | None = None) -> None:
    """Bring an order to *to* now: step by step where that lies ahead, else at once; *lines* are the ones concerned.

    Any word is taken, also one that nobody knows yet.
    """
    if not to:
        raise InvalidValue("an order is advanced to a status")
    if lines is None and _lies_ahead(order.status, to):
        _walk(world, shop, order, to)
        return
    chosen = list(order.lines) if lines is None else [order.lines[n] for n in lines]
    if to == "fulfilled":
        _pack(world, shop, order, [line for line in chosen if line.status not in ENDED])
        return
    move(world, shop, order, to, lines=chosen)


def _lies_ahead(now: str, to: str) -> bool:
    here = "on-hold" if now in {_PAYMENT, "cost-calculation"} else now
    return here in PATH and to in PATH and PATH.index(here) < PATH.index(to)


def _walk(world: World, shop: Shop, order: Order, to: str) -> None:
    while order.status != to and _lies_ahead(order.status, to):
        step(world, shop, order)
