"""The container: everything that it names can be built."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from attrs import fields
from dependency_injector import providers

from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.memory.blobs import MemoryBlobStore
from mockspark.adapters.memory.renderer import SolidRenderer
from mockspark.adapters.sql.engine import make_engine, make_read_engine
from mockspark.adapters.vault import AesVault
from mockspark.application.facade import MockSpark
from mockspark.entrypoints.container import Container
from tests.world import SECRET


async def nothing(*_: object) -> int:
    return 0


@pytest.fixture
async def container(tmp_path: Path) -> AsyncGenerator[Container]:
    """Yield the container of an installation; it connects to nothing yet."""
    url = f"sqlite:///{tmp_path / 'mockspark.db'}"
    engine, read_engine = make_engine(url), make_read_engine(url)
    made = Container(
        engine=engine,
        read_engine=read_engine,
        vault=AesVault.of([SECRET]),
        blobs=MemoryBlobStore(),
        links=FileLinks("http://127.0.0.1:9", SECRET.encode()),
        renderer=SolidRenderer(),
        inspector=object(),
        importer=object(),
        images=object(),
        fonts=object(),
        typesetter=object(),
        font_checker=object(),
        provider_plugins={},
        channel_plugins={},
        drain=nothing,
        public_url="",
    )
    yield made
    await made.pool().aclose()
    await engine.dispose()
    await read_engine.dispose()


@pytest.mark.parametrize("name", sorted(Container.providers))
async def test_whatever_is_named_can_be_built(container: Container, name: str) -> None:
    """No type checker sees a collaborator that the container forgets; building does."""
    provider: providers.Provider[Any] = container.providers[name]

    assert provider() is not None


async def test_every_use_case_has_every_collaborator(container: Container) -> None:
    """The facade is complete, and each member that is a use case can be called."""
    spark = container.mockspark()

    members = {field.name: getattr(spark, field.name) for field in fields(MockSpark)}
    assert [] == [name for name, member in members.items() if not callable(member)]
