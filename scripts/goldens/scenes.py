"""The scenes: small documents that together hold everything a renderer must get right."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from scripts.goldens import lettering, pictures
from scripts.goldens.measures import KEY, um
from scripts.goldens.pictures import Painting

Layer = dict[str, Any]

WIDTH: Final = 160
HEIGHT: Final = 200


@frozen(kw_only=True)
class Tolerance:
    """How far a renderer may be off, and why it may.

    *rms* is the root mean square of the premultiplied difference over the whole picture, *edge* that of coverage
    where it is partial, both as shares of full; at most *share* of the pixels differ by more than *levels*.
    """

    rms: float = 0.01
    edge: float = 0.06
    levels: int = 24
    share: float = 0.004
    why: str = "edges are counted in fewer steps by some, down to a quarter of a pixel"


@frozen(kw_only=True)
class Scene:
    """A document and what its assets are."""

    name: str
    shows: str
    layers: tuple[Layer, ...]
    tolerance: Tolerance = Tolerance()
    background: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    def document(self) -> dict[str, Any]:
        """Return the design document."""
        size: dict[str, Any] = {"w": um(self.width), "h": um(self.height)}
        if self.background:
            size["background"] = self.background
        layers = [{"id": f"L{index}", "area": KEY, **layer} for index, layer in enumerate(self.layers)]
        return {"schema": 1, "areas": {KEY: size}, "layers": layers}


PAINTINGS: Final[Mapping[str, Painting]] = {
    "dunes.jpg": Painting(
        width=240, height=300, formula=pictures.dunes, kind="JPEG", settings={"quality": 95, "subsampling": 0}
    ),
    "dunes-small.png": Painting(width=80, height=100, formula=pictures.dunes, settings={"optimize": True}),
    "quarters.png": Painting(width=80, height=40, formula=pictures.quarters, settings={"optimize": True}),
    "checks.png": Painting(width=480, height=480, formula=pictures.checks, settings={"optimize": True}),
    "rings.png": Painting(width=240, height=240, formula=pictures.rings, settings={"optimize": True}),
    "disc.png": Painting(width=100, height=100, formula=pictures.disc, settings={"optimize": True}),
    "ring.png": Painting(width=160, height=160, formula=pictures.crisp, settings={"optimize": True}),
    "veil.png": Painting(width=100, height=100, formula=pictures.veil, settings={"optimize": True}),
    "red.png": Painting(
        width=40, height=40, formula=pictures.plain(220, 30, 40), settings={"optimize": True}
    ),
}

STAR: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 80">'
    '<rect x="4" y="4" width="92" height="72" rx="14" fill="#ffd23f"/>'
    '<path d="M50 10L58 34L84 34L63 49L71 74L50 59L29 74L37 49L16 34L42 34Z" fill="#1c3f66"/>'
    '<circle cx="82" cy="18" r="9" fill="#d22d3c" fill-opacity="0.6"/></svg>'
)
DRAWINGS: Final[Mapping[str, str]] = {"star.svg": STAR}

_RESAMPLED: Final = "filters that resample differ where the picture changes quickly"


def _box(x: float, y: float, w: float, h: float, **members: Any) -> Layer:
    return {"x": um(x), "y": um(y), "w": um(w), "h": um(h), **members}


def picture(asset: str, x: float, y: float, w: float, h: float, **members: Any) -> Layer:
    """Return a picture in a box given in pixels."""
    return {"type": "image", "asset": asset, **_box(x, y, w, h, **members)}


def shape(x: float, y: float, w: float, h: float, **members: Any) -> Layer:
    """Return a shape in a box given in pixels."""
    return {"type": "shape", **_box(x, y, w, h, **members)}


def group(x: float, y: float, w: float, h: float, *layers: Layer, **members: Any) -> Layer:
    """Return a group in a box given in pixels."""
    named = [{"id": f"{members.get('id', 'G')}-{index}", **layer} for index, layer in enumerate(layers)]
    return {"type": "group", **_box(x, y, w, h, **members), "layers": named}


def text(words: str, x: float, y: float, w: float, h: float, size: float, **members: Any) -> Layer:
    """Return text in a box given in pixels."""
    font = members.pop("font", lettering.latin().name)
    return {"type": "text", "text": words, "font": font, "size": um(size), **_box(x, y, w, h, **members)}


def outline(*points: tuple[float, float]) -> str:
    """Return path data through *points* of pixels, closed."""
    return "M" + "L".join(f"{um(x)} {um(y)}" for x, y in points) + "Z"


def star(middle: float, radius: float, *, right: bool = True) -> str:
    """Return a five-pointed star that crosses itself."""
    points = []
    for x, y in ((0, -1), (0.588, 0.809), (-0.951, -0.309), (0.951, -0.309), (-0.588, 0.809)):
        points.append((middle + (x if right else -x) * radius, middle + y * radius))
    return outline(*points)


WAVE: Final = (
    f"M{um(0)} {um(30)}C{um(20)} {um(-10)} {um(40)} {um(70)} {um(60)} {um(30)}"
    f"Q{um(80)} {um(-10)} {um(100)} {um(30)}L{um(100)} {um(70)}L{um(0)} {um(70)}Z"
)
OPEN_WAVE: Final = (
    f"M{um(6)} {um(30)}C{um(30)} {um(-20)} {um(50)} {um(80)} {um(70)} {um(30)}"
    f"L{um(94)} {um(10)}L{um(112)} {um(60)}"
)


CURVE: Final = f"M{um(10)} {um(60)}C{um(50)} {um(0)} {um(110)} {um(110)} {um(150)} {um(40)}"


def scenes() -> Iterator[Scene]:
    """Yield every scene."""
    yield from _pictures()
    yield from _soft_pictures()
    yield from _blends()
    yield from _groups()
    yield from _masks()
    yield from _shadows()
    yield from _shapes()
    yield from _strokes()
    yield from _gradients()
    yield from _texts()
    yield from _rest()


def _pictures() -> Iterator[Scene]:
    smooth = Tolerance(rms=0.012, levels=20, share=0.01, why=_RESAMPLED)
    yield Scene(
        name="picture-smaller",
        shows="a photo at 0.5 of its pixels, on whole pixels",
        layers=(picture("dunes.jpg", 20, 25, 120, 150),),
        tolerance=smooth,
    )
    yield Scene(
        name="picture-larger-turned",
        shows="a small photo at 1.6 of its pixels, turned by 12 degrees",
        layers=(picture("dunes-small.png", 16, 20, 128, 160, rot=12_000),),
        tolerance=smooth,
    )
    yield Scene(
        name="picture-much-larger",
        shows="a part of a small photo at 3 times its pixels, turned by 90 degrees",
        layers=(picture("dunes-small.png", 10, 40, 120, 120, crop=[250, 200, 750, 600], rot=90_000),),
        tolerance=smooth,
    )
    yield Scene(
        name="picture-much-smaller-turned",
        shows="a photo at 0.3 of its pixels, turned by 33 degrees",
        layers=(picture("dunes.jpg", 44, 55, 72, 90, rot=33_000),),
        tolerance=Tolerance(rms=0.016, levels=24, share=0.012, why=_RESAMPLED),
    )
    yield Scene(
        name="picture-flipped",
        shows="the same four colours as they are, flipped across, down, and both",
        layers=(
            picture("quarters.png", 0, 0, 80, 40),
            picture("quarters.png", 80, 0, 80, 40, flip="h"),
            picture("quarters.png", 0, 60, 80, 40, flip="v"),
            picture("quarters.png", 80, 60, 80, 40, flip="hv"),
            picture("quarters.png", 0, 130, 80, 40, flip="h", rot=90_000),
            picture("quarters.png", 80, 130, 80, 40, flip="v", rot=270_000),
        ),
        tolerance=Tolerance(rms=0.006, edge=0.01, levels=16, share=0.004, why=_RESAMPLED),
    )
    yield Scene(
        name="picture-fitted",
        shows="contain, cover and stretch, one of them turned",
        layers=(
            picture("quarters.png", 0, 0, 80, 80, fit="contain"),
            picture("quarters.png", 80, 0, 80, 80, fit="cover"),
            picture("quarters.png", 0, 100, 80, 80, fit="stretch"),
            picture("quarters.png", 90, 100, 60, 60, fit="cover", rot=20_000),
        ),
        tolerance=Tolerance(rms=0.03, levels=40, share=0.02, why=_RESAMPLED),
    )
    yield Scene(
        name="picture-cropped",
        shows="a crop that is flipped and turned, and one whose box is open below",
        layers=(
            picture("dunes.jpg", 20, 10, 100, 80, crop=[100, 300, 700, 684], flip="h", rot=-17_000),
            picture("dunes.jpg", 30, 110, 100, 0, crop=[0, 0, 1000, 600]),
        ),
        tolerance=smooth,
    )
    yield Scene(
        name="picture-fine-checks",
        shows="squares of one pixel at a quarter of their size become even grey (128), without bands",
        layers=(picture("checks.png", 20, 40, 120, 120),),
        tolerance=Tolerance(rms=0.012, levels=12, share=0.06, why="filters ring at the picture's edge"),
    )
    yield Scene(
        name="picture-fine-checks-linear",
        shows="the same in linear light: as bright as from afar (188)",
        layers=(picture("checks.png", 20, 40, 120, 120, linear=True),),
        tolerance=Tolerance(rms=0.012, levels=12, share=0.06, why="filters ring at the picture's edge"),
    )
    yield Scene(
        name="picture-rings",
        shows="ever finer rings at 0.6 of their pixels, turned: no ghost rings",
        layers=(picture("rings.png", 8, 28, 144, 144, rot=8_000),),
        tolerance=Tolerance(rms=0.05, levels=50, share=0.06, why="filters differ most in the finest rings"),
    )
    yield Scene(
        name="picture-partly-outside",
        shows="pictures that reach over three edges of the print",
        layers=(
            picture("dunes.jpg", -40, -30, 120, 150),
            picture("dunes-small.png", 90, 120, 100, 125, rot=25_000),
        ),
        tolerance=smooth,
    )


def _soft_pictures() -> Iterator[Scene]:
    yield Scene(
        name="soft-edge",
        shows="a soft red disc whose hidden pixels are white, smaller and larger, upright: no fringe",
        layers=(picture("disc.png", 8, 8, 50, 50), picture("disc.png", 10, 60, 140, 140)),
        tolerance=Tolerance(rms=0.006, levels=12, share=0.01, why=_RESAMPLED),
    )
    yield Scene(
        name="soft-edge-turned",
        shows="the same, turned, over a dark ground",
        layers=(
            shape(0, 0, 160, 200, fill="#102030"),
            picture("disc.png", 8, 8, 40, 40, rot=40_000),
            picture("disc.png", 15, 60, 130, 130, rot=-21_000),
        ),
        tolerance=Tolerance(rms=0.006, levels=12, share=0.01, why=_RESAMPLED),
    )
    yield Scene(
        name="crisp-logo-turned",
        shows="a ring with hard edges at 0.7 of its pixels, turned",
        layers=(picture("ring.png", 24, 44, 112, 112, rot=12_000),),
        tolerance=Tolerance(rms=0.02, edge=0.12, levels=40, share=0.01, why=_RESAMPLED),
    )
    yield Scene(
        name="faded",
        shows="a picture, a shape and letters at 400 per mille over each other",
        layers=(
            picture("dunes.jpg", 0, 0, 100, 125, opacity=400),
            shape(50, 60, 90, 90, fill="#1c3f66", opacity=400, rot=10_000),
            text(
                "Zoë",
                10,
                120,
                140,
                70,
                56,
                opacity=400,
                fill="#d22d3c",
                stroke="#ffffff",
                stroke_width=um(2.5),
            ),
        ),
        tolerance=Tolerance(rms=0.008, levels=16, share=0.01, why=_RESAMPLED),
    )


_MODES: Final = (
    "multiply",
    "screen",
    "overlay",
    "darken",
    "lighten",
    "hard-light",
    "soft-light",
    "difference",
)


def _blends() -> Iterator[Scene]:
    exact = Tolerance(rms=0.006, levels=6, share=0.005, why="colours are rounded to whole levels on the way")
    for mode in _MODES:
        yield Scene(
            name=f"blend-{mode}",
            shows=f"{mode} over opaque colours, over a translucent fade, and over nothing",
            layers=(
                picture("dunes.jpg", 0, 0, 160, 200, crop=[0, 0, 1000, 1000], fit="cover", opacity=1000),
                shape(0, 100, 160, 100, fill="#ffffff", blend="normal"),
                picture("veil.png", 0, 100, 160, 50, fit="stretch"),
                shape(10, 10, 60, 180, fill="#c86432", blend=mode),
                shape(80, 20, 70, 160, fill="#2864dc", blend=mode, opacity=600),
            ),
            tolerance=Tolerance(rms=0.012, levels=20, share=0.012, why=_RESAMPLED),
        )
        yield Scene(
            name=f"blend-{mode}-on-film",
            shows=f"{mode} on a transparent print: over half-covered colour and over nothing",
            layers=(
                shape(20, 20, 120, 60, fill="#50b478", opacity=500),
                shape(20, 100, 120, 60, fill={"stops": [[0, "#f0c828", 0], [1000, "#f0c828", 1000]]}),
                shape(50, 10, 60, 180, fill="#a03cc8", blend=mode, opacity=700),
            ),
            tolerance=exact,
        )


def _groups() -> Iterator[Scene]:
    pair = (
        shape(0, 0, 60, 60, fill="#d22d3c"),
        shape(30, 30, 60, 60, fill="#1c8c4a"),
    )
    yield Scene(
        name="group-faded-as-one",
        shows="what lies below within a group does not shine through when the group fades",
        layers=(
            shape(0, 80, 160, 40, fill="#000000"),
            group(35, 50, 90, 90, *pair, opacity=500),
        ),
    )
    yield Scene(
        name="group-turned-in-group",
        shows="a turned group inside a turned group, each about its own middle",
        layers=(
            group(
                20,
                30,
                120,
                140,
                shape(0, 0, 120, 140, fill="#e8e0d0"),
                group(20, 20, 80, 60, *pair, rot=30_000, id="inner"),
                text("Zoë", 0, 96, 120, 44, 36, fill="#1c3f66"),
                rot=-15_000,
            ),
        ),
    )
    yield Scene(
        name="group-apart",
        shows="blending inside a group stops at the group",
        layers=(
            shape(0, 0, 160, 200, fill="#f0c828"),
            group(
                20,
                20,
                120,
                160,
                shape(0, 0, 70, 160, fill="#1c8c4a"),
                shape(30, 30, 90, 60, fill="#d26ec8", blend="multiply"),
                opacity=900,
            ),
        ),
    )
    yield Scene(
        name="group-blended",
        shows="a group multiplies as one",
        layers=(
            picture("dunes.jpg", 0, 0, 160, 200),
            group(25, 45, 110, 110, *pair, blend="multiply", rot=20_000, opacity=800),
        ),
        tolerance=Tolerance(rms=0.012, levels=20, share=0.01, why=_RESAMPLED),
    )


def _masks() -> Iterator[Scene]:
    hole = star(60, 60)
    yield Scene(
        name="mask-path",
        shows="a photo through a star that is filled, and a shape through one with a hole, turned",
        layers=(
            picture("dunes.jpg", 0, 0, 110, 110, fit="cover", mask={"d": star(55, 55)}),
            shape(40, 80, 120, 120, fill="#1c3f66", mask={"d": hole, "rule": "evenodd"}, rot=20_000),
        ),
        tolerance=Tolerance(rms=0.012, levels=24, share=0.01, why=_RESAMPLED),
    )
    yield Scene(
        name="mask-picture",
        shows="a shape seen as far as a picture covers, upright and turned",
        layers=(
            shape(0, 0, 160, 100, fill="#d22d3c", mask={"asset": "veil.png"}),
            shape(30, 90, 100, 100, fill="#1c3f66", mask={"asset": "disc.png"}, rot=30_000),
        ),
        tolerance=Tolerance(rms=0.01, levels=12, share=0.01, why=_RESAMPLED),
    )
    yield Scene(
        name="mask-on-group",
        shows="a group seen through a heart-like outline, faded",
        layers=(
            group(
                20,
                40,
                120,
                120,
                picture("dunes.jpg", 0, 0, 120, 120, fit="cover"),
                shape(0, 50, 120, 30, fill="#ffffff"),
                mask={
                    "d": f"M{um(60)} {um(115)}C{um(-50)} {um(40)} {um(30)} {um(-30)} {um(60)} {um(30)}"
                    f"C{um(90)} {um(-30)} {um(170)} {um(40)} {um(60)} {um(115)}Z"
                },
                opacity=850,
                rot=-10_000,
            ),
        ),
        tolerance=Tolerance(rms=0.012, levels=24, share=0.01, why=_RESAMPLED),
    )


def _shadows() -> Iterator[Scene]:
    why = "a blur may be made of boxes instead of a bell curve"
    soft = Tolerance(rms=0.02, edge=0.06, levels=16, share=0.03, why=why)
    yield Scene(
        name="shadow-sharp",
        shows="a shadow without blur below a shape and below letters",
        layers=(
            shape(20, 20, 80, 60, fill="#f0c828", radius=um(10), shadow={"dx": um(12), "dy": um(16)}),
            text(
                "Zoë",
                10,
                110,
                140,
                70,
                56,
                fill="#d22d3c",
                shadow={"dx": um(4), "dy": um(4), "opacity": 1000},
            ),
        ),
    )
    yield Scene(
        name="shadow-soft",
        shows="soft shadows in colours below a shape, a picture with a soft edge, and letters",
        layers=(
            shape(24, 20, 60, 50, fill="#f0c828", shadow={"dx": um(6), "dy": um(8), "blur": um(12)}),
            picture(
                "disc.png",
                90,
                20,
                54,
                54,
                shadow={"dx": um(4), "dy": um(4), "blur": um(8), "color": "#1c3f66", "opacity": 900},
            ),
            text(
                "Ané",
                20,
                104,
                120,
                70,
                56,
                fill="#d22d3c",
                shadow={"dx": um(3), "dy": um(5), "blur": um(6), "color": "#000000", "opacity": 600},
            ),
        ),
        tolerance=soft,
    )
    yield Scene(
        name="shadow-turned",
        shows="a shadow falls to where its layer's own right and bottom have turned, in a group too",
        layers=(
            shape(
                20, 20, 70, 40, fill="#1c8c4a", rot=30_000, shadow={"dx": um(16), "dy": um(4), "blur": um(4)}
            ),
            group(
                30,
                100,
                100,
                80,
                shape(20, 20, 50, 40, fill="#d22d3c", shadow={"dx": um(0), "dy": um(14)}, rot=-20_000),
                rot=-25_000,
            ),
        ),
        tolerance=soft,
    )
    yield Scene(
        name="shadow-of-masked-group",
        shows="a group is masked first, then casts its shadow, then fades",
        layers=(
            shape(0, 0, 160, 200, fill="#eeeeee"),
            group(
                30,
                50,
                100,
                100,
                picture("dunes.jpg", 0, 0, 100, 100, fit="cover"),
                mask={"d": star(50, 50)},
                shadow={"dx": um(6), "dy": um(8), "blur": um(10), "opacity": 800},
                opacity=800,
            ),
        ),
        tolerance=soft,
    )


def _shapes() -> Iterator[Scene]:
    yield Scene(
        name="shape-rectangles",
        shows="rectangles whose edges lie between pixels, with round corners, turned",
        layers=(
            shape(10.25, 10.5, 60.5, 40.25, fill="#d22d3c"),
            shape(84.5, 8.3, 64.2, 48.7, fill="#1c3f66", radius=um(12)),
            shape(30, 90, 100, 70, fill="#1c8c4a", radius=um(200), rot=31_000),
        ),
    )
    yield Scene(
        name="shape-ellipses",
        shows="a circle and turned ellipses",
        layers=(
            shape(10, 10, 60, 60, shape="ellipse", fill="#d22d3c"),
            shape(80.3, 20.6, 70, 40, shape="ellipse", fill="#1c3f66", rot=25_000),
            shape(20, 110, 120, 60, shape="ellipse", fill="#1c8c4a", rot=-40_000),
        ),
    )
    yield Scene(
        name="shape-rules",
        shows="a star that crosses itself: filled, and with a hole; and a curved outline",
        layers=(
            shape(0, 0, 80, 80, shape="path", d=star(40, 38), fill="#d22d3c"),
            shape(80, 0, 80, 80, shape="path", d=star(40, 38), rule="evenodd", fill="#1c3f66"),
            shape(30, 105, 100, 70, shape="path", d=WAVE, fill="#1c8c4a", rot=15_000),
        ),
    )
    yield Scene(
        name="shape-hairlines",
        shows="lines of a quarter to one and a half pixels, none of them lost",
        layers=tuple(
            shape(
                10,
                10 + index * 36,
                140,
                30,
                shape="path",
                d=f"M0 0L{um(140)} {um(30)}M0 {um(30)}L{um(140)} {um(24)}M{um(70.3)} 0L{um(70.3)} {um(30)}",
                fill="",
                stroke="#000000",
                stroke_width=um(width),
            )
            for index, width in enumerate((0.25, 0.5, 0.75, 1.0, 1.5))
        ),
        tolerance=Tolerance(rms=0.01, edge=0.06, levels=24, share=0.01),
    )
    yield Scene(
        name="cut-line",
        shows="a line to cut along leaves no ink",
        layers=(
            shape(30, 30, 100, 140, fill="#f0c828", radius=um(20)),
            shape(20, 20, 120, 160, fill="", stroke="#ff00ff", stroke_width=um(2), cut=True),
            shape(20, 20, 120, 160, shape="ellipse", fill="#ff00ff", cut=True),
        ),
    )


def _strokes() -> Iterator[Scene]:
    corner = f"M{um(10)} {um(50)}L{um(35)} {um(10)}L{um(60)} {um(50)}"
    yield Scene(
        name="stroke-joins-and-caps",
        shows="miter, round and bevel; butt, round and square; closed and open",
        layers=(
            *(
                shape(
                    4 + (index % 2) * 80,
                    4 + (index // 2) * 64,
                    70,
                    60,
                    shape="path",
                    d=corner + ("Z" if index > 2 else ""),
                    fill="" if index < 3 else "#f0c828",
                    stroke="#1c3f66",
                    stroke_width=um(11),
                    join=join,
                    cap=cap,
                )
                for index, (join, cap) in enumerate(
                    (
                        ("miter", "butt"),
                        ("round", "round"),
                        ("bevel", "square"),
                        ("miter", "butt"),
                        ("round", "round"),
                        ("bevel", "square"),
                    )
                )
            ),
        ),
    )
    yield Scene(
        name="stroke-dashes",
        shows="dashes along curves, with each cap",
        layers=tuple(
            shape(
                20,
                10 + index * 64,
                120,
                60,
                shape="path",
                d=OPEN_WAVE,
                fill="",
                stroke=colour,
                stroke_width=um(6),
                cap=cap,
                dash=[um(length) for length in dash],
            )
            for index, (cap, dash, colour) in enumerate(
                (
                    ("butt", (12, 6), "#d22d3c"),
                    ("round", (8, 10, 1, 10), "#1c3f66"),
                    ("square", (10, 14), "#1c8c4a"),
                )
            )
        ),
        tolerance=Tolerance(
            rms=0.012, edge=0.06, levels=32, share=0.008, why="the length of a curve is found by other steps"
        ),
    )
    yield Scene(
        name="stroke-on-shapes",
        shows="strokes half inside and half outside, above the fill, on turned shapes",
        layers=(
            shape(15, 15, 60, 50, fill="#f0c828", stroke="#1c3f66", stroke_width=um(9)),
            shape(
                90,
                15,
                55,
                60,
                fill="#f0c828",
                radius=um(15),
                stroke="#d22d3c",
                stroke_width=um(5),
                rot=12_000,
            ),
            shape(
                25,
                100,
                110,
                70,
                shape="ellipse",
                fill="#1c8c4a",
                stroke="#000000",
                stroke_width=um(8),
                opacity=700,
                rot=-20_000,
            ),
        ),
    )


def _gradients() -> Iterator[Scene]:
    colours = [[0, "#d22d3c"], [400, "#f0c828"], [1000, "#1c3f66"]]
    fine = Tolerance(rms=0.008, levels=8, share=0.008, why="a gradient may be kept as a table of 256 colours")
    yield Scene(
        name="gradient-linear",
        shows="left to right, top to bottom, and at angles, on turned shapes too",
        layers=(
            shape(5, 5, 70, 90, fill={"angle": 0, "stops": colours}),
            shape(85, 5, 70, 90, fill={"angle": 90_000, "stops": colours}),
            shape(5, 105, 70, 90, fill={"angle": 30_000, "stops": colours}, shape="ellipse"),
            shape(90, 110, 60, 80, fill={"angle": 225_000, "stops": colours}, rot=15_000),
        ),
        tolerance=fine,
    )
    yield Scene(
        name="gradient-radial",
        shows="round and stretched, from the middle to the sides",
        layers=(
            shape(10, 5, 90, 90, fill={"type": "radial", "stops": colours}),
            shape(5, 110, 150, 70, fill={"type": "radial", "stops": colours}, rot=10_000),
        ),
        tolerance=fine,
    )
    yield Scene(
        name="gradient-fading",
        shows="stops that fade to nothing, over a ground and over none",
        layers=(
            shape(0, 0, 80, 200, fill="#1c3f66"),
            shape(10, 10, 140, 60, fill={"stops": [[0, "#f0c828"], [1000, "#f0c828", 0]]}),
            shape(
                10,
                80,
                140,
                110,
                fill={"type": "radial", "stops": [[200, "#d22d3c", 900], [1000, "#d22d3c", 0]]},
            ),
        ),
        tolerance=fine,
    )
    yield Scene(
        name="gradient-in-text",
        shows="a gradient over the box of a text, not over each letter",
        layers=(text("Zoë", 5, 50, 150, 100, 78, fill={"angle": 90_000, "stops": colours}),),
        tolerance=fine,
    )


def _texts() -> Iterator[Scene]:
    letters = Tolerance(rms=0.01, edge=0.06, levels=32, share=0.006)
    yield Scene(
        name="text-two-lines",
        shows="two lines left, and two right, at the bottom of their box",
        layers=(
            text("Anna\nGeorge", 5, 5, 150, 90, 34, align="left", fill="#1c3f66"),
            text(
                "Zoë &\nPaul",
                5,
                100,
                150,
                95,
                30,
                align="right",
                valign="bottom",
                leading=1000,
                fill="#d22d3c",
            ),
        ),
        tolerance=letters,
    )
    yield Scene(
        name="text-stroked-turned",
        shows="a stroke below the fill of turned letters",
        layers=(
            text(
                "Zoë",
                10,
                60,
                140,
                80,
                64,
                fill="#f0c828",
                stroke="#1c3f66",
                stroke_width=um(3.5),
                rot=-18_000,
            ),
        ),
        tolerance=letters,
    )
    yield Scene(
        name="text-small",
        shows="small letters of 9 and 14 pixels",
        layers=(
            text("The names of all who came", 5, 10, 150, 20, 9, align="left", fit="overflow"),
            text("Harbour Street 27", 5, 50, 150, 30, 14, align="center", fit="overflow"),
            text("Harbour Street 27", 5, 110, 150, 30, 14, rot=-30_000, fit="overflow", fill="#d22d3c"),
        ),
        tolerance=letters,
    )
    yield Scene(
        name="text-tracked",
        shows="letters set apart, and drawn together until they overlap: they cover once",
        layers=(
            text("Zoë", 5, 10, 150, 60, 44, align="left", tracking=150, fill="#1c3f66", fit="overflow"),
            text(
                "GEORGE",
                5,
                100,
                150,
                60,
                44,
                align="left",
                tracking=-160,
                fill="#d22d3c",
                opacity=500,
                fit="overflow",
            ),
        ),
        tolerance=letters,
    )
    yield Scene(
        name="text-arched",
        shows="lines bent upwards and downwards",
        layers=(
            text("George\nPaul", 5, 5, 150, 100, 26, arc=120_000, fill="#1c3f66"),
            text(
                "Harbour",
                5,
                110,
                150,
                80,
                34,
                arc=-90_000,
                fill="#d22d3c",
                stroke="#f0c828",
                stroke_width=um(2),
            ),
        ),
        tolerance=letters,
    )
    yield Scene(
        name="text-on-a-path",
        shows="letters that follow a curve, from its start and to its end",
        layers=(
            text("Harbour Street", 0, 0, 160, 100, 20, align="left", path=CURVE, fill="#1c3f66"),
            text("Zoë & Paul", 0, 100, 160, 100, 20, align="right", path=CURVE, fill="#d22d3c", rot=8_000),
        ),
        tolerance=letters,
    )
    yield Scene(
        name="text-arabic",
        shows="joined letters from right to left",
        layers=(text("مرحبا", 5, 50, 150, 100, 60, font=lettering.arabic().name, fill="#1c3f66"),),
        tolerance=letters,
    )
    yield Scene(
        name="text-devanagari",
        shows="conjuncts and marks in their places",
        layers=(
            text("नमस्ते", 5, 10, 150, 90, 52, font=lettering.devanagari().name, fill="#1c3f66"),
            text("क्षत्रिय", 5, 100, 150, 90, 40, font=lettering.devanagari().name, fill="#d22d3c", rot=6_000),
        ),
        tolerance=letters,
    )


def _rest() -> Iterator[Scene]:
    yield Scene(
        name="tall",
        shows="nothing shows where a renderer that draws strip by strip begins a new one",
        width=120,
        height=600,
        layers=(
            picture("dunes-small.png", 10, 200, 100, 125, rot=12_000),
            picture(
                "disc.png", 10, 450, 100, 100, rot=33_000, shadow={"dx": um(6), "dy": um(8), "blur": um(10)}
            ),
            shape(
                10,
                20,
                40,
                560,
                fill={"angle": 90_000, "stops": [[0, "#d22d3c", 700], [1000, "#1c3f66", 700]]},
            ),
            group(
                20,
                90,
                90,
                420,
                shape(10, 0, 70, 420, shape="ellipse", fill="#1c8c4a"),
                text("Zoë", 0, 130, 90, 80, 40, fill="#f0c828", rot=90_000),
                blend="multiply",
                opacity=800,
                rot=4_000,
                mask={
                    "d": WAVE.replace(f" {um(70)}L", f" {um(400)}L").replace(f" {um(70)}Z", f" {um(400)}Z")
                },
            ),
        ),
        tolerance=Tolerance(rms=0.012, levels=20, share=0.01, why=_RESAMPLED),
    )
    yield Scene(
        name="background",
        shows="a colour under all layers, which blending sees",
        layers=(
            shape(20, 20, 120, 70, fill="#d26ec8", blend="multiply"),
            picture("disc.png", 40, 80, 100, 100, opacity=700),
        ),
        background="#f0c828",
        tolerance=Tolerance(rms=0.006, levels=12, share=0.01, why=_RESAMPLED),
    )
    yield Scene(
        name="emoji",
        shows="faces in their own colours, drawn from outlines: small, large, turned and faded",
        layers=(
            text("🙂🙂", 5, 5, 150, 40, 24, font=lettering.faces().name, align="left"),
            text("🙂", 10, 60, 120, 120, 100, font=lettering.faces().name, rot=15_000, opacity=800),
        ),
        tolerance=Tolerance(
            rms=0.03, edge=0.15, levels=64, share=0.03, why="emoji may come from pictures instead of outlines"
        ),
    )
    yield Scene(
        name="clipart",
        shows="a drawing as it is, recoloured, flipped and turned",
        layers=(
            {"type": "clipart", "asset": "star.svg", **_box(5, 5, 100, 80)},
            {
                "type": "clipart",
                "asset": "star.svg",
                "colors": {"#ffd23f": "#1c8c4a", "#1c3f66": "#ffffff"},
                "flip": "h",
                **_box(50, 100, 90, 90, rot=20_000),
            },
        ),
        tolerance=Tolerance(rms=0.012, edge=0.06, levels=32, share=0.008),
    )


def assets(scene: Scene) -> dict[str, bytes]:
    """Return the files that a scene's document names."""
    named = _names(list(scene.layers))
    found = {name: painting.file() for name, painting in PAINTINGS.items() if name in named}
    return found | {name: drawing.encode() for name, drawing in DRAWINGS.items() if name in named}


def fonts(scene: Scene) -> dict[str, bytes]:
    """Return the fonts that a scene's document names."""
    named = _names(list(scene.layers))
    return {font().name: font().content for font in lettering.FONTS if font().name in named}


def _names(layers: list[Layer]) -> set[str]:
    found: set[str] = set()
    for layer in layers:
        found |= {layer.get("asset", ""), layer.get("font", ""), layer.get("mask", {}).get("asset", "")}
        found |= _names(layer.get("layers", []))
    return found
