"""Judging uploads of both kinds: pictures in a process that can do nothing else, drawings by reading them."""

from collections.abc import Awaitable, Callable
from typing import Final

from attrs import frozen

from mockspark.adapters.importing.svg import drawing
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import ImageFacts, ImageInspector
from mockspark.domain.holds import HoldReason

SVG: Final = "image/svg+xml"
_BEGINNING: Final = 1_000
_NOTES: Final = 3
_MARK: Final = b"\xef\xbb\xbf"


@frozen
class Inspector:
    """An ImageInspector that takes SVG drawings too; *read* judges those in a process that may die of it."""

    _pictures: ImageInspector
    _run: Callable[[Callable[[bytes], ImageFacts], bytes], Awaitable[ImageFacts]]

    async def inspect(self, content: bytes) -> ImageFacts:
        """Return what the picture or drawing is; raises Rejected with the reason when it is none that we print."""
        if _is_drawing(content):
            return await self._run(read, content)
        return await self._pictures.inspect(content)


def read(content: bytes) -> ImageFacts:
    """Return the proportions of the drawing in *content*, which has no pixels of its own; raises Rejected."""
    found = drawing(content)
    if found.pictures:
        # They would be decoded with the drawing, unjudged.
        words = "The drawing holds pictures: export it as PNG at print size, or take the pictures out."
        raise Rejected(words, reason=HoldReason.RENDER_FAILED)
    note = "; ".join(f"{one.feature}: {one.done}" for one in found.notes[:_NOTES])
    return ImageFacts(
        width_px=max(round(found.width), 1), height_px=max(round(found.height), 1), media_type=SVG, note=note
    )


def _is_drawing(content: bytes) -> bool:
    start = content[:_BEGINNING].removeprefix(_MARK).lstrip()
    return start.startswith(b"<") and (
        b"<svg" in start or start.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg"))
    )
