"""What happens to pixels beside covering each other: gradients, blend modes, shadows, fading."""

import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate, chain, pairwise
from typing import Final

from PIL import Image, ImageChops, ImageColor, ImageFilter, ImageMath

from mockspark.adapters.rendering.geometry import Frame
from mockspark.adapters.rendering.nodes import ShadowOf
from mockspark.adapters.rendering.tiles import Tile
from mockspark.domain.layers import Blend, Gradient, Stop

BLUR_REACH: Final = 4.0
"""How many standard deviations away a blur ends."""

_WHOLE: Final = 65_535
_COLOURS: Final = 2_048
_FRACTION: Final = 2**15
_FAR: Final = 8_000.0
_STEPS_OF_A_PIXEL: Final = 64


def shaded(gradient: Gradient, frame: Frame, tile: Tile) -> Image.Image:
    """Return the colours of *gradient* over *frame* on *tile*, in straight RGBA; beyond its ends they go on."""
    if gradient.kind == "radial":
        return _radial(gradient, frame, tile)
    return _linear(gradient, frame, tile)


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


def shifted(shadow: ShadowOf) -> tuple[float, float]:
    """Return how far a shadow falls, in steps that are the same for every tile."""
    dx, dy = (round(way * _STEPS_OF_A_PIXEL) / _STEPS_OF_A_PIXEL for way in (shadow.dx, shadow.dy))
    return dx, dy


def reach(shadow: ShadowOf) -> Tile:
    """Return how many pixels to the left, top, right and bottom of a tile its shadow may come from."""
    far = math.ceil(BLUR_REACH * shadow.blur) + 2
    dx, dy = shifted(shadow)
    return (
        far + max(math.ceil(dx), 0),
        far + max(math.ceil(dy), 0),
        far + max(-math.floor(dx), 0),
        far + max(-math.floor(dy), 0),
    )


def cast(alpha: Image.Image, shadow: ShadowOf) -> Image.Image:
    """Return how much shadow *alpha* casts, as large as that: its outermost `reach` is not to be used."""
    dx, dy = shifted(shadow)
    how = Image.Resampling.NEAREST if dx == int(dx) and dy == int(dy) else Image.Resampling.BILINEAR
    moved = alpha.transform(alpha.size, Image.Transform.AFFINE, (1, 0, -dx, 0, 1, -dy), how)
    return blurred(moved, shadow.blur)


def blurred(mask: Image.Image, deviation: float) -> Image.Image:
    """Return *mask* after a blur of that standard deviation, in pixels."""
    return mask.filter(ImageFilter.GaussianBlur(deviation)) if deviation > 0 else mask


def coloured(mask: Image.Image, shadow: ShadowOf) -> Image.Image:
    """Return *mask* in the shadow's colour and opacity, in RGBA."""
    image = Image.new("RGBA", mask.size, shadow.colour)
    image.putalpha(mask)
    return faded(image, shadow.opacity)


@cache
def _fading(opacity: int) -> list[int]:
    return [(value * opacity + 500) // 1000 for value in range(256)]


def _linear(gradient: Gradient, frame: Frame, tile: Tile) -> Image.Image:
    angle = math.radians(gradient.angle / 1000)
    length = abs(frame.width * math.cos(angle)) + abs(frame.height * math.sin(angle)) or 1.0
    cos, sin = _direction(gradient.angle + frame.turn)
    x, y = frame.centre
    # Places on the ramp are counted in fractions that add up exactly, so that every tiling gives the same.
    fine = _finer(length)
    a, b, c = (_exact(number * fine) for number in (cos, sin, length / 2 - cos * x - sin * y))
    places = [a * u + b * v + c for u in (tile[0], tile[2]) for v in (tile[1], tile[3])]
    start, end = math.floor(min(places)) - 1, math.ceil(max(places)) + 1
    ramp = Image.frombytes("RGBA", (end - start, 1), _cut(_ramp(gradient, length), start, end))
    read = (a, b, c + a * tile[0] + b * tile[1] - start, 0.0, 0.0, 0.5)
    return ramp.transform(_size(tile), Image.Transform.AFFINE, read, Image.Resampling.NEAREST)


def _finer(length: float) -> int:
    """Return how many colours a ramp has to each pixel."""
    return max(2, min(math.ceil(_COLOURS / length), 16))


def _exact(number: float) -> float:
    return round(number * _FRACTION) / _FRACTION


@lru_cache(maxsize=16)
def _ramp(gradient: Gradient, length: float) -> bytes:
    """Return the colours along a linear gradient, in straight RGBA."""
    fine = _finer(length)
    places = [(at + 0.5) / (length * fine) for at in range(max(math.ceil(length * fine), 1))]
    tables = _tables(gradient, places, 1 / length)
    return bytes(chain.from_iterable(zip(*tables, strict=True)))


def _cut(ramp: bytes, start: int, end: int) -> bytes:
    """Return the colours from *start* to *end*; beyond its own ends a ramp goes on as it was."""
    count = len(ramp) // 4
    before = min(max(-start, 0), end - start)
    after = min(max(end - count, 0), end - start)
    return ramp[:4] * before + ramp[4 * max(start, 0) : 4 * max(end, 0)] + ramp[-4:] * after


def _radial(gradient: Gradient, frame: Frame, tile: Tile) -> Image.Image:
    share = _from_centre(frame, tile)
    tables = _from_centre_tables(gradient, 2 / max(min(frame.width, frame.height), 1.0))
    opaque = min(tables[3]) == 255
    channels = [share.point(table, "L") for table in tables[: 3 if opaque else 4]]
    return Image.merge("RGB", channels).convert("RGBA") if opaque else Image.merge("RGBA", channels)


@lru_cache(maxsize=16)
def _from_centre_tables(gradient: Gradient, pixel: float) -> tuple[list[int], ...]:
    places = [math.sqrt(at / _WHOLE) for at in range(_WHOLE + 1)]
    return _tables(gradient, places, pixel)


def _from_centre(frame: Frame, tile: Tile) -> Image.Image:
    """Return the square of how far each pixel of *tile* lies from the centre of an ellipse, in 65535ths."""
    x, y = frame.centre
    xs = [column + 0.5 - x for column in range(tile[0], tile[2])]
    ys = [row + 0.5 - y for row in range(tile[1], tile[3])]
    wide, high = frame.width / 2 or 1.0, frame.height / 2 or 1.0
    cos, sin = _direction(frame.turn)
    # (cos x + sin y)^2 / wide^2 + (cos y - sin x)^2 / high^2, as a part of x, one of y, and a mixed one
    square_x, square_y = (cos / wide) ** 2 + (sin / high) ** 2, (sin / wide) ** 2 + (cos / high) ** 2
    mixed_xy = 2 * cos * sin * (1 / wide**2 - 1 / high**2)
    apart = _sum(
        _strip([square_x * u * u for u in xs], (len(xs), 1)),
        _strip([square_y * v * v for v in ys], (1, len(ys))),
    )
    if not mixed_xy:
        return apart
    return _plus_product(apart, [mixed_xy * _WHOLE * u for u in xs], ys)


def _strip(shares: list[float], size: tuple[int, int]) -> Image.Image:
    numbers = array("i", [round(min(max(share, -_FAR), _FAR) * _WHOLE) for share in shares])
    return Image.frombytes("I", size, numbers.tobytes())


def _sum(row: Image.Image, column: Image.Image) -> Image.Image:
    size = (row.width, column.height)
    made: Image.Image = ImageMath.lambda_eval(
        lambda args: args["row"] + args["column"],
        row=row.resize(size, Image.Resampling.NEAREST),
        column=column.resize(size, Image.Resampling.NEAREST),
    )
    return made


def _plus_product(whole: Image.Image, row: list[float], column: list[float]) -> Image.Image:
    across = Image.frombytes("F", (len(row), 1), array("f", row).tobytes())
    down = Image.frombytes("F", (1, len(column)), array("f", column).tobytes())
    made: Image.Image = ImageMath.lambda_eval(
        lambda args: args["int"](args["whole"] + args["row"] * args["column"]),
        whole=whole,
        row=across.resize(whole.size, Image.Resampling.NEAREST),
        column=down.resize(whole.size, Image.Resampling.NEAREST),
    )
    return made


def _direction(turn: int) -> tuple[float, float]:
    """Return cosine and sine; those of right angles are whole."""
    angle = math.radians(turn / 1000)
    return round(math.cos(angle), 12) + 0.0, round(math.sin(angle), 12) + 0.0


def _size(tile: Tile) -> tuple[int, int]:
    return tile[2] - tile[0], tile[3] - tile[1]


def _tables(gradient: Gradient, places: list[float], pixel: float) -> tuple[list[int], ...]:
    """Return red, green, blue and alpha at *places* (0 to 1, rising); a sudden change takes a *pixel*'s share."""
    stops = _softened(gradient.stops, pixel)
    return tuple(
        _table(places, [(place, colour[channel]) for place, colour in stops]) for channel in range(4)
    )


def _softened(stops: Sequence[Stop], pixel: float) -> list[tuple[float, tuple[float, ...]]]:
    """Return place (0 to 1) and colour of each stop; two at one place are moved half a pixel apart."""
    places = [stop.offset / 1000 for stop in stops]
    for index, (one, other) in enumerate(pairwise(stops)):
        if one.offset == other.offset:
            places[index] -= pixel / 2
            places[index + 1] += pixel / 2
    colours = [(*ImageColor.getrgb(stop.colour), stop.opacity * 0.255) for stop in stops]
    return list(zip(accumulate(places, max), colours, strict=True))


def _table(places: list[float], stops: list[tuple[float, float]]) -> list[int]:
    table = [round(stops[0][1])] * bisect_left(places, stops[0][0])
    for (start, one), (end, other) in pairwise(stops):
        until = bisect_left(places, end)
        steep = (other - one) / (end - start) if end > start else 0.0
        table += [round(one + (place - start) * steep) for place in places[len(table) : until]]
    return table + [round(stops[-1][1])] * (len(places) - len(table))


Mixing = Callable[[Image.Image, Image.Image], Image.Image]


def _soft_light(under: Image.Image, over: Image.Image) -> Image.Image:
    darker = ImageChops.multiply(over.point(_BELOW_HALF), under.point(_FALL)).point(_QUARTER)
    lighter = ImageChops.multiply(over.point(_ABOVE_HALF), under.point(_RISE)).point(_QUARTER)
    return ImageChops.add(ImageChops.subtract(under, darker), lighter)


def _lifted(level: int) -> float:
    b = level / 255
    return 255 * (((16 * b - 12) * b + 4) * b if b <= 0.25 else math.sqrt(b))


def _thrice(table: list[int]) -> list[int]:
    return table * 3


# What soft light takes from a colour or adds to it is at most a quarter: four times it loses less to rounding.
_FALL: Final = _thrice([round(4 * b * (255 - b) / 255) for b in range(256)])
_RISE: Final = _thrice([min(round(4 * (_lifted(b) - b)), 255) for b in range(256)])
_QUARTER: Final = _thrice([(level + 2) // 4 for level in range(256)])
_BELOW_HALF: Final = _thrice([max(255 - 2 * s, 0) for s in range(256)])
_ABOVE_HALF: Final = _thrice([max(2 * s - 255, 0) for s in range(256)])
_BLENDS: Final[Mapping[Blend, Mixing]] = {
    Blend.NORMAL: lambda _, over: over,
    Blend.MULTIPLY: ImageChops.multiply,
    Blend.SCREEN: ImageChops.screen,
    Blend.OVERLAY: ImageChops.overlay,
    Blend.DARKEN: ImageChops.darker,
    Blend.LIGHTEN: ImageChops.lighter,
    Blend.HARD_LIGHT: ImageChops.hard_light,
    Blend.SOFT_LIGHT: _soft_light,
    Blend.DIFFERENCE: ImageChops.difference,
}
