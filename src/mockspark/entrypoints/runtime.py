"""One installation, opened: everything it is made of, and the order in which it closes."""

import hashlib
import hmac
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar

from attrs import frozen
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.fetching import GuardedFetcher
from mockspark.adapters.http.app import Parts
from mockspark.adapters.importing.importer import PooledImporter
from mockspark.adapters.jobs.processes import RenderPool
from mockspark.adapters.jobs.queue import SqlQueueAdmin
from mockspark.adapters.jobs.worker import make_worker
from mockspark.adapters.plugins import BlobPlace, ChannelPlugin, Links, ProviderPlugin, RendererPlace, Run
from mockspark.adapters.rendering.inspection import SubprocessInspector
from mockspark.adapters.sql.engine import assert_durable, make_engine, make_read_engine
from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.schema import prepare
from mockspark.adapters.system import utc_now
from mockspark.adapters.typesetting.checking import SubprocessFontChecker
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter
from mockspark.adapters.vault import AesVault
from mockspark.application.facade import MockSpark
from mockspark.application.ports.blobs import BlobStore
from mockspark.application.ports.jobs import QueueAdmin
from mockspark.application.ports.rendering import Renderer
from mockspark.application.ports.storage import Directory
from mockspark.domain.identity import ShopId
from mockspark.entrypoints import discovery
from mockspark.entrypoints.container import Container
from mockspark.entrypoints.drawing import workshop_in
from mockspark.entrypoints.inspecting import Inspector
from mockspark.entrypoints.settings import Settings, make_folder
from mockspark.entrypoints.shopify_install import ShopifyInstaller
from mockspark.entrypoints.worker import WorkForce, announce_dead, equip

_FILE_LINKS: Final = b"mockspark file links"
_INSTALLING: Final = b"mockspark installing"


@frozen(kw_only=True)
class Runtime:
    """An open installation."""

    settings: Settings
    spark: MockSpark
    directory: Directory
    queue: QueueAdmin
    parts: Parts
    workforce: WorkForce


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    providers: Mapping[str, ProviderPlugin[Any]] | None = None,
    channels: Mapping[str, ChannelPlugin] | None = None,
    sweep_every: float | None = None,
) -> AsyncGenerator[Runtime]:
    """Open the database (made at first start), the files, the plug-ins; close everything at the end.

    Raises NotPossible when the database belongs to another version, or could lose what it committed.
    """
    make_folder(settings.data_dir)
    async with AsyncExitStack() as closing:
        engine, read_engine = await _engines(settings, closing)
        pool = _kept(closing, RenderPool(settings.render_processes or None))
        fonts = FontBook(str(settings.data_dir / "fonts"))
        links = FileLinks(settings.public_url, _file_secret(settings))
        lease = timedelta(seconds=settings.lease_s)
        worker = make_worker(settings.database_url, on_dead=announce_dead, lease=lease)
        container = Container(
            engine=engine,
            read_engine=read_engine,
            vault=AesVault.of((settings.secret_key, *settings.old_keys)),
            blobs=await closing.enter_async_context(_blob_store(settings, links)),
            links=links,
            renderer=_renderer(settings, pool.run),
            importer=PooledImporter(pool.run),
            inspector=Inspector(_kept(closing, SubprocessInspector()), pool.run),
            fonts=fonts,
            typesetter=HarfBuzzTypesetter(fonts),
            font_checker=_kept(closing, SubprocessFontChecker()),
            images=GuardedFetcher(allow_private=settings.private_hosts),
            provider_plugins=discovery.providers().healthy() if providers is None else providers,
            channel_plugins=discovery.channels().healthy() if channels is None else channels,
            drain=worker.drain,
            public_url=settings.public_url,
        )
        closing.push_async_callback(container.pool().aclose)
        spark = container.mockspark()
        equip(worker, spark, renderers=settings.renderers)
        yield Runtime(
            settings=settings,
            spark=spark,
            directory=container.directory(),
            queue=SqlQueueAdmin(engine),
            parts=_parts(container, spark, links, read_engine, settings),
            workforce=WorkForce(spark=spark, worker=worker, sweep_every=sweep_every or settings.sweep_s),
        )


class _Closes(Protocol):
    async def close(self) -> None: ...


_C = TypeVar("_C", bound=_Closes)


def _kept(closing: AsyncExitStack, opened: _C) -> _C:
    """Have *opened* closed at the end."""
    closing.push_async_callback(opened.close)
    return opened


@asynccontextmanager
async def open_shop(settings: Settings, shop: ShopId) -> AsyncGenerator[Runtime]:
    """Open the installation for something about *shop*; raises NotFound where nobody connected it."""
    async with open_runtime(settings) as runtime:
        await runtime.spark.show_shop(shop)
        yield runtime


def _renderer(settings: Settings, run: Run) -> Renderer:
    plugin = discovery.renderers().load(settings.renderer)
    told = settings.of_plugin(plugin.key, plugin.settings)
    place: RendererPlace[Any] = RendererPlace(
        settings=told,
        run=run,
        workshop=workshop_in(settings.data_dir, cache_mb=settings.render_cache_mb),
        threads=settings.render_threads,
    )
    return plugin.build(place)


def _blob_store(settings: Settings, links: Links) -> AbstractAsyncContextManager[BlobStore]:
    plugin = discovery.blob_stores().load(settings.blob_store)
    told = settings.of_plugin(plugin.key, plugin.settings)
    place: BlobPlace[Any] = BlobPlace(settings=told, data_dir=settings.data_dir, links=links)
    return plugin.open(place)


async def _engines(settings: Settings, closing: AsyncExitStack) -> tuple[AsyncEngine, AsyncEngine]:
    engine = make_engine(settings.database_url)
    closing.push_async_callback(engine.dispose)
    read_engine = make_read_engine(settings.database_url)
    closing.push_async_callback(read_engine.dispose)
    with told("database"):
        await prepare(engine)
        await assert_durable(engine)
    return engine, read_engine


def _parts(
    container: Container, spark: MockSpark, links: FileLinks, read_engine: AsyncEngine, settings: Settings
) -> Parts:
    async def ready() -> None:
        with told("database"):
            async with read_engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

    return Parts(
        spark=spark,
        store=container.store(),
        providers=container.providers_(),
        blobs=container.blobs(),
        open_link=lambda token, name: links.verify(token, name, now=utc_now()),
        ready=ready,
        clock=container.clock(),
        ids=container.ids(),
        installer=_installer(settings, spark, container),
    )


def _installer(settings: Settings, spark: MockSpark, container: Container) -> ShopifyInstaller | None:
    """Return the way in for merchants; None where the installation has no app of its own at Shopify."""
    if not (settings.shopify_client_id and settings.shopify_client_secret):
        return None
    return ShopifyInstaller(
        spark=spark,
        pool=container.pool(),
        clock=container.clock(),
        client_id=settings.shopify_client_id,
        client_secret=settings.shopify_client_secret,
        key=_own_secret(settings, _INSTALLING),
        public_url=settings.public_url,
        api_url=settings.shopify_url,
    )


def _file_secret(settings: Settings) -> bytes:
    return _own_secret(settings, _FILE_LINKS)


def _own_secret(settings: Settings, purpose: bytes) -> bytes:
    # A key of its own for each purpose: a file link tells nothing about what seals the tokens.
    return hmac.new(settings.secret_key.encode(), purpose, hashlib.sha256).digest()
