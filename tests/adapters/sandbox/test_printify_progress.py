"""How orders move at the local Printify: by time, by approval, by trouble and by hand."""

from datetime import timedelta

import anyio
import httpx
import pytest

from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_app import create_app
from mockspark.adapters.sandbox.printify_state import Pace, Settings, World
from mockspark.adapters.sandbox.serving import serve
from tests.adapters.sandbox.printify_client import (
    EUROPEAN_MUG,
    GREEN_HOODIE,
    MUG,
    POSTER,
    SHIRT,
    Printify,
    line,
    order,
    printify,
    sandbox_of,
)


async def _lines(pfy: Printify, order_id: str) -> list[str]:
    return [each["status"] for each in (await pfy.show(order_id))["line_items"]]


async def test_an_order_goes_its_way_in_time() -> None:
    """Each stage lasts as long as the pace says."""
    pace = Pace(pending_s=1, sending_s=2, production_s=3, parcel_gap_s=4, delivery_s=5)
    async with printify(Settings(pace=pace)) as pfy:
        order_id = await pfy.place(order("sub-1", line(MUG), line(EUROPEAN_MUG)))
        seen = []
        for step in (0, 1):
            pfy.sandbox.advance(step)
            seen.append(await pfy.status(order_id))
        await pfy.send(order_id)
        for step in (0, 2, 3, 4):
            pfy.sandbox.advance(step)
            seen.append(await pfy.status(order_id))
        assert [
            "pending",
            "on-hold",
            "sending-to-production",
            "in-production",
            "partially-fulfilled",
            "fulfilled",
        ] == seen


async def test_each_print_provider_sends_a_parcel_of_its_own(pfy: Printify) -> None:
    """Lines become fulfilled parcel by parcel; a parcel has a carrier, a number and no lines."""
    order_id = await pfy.place(order("sub-1", line(MUG), line(EUROPEAN_MUG), line(MUG)))
    await pfy.control(f"orders/{order_id}/advance", {"to": "partially-fulfilled"})
    assert ["fulfilled", "in-production", "fulfilled"] == await _lines(pfy, order_id)
    await pfy.control(f"orders/{order_id}/advance", {"to": "fulfilled"})
    shown = await pfy.show(order_id)
    assert ["usps", "dhl"] == [parcel["carrier"] for parcel in shown["shipments"]]
    assert 2 == len({parcel["number"] for parcel in shown["shipments"]})
    assert {"carrier", "number", "url", "delivered_at"} == set(shown["shipments"][0])


async def test_times_are_told_once_they_have_come(pfy: Printify) -> None:
    """Printify prints a blank between date and time."""
    order_id = await pfy.place()
    assert "sent_to_production_at" not in await pfy.show(order_id)
    pfy.sandbox.advance(10)
    await pfy.send(order_id)
    pfy.sandbox.advance(25)
    shown = await pfy.show(order_id)
    assert ["2026-11-25 12:00:00+00:00", "2026-11-25 12:00:10+00:00", "2026-11-25 12:00:35+00:00"] == [
        shown["created_at"],
        shown["sent_to_production_at"],
        shown["fulfilled_at"],
    ]
    assert shown["fulfilled_at"] == shown["metadata"]["shop_fulfilled_at"]
    assert None is shown["shipments"][0]["delivered_at"]
    pfy.sandbox.advance(60)
    assert "2026-11-25 12:01:35+00:00" == (await pfy.show(order_id))["shipments"][0]["delivered_at"]


@pytest.mark.parametrize("hours", [1, 24])
async def test_a_shop_may_send_by_itself(pfy: Printify, hours: int) -> None:
    """The trap of a new shop: what was meant as a draft is printed after a while."""
    pfy.sandbox.approve_after(pfy.account.shop.id, hours)
    order_id = await pfy.place()
    pfy.sandbox.advance(2 + hours * 3600 - 1)
    assert "on-hold" == await pfy.status(order_id)
    pfy.sandbox.advance(1)
    assert "sending-to-production" == await pfy.status(order_id)


async def test_a_shop_that_approves_by_hand_never_sends(pfy: Printify) -> None:
    """An order waits for ever."""
    order_id = await pfy.place()
    pfy.sandbox.advance(365 * 86_400)
    assert "on-hold" == await pfy.status(order_id)


async def test_a_line_that_needs_the_merchant_is_not_sent_by_itself(pfy: Printify) -> None:
    """Whatever the shop's approval says."""
    pfy.sandbox.approve_after(pfy.account.shop.id, 1)
    by_hand = {"personalisation_strategy": "manual", "personalisation_instructions": "x"}
    order_id = await pfy.place(order("sub-1", line(personalisation=by_hand)))
    pfy.sandbox.advance(86_400)
    assert "on-hold" == await pfy.status(order_id)


# -- trouble -----------------------------------------------------------------------------------------------


async def test_a_sold_out_blank_cannot_be_fulfilled(pfy: Printify) -> None:
    """The order is taken and gets stuck; with other lines beside it only that line has issues."""
    alone = await pfy.place(order("sub-1", line(GREEN_HOODIE)))
    beside = await pfy.place(order("sub-2", line(MUG), line(GREEN_HOODIE)))
    pfy.sandbox.advance(10)
    assert ("unfulfillable", ["has-issues"]) == (await pfy.status(alone), await _lines(pfy, alone))
    assert ("has-issues", ["on-hold", "has-issues"]) == (
        await pfy.status(beside),
        await _lines(pfy, beside),
    )


@pytest.mark.parametrize("status", ["has-issues", "unfulfillable", "source-check-failed", "canceled"])
async def test_a_variant_may_be_made_to_fail(pfy: Printify, status: str) -> None:
    """Every order with it ends up there, until the trouble is over."""
    await pfy.control("troubles", {"sku_or_variant": POSTER["variant_id"], "status": status})
    stuck = await pfy.place(order("sub-1", line(POSTER)))
    pfy.sandbox.advance(2)
    assert status == await pfy.status(stuck)
    await pfy.control("troubles", {"sku_or_variant": POSTER["variant_id"]})
    fine = await pfy.place(order("sub-2", line(POSTER)))
    pfy.sandbox.advance(2)
    assert "on-hold" == await pfy.status(fine)


async def test_a_payment_may_fail(pfy: Printify) -> None:
    """The order is charged when it is sent; then it can be cancelled, or sent again once there is money."""
    pfy.sandbox.trouble(MUG["variant_id"], "payment-not-received")
    order_id = await pfy.place()
    assert 200 == (await pfy.send(order_id)).status_code
    assert "payment-not-received" == await pfy.status(order_id)
    assert "sent_to_production_at" not in await pfy.show(order_id)
    pfy.sandbox.trouble(MUG["variant_id"], None)
    await pfy.send(order_id)
    assert "sending-to-production" == await pfy.status(order_id)


async def test_an_unknown_trouble_ends_silently(pfy: Printify) -> None:
    """Ending what never was changes nothing."""
    pfy.sandbox.trouble("NO-SUCH-SKU", None)
    assert {} == pfy.sandbox.world.troubles


# -- by hand -----------------------------------------------------------------------------------------------


async def test_an_order_is_brought_to_any_status(pfy: Printify) -> None:
    """Also to one that no client has heard of."""
    order_id = await pfy.place()
    shown = await pfy.control(f"orders/{order_id}/advance", {"to": "waiting-for-the-moon"})
    assert ("waiting-for-the-moon", ["pending"]) == (shown["status"], await _lines(pfy, order_id))


async def test_a_stuck_order_goes_on_when_it_is_helped(pfy: Printify) -> None:
    """From production on time takes over again."""
    order_id = await pfy.place()
    pfy.sandbox.advance_order(order_id, "has-issues")
    pfy.sandbox.advance_order(order_id, "in-production")
    pfy.sandbox.advance(20)
    assert ("fulfilled", ["fulfilled"]) == (await pfy.status(order_id), await _lines(pfy, order_id))


async def test_one_line_can_have_issues(pfy: Printify) -> None:
    """The others stay as they are."""
    order_id = await pfy.place(order("sub-1", line(MUG), line(SHIRT)))
    pfy.sandbox.advance(2)
    await pfy.control(f"orders/{order_id}/advance", {"to": "has-issues", "lines": [1]})
    assert ("has-issues", ["on-hold", "has-issues"]) == (
        await pfy.status(order_id),
        await _lines(pfy, order_id),
    )


async def test_one_line_can_be_shipped_first(pfy: Printify) -> None:
    """A parcel with only the chosen lines, though the same house prints both."""
    order_id = await pfy.place(order("sub-1", line(MUG), line(MUG)))
    pfy.sandbox.advance_order(order_id, "in-production")
    pfy.sandbox.advance_order(order_id, "fulfilled", lines=[1])
    assert ("partially-fulfilled", ["in-production", "fulfilled"]) == (
        await pfy.status(order_id),
        await _lines(pfy, order_id),
    )
    pfy.sandbox.advance(100)
    shown = await pfy.show(order_id)
    assert ("fulfilled", 2) == (shown["status"], len(shown["shipments"]))


async def test_a_tick_moves_every_order_by_one(pfy: Printify) -> None:
    """An order that has ended stays; what was planned for it is void once it moved."""
    first, second = await pfy.place(order("sub-1")), await pfy.place(order("sub-2"))
    await pfy.control(f"orders/{first}/tick")
    assert ["on-hold", "pending"] == [await pfy.status(first), await pfy.status(second)]
    assert {"moved": 2} == await pfy.control("tick")
    assert ["sending-to-production", "on-hold"] == [await pfy.status(first), await pfy.status(second)]
    pfy.sandbox.advance(1_000)
    assert ["fulfilled", "on-hold"] == [await pfy.status(first), await pfy.status(second)]
    assert {"moved": 0} == await pfy.control(f"orders/{first}/tick")


async def test_time_passes_while_nobody_moves_the_clock() -> None:
    """With a running clock orders move by themselves."""
    pace = Pace(pending_s=0.02, sending_s=0.02, production_s=0.02, delivery_s=0.02)
    sandbox = PrintifySandbox(settings=Settings(pace=pace))
    account = sandbox.open_account()
    account.shop.approval = timedelta(milliseconds=20)
    async with serve(create_app(sandbox)) as url:
        headers = {"Authorization": f"Bearer {account.token}", "User-Agent": "MockSpark/1.0"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as http:
            await http.post(f"/v1/shops/{account.shop.id}/orders.json", json=order())
        with anyio.fail_after(10):
            while sandbox.orders()[0]["status"] != "fulfilled":
                await anyio.sleep(0.01)


def test_equal_seeds_make_equal_worlds() -> None:
    """Ids depend on the seed and on what happened, on nothing else."""

    def ids(world: World) -> list[str]:
        return [world.id("order"), world.id("order"), world.uuid("event"), world.sku()]

    assert ids(sandbox_of(7).world) == ids(sandbox_of(7).world)
    assert ids(sandbox_of(7).world)[:3] != ids(sandbox_of(8).world)[:3]


async def test_equal_calls_make_equal_orders() -> None:
    """Whatever else was asked meanwhile."""
    told = []
    for reads in (0, 3):
        async with printify(seed=5) as pfy:
            for _ in range(reads):
                await pfy.get("/v1/shops.json")
            order_id = await pfy.place(order("sub-1", line(), line(SHIRT)))
            pfy.sandbox.advance_order(order_id, "fulfilled")
            told.append(await pfy.show(order_id))
    assert told[0] == told[1]
