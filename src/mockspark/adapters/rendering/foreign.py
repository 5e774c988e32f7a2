"""Which foreign pictures are opened, and within which bounds: the same for who judges and for who draws."""

import io
from collections.abc import Callable
from functools import cache
from typing import Final

from attrs import frozen
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.JpegImagePlugin import jpeg_factory

from mockspark.adapters.rendering import headers
from mockspark.adapters.rendering.headers import BROKEN, TOO_MUCH, Unfit

__all__ = ["Kind", "Opened", "Unfit", "heic", "opened"]

_MODES: Final = frozenset(
    ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "LAB", "I;16", "I;16B", "I;16L")
)
_KINDS_IN_WORDS: Final = "JPEG, PNG, WebP, TIFF, GIF or AVIF"

# What people send instead of a picture, by how it begins, and what to do about it.
_OTHERS: Final = (
    (b"%PDF", "This is a PDF: export the page as PNG with 300 DPI."),
    (b"<svg", "This is an SVG drawing: import it as a drawing, or export it as PNG at print size."),
    (b"<?xml", "This is an SVG drawing: import it as a drawing, or export it as PNG at print size."),
    (b"<!DOCTYPE svg", "This is an SVG drawing: import it as a drawing, or export it as PNG at print size."),
    (b"8BPS", "This is a Photoshop document: export it as PNG."),
    (b"%!PS", "This is a PostScript drawing: export it as PNG at print size."),
    (b"BM", "This is a BMP: save it as PNG."),
    (b"PK", "This is an archive: unpack it and upload the picture in it."),
    (b"Rar!", "This is an archive: unpack it and upload the picture in it."),
    (b"7z\xbc\xaf", "This is an archive: unpack it and upload the picture in it."),
    (b"\x1f\x8b", "This is an archive: unpack it and upload the picture in it."),
    (b"\0\0\0\x0cjP", "This is a JPEG 2000: save it as PNG."),
    (b"\xff\x0a", "This is a JPEG XL: save it as PNG."),
    (b"\0\0\0\x0cJXL", "This is a JPEG XL: save it as PNG."),
)
_NO_PICTURE: Final = f"This is no {_KINDS_IN_WORDS} picture: save it as one of these and upload it again."
_PHONE: Final = "This is a HEIC picture of a phone: export it as JPEG of the best quality."
_VIDEO: Final = "This is a video: save the picture that is to be printed as PNG."
_DEEP: Final = "The picture's colours are stored in a way that is not printed: save it as PNG."
_AVIF: Final = frozenset((b"avif", b"avis"))
_HEIC: Final = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"))


@frozen(kw_only=True)
class Opened:
    """A picture whose header is read and whose pixels are not."""

    image: Image.Image
    media_type: str
    note: str = ""


@frozen(kw_only=True)
class Kind:
    """A format: how its header is checked, how it is opened, and what is said when it holds several pictures."""

    media_type: str
    check: Callable[[bytes], None]
    open: Callable[[io.BytesIO], Image.Image]
    several: str = ""


def _unchecked(_content: bytes) -> None:
    """Leave it to the container's parser, which takes no memory for pixels."""


_MOVES: Final = "The picture moves: its first frame is printed."
_JPEG: Final = Kind(media_type="image/jpeg", check=headers.check_jpeg, open=jpeg_factory)
_PNG: Final = Kind(
    media_type="image/png", check=headers.check_png, open=PngImagePlugin.PngImageFile, several=_MOVES
)
_GIF: Final = Kind(
    media_type="image/gif", check=headers.check_gif, open=GifImagePlugin.GifImageFile, several=_MOVES
)
_WEBP: Final = Kind(
    media_type="image/webp", check=headers.check_webp, open=WebPImagePlugin.WebPImageFile, several=_MOVES
)
_TIFF: Final = Kind(
    media_type="image/tiff",
    check=headers.check_tiff,
    open=TiffImagePlugin.TiffImageFile,
    several="The file has several pages: the first is printed.",
)
_AVIF_KIND: Final = Kind(
    media_type="image/avif", check=_unchecked, open=AvifImagePlugin.AvifImageFile, several=_MOVES
)
_MAGIC: Final = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"II*\0", _TIFF),
    (b"MM\0*", _TIFF),
    (b"II+\0", _TIFF),
    (b"MM\0+", _TIFF),
)


def opened(content: bytes) -> Opened:
    """Read the header of *content*; raises Unfit with words for people."""
    if not content:
        raise Unfit("The file is empty: upload it again.")
    kind = _kind(content)
    kind.check(content)
    try:
        image = kind.open(io.BytesIO(content))
    except MemoryError as problem:
        raise Unfit(TOO_MUCH) from problem
    except Exception as problem:  # decoders raise whatever they like about foreign bytes
        raise Unfit(BROKEN) from problem
    if kind is _PNG and (camera := headers.camera_note(content)):
        # Its decoder would read all pixels to find what may stand behind them.
        image.info["exif"] = b"Exif\0\0" + camera
    # What the decoder found counts, not only what the header claimed.
    headers.check_size(*image.size)
    if image.mode not in _MODES:
        raise Unfit(_DEEP)
    return Opened(image=image, media_type=kind.media_type, note=_note(kind, image, content))


def _kind(content: bytes) -> Kind:
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _WEBP
    if content[4:8] == b"ftyp":
        return _boxed(content)
    raise Unfit(_other(content))


def _boxed(content: bytes) -> Kind:
    """Tell AVIF from HEIC and from videos: they share their container."""
    brand = content[8:12]
    end = min(int.from_bytes(content[:4], "big"), 200)
    brands = {brand, *(content[start : start + 4] for start in range(16, end - 3, 4))}
    if brand in _AVIF or (brand in {b"mif1", b"msf1"} and brands & _AVIF):
        return _AVIF_KIND
    if brands & _HEIC or brand in {b"mif1", b"msf1"}:
        found = heic()
        if found is None:
            raise Unfit(_PHONE)
        return found
    raise Unfit(_VIDEO)


@cache
def heic() -> Kind | None:
    """Return how HEIC is opened where the extra for it is installed; asked early, it is imported early."""
    try:
        from pillow_heif.as_plugin import HeifImageFile
    except ImportError:
        return None
    return Kind(media_type="image/heic", check=_unchecked, open=HeifImageFile)


def _note(kind: Kind, image: Image.Image, content: bytes) -> str:
    # Phones put a second picture behind a JPEG; nobody sees it as a page.
    if not kind.several or isinstance(image, MpoImagePlugin.MpoImageFile):
        return ""
    try:
        several = headers.pages(content) if kind is _TIFF else bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001 - what follows the first frame does not matter
        return ""
    return kind.several if several else ""


def _other(content: bytes) -> str:
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8")):
        return BROKEN
    return next((words for magic, words in _OTHERS if start.startswith(magic)), _NO_PICTURE)
