"""Colours for files that keep coverage apart from them."""

from typing import Final

from PIL import Image, ImageFilter

_REACH: Final = 8
_UNCOVERED: Final = [255] + [0] * 255


def spread(band: Image.Image) -> Image.Image:
    """Return the colours of *band* (RGBA), with those of the ink around where there is none.

    Viewers shrink colours and coverage each by itself: black under what is transparent would darken every edge.
    """
    small = band.convert("RGBa").reduce(_REACH).filter(ImageFilter.BoxBlur(1)).convert("RGBA").convert("RGB")
    around = small.resize(
        band.size, Image.Resampling.NEAREST, (0, 0, band.width / _REACH, band.height / _REACH)
    )
    colours = band.convert("RGB")
    colours.paste(around, (0, 0), band.getchannel("A").point(_UNCOVERED, "1"))
    return colours
