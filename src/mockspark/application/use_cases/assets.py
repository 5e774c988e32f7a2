"""Pictures that merchants upload, and the files of an item."""

from collections.abc import AsyncIterator

from attrs import frozen

from mockspark.application.blob_names import DIGEST, digest_of, upload_key
from mockspark.application.errors import NotFound
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.application.ports.rendering import ImageInspector
from mockspark.application.ports.storage import Store
from mockspark.domain.files import PinnedAsset
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.order_item import OrderItem


@frozen(kw_only=True)
class UploadAsset:
    """Take in a picture for designs, under the digest of its bytes."""

    inspector: ImageInspector
    blobs: BlobStore

    async def __call__(self, shop: ShopId, content: bytes) -> PinnedAsset:
        """Return what designs call it; raises Rejected when it is no picture that we print."""
        facts = await self.inspector.inspect(content)
        digest = digest_of(content)
        key = upload_key(shop, digest)
        await self.blobs.put(key, content)
        return PinnedAsset(
            source=f"{DIGEST}{digest}",
            key=key,
            sha256=digest,
            width_px=facts.width_px,
            height_px=facts.height_px,
            media_type=facts.media_type,
        )


@frozen(kw_only=True)
class ReadFile:
    """Hand out the bytes of a file of an item."""

    store: Store
    blobs: BlobStore

    async def __call__(self, shop: ShopId, item: OrderItemId, key: BlobKey) -> AsyncIterator[bytes]:
        """Return the bytes in pieces; raises NotFound for a file that is not the item's."""
        async with self.store.read(shop) as work:
            known = await work.items.get(item)
        if key not in _files(known):
            raise NotFound("file", key)
        return self.blobs.stream(key)


def _files(item: OrderItem) -> frozenset[str]:
    made = (key for file in item.files for key in (file.key, file.preview_key) if key)
    return frozenset((*made, *(asset.key for asset in item.assets)))
