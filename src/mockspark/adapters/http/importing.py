"""Designs of other programs, taken in."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from attrs import frozen
from litestar import Controller, post
from litestar.params import FromQuery, QueryParameter, RawBody

from mockspark.adapters.http.items import WRITE, Spark, Who
from mockspark.adapters.http.setup import ASSET_BYTES
from mockspark.application.blob_names import DIGEST
from mockspark.application.ports.importing import DesignFormat, Fit, ImportTarget, Note
from mockspark.domain.design import Design
from mockspark.domain.identity import ListingId

_MOST_UM: Final = 50_000_000

Length = Annotated[int, QueryParameter(ge=0, le=_MOST_UM)]
Pixels = Annotated[float, QueryParameter(ge=0, le=1_000_000)]
Kind = Annotated[DesignFormat, QueryParameter(name="format")]


@frozen(kw_only=True)
class ImportedView:
    """A design as it was taken in; nothing keeps it but its pictures, *assets*, which are uploads of the shop now."""

    id: str
    document: Mapping[str, Any]
    assets: Sequence[str]
    notes: Sequence[Note]


class Imports(Controller):
    """Designs of other programs."""

    path = "/designs/import"
    tags = ("Designs",)

    @post(
        opt=WRITE,
        status_code=200,
        request_max_body_size=ASSET_BYTES,
        summary="Read a design of fabric.js, Printful or SVG, or place a finished file; nothing is left out unsaid",
    )
    async def import_design(
        self,
        spark: Spark,
        who: Who,
        body: RawBody,
        kind: Kind,
        listing: FromQuery[UUID | None] = None,
        area: FromQuery[str] = "",
        width_um: Length = 0,
        height_um: Length = 0,
        canvas_width: Pixels = 0,
        canvas_height: Pixels = 0,
        fit: FromQuery[Fit] = Fit.CONTAIN,
    ) -> ImportedView:
        target = ImportTarget(
            areas={area: (width_um, height_um)} if area and width_um and height_um else {},
            canvas_px=(canvas_width, canvas_height) if canvas_width and canvas_height else None,
            fit=fit,
        )
        found = await spark.import_design(
            who.shop,
            body,
            kind,
            target,
            listing=None if listing is None else ListingId(listing),
            area=area,
        )
        return ImportedView(
            id=Design.of(found.document).id,
            document=found.document,
            assets=[f"{DIGEST}{digest}" for digest in found.assets],
            notes=found.notes,
        )
