"""The promises of BlobStore, as tests: subclass and say in a fixture which store is meant."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from mockspark.application.errors import NotFound
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.domain.identity import ShopId

SHOP: Final = ShopId("acme.myshopify.com")
OTHER: Final = ShopId("acme.myshopify.com.example")
_EXPIRES: Final = datetime(2030, 1, 1, tzinfo=UTC)


def key(content: bytes, shop: ShopId = SHOP) -> BlobKey:
    """Return a key as the application makes them."""
    return BlobKey(f"{shop}/print/{hashlib.sha256(content).hexdigest()}.png")


class BlobStoreConformance:
    """What every store of files keeps to."""

    @pytest.fixture
    def store(self) -> BlobStore:
        """Return the store under test, empty."""
        raise NotImplementedError("say in a fixture which store is tested")

    async def test_what_was_put_comes_back(self, store: BlobStore) -> None:
        """Bytes come back as they were, whether none, few or many."""
        for content in (b"", b"\0\r\n\xff", bytes(range(256)) * 9_000):
            await store.put(key(content), content)

            assert content == await store.get(key(content))

    async def test_a_stream_brings_all_pieces_in_order(self, store: BlobStore) -> None:
        """The pieces of a stream are the whole, and more than one when it is long."""
        content = hashlib.shake_256(b"long").digest(1_500_000)
        await store.put(key(content), content)

        pieces = [piece async for piece in store.stream(key(content))]

        assert content == b"".join(pieces)
        assert len(pieces) > 1

    async def test_what_is_not_there_is_not_found(self, store: BlobStore) -> None:
        """An unknown key is an error of its own, never empty bytes."""
        with pytest.raises(NotFound):
            await store.get(key(b"unknown"))
        with pytest.raises(NotFound):
            [piece async for piece in store.stream(key(b"unknown"))]

    async def test_putting_twice_is_harmless(self, store: BlobStore) -> None:
        """The same key always means the same bytes, so repeating or racing changes nothing."""
        content = b"twice" * 1_000
        await asyncio.gather(*(store.put(key(content), content) for _ in range(5)))

        assert content == await store.get(key(content))

    async def test_what_was_deleted_is_gone(self, store: BlobStore) -> None:
        """Forgetting works, and forgetting twice is harmless."""
        await store.put(key(b"gone"), b"gone")
        await store.delete(key(b"gone"))
        await store.delete(key(b"gone"))

        with pytest.raises(NotFound):
            await store.get(key(b"gone"))

    async def test_a_shop_is_forgotten_whole_and_alone(self, store: BlobStore) -> None:
        """Everything of one shop goes, nothing of another, even of one whose name begins alike."""
        for content in (b"one", b"two", b"three"):
            await store.put(key(content), content)
        await store.put(key(b"kept", OTHER), b"kept")

        await store.delete_shop(SHOP)
        await store.delete_shop(SHOP)

        for content in (b"one", b"two", b"three"):
            with pytest.raises(NotFound):
                await store.get(key(content))
        assert await store.get(key(b"kept", OTHER)) == b"kept"

    async def test_an_address_is_plain_and_ends_in_the_name(self, store: BlobStore) -> None:
        """Providers choke on odd characters and judge a file by its extension."""
        await store.put(key(b"shown"), b"shown")

        url = store.url(key(b"shown"), name="1001-1-front.png", expires=_EXPIRES)

        assert url.isascii()
        assert url.startswith(("http://", "https://"))
        assert url.partition("?")[0].endswith("/1001-1-front.png")
        assert not set(url) & set(" ~^#\\<>\"'")

    async def test_each_content_has_an_address_of_its_own(self, store: BlobStore) -> None:
        """A provider that remembers an address never prints the file that lay there before."""
        addresses = {
            store.url(key(content), name="front.png", expires=_EXPIRES) for content in (b"one", b"two")
        }

        assert len(addresses) == 2

    async def test_an_address_cannot_be_guessed(self, store: BlobStore) -> None:
        """Another end of life makes another address, in more than the date."""
        later = _EXPIRES + timedelta(days=1)
        one = store.url(key(b"shown"), name="front.png", expires=_EXPIRES)
        other = store.url(key(b"shown"), name="front.png", expires=later)

        assert sum(a != b for a, b in zip(one, other, strict=False)) > 16
