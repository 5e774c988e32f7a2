"""What files are called: the shop, whose they are, and the digest of their bytes.

What belongs to one item carries its id, so that forgetting the item can never take a file from another.
"""

import hashlib
from typing import Final

from mockspark.application.ports.blobs import BlobKey
from mockspark.domain.identity import OrderItemId, ShopId

DIGEST: Final = "sha256:"
"""What a design puts before the digest of an uploaded picture."""

_ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/tiff": "tif",
    "application/pdf": "pdf",
}
_MEDIA_TYPES: Final = {
    **{ending: media_type for media_type, ending in _ENDINGS.items()},
    "zip": "application/zip",
    "csv": "text/csv",
    "json": "application/json",
}
_BINARY: Final = "application/octet-stream"


def ending_of(media_type: str) -> str:
    """Return what a file's name ends in, without the dot."""
    return _ENDINGS.get(media_type, "bin")


def media_type_of(name: str) -> str:
    """Return the media type that a file's name promises."""
    return _MEDIA_TYPES.get(name.rpartition(".")[2].lower(), _BINARY)


def digest_of(content: bytes) -> str:
    """Return the hex digest under which *content* is kept."""
    return hashlib.sha256(content).hexdigest()


def upload_key(shop: ShopId, digest: str) -> BlobKey:
    """Name a picture that the merchant uploaded; its digest alone finds it."""
    return BlobKey(f"{shop}/uploads/{digest}.bin")


def font_key(shop: ShopId, digest: str) -> BlobKey:
    """Name a font that the merchant uploaded."""
    return BlobKey(f"{shop}/fonts/{digest}.ttf")


def pin_key(shop: ShopId, item: OrderItemId, digest: str) -> BlobKey:
    """Name a picture that was fetched for *item*."""
    return BlobKey(f"{shop}/item-{item.hex}/{digest}.bin")


def file_key(shop: ShopId, item: OrderItemId, version: int, digest: str, media_type: str) -> BlobKey:
    """Name a file that was made of design *version* of *item*."""
    return BlobKey(f"{shop}/item-{item.hex}-{version}/{digest}.{ending_of(media_type)}")
