"""The sweeper takes up what a dead process had in its hands."""

from datetime import timedelta

from attrs import evolve

from mockspark.adapters.sql.inbox import LEASE
from mockspark.application.reactions import Kind
from tests.application.acts import swept
from tests.application.dispatch import Dispatch
from tests.application.intake import SHOP, an_order
from tests.application.test_deliveries import deliver, open_deliveries, told, working


async def test_a_delivery_that_a_killed_worker_held_is_taken_up_again(bench: Dispatch) -> None:
    """Its job ended with nothing to do while the lease ran: afterwards the sweeper queues another (I9)."""
    shop = bench.shop
    await deliver(shop, told(an_order()))
    assert await shop.inbox.claim(now=shop.clock())
    await swept(bench)
    assert 1 == (await shop.queued())[Kind.INBOX]

    shop.clock.now += LEASE + timedelta(minutes=1)
    await swept(bench)
    await swept(bench)
    assert 2 == (await shop.queued())[Kind.INBOX]
    assert 1 == await working(shop)()
    assert 0 == await open_deliveries(shop)


async def test_what_a_shop_said_before_it_left_is_taken_up_too(bench: Dispatch) -> None:
    """A shop that removed us may still ask for its customers to be forgotten."""
    shop = bench.shop
    await deliver(shop, told(an_order()))
    known = await shop.directory.shop(SHOP)
    assert known is not None
    await shop.directory.save_shop(evolve(known, uninstalled_at=shop.clock()))

    shop.clock.now += LEASE
    await swept(bench)
    assert 2 == (await shop.queued())[Kind.INBOX]
