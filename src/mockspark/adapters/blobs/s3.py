"""BlobStore on S3 and what speaks its protocol (extra `s3`)."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Final, Protocol, cast

from attrs import define, field, frozen

from mockspark.adapters.plugins import BlobPlace, BlobStorePlugin, Links
from mockspark.application.blob_names import media_type_of
from mockspark.application.errors import NotFound, Unavailable
from mockspark.application.forms import option
from mockspark.application.ports.blobs import BlobKey
from mockspark.domain.identity import ShopId

_MISSING: Final = frozenset(("404", "NoSuchKey", "NotFound"))
_PIECE: Final = 1 << 18
_BATCH: Final = 1_000
# Other stores than Amazon's do not know the checksums that newer clients send unasked.
_MANNERS: Final[Mapping[str, object]] = {
    "connect_timeout": 5,
    "read_timeout": 30,
    "retries": {"max_attempts": 2, "mode": "standard"},
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}


class S3Body(Protocol):
    """The bytes of an object as they come in."""

    def iter_chunks(self, chunk_size: int) -> AsyncIterator[bytes]:
        """Yield the bytes in pieces."""

    def close(self) -> None:
        """Give the connection back."""


class S3Client(Protocol):
    """The calls of aioboto3's client that are used here."""

    async def put_object(self, **request: object) -> Mapping[str, object]: ...
    async def get_object(self, **request: object) -> Mapping[str, object]: ...
    async def delete_object(self, **request: object) -> Mapping[str, object]: ...
    async def delete_objects(self, **request: object) -> Mapping[str, object]: ...
    async def list_objects_v2(self, **request: object) -> Mapping[str, object]: ...


@frozen(kw_only=True)
class S3Settings:
    """Which bucket, and who we are there."""

    bucket: str = option("Bucket")
    endpoint: str = option("Endpoint", default="", help="Of another store than Amazon's own.")
    region: str = option("Region", default="us-east-1")
    access_key: str = option("Access key", default="", help="Without one the machine's own role is used.")
    secret_key: str = option("Secret key", default="", secret=True)


@define
class S3BlobStore:
    """Objects in one bucket; one client is opened at the first call and closed by `close`.

    *endpoint* is empty for Amazon itself. Without *access_key* the machine's own role is used.
    Addresses are those of *links*: a signature of S3's own would live for a week at most.
    """

    bucket: str
    links: Links
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    _client: S3Client | None = field(default=None, init=False)
    _open: AsyncExitStack = field(factory=AsyncExitStack, init=False)
    _opening: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    async def put(self, key: BlobKey, content: bytes) -> None:
        """Store *content*; the same key always means the same bytes. Raises Unavailable when nothing was kept."""
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        async with self._calls(key) as client:
            # The store compares the digest, so a torn transfer is refused there.
            await client.put_object(
                Bucket=self.bucket, Key=key, Body=content, ContentMD5=digest, ContentType=media_type_of(key)
            )

    async def get(self, key: BlobKey) -> bytes:
        """Return the bytes of *key*, or raise NotFound."""
        return b"".join([piece async for piece in self.stream(key)])

    async def stream(self, key: BlobKey) -> AsyncIterator[bytes]:
        """Return the bytes of *key* in pieces, or raise NotFound."""
        async with self._calls(key) as client:
            answer = await client.get_object(Bucket=self.bucket, Key=key)
            body = cast("S3Body", answer["Body"])
            try:
                async for piece in body.iter_chunks(_PIECE):
                    yield piece
            finally:
                body.close()

    async def delete(self, key: BlobKey) -> None:
        """Forget *key*; forgetting twice is harmless."""
        async with self._calls(key) as client:
            await client.delete_object(Bucket=self.bucket, Key=key)

    async def delete_shop(self, shop: ShopId) -> None:
        """Forget everything of *shop*."""
        async with self._calls(BlobKey(shop)) as client:
            while names := await self._first_of(client, shop):
                objects = [{"Key": name} for name in names]
                answer = await client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True}
                )
                if answer.get("Errors"):
                    raise Unavailable("some files could not be removed from the store of files")

    def url(self, key: BlobKey, *, name: str, expires: datetime) -> str:
        """Return a public, unguessable address of *key* that ends in *name* and holds until *expires*."""
        return self.links.url(key, name=name, expires=expires)

    async def close(self) -> None:
        """Give the connections back."""
        self._client = None
        await self._open.aclose()

    async def _first_of(self, client: S3Client, shop: ShopId) -> Sequence[str]:
        found = await client.list_objects_v2(Bucket=self.bucket, Prefix=f"{shop}/", MaxKeys=_BATCH)
        return [entry["Key"] for entry in cast("Sequence[Mapping[str, str]]", found.get("Contents", ()))]

    @asynccontextmanager
    async def _calls(self, key: BlobKey) -> AsyncGenerator[S3Client, None]:
        from aiohttp import ClientError as BrokenOff
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield await self._opened()
        except ClientError as refusal:
            if refusal.response.get("Error", {}).get("Code") in _MISSING:
                raise NotFound("file", key) from refusal
            raise Unavailable("the store of files refuses at the moment") from refusal
        except (BotoCoreError, BrokenOff, OSError) as problem:
            raise Unavailable("the store of files cannot be reached") from problem

    async def _opened(self) -> S3Client:
        async with self._opening:
            if self._client is None:
                self._client = await self._connected()
        return self._client

    async def _connected(self) -> S3Client:
        import aioboto3
        from botocore.config import Config

        opening = aioboto3.Session().client(
            "s3",
            endpoint_url=self.endpoint or None,
            region_name=self.region,
            aws_access_key_id=self.access_key or None,
            aws_secret_access_key=self.secret_key or None,
            config=Config(s3={"addressing_style": "path" if self.endpoint else "auto"}, **_MANNERS),
        )
        return cast("S3Client", await self._open.enter_async_context(opening))


@asynccontextmanager
async def _opened(place: BlobPlace[S3Settings]) -> AsyncGenerator[S3BlobStore]:
    told = place.settings
    store = S3BlobStore(
        bucket=told.bucket,
        links=place.links,
        endpoint=told.endpoint,
        region=told.region,
        access_key=told.access_key,
        secret_key=told.secret_key,
    )
    try:
        yield store
    finally:
        await store.close()


PLUGIN: Final = BlobStorePlugin(
    key="s3", title="S3, or a store that speaks like it", settings=S3Settings, open=_opened
)
