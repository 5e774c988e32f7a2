"""Resampling in linear light: fine black and white mixes to the grey that it looks like from afar."""

from functools import cache
from typing import Any, Final

from PIL import Image, ImageMath

_MOST: Final = 65_535


def resized_in_light(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    """Resize *box* of an RGB or RGBa picture to *size*, averaging light instead of sRGB's curve.

    Coverage has no curve and is resized as it is; translucent colours are lit before they are weighed by it.
    """
    if image.mode == "RGB":
        return Image.merge("RGB", [_channel(channel, size, box) for channel in image.split()])
    straight = image.convert("RGBA")
    alpha = straight.getchannel("A")
    lit = [_lit_channel(channel, alpha, size, box) for channel in straight.split()[:3]]
    small = alpha.resize(size, Image.Resampling.HAMMING, box=box)
    unlit = [_unweighed(channel, small) for channel in lit]
    return Image.merge("RGBA", [*unlit, small]).convert("RGBa")


def _channel(
    channel: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    return _encoded(_light(channel).resize(size, Image.Resampling.LANCZOS, box=box))


def _lit_channel(
    channel: Image.Image,
    alpha: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float],
) -> Image.Image:
    weighed = ImageMath.lambda_eval(
        lambda args: args["light"] * args["alpha"] / 255, light=_light(channel), alpha=alpha
    )
    return _integers(weighed).resize(size, Image.Resampling.HAMMING, box=box)


def _unweighed(light: Image.Image, alpha: Image.Image) -> Image.Image:
    def share(args: dict[str, Any]) -> Any:
        return args["light"] * 255 / args["max"](args["alpha"], 1)

    return _encoded(_integers(ImageMath.lambda_eval(share, light=light, alpha=alpha)))


def _light(channel: Image.Image) -> Image.Image:
    """Return 16-bit linear light, as integers."""
    high, low = channel.point(_tables()[0]), channel.point(_tables()[1])
    return _integers(ImageMath.lambda_eval(lambda args: args["high"] * 256 + args["low"], high=high, low=low))


def _encoded(light: Image.Image) -> Image.Image:
    def within(args: dict[str, Any]) -> Any:
        return args["max"](args["min"](args["light"], _MOST), 0)

    return _integers(ImageMath.lambda_eval(within, light=light)).point(_back(), "L")


def _integers(image: Any) -> Image.Image:
    made: Image.Image = image
    return made if made.mode == "I" else made.convert("I")


@cache
def _tables() -> tuple[list[int], list[int]]:
    steps = [round(_linear(level / 255) * _MOST) for level in range(256)]
    return [step >> 8 for step in steps], [step & 255 for step in steps]


@cache
def _back() -> list[int]:
    return [round(_curved(step / _MOST) * 255) for step in range(_MOST + 1)]


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _curved(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
