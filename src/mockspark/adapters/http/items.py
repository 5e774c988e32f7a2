"""Items: the list, the page of one, and everything that can be done to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from attrs import frozen
from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter, SkipValidation

from mockspark.adapters.http.schemas import (
    Chosen,
    CommentBody,
    ConfirmBody,
    DesignBody,
    FlagsBody,
    FulfilledBody,
    HoldBody,
    NoteBody,
    ReasonBody,
    ReleaseBody,
    ReprintBody,
    ShipmentBody,
)
from mockspark.adapters.http.security import NEEDS, Caller
from mockspark.application.facade import MockSpark
from mockspark.application.filters import ItemFilter, Page
from mockspark.application.targets import Targets
from mockspark.application.views import (
    BulkReport,
    FilteredRow,
    ItemDetail,
    ItemRow,
    SyncReport,
    TimelineEntry,
)
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ListingId, OrderItemId
from mockspark.domain.order_item import ItemShipment
from mockspark.domain.status import Status

READ: Final = {NEEDS: "items:read"}
WRITE: Final = {NEEDS: "items:write"}
_EVERY_PIECE: Final = 1_000_000
"""More than any item has: a parcel holds at most what the item has."""

Spark = NamedDependency[SkipValidation[MockSpark]]
Who = NamedDependency[SkipValidation[Caller]]
Limit = Annotated[int, QueryParameter(ge=1, le=250)]


@frozen(kw_only=True)
class ItemPage:
    """One page of items; give *next* as `after` for the following one, empty on the last."""

    rows: Sequence[ItemRow]
    next: str


@frozen(kw_only=True)
class Count:
    """How many there are; *more* when there are more than *count*."""

    count: int
    more: bool


@frozen(kw_only=True)
class Entry:
    """One entry of the timeline in words, with the event's own data."""

    position: int
    at: datetime
    actor: str
    actor_kind: str
    kind: str
    words: str
    cause: str


@frozen(kw_only=True)
class FilteredPage:
    """Lines that became no item."""

    rows: Sequence[FilteredRow]
    next: str


async def provide_filter(
    *,
    order_name: FromQuery[str] = "",
    created_from: FromQuery[datetime | None] = None,
    created_to: FromQuery[datetime | None] = None,
    title: FromQuery[str] = "",
    email: FromQuery[str] = "",
    platform: FromQuery[list[str] | None] = None,
    status: FromQuery[list[Status] | None] = None,
    attention: FromQuery[bool] = False,
) -> ItemFilter:
    """Read the six filters from the query string."""
    return ItemFilter(
        order_name=order_name,
        created_from=created_from,
        created_to=created_to,
        title=title,
        email=email,
        platforms=frozenset(platform or []),
        statuses=frozenset(status or []),
        attention=attention,
    )


def targets(body: Chosen) -> Targets:
    """Name the items of a command."""
    versions = {OrderItemId(id_): version for id_, version in body.versions.items()}
    return Targets.of(*(OrderItemId(id_) for id_ in body.items), versions=versions)


def etag(version: int) -> str:
    """Return the entity tag (RFC 9110) of a version."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """Read the version that the caller saw from `If-Match`."""
    if if_match is None or if_match == "*":
        return None
    digits = if_match.removeprefix("W/").strip('"')
    if not digits.isdecimal():
        raise ClientException('If-Match is the ETag that was given with the item, such as "7"')
    return int(digits)


class Items(Controller):
    """What the merchant's list and detail page show and do."""

    path = "/items"
    tags = ("Items",)

    @get(opt=READ, summary="Search items by the six filters, newest first")
    async def search_items(
        self,
        spark: Spark,
        who: Who,
        item_filter: NamedDependency[ItemFilter],
        after: FromQuery[str] = "",
        limit: Limit = 50,
    ) -> ItemPage:
        found = await spark.search_items(who.shop, item_filter, Page(after=after, limit=limit))
        return ItemPage(rows=found.rows, next=found.next)

    @get("/count", opt=READ, summary="Count what a search finds, up to 1000")
    async def count_items(self, spark: Spark, who: Who, item_filter: NamedDependency[ItemFilter]) -> Count:
        cap = 1000
        found = await spark.count_items(who.shop, item_filter, cap=cap)
        return Count(count=min(found, cap), more=found > cap)

    @get("/counters", opt=READ, summary="How many items each status has")
    async def count_by_status(self, spark: Spark, who: Who) -> Mapping[Status, int]:
        return await spark.counters(who.shop)

    @get("/{item:uuid}", opt=READ, summary="Everything known about one item")
    async def show_item(self, spark: Spark, who: Who, item: FromPath[UUID]) -> Response[ItemDetail]:
        found = await spark.show_item(who.shop, OrderItemId(item))
        return Response(found, headers={"ETag": etag(found.version)})

    @get("/{item:uuid}/timeline", opt=READ, summary="What happened to an item, newest first")
    async def show_timeline(
        self,
        spark: Spark,
        who: Who,
        item: FromPath[UUID],
        before: FromQuery[int | None] = None,
        limit: Limit = 100,
    ) -> Sequence[Entry]:
        found = await spark.timeline(who.shop, OrderItemId(item), before=before, limit=limit)
        return [_entry(entry) for entry in found]

    @post("/{item:uuid}/sync", opt=WRITE, status_code=200, summary="Read the store's order again")
    async def sync_order(self, spark: Spark, who: Who, item: FromPath[UUID]) -> SyncReport:
        return await spark.sync_order(who.shop, OrderItemId(item), by=who.actor)

    @put("/{item:uuid}/design", opt=WRITE, summary="Save a design, a variant, or both")
    async def redesign_item(
        self,
        spark: Spark,
        who: Who,
        item: FromPath[UUID],
        data: JSONBody[DesignBody],
        if_match: Annotated[str | None, HeaderParameter(name="If-Match")] = None,
    ) -> Response[ItemDetail]:
        if data.design is None and data.listing is None:
            raise InvalidValue("send a design, a listing, or both")
        await spark.redesign(
            who.shop,
            OrderItemId(item),
            design=None if data.design is None else Design.of(data.design),
            listing=None if data.listing is None else ListingId(data.listing),
            version=expected_version(if_match),
            by=who.actor,
        )
        return await self._shown(spark, who, item)

    async def _shown(self, spark: MockSpark, who: Caller, item: UUID) -> Response[ItemDetail]:
        found = await spark.show_item(who.shop, OrderItemId(item))
        return Response(found, headers={"ETag": etag(found.version)})


class ItemActions(Controller):
    """Acts on many items: one result per item, never all or nothing."""

    path = "/items/actions"
    tags = ("Actions",)

    @post("/hold", opt=WRITE, status_code=200, summary="Make items wait")
    async def hold_items(self, spark: Spark, who: Who, data: JSONBody[HoldBody]) -> BulkReport:
        return await spark.hold_items(
            who.shop, targets(data), reason=data.reason, note=data.note, by=who.actor
        )

    @post("/release", opt=WRITE, status_code=200, summary="Let items go on")
    async def release_items(self, spark: Spark, who: Who, data: JSONBody[ReleaseBody]) -> BulkReport:
        return await spark.release_items(
            who.shop,
            targets(data),
            note=data.note,
            override=data.override,
            address_confirmed=data.address_confirmed,
            by=who.actor,
        )

    @post("/cancel", opt=WRITE, status_code=200, summary="Cancel items; a provider is asked first")
    async def cancel_items(self, spark: Spark, who: Who, data: JSONBody[ReasonBody]) -> BulkReport:
        return await spark.cancel_items(who.shop, targets(data), reason=data.reason, by=who.actor)

    @post("/mark-fulfilled", opt=WRITE, status_code=200, summary="End items by hand")
    async def mark_items_fulfilled(self, spark: Spark, who: Who, data: JSONBody[FulfilledBody]) -> BulkReport:
        return await spark.mark_fulfilled(
            who.shop,
            targets(data),
            shipment=_shipment(data.shipment),
            notify_store=data.notify_store,
            confirmed=data.confirmed,
            by=who.actor,
        )

    @post("/archive", opt=WRITE, status_code=200, summary="Put items out of sight")
    async def archive_items(self, spark: Spark, who: Who, data: JSONBody[ConfirmBody]) -> BulkReport:
        return await spark.archive_items(who.shop, targets(data), confirmed=data.confirmed, by=who.actor)

    @post("/unarchive", opt=WRITE, status_code=200, summary="Bring items back")
    async def unarchive_items(self, spark: Spark, who: Who, data: JSONBody[Chosen]) -> BulkReport:
        return await spark.unarchive_items(who.shop, targets(data), by=who.actor)

    @post("/comment", opt=WRITE, status_code=200, summary="Leave a note for the team")
    async def comment_on_items(self, spark: Spark, who: Who, data: JSONBody[CommentBody]) -> BulkReport:
        return await spark.comment_items(who.shop, targets(data), text=data.text, by=who.actor)

    @post("/clear-flags", opt=WRITE, status_code=200, summary="Take down flags that were dealt with")
    async def clear_flags(self, spark: Spark, who: Who, data: JSONBody[FlagsBody]) -> BulkReport:
        return await spark.clear_flags(who.shop, targets(data), flags=data.flags, by=who.actor)

    @post(
        "/confirm-address", opt=WRITE, status_code=200, summary="Confirm the address of items with the buyer"
    )
    async def confirm_address(self, spark: Spark, who: Who, data: JSONBody[NoteBody]) -> BulkReport:
        return await spark.confirm_address(who.shop, targets(data), note=data.note, by=who.actor)

    @post("/reprint", opt=WRITE, status_code=200, summary="Print items again, as new linked items")
    async def reprint_items(self, spark: Spark, who: Who, data: JSONBody[ReprintBody]) -> BulkReport:
        return await spark.reprint_items(who.shop, targets(data), quantity=data.quantity, by=who.actor)


class ImportLog(Controller):
    """What was left out of orders, and why."""

    path = "/import-log"
    tags = ("Import log",)

    @get(opt=READ, summary="Lines that became no item, newest first")
    async def show_import_log(
        self, spark: Spark, who: Who, after: FromQuery[str] = "", limit: Limit = 50
    ) -> FilteredPage:
        found = await spark.import_log(who.shop, Page(after=after, limit=limit))
        return FilteredPage(rows=found.rows, next=found.next)


def _shipment(told: ShipmentBody | None) -> ItemShipment | None:
    if told is None:
        return None
    pieces = told.quantity or _EVERY_PIECE
    return ItemShipment(number=told.number, carrier=told.carrier, url=told.url, quantity=pieces)


def _entry(entry: TimelineEntry) -> Entry:
    return Entry(
        position=entry.position,
        at=entry.at,
        actor=entry.actor,
        actor_kind=entry.actor_kind,
        kind=entry.kind,
        words=entry.words,
        cause=entry.cause,
    )
