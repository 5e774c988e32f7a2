"""How good the pixels are: edges against their exact coverage, soft borders against the colour they should keep."""

import io
import math
from typing import Any, Final

import numpy as np
from PIL import Image

from benchmarks.scenes import Picture, SceneOf

DISC: Final = SceneOf(
    width=600, height=600, pictures=(Picture(asset="disc", x=80, y=80, width=430, height=430, turn=17),)
)
"""A red disc whose transparent pixels are white: what mixes them in shows it at the border."""

DISC_COLOUR: Final = (220, 30, 40)
_FINE: Final = 32
_VISIBLE: Final = 40


def edge_rms(content: bytes, picture: Picture, region: tuple[int, int, int, int]) -> float:
    """Return how far coverage is from the geometry's along the edges of *picture* inside *region* (0 to 1)."""
    Image.MAX_IMAGE_PIXELS = None
    alpha = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA").getchannel("A").crop(region)) / 255
    exact, edge = _exact(picture, region)
    return float(np.sqrt(np.mean((alpha[edge] - exact[edge]) ** 2)))


def fringe(content: bytes) -> int:
    """Return how many levels the colour of a visible pixel of the disc is off at most."""
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")).astype(int)
    visible = pixels[..., 3] >= _VISIBLE
    return int(np.abs(pixels[visible][:, :3] - np.array(DISC_COLOUR)).max())


def _exact(picture: Picture, region: tuple[int, int, int, int]) -> tuple[Any, Any]:
    """Return the coverage of each pixel of *region*, and which pixels an edge crosses."""
    left, top, right, bottom = region
    centres = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    near = _distance(picture, *centres)
    exact = (near > 0).astype(float)
    edge = np.abs(near) < 1
    offsets = (np.arange(_FINE) + 0.5) / _FINE - 0.5
    across, down = np.meshgrid(offsets, offsets)
    xs, ys = (axis[edge][:, None] for axis in centres)
    exact[edge] = (_distance(picture, xs + across.ravel(), ys + down.ravel()) > 0).mean(axis=1)
    return exact, edge & (exact > 0) & (exact < 1)


def _distance(picture: Picture, x: Any, y: Any) -> Any:
    """Return how far inside the turned rectangle points lie, negative outside."""
    angle = math.radians(picture.turn)
    across, down = x - picture.x - picture.width / 2, y - picture.y - picture.height / 2
    u = np.abs(math.cos(angle) * across + math.sin(angle) * down)
    v = np.abs(math.cos(angle) * down - math.sin(angle) * across)
    return np.minimum(picture.width / 2 - u, picture.height / 2 - v)
