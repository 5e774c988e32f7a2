"""Pictures that orders point to: made on request, the same bytes for the same name."""

import hashlib
import io
from typing import Final

from attrs import frozen
from PIL import Image, ImageDraw

LARGEST_EDGE: Final = 8_000
BROKEN: Final = b"\x89PNG\r\n\x1a\n this is no picture"


@frozen(kw_only=True)
class Picture:
    """A picture's bytes and what a server says they are."""

    content: bytes
    media_type: str


def picture(name: str, width: int, height: int) -> Picture:
    """Return the picture *name* of that many pixels; a name that begins with `broken` is none."""
    media_type = "image/jpeg" if name.endswith((".jpg", ".jpeg")) else "image/png"
    if name.startswith("broken"):
        return Picture(content=BROKEN, media_type=media_type)
    width, height = (min(max(edge, 1), LARGEST_EDGE) for edge in (width, height))
    image = _drawn(hashlib.sha256(name.encode()).digest(), width, height)
    out = io.BytesIO()
    if media_type == "image/jpeg":
        image.save(out, "JPEG", quality=88)
    else:
        image.save(out, "PNG", compress_level=1)
    return Picture(content=out.getvalue(), media_type=media_type)


def _drawn(seed: bytes, width: int, height: int) -> Image.Image:
    ground, dark, light = (tuple(seed[i : i + 3]) for i in (0, 3, 6))
    image = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(image)
    edge = min(width, height)
    for ring in range(5):
        inset = edge * (1 + ring * (2 + seed[9 + ring] % 3)) // 48
        box = (inset, inset, max(width - 1 - inset, inset), max(height - 1 - inset, inset))
        pen.ellipse(box, outline=dark if ring % 2 else light, width=max(edge // 60, 1))
    pen.line((0, 0, width, height), fill=light, width=max(edge // 90, 1))
    pen.line((0, height, width, 0), fill=dark, width=max(edge // 90, 1))
    return image
