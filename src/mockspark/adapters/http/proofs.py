"""What would be printed, seen before it is: proofs, mockups, findings, and text as it is set."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from attrs import frozen
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from mockspark.adapters.http.items import READ, Spark, Who
from mockspark.adapters.http.schemas import CheckBody, MockupBody, TextBody, ViewBody, area_of
from mockspark.application.ports.lettering import LaidText
from mockspark.application.use_cases.proofs import MOST_MOCKUP_PX, MOST_TILE_PX, Section, Shown
from mockspark.domain.design import Design
from mockspark.domain.files import Finding
from mockspark.domain.identity import ListingId, OrderItemId

WEBP: Final = "image/webp"
# Whoever has a picture asks whether it is still the one, every time: an item may have another design by now.
_KEPT: Final = "private, no-cache"
_NOT_MODIFIED: Final = 304

Known = Annotated[str, HeaderParameter(name="If-None-Match")]
Side = Annotated[int | None, QueryParameter(ge=1, le=MOST_TILE_PX)]


@frozen(kw_only=True)
class LineView:
    """One line: the characters *start* to *end* of the text, its baseline and width."""

    start: int
    end: int
    x: int
    baseline: int
    width: int
    rtl: bool


@frozen(kw_only=True)
class EmojiView:
    """A glyph of a colour font; *matrix* (as SVG's) maps font units, y downwards, to micrometres of the box."""

    font: str
    glyph: int
    matrix: Sequence[float]


@frozen(kw_only=True)
class TextView:
    """A text, set: micrometres from the top left corner of the layer's box, before it turns.

    *outline* is SVG path data of all letters, *box* the left, top, right and bottom of what is drawn. *missing* are
    characters that no font has.
    """

    lines: Sequence[LineView]
    outline: str
    emoji: Sequence[EmojiView]
    box: Sequence[int]
    size: int
    width: int
    height: int
    overflows: bool
    missing: Sequence[str]


class Proofs(Controller):
    """What the designs of items print."""

    path = "/items"
    tags = ("Proofs",)

    @get(
        "/{item:uuid}/proof",
        opt=READ,
        media_type=WEBP,
        summary="What an item's design prints, at any zoom, in tiles",
    )
    async def show_proof(
        self,
        spark: Spark,
        who: Who,
        item: FromPath[UUID],
        area: FromQuery[str] = "",
        zoom: FromQuery[int | None] = None,
        left: FromQuery[int] = 0,
        top: FromQuery[int] = 0,
        width: Side = None,
        height: Side = None,
        if_none_match: Known = "",
    ) -> Response[bytes]:
        section = Section(zoom_px=zoom, left=left, top=top, width=width, height=height)
        shown = await spark.show_proof(
            who.shop, OrderItemId(item), area, section, known=_known(if_none_match)
        )
        return _picture(shown)

    @get("/{item:uuid}/mockup", opt=READ, media_type=WEBP, summary="An item's design on its product")
    async def show_mockup(
        self,
        spark: Spark,
        who: Who,
        item: FromPath[UUID],
        width: Annotated[int, QueryParameter(ge=1, le=MOST_MOCKUP_PX)] = 600,
        if_none_match: Known = "",
    ) -> Response[bytes]:
        shown = await spark.show_mockup(who.shop, OrderItemId(item), width, known=_known(if_none_match))
        return _picture(shown)


class Designs(Controller):
    """Designs that are not saved yet."""

    path = "/designs"
    tags = ("Proofs",)

    @post("/view", opt=READ, status_code=200, media_type=WEBP, summary="What a design would print, in tiles")
    async def view_design(self, spark: Spark, who: Who, data: JSONBody[ViewBody]) -> Response[bytes]:
        section = Section(
            zoom_px=data.zoom, left=data.left, top=data.top, width=data.width, height=data.height
        )
        content = await spark.show_design(
            who.shop, Design.of(data.design), area_of(data.area), section, item=_item(data.item)
        )
        return Response(content, media_type=WEBP)

    @post("/mockup", opt=READ, status_code=200, media_type=WEBP, summary="A design on its product")
    async def mock_up_design(self, spark: Spark, who: Who, data: JSONBody[MockupBody]) -> Response[bytes]:
        content = await spark.mock_up_design(
            who.shop,
            Design.of(data.design),
            ListingId(data.listing),
            data.width,
            item=_item(data.item),
        )
        return Response(content, media_type=WEBP)

    @post("/check", opt=READ, status_code=200, summary="What would print badly")
    async def check_design(self, spark: Spark, who: Who, data: JSONBody[CheckBody]) -> Sequence[Finding]:
        return await spark.check_design(
            who.shop, Design.of(data.design), ListingId(data.listing), item=_item(data.item)
        )


class Texts(Controller):
    """Text, set as files and proofs set it."""

    path = "/text"
    tags = ("Proofs",)

    @post("/layout", opt=READ, status_code=200, summary="Set one text layer: lines, outline, emoji")
    async def lay_out_text(self, spark: Spark, who: Who, data: JSONBody[TextBody]) -> TextView:
        laid = await spark.lay_out_text(who.shop, data.layer)
        return await asyncio.to_thread(_text_view, laid)


def _item(told: UUID | None) -> OrderItemId | None:
    return None if told is None else OrderItemId(told)


def _known(if_none_match: str) -> frozenset[str]:
    return frozenset(tag.strip().removeprefix("W/").strip('"') for tag in if_none_match.split(","))


def _picture(shown: Shown) -> Response[bytes]:
    headers = {"ETag": f'"{shown.tag}"', "Cache-Control": _KEPT}
    if shown.content is None:
        return Response(b"", status_code=_NOT_MODIFIED, headers=headers)
    return Response(shown.content, media_type=WEBP, headers=headers)


def _text_view(laid: LaidText) -> TextView:
    return TextView(
        lines=[
            LineView(
                start=line.start,
                end=line.end,
                x=round(line.x),
                baseline=round(line.baseline),
                width=round(line.width),
                rtl=line.rtl,
            )
            for line in laid.lines
        ],
        outline=laid.outline.path(),
        emoji=[
            EmojiView(
                font=one.font,
                glyph=one.glyph,
                matrix=[one.place.a, one.place.b, one.place.c, one.place.d, one.place.e, one.place.f],
            )
            for one in laid.emoji
        ],
        box=[round(side) for side in laid.ink or (0, 0, 0, 0)],
        size=round(laid.size),
        width=round(laid.width),
        height=round(laid.height),
        overflows=laid.overflows,
        missing=laid.missing,
    )
