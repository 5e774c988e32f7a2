"""What every store promises, as tests: subclass `StoreConformance` and provide the fixture `opened`.

    class TestMyStore(StoreConformance):
        @pytest.fixture
        async def opened(self) -> AsyncIterator[Opened]: ...

The database may be shared by the tests of one class: each test makes shops of its own.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import uuid4

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockspark.adapters.system import Uuid7
from mockspark.adapters.testing.strategies import events, listings, requests, values_of
from mockspark.application.errors import Conflict, NotConnected, NotFound
from mockspark.application.filters import UNASSIGNED, ItemFilter, Page
from mockspark.application.ports.jobs import QueueAdmin
from mockspark.application.ports.queries import OrderItemQueries
from mockspark.application.ports.storage import ApiToken, Delivery, Directory, DueKind, Inbox, Store
from mockspark.application.reactions import Kind
from mockspark.application.views import ItemRow
from mockspark.domain.catalog import Listing, Match, PrintArea, ProviderVariant
from mockspark.domain.contact import Address, Customer, fold_email, fold_order_name
from mockspark.domain.errors import InvalidValue, NotPossible
from mockspark.domain.events import Actor, Flag, Stamp, StatusChanged
from mockspark.domain.files import ProductionFile
from mockspark.domain.fonts import ShopFont
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
from mockspark.domain.order import ChannelLine, ChannelOrder, FilteredLine, Order, Skip
from mockspark.domain.order_item import ItemShipment, OrderItem
from mockspark.domain.shop import AccountState, Connection, Installation, Rules, Shop
from mockspark.domain.status import Status
from mockspark.domain.submission import (
    ProviderOrder,
    Submission,
    SubmissionLine,
    SubmissionRequest,
    SubmissionState,
)

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAMP: Final = Stamp(at=NOW, by=Actor.system("test"))
MINUTE: Final = timedelta(minutes=1)
new_id: Final = Uuid7()

# One database serves all examples of a property: each example makes a shop of its own.
_property: Final = settings(
    max_examples=max(1, settings().max_examples // 5),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Opened(Protocol):
    """A store with everything around it, on one database."""

    @property
    def store(self) -> Store: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def queries(self) -> OrderItemQueries: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def queue(self) -> QueueAdmin: ...


async def a_shop(opened: Opened, **more: Any) -> ShopId:
    """Register a new shop."""
    shop = ShopId(f"{uuid4().hex}.example")
    await opened.directory.save_shop(Shop(id=shop, created_at=NOW, **more))
    return shop


def a_connection(shop: ShopId, **more: Any) -> Connection:
    """Return an account at a provider."""
    told = {"provider": "printify", "created_at": NOW, **more}
    return Connection(id=ConnectionId(new_id()), shop_id=shop, **told)


def an_order(shop: ShopId, *, name: str = "#1001", email: str = "ana@example.com", **more: Any) -> Order:
    """Return a store order just received."""
    snapshot = ChannelOrder(
        ref=ExternalRef("shopify", uuid4().hex),
        name=name,
        placed_at=NOW,
        updated_at=NOW,
        customer=Customer(name="Ana", email=email),
        **more,
    )
    return Order.receive(OrderId(new_id()), shop, snapshot, filtered=(), items=1, stamp=STAMP)


def an_item(order: Order, *, title: str = "Mug", **more: Any) -> OrderItem:
    """Return an item of *order*, being rendered."""
    item = OrderItem.place(
        OrderItemId(new_id()),
        shop_id=order.shop_id,
        order_id=order.id,
        line=ChannelLine(ref=ExternalRef("shopify", uuid4().hex), title=title),
        listing=None,
        design=None,
        hold=None,
        stamp=STAMP,
    )
    return evolve(item, **more)


def a_submission(connection: Connection, *items: OrderItem) -> Submission:
    """Return the wish to send *items*."""
    lines = tuple(
        SubmissionLine(
            item_id=item.id,
            order_id=item.order_id,
            order_name="#1001",
            title=item.product_title,
            quantity=1,
            variant=ProviderVariant(),
            files=(),
        )
        for item in items
    )
    request = SubmissionRequest(id=SubmissionId(new_id()), ship_to=_nowhere(), lines=lines)
    return Submission.plan(request, shop_id=connection.shop_id, connection_id=connection.id, stamp=STAMP)


def _nowhere() -> Address:
    return Address(name="Ana", line1="1 Way", city="Town", country="DE", postal_code="1")


def ready(item: OrderItem, connection: Connection) -> OrderItem:
    """Return *item* with its files made, mapped to *connection*."""
    area = PrintArea(key="front", width_px=10, height_px=10)
    file = ProductionFile(
        area="front",
        design_version=1,
        key="k",
        sha256="0",
        size=1,
        width_px=10,
        height_px=10,
        dpi=300,
        made_at=NOW,
    )
    return evolve(
        item,
        connection_id=connection.id,
        print_areas=(area,),
        files=(file,),
        files_version=1,
        status=Status.READY_TO_FULFILL,
    )


async def keep(opened: Opened, shop: ShopId, *things: Any) -> None:
    """Save connections, listings, orders, items and submissions in one transaction."""
    async with opened.store.begin(shop) as work:
        where: dict[type, Any] = {
            Connection: work.connections,
            Listing: work.listings,
            Order: work.orders,
            OrderItem: work.items,
            Submission: work.submissions,
        }
        for thing in things:
            await where[type(thing)].save(thing)


async def item_of(opened: Opened, shop: ShopId, id_: OrderItemId) -> OrderItem:
    """Read an item in a transaction of its own."""
    async with opened.store.begin(shop) as work:
        return await work.items.get(id_)


async def all_pages(opened: Opened, shop: ShopId, wanted: ItemFilter, *, limit: int = 3) -> Sequence[ItemRow]:
    """Page through a search to its end."""
    rows: list[ItemRow] = []
    after = ""
    while True:
        found = await opened.queries.search(shop, wanted, Page(after=after, limit=limit))
        rows.extend(found.rows)
        after = found.next
        if not after:
            return rows


class RoundTrips:
    """What is saved comes back as it was."""

    @_property
    @given(values_of(Order))
    async def test_an_order_comes_back(self, opened: Opened, order: Order) -> None:
        """Every field of an order survives, whatever a customer typed."""
        shop = await a_shop(opened)
        saved = evolve(order, id=OrderId(new_id()), shop_id=shop, version=0)
        await keep(opened, shop, saved)
        async with opened.store.begin(shop) as work:
            assert evolve(saved, version=1) == await work.orders.get(saved.id)
            assert evolve(saved, version=1) == await work.orders.by_ref(saved.ref)

    @_property
    @given(values_of(OrderItem))
    async def test_an_item_comes_back(self, opened: Opened, item: OrderItem) -> None:
        """Every field of an item survives, its design byte by byte."""
        shop = await a_shop(opened)
        order, connection = an_order(shop), a_connection(shop)
        saved = evolve(
            item,
            id=OrderItemId(new_id()),
            shop_id=shop,
            order_id=order.id,
            connection_id=connection.id if item.connection_id else None,
            version=0,
        )
        await keep(opened, shop, connection, order, saved)
        assert evolve(saved, version=1) == await item_of(opened, shop, saved.id)

    @_property
    @given(values_of(Submission, request=requests()))
    async def test_a_submission_comes_back(self, opened: Opened, submission: Submission) -> None:
        """Every field of a submission survives: a repetition sends the same request."""
        shop = await a_shop(opened)
        connection, order = a_connection(shop), an_order(shop)
        items = [an_item(order) for _ in submission.request.lines]
        lines = tuple(
            evolve(line, item_id=item.id) for line, item in zip(submission.request.lines, items, strict=True)
        )
        id_ = SubmissionId(new_id())
        saved = evolve(
            submission,
            id=id_,
            shop_id=shop,
            connection_id=connection.id,
            request=evolve(submission.request, id=id_, lines=lines),
            version=0,
        )
        await keep(opened, shop, connection, order, *items, saved)
        async with opened.store.begin(shop) as work:
            assert evolve(saved, version=1) == await work.submissions.get(id_)

    @_property
    @given(listings())
    async def test_a_listing_comes_back(self, opened: Opened, listing: Listing) -> None:
        """Every field of a listing survives, its template byte by byte."""
        shop = await a_shop(opened)
        saved = evolve(listing, id=ListingId(new_id()), shop_id=shop, connection_id=None, version=0)
        await keep(opened, shop, saved)
        async with opened.store.begin(shop) as work:
            assert evolve(saved, version=1) == await work.listings.get(saved.id)
            assert evolve(saved, version=1) == await work.listings.by_key(saved.match, saved.key)

    @_property
    @given(values_of(Connection), values_of(Installation))
    async def test_accounts_come_back(
        self, opened: Opened, connection: Connection, installation: Installation
    ) -> None:
        """Accounts survive with their secrets, for the shop and for the front door."""
        shop = await a_shop(opened)
        saved = evolve(connection, id=ConnectionId(new_id()), shop_id=shop, version=0)
        access = evolve(installation, shop_id=shop, version=0)
        async with opened.store.begin(shop) as work:
            await work.connections.save(saved)
            await work.save_installation(access)
        async with opened.store.begin(shop) as work:
            assert [evolve(saved, version=1)] == list(await work.connections.all())
            assert evolve(access, version=1) == await work.installation()
        assert evolve(saved, version=1) == await opened.directory.connection(saved.id)
        assert evolve(access, version=1) == await opened.directory.installation(shop)

    @_property
    @given(values_of(Shop), values_of(ApiToken, scopes=st.frozensets(st.sampled_from("abc"))))
    async def test_shops_and_tokens_come_back(self, opened: Opened, shop: Shop, token: ApiToken) -> None:
        """A shop survives with its rules, a token with its rights."""
        saved = evolve(shop, id=ShopId(uuid4().hex), version=0)
        kept = evolve(token, digest=uuid4().hex, shop_id=saved.id)
        await opened.directory.save_shop(saved)
        await opened.directory.save_token(kept)
        assert evolve(saved, version=1) == await opened.directory.shop(saved.id)
        assert kept == await opened.directory.token(kept.digest)
        assert [kept] == list(await opened.directory.tokens(saved.id))

    @_property
    @given(values_of(ShopFont))
    async def test_a_font_comes_back(self, opened: Opened, font: ShopFont) -> None:
        """What is known of a font survives; keeping it again changes nothing, deleting it forgets it."""
        shop = await a_shop(opened)
        saved = evolve(font, sha256=uuid4().hex)
        async with opened.store.begin(shop) as work:
            assert saved == await work.fonts.keep(saved)
            assert saved == await work.fonts.keep(evolve(saved, family="Another", uploaded_at=NOW))
        async with opened.store.begin(shop) as work:
            assert [saved] == list(await work.fonts.all())
            await work.fonts.delete(saved.sha256)
            assert list(await work.fonts.all()) == []

    @_property
    @given(st.lists(events(), min_size=1, max_size=3))
    async def test_the_timeline_keeps_every_kind_of_event(self, opened: Opened, told: list[Any]) -> None:
        """An event comes back as it was, under the name it is stored by."""
        shop = await a_shop(opened)
        order = an_order(shop)
        item = evolve(an_item(order), events=tuple(told))
        await keep(opened, shop, evolve(order, events=()), item)
        entries = await opened.queries.timeline(shop, item.id)
        assert list(reversed(told)) == [entry.event for entry in entries]


class Transactions:
    """One transaction over one shop, all of it or nothing."""

    async def test_a_stale_aggregate_is_a_conflict(self, opened: Opened) -> None:
        """Whoever read before the other wrote has to read again."""
        shop = await a_shop(opened)
        order, connection = an_order(shop), a_connection(shop)
        item = an_item(order)
        submission = a_submission(connection, item)
        listing = Listing(id=ListingId(new_id()), shop_id=shop, match=Match.SKU, key="A")
        things = (connection, listing, order, item, submission)
        await keep(opened, shop, *things)
        for thing in things:
            await keep(opened, shop, evolve(thing, version=1, **_no_events(thing)))
            with pytest.raises(Conflict):
                await keep(opened, shop, evolve(thing, version=1, **_no_events(thing)))

    async def test_what_exists_is_not_made_again(self, opened: Opened) -> None:
        """A second insert of an id, a store order, a line or a listing's key is a Conflict."""
        shop = await a_shop(opened)
        order = an_order(shop)
        item = an_item(order)
        listing = Listing(id=ListingId(new_id()), shop_id=shop, match=Match.SKU, key="A")
        await keep(opened, shop, order, item, listing)
        twins = (
            order,
            evolve(order, id=OrderId(new_id())),
            item,
            evolve(item, id=OrderItemId(new_id())),
            evolve(listing, id=ListingId(new_id())),
        )
        for twin in twins:
            with pytest.raises(Conflict):
                await keep(opened, shop, twin)

    async def test_a_conflict_leaves_the_transaction_usable(self, opened: Opened) -> None:
        """Who was second to take in a store order may go on and read the first's."""
        shop = await a_shop(opened)
        order = an_order(shop)
        await keep(opened, shop, order)
        async with opened.store.begin(shop) as work:
            with pytest.raises(Conflict):
                await work.orders.save(evolve(order, id=OrderId(new_id())))
            found = await work.orders.by_ref(order.ref)
        assert found is not None
        assert order.id == found.id

    async def test_a_reprint_shares_the_line_of_its_item(self, opened: Opened) -> None:
        """A line has one item, and any number of reprints of it."""
        shop = await a_shop(opened)
        order = an_order(shop)
        item = an_item(order)
        again = [evolve(item, id=OrderItemId(new_id()), reprint_of=item.id) for _ in range(2)]
        await keep(opened, shop, order, item, *again)
        async with opened.store.begin(shop) as work:
            assert [item.id, *(reprint.id for reprint in again)] == [
                found.id for found in await work.items.of_order(order.id)
            ]

    async def test_an_exception_undoes_everything(self, opened: Opened) -> None:
        """Rows, timeline, counts and jobs of a transaction that fails were never there."""
        shop = await a_shop(opened)
        order = an_order(shop)
        item = an_item(order)
        before = await _renders(opened)
        with pytest.raises(LookupError):
            await _keep_and_fail(opened, shop, order, item)
        async with opened.store.begin(shop) as work:
            assert await work.items.get_many([item.id]) == {}
            assert await work.orders.by_ref(order.ref) is None
        assert tuple(await opened.queries.timeline(shop, item.id)) == ()
        assert dict(await opened.queries.counters(shop)) == {}
        assert before == await _renders(opened)

    async def test_the_job_comes_with_the_row(self, opened: Opened) -> None:
        """An item that begins to be rendered is queued for it in the same transaction."""
        shop = await a_shop(opened)
        order = an_order(shop)
        before = await _renders(opened)
        await keep(opened, shop, order, an_item(order), an_item(order))
        assert before + 2 == await _renders(opened)

    async def test_an_unknown_shop_is_not_found(self, opened: Opened) -> None:
        """No transaction opens over a shop nobody registered."""
        with pytest.raises(NotFound):
            async with opened.store.begin(ShopId("nobody.example")):
                pass

    async def test_a_missing_thing_is_not_found(self, opened: Opened) -> None:
        """An id that this shop does not have raises NotFound; no installation, NotConnected."""
        shop = await a_shop(opened)
        async with opened.store.begin(shop) as work:
            for getting in (
                work.orders.get(OrderId(new_id())),
                work.items.get(OrderItemId(new_id())),
                work.submissions.get(SubmissionId(new_id())),
                work.listings.get(ListingId(new_id())),
                work.connections.get(ConnectionId(new_id())),
            ):
                with pytest.raises(NotFound):
                    await getting
            with pytest.raises(NotConnected):
                await work.installation()

    async def test_an_item_is_in_one_live_submission(self, opened: Opened) -> None:
        """The second live submission of an item is a Conflict, until the first has ended."""
        shop = await a_shop(opened)
        connection, order = a_connection(shop), an_order(shop)
        item = an_item(order)
        first, second = a_submission(connection, item), a_submission(connection, item)
        await keep(opened, shop, connection, order, item, first)
        with pytest.raises(Conflict):
            await keep(opened, shop, second)
        ended = evolve(first, version=1).end_attempt(SubmissionState.REFUSED, STAMP, outcome="refused")
        await keep(opened, shop, evolve(ended, events=ended.events[-1:]))
        await keep(opened, shop, second)
        with pytest.raises(Conflict):
            await keep(opened, shop, evolve(first, state=SubmissionState.WAITING, version=2, events=()))

    async def test_a_provider_order_leads_to_its_submission(self, opened: Opened) -> None:
        """A webhook names the provider's order; another account's order of that number is another's."""
        shop = await a_shop(opened)
        connection, other, order = a_connection(shop), a_connection(shop), an_order(shop)
        item = an_item(order)
        submission = a_submission(connection, item)
        await keep(opened, shop, connection, other, order, item, submission)
        ref = ExternalRef("printify", "77")
        named = evolve(submission, version=1, events=()).record([ProviderOrder(ref=ref)], STAMP)
        await keep(opened, shop, named)
        async with opened.store.begin(shop) as work:
            found = await work.submissions.by_provider_order(connection.id, ref)
            assert found is not None
            assert submission.id == found.id
            assert await work.submissions.by_provider_order(other.id, ref) is None

    async def test_listings_are_found_by_what_a_line_says(self, opened: Opened) -> None:
        """Variant, product, SKU in any case, and every prefix of the SKU."""
        shop = await a_shop(opened)
        made = {
            key: Listing(id=ListingId(new_id()), shop_id=shop, match=match, key=key)
            for match, key in (
                (Match.VARIANT, "v1"), (Match.PRODUCT, "p1"), (Match.SKU, "Mug-RED"), (Match.SKU_PREFIX, "MUG-"),
                (Match.VARIANT, "v2"), (Match.SKU, "mug"), (Match.SKU_PREFIX, "mug-red-"),
            )
        }  # fmt: skip
        await keep(opened, shop, *made.values())
        line = ChannelLine(
            ref=ExternalRef("shopify", "1"),
            variant=ExternalRef("shopify", "v1"),
            product=ExternalRef("shopify", "p1"),
            sku="mug-red",
        )
        async with opened.store.begin(shop) as work:
            found = {listing.key for listing in await work.listings.matching([line])}
            assert tuple(await work.listings.matching([])) == ()
        assert {"v1", "p1", "Mug-RED", "MUG-"} == found

    async def test_listings_page_by_id_and_can_be_forgotten(self, opened: Opened) -> None:
        """Pages follow one another without gaps; a deleted listing is gone."""
        shop = await a_shop(opened)
        made = [
            Listing(id=ListingId(new_id()), shop_id=shop, match=Match.SKU, key=f"k{number}")
            for number in range(5)
        ]
        await keep(opened, shop, *made)
        async with opened.store.begin(shop) as work:
            first = await work.listings.page(limit=3)
            rest = await work.listings.page(after=first[-1].id, limit=3)
            await work.listings.delete(made[0].id)
            left = await work.listings.page()
        assert [listing.id for listing in made] == [listing.id for listing in (*first, *rest)]
        assert [listing.id for listing in made[1:]] == [listing.id for listing in left]

    async def test_unmapped_items_are_found_for_a_listing(self, opened: Opened) -> None:
        """Only items on hold because they are unmapped, and only those the listing recognises."""
        shop = await a_shop(opened)
        order = an_order(shop)
        unmapped = Hold(
            reason=HoldReason.UNMAPPED_PRODUCT, origin=HoldOrigin.SYSTEM, since=NOW, resume=Status.GENERATING
        )
        waiting: dict[str, Any] = {"status": Status.ON_HOLD, "hold": unmapped}
        mug = an_item(order, sku="MUG-1", **waiting)
        cup = an_item(order, sku="cup", variant=ExternalRef("shopify", "v1"), **waiting)
        other = an_item(
            order, sku="mug-1", status=Status.ON_HOLD, hold=evolve(unmapped, reason=HoldReason.MANUAL)
        )
        await keep(opened, shop, order, mug, cup, other)

        async def found(match: Match, key: str) -> list[OrderItemId]:
            listing = Listing(id=ListingId(new_id()), shop_id=shop, match=match, key=key)
            async with opened.store.begin(shop) as work:
                return [item.id for item in await work.items.waiting_for(listing)]

        assert [mug.id] == await found(Match.SKU, "mug-1")
        assert [mug.id] == await found(Match.SKU_PREFIX, "Mug")
        assert [cup.id] == await found(Match.VARIANT, "v1")
        assert await found(Match.PRODUCT, "v1") == []


class Tenants:
    """Nobody sees another shop's things."""

    async def test_a_shop_sees_nothing_of_another(self, opened: Opened) -> None:
        """Ids, store orders, provider orders, listings and lists of one shop lead nowhere in another."""
        mine, theirs = await a_shop(opened), await a_shop(opened)
        connection, order = a_connection(theirs), an_order(theirs)
        item = an_item(order, title="Secret mug", status=Status.ON_HOLD)
        listing = Listing(id=ListingId(new_id()), shop_id=theirs, match=Match.SKU, key="A")
        submission = a_submission(connection, item).record(
            [ProviderOrder(ref=ExternalRef("printify", "7"))], STAMP
        )
        await keep(opened, theirs, connection, listing, order, item, submission)
        async with opened.store.begin(theirs) as work:
            await work.fonts.keep(_a_font())
        async with opened.store.begin(mine) as work:
            assert await work.orders.get_many([order.id]) == {}
            assert await work.items.get_many([item.id]) == {}
            assert tuple(await work.items.of_order(order.id)) == ()
            assert await work.orders.by_ref(order.ref) is None
            assert await work.listings.by_key("sku", "A") is None
            assert tuple(await work.listings.page()) == ()
            assert tuple(await work.connections.all()) == ()
            assert tuple(await work.fonts.all()) == ()
            ref = ExternalRef("printify", "7")
            assert await work.submissions.by_provider_order(connection.id, ref) is None
        for wanted in (ItemFilter(), ItemFilter(title="secret"), ItemFilter(statuses=frozenset(Status))):
            assert await all_pages(opened, mine, wanted) == []
            assert await opened.queries.count(mine, wanted) == 0
        assert dict(await opened.queries.counters(mine)) == {}
        assert tuple(await opened.queries.timeline(mine, item.id)) == ()
        assert tuple(await opened.queries.siblings(mine, order.id)) == ()

    async def test_a_row_cannot_point_to_another_shop(self, opened: Opened) -> None:
        """An item of another's order, or for another's account, is refused by the database."""
        mine, theirs = await a_shop(opened), await a_shop(opened)
        foreign, account = an_order(theirs), a_connection(theirs)
        await keep(opened, theirs, account, foreign)
        own = an_order(mine)
        await keep(opened, mine, own)
        with pytest.raises(NotPossible):
            await keep(opened, mine, evolve(an_item(foreign), shop_id=mine))
        with pytest.raises(NotPossible):
            await keep(opened, mine, an_item(own, connection_id=account.id))

    async def test_an_erased_shop_leaves_nothing(self, opened: Opened) -> None:
        """Everything of the shop goes, and nothing of the others."""
        gone, stays = await a_shop(opened), await a_shop(opened)
        for shop in (gone, stays):
            connection, order = a_connection(shop), an_order(shop)
            item = an_item(order)
            await keep(opened, shop, connection, order, item, a_submission(connection, item))
            await opened.inbox.accept(_a_delivery(shop, "d1"))
            async with opened.store.begin(shop) as work:
                await work.fonts.keep(_a_font())
        await opened.directory.erase_shop(gone)
        assert await opened.directory.shop(gone) is None
        assert await all_pages(opened, gone, ItemFilter(statuses=frozenset(Status))) == []
        assert len(await all_pages(opened, stays, ItemFilter(title="mug"))) == 1
        await opened.directory.save_shop(Shop(id=gone, created_at=NOW))
        assert await opened.inbox.accept(_a_delivery(gone, "d1"))
        assert not await opened.inbox.accept(_a_delivery(stays, "d1"))
        assert dict(await opened.queries.counters(gone)) == {}
        async with opened.store.begin(gone) as work:
            assert tuple(await work.fonts.all()) == ()
        async with opened.store.begin(stays) as work:
            assert tuple(await work.fonts.all()) == (_a_font(),)


class Guards:
    """Leases, idempotency keys and the inbox."""

    async def test_a_lease_has_one_holder(self, opened: Opened) -> None:
        """While it lives nobody else gets it; every claim has a higher fence."""
        shop, other = await a_shop(opened), await a_shop(opened)
        async with opened.store.begin(shop) as work:
            first = await work.leases.claim("publish", now=NOW, until=NOW + MINUTE)
            assert await work.leases.claim("publish", now=NOW, until=NOW + MINUTE) is None
        async with opened.store.begin(other) as work:
            assert await work.leases.claim("publish", now=NOW, until=NOW + MINUTE) is not None
        async with opened.store.begin(shop) as work:
            later = NOW + MINUTE
            second = await work.leases.claim("publish", now=later, until=later + MINUTE)
            assert first is not None
            assert second is not None
            assert (first.fence, first.attempt, second.attempt) == (1, 1, 2)
            assert second.fence > first.fence
            assert not await work.leases.release("publish", first.fence)
            assert await work.leases.release("publish", second.fence)
            assert not await work.leases.release("publish", second.fence)
            assert await work.leases.claim("publish", now=later, until=later + MINUTE) is not None

    async def test_a_lease_is_taken_once_at_a_time(self, opened: Opened) -> None:
        """Of many who ask at once, one gets it."""
        shop = await a_shop(opened)

        async def claim() -> bool:
            async with opened.store.begin(shop) as work:
                return await work.leases.claim("k", now=NOW, until=NOW + MINUTE) is not None

        assert sum(await asyncio.gather(*(claim() for _ in range(6)))) == 1

    async def test_an_answer_is_given_again(self, opened: Opened) -> None:
        """The same key and request get the kept answer; per shop and route the key is another."""
        shop, other = await a_shop(opened), await a_shop(opened)
        async with opened.store.begin(shop) as work:
            assert await work.replies.reserve("k", route="send", fingerprint="f", now=NOW) is None
            assert await work.replies.reserve("k", route="hold", fingerprint="f", now=NOW) is None
            await work.replies.keep("k", route="send", status=201, body=b"\x00done")
            again = await work.replies.reserve("k", route="send", fingerprint="f", now=NOW)
            assert again is not None
            assert (again.fingerprint, again.status, again.body) == ("f", 201, b"\x00done")
        async with opened.store.begin(other) as work:
            assert await work.replies.reserve("k", route="send", fingerprint="f", now=NOW) is None

    async def test_a_key_is_for_one_request(self, opened: Opened) -> None:
        """Another request under the key is refused, the same one while it runs is a Conflict."""
        shop = await a_shop(opened)
        async with opened.store.begin(shop) as work:
            await work.replies.reserve("k", route="send", fingerprint="f", now=NOW)
            with pytest.raises(Conflict):
                await work.replies.reserve("k", route="send", fingerprint="f", now=NOW)
            with pytest.raises(InvalidValue):
                await work.replies.reserve("k", route="send", fingerprint="other", now=NOW)
            await work.replies.forget("k", route="send")
            assert await work.replies.reserve("k", route="send", fingerprint="other", now=NOW) is None

    async def test_a_call_that_died_does_not_block_its_key_for_ever(self, opened: Opened) -> None:
        """After a while without an answer the key may be tried again, and after a day it is forgotten."""
        shop = await a_shop(opened)
        async with opened.store.begin(shop) as work:
            await work.replies.reserve("k", route="send", fingerprint="f", now=NOW)
            later = NOW + 30 * MINUTE
            assert await work.replies.reserve("k", route="send", fingerprint="f", now=later) is None
            await work.replies.keep("k", route="send", status=200, body=b"")
            tomorrow = later + timedelta(hours=25)
            assert await work.replies.reserve("k", route="send", fingerprint="g", now=tomorrow) is None

    async def test_a_delivery_is_taken_in_once(self, opened: Opened) -> None:
        """The same delivery is kept once and queued once; of another shop it is another one."""
        shop, other = await a_shop(opened), await a_shop(opened)
        before = await _depth(opened, Kind.INBOX)
        assert await opened.inbox.accept(_a_delivery(shop, "d1"))
        assert not await opened.inbox.accept(_a_delivery(shop, "d1"))
        assert await opened.inbox.accept(_a_delivery(other, "d1"))
        assert before + 2 == await _depth(opened, Kind.INBOX)

    async def test_a_delivery_is_worked_on_by_one(self, opened: Opened) -> None:
        """Claimed it is nobody else's until its lease ends; settled it is done; postponed it comes back."""
        shop = await a_shop(opened)
        for number in range(3):
            await opened.inbox.accept(_a_delivery(shop, f"d{number}"))
        first, second, third = await _claimed(opened, shop, NOW)
        assert [found.delivery_id for found in (first, second, third)] == ["d0", "d1", "d2"]
        assert _a_delivery(shop, "d0").body == first.body
        assert await _claimed(opened, shop, NOW) == []
        await opened.inbox.settle(first, "done")
        await opened.inbox.postpone(second, until=NOW + MINUTE, why="busy")
        assert [second.id] == [found.id for found in await _claimed(opened, shop, NOW + MINUTE)]
        taken_over = await _claimed(opened, shop, NOW + timedelta(hours=1))
        assert {second.id, third.id} == {found.id for found in taken_over}
        assert {2, 3} == {found.attempts for found in taken_over}
        await opened.inbox.settle(third, "too late: another has it")
        assert len(await _claimed(opened, shop, NOW + timedelta(hours=2))) == 2
        assert not await opened.inbox.accept(_a_delivery(shop, "d0"))

    async def test_deliveries_are_shared_out(self, opened: Opened) -> None:
        """Workers that claim at once get different deliveries."""
        shop = await a_shop(opened)
        for number in range(6):
            await opened.inbox.accept(_a_delivery(shop, f"d{number}"))
        taken = await asyncio.gather(*(_claimed(opened, shop, NOW, limit=2) for _ in range(3)))
        assert sorted(f"d{number}" for number in range(6)) == sorted(
            found.delivery_id for share in taken for found in share
        )

    async def test_refused_deliveries_are_only_counted(self, opened: Opened) -> None:
        """Counting a second one of the same kind does not fail."""
        await opened.inbox.count_refused("shopify", "bad signature")
        await opened.inbox.count_refused("shopify", "bad signature")


_TWO: Final = frozenset({Status.GENERATING, Status.ON_HOLD})
_TITLES: Final = (
    "Mug",
    "Red mug 50%",
    "ÜBER_mug",
    'Say "hi"',
    "Straße",
    "T\\o*p",
    "\0odd",
    "Poster",
    "Mugs and cups",
)
_NEEDLES: Final = (
    "", "mug", "MUG", "ug", "0%", "%", "_", "_mug", '"hi"', "strasse", "ß", "\\o*p", "*", "NEAR(", "\0o", "AND", "über",
    "d%m", "red_mug", "mu%", "t\\o*p", 'say "hi', "mug OR cups", "mug*",
)  # fmt: skip
_EMAILS: Final = ("ana@example.com", "Ana@Example.com", "bea@example.com", "")
_ORDER_NAMES: Final = ("#1001", "1001", "_Store1001", "#ÄB")
_MOMENTS: Final = tuple(NOW + timedelta(microseconds=step) for step in (0, 1, 2, 3_000_000, 86_400_000_000))
_PROVIDERS: Final = ("printify", "manual")


def _filters() -> st.SearchStrategy[ItemFilter]:
    few = st.frozensets(st.sampled_from(Status), max_size=3)
    return st.builds(
        ItemFilter,
        order_name=st.sampled_from(["", *_ORDER_NAMES]) | st.text(max_size=3),
        email=st.sampled_from(["", *_EMAILS]),
        title=st.sampled_from(_NEEDLES) | st.text(max_size=4),
        created_from=st.none() | st.sampled_from(_MOMENTS),
        created_to=st.none() | st.sampled_from(_MOMENTS),
        platforms=st.frozensets(st.sampled_from([*_PROVIDERS, UNASSIGNED, "gelato"]), max_size=2),
        statuses=few | st.just(frozenset(Status)),
        attention=st.booleans(),
    )


def _plans() -> st.SearchStrategy[Mapping[str, Any]]:
    return st.fixed_dictionaries(
        {
            "order": st.integers(0, 1),
            "title": st.sampled_from(_TITLES),
            "status": st.sampled_from(Status),
            "created_at": st.sampled_from(_MOMENTS),
            "provider": st.sampled_from([UNASSIGNED, *_PROVIDERS]),
            "flags": st.sampled_from([(), (Flag.SHIPMENT_ISSUE,), (Flag.TEST_ORDER,)]),
        }
    )


class Searching:
    """The list, its export and its counts tell of the same items."""

    @_property
    @given(
        st.lists(st.tuples(st.sampled_from(_ORDER_NAMES), st.sampled_from(_EMAILS)), min_size=2, max_size=2),
        st.lists(_plans(), max_size=9),
        st.lists(_filters(), min_size=4, max_size=4),
    )
    async def test_a_search_finds_what_a_filter_in_python_finds(
        self,
        opened: Opened,
        orders: list[tuple[str, str]],
        plans: list[Mapping[str, Any]],
        filters: list[ItemFilter],
    ) -> None:
        """Pages, export and count of any filter agree with looking at every item."""
        shop = await a_shop(opened)
        things = await _made(opened, shop, orders, plans)
        for wanted in filters:
            expected = _newest_first(thing for thing in things if _matches(wanted, *thing))
            assert expected == [row.id for row in await all_pages(opened, shop, wanted)]
            assert expected == [row.id async for row in opened.queries.rows(shop, wanted)]
            assert len(expected) == await opened.queries.count(shop, wanted)

    async def test_what_is_typed_is_meant_literally(self, opened: Opened) -> None:
        """Wildcards, quotes and operators of the database find the titles that contain them, and no others."""
        shop = await a_shop(opened)
        order = an_order(shop)
        items = [an_item(order, title=title) for title in _TITLES]
        await keep(opened, shop, order, *items)
        for needle in _NEEDLES:
            wanted = ItemFilter(title=needle)
            expected = {item.id for item in items if _matches(wanted, order, item, UNASSIGNED)}
            assert expected == {row.id for row in await all_pages(opened, shop, wanted)}

    async def test_paging_goes_on_while_items_arrive(self, opened: Opened) -> None:
        """What was there at the first page is seen once, in order, whatever is added meanwhile."""
        shop = await a_shop(opened)
        order = an_order(shop)
        items = [an_item(order, created_at=NOW + timedelta(seconds=number // 2)) for number in range(9)]
        await keep(opened, shop, order, *items)
        for wanted in (ItemFilter(), ItemFilter(title="mug"), ItemFilter(statuses=_TWO)):
            seen: list[OrderItemId] = []
            page = Page(limit=2)
            while True:
                found = await opened.queries.search(shop, wanted, page)
                seen.extend(row.id for row in found.rows)
                await keep(opened, shop, an_item(order, created_at=NOW + timedelta(hours=len(seen))))
                if not found.next:
                    break
                page = Page(limit=2, after=found.next)
            known = {item.id for item in items}
            assert [item.id for item in reversed(items)] == [id_ for id_ in seen if id_ in known]

    async def test_a_count_stops_at_its_cap(self, opened: Opened) -> None:
        """More than the cap is told as one more."""
        shop = await a_shop(opened)
        order = an_order(shop)
        await keep(opened, shop, order, *(an_item(order) for _ in range(5)))
        assert await opened.queries.count(shop, ItemFilter(), cap=2) == 3
        assert await opened.queries.count(shop, ItemFilter(), cap=5) == 5

    async def test_a_foreign_cursor_is_refused(self, opened: Opened) -> None:
        """A cursor that is none of ours is an invalid value, not a failure."""
        shop = await a_shop(opened)
        for text in ("x", "ä", "AAAA", "a" * 500):
            with pytest.raises(InvalidValue):
                await opened.queries.search(shop, ItemFilter(), Page(after=text))

    async def test_a_row_shows_item_order_and_submission(self, opened: Opened) -> None:
        """The list needs no second look: order, customer, address, platform and provider order stand in the row."""
        shop = await a_shop(opened)
        connection = a_connection(shop, provider="gelato")
        order = an_order(shop, name="#77", ship_to=_nowhere(), shipping_method="Express")
        item = ready(an_item(order, title="Red mug"), connection)
        submission = a_submission(connection, item).record(
            [ProviderOrder(ref=ExternalRef("gelato", "G-1"))], STAMP
        )
        parcel = ItemShipment(number="1Z", quantity=1)
        sent = evolve(item, submission_id=submission.id, shipments=(parcel,), flags=(Flag.SHIPMENT_ISSUE,))
        await keep(opened, shop, connection, order, sent, submission)
        (row,) = (await opened.queries.search(shop, ItemFilter(order_name="#77"), Page())).rows
        assert (row.order_name, row.title, row.customer_email) == ("#77", "Red mug", "ana@example.com")
        assert (row.platform, row.connection_id, row.shipping_method) == ("gelato", connection.id, "Express")
        assert (row.provider_orders, row.tracking) == (("G-1",), ("1Z",))
        assert (row.ship_to, row.needs_attention, row.flags) == (_nowhere(), True, ("shipment_issue",))
        assert (row.version, row.status) == (1, Status.READY_TO_FULFILL)
        assert [row] == list(await opened.queries.siblings(shop, order.id))

    async def test_items_follow_their_order(self, opened: Opened) -> None:
        """After the store changed an e-mail address the items are found by the new one alone."""
        shop = await a_shop(opened)
        order = an_order(shop, email="old@example.com")
        await keep(opened, shop, order, an_item(order))
        moved = evolve(order.snapshot, customer=Customer(name="Bea", email="NEW@example.com"))
        await keep(opened, shop, evolve(order, snapshot=moved, version=1, events=()))
        assert await opened.queries.count(shop, ItemFilter(email="old@example.com")) == 0
        (row,) = (await opened.queries.search(shop, ItemFilter(email="new@example.com"), Page())).rows
        assert row.customer_name == "Bea"

    async def test_counters_equal_counts_under_concurrency(self, opened: Opened) -> None:
        """However many write at once, the kept counts are those of the items."""
        shop = await a_shop(opened)
        order = an_order(shop)
        items = [an_item(order) for _ in range(6)]
        await keep(opened, shop, order, *items)

        async def walk(item: OrderItem) -> None:
            for version, status in enumerate((Status.ON_HOLD, Status.CANCELED, Status.ARCHIVED), start=1):
                await keep(opened, shop, evolve(item, status=status, version=version, events=()))
            await keep(opened, shop, an_item(order))

        await asyncio.gather(*(walk(item) for item in items))
        counted = {
            status: await opened.queries.count(shop, ItemFilter(statuses=frozenset({status})))
            for status in Status
        }
        kept = await opened.queries.counters(shop)
        assert counted == {status: kept.get(status, 0) for status in Status}
        assert (counted[Status.ARCHIVED], counted[Status.GENERATING]) == (6, 6)

    async def test_the_timeline_is_one_chain(self, opened: Opened) -> None:
        """Each status change begins where the one before ended, and the last is where the item stands."""
        shop = await a_shop(opened)
        order = an_order(shop)
        item = an_item(order)
        await keep(opened, shop, order, item)
        steps: Sequence[Callable[[OrderItem], OrderItem]] = (
            lambda found: found.hold_for(HoldReason.MANUAL, HoldOrigin.MERCHANT, stamp=STAMP),
            lambda found: found.release(STAMP),
            lambda found: found.cancel(STAMP),
            lambda found: found.archive(STAMP),
        )
        for step in steps:
            await keep(opened, shop, step(await item_of(opened, shop, item.id)))
        entries = await opened.queries.timeline(shop, item.id)
        changes = [entry.event for entry in reversed(entries) if isinstance(entry.event, StatusChanged)]
        assert [Status.GENERATING, *(change.after for change in changes[:-1])] == [
            change.before for change in changes
        ]
        assert (await item_of(opened, shop, item.id)).status is changes[-1].after
        assert all(entry.words for entry in entries)

    async def test_a_timeline_pages_over_item_order_and_submissions(self, opened: Opened) -> None:
        """Newest first, without gaps, and only what concerns the item."""
        shop = await a_shop(opened)
        connection, order = a_connection(shop), an_order(shop)
        item, other = an_item(order), an_item(order)
        submission = a_submission(connection, item)
        await keep(opened, shop, connection, order, item, other, submission)
        everything = await opened.queries.timeline(shop, item.id)
        assert [entry.kind for entry in everything] == ["submission.planned", "item.placed", "order.received"]
        first = await opened.queries.timeline(shop, item.id, limit=1)
        rest = await opened.queries.timeline(shop, item.id, before=first[0].position)
        assert list(everything) == [*first, *rest]

    async def test_left_out_lines_are_listed_with_reasons(self, opened: Opened) -> None:
        """The import log tells what became no item, newest order first; a sync replaces what it told."""
        shop = await a_shop(opened)
        lines = tuple(
            FilteredLine(line=ExternalRef("shopify", str(number)), title="Sticker", why=Skip.NOT_OURS)
            for number in range(3)
        )
        order = evolve(an_order(shop), filtered=lines)
        later = evolve(an_order(shop, name="#1002"), filtered=lines[:1], received_at=NOW + MINUTE)
        await keep(opened, shop, order, later)
        first = await opened.queries.import_log(shop, Page(limit=2))
        rest = await opened.queries.import_log(shop, Page(limit=2, after=first.next))
        assert [row.order_name for row in (*first.rows, *rest.rows)] == ["#1002", "#1001", "#1001", "#1001"]
        assert {Skip.NOT_OURS} == {row.why for row in first.rows}
        await keep(opened, shop, evolve(order, filtered=lines[:1], version=1, events=()))
        assert len((await opened.queries.import_log(shop, Page())).rows) == 2


class Watching:
    """The sweeper's list names what waits too long, and nothing else."""

    async def test_each_kind_of_due_is_found(self, opened: Opened) -> None:
        """What is in motion is due when its time has come, each under its own kind."""
        shop = await a_shop(opened, rules=Rules(auto_send_s=60))
        connection, order = a_connection(shop), an_order(shop)
        rendering = an_item(order)
        sending = an_item(order, status=Status.SENDING)
        waiting = ready(an_item(order), connection)
        at_provider = an_item(
            order,
            status=Status.BEING_FULFILLED,
            live=True,
            cancel_requested_at=NOW,
            shipments=(ItemShipment(number="1Z", quantity=1),),
        )
        to_send = a_submission(connection, sending)
        to_poll = evolve(
            a_submission(connection, at_provider), state=SubmissionState.ACCEPTED, next_poll_at=NOW
        )
        await keep(
            opened, shop, connection, order, rendering, sending, waiting, at_provider, to_send, to_poll
        )
        async with opened.store.begin(shop) as work:
            await work.save_installation(Installation(shop_id=shop, swept_at=NOW))
        hour = NOW + timedelta(hours=1)
        assert {
            (DueKind.RENDER, rendering.id.hex),
            (DueKind.STUCK_GENERATING, rendering.id.hex),
            (DueKind.STUCK_SENDING, sending.id.hex),
            (DueKind.SUBMIT, to_send.id.hex),
            (DueKind.POLL, to_poll.id.hex),
            (DueKind.CANCEL, at_provider.id.hex),
            (DueKind.PUBLISH, order.id.hex),
            (DueKind.AUTO_SEND, waiting.id.hex),
            (DueKind.SWEEP_ORDERS, shop),
        } == await _due(opened, shop, hour)
        assert {
            (DueKind.SUBMIT, to_send.id.hex),
            (DueKind.POLL, to_poll.id.hex),
            (DueKind.PUBLISH, order.id.hex),
        } == await _due(opened, shop, NOW)

    async def test_what_need_not_move_is_not_due(self, opened: Opened) -> None:
        """Published and hand-made parcels, test orders, leased submissions and closed accounts wait for nobody."""
        shop = await a_shop(opened, rules=Rules(auto_send_s=60))
        connection, order = a_connection(shop), an_order(shop)
        told = ItemShipment(number="1", quantity=1, published=ExternalRef("shopify", "9"))
        by_hand = ItemShipment(number="2", quantity=1, by_hand=True)
        shipped = an_item(order, status=Status.FULFILLED, shipments=(told, by_hand))
        a_test = evolve(ready(an_item(order), connection), test=True)
        leased = evolve(
            a_submission(connection, shipped), state=SubmissionState.SENDING, lease_until=NOW + 99 * MINUTE
        )
        await keep(opened, shop, connection, order, shipped, a_test, leased)
        async with opened.store.begin(shop) as work:
            await work.save_installation(Installation(shop_id=shop, state=AccountState.CLOSED))
        assert set() == await _due(opened, shop, NOW + timedelta(hours=1))

    async def test_a_redacted_order_is_left_alone(self, opened: Opened) -> None:
        """The store is not told of parcels once the person behind the order is forgotten."""
        shop = await a_shop(opened)
        order = an_order(shop)
        parcel = ItemShipment(number="1Z", quantity=1)
        shipped = an_item(order, status=Status.FULFILLED, shipments=(parcel,))
        await keep(opened, shop, order, shipped)
        await keep(opened, shop, evolve(order, redacted=True, version=1, events=()))
        assert set() == await _due(opened, shop, NOW)

    async def test_a_parcel_made_by_hand_is_told_when_asked(self, opened: Opened) -> None:
        """The merchant's own parcel is published only where the merchant wanted it."""
        shop = await a_shop(opened)
        order = an_order(shop)
        by_hand = ItemShipment(number="2", quantity=1, by_hand=True)
        item = an_item(order, status=Status.FULFILLED, shipments=(by_hand,), notify_store=True)
        await keep(opened, shop, order, item)
        assert {(DueKind.PUBLISH, order.id.hex)} == await _due(opened, shop, NOW)

    async def test_nothing_is_due_for_an_uninstalled_shop(self, opened: Opened) -> None:
        """Nobody works for a shop that took the app out."""
        shop = await a_shop(opened, uninstalled_at=NOW)
        order = an_order(shop)
        await keep(opened, shop, order, an_item(order))
        assert set() == await _due(opened, shop, NOW + timedelta(hours=9))

    async def test_one_kind_does_not_starve_another(self, opened: Opened) -> None:
        """The limit holds per kind."""
        shop = await a_shop(opened)
        order, connection = an_order(shop), a_connection(shop)
        items = [an_item(order) for _ in range(4)]
        await keep(opened, shop, order, connection, *items, a_submission(connection, items[0]))
        long_ago = NOW + timedelta(days=9)
        kinds = [due.kind for due in await opened.directory.due(long_ago, limit=1)]
        assert {DueKind.RENDER, DueKind.STUCK_GENERATING, DueKind.SUBMIT} <= set(kinds)
        assert len(kinds) == len(set(kinds))


class StoreConformance(RoundTrips, Transactions, Tenants, Guards, Searching, Watching):
    """Everything a store promises; the fixture `opened` gives each test a store."""


async def _made(
    opened: Opened, shop: ShopId, told: Sequence[tuple[str, str]], plans: Sequence[Mapping[str, Any]]
) -> Sequence[tuple[Order, OrderItem, str]]:
    accounts = {provider: a_connection(shop, provider=provider) for provider in _PROVIDERS}
    orders = [an_order(shop, name=name, email=email) for name, email in told]
    things = [(orders[plan["order"]], _planned(plan, orders, accounts), plan["provider"]) for plan in plans]
    await keep(opened, shop, *accounts.values(), *orders, *(item for _, item, _ in things))
    return things


def _planned(
    plan: Mapping[str, Any], orders: Sequence[Order], accounts: Mapping[str, Connection]
) -> OrderItem:
    account = accounts.get(plan["provider"])
    return an_item(
        orders[plan["order"]],
        title=plan["title"],
        status=plan["status"],
        created_at=plan["created_at"],
        flags=plan["flags"],
        connection_id=account.id if account else None,
    )


def _matches(wanted: ItemFilter, order: Order, item: OrderItem, platform: str) -> bool:
    return (
        wanted.order_name in ("", fold_order_name(order.name))
        and wanted.email in ("", fold_email(order.snapshot.customer.email))
        and _storable(wanted.title.casefold()) in _storable(item.product_title.casefold())
        and (wanted.created_from is None or item.created_at >= wanted.created_from)
        and (wanted.created_to is None or item.created_at < wanted.created_to)
        and (not wanted.platforms or platform in wanted.platforms)
        and item.status in wanted.shown
        and (item.needs_attention or not wanted.attention)
    )


def _storable(text: str) -> str:
    return text.replace("\0", "")


def _newest_first(things: Any) -> list[OrderItemId]:
    """Order as the list does: by creation, and among equals the last saved first."""
    items = [item for _, item, _ in things][::-1]
    return [item.id for item in sorted(items, key=lambda item: item.created_at, reverse=True)]


def _no_events(thing: Any) -> Mapping[str, Any]:
    return {"events": ()} if hasattr(thing, "events") else {}


def _a_font() -> ShopFont:
    return ShopFont(
        sha256="f" * 64,
        family="Brand",
        style="Bold",
        weight=700,
        licence="",
        characters=94,
        scripts=("Latin",),
        size=20_000,
        uploaded_at=NOW,
    )


def _a_delivery(shop: ShopId, id_: str) -> Delivery:
    return Delivery(
        source="shopify", shop_id=shop, delivery_id=id_, topic="orders/paid", received_at=NOW, body=b"\x00{}"
    )


async def _claimed(opened: Opened, shop: ShopId, now: datetime, *, limit: int = 50) -> list[Delivery]:
    found = await opened.inbox.claim(now=now, limit=limit)
    return [delivery for delivery in found if delivery.shop_id == shop]


async def _keep_and_fail(opened: Opened, shop: ShopId, order: Order, item: OrderItem) -> None:
    async with opened.store.begin(shop) as work:
        await work.orders.save(order)
        await work.items.save(item)
        raise LookupError


async def _renders(opened: Opened) -> int:
    return await _depth(opened, Kind.RENDER)


async def _depth(opened: Opened, kind: str) -> int:
    return sum(depth.ready + depth.scheduled for depth in await opened.queue.depth() if depth.kind == kind)


async def _due(opened: Opened, shop: ShopId, now: datetime) -> set[tuple[DueKind, str]]:
    found = await opened.directory.due(now, limit=10_000)
    return {(due.kind, due.id) for due in found if due.shop_id == shop}
