"""Foreign pictures, decoded: upright, in sRGB, eight bits a channel, premultiplied where they are translucent."""

from collections.abc import Callable, Mapping
from typing import Final, Self

from attrs import frozen
from PIL import Image, ImageChops, TiffImagePlugin

from mockspark.adapters.rendering import colours, foreign

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
_CORNER: Final = 64
_SIDEWAYS: Final = frozenset((5, 6, 7, 8))


class Undrawable(Exception):
    """The bytes are no picture that can be drawn."""


@frozen(kw_only=True)
class Picture:
    """A picture whose header is read; its pixels are decoded by `decoded`."""

    image: Image.Image
    orientation: int

    @classmethod
    def of(cls, found: foreign.Opened) -> Self:
        """Take what was opened."""
        return cls(image=found.image, orientation=_orientation(found.image))

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
        found = foreign.opened(content)
    except foreign.Unfit as problem:
        raise Undrawable("it is damaged, too large, or of a kind that is not printed") from problem
    return Picture.of(found)


def examined(picture: Picture) -> str:
    """Decode all of *picture* and bring a corner of it to sRGB; return what is doubtful about its colours."""
    image = picture.image
    # Every byte of a JPEG is still read; only the pixels made of them are fewer.
    image.draft(None, (image.width // 8, image.height // 8))
    image.load()
    return _flat(image.crop((0, 0, min(image.width, _CORNER), min(image.height, _CORNER))))[1]


def decoded(picture: Picture, *, share: int = 1) -> Pixels:
    """Decode *picture*, once, to the *share*-th part (1, 2, 4 or 8) of its width and height, rounded up."""
    image = picture.image
    wanted = (-(-image.width // share), -(-image.height // share))
    try:
        # A JPEG's decoder shrinks for free.
        image.draft(None, wanted)
        image.load()
        flat, doubt = _flat(image)
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
    image = picture.image
    return colours.doubt("L" if _CONVERSIONS.get(image.mode) in _GREYS else image.mode, _profile(image))


def _flat(image: Image.Image) -> tuple[Image.Image, str]:
    return colours.in_srgb(_eight_bits(image), _profile(image))


def _profile(image: Image.Image) -> bytes:
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) else b""


def _orientation(image: Image.Image) -> int:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return 1  # its decoder turns it upright
    try:
        # A PNG's own way to it would read the pixels, and hide that they are damaged.
        return int(Image.Image.getexif(image).get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a broken note on the picture does not break the picture
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    return _CONVERSIONS.get(image.mode, _plain)(image)


def _plain(image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode == "RGB" else image.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode == "L" else image.convert("L")


def _deep_grey(image: Image.Image) -> Image.Image:
    grey = image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(_other_than(image, clear))
    return grey


def _other_than(image: Image.Image, clear: int) -> Image.Image:
    """Return a mask of the pixels of 16 bits that are not *clear*."""
    high, low = divmod(clear, 256)
    stored = image.convert("I;16").tobytes()
    lows, highs = (Image.frombytes("L", image.size, stored[start::2]) for start in (0, 1))
    return ImageChops.lighter(_differing(lows, low), _differing(highs, high))


def _differing(image: Image.Image, value: int) -> Image.Image:
    return image.point([0 if level == value else 255 for level in range(256)])


def _as_it_is(image: Image.Image) -> Image.Image:
    return image


def _with_alpha(image: Image.Image) -> Image.Image:
    return image if image.mode == "LA" else image.convert("LA")


def _translucent(image: Image.Image) -> Image.Image:
    return image.convert("RGBA")


_CONVERSIONS: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = {
    "1": _grey,
    "L": _grey,
    "I;16": _deep_grey,
    "I;16B": _deep_grey,
    "I;16L": _deep_grey,
    "CMYK": _as_it_is,
    "LAB": _as_it_is,
    "RGBA": _as_it_is,
    "LA": _with_alpha,
    "La": _with_alpha,
    "PA": _translucent,
    "RGBa": _translucent,
}
_GREYS: Final = (_grey, _deep_grey, _with_alpha)
