"""`mockspark demo`: the main job end to end, on local stand-ins, with every case a shop meets."""

import argparse
import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from attrs import evolve, frozen

from mockspark.adapters.sandbox.shopify_merchant import PlacedSample
from mockspark.application.errors import Unavailable
from mockspark.application.filters import ItemFilter, Page
from mockspark.application.targets import Targets
from mockspark.application.use_cases.accounts import SCOPES
from mockspark.application.views import FilteredRow, ItemRow
from mockspark.domain.catalog import Listing, Match, ProviderVariant
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ConnectionId, ListingId, ShopId
from mockspark.domain.money import Money
from mockspark.domain.status import Status
from mockspark.entrypoints import http
from mockspark.entrypoints.cli.accounts import BY
from mockspark.entrypoints.cli.arguments import Commands, command
from mockspark.entrypoints.cli.output import Bar, Exit, Voice
from mockspark.entrypoints.cli.serving import in_folder, stopped_by_signal
from mockspark.entrypoints.cli.work import parts, ready, send_all, written
from mockspark.entrypoints.runtime import Runtime, open_runtime
from mockspark.entrypoints.settings import read_settings
from mockspark.entrypoints.stand_ins import StandIns, open_stand_ins, products

_MARK: Final = ".mockspark-demo"
_PATIENCE_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.1
_STEP_S: Final = 45.0
"""How far the stand-ins' clock is moved at once while orders are followed to their end."""

_MOVING: Final = frozenset({Status.GENERATING, Status.SENDING})


@frozen(kw_only=True)
class Stage:
    """One demonstration under way."""

    runtime: Runtime
    stand_ins: StandIns
    shop: ShopId
    connection: ConnectionId
    voice: Voice
    folder: Path


@frozen(kw_only=True)
class Outcome:
    """What became of one line of one order, and what was to become of it."""

    scenario: str
    order: str
    title: str
    quantity: int
    expected: str
    got: str
    parcel: str = ""
    tracking: str = ""
    note: str = ""

    @property
    def right(self) -> bool:
        """Tell whether it ended as it should."""
        return self.expected == self.got


def add(commands: Commands) -> None:
    """Describe the command."""
    demo = command(
        commands, "demo", "Take 50 paid orders from the shop to the parcel, on local stand-ins.", _demo
    )
    demo.add_argument("--once", action="store_true", help="end after the table instead of staying up")
    demo.add_argument("--orders", type=int, default=50, help="how many (default: %(default)s)")
    demo.add_argument("--seed", type=int, default=0, help="other orders for another number")
    demo.add_argument(
        "--folder", type=Path, default=Path("demo-data"), help="where files go (default: %(default)s)"
    )
    demo.add_argument(
        "--port", type=int, default=8000, help="port to stay up on (default: %(default)s, or a free one)"
    )


async def _demo(chosen: argparse.Namespace, voice: Voice) -> Exit:
    began = time.monotonic()
    stop = stopped_by_signal()
    folder = _fresh(chosen.folder)
    address = f"http://127.0.0.1:{_port(chosen.port)}"
    async with AsyncExitStack() as closing:
        stand_ins = await closing.enter_async_context(open_stand_ins(seed=chosen.seed))
        settings = read_settings(
            **in_folder(folder),
            public_url=address,
            private_hosts=frozenset({urlsplit(stand_ins.shopify_url).netloc}),
        )
        runtime = await closing.enter_async_context(open_runtime(settings, sweep_every=1.0))
        closing.push_async_callback(_stopped, stop, await _served(runtime, address, stop))
        stage = await _connected(runtime, stand_ins, voice, folder)
        outcomes = await _played(stage, chosen.orders)
        wrong = await _shown(stage, outcomes, time.monotonic() - began)
        if not chosen.once:
            await _stay(stage, address, stop)
    return Exit.FAILED if wrong else Exit.DONE


def _fresh(folder: Path) -> Path:
    """Begin in an empty folder; only one that an earlier demonstration made is emptied."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / _MARK).exists():
            raise InvalidValue(f"{folder} is not empty and not the demo's: name another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
    return folder.resolve()


def _port(wished: int) -> int:
    """Return *wished* if it is free, else another."""
    try:
        return http.claim_port("127.0.0.1", wished)
    except Unavailable:
        return http.claim_port("127.0.0.1", 0)


async def _served(runtime: Runtime, address: str, stop: asyncio.Event) -> "asyncio.Task[None]":
    parts_ = urlsplit(address)
    opened = asyncio.Event()
    running = asyncio.create_task(
        http.serve(
            runtime, host=str(parts_.hostname), port=int(parts_.port or 0), stop=stop, opened=opened.set
        )
    )
    waiting = asyncio.create_task(opened.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if running.done():
        await running
    return running


async def _stopped(stop: asyncio.Event, running: "asyncio.Task[None]") -> None:
    stop.set()
    await running


# Setting up


async def _connected(runtime: Runtime, stand_ins: StandIns, voice: Voice, folder: Path) -> Stage:
    spark, shop = runtime.spark, ShopId(stand_ins.shop.domain)
    with voice.progress("Connecting the shop and the provider"):
        await spark.connect_shop(
            shop,
            channel="shopify",
            credentials={
                "client_id": stand_ins.shop.client_id,
                "client_secret": stand_ins.shop.client_secret,
                "access_token": stand_ins.shop.access_token,
            },
            api_url=stand_ins.shopify_url,
        )
        connection = await spark.connect_provider(
            shop,
            provider="printify",
            settings={
                "token": stand_ins.described["printify_token"],
                "shop_id": str(stand_ins.provider_shop),
            },
            api_url=stand_ins.printify_url,
        )
        known = await spark.show_shop(shop)
        # Nobody sits here to press Undo.
        await spark.update_rules(shop, evolve(known.rules, grace_s=0))
        for broken in (check for check in await spark.check_accounts(shop) if not check.works):
            raise Unavailable(f"{broken.account}: {broken.words}")
        for listing in _listings(shop, connection.id):
            await spark.save_listing(shop, listing, by=BY)
    return Stage(
        runtime=runtime,
        stand_ins=stand_ins,
        shop=shop,
        connection=connection.id,
        voice=voice,
        folder=folder,
    )


def _listings(shop: ShopId, connection: ConnectionId) -> Iterator[Listing]:
    for product in products():
        yield Listing(
            id=ListingId(uuid4()),
            shop_id=shop,
            match=Match.VARIANT,
            key=str(product.sold.variant_id),
            title=f"{product.sold.title}, {product.sold.variant_title}",
            connection_id=connection,
            provider_variant=ProviderVariant(keys=product.keys, title=product.title),
            print_areas=product.areas,
            template=product.template,
            available=product.sold.in_stock,
        )


# From the order to the parcel


async def _played(stage: Stage, count: int) -> Sequence[Outcome]:
    voice = stage.voice
    placed = stage.stand_ins.place(count)
    with voice.progress("Taking orders in and rendering") as bar:
        await _rest(stage, lambda: _taken_in(stage, placed, bar))
    stage.stand_ins.merchant.follow_up(placed)
    with voice.progress("Following what the shop changes") as bar:
        await _rest(stage, lambda: _followed(stage, placed, bar))
    report = await send_all(
        stage.runtime.spark, stage.shop, await ready(stage.runtime.spark, stage.shop), voice
    )
    with voice.progress("Printing and shipping", len(report.done)) as bar:
        await _rest(stage, lambda: _fulfilled(stage, bar))
    with voice.progress("Telling the shop") as bar:
        await _rest(stage, lambda: _told(stage, bar))
    return await _outcomes(stage, placed)


async def _rest(stage: Stage, done: Callable[[], Awaitable[bool]]) -> None:
    """Wait until *done*; raises Unavailable with where things stand when it takes too long."""
    until = time.monotonic() + _PATIENCE_S
    while not await done():
        if time.monotonic() > until:
            counters = await stage.runtime.spark.counters(stage.shop)
            standing = {status.value: count for status, count in counters.items() if count}
            raise Unavailable(f"the demonstration got stuck at {standing}: `mockspark doctor` says why")
        await asyncio.sleep(_LOOK_EVERY_S)


async def _taken_in(stage: Stage, placed: Sequence[PlacedSample], bar: Bar) -> bool:
    # What is paid later is taken in later.
    wished = len(_wished(each for each in placed if each.sample.then != "pay"))
    counters = await stage.runtime.spark.counters(stage.shop)
    items = sum(counters.values())
    bar.at(items - counters[Status.GENERATING], total=wished)
    return items >= wished and not counters[Status.GENERATING] and await _inbox_empty(stage)


async def _followed(stage: Stage, placed: Sequence[PlacedSample], bar: Bar) -> bool:
    wished = _wished(placed)
    counters = await stage.runtime.spark.counters(stage.shop)
    items = sum(counters.values())
    bar.at(items, total=len(wished))
    still = counters[Status.GENERATING] or counters[Status.CANCELED] < wished.count("canceled")
    return items >= len(wished) and not still and await _inbox_empty(stage)


def _wished(placed: Iterable[PlacedSample]) -> Sequence[str]:
    """Return how every line that becomes an item should end."""
    outcomes = (outcome for each in placed for outcome in each.sample.expected)
    return [outcome for outcome in outcomes if not outcome.startswith(("filtered:", "ignored"))]


async def _inbox_empty(stage: Stage) -> bool:
    depths = await stage.runtime.queue.depth()
    waiting = sum(depth.ready + depth.running for depth in depths)
    await stage.stand_ins.shopify.settle()
    return waiting == 0


async def _fulfilled(stage: Stage, bar: Bar) -> bool:
    counters = await stage.runtime.spark.counters(stage.shop)
    bar.at(counters[Status.FULFILLED])
    if not counters[Status.SENDING]:
        stage.stand_ins.advance(_STEP_S)
        await stage.stand_ins.printify.settle()
    return not (counters[Status.SENDING] or counters[Status.BEING_FULFILLED])


async def _told(stage: Stage, bar: Bar) -> bool:
    rows = await _rows(stage)
    shipped = sum(1 for row in rows if row.tracking)
    bar.at(shipped, total=shipped)
    return await _inbox_empty(stage)


# What became of it


async def _rows(stage: Stage) -> Sequence[ItemRow]:
    rows: list[ItemRow] = []
    after = ""
    wanted = ItemFilter(statuses=frozenset(Status))
    while True:
        page = await stage.runtime.spark.search_items(stage.shop, wanted, Page(after=after, limit=250))
        rows.extend(page.rows)
        after = page.next
        if not after:
            return rows


async def _filtered(stage: Stage) -> Sequence[FilteredRow]:
    rows: list[FilteredRow] = []
    after = ""
    while True:
        page = await stage.runtime.spark.import_log(stage.shop, Page(after=after, limit=250))
        rows.extend(page.rows)
        after = page.next
        if not after:
            return rows


async def _outcomes(stage: Stage, placed: Sequence[PlacedSample]) -> Sequence[Outcome]:
    rows = await _rows(stage)
    details = {row.id: await stage.runtime.spark.show_item(stage.shop, row.id) for row in rows}
    by_line = {details[row.id].store_line.rpartition(":")[2]: row for row in rows}
    left_out = {row.line.rpartition(":")[2]: row for row in await _filtered(stage)}
    return [
        _outcome(each, str(line.id), line.title, line.quantity, expected, by_line, left_out)
        for each in placed
        for line, expected in zip(each.order.lines, each.sample.expected, strict=True)
    ]


def _outcome(
    each: PlacedSample,
    line: str,
    title: str,
    quantity: int,
    expected: str,
    items: Mapping[str, ItemRow],
    left_out: Mapping[str, FilteredRow],
) -> Outcome:
    told = {"scenario": each.sample.scenario, "order": each.order.name, "title": title, "expected": expected}
    row = items.get(line)
    if row is None:
        why = left_out.get(line)
        got = f"filtered:{why.why.value}" if why else "ignored"
        return Outcome(**told, quantity=quantity, got=got)
    held = f":{row.hold_reason.value}" if row.hold_reason else ""
    return Outcome(
        **told,
        quantity=row.quantity,
        got=f"{row.status.value}{held}",
        parcel=" ".join(row.provider_orders)[-6:],
        tracking=" ".join(row.tracking),
        note=row.hold_note,
    )


async def _shown(stage: Stage, outcomes: Sequence[Outcome], seconds: float) -> int:
    wrong = [outcome for outcome in outcomes if not outcome.right]
    saving = await _saving(stage)
    await _left_behind(stage)
    ended = Counter(outcome.got.partition(":")[0] for outcome in outcomes)
    stage.voice.table(
        ("order", "scenario", "product", "qty", "ended as", "parcel", "tracking", ""),
        [
            (
                outcome.order,
                outcome.scenario,
                outcome.title,
                str(outcome.quantity),
                outcome.got,
                outcome.parcel,
                " ".join(number[-4:] for number in outcome.tracking.split()),
                "" if outcome.right else f"WRONG, not {outcome.expected}: {outcome.note}",
            )
            for outcome in outcomes
        ],
        answer={"outcomes": outcomes, "wrong": len(wrong), "saving": saving, "seconds": round(seconds, 1)},
    )
    counted = ", ".join(f"{count} {name}" for name, count in ended.most_common())
    stage.voice.say(f"\n{len(outcomes)} lines in {seconds:.0f} s: {counted}.")
    stage.voice.say(f"Shipping saved by travelling together: {saving or 'nothing'}")
    stage.voice.say(f"Production files and order-items.csv lie in {stage.folder}")
    return len(wrong)


async def _saving(stage: Stage) -> Money | None:
    """Add up what each parcel saved, once per parcel."""
    savings: dict[object, Money] = {}
    for row in await _rows(stage):
        detail = await stage.runtime.spark.show_item(stage.shop, row.id)
        if detail.fulfillment is not None and detail.fulfillment.saving is not None:
            savings[detail.fulfillment.submission_id] = detail.fulfillment.saving
    amounts = list(savings.values())
    return sum(amounts[1:], start=amounts[0]) if amounts else None


async def _left_behind(stage: Stage) -> None:
    """Leave the CSV and the production files to look at."""
    spark = stage.runtime.spark
    every = ItemFilter(statuses=frozenset(Status))
    pieces = [piece async for piece in spark.export_csv(stage.shop, every)]
    (stage.folder / "order-items.csv").write_text("".join(pieces), newline="")
    printed = [row.id for row in await _rows(stage) if row.status is Status.FULFILLED]
    for number, part in enumerate(parts(printed), 1):
        await written(
            stage.folder / f"production-files-{number}.zip",
            spark.download_files(stage.shop, Targets.of(*part.items)),
        )


async def _stay(stage: Stage, address: str, stop: asyncio.Event) -> None:
    made = await stage.runtime.spark.create_token(stage.shop, name="demo", scopes=SCOPES)
    stage.voice.say(f"\nMockSpark stays up at {address}  (stop with Ctrl+C)")
    stage.voice.say(f"API and its description: {address}/api/docs  (the token is the password)")
    stage.voice.say(f"Token: {made.token}")
    stage.voice.say(
        f'Try: curl -H "Authorization: Bearer {made.token}" "{address}/api/v1/items?status=on_hold"'
    )
    await stop.wait()
