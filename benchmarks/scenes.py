"""What is drawn: a T-shirt with a photo, a logo and two lines, and a mug with a name."""

import hashlib
import io
import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from attrs import frozen
from PIL import Image, ImageChops, ImageDraw

from mockspark.application.ports.rendering import RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design

_UM_PER_PX: Final = 25_400 / 300


@frozen(kw_only=True)
class Picture:
    """A picture on the sheet, in pixels."""

    asset: str
    x: int
    y: int
    width: int
    height: int
    turn: int = 12


@frozen(kw_only=True)
class Words:
    """A line of text on the sheet, in pixels."""

    text: str
    x: int
    y: int
    width: int
    height: int
    size: int
    stroke: int = 0


@frozen(kw_only=True)
class SceneOf:
    """A sheet with pictures and words, for both renderers."""

    width: int
    height: int
    pictures: tuple[Picture, ...] = ()
    words: tuple[Words, ...] = ()


SCENES: Final[Mapping[str, SceneOf]] = {
    "T-shirt": SceneOf(
        width=4500,
        height=5400,
        pictures=(
            Picture(asset="photo", x=550, y=500, width=3400, height=3400),
            Picture(asset="logo", x=2500, y=3000, width=1400, height=1400),
        ),
        words=(
            Words(text="Summer in the Alps", x=300, y=4400, width=3900, height=420, size=380, stroke=12),
            Words(text="since 1998", x=300, y=4850, width=3900, height=420, size=380, stroke=12),
        ),
    ),
    "poster": SceneOf(
        width=12_000,
        height=9_000,
        pictures=(
            Picture(asset="wide photo", x=0, y=0, width=12_000, height=9_000, turn=0),
            Picture(asset="logo", x=8_000, y=5_200, width=3_000, height=3_000),
        ),
        words=(
            Words(text="Summer in the Alps", x=500, y=600, width=11_000, height=1_200, size=1_000, stroke=30),
            Words(text="since 1998", x=500, y=7_500, width=7_000, height=900, size=700, stroke=20),
        ),
    ),
    "mug": SceneOf(
        width=2475,
        height=1155,
        pictures=(Picture(asset="logo", x=150, y=180, width=800, height=800, turn=0),),
        words=(Words(text="Zoe & Max", x=1100, y=400, width=1200, height=320, size=260),),
    ),
}


def job_of(scene: SceneOf, assets: Mapping[str, bytes]) -> RenderJob:
    """Return what our renderer is asked for."""
    layers = [*map(_picture, scene.pictures), *map(_words, scene.words)]
    area = PrintArea(key="front", width_px=scene.width, height_px=scene.height)
    size = {"front": {"w": area.width_um, "h": area.height_um}}
    named = {_name(name): content for name, content in assets.items()}
    return RenderJob(
        design=Design.of({"schema": 1, "areas": size, "layers": layers}), area=area, assets=named
    )


@cache
def asset(name: str, share: float = 1.0) -> bytes:
    """Return a picture's bytes: a photo with grain (JPEG), or a logo with holes (PNG)."""
    return _ASSETS[name](share)


def _name(asset: str) -> str:
    """Return what an upload is called; that its digest is another's makes no difference to a drawing."""
    return f"sha256:{hashlib.sha256(asset.encode()).hexdigest()}"


def _picture(picture: Picture) -> dict[str, Any]:
    box = _box(picture.x, picture.y, picture.width, picture.height)
    return {
        "id": picture.asset, "area": "front", "type": "image", "asset": _name(picture.asset),
        "rot": picture.turn * 1000, "fit": "stretch", **box,
    }  # fmt: skip


def _words(words: Words) -> dict[str, Any]:
    stroke = {"stroke": "#1c3f66", "stroke_width": _um(words.stroke)} if words.stroke else {}
    return {
        "id": words.text, "area": "front", "type": "text", "text": words.text, "size": _um(words.size),
        "fill": "#f4c20d", **_box(words.x, words.y, words.width, words.height), **stroke,
    }  # fmt: skip


def _box(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {name: _um(length) for name, length in (("x", x), ("y", y), ("w", width), ("h", height))}


def _um(pixels: float) -> int:
    return round(pixels * _UM_PER_PX)


def _photo(share: float) -> bytes:
    return _grainy(round(4000 * share), round(4000 * share))


def _wide_photo(share: float) -> bytes:
    return _grainy(round(4000 * share), round(3000 * share))


def _grainy(width: int, height: int) -> bytes:
    grains = (width // 4, height // 4)
    grain = Image.frombytes("L", grains, random.Random(1).randbytes(grains[0] * grains[1]))
    grain = grain.resize((width, height), Image.Resampling.BICUBIC).point(
        [80 + level // 3 for level in range(256)]
    )
    across = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", (ImageChops.add(across, grain, 2), grain, ImageChops.invert(across)))
    return _saved(image, "JPEG", quality=92)


def _logo(share: float) -> bytes:
    side = round(2000 * share)
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    for ring in range(10):
        margin = ring * side // 22
        draw.ellipse(
            (margin, margin, side - margin, side - margin),
            fill=((40 * ring) % 256, 90, 160, 255 * (ring % 2)),
        )
    return _saved(image, "PNG")


def _disc(share: float) -> bytes:
    side = round(200 * share)
    image = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    ImageDraw.Draw(image).ellipse(
        (side // 10, side // 10, side * 9 // 10, side * 9 // 10), fill=(220, 30, 40, 255)
    )
    return _saved(image, "PNG")


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


_ASSETS: Final[Mapping[str, Callable[[float], bytes]]] = {
    "photo": _photo,
    "wide photo": _wide_photo,
    "logo": _logo,
    "disc": _disc,
}
