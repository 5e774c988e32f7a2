"""BlobStore on a folder of this machine."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from mockspark.adapters.plugins import BlobPlace, BlobStorePlugin, Links, NoOptions
from mockspark.application.errors import NotFound, Unavailable
from mockspark.application.ports.blobs import BlobKey
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ShopId

_PART: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}"
_KEY: Final = re.compile(rf"{_PART}(/{_PART}){{1,5}}", re.ASCII)
_PIECE: Final = 1 << 18
_UNFINISHED: Final = ".unfinished"


class DirectoryBlobStore:
    """Files under *root*: a blob is renamed into place after it and its folder are on the disk."""

    def __init__(self, root: Path, links: Links) -> None:
        self._root = root
        self._links = links

    async def put(self, key: BlobKey, content: bytes) -> None:
        """Store *content*; the same key always means the same bytes. Raises Unavailable when nothing was kept."""
        try:
            await asyncio.to_thread(_write, self._path(key), content)
        except OSError as problem:
            raise Unavailable(f"the file could not be kept: {problem.strerror}") from problem

    async def get(self, key: BlobKey) -> bytes:
        """Return the bytes of *key*, or raise NotFound."""
        path = self._path(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as problem:
            raise NotFound("file", key) from problem
        except OSError as problem:
            raise Unavailable(f"the file could not be read: {problem.strerror}") from problem

    async def stream(self, key: BlobKey) -> AsyncIterator[bytes]:
        """Return the bytes of *key* in pieces, or raise NotFound."""
        try:
            file = await asyncio.to_thread(self._path(key).open, "rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as problem:
            raise NotFound("file", key) from problem
        with file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

    async def delete(self, key: BlobKey) -> None:
        """Forget *key*; forgetting twice is harmless."""
        path = self._path(key)
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as problem:
            raise Unavailable(f"the file could not be removed: {problem.strerror}") from problem

    async def delete_shop(self, shop: ShopId) -> None:
        """Forget everything of *shop*."""
        if not re.fullmatch(_PART, shop, re.ASCII):
            raise InvalidValue(f"{shop!r} is no name of a shop's files")
        try:
            await asyncio.to_thread(_remove_tree, self._root / shop)
        except OSError as problem:
            raise Unavailable(f"the files could not be removed: {problem.strerror}") from problem

    def url(self, key: BlobKey, *, name: str, expires: datetime) -> str:
        """Return a public, unguessable address of *key* that ends in *name* and holds until *expires*."""
        self._path(key)
        return self._links.url(key, name=name, expires=expires)

    def _path(self, key: BlobKey) -> Path:
        if not _KEY.fullmatch(key):
            raise InvalidValue(f"{key!r} is no key of a file")
        return self._root / key


def _write(path: Path, content: bytes) -> None:
    made = _make_folders(path.parent)
    descriptor, unfinished = tempfile.mkstemp(suffix=_UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    for folder in (path.parent, *made):
        _sync(folder)


def _make_folders(folder: Path) -> tuple[Path, ...]:
    """Make *folder*; return the folders in which an entry appeared, for they must reach the disk too."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(parent.parent for parent in missing)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_tree(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return


@asynccontextmanager
async def _opened(place: BlobPlace[NoOptions]) -> AsyncGenerator[DirectoryBlobStore]:
    yield DirectoryBlobStore(place.data_dir / "files", place.links)


PLUGIN: Final = BlobStorePlugin(
    key="directory", title="A folder of this machine", settings=NoOptions, open=_opened
)
