"""The installed providers with the core around them: accounts sealed in the database, limits in the same one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve, frozen
from sqlalchemy import text

from mockspark.adapters.fulfillment import manual, printify
from mockspark.adapters.jobs.limits import SqlRateLimiter
from mockspark.adapters.plugins import InstalledProviders
from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_app import create_app
from mockspark.adapters.sandbox.serving import serve
from mockspark.application.ports.jobs import Retry, Snooze
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.domain.catalog import ProviderVariant
from mockspark.domain.holds import HoldReason
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import AccountState, Connection, Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import Submission, SubmissionState
from tests.application.dispatch import OPEN, Dispatch, two_orders
from tests.application.intake import ANA, PRINTER, SHOP, START, Workshop, an_order
from tests.databases import POSTGRESQL, SQLITE, prepared_database
from tests.postgres import postgres_server
from tests.store import OpenStore, open_store

__all__ = ["postgres_server"]

TOKEN: Final = "pfy_behind_the_core"
DATABASES: Final = [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)]
MUG: Final = ProviderVariant(keys={"blueprint_id": "68", "print_provider_id": "9", "variant_id": "33719"})


@frozen(kw_only=True)
class Core:
    """A shop whose items go to an installed provider."""

    bench: Dispatch
    opened: OpenStore
    providers: InstalledProviders
    far_end: PrintifySandbox

    async def send(self, *items: OrderItem) -> Submission:
        """Send *items* and return their submission."""
        act = evolve(self.bench.send_to_fulfill, providers=self.providers)
        report = await act(SHOP, SendOrder(targets=Targets.of(*(item.id for item in items))), by=ANA)
        assert not report.refused, report.refused
        return await self.bench.submission(report.results[0].submission_id)

    async def turn(self, submission: Submission) -> Submission:
        """Let a sender take one turn, at its time."""
        now = await self.bench.submission(submission.id)
        clock = self.bench.shop.clock
        clock.now = max(clock.now, now.not_before, now.lease_until or START)
        try:
            await evolve(self.bench.submit, providers=self.providers)(SHOP, submission.id)
        except (Snooze, Retry):
            clock.advance(seconds=1)
        return await self.bench.submission(submission.id)

    async def run(self, submission: Submission, turns: int = 10) -> Submission:
        """Let senders take turns until sending is over."""
        for _ in range(turns):
            submission = await self.turn(submission)
            if submission.state not in OPEN:
                return submission
        raise AssertionError("sending does not end")

    async def cancel(self, *items: OrderItem) -> None:
        """Ask for *items* to be cancelled, and ask the provider."""
        act = evolve(self.bench.cancel_items)
        await act(SHOP, Targets.of(*(item.id for item in items)), by=ANA)
        for item in items:
            await evolve(self.bench.carry_out_cancel, providers=self.providers)(SHOP, item.id)

    async def track(self, submission: Submission) -> None:
        """Look at the provider's orders."""
        await evolve(self.bench.track, providers=self.providers)(SHOP, submission.id)


@pytest.fixture(params=DATABASES)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """A prepared store on each database in turn."""
    if request.param == POSTGRESQL:
        request.getfixturevalue("postgres_server")
    with prepared_database(request.param, tmp_path) as url:
        async with open_store(url) as store:
            yield store


@pytest.fixture
async def far_end() -> AsyncIterator[tuple[PrintifySandbox, Connection]]:
    """A Printify over loopback, and the account there."""
    sandbox = PrintifySandbox()
    sandbox.set(fetch_files=False, min_dpi=1, accept_duplicates=True)
    account = sandbox.open_account(token=TOKEN)
    async with serve(create_app(sandbox)) as address:
        settings = {"token": TOKEN, "shop_id": str(next(iter(account.shops)))}
        yield sandbox, _account("printify", settings, api_url=address)


@pytest.fixture
async def printers(opened: OpenStore, far_end: tuple[PrintifySandbox, Connection]) -> AsyncIterator[Core]:
    """A shop that prints at Printify."""
    async for core in _core(opened, *far_end):
        yield core


@pytest.fixture
async def by_hand(opened: OpenStore) -> AsyncIterator[Core]:
    """A shop that prints by itself."""
    async for core in _core(opened, PrintifySandbox(), _account("manual", {"shipping_price": "490"})):
        yield core


def _account(provider: str, settings: dict[str, str], **more: Any) -> Connection:
    return Connection(
        id=PRINTER, shop_id=SHOP, provider=provider, settings=settings, created_at=START, **more
    )


async def _core(opened: OpenStore, far_end: PrintifySandbox, account: Connection) -> AsyncIterator[Core]:
    shop = Workshop(
        store=opened.store,
        directory=opened.directory,
        inbox=opened.inbox,
        queries=opened.queries,
        engine=opened.engine,
    )
    bench = Dispatch(shop=shop)
    await shop.open()
    await shop.decide(Rules(grace_s=0))
    async with shop.store.begin(SHOP) as work:
        (known,) = await work.connections.all()
        await work.connections.save(evolve(account, version=known.version))
    await shop.list_mug(provider_variant=MUG)
    providers = InstalledProviders(
        plugins={"printify": printify.PLUGIN, "manual": manual.PLUGIN},
        limiter=SqlRateLimiter(opened.engine),
    )
    try:
        yield Core(bench=bench, opened=opened, providers=providers, far_end=far_end)
    finally:
        await providers.aclose()


async def test_two_orders_for_one_door_are_accepted_once(printers: Core) -> None:
    """Both are one order at the provider, and a sender that comes again adds none."""
    items = await printers.bench.ready(*two_orders())
    submission = await printers.run(await printers.send(*items))
    await printers.turn(submission)

    (order,) = printers.far_end.orders()
    assert SubmissionState.ACCEPTED is submission.state
    assert {str(item.id) for item in items} == {
        line["metadata"]["external_id"] for line in order["line_items"]
    }
    assert [Status.BEING_FULFILLED] * 2 == await printers.bench.statuses(*items)


async def test_an_account_is_sealed_and_its_limit_lies_beside_it(printers: Core) -> None:
    """No table shows the token; the calls are counted under the account, in the same database."""
    (item,) = await printers.bench.ready()
    await printers.run(await printers.send(item))

    async with printers.opened.engine.connect() as connection:
        accounts = (await connection.execute(text("SELECT * FROM mockspark_connection"))).all()
        limits = (await connection.execute(text("SELECT key FROM mockspark_rate"))).scalars().all()
    assert TOKEN not in str(accounts)
    assert limits


async def test_a_refusal_holds_the_item_with_the_providers_words(printers: Core) -> None:
    """What the provider does not take waits for a person."""
    words = {"status": "error", "code": 8150, "message": "The address is no place on earth", "errors": {}}
    printers.far_end.fail("status", status=400, body=words, method="POST", path_regex=r"orders\.json$")
    (item,) = await printers.bench.ready()
    submission = await printers.run(await printers.send(item))

    held = await printers.bench.shop.item(item.id)
    assert SubmissionState.REFUSED is submission.state
    assert (Status.ON_HOLD, []) == (held.status, printers.far_end.orders())
    assert held.hold is not None
    assert HoldReason.PROVIDER_REJECTED is held.hold.reason
    assert "place on earth" in held.hold.note


@pytest.mark.parametrize("kind", ["reset", "status"])
async def test_an_order_whose_answer_was_lost_is_adopted(printers: Core, kind: str) -> None:
    """The provider would take it twice; the next turn finds it instead."""
    printers.far_end.fail(kind, after_commit=True, method="POST", path_regex=r"orders\.json$")
    (item,) = await printers.bench.ready()
    sent = await printers.send(item)
    doubtful = await printers.turn(sent)
    assert (SubmissionState.SENDING, 1) == (doubtful.state, len(printers.far_end.orders()))

    submission = await printers.run(sent)
    assert SubmissionState.ACCEPTED is submission.state
    assert [order["id"] for order in printers.far_end.orders()] == [
        order.ref.id for order in submission.provider_orders
    ]


async def test_a_cancel_reaches_the_provider_in_time(printers: Core) -> None:
    """An order that is not on the press yet ends at both sides."""
    (item,) = await printers.bench.ready()
    submission = await printers.run(await printers.send(item))
    printers.far_end.advance_order(submission.provider_orders[0].ref.id, "on-hold")
    await printers.cancel(item)

    (order,) = printers.far_end.orders()
    assert "canceled" == order["status"]
    assert [Status.CANCELED] == await printers.bench.statuses(item)


async def test_refused_credentials_mark_the_account(printers: Core) -> None:
    """Nobody tries an account in vain whose token is not believed."""
    printers.far_end.fail("status", status=401, times=5)
    (item,) = await printers.bench.ready()
    await printers.run(await printers.send(item))

    async with printers.opened.store.begin(SHOP) as work:
        (account,) = await work.connections.all()
    assert AccountState.BROKEN is account.state
    assert [Status.ON_HOLD] == await printers.bench.statuses(item)


async def test_a_parcel_at_the_provider_ends_its_items(printers: Core) -> None:
    """Tracking reads what was shipped, once however often it looks."""
    items = await printers.bench.ready(*two_orders())
    submission = await printers.run(await printers.send(*items))
    printers.far_end.advance_order(submission.provider_orders[0].ref.id, "fulfilled")
    await printers.track(submission)
    await printers.track(submission)

    now = [await printers.bench.shop.item(item.id) for item in items]
    assert [Status.FULFILLED] * 2 == [item.status for item in now]
    assert [1, 1] == [len(item.shipments) for item in now]
    assert 1 == len({item.shipments[0].number for item in now})


async def test_what_we_print_ourselves_is_accepted_and_stays_until_a_person_says_so(by_hand: Core) -> None:
    """The same use cases serve a print room of one's own: accepted once, tracked, cancelled."""
    first, second = await by_hand.bench.ready(an_order(1001), an_order(1002))
    submission = await by_hand.run(await by_hand.send(first, second))
    await by_hand.turn(submission)
    await by_hand.track(submission)

    assert SubmissionState.ACCEPTED is submission.state
    assert [submission.id.hex] == [order.ref.id for order in submission.provider_orders]
    assert [Status.BEING_FULFILLED] * 2 == await by_hand.bench.statuses(first, second)
    await by_hand.cancel(first, second)
    assert [Status.CANCELED] * 2 == await by_hand.bench.statuses(first, second)
