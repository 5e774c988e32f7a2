"""Colours of foreign pictures, brought to sRGB: by their profile, with the blacks aligned."""

import io
from functools import cache
from typing import Final

from PIL import Image, ImageCms

from mockspark.adapters.rendering import srgb

_ALPHA: Final = "A"
_UNREADABLE: Final = "its colour profile cannot be read"
_NO_PROFILE: Final = "its CMYK colours name no profile"


def in_srgb(image: Image.Image, profile: bytes) -> tuple[Image.Image, str]:
    """Return *image* (L, LA, RGB, RGBA, CMYK or LAB) as RGB, or RGBa where it is translucent.

    Beside it stands what is doubtful about its colours.
    """
    alpha = image.getchannel(_ALPHA) if image.mode in {"LA", "RGBA"} else None
    if alpha is not None and alpha.getextrema() == (255, 255):
        alpha = None
    transform, doubtful = _way("L" if image.mode == "LA" else image.mode, profile)
    if transform is None:
        return _as_it_is(image, alpha), doubtful
    flat = _transformed(image, transform)
    if alpha is None:
        return _in_mode(flat, "RGB"), doubtful
    flat.putalpha(alpha)
    return flat.convert("RGBa"), doubtful


def doubt(mode: str, profile: bytes) -> str:
    """Return what is doubtful about colours of *mode* (L, RGB and what becomes RGB, CMYK or LAB)."""
    return _way(mode if mode in {"L", "RGB", "CMYK", "LAB"} else "RGBA", profile)[1]


def _transformed(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    ready = _in_mode(image, transform.input_mode)
    if transform.input_mode != transform.output_mode:
        return transform.apply(ready)
    # A hundred megapixels are not kept twice.
    transform.apply_in_place(ready)
    return ready


def _as_it_is(image: Image.Image, alpha: Image.Image | None) -> Image.Image:
    if alpha is None:
        return _in_mode(image, "RGB")
    return (image if image.mode == "RGBA" else image.convert("RGBA")).convert("RGBa")


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    # Converting to the same mode would copy what may be a hundred megapixels.
    return image if image.mode == mode else image.convert(mode)


def _way(mode: str, profile: bytes) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    """Return how colours of *mode* become sRGB, None when they are, and what is doubtful about that."""
    if mode == "LAB":
        return _from_lab(), ""
    if not profile:
        return None, _NO_PROFILE if mode == "CMYK" else ""
    try:
        return _transform(profile, mode), ""
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, _UNREADABLE


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if source.profile.xcolor_space.strip() == "RGB" and mode in {"L", "RGB", "RGBA"}:
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        mode = "RGB" if mode == "L" else mode
    return _to_srgb(source, mode)


@cache
def _from_lab() -> ImageCms.ImageCmsTransform:
    return _to_srgb(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB")


def _to_srgb(source: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.ImageCmsTransform(
        source,
        _target(),
        mode,
        "RGBA" if mode == "RGBA" else "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


@cache
def _target() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(srgb.profile()))
