"""Files that leave: CSV, ZIP, single production files, and the signed links that providers follow."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation
from litestar.response import Stream

from mockspark.adapters.http.items import READ, Spark, Who, targets
from mockspark.adapters.http.schemas import Chosen
from mockspark.adapters.http.security import PUBLIC
from mockspark.application.blob_names import media_type_of
from mockspark.application.filters import ItemFilter
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.domain.identity import OrderItemId

OpenLink = Callable[[str, str], BlobKey]
"""Returns the file that a signed link's token and name lead to, or raises NotFound."""


class _Bytes(Protocol):
    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Downloads(Controller):
    """Exports of the list and of chosen items."""

    path = "/exports"
    tags = ("Exports",)

    @get("/items.csv", opt=READ, summary="Everything a search finds, as CSV")
    async def export_search(
        self,
        spark: Spark,
        who: Who,
        item_filter: NamedDependency[ItemFilter],
        *,
        bom: FromQuery[bool] = False,
    ) -> Stream:
        return await _csv(spark.export_csv(who.shop, item_filter, bom=bom))

    @post("/csv", opt=READ, status_code=200, summary="Chosen items as CSV")
    async def export_items(
        self, spark: Spark, who: Who, data: JSONBody[Chosen], *, bom: FromQuery[bool] = False
    ) -> Stream:
        return await _csv(spark.export_csv(who.shop, targets(data), bom=bom))

    @post("/files", opt=READ, status_code=200, summary="Production files of chosen items as ZIP")
    async def download_files(self, spark: Spark, who: Who, data: JSONBody[Chosen]) -> Stream:
        return await _started(
            spark.download_files(who.shop, targets(data)), "application/zip", "production-files.zip"
        )

    @get("/items/{item:uuid}/{key:path}", opt=READ, summary="One file of an item")
    async def download_file(self, spark: Spark, who: Who, item: FromPath[UUID], key: FromPath[str]) -> Stream:
        blob = BlobKey(key.removeprefix("/"))
        content = await spark.read_file(who.shop, OrderItemId(item), blob)
        name = blob.rpartition("/")[2]
        return await _started(content, media_type_of(name), name)


@get("/files/{token:str}/{name:str}", opt={PUBLIC: True}, include_in_schema=False)
async def signed_file(
    token: FromPath[str],
    name: FromPath[str],
    blobs: NamedDependency[SkipValidation[BlobStore]],
    open_link: NamedDependency[SkipValidation[OpenLink]],
) -> Stream:
    """Give a production file to whoever holds its signed address: the provider."""
    key = open_link(token, name)
    return await _started(blobs.stream(key), media_type_of(name), name, inline=True)


async def _csv(pieces: AsyncIterator[str]) -> Stream:
    encoded = (piece.encode() async for piece in pieces)
    return await _started(encoded, "text/csv", "order-items.csv")


async def _started(pieces: _Bytes, media: str, name: str, *, inline: bool = False) -> Stream:
    # The first piece is taken here, so that a missing file is a 404 and not a broken download.
    iterator = aiter(pieces)
    first = await anext(iterator, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for piece in iterator:
            yield piece

    kind = "inline" if inline else "attachment"
    return Stream(
        all_of_it(), media_type=media, headers={"Content-Disposition": f'{kind}; filename="{name}"'}
    )
