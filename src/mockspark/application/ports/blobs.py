"""Where files lie."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NewType, Protocol

from mockspark.domain.identity import ShopId

BlobKey = NewType("BlobKey", str)
"""`shop/kind/sha256.ext`: ASCII, unique by content, never made from foreign text."""


class BlobStore(Protocol):
    """Keeps bytes under keys; what was put is complete and durable, or not there at all."""

    async def put(self, key: BlobKey, content: bytes) -> None:
        """Store *content*; the same key always means the same bytes. Raises Unavailable when nothing was kept."""

    async def get(self, key: BlobKey) -> bytes:
        """Return the bytes of *key*, or raise NotFound."""

    def stream(self, key: BlobKey) -> AsyncIterator[bytes]:
        """Return the bytes of *key* in pieces, or raise NotFound."""

    async def delete(self, key: BlobKey) -> None:
        """Forget *key*; forgetting twice is harmless."""

    async def delete_shop(self, shop: ShopId) -> None:
        """Forget everything of *shop*."""

    def url(self, key: BlobKey, *, name: str, expires: datetime) -> str:
        """Return a public, unguessable address of *key* that ends in *name* and holds until *expires*."""
