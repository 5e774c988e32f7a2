"""A file in the folder is whole and durable, or not there; its address is nobody's guess."""

import asyncio
import errno
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.blobs.directory import DirectoryBlobStore
from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.testing.blobs import SHOP, key
from mockspark.application.errors import NotFound, Unavailable
from mockspark.application.ports.blobs import BlobKey
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ShopId

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LINKS = FileLinks("https://print.example/", b"a secret of enough bytes")

_WRITER = """
import asyncio, hashlib, sys
from pathlib import Path
from mockspark.adapters.blobs.directory import DirectoryBlobStore
from mockspark.adapters.blobs.links import FileLinks
store = DirectoryBlobStore(Path(sys.argv[1]), FileLinks("https://print.example", bytes(32)))
async def main():
    for number in range(100_000):
        content = hashlib.shake_256(str(number).encode()).digest(400_000)
        await store.put(f"acme/print/{hashlib.sha256(content).hexdigest()}.png", content)
        print(number, flush=True)
asyncio.run(main())
"""


@pytest.fixture
def store(tmp_path: Path) -> DirectoryBlobStore:
    return DirectoryBlobStore(tmp_path / "blobs", LINKS)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_killed_writer_leaves_no_torn_file(tmp_path: Path) -> None:
    """Whatever has a blob's name has all its bytes, even when the writer is killed at any moment."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(25):
            writer.stdout.readline()
        writer.kill()

    named = [path for path in files(tmp_path) if path.suffix == ".png"]
    assert len(named) >= 25
    for path in named:
        assert key(path.read_bytes(), ShopId("acme")) == f"acme/print/{path.name}"


async def test_a_full_disk_keeps_nothing_and_says_so(
    store: DirectoryBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room the caller may try again later, and no piece of the file stays behind."""
    monkeypatch.setattr(os, "fsync", _full)

    with pytest.raises(Unavailable, match="No space left"):
        await store.put(key(b"much"), b"much")
    assert [] == files(tmp_path)


def _full(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_over_the_limit_of_the_system_leaves_nothing(tmp_path: Path) -> None:
    """A write that the kernel really refuses half-way is undone."""
    code = (
        "import asyncio, resource, signal, sys; from pathlib import Path\n"
        "from mockspark.adapters.blobs.directory import DirectoryBlobStore\n"
        "from mockspark.adapters.blobs.links import FileLinks\n"
        "from mockspark.application.errors import Unavailable\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "store = DirectoryBlobStore(Path(sys.argv[1]), FileLinks('https://x.example', bytes(32)))\n"
        "try: asyncio.run(store.put('acme/print/big.png', bytes(1_000_000)))\n"
        "except Unavailable: print('unavailable')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert "unavailable\n" == done.stdout
    assert [] == files(tmp_path)


async def test_a_file_and_its_folders_reach_the_disk_before_put_returns(
    store: DirectoryBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order matters after a power cut: bytes, then the name, then the folders that hold it."""
    synced: list[str] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    await store.put(key(b"first"), b"first")

    folder = tmp_path / "blobs" / SHOP / "print"
    assert synced[0].endswith(".unfinished")
    assert {str(folder), str(folder.parent), str(folder.parent.parent), str(tmp_path)} == set(synced[1:])


@pytest.mark.parametrize(
    "bad",
    [
        "", "a", "/etc/passwd", "../x", "acme/../../x", "acme/..", "acme/./x", "acme//x", "acme/print/",
        "acme/pr\0int/x", "acme\\x/y", "acme/ü.png", "acme/a b.png", "acme/.hidden", "acme/x\n", "a/" * 9 + "a",
        "acme/" + "x" * 200,
    ],
)  # fmt: skip
async def test_a_key_that_is_none_is_refused(store: DirectoryBlobStore, bad: str, tmp_path: Path) -> None:
    """No key leads out of the folder, whatever it is made of."""
    with pytest.raises(InvalidValue):
        await store.put(BlobKey(bad), b"x")
    with pytest.raises(InvalidValue):
        await store.get(BlobKey(bad))
    with pytest.raises(InvalidValue):
        await store.delete(BlobKey(bad))
    assert [] == files(tmp_path)


@pytest.mark.parametrize("shop", ["", ".", "..", "../other", "a/b", "*"])
async def test_only_a_shop_is_deleted_as_a_shop(store: DirectoryBlobStore, shop: str) -> None:
    """Forgetting a shop never reaches beyond its own folder."""
    await store.put(key(b"kept"), b"kept")

    with pytest.raises(InvalidValue):
        await store.delete_shop(ShopId(shop))
    assert b"kept" == await store.get(key(b"kept"))


async def test_a_reader_never_sees_half_a_file(store: DirectoryBlobStore) -> None:
    """While one writes, others find nothing or everything."""
    content = os.urandom(3_000_000)

    async def read() -> bytes:
        while True:
            try:
                return await store.get(key(content))
            except NotFound:
                await asyncio.sleep(0)

    reading = asyncio.gather(*(read() for _ in range(4)))
    await store.put(key(content), content)

    assert [content] * 4 == await reading


def test_an_address_opens_its_file_until_it_ends() -> None:
    """What `url` made, `verify` opens, up to the end of its life and not beyond."""
    token, name = _parts(LINKS.url(key(b"x"), name="front.png", expires=NOW))

    assert key(b"x") == LINKS.verify(token, name, now=NOW - timedelta(seconds=1))
    with pytest.raises(NotFound):
        LINKS.verify(token, name, now=NOW + timedelta(seconds=1))


@given(st.integers(min_value=0), st.sampled_from("ABCDEFwxyz0189-_"))
def test_an_altered_address_opens_nothing(position: int, character: str) -> None:
    """Changing any character of the token, or the name, gives an address of nothing."""
    token, name = _parts(LINKS.url(key(b"x"), name="front.png", expires=NOW))
    at = position % (len(token) - 1)
    altered = token[:at] + character + token[at + 1 :]

    if altered != token:
        with pytest.raises(NotFound):
            LINKS.verify(altered, name, now=NOW)
    with pytest.raises(NotFound):
        LINKS.verify(token, "other.png", now=NOW)


@given(st.text())
def test_no_invented_token_opens_anything(token: str) -> None:
    """Whatever is sent instead of a token, the answer is the same: there is no such file."""
    with pytest.raises(NotFound):
        LINKS.verify(token, "front.png", now=NOW)


def test_another_secret_opens_nothing() -> None:
    """Only who knows the secret can make an address."""
    forged = FileLinks("https://print.example", b"another secret of bytes")
    token, name = _parts(forged.url(key(b"x"), name="front.png", expires=NOW))

    with pytest.raises(NotFound):
        LINKS.verify(token, name, now=NOW - timedelta(days=1))


def test_a_short_secret_is_refused() -> None:
    """A secret that can be tried through protects nothing."""
    with pytest.raises(InvalidValue):
        FileLinks("https://print.example", b"short")


@pytest.mark.parametrize(
    "name", ["", "front", ".png", "a b.png", "ü.png", "../x.png", "x/y.png", "x.png\n", "~x.png", "#.png"]
)
def test_an_odd_name_is_refused(name: str) -> None:
    """Providers stumble over odd characters, so an address never has any."""
    with pytest.raises(InvalidValue):
        LINKS.url(key(b"x"), name=name, expires=NOW)


def _parts(url: str) -> tuple[str, str]:
    base, token, name = url.rsplit("/", 2)
    assert base == "https://print.example/files"
    return token, name
