"""Foreign pictures, decoded: upright, in sRGB, eight bits a channel, premultiplied where they are translucent."""

import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from attrs import frozen
from PIL import Image, ImageCms

from mockspark.adapters.rendering import srgb

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_PIXELS: Final = 100_000_000
_ORIENTATION: Final = 0x0112
_T = Image.Transpose
_UPRIGHT: Final[Mapping[int, Image.Transpose]] = {
    2: _T.FLIP_LEFT_RIGHT,
    3: _T.ROTATE_180,
    4: _T.FLIP_TOP_BOTTOM,
    5: _T.TRANSPOSE,
    6: _T.ROTATE_270,
    7: _T.TRANSVERSE,
    8: _T.ROTATE_90,
}
_SIDEWAYS: Final = frozenset((5, 6, 7, 8))


class Undrawable(Exception):
    """The bytes are no picture that can be drawn."""


@frozen(kw_only=True)
class Picture:
    """A picture whose header is read; its pixels are decoded by `decoded`."""

    image: Image.Image
    orientation: int

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height, upright."""
        width, height = self.image.size
        return (height, width) if self.orientation in _SIDEWAYS else (width, height)


@frozen(kw_only=True)
class Pixels:
    """Decoded pixels in mode RGB, or RGBa where some are translucent; *doubt* says what was guessed."""

    image: Image.Image
    doubt: str = ""


def opened(content: bytes) -> Picture:
    """Read the header of *content*; raises Undrawable."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Exception as problem:  # decoders raise whatever they like about foreign bytes
        raise Undrawable("it is no JPEG, PNG or WebP picture") from problem
    if image.width * image.height > MAX_PIXELS:
        raise Undrawable(f"it has {image.width} x {image.height} pixels, more than can be drawn")
    return Picture(image=image, orientation=_orientation(image))


def decoded(picture: Picture, *, share: int = 1) -> Pixels:
    """Decode *picture*, once, to the *share*-th part (1, 2, 4 or 8) of its width and height, rounded up."""
    image = picture.image
    wanted = (-(-image.width // share), -(-image.height // share))
    try:
        # A JPEG's decoder shrinks for free.
        image.draft(None, wanted)
        image.load()
        profile = image.info.get("icc_profile")
        flat, doubt = _in_srgb(_eight_bits(image), profile if isinstance(profile, bytes) else b"")
    except MemoryError:
        raise
    except Exception as problem:  # decoders raise whatever they like about foreign bytes
        raise Undrawable("its pixels cannot be read: the file is damaged or cut short") from problem
    if flat is not image:
        # A hundred megapixels are not kept twice while they are scaled.
        image.close()
    if flat.size != wanted:
        flat = flat.reduce(share)
    turn = _UPRIGHT.get(picture.orientation)
    return Pixels(image=flat if turn is None else flat.transpose(turn), doubt=doubt)


def doubt(picture: Picture) -> str:
    """Return what is guessed about the colours of *picture*, known from its header; mostly nothing."""
    profile = picture.image.info.get("icc_profile")
    return _way(picture.image, profile if isinstance(profile, bytes) else b"")[1]


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a broken note on the picture does not break the picture
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    convert = _CONVERSIONS.get(image.mode, _plain)
    return convert(image)


def _plain(image: Image.Image) -> Image.Image:
    return image.convert("RGBA") if "transparency" in image.info else _rgb(image)


def _grey(image: Image.Image) -> Image.Image:
    return image.convert("RGBA") if "transparency" in image.info else image.convert("L")


def _deep_grey(image: Image.Image) -> Image.Image:
    return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _as_it_is(image: Image.Image) -> Image.Image:
    return image


def _translucent(image: Image.Image) -> Image.Image:
    return image.convert("RGBA")


_CONVERSIONS: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = {
    "1": _grey,
    "L": _grey,
    "I": _deep_grey,
    "I;16": _deep_grey,
    "I;16B": _deep_grey,
    "CMYK": _as_it_is,
    "RGBA": _as_it_is,
    "LA": _translucent,
    "La": _translucent,
    "PA": _translucent,
    "RGBa": _translucent,
}


def _in_srgb(image: Image.Image, profile: bytes) -> tuple[Image.Image, str]:
    transform, doubt = _way(image, profile)
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    opaque = alpha is None or alpha.getextrema() == (255, 255)
    if transform is None:
        return (_rgb(image) if opaque else image.convert("RGBa")), doubt
    colours = transform.apply(image if alpha is None else image.convert("RGB"))
    if alpha is None or opaque:
        return colours, doubt
    colours.putalpha(alpha)
    return colours.convert("RGBa"), doubt


def _way(image: Image.Image, profile: bytes) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    """Return how the colours become sRGB, None when they are, and what is doubtful about that."""
    if not profile:
        return None, "its CMYK colours name no profile" if image.mode == "CMYK" else ""
    try:
        return _transform(profile, "RGB" if image.mode == "RGBA" else image.mode), ""
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, "its colour profile cannot be read"


def _rgb(image: Image.Image) -> Image.Image:
    # Converting to the same mode would copy what may be a hundred megapixels.
    return image if image.mode == "RGB" else image.convert("RGB")


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if mode == "RGB" and "sRGB" in ImageCms.getProfileDescription(source):
        return None
    if mode == "L" and source.profile.xcolor_space.strip() == "RGB":
        return None
    return ImageCms.ImageCmsTransform(
        source,
        _target(),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


@cache
def _target() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(srgb.profile()))
