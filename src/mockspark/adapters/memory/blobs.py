"""BlobStore in memory."""

from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from typing import Final

from attrs import define, field

from mockspark.application.errors import NotFound
from mockspark.application.ports.blobs import BlobKey
from mockspark.domain.identity import ShopId

_PIECE: Final = 1 << 16


@define
class MemoryBlobStore:
    """A dict of bytes; `fail` makes the next calls of `put` fail before anything is kept."""

    blobs: dict[BlobKey, bytes] = field(factory=dict)
    failures: list[Exception] = field(factory=list)

    def fail(self, *failures: Exception) -> None:
        """Let the next calls of `put` raise *failures*, one each."""
        self.failures.extend(failures)

    async def put(self, key: BlobKey, content: bytes) -> None:
        """Keep *content*."""
        if self.failures:
            raise self.failures.pop(0)
        self.blobs[key] = bytes(content)

    async def get(self, key: BlobKey) -> bytes:
        """Return the bytes of *key*, or raise NotFound."""
        if key not in self.blobs:
            raise NotFound("file", key)
        return self.blobs[key]

    async def stream(self, key: BlobKey) -> AsyncIterator[bytes]:
        """Return the bytes of *key* in pieces, or raise NotFound."""
        content = await self.get(key)
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

    async def delete(self, key: BlobKey) -> None:
        """Forget *key*."""
        self.blobs.pop(key, None)

    async def delete_shop(self, shop: ShopId) -> None:
        """Forget everything of *shop*."""
        for key in [key for key in self.blobs if key.startswith(f"{shop}/")]:
            del self.blobs[key]

    def url(self, key: BlobKey, *, name: str, expires: datetime) -> str:
        """Return an address that names the key, its end and *name*."""
        ticket = sha256(f"{key} {expires.isoformat()} {name}".encode()).hexdigest()[:32]
        return f"https://files.example/files/{ticket}/{name}"
