"""What all renderers do around their pixels: sizes that can be drawn, findings of the finished page, previews."""

import io
from collections.abc import Iterable
from typing import Final

from PIL import Image, ImageChops, ImageStat

from mockspark.adapters.rendering import pictures
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import RenderedArea, RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.holds import HoldReason

PREVIEW_TYPE: Final = "image/webp"
_MAX_SIDE: Final = 40_000
_MAX_PIXELS: Final = 400_000_000
_PREVIEW_QUALITY: Final = 85
_COMPARED_PX: Final = 64
_ALIKE: Final = 60
_GREY: Final = "#808080"


def check_size(area: PrintArea) -> None:
    """Raise Rejected when *area* has more pixels than can be drawn."""
    longest = max(area.width_px, area.height_px)
    if longest > _MAX_SIDE or area.width_px * area.height_px > _MAX_PIXELS:
        words = f"{area.key!r} has {area.width_px} x {area.height_px} pixels, more than can be drawn"
        raise Rejected(words, reason=HoldReason.RENDER_FAILED)


def finished(
    job: RenderJob,
    content: bytes,
    small: Image.Image,
    findings: Iterable[Finding],
    *,
    inked: bool,
    covered: bool,
) -> RenderedArea:
    """Return the area with its preview; *small* is the page (straight RGBA), at least as large as the preview."""
    area = job.area
    preview = shrunk(small, area, job.preview_px)
    return RenderedArea(
        area=area.key,
        content=content,
        media_type=area.file.media_type,
        width_px=area.width_px,
        height_px=area.height_px,
        dpi=area.dpi,
        preview=as_webp(preview),
        preview_media_type=PREVIEW_TYPE,
        findings=(*findings, *of_the_whole(job, preview, inked=inked, covered=covered)),
    )


def shrunk(small: Image.Image, area: PrintArea, longest: int) -> Image.Image:
    """Return *small* with *longest* pixels on the area's longer side, or as many as that has if those are fewer."""
    share = min(max(longest, 1) / max(area.width_px, area.height_px), 1.0)
    size = (max(round(area.width_px * share), 1), max(round(area.height_px * share), 1))
    if small.size == size:
        return small
    return small.convert("RGBa").resize(size, Image.Resampling.HAMMING).convert("RGBA")


def as_webp(image: Image.Image) -> bytes:
    """Return *image* as WebP."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=_PREVIEW_QUALITY, method=0, alpha_quality=90)
    return out.getvalue()


def of_the_whole(job: RenderJob, preview: Image.Image, *, inked: bool, covered: bool) -> Iterable[Finding]:
    """Yield what only the finished page shows, *preview* standing for it."""
    area = job.area
    if not inked and (job.design.on(area.key) or area.required):
        words = f"Nothing is visible on {area.key!r}: it would print blank."
        yield Finding(check=Check.EMPTY_AREA, level=Level.ERROR, area=area.key, words=words)
    if area.full_bleed and inked and not covered:
        words = f"The art does not reach every edge of {area.key!r}: the product shows through. Enlarge it."
        yield Finding(check=Check.UNCOVERED, level=Level.WARNING, area=area.key, words=words)
    approved = job.assets.get(job.design.approved(area.key))
    if approved is not None:
        yield from _against(approved, preview, area)


def _against(approved: bytes, preview: Image.Image, area: PrintArea) -> Iterable[Finding]:
    """Compare the print with the flat picture that the customer approved."""
    try:
        seen = pictures.decoded(pictures.opened(approved)).image.convert("RGBA")
    except pictures.Undrawable:
        return
    difference = round(_difference(seen, preview) * 1000 / 255)
    if difference > _ALIKE:
        yield Finding(
            check=Check.PREVIEW_DIFFERS,
            level=Level.WARNING,
            area=area.key,
            measured=difference,
            required=_ALIKE,
            words=f"The print of {area.key!r} differs from what the customer approved (by {difference} of 1000, "
            f"{_ALIKE} is alike): compare the two before sending.",
        )


def _difference(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures in levels, seen small and on grey."""
    size = (_COMPARED_PX, max(round(_COMPARED_PX * other.height / other.width), 1))
    pair = [_on_grey(image.convert("RGBa").resize(size, Image.Resampling.BOX)) for image in (one, other)]
    channels = ImageStat.Stat(ImageChops.difference(*pair)).mean
    return sum(channels) / len(channels)


def _on_grey(image: Image.Image) -> Image.Image:
    sheet = Image.new("RGBA", image.size, _GREY)
    sheet.alpha_composite(image.convert("RGBA"))
    return sheet.convert("RGB")
