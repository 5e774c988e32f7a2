"""Pictures that are formulas: their truth at any size, place and turn is known without resampling."""

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray
from PIL import Image

Grid = NDArray[np.float64]
Formula = Callable[[Grid, Grid], Grid]
"""From x and y in source pixels to red, green, blue and coverage, 0 to 1, not premultiplied."""

_SAMPLES: Final = 4


@frozen(kw_only=True)
class Painting:
    """A formula and the file that holds it in pixels."""

    width: int
    height: int
    formula: Formula
    kind: str = "PNG"
    hidden: tuple[int, int, int] = (255, 255, 255)
    settings: dict[str, Any] = field(factory=dict)

    def file(self) -> bytes:
        """Return it as a file; where it covers nothing, it has the *hidden* colour, as many tools write it."""
        image = self.image()
        out = io.BytesIO()
        image.save(out, self.kind, **self.settings)
        return out.getvalue()

    def image(self) -> Image.Image:
        """Return its pixels, each the mean over its area."""
        steps = (np.arange(self.width * _SAMPLES) + 0.5) / _SAMPLES
        rows = (np.arange(self.height * _SAMPLES) + 0.5) / _SAMPLES
        found = premultiplied(self.formula(*np.meshgrid(steps, rows)))
        means = found.reshape(self.height, _SAMPLES, self.width, _SAMPLES, 4).mean(axis=(1, 3))
        cover = means[..., 3:]
        hidden = np.array(self.hidden) / 255
        colours = np.where(cover > 1 / 510, means[..., :3] / np.maximum(cover, 1e-9), hidden)
        flat = np.concatenate([colours, cover], axis=2)
        image = Image.fromarray(np.clip(np.rint(flat * 255), 0, 255).astype(np.uint8), "RGBA")
        if means[..., 3].min() < 1 - 1 / 510:
            return image
        grey = (means[..., 0] == means[..., 1]).all() and (means[..., 0] == means[..., 2]).all()
        return image.convert("L" if grey else "RGB")


def premultiplied(found: Grid) -> Grid:
    """Return colours times coverage."""
    cover = found[..., 3:]
    return np.concatenate([found[..., :3] * cover, cover], axis=-1)


def _opaque(red: Grid, green: Grid, blue: Grid) -> Grid:
    return np.stack([red, green, blue, np.ones_like(red)], axis=-1)


def dunes(x: Grid, y: Grid) -> Grid:
    """Return slow waves in all colours: nothing in them is finer than 14 pixels."""
    one = np.sin(x / 5.1 + 1.3 * np.sin(y / 17))
    two = np.sin((x + 2 * y) / 13 + 0.4)
    three = np.cos(y / 6.3 - x / 31)
    return _opaque(
        0.5 + 0.22 * one + 0.25 * two, 0.5 + 0.3 * two - 0.15 * three, 0.5 + 0.2 * three - 0.2 * one
    )


def plain(red: int, green: int, blue: int) -> Formula:
    """Return one colour."""

    def formula(x: Grid, y: Grid) -> Grid:
        ones = np.ones_like(x)
        return _opaque(ones * red / 255, ones * green / 255, ones * blue / 255) + 0 * y[..., None]

    return formula


def quarters(x: Grid, y: Grid) -> Grid:
    """Return four colours in a picture of 80 x 40: one that is turned or flipped wrongly is seen at once."""
    left, upper = x < 40, y < 20
    red = np.where(upper, np.where(left, 0.9, 0.1), np.where(left, 0.1, 0.95))
    green = np.where(upper, np.where(left, 0.1, 0.7), np.where(left, 0.2, 0.8))
    blue = np.where(upper, np.where(left, 0.15, 0.2), np.where(left, 0.8, 0.1))
    return _opaque(red, green, blue)


def checks(x: Grid, y: Grid) -> Grid:
    """Return black and white squares of one pixel."""
    white = ((np.floor(x) + np.floor(y)) % 2 == 0).astype(np.float64)
    return _opaque(white, white, white)


def rings(x: Grid, y: Grid) -> Grid:
    """Return rings about the middle of 240 x 240 that grow ever finer."""
    far = (x - 120) ** 2 + (y - 120) ** 2
    grey = 0.5 + 0.5 * np.cos(far * np.pi / 600)
    return _opaque(grey, grey, grey)


def disc(x: Grid, y: Grid) -> Grid:
    """Return a red disc in 100 x 100 whose edge fades over six pixels."""
    far = np.hypot(x - 50, y - 50)
    share = np.clip((43 - far) / 6, 0, 1)
    cover = share * share * (3 - 2 * share)
    ones = np.ones_like(x)
    return np.stack([ones * 220 / 255, ones * 30 / 255, ones * 40 / 255, cover], axis=-1)


def crisp(x: Grid, y: Grid) -> Grid:
    """Return a blue ring in 160 x 160 with hard edges."""
    far = np.hypot(x - 80, y - 80)
    cover = ((far < 74) & (far > 40)).astype(np.float64)
    ones = np.ones_like(x)
    return np.stack([ones * 20 / 255, ones * 60 / 255, ones * 230 / 255, cover], axis=-1)


def veil(x: Grid, y: Grid) -> Grid:
    """Return a green that fades from nothing to full across 100 pixels."""
    ones = np.ones_like(x)
    return np.stack([ones * 0.1, ones * 0.6, ones * 0.3, np.clip(x / 100, 0, 1) + 0 * y], axis=-1)
