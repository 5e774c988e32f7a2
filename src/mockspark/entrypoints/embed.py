"""MockSpark inside another program: open it, call it, let it work."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mockspark.adapters.plugins import ChannelPlugin, ProviderPlugin
from mockspark.application.facade import MockSpark
from mockspark.entrypoints.runtime import open_runtime
from mockspark.entrypoints.settings import read_settings


@asynccontextmanager
async def open_mockspark(
    *,
    database_url: str = "",
    data_dir: str | Path = "",
    secret_key: str = "",
    public_url: str = "",
    fulfillment_providers: Mapping[str, ProviderPlugin[Any]] | None = None,
    sales_channels: Mapping[str, ChannelPlugin] | None = None,
    private_hosts: frozenset[str] = frozenset(),
) -> AsyncGenerator[MockSpark]:
    """Give the use cases for as long as the block runs; what is not given comes from the `MOCKSPARK_*` variables.

    Without *fulfillment_providers* and *sales_channels* those are used that installed packages announce. Nothing
    works in the background: call `spark.drain()`, or run `mockspark worker` on the same database.
    """
    given: dict[str, str | int | Path | frozenset[str]] = {
        "database_url": database_url,
        "data_dir": data_dir,
        "secret_key": secret_key,
        "public_url": public_url,
        "private_hosts": private_hosts,
    }
    settings = read_settings(**{name: value for name, value in given.items() if value})
    runtime = open_runtime(settings, providers=fulfillment_providers, channels=sales_channels)
    async with runtime as opened:
        yield opened.spark
