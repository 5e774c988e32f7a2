"""From the webhook to the parcel: items per minute, and what of the processor's time is ours."""

import asyncio
import json
import subprocess
import time
from typing import Any, Final

from tests.world import HOME, line

from benchmarks.databases import databases
from benchmarks.measuring import Cell, Sample, Table
from benchmarks.plan import Engine, Plan, progress
from benchmarks.processes import running
from mockspark.adapters.sandbox.serving import free_port
from mockspark.adapters.sandbox.shopify_orders import OrderDraft
from mockspark.adapters.sandbox.shopify_samples import MUG
from mockspark.entrypoints.stand_ins import StandIns, open_stand_ins

_STEP_S: Final = 45.0
_LOOK_S: Final = 0.25
_WARM: Final = 3


def measure(plan: Plan) -> Table:
    """Have people order mugs at the local stores, with and without drawing them at print size."""
    rows: list[tuple[Cell, ...]] = []
    for engine in plan.engines:
        for drawn in (False, True)[: plan.few(2, 1)]:
            progress(f"journey: {engine}, {'drawn' if drawn else 'not drawn'}")
            rows.append(_row(plan, engine, drawn=drawn))
    return Table(
        name="journey",
        title="From the webhook to fulfilled, one item per order",
        floor="none: the stores and providers are local, in a process of their own; compare the rows",
        target="none: what is ours must stay small beside the drawing",
        headings=(
            "database", "drawing", "items", "items per min", "spread", "own CPU ms per item",
            "drawing CPU ms per item",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _row(plan: Plan, engine: Engine, *, drawn: bool) -> tuple[Cell, ...]:
    count = plan.few(100, 3)
    runs = [_run(engine, count, drawn=drawn) for _ in range(plan.repeats)]
    speed = Sample(values=[60 * count / run["seconds"] for run in runs])
    own, drawing = (Sample(values=[1000 * run[name] / count for run in runs]) for name in ("own", "drawing"))
    kind = "mug, 2475 x 1155" if drawn else "300 x 200 pixels"
    return (engine, kind, count, speed.median, speed.spread, own.median, drawing.median)


def _run(engine: Engine, count: int, *, drawn: bool) -> dict[str, float]:
    with databases(engine, 1) as (folder, (database,)):
        return asyncio.run(
            _played(
                count,
                {"folder": str(folder), "database": database, "drawn": drawn, "warm": _WARM, "wanted": count},
            )
        )


async def _played(count: int, told: dict[str, Any]) -> dict[str, float]:
    async with open_stand_ins() as stand_ins:
        # A provider that looks at the files would refuse those that are too small to print.
        stand_ins.printify.set(fetch_files=told["drawn"])
        told = {**stand_ins.described, **told, "port": free_port()}
        product = running(("-m", "benchmarks.product", json.dumps(told)))
        process = await asyncio.to_thread(product.__enter__)
        try:
            await _followed(stand_ins, process, _WARM)
            found = await _followed(stand_ins, process, count)
            await asyncio.to_thread(process.wait, 60)
        finally:
            await asyncio.to_thread(product.__exit__, None, None, None)
    return found


async def _followed(stand_ins: StandIns, process: "subprocess.Popen[str]", count: int) -> dict[str, float]:
    """Place the orders and let time pass at the provider until the product says that all is done."""
    began = time.monotonic()
    for number in range(count):
        lines = (line(MUG, {"Name": f"Zoe {number}"}),)
        stand_ins.merchant.place(OrderDraft(lines=lines, address=HOME, email=f"zoe{number}@example.com"))
    assert process.stdout is not None
    answer = asyncio.create_task(asyncio.to_thread(process.stdout.readline))
    while not answer.done():
        stand_ins.advance(_STEP_S)
        await asyncio.wait([answer], timeout=_LOOK_S)
    if not answer.result():
        raise RuntimeError("the product gave up; it says why above")
    return {**json.loads(answer.result()), "seconds": time.monotonic() - began}
