"""Our stores of files keep the promises of the kit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mockspark.adapters.blobs.directory import DirectoryBlobStore
from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.memory.blobs import MemoryBlobStore
from mockspark.adapters.testing.blobs import BlobStoreConformance
from mockspark.application.ports.blobs import BlobStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class TestDirectory(BlobStoreConformance):
    """Files in a folder."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> BlobStore:
        return DirectoryBlobStore(tmp_path, FileLinks("https://print.example", b"s" * 32))


class TestMemory(BlobStoreConformance):
    """The stand-in for tests of everything else."""

    @pytest.fixture
    def store(self) -> BlobStore:
        return MemoryBlobStore()
