"""How many webhooks are taken in per second, durable before the sender hears of it."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from benchmarks.databases import databases
from benchmarks.load import SHOP
from benchmarks.measuring import Sample, Table, percentile, ratio
from benchmarks.plan import Engine, Plan, progress
from benchmarks.processes import answer_of, running
from mockspark.adapters.sandbox.serving import free_port
from mockspark.domain.identity import ShopId
from mockspark.entrypoints.runtime import open_runtime
from mockspark.entrypoints.settings import Settings, read_settings

_CONNECTIONS: Final = (1, 32)


@frozen(kw_only=True)
class _Pair:
    """Two servers over equal databases: ours, and the floor's."""

    ours: int
    floor: int
    secret: str


def measure(plan: Plan) -> Table:
    """Load both servers in turn."""
    rows = []
    for engine in plan.engines:
        with _pair(engine) as pair:
            for connections in _CONNECTIONS[: plan.few(2, 1)]:
                progress(f"intake: {engine}, {connections} connections")
                rows.append((engine, connections, *_compared(plan, pair, connections)))
    return Table(
        name="intake",
        title="Webhooks taken in per second, 8 KB orders",
        floor="the same server and framework, a signature check and one committed insert of the body",
        target="at least 0.6 of the floor",
        headings=(
            "database", "connections", "per s", "spread", "floor per s", "floor spread", "ratio",
            "p50 ms", "p99 ms", "floor p50 ms", "floor p99 ms",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _compared(plan: Plan, pair: _Pair, connections: int) -> tuple[Any, ...]:
    seconds = 0.4 if plan.quick else 4.0
    ours: list[dict[str, Any]] = []
    floors: list[dict[str, Any]] = []
    for _ in range(plan.repeats):
        for port, into in ((pair.ours, ours), (pair.floor, floors)):
            into.append(_loaded(port, pair.secret, connections, seconds))
    fast, bare = ([each["per_second"] for each in some] for some in (ours, floors))
    return (
        Sample(values=fast).median, Sample(values=fast).spread,
        Sample(values=bare).median, Sample(values=bare).spread, ratio(fast, bare),
        *_milliseconds(ours), *_milliseconds(floors),
    )  # fmt: skip


def _milliseconds(runs: list[dict[str, Any]]) -> tuple[float, float]:
    latencies = [latency * 1000 for run in runs for latency in run["latencies"]]
    return percentile(latencies, 0.5), percentile(latencies, 0.99)


def _loaded(port: int, secret: str, connections: int, seconds: float) -> dict[str, Any]:
    told: dict[str, Any] = answer_of(
        "benchmarks.load", str(port), secret, f"--connections={connections}", f"--seconds={seconds}"
    )
    return told


@contextmanager
def _pair(engine: Engine) -> Iterator[_Pair]:
    with ExitStack() as closing:
        folder, (ours, bare) = closing.enter_context(databases(engine, 2))
        pair = _Pair(ours=free_port(), floor=free_port(), secret=secrets.token_hex(16))
        settings = _settings(folder, ours)
        asyncio.run(_connect(settings, pair.secret))
        serve = ("-m", "mockspark.entrypoints.cli", "serve", "--no-worker", "--port", str(pair.ours))
        closing.enter_context(running(serve, _environment(settings)))
        floor = ("-m", "benchmarks.floor_server", bare, str(pair.floor), pair.secret)
        closing.enter_context(running(floor))
        yield pair


def _settings(folder: Path, database_url: str) -> Settings:
    return read_settings(
        {}, data_dir=folder / "data", database_url=database_url, secret_key=secrets.token_urlsafe(48)
    )


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "MOCKSPARK_DATABASE_URL": settings.database_url,
        "MOCKSPARK_DATA_DIR": str(settings.data_dir),
        "MOCKSPARK_SECRET_KEY": settings.secret_key,
    }


async def _connect(settings: Settings, secret: str) -> None:
    """Have the shop known, so that its signature is believed."""
    credentials = {"client_id": "bench", "client_secret": secret, "access_token": "shpat_bench"}
    async with open_runtime(settings) as runtime:
        await runtime.spark.connect_shop(ShopId(SHOP), channel="shopify", credentials=credentials)
