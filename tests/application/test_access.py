"""A shop's access to its store: one refresher at a time on either database, and what a refusal leads to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from attrs import define, evolve, field

from mockspark.application.credentials import StoredCredentials
from mockspark.application.errors import NotAuthorized, NotConnected, Unavailable
from mockspark.application.ports.storage import DueKind
from mockspark.application.use_cases.accounts import CheckAccounts, ConnectShop
from mockspark.domain.events import Flag
from mockspark.domain.shop import AccountState, Installation, Shop
from tests.application.dispatch import Dispatch
from tests.application.intake import ANA, SHOP, START, SettableClock, Workshop, an_order
from tests.store import OpenStore, open_store

PAIR: Final = {"client_id": "app", "access_token": "old", "refresh_token": "first"}


@define
class TokenDesk:
    """Whoever hands out tokens: counts, takes a while, and may lose an answer."""

    seen: list[str] = field(factory=list)
    failures: list[Exception] = field(factory=list)

    async def refresh(self, secrets: Mapping[str, str]) -> Mapping[str, str]:
        self.seen.append(secrets["refresh_token"])
        await asyncio.sleep(0.05)
        if self.failures:
            raise self.failures.pop()
        return {**secrets, "access_token": f"new-{len(self.seen)}", "refresh_token": f"next-{len(self.seen)}"}


@define
class HastyClock(SettableClock):
    """A clock on which every look takes a second, so that nobody waits for real."""

    def __call__(self) -> datetime:
        self.advance(seconds=1)
        return self.now


@pytest.fixture(params=["sqlite", "postgres"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """A shop with an expiring token, on each database in turn."""
    sqlite = f"sqlite:///{tmp_path / 'mockspark.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    async with open_store(url) as store:
        await store.directory.save_shop(Shop(id=SHOP, channel="memory", created_at=START))
        async with store.store.begin(SHOP) as work:
            await work.save_installation(Installation(shop_id=SHOP, channel="memory", credentials=PAIR))
        yield store


def credentials(opened: OpenStore, clock: SettableClock | None = None) -> StoredCredentials:
    return StoredCredentials(store=opened.store, shop=SHOP, clock=clock or HastyClock())


async def test_ten_renewals_at_once_call_once(opened: OpenStore) -> None:
    """Of ten who find the token stale one asks for another, and all get the same."""
    desk = TokenDesk()

    had = await asyncio.gather(*(credentials(opened).renew(PAIR, desk.refresh) for _ in range(10)))

    assert ["first"] == desk.seen
    assert [{**PAIR, "access_token": "new-1", "refresh_token": "next-1"}] * 10 == [dict(one) for one in had]
    assert had[0] == await credentials(opened).read()


async def test_a_refresher_that_died_is_taken_over(opened: OpenStore) -> None:
    """While its lease lives the others come back later; afterwards one of them goes on."""
    desk, clock = TokenDesk(), HastyClock()
    async with opened.store.begin(SHOP) as work:
        assert await work.leases.claim("credentials", now=clock.now, until=clock.now + timedelta(seconds=60))

    with pytest.raises(Unavailable, match="renewed elsewhere"):
        await evolve(credentials(opened, clock), patience=timedelta(seconds=3)).renew(PAIR, desk.refresh)
    assert [] == desk.seen
    clock.advance(seconds=60)

    assert "new-1" == (await credentials(opened, clock).renew(PAIR, desk.refresh))["access_token"]


async def test_a_lost_answer_is_asked_for_again(opened: OpenStore) -> None:
    """The former refresh token goes on working until the new pair is used: the next renewal takes it."""
    desk = TokenDesk(failures=[Unavailable("the answer was lost")])

    with pytest.raises(Unavailable):
        await credentials(opened).renew(PAIR, desk.refresh)
    had = await credentials(opened).renew(PAIR, desk.refresh)

    assert (["first", "first"], "new-2") == (desk.seen, had["access_token"])


async def test_a_late_answer_replaces_nothing_newer(opened: OpenStore) -> None:
    """Credentials that a person entered while a token was renewed stay."""
    newer = {"client_id": "another app", "access_token": "fixed"}

    async def slow(secrets: Mapping[str, str]) -> Mapping[str, str]:
        async with opened.store.begin(SHOP) as work:
            await work.save_installation(evolve(await work.installation(), credentials=newer))
        return {**secrets, "access_token": "late"}

    assert newer == await credentials(opened).renew(PAIR, slow)
    assert newer == await credentials(opened).read()


async def test_a_renewal_and_a_sweep_do_not_collide(opened: OpenStore) -> None:
    """How far the store was read is written beside a renewal, and neither is lost."""

    async def meanwhile(secrets: Mapping[str, str]) -> Mapping[str, str]:
        async with opened.store.begin(SHOP) as work:
            await work.save_installation(evolve(await work.installation(), read_until=START))
        return {**secrets, "access_token": "new"}

    await credentials(opened).renew(PAIR, meanwhile)

    access = await opened.directory.installation(SHOP)
    assert access is not None
    assert (START, "new") == (access.read_until, access.credentials["access_token"])


# What a refusal leads to


async def access(workshop: Workshop) -> Installation:
    found = await workshop.directory.installation(SHOP)
    assert found is not None
    return found


async def test_a_refused_fetch_marks_the_shop_broken(workshop: Workshop) -> None:
    """A store that refuses our credentials is not asked again in vain; the words say why."""
    workshop.channel.fail(NotAuthorized("the token is dead: connect the shop again"))

    with pytest.raises(NotAuthorized):
        await workshop.refresh_order(SHOP, an_order().ref, by=ANA)
    with pytest.raises(NotConnected, match="token is dead"):
        await workshop.refresh_order(SHOP, an_order().ref, by=ANA)

    known = await access(workshop)
    assert (AccountState.BROKEN, "the token is dead: connect the shop again") == (known.state, known.problem)
    assert ["fetch"] == workshop.channel.calls


async def test_a_refused_sweep_marks_the_shop_and_ends_there(workshop: Workshop) -> None:
    """The sweeper passes a broken shop by, and the mark stays where the last good sweep left it."""
    await workshop.reconcile(SHOP)
    before = await access(workshop)
    workshop.channel.fail(NotAuthorized("the token is dead"))

    with pytest.raises(NotAuthorized):
        await workshop.reconcile(SHOP)

    known = await access(workshop)
    assert (AccountState.BROKEN, before.read_until) == (known.state, known.read_until)
    assert [] == await sweeps_due(workshop)


async def sweeps_due(workshop: Workshop) -> list[str]:
    """Return the shops whose orders the sweeper would read now."""
    found = await workshop.directory.due(workshop.clock.now + timedelta(days=1))
    return [due.id for due in found if due.kind is DueKind.SWEEP_ORDERS]


async def test_a_store_that_is_away_is_not_broken(workshop: Workshop) -> None:
    """Only refused credentials need a person; everything else mends itself."""
    workshop.channel.fail(Unavailable("away"))

    with pytest.raises(Unavailable):
        await workshop.refresh_order(SHOP, an_order().ref, by=ANA)

    assert AccountState.ACTIVE is (await access(workshop)).state


async def test_connecting_again_repairs_a_broken_shop(workshop: Workshop) -> None:
    """New credentials open the shop again, and its orders are read from where the last sweep ended."""
    await workshop.reconcile(SHOP)
    before = await access(workshop)
    await broken(workshop)
    connect = ConnectShop(store=workshop.store, directory=workshop.directory, clock=workshop.clock)

    await connect(SHOP, channel="memory", credentials={"access_token": "new"})

    known = await access(workshop)
    assert (AccountState.ACTIVE, "", before.read_until) == (known.state, known.problem, known.read_until)
    assert [SHOP] == await sweeps_due(workshop)


async def broken(workshop: Workshop) -> None:
    """Have the store refuse us once."""
    workshop.channel.fail(NotAuthorized("the token is dead"))
    with pytest.raises(NotAuthorized):
        await workshop.reconcile(SHOP)


@pytest.mark.parametrize(
    ("failures", "state"),
    [([], AccountState.ACTIVE), ([NotAuthorized("still dead")], AccountState.BROKEN)],
)
async def test_a_check_that_works_repairs_a_broken_shop(
    bench: Dispatch, failures: list[Exception], state: AccountState
) -> None:
    """A check asks the store although it is marked, and believes what it finds."""
    shop = bench.shop
    await broken(shop)
    shop.channel.fail(*failures)
    check = CheckAccounts(store=shop.store, channels=shop.channels, providers=bench.providers)

    told = await check(SHOP)

    assert (state is AccountState.ACTIVE, state) == (told[0].works, (await access(shop)).state)


async def test_a_parcel_that_a_broken_shop_cannot_be_told_of_is_flagged(bench: Dispatch) -> None:
    """Nobody calls a broken shop; the item asks for a person, and clearing the flag tells the store later."""
    submission, (item, *_) = await bench.accepted(an_order())
    bench.provider.ship("1Z1")
    await bench.track(SHOP, submission.id)
    await broken(bench.shop)

    await bench.publish_shipments(SHOP, item.order_id)

    assert (Flag.STORE_NOT_TOLD,) == (await bench.shop.item(item.id)).flags
    assert [] == bench.shop.channel.published
