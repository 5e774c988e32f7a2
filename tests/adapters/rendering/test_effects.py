"""Gradients and blend modes are what their formulas say."""

import itertools
import math
import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageColor

from mockspark.adapters.rendering.effects import mixed, shaded
from mockspark.adapters.rendering.geometry import Frame
from mockspark.domain.layers import Blend, Gradient, Stop

STOPS = (
    Stop(offset=100, colour="#ff0000"),
    Stop(offset=400, colour="#00ff80", opacity=500),
    Stop(offset=1000, colour="#2040ff"),
)
_FRAMES = (
    Frame(x=30, y=20, width=100, height=60),
    Frame(x=30.3, y=20.7, width=90, height=40, turn=25_000),
    Frame(x=-40, y=10, width=300, height=300, turn=-70_000),
)
_TILE = (0, 0, 150, 110)


def _share(gradient: Gradient, frame: Frame, x: float, y: float) -> float:
    u, v = frame.inward(x, y)
    across, down = u - frame.width / 2, v - frame.height / 2
    if gradient.kind == "radial":
        return math.hypot(across / (frame.width / 2), down / (frame.height / 2))
    angle = math.radians(gradient.angle / 1000)
    length = abs(frame.width * math.cos(angle)) + abs(frame.height * math.sin(angle))
    return (across * math.cos(angle) + down * math.sin(angle)) / length + 0.5


def _colour(share: float) -> list[float]:
    place = min(max(share * 1000, STOPS[0].offset), STOPS[-1].offset)
    one, other = next((a, b) for a, b in itertools.pairwise(STOPS) if place <= b.offset)
    part = (place - one.offset) / (other.offset - one.offset)
    pair = [(*ImageColor.getrgb(stop.colour), stop.opacity * 0.255) for stop in (one, other)]
    return [a + (b - a) * part for a, b in zip(*pair, strict=True)]


@pytest.mark.parametrize("frame", _FRAMES)
@pytest.mark.parametrize(
    "gradient",
    [
        Gradient(stops=STOPS),
        Gradient(angle=90_000, stops=STOPS),
        Gradient(angle=33_000, stops=STOPS),
        Gradient(kind="radial", stops=STOPS),
    ],
)
def test_a_gradient_is_what_its_stops_say(gradient: Gradient, frame: Frame) -> None:
    """Every pixel has the colour of its middle, to two levels; beyond the ends it stays."""
    image = shaded(gradient, frame, _TILE)
    for x in range(3, 150, 7):
        for y in range(2, 110, 9):
            expected = _colour(_share(gradient, frame, x + 0.5, y + 0.5))
            found = image.getpixel((x, y))
            assert isinstance(found, tuple)
            assert all(abs(a - b) <= 2 for a, b in zip(expected, found, strict=True))


@pytest.mark.parametrize("frame", _FRAMES)
@pytest.mark.parametrize("kind", ["linear", "radial"])
def test_a_gradient_is_the_same_on_any_tile(kind: str, frame: Frame) -> None:
    """Bands of a gradient meet without a step."""
    gradient = Gradient(kind=kind, angle=-21_000, stops=STOPS)
    whole = shaded(gradient, frame, (-100, -100, 300, 300))
    draw = random.Random(4)
    for _ in range(12):
        left, top = draw.randint(-100, 250), draw.randint(-100, 250)
        tile = (left, top, left + draw.randint(1, 50), top + draw.randint(1, 50))
        part = whole.crop((tile[0] + 100, tile[1] + 100, tile[2] + 100, tile[3] + 100))
        assert part.tobytes() == shaded(gradient, frame, tile).tobytes()


def test_a_sudden_change_takes_one_pixel() -> None:
    """Two stops at one place make a stripe with a smooth edge."""
    stops = (
        Stop(offset=0, colour="#000000"), Stop(offset=505, colour="#000000"),
        Stop(offset=505, colour="#ffffff"), Stop(offset=1000, colour="#ffffff"),
    )  # fmt: skip
    row = shaded(Gradient(stops=stops), Frame(x=0, y=0, width=100, height=10), (0, 3, 100, 4)).getchannel("R")

    assert {0} == set(row.tobytes()[:50])
    assert 100 < row.tobytes()[50] < 155
    assert {255} == set(row.tobytes()[51:])


def _hard(b: float, s: float) -> float:
    return 2 * b * s if s <= 0.5 else b + (2 * s - 1) - b * (2 * s - 1)


def _soft(b: float, s: float) -> float:
    lifted = ((16 * b - 12) * b + 4) * b if b <= 0.25 else math.sqrt(b)
    return b - (1 - 2 * s) * b * (1 - b) if s <= 0.5 else b + (2 * s - 1) * (lifted - b)


FORMULAS: dict[Blend, Callable[[float, float], float]] = {
    Blend.NORMAL: lambda _, s: s,
    Blend.MULTIPLY: lambda b, s: b * s,
    Blend.SCREEN: lambda b, s: b + s - b * s,
    Blend.OVERLAY: lambda b, s: _hard(s, b),
    Blend.DARKEN: min,
    Blend.LIGHTEN: max,
    Blend.HARD_LIGHT: _hard,
    Blend.SOFT_LIGHT: _soft,
    Blend.DIFFERENCE: lambda b, s: abs(b - s),
}


@pytest.mark.parametrize("blend", Blend)
def test_colours_blend_by_their_formula(blend: Blend) -> None:
    """Every pair of levels and any coverage below give what the W3C's formula does, to two levels."""
    levels = bytes(range(256))
    across = Image.frombytes("L", (256, 1), levels).resize((256, 256))
    down = Image.frombytes("L", (1, 256), levels).resize((256, 256))
    for cover in (0, 90, 255):
        below = Image.merge("RGBA", (across, across, across, Image.new("L", (256, 256), cover)))
        over = Image.merge("RGBA", (down, down, down, Image.new("L", (256, 256), 140)))
        found = mixed(below, over, blend)
        assert (140, 140) == found.getchannel("A").getextrema()
        red = found.getchannel("R").tobytes()
        for b in range(0, 256, 5):
            for s in range(0, 256, 5):
                share = cover / 255
                expected = 255 * ((1 - share) * s / 255 + share * FORMULAS[blend](b / 255, s / 255))
                assert abs(expected - red[256 * s + b]) <= 2
