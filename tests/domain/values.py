"""Small values that the domain's tests share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from attrs import evolve

from mockspark.domain.catalog import Listing, Match, PrintArea, ProviderVariant
from mockspark.domain.contact import Address
from mockspark.domain.design import Design
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.files import Check, Finding, Level, ProductionFile
from mockspark.domain.holds import HoldOrigin, HoldReason
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
from mockspark.domain.order import ChannelLine
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import (
    FileLink,
    LineReport,
    Stage,
    SubmissionLine,
    SubmissionRequest,
)

SHOP: Final = ShopId("acme.myshopify.com")
START: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
ANA: Final = Actor.person("ana")
AT: Final = Stamp(at=START, by=ANA)
SENT: Final = SubmissionId(UUID(int=900))
AUSTIN: Final = Address(
    name="Zoë Roe", line1="1 Main St", city="Austin", region="TX", postal_code="78701", country="US"
)
DESIGN: Final = Design.blank({"front": (10_000, 5_000)})
BLURRED: Final = Finding(check=Check.LOW_DPI, level=Level.ERROR, area="front", words="It prints at 40 DPI.")


def at(minutes: int, by: Actor = ANA) -> Stamp:
    """Return a stamp some minutes later."""
    return Stamp(at=START + timedelta(minutes=minutes), by=by)


def a_listing(**changes: Any) -> Listing:
    """Return the listing of a mug."""
    usual: dict[str, Any] = {
        "id": ListingId(UUID(int=71)),
        "shop_id": SHOP,
        "match": Match.SKU,
        "key": "MUG-11",
        "title": "Mug",
        "connection_id": ConnectionId(UUID(int=81)),
        "provider_variant": ProviderVariant(keys={"variant_id": "mug-11"}, title="11 oz"),
        "print_areas": (PrintArea(key="front", width_px=120, height_px=60),),
    }
    return Listing(**{**usual, **changes})


def a_line(**changes: Any) -> ChannelLine:
    """Return a store line of two mugs."""
    usual: dict[str, Any] = {
        "ref": ExternalRef("memory", "line-1"),
        "sku": "MUG-11",
        "title": "Mug",
        "quantity": 2,
        "ordered": 2,
    }
    return ChannelLine(**{**usual, **changes})


def placed(*, hold: tuple[HoldReason, str] | None = None, **changes: Any) -> OrderItem:
    """Return an item as it comes into being."""
    item = OrderItem.place(
        OrderItemId(UUID(int=1)),
        shop_id=SHOP,
        order_id=OrderId(UUID(int=500)),
        line=a_line(),
        listing=a_listing(),
        design=DESIGN,
        hold=hold,
        stamp=AT,
    )
    return evolve(item, **changes)


def a_file(version: int = 1, area: str = "front") -> ProductionFile:
    """Return a production file."""
    return ProductionFile(
        area=area,
        design_version=version,
        key=f"{SHOP}/files/{area}-{version}.png",
        sha256="ab" * 32,
        size=10,
        width_px=120,
        height_px=60,
        dpi=300,
        made_at=START,
    )


def rendered(item: OrderItem, findings: tuple[Finding, ...] = ()) -> OrderItem:
    """Give *item* the files of its design."""
    version = item.design_version
    return item.rendered(version, files=(a_file(version),), assets=(), findings=findings, stamp=AT)


def ready() -> OrderItem:
    """Return an item whose files are made."""
    return rendered(placed())


def sending() -> OrderItem:
    """Return an item that is being sent."""
    return ready().send(SENT, AT)


def being_fulfilled() -> OrderItem:
    """Return an item that its provider has."""
    return sending().accepted(AT)


def in_status(status: Status) -> OrderItem:
    """Return an item in *status*, come there as items do."""
    makers: dict[Status, Callable[[], OrderItem]] = {
        Status.GENERATING: placed,
        Status.READY_TO_FULFILL: ready,
        Status.SENDING: sending,
        Status.BEING_FULFILLED: being_fulfilled,
        Status.FULFILLED: lambda: being_fulfilled().report(news(Stage.DONE), AT),
        Status.ON_HOLD: lambda: ready().hold_for(HoldReason.MANUAL, HoldOrigin.MERCHANT, stamp=AT),
        Status.CANCELED: lambda: ready().cancel(AT),
        Status.ARCHIVED: lambda: ready().archive(AT),
    }
    return makers[status]()


def news(stage: Stage, raw: str = "") -> LineReport:
    """Return what a provider says of an item."""
    return LineReport(key=OrderItemId(UUID(int=1)).hex, stage=stage, raw=raw or stage.value)


def a_request(*quantities: int, id: SubmissionId = SENT, **changes: Any) -> SubmissionRequest:  # noqa: A002
    """Return a request with one line per quantity."""
    lines = tuple(
        a_submission_line(number, quantity) for number, quantity in enumerate(quantities or (2,), 1)
    )
    return SubmissionRequest(
        **{"id": id, "ship_to": AUSTIN, "email": "zoe@example.com", "lines": lines, **changes}
    )


def a_submission_line(number: int, quantity: int) -> SubmissionLine:
    """Return one line of a request."""
    return SubmissionLine(
        item_id=OrderItemId(UUID(int=number)),
        order_id=OrderId(UUID(int=500 + number)),
        order_name=f"#100{number}",
        title="Mug",
        sku="MUG-11",
        quantity=quantity,
        variant=ProviderVariant(keys={"variant_id": "mug-11"}),
        files=(
            FileLink(
                area="front", url="https://files.example/1.png", sha256="ab" * 32, width_px=1, height_px=1
            ),
        ),
        price=Money.of("19.00", "USD"),
    )
