"""What happens to pixels beside covering each other: gradients, blend modes, shadows, fading."""

import math
from array import array
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from PIL import Image, ImageChops, ImageColor, ImageFilter, ImageMath

from mockspark.adapters.rendering.geometry import Frame
from mockspark.adapters.rendering.nodes import ShadowOf
from mockspark.adapters.rendering.tiles import Tile
from mockspark.domain.layers import Blend, Gradient

_STEPS: Final = 65_536
_COARSE: Final = 1_024
_BLUR_REACH: Final = 4.0


def shaded(gradient: Gradient, frame: Frame, tile: Tile) -> Image.Image:
    """Return the colours of *gradient* over *frame* on *tile*, in straight RGBA; beyond its ends they go on."""
    share = _along(gradient, frame, tile)
    red, green, blue, alpha = (share.point(table, "L") for table in _tables(gradient))
    return Image.merge("RGBA", (red, green, blue, alpha))


def mixed(below: Image.Image, source: Image.Image, blend: Blend) -> Image.Image:
    """Return *source* with its colours blended with those of *below*, as far as that covers (both straight RGBA).

    What comes out is laid over *below* as usual. The formulas are those of W3C Compositing and Blending Level 1.
    """
    under, over = below.convert("RGB"), source.convert("RGB")
    colours = Image.composite(_BLENDS[blend](under, over), over, below.getchannel("A"))
    colours.putalpha(source.getchannel("A"))
    return colours


def faded(image: Image.Image, opacity: int) -> Image.Image:
    """Return *image* (RGBA) with that opacity, in per mille."""
    if opacity < 1000:
        image.putalpha(image.getchannel("A").point(_fading(opacity)))
    return image


def reach(shadow: ShadowOf) -> int:
    """Return how many pixels around a tile its shadow may come from."""
    return math.ceil(max(abs(shadow.dx), abs(shadow.dy)) + _BLUR_REACH * shadow.blur) + 2


def shadow_of(alpha: Image.Image, shadow: ShadowOf) -> Image.Image:
    """Return the shadow that *alpha* casts, as large as that: its outermost `reach` pixels are not to be used."""
    moved = alpha.transform(
        alpha.size, Image.Transform.AFFINE, (1, 0, -shadow.dx, 0, 1, -shadow.dy), _moving(shadow)
    )
    soft = moved.filter(ImageFilter.GaussianBlur(shadow.blur)) if shadow.blur > 0 else moved
    colour = Image.new("RGB", alpha.size, shadow.colour)
    colour.putalpha(soft)
    return faded(colour, shadow.opacity)


def _moving(shadow: ShadowOf) -> Image.Resampling:
    whole = shadow.dx == int(shadow.dx) and shadow.dy == int(shadow.dy)
    return Image.Resampling.NEAREST if whole else Image.Resampling.BILINEAR


@cache
def _fading(opacity: int) -> list[int]:
    return [(value * opacity + 500) // 1000 for value in range(256)]


def _along(gradient: Gradient, frame: Frame, tile: Tile) -> Image.Image:
    """Return how far each pixel of *tile* lies along the gradient, 0 to 65535."""
    x, y = _places(tile)
    if gradient.kind == "radial":
        a, b, c = _half(frame, frame.width, 0)
        d, e, f = _half(frame, 0, frame.height)
        share = ImageMath.lambda_eval(
            lambda args: (
                ((args["x"] * a + args["y"] * b + c) ** 2 + (args["x"] * d + args["y"] * e + f) ** 2) ** 0.5
            ),
            x=x,
            y=y,
        )
    else:
        a, b, c = _linear(gradient, frame)
        share = ImageMath.lambda_eval(lambda args: args["x"] * a + args["y"] * b + c, x=x, y=y)
    return _whole(share)


def _whole(share: Any) -> Image.Image:
    def scaled(args: Mapping[str, Any]) -> Any:
        return args["int"](args["max"](args["min"](args["share"], 1.0), 0.0) * (_STEPS - 1) + 0.5)

    made: Image.Image = ImageMath.lambda_eval(scaled, share=share)
    return made


def _linear(gradient: Gradient, frame: Frame) -> tuple[float, float, float]:
    """Return a, b, c of a x + b y + c, which is 0 where the gradient begins and 1 where it ends."""
    angle = math.radians(gradient.angle / 1000)
    cos, sin = math.cos(angle), math.sin(angle)
    length = abs(frame.width * cos) + abs(frame.height * sin) or 1.0
    turned = angle + math.radians(frame.turn / 1000)
    a, b = math.cos(turned) / length, math.sin(turned) / length
    x, y = frame.centre
    return a, b, 0.5 - a * x - b * y


def _half(frame: Frame, width: float, height: float) -> tuple[float, float, float]:
    """Return a, b, c of a x + b y + c, which is 0 in the middle of *frame* and 1 at one of its sides."""
    turn = math.radians(frame.turn / 1000) + (0.0 if width else math.pi / 2)
    half = max(width, height) / 2 or 1.0
    a, b = math.cos(turn) / half, math.sin(turn) / half
    x, y = frame.centre
    return a, b, -a * x - b * y


def _places(tile: Tile) -> tuple[Image.Image, Image.Image]:
    """Return the x and y of the middle of each pixel."""
    size = (tile[2] - tile[0], tile[3] - tile[1])
    across = array("f", (x + 0.5 for x in range(tile[0], tile[2])))
    down = array("f", (y + 0.5 for y in range(tile[1], tile[3])))
    x = Image.frombytes("F", (size[0], 1), across.tobytes()).resize(size, Image.Resampling.NEAREST)
    y = Image.frombytes("F", (1, size[1]), down.tobytes()).resize(size, Image.Resampling.NEAREST)
    return x, y


@lru_cache(maxsize=16)
def _tables(gradient: Gradient) -> tuple[list[int], ...]:
    """Return red, green, blue and alpha at each of 65536 places."""
    coarse = [_colour(gradient, at / (_COARSE - 1)) for at in range(_COARSE)]
    times = _STEPS // _COARSE
    return tuple([colour[channel] for colour in coarse for _ in range(times)] for channel in range(4))


def _colour(gradient: Gradient, share: float) -> tuple[int, ...]:
    place = share * 1000
    stops = gradient.stops
    before = next((stop for stop in reversed(stops) if stop.offset <= place), stops[0])
    after = next((stop for stop in stops if stop.offset > place), stops[-1])
    width = after.offset - before.offset
    part = (place - before.offset) / width if width > 0 else 0.0
    one = (*ImageColor.getrgb(before.colour), before.opacity * 0.255)
    other = (*ImageColor.getrgb(after.colour), after.opacity * 0.255)
    return tuple(round(a + (b - a) * min(max(part, 0.0), 1.0)) for a, b in zip(one, other, strict=True))


Mixing = Callable[[Image.Image, Image.Image], Image.Image]


def _by_channel(formula: Callable[[Mapping[str, Any]], Any]) -> Mixing:
    def mix(under: Image.Image, over: Image.Image) -> Image.Image:
        pairs = zip(under.split(), over.split(), strict=True)
        return Image.merge("RGB", [_level(formula, b, s) for b, s in pairs])

    return mix


def _level(formula: Callable[[Mapping[str, Any]], Any], under: Image.Image, over: Image.Image) -> Image.Image:
    def scaled(args: Mapping[str, Any]) -> Any:
        b, s = args["float"](args["under"]) / 255, args["float"](args["over"]) / 255
        lit = args["float"](args["root"]) / 255
        return args["int"](formula({**args, "b": b, "s": s, "lit": lit}) * 255 + 0.5)

    made: Image.Image = ImageMath.lambda_eval(scaled, under=under, over=over, root=under.point(_ROOT))
    return made.convert("L")


def _hard(args: Mapping[str, Any], under: Any, over: Any) -> Any:
    return under * args["min"](over * 2, 1.0) + args["max"](over * 2 - 1, 0.0) * (1 - under)


def _soft(args: Mapping[str, Any]) -> Any:
    b, s, lit = args["b"], args["s"], args["lit"]
    return b + args["min"](s * 2 - 1, 0.0) * b * (1 - b) + args["max"](s * 2 - 1, 0.0) * (lit - b)


def _lifted(level: int) -> int:
    b = level / 255
    return round(255 * (((16 * b - 12) * b + 4) * b if b <= 0.25 else math.sqrt(b)))


_ROOT: Final = [_lifted(level) for level in range(256)]
_BLENDS: Final[Mapping[Blend, Mixing]] = {
    Blend.NORMAL: lambda _, over: over,
    Blend.MULTIPLY: ImageChops.multiply,
    Blend.SCREEN: ImageChops.screen,
    Blend.DARKEN: ImageChops.darker,
    Blend.LIGHTEN: ImageChops.lighter,
    Blend.DIFFERENCE: ImageChops.difference,
    Blend.OVERLAY: _by_channel(lambda args: _hard(args, args["s"], args["b"])),
    Blend.HARD_LIGHT: _by_channel(lambda args: _hard(args, args["b"], args["s"])),
    Blend.SOFT_LIGHT: _by_channel(_soft),
}
