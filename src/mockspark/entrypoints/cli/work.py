"""Commands that act on orders: read them, send items, take data along."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from mockspark.application.facade import MockSpark
from mockspark.application.filters import ItemFilter, Page
from mockspark.application.targets import MOST_ITEMS, Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.application.views import BulkReport, RowResult
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.status import Status
from mockspark.entrypoints.cli.accounts import BY
from mockspark.entrypoints.cli.arguments import Commands, command, shop
from mockspark.entrypoints.cli.output import Exit, Voice
from mockspark.entrypoints.runtime import open_shop
from mockspark.entrypoints.settings import read_settings

_PAGE: Final = 250


def add(commands: Commands) -> None:
    """Describe the commands."""
    brought = command(
        commands, "import-orders", "Read the store's orders again and take in what is new.", _import
    )
    shop(brought)
    brought.add_argument("--days", type=int, default=0, help="how far back; without it since the last sweep")
    sent = command(commands, "send", "Send items to fulfill, in as few parcels as possible.", _send)
    shop(sent)
    sent.add_argument(
        "items", nargs="*", type=UUID, metavar="ITEM", help="items to send; without any with --all"
    )
    sent.add_argument("--all", action="store_true", help="everything that is ready to fulfill")
    sent.add_argument("--dry-run", action="store_true", help="show the parcels and send nothing")
    exported = command(commands, "export", "Write items as CSV, or their production files as ZIP.", _export)
    shop(exported)
    exported.add_argument("file", type=Path, metavar="FILE", help="FILE.csv or FILE.zip")
    exported.add_argument(
        "--status", action="append", choices=[status.value for status in Status], default=[]
    )
    exported.add_argument("--title", default="", help="part of the product's title")
    exported.add_argument("--order", default="", help="an order's name, such as #1001")
    exported.add_argument(
        "--bom", action="store_true", help="begin with a byte order mark, as Excel likes it"
    )


async def _import(chosen: argparse.Namespace, voice: Voice) -> Exit:
    since = datetime.now(UTC) - timedelta(days=chosen.days) if chosen.days else None
    async with open_shop(read_settings(), chosen.shop) as runtime:
        with voice.progress("Reading the store"):
            report = await runtime.spark.reconcile(chosen.shop, since=since)
        with voice.progress("Working off what came"):
            await runtime.spark.drain()
    words = f"{report.seen} orders seen, {report.fresh} new, {report.changed} changed."
    voice.told(report, "\n".join([words, *(f"  failed: {failure}" for failure in report.failed)]))
    return Exit.PARTLY if report.failed else Exit.DONE


async def _send(chosen: argparse.Namespace, voice: Voice) -> Exit:
    if bool(chosen.items) == chosen.all:
        raise InvalidValue("name the items to send, or say --all")
    async with open_shop(read_settings(), chosen.shop) as runtime:
        items = [OrderItemId(item) for item in chosen.items] or await ready(runtime.spark, chosen.shop)
        if chosen.dry_run:
            return await _planned(runtime.spark, chosen.shop, items, voice)
        report = await send_all(runtime.spark, chosen.shop, items, voice)
    voice.table(
        ("item", "sent", "why not"),
        [(str(row.item_id), "yes" if row.done else "no", row.refusal) for row in report.results],
        answer=report,
    )
    return Exit.PARTLY if report.refused else Exit.DONE


async def _planned(spark: MockSpark, shop_id: ShopId, items: Sequence[OrderItemId], voice: Voice) -> Exit:
    plans = [await spark.plan_submissions(shop_id, part) for part in parts(items)]
    rows = [
        (parcel.platform, ", ".join(parcel.orders), str(len(parcel.items)), str(parcel.combined or "-"),
         str(parcel.saving or "-"))
        for plan in plans
        for parcel in plan.parcels
    ]  # fmt: skip
    voice.table(("platform", "orders", "items", "shipping", "saves"), rows, answer=plans)
    for stays in (one for plan in plans for one in plan.unsendable):
        voice.say(f"  {stays.item_id} stays: {stays.words}")
    return Exit.DONE


async def _export(chosen: argparse.Namespace, voice: Voice) -> Exit:
    item_filter = ItemFilter(
        order_name=chosen.order,
        title=chosen.title,
        statuses=frozenset(Status(name) for name in chosen.status),
    )
    writers = {".csv": _write_csv, ".zip": _write_zip}
    write = writers.get(chosen.file.suffix.lower())
    if write is None:
        raise InvalidValue("the file's name ends in .csv or .zip")
    async with open_shop(read_settings(), chosen.shop) as runtime:
        size = await write(runtime.spark, chosen, item_filter)
    voice.told({"file": str(chosen.file), "bytes": size}, f"Wrote {chosen.file} ({size:,} bytes).")
    return Exit.DONE


async def _write_csv(spark: MockSpark, chosen: argparse.Namespace, item_filter: ItemFilter) -> int:
    async def encoded() -> AsyncIterator[bytes]:
        async for piece in spark.export_csv(chosen.shop, item_filter, bom=chosen.bom):
            yield piece.encode()

    return await written(chosen.file, encoded())


async def _write_zip(spark: MockSpark, chosen: argparse.Namespace, item_filter: ItemFilter) -> int:
    items = await found(spark, chosen.shop, item_filter, most=MOST_ITEMS + 1)
    if len(items) > MOST_ITEMS:
        raise InvalidValue(
            f"more than {MOST_ITEMS} items match: narrow the search by --status, --title or --order"
        )
    return await written(chosen.file, spark.download_files(chosen.shop, Targets.of(*items)))


async def written(file: Path, pieces: AsyncIterator[bytes]) -> int:
    """Write *pieces* to *file*, which appears whole or not at all; return its size."""
    draft = file.with_name(f"{file.name}.part")
    size = 0
    with draft.open("wb") as out:
        async for piece in pieces:
            size += await asyncio.to_thread(out.write, piece)
    draft.replace(file)
    return size


async def ready(spark: MockSpark, shop_id: ShopId) -> Sequence[OrderItemId]:
    """Return everything that is ready to fulfill."""
    return await found(spark, shop_id, ItemFilter(statuses=frozenset({Status.READY_TO_FULFILL})))


async def found(
    spark: MockSpark, shop_id: ShopId, item_filter: ItemFilter, *, most: int = 1_000_000
) -> Sequence[OrderItemId]:
    """Return the items that a search finds, at most *most*."""
    items: list[OrderItemId] = []
    after = ""
    while len(items) < most:
        page = await spark.search_items(shop_id, item_filter, Page(after=after, limit=_PAGE))
        items.extend(row.id for row in page.rows)
        after = page.next
        if not after:
            break
    return items[:most]


async def send_all(
    spark: MockSpark, shop_id: ShopId, items: Sequence[OrderItemId], voice: Voice
) -> BulkReport:
    """Send *items*, however many, and return one result for each."""
    results: list[RowResult] = []
    with voice.progress("Sending", len(items)) as bar:
        for part in parts(items):
            report = await spark.send_to_fulfill(shop_id, SendOrder(targets=part), by=BY)
            results.extend(report.results)
            bar.step(len(part.items))
    return BulkReport(results=tuple(results))


def parts(items: Sequence[OrderItemId]) -> Sequence[Targets]:
    """Cut *items* into what one call may name; items of one parcel stay together as far as that goes."""
    rest = iter(items)
    cut: list[Targets] = []
    while part := tuple(islice(rest, MOST_ITEMS)):
        cut.append(Targets.of(*part))
    return cut
