"""The people of a simulated shop: shoppers who order, a merchant who pays out, edits, holds and cancels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs
from attrs import evolve, frozen

from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox import shopify_orders as desk
from mockspark.adapters.sandbox import shopify_shipping as shipping
from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft, RefundPart
from mockspark.adapters.sandbox.shopify_samples import Sample
from mockspark.adapters.sandbox.shopify_shipping import World
from mockspark.adapters.sandbox.shopify_store import (
    Buyer,
    Fulfillment,
    FulfillmentOrder,
    PostalAddress,
    Refund,
    Store,
    StoredOrder,
    gid,
)
from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue

_MERCHANT: None = None  # a hold without an app is the merchant's own


@frozen(kw_only=True)
class Merchant:
    """Acts in one shop as people do, past the API; every act tells its webhooks."""

    world: World
    store: Store
    word: Callable[[str], str]

    def order(self, order_id: int) -> StoredOrder:
        """Return an order; raises NotFound."""
        found = self.store.order(order_id)
        if found is None:
            raise NotFound("Shopify order", order_id)
        return found

    def place(self, draft: OrderDraft) -> StoredOrder:
        """Order something."""
        return desk.place(self.world, self.store, draft, token=self.word(""))

    def place_samples(self, chosen: Iterable[Sample]) -> tuple["PlacedSample", ...]:
        """Order *chosen*; `follow_up` does what comes after a while."""
        return tuple(PlacedSample(sample=sample, order=self.place(sample.draft)) for sample in chosen)

    def follow_up(self, placed: Iterable["PlacedSample"]) -> None:
        """Pay, cancel and refund what the samples say."""
        for each in placed:
            if each.sample.then:
                _FOLLOW_UPS[each.sample.then](self, each.order)

    def pay(self, order_id: int) -> StoredOrder:
        """Pay what is outstanding, or capture what was only authorized."""
        return desk.pay(self.world, self.store, self.order(order_id))

    def edit(
        self, order_id: int, *, add: Sequence[LineDraft] = (), reduce: Mapping[int, int] | None = None
    ) -> StoredOrder:
        """Add lines, and take units off lines by their id."""
        return desk.edit_lines(self.world, self.store, self.order(order_id), add=add, reduce=reduce)

    def refund(
        self, order_id: int, *, parts: Sequence[RefundPart] = (), amount: Decimal | None = None
    ) -> Refund:
        """Give units or money back."""
        return desk.refund(self.world, self.store, self.order(order_id), parts=parts, amount=amount)

    def cancel(self, order_id: int, *, reason: str = "CUSTOMER", refund_money: bool = True) -> StoredOrder:
        """Cancel an order for good."""
        order = self.order(order_id)
        return desk.cancel(self.world, self.store, order, reason=reason, refund_money=refund_money)

    def delete(self, order_id: int) -> None:
        """Delete an order: the shop does not know it any more."""
        order = self.order(order_id)
        del self.store.orders[order.id]
        self.world.tell(self.store, "orders/delete", {"id": order.id}, event=self.world.event())

    def move_to(self, order_id: int, **changes: Any) -> StoredOrder:
        """Change the named fields of the shipping address."""
        order = self.order(order_id)
        unknown = set(changes) - {each.name for each in attrs.fields(PostalAddress)}
        if unknown:
            raise InvalidValue(f"an address has no {', '.join(sorted(unknown))}")
        address = evolve(order.shipping_address or PostalAddress(), **changes)
        return desk.edit_address(self.world, self.store, order, address)

    def annotate(
        self, order_id: int, *, note: str | None = None, tags: Sequence[str] | None = None
    ) -> StoredOrder:
        """Write the order's note or replace its tags."""
        values: dict[str, Any] = {} if note is None else {"note": note}
        if tags is not None:
            values["tags"] = sorted(set(tags))
        return desk.change(self.world, self.store, self.order(order_id), **values)

    def route(self, order_id: int) -> StoredOrder:
        """Make the order's fulfillment orders now, without waiting for the clock."""
        order = self.order(order_id)
        shipping.route(self.world, self.store, order)
        return order

    def hold(self, order_id: int, *, reason: str = "OTHER", notes: str = "") -> list[FulfillmentOrder]:
        """Hold all open work on an order in the merchant's own name."""
        raw = {"reason": reason, "reasonNotes": notes, "handle": "merchant"}
        for work in self._open_work(order_id):
            shipping.hold(self.world, self.store, gid("FulfillmentOrder", work.id), raw, app_id=_MERCHANT)
        return self.order(order_id).work

    def release(self, order_id: int) -> list[FulfillmentOrder]:
        """Lift every hold on an order, the apps' ones, too, as the button of the admin does."""
        for work in self._open_work(order_id):
            shipping.release(self.world, self.store, gid("FulfillmentOrder", work.id), None, app_id=_MERCHANT)
        return self.order(order_id).work

    def ship(
        self, order_id: int, *, company: str = "USPS", number: str = "", line_ids: Sequence[int] = ()
    ) -> list[Fulfillment]:
        """Fulfill open work by hand: all that is left, or only *line_ids*."""
        tracking = {"company": company, "number": number} if number else None
        return [
            shipping.create_fulfillment(
                self.world, self.store, [(gid("FulfillmentOrder", work.id), parts)], tracking
            )
            for work in self._open_work(order_id)
            if (parts := _portions(work, line_ids)) or not line_ids
        ]

    def _open_work(self, order_id: int) -> list[FulfillmentOrder]:
        return [work for work in self.route(order_id).work if work.open]

    def request_data(self, order_id: int) -> None:
        """Ask, in the buyer's name, what the app knows."""
        order = self.order(order_id)
        body = bodies.data_request_body(self.store, [order.id], _buyer(order), self.world.numbers())
        self.world.tell(self.store, "customers/data_request", body, event=self.world.event())

    def redact_buyer(self, order_id: int) -> None:
        """Have the buyer forgotten."""
        order = self.order(order_id)
        body = bodies.redact_body(self.store, [order.id], _buyer(order))
        self.world.tell(self.store, "customers/redact", body, event=self.world.event())

    def redact_shop(self) -> None:
        """Have the shop forgotten, as happens two days after an uninstall."""
        body = bodies.shop_redact_body(self.store)
        self.world.tell(self.store, "shop/redact", body, event=self.world.event())


@frozen(kw_only=True)
class PlacedSample:
    """A sample as a shop has it."""

    sample: Sample
    order: StoredOrder

    @property
    def expected(self) -> Mapping[int, str]:
        """Return, by line id, how each line should end."""
        return dict(zip((line.id for line in self.order.lines), self.sample.expected, strict=False))


def _refund_one(merchant: Merchant, order: StoredOrder) -> None:
    line = order.lines[-1]
    merchant.refund(order.id, parts=[RefundPart(line_id=line.id, quantity=1)])


_FOLLOW_UPS: Final[Mapping[str, Callable[[Merchant, StoredOrder], object]]] = {
    "pay": lambda merchant, order: merchant.pay(order.id),
    "cancel": lambda merchant, order: merchant.cancel(order.id),
    "refund": _refund_one,
}


def _portions(work: FulfillmentOrder, line_ids: Sequence[int]) -> list[shipping.Portion]:
    return [
        shipping.Portion(line_id=gid("FulfillmentOrderLineItem", line.id), quantity=line.remaining)
        for line in work.lines
        if line.line_id in line_ids and line.remaining
    ]


def _buyer(order: StoredOrder) -> Buyer:
    if order.buyer is None:
        raise NotFound("buyer of order", order.id)
    return order.buyer
