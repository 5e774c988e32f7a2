"""Real payloads through the real reading of Shopify's messages, down to items and reasons."""

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from attrs import evolve

from mockspark.adapters.channels.shopify_webhooks import ShopifyIntake
from mockspark.adapters.memory.channel import MemoryChannels
from mockspark.application.errors import Rejected
from mockspark.application.ports.channels import ChannelEvent, OrderTold, SignedDelivery
from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.application.use_cases.deliveries import AcceptWebhook, WorkInbox
from mockspark.domain.catalog import Match
from mockspark.domain.identity import ExternalRef, ListingId, ShopId
from mockspark.domain.intake import is_customised
from mockspark.domain.order import ChannelLine, ChannelOrder, Payment, Skip
from mockspark.domain.status import Status
from tests.application.intake import SHOP, STORE, Workshop, a_listing
from tests.application.test_deliveries import HeardReports, outcomes
from tests.samples import SAMPLES, needs_samples

FOLDER: Final = SAMPLES / "shopify"
TOPICS: Final[Mapping[str, str]] = {
    "order_partial": "orders/updated",
    "refund": "refunds/create",
    "fulfillment": "fulfillments/create",
    "order_edit": "orders/edited",
    "fulfillment_order_webhook": "fulfillment_orders/placed_on_hold",
    "cart": "carts/update",
    "checkout": "checkouts/update",
    "draft_order": "draft_orders/update",
}
NAMED: Final[Mapping[str, str]] = {
    "customers-data-request": "customers/data_request",
    "customers-redact": "customers/redact",
    "shop-redact": "shop/redact",
    "Fulfillment": "fulfillments/create",
    "FulfillmentEventsCreate": "fulfillment_events/create",
    "AppUninstalled": "app/uninstalled",
    "Refund": "refunds/create",
    "OrderEdited": "orders/edited",
    "FulfillmentOrdersCancellationRequestReje": "fulfillment_orders/cancellation_request_rejected",
    "FulfillmentOrdersCancellationRequestSubm": "fulfillment_orders/cancellation_request_submitted",
    "FulfillmentOrdersCancelled": "fulfillment_orders/cancelled",
    "FulfillmentOrdersFulfillmentRequestAccep": "fulfillment_orders/fulfillment_request_accepted",
    "FulfillmentOrdersFulfillmentRequestRejec": "fulfillment_orders/fulfillment_request_rejected",
    "FulfillmentOrdersFulfillmentRequestSubmi": "fulfillment_orders/fulfillment_request_submitted",
    "FulfillmentOrdersLineItemsPreparedForLoc": "fulfillment_orders/line_items_prepared_for_local_delivery",
    "FulfillmentOrdersPlacedOnHold": "fulfillment_orders/placed_on_hold",
}

pytestmark = needs_samples


def index() -> Sequence[Mapping[str, str]]:
    """Return what the samples are."""
    path = FOLDER / "index.csv"
    if not path.exists():
        return ()
    with path.open(newline="") as file:
        return tuple(csv.DictReader(file))


def files(*kinds: str) -> Sequence[str]:
    return [row["file"] for row in index() if row["kind"] in kinds]


def messages() -> Sequence[tuple[str, str]]:
    """Return every message that is no order, with its topic."""
    told = [(row["file"], TOPICS[row["kind"]]) for row in index() if row["kind"] in TOPICS]
    samples = [Path(file) for file in files("topic_sample")]
    return [*told, *((str(file), NAMED.get(file.stem.rpartition("_")[0], "other/topic")) for file in samples)]


def body_of(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


def orders() -> Mapping[str, ChannelOrder]:
    """Read every order document as its webhook carries it, each as an order of its own."""
    return {file: _own(number, file) for number, file in enumerate(files("order"), start=1)}


def _own(number: int, file: str) -> ChannelOrder:
    """Many documents tell of the same order at other times: let each be another order."""
    raw = json.loads(body_of(file))
    # Two documents are orders to be made, before a store gave them an id and a time.
    made = {
        "id": number,
        "name": "#1",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    lines = [{"id": place, **line} for place, line in enumerate(raw["line_items"], start=1)]
    (event,) = ShopifyIntake().read("orders/paid", json.dumps({**made, **raw, "line_items": lines}).encode())
    assert isinstance(event, OrderTold)
    assert event.order is not None
    own = {line.ref: ExternalRef("shopify", f"{number}-{line.ref.id}") for line in event.order.lines}
    return evolve(
        event.order,
        ref=ExternalRef("shopify", f"{number}-{event.order.ref.id}"),
        lines=tuple(evolve(line, ref=own[line.ref]) for line in event.order.lines),
    )


def reason(line: ChannelLine) -> Skip | None:
    """Say why *line* is left out although its product is mapped."""
    if line.addon:
        return Skip.PRICE_ADDON
    if line.quantity == 0:
        return Skip.REMOVED
    if line.gift_card:
        return Skip.GIFT_CARD
    if not line.requires_shipping:
        return Skip.NOT_SHIPPED
    return Skip.FULFILLED if line.fulfilled >= line.quantity else None


def keys(line: ChannelLine) -> Mapping[Match, str]:
    """Return what *line* can be recognised by."""
    named = {
        Match.VARIANT: line.variant.id if line.variant else "",
        Match.PRODUCT: line.product.id if line.product else "",
        Match.SKU: line.sku,
    }
    return {match: key for match, key in named.items() if key}


async def test_every_order_document_is_taken_in_or_refused_with_a_reason(workshop: Workshop) -> None:
    """R1, R2: of 62 documents only what is paid and not called off comes in; every other answer says why."""
    told = orders()

    received = {file: await workshop.receive_order(SHOP, order, by=STORE) for file, order in told.items()}

    assert 62 == len(told)
    assert {file: order.producible for file, order in told.items()} == {
        file: one.fresh for file, one in received.items()
    }
    assert {one.ignored.partition(" is ")[0] for one in received.values() if not one.fresh} == {"the order"}


async def test_every_unknown_product_is_left_out_with_its_reason(workshop: Workshop) -> None:
    """R5, R55: nothing is mapped, so every line is in the import log or waits for its mapping."""
    for order in paid_orders():
        received = await workshop.receive_order(SHOP, order, by=STORE)

        kept, items = await workshop.order(received.order_id), await workshop.items(received)
        expected = {line.ref: unmapped(line) for line in order.lines}
        left_out = {line.line: line.why for line in kept.filtered}
        waiting: dict[ExternalRef, Skip | None] = {item.line: None for item in items}
        assert expected == {**left_out, **waiting}
        assert {Status.ON_HOLD} >= {item.status for item in items}


async def test_every_mapped_product_becomes_an_item_once(workshop: Workshop) -> None:
    """R3, I2, I3: each wanted line is one item with its current quantity, however often the order is told."""
    for number, order in enumerate(paid_orders()):
        await map_lines(workshop, order, number)
        received = await workshop.receive_order(SHOP, order, by=STORE)
        again = await workshop.receive_order(SHOP, order, by=STORE)

        items = await workshop.items(received)
        wanted = {line.ref: line.quantity for line in order.lines if keys(line) and not reason(line)}
        assert wanted.items() <= {item.line: item.quantity for item in items}.items()
        assert len(order.lines) == len(items) + received.filtered
        assert (False, (), received.items) == (again.fresh, again.changes, again.items)


def paid_orders() -> Sequence[ChannelOrder]:
    """Return every document as if its money had come in."""
    return [evolve(order, payment=Payment.PAID, cancelled_at=None) for order in orders().values()]


def unmapped(line: ChannelLine) -> Skip | None:
    """Say why *line* is left out while nothing is mapped; None for one that a customiser marked."""
    if line.addon:
        return Skip.PRICE_ADDON
    return reason(line) if is_customised(line.personalization) else Skip.NOT_OURS


async def map_lines(workshop: Workshop, order: ChannelOrder, number: int) -> None:
    """Map every line by the best name that it has."""
    named = dict.fromkeys(next(iter(keys(line).items())) for line in order.lines if keys(line))
    async with workshop.store.begin(SHOP) as work:
        for place, (match, key) in enumerate(named):
            if await work.listings.by_key(match.value, key) is None:
                id_ = ListingId(UUID(int=1_000_000 + 1000 * number + place))
                await work.listings.save(a_listing(id=id_, match=match, key=key))


@pytest.mark.parametrize(("file", "topic"), messages())
def test_every_message_is_read_or_refused(file: str, topic: str) -> None:
    """R54: no message breaks the reading; what cannot be read is refused by name."""
    intake = ShopifyIntake()

    with suppress(Rejected):
        assert 1 == len(intake.read(topic, body_of(file)))


async def test_every_message_is_worked_off(workshop: Workshop) -> None:
    """I5: whatever a store sends, signed, is kept and settled, and the queue never stands still."""
    door = _Signed()
    channels = MemoryChannels(stores={SHOP: workshop.channel}, intakes={"memory": door})
    accept = AcceptWebhook(directory=workshop.directory, channels=channels, inbox=workshop.inbox)
    everything = [*messages(), *((file, "orders/updated") for file in files("order"))]
    for file, topic in everything:
        await accept("memory", door.delivery(topic, body_of(file), workshop))
    work = WorkInbox(
        store=workshop.store,
        directory=workshop.directory,
        inbox=workshop.inbox,
        channels=channels,
        clock=workshop.clock,
        refresh_order=evolve(workshop.refresh_order, channels=channels),
        redact_customer=workshop.redact_customer,
        apply_report=HeardReports(),
    )

    assert len(everything) == await work()

    assert [] == [outcome for outcome in await outcomes(workshop) if not _on_purpose(outcome)]


def _on_purpose(outcome: str) -> bool:
    """Tell whether an outcome is one that we give on purpose."""
    begins = ("ignored: ", "failed: Rejected: ", "asked for the data of")
    return outcome.startswith(begins) or outcome.endswith(("orders forgotten", "lines left out"))


class _Signed:
    """Shopify's reading behind a door whose signature is taken for right."""

    def __init__(self) -> None:
        self._intake = ShopifyIntake()
        self._sent = 0

    def delivery(self, topic: str, body: bytes, workshop: Workshop) -> WebhookDelivery:
        self._sent += 1
        headers = {"topic": topic, "id": str(self._sent)}
        return WebhookDelivery(headers=headers, body=body, received_at=workshop.clock())

    def shop(self, delivery: WebhookDelivery) -> ShopId:
        return SHOP

    def verify(self, delivery: WebhookDelivery, secrets: Sequence[str]) -> SignedDelivery:
        headers = delivery.headers
        return SignedDelivery(shop_id=SHOP, topic=headers["topic"], delivery_id=headers["id"])

    def read(self, topic: str, body: bytes) -> Sequence[ChannelEvent]:
        return self._intake.read(topic, body)


async def test_a_price_addon_is_tied_to_its_product_and_left_out(workshop: Workshop) -> None:
    """A charge that is a line of its own is not printed."""
    file = next(file for file in files("order_partial") if "zepto" in file)
    lines = json.loads(body_of(file))
    raw = lines if isinstance(lines, list) else lines.get("line_items", [])
    body = json.dumps(
        {
            "id": 1,
            "name": "#1",
            "created_at": "2021-01-01T00:00:00Z",
            "updated_at": "2021-01-01T00:00:00Z",
            "financial_status": "paid",
            "line_items": raw,
        }
    ).encode()
    (event,) = ShopifyIntake().read("orders/paid", body)
    assert isinstance(event, OrderTold)
    assert event.order is not None

    received = await workshop.receive_order(SHOP, event.order, by=STORE)

    kept = await workshop.order(received.order_id)
    items = await workshop.items(received)
    assert Skip.PRICE_ADDON in {line.why for line in kept.filtered}
    assert {Status.ON_HOLD} == {item.status for item in items}
