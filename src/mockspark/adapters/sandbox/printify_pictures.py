"""What the local Printify knows of a picture: format and pixels from its first bytes, and how sharp it will print."""

import struct
from typing import Final

from attrs import frozen

PLACEHOLDER_DPI: Final = 300
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@frozen
class Picture:
    """A picture's type and size."""

    mime_type: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture | None:
    """Return what the bytes say of themselves; None for anything but PNG and JPEG."""
    if content.startswith(_PNG) and len(content) >= 24:
        return Picture("image/png", *struct.unpack(">II", content[16:24]))
    if content.startswith(_JPEG):
        return _jpeg(content)
    return None


def _jpeg(content: bytes) -> Picture | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Picture("image/jpeg", width, height)
        at += 2 + length
    return None


def effective_dpi(picture_width: int, placeholder_width: int, scale: float) -> float:
    """Return the dots per inch of a picture that covers *scale* of a placeholder's width."""
    return PLACEHOLDER_DPI * picture_width / (placeholder_width * scale)
