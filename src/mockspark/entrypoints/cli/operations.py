"""Commands for whoever runs an installation: migrate, check, doctor."""

import argparse
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from attrs import frozen

from mockspark.adapters.rendering.files.deflate import best
from mockspark.adapters.sql.engine import make_engine
from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.schema import migrate
from mockspark.application.views import AccountCheck
from mockspark.domain.errors import MockSparkError
from mockspark.domain.identity import ShopId
from mockspark.domain.shop import Shop
from mockspark.domain.status import Status
from mockspark.entrypoints import discovery
from mockspark.entrypoints.cli.arguments import Commands, command
from mockspark.entrypoints.cli.output import Exit, Voice
from mockspark.entrypoints.runtime import Runtime, open_runtime
from mockspark.entrypoints.settings import Settings, make_folder, read_settings

_PAGE: Final = 100
_OLD: Final = timedelta(minutes=10)


@frozen(kw_only=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    fine: bool
    words: str


def add(commands: Commands) -> None:
    """Describe the commands."""
    command(commands, "migrate", "Bring the database up to this version.", _migrate)
    command(commands, "check", "Look whether the installation is set up right.", _check)
    doctor = command(commands, "doctor", "Say what is stuck and why; --mend queues it again.", _doctor)
    doctor.add_argument("--mend", action="store_true", help="queue dead jobs and whatever is due again")


async def _migrate(chosen: argparse.Namespace, voice: Voice) -> Exit:
    del chosen
    settings = read_settings()
    make_folder(settings.data_dir)
    engine = make_engine(settings.database_url)
    try:
        with told("database"):
            await migrate(engine)
    finally:
        await engine.dispose()
    voice.told({"migrated": True}, "The database is up to date.")
    return Exit.DONE


async def _check(chosen: argparse.Namespace, voice: Voice) -> Exit:
    del chosen
    settings = read_settings()
    findings = [*_installation(settings), *_plugins()]
    async with open_runtime(settings) as runtime:
        findings.append(
            Finding(subject="database", fine=True, words="open, and commits survive a power failure")
        )
        for shop in await _shops(runtime):
            findings.extend(await _accounts(runtime, shop.id))
    return _told(findings, voice)


async def _doctor(chosen: argparse.Namespace, voice: Voice) -> Exit:
    async with open_runtime(read_settings()) as runtime:
        dead = await runtime.queue.dead()
        findings = [
            *await _queue(runtime),
            *(Finding(subject=f"dead job {job.kind}", fine=False, words=job.error) for job in dead),
        ]
        for shop in await _shops(runtime):
            findings.extend(await _items(runtime, shop))
        if chosen.mend:
            requeued = await runtime.queue.requeue([job.id for job in dead])
            swept = await runtime.spark.sweep()
            words = f"{requeued} dead jobs and {swept.queued} due steps queued again, {swept.stopped} stuck items held"
            findings.append(Finding(subject="mended", fine=True, words=words))
    return _told(findings, voice)


def _told(findings: Sequence[Finding], voice: Voice) -> Exit:
    voice.table(
        ("what", "", "words"),
        [(one.subject, "ok" if one.fine else "LOOK", one.words) for one in findings],
        answer=findings,
    )
    return Exit.DONE if all(one.fine for one in findings) else Exit.PARTLY


def _installation(settings: Settings) -> Sequence[Finding]:
    outside = not settings.public_url.startswith(("http://127.", "http://localhost"))
    words = (
        f"providers and shops reach us at {settings.public_url}"
        if outside
        else f"{settings.public_url} is this machine alone: set MOCKSPARK_PUBLIC_URL, "
        "or no provider can fetch a file and no webhook arrives"
    )
    return (
        Finding(subject="folder", fine=True, words=str(settings.data_dir)),
        _renderer(settings),
        Finding(subject="files", fine=True, words=settings.blob_store),
        Finding(subject="address", fine=outside, words=words),
    )


def _renderer(settings: Settings) -> Finding:
    """Say which renderer is in use, and which library deflates its files."""
    try:
        discovery.renderers().load(settings.renderer).check()
    except MockSparkError as problem:
        return Finding(subject="renderer", fine=False, words=str(problem))
    return Finding(
        subject="renderer", fine=True, words=f"{settings.renderer}, files deflated by {best().name}"
    )


def _plugins() -> Sequence[Finding]:
    findings: list[Finding] = []
    for kind, plugins in discovery.everything().items():
        findings.append(Finding(subject=f"{kind}s", fine=True, words=", ".join(plugins.healthy()) or "none"))
        findings.extend(Finding(subject=kind, fine=False, words=problem) for problem in plugins.problems())
    return findings


async def _shops(runtime: Runtime) -> Sequence[Shop]:
    shops: list[Shop] = []
    while page := await runtime.directory.shops(after=shops[-1].id if shops else None, limit=_PAGE):
        shops.extend(page)
    return shops


async def _accounts(runtime: Runtime, shop: ShopId) -> Sequence[Finding]:
    try:
        checks = await runtime.spark.check_accounts(shop)
    except MockSparkError as problem:
        return [Finding(subject=shop, fine=False, words=str(problem))]
    return [_account(shop, check) for check in checks]


def _account(shop: ShopId, check: AccountCheck) -> Finding:
    words = f"{check.words} {check.warning}".strip()
    return Finding(subject=f"{shop}: {check.account}", fine=check.works, words=words)


async def _queue(runtime: Runtime) -> Sequence[Finding]:
    depths = await runtime.queue.depth()
    if not depths:
        return [Finding(subject="queue", fine=True, words="empty")]
    return [
        Finding(
            subject=f"queue {depth.kind}",
            fine=not depth.ready or depth.oldest < _OLD,
            words=f"{depth.ready} ready, {depth.scheduled} later, {depth.running} running, "
            f"oldest {round(depth.oldest.total_seconds())} s",
        )
        for depth in depths
    ]


async def _items(runtime: Runtime, shop: Shop) -> Sequence[Finding]:
    counters = await runtime.spark.counters(shop.id)
    words = (
        ", ".join(f"{count} {status.value}" for status, count in counters.items() if count) or "no items yet"
    )
    held = counters[Status.ON_HOLD]
    more = f"; {held} wait for a person" if held else ""
    return [Finding(subject=shop.id, fine=not held, words=f"{words}{more}")]
