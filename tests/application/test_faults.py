"""Bad input and faults, against a whole installation: nothing is lost, nothing is printed twice, and people are told.

The table of docs/concepts/faults.md names these tests and those of the parts.
"""

import ast
import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from mockspark.adapters.sandbox.faults import Fault as StoreFault
from mockspark.adapters.sandbox.printify_faults import Fault
from mockspark.adapters.sandbox.shopify_samples import MUG
from mockspark.application.ports.jobs import Retry, Snooze
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.application.views import ItemDetail
from mockspark.domain.holds import HoldReason
from mockspark.domain.status import Status
from mockspark.domain.submission import SubmissionState
from tests.adapters.http.signing import signed, told
from tests.world import ANA, World, line, open_world

ROOT: Final = Path(__file__).parents[2]
TABLE: Final = ROOT / "docs" / "concepts" / "faults.md"
PLACING: Final = r"orders\.json$"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


def test_the_table_of_faults_names_tests_that_there_are() -> None:
    """Every promise of the table is kept by a test of that name, and every line of the table has one."""
    rows = [row for row in TABLE.read_text().splitlines() if row.startswith("| ") and "::test_" in row]
    named = {
        (path, name) for row in rows for path, name in re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
    }

    assert len(rows) >= 20
    assert [] == [row for row in rows if not re.search(r"`tests/[\w/]+\.py::test_\w+`", row)]
    assert {} == {f"{path}::{name}": "missing" for path, name in named if name not in _tests(ROOT / path)}


def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


async def send(world: World, *faults: Fault) -> ItemDetail:
    """Return an item that was sent while *faults* befell the provider."""
    item = await world.ready()
    world.stand_ins.printify.faults.waiting.extend(faults)
    await world.spark.send_to_fulfill(world.shop, SendOrder(targets=Targets.of(item.id)), by=ANA)
    await world.spark.drain()
    world.stand_ins.printify.faults.waiting.clear()
    return await world.spark.show_item(world.shop, item.id)


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ({"kind": "reset"}, 0),
        ({"kind": "reset", "after_commit": True}, 1),
        ({"kind": "malformed_json"}, 1),
        ({"kind": "status", "status": 500}, 0),
        ({"kind": "status", "status": 500, "after_commit": True}, 1),
        ({"kind": "status", "status": 503, "after_commit": True}, 1),
    ],
)
async def test_a_provider_whose_answer_is_lost_is_never_sent_to_twice(
    world: World, fault: dict[str, Any], arrived: int
) -> None:
    """The item waits as Sending, and however often we try at once, one order at most is at the provider."""
    item = await send(world, Fault(method="POST", path_regex=PLACING, **fault))
    assert item.fulfillment is not None

    before = len(await world.printed())
    for _ in range(3):
        with suppress(Retry, Snooze):
            await world.spark.submit(world.shop, item.fulfillment.submission_id)
    await world.spark.drain()

    assert (Status.SENDING, arrived) == (item.row.status, before)
    assert 1 >= len(await world.printed())


async def test_a_provider_that_asks_for_patience_is_given_it(world: World) -> None:
    """Too many requests: nothing is placed, nobody is told of a failure, and the item goes on later."""
    busy = Fault(kind="status", status=429, retry_after=1, method="POST", path_regex=PLACING)
    item = await send(world, busy)

    await asyncio.sleep(1.2)
    await world.spark.drain()
    later = await world.spark.show_item(world.shop, item.row.id)

    assert (Status.SENDING, ()) == (item.row.status, item.row.flags)
    assert (Status.BEING_FULFILLED, 1) == (later.row.status, len(await world.printed()))


async def test_a_slow_provider_is_waited_for(world: World) -> None:
    """An answer that takes its time is an answer."""
    item = await send(world, Fault(kind="slow", seconds=1.0, method="POST", path_regex=PLACING))

    assert Status.BEING_FULFILLED is item.row.status


async def test_a_refusal_that_nobody_knows_holds_with_its_words(world: World) -> None:
    """A code that we never saw is no riddle: the item waits for a person, the words beside it."""
    words = {"status": "error", "code": 99_999, "message": "No.", "errors": {"reason": "the moon is full"}}
    item = await send(world, Fault(kind="status", status=400, body=words, method="POST", path_regex=PLACING))
    assert item.fulfillment is not None

    assert (Status.ON_HOLD, HoldReason.PROVIDER_REJECTED) == (item.row.status, item.row.hold_reason)
    assert SubmissionState.REFUSED is item.fulfillment.state
    assert "the moon is full" in item.fulfillment.words


async def test_a_status_that_nobody_knows_is_kept_as_it_is(world: World) -> None:
    """The provider's new word stands on the item, and the item stays where it is."""
    item = await send(world)
    assert item.fulfillment is not None
    (order,) = await world.printed()
    lines = [{**part, "status": "being-blessed"} for part in order["line_items"]]
    blessed = {**order, "status": "being-blessed", "line_items": lines}
    new = Fault(kind="status", status=200, body=blessed, method="GET")
    world.stand_ins.printify.faults.waiting.append(new)

    await world.spark.track(world.shop, item.fulfillment.submission_id)
    now = await world.spark.show_item(world.shop, item.row.id)
    assert now.fulfillment is not None

    assert (Status.BEING_FULFILLED, "being-blessed") == (now.row.status, now.fulfillment.raw_status)


async def test_pictures_that_cannot_be_had_hold_their_items_alone(world: World) -> None:
    """Not there, no picture, private, not a web address: each item waits with its reason, the good one is ready."""
    store = world.stand_ins.shopify_url
    pictures = {
        f"{store}/pictures/300x200/good.png": "",
        f"{store}/nothing.png": "404",
        f"{store}/pictures/300x200/broken.png": "damaged",
        f"{store}/__sandbox__/shops": "no JPEG, PNG or WebP",
        "https://169.254.169.254/latest/meta-data.png": "public",
        "https://127.0.0.1/x.png": "public",
        "http://10.0.0.1/x.png": "https",
    }
    for address in pictures:
        world.order(line(MUG, {"_design_url": address}))
    await world.taken_in()

    rows = await world.rows()

    for row, words in zip(rows, pictures.values(), strict=True):
        reason = HoldReason.RENDER_FAILED if words else None
        assert (reason, True) == (row.hold_reason, words in row.hold_note), row.hold_note
    assert [Status.READY_TO_FULFILL] == [row.status for row in rows if row.hold_reason is None]


async def test_a_store_that_is_away_loses_no_delivery(world: World) -> None:
    """Its webhook is taken in all the same; what it told is believed until the store can be asked."""
    placed = world.order()
    body = told(world, placed)
    world.stand_ins.shopify.faults.add(StoreFault(kind="status", status=503, times=100))

    answer = await world.client.post("/webhooks/shopify", content=body, headers=signed(world, body))
    await world.spark.drain()
    during = len(await world.rows())
    world.stand_ins.shopify.faults.waiting.clear()
    await world.taken_in()

    assert 200 == answer.status_code
    assert (1, 1) == (during, len(await world.rows()))


async def test_deliveries_in_any_order_end_in_the_stores_state(world: World) -> None:
    """The newest news first, the oldest last, one twice: the item ends as the store has it."""
    placed = world.order()
    old = told(world, placed)
    world.stand_ins.merchant.annotate(placed.id, note="Please hurry")
    new = told(world, placed)

    for body, topic in ((new, "orders/updated"), (old, "orders/paid"), (new, "orders/updated")):
        await world.client.post("/webhooks/shopify", content=body, headers=signed(world, body, topic=topic))
        await world.spark.drain()
    (row,) = await world.rows()
    shown = await world.spark.show_item(world.shop, row.id)

    assert ("Please hurry", ()) == (shown.note, shown.row.flags)
