"""The gallery of the documentation, drawn by the renderer itself: `python -m scripts.gallery` (`make gallery`)."""

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from PIL import Image, ImageDraw, ImageFilter

from mockspark.adapters.rendering.mockups import mocked_up
from mockspark.adapters.rendering.pillow import seen
from mockspark.application.ports.rendering import RenderJob, View
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.domain.mockup import Mockup
from mockspark.entrypoints.drawing import workshop

ROOT: Final = Path(__file__).parent.parent / "docs"
_MM: Final = 1_000
_WIDTH: Final = 640
_QUALITY: Final = 88
Layers = list[dict[str, Any]]


@frozen(kw_only=True)
class Plate:
    """One picture of the gallery; sizes are millimetres."""

    name: str
    title: str
    words: str
    layers: Layers
    width: int = 200
    height: int = 120
    background: str = "#ffffff"
    view: View | None = None


def main() -> None:
    """Draw every picture and write the page that shows them."""
    folder = ROOT / "gallery"
    folder.mkdir(exist_ok=True)
    plates = (*_lettering(), *_drawing(), *_pictures())
    for plate in plates:
        _save(_drawn(plate), folder / f"{plate.name}.webp")
    (folder / "on-a-mug.webp").write_bytes(_on_a_mug())
    (folder / "on-a-shirt.webp").write_bytes(_on_a_shirt())
    (ROOT / "gallery.md").write_text(_page(plates), encoding="utf-8")


def _page(plates: tuple[Plate, ...]) -> str:
    shown = "\n".join(f"## {p.title}\n\n{p.words}\n\n![{p.title}](gallery/{p.name}.webp)\n" for p in plates)
    return (
        "# What the renderer can do\n\n"
        "Every picture here is drawn by `make gallery` with the code that draws print files, only smaller.\n\n"
        f"{shown}\n"
        "## On the product\n\n"
        "A mockup bends the design over the product's picture, in the garment's colour and with its light.\n\n"
        "![A mug](gallery/on-a-mug.webp)\n![A shirt](gallery/on-a-shirt.webp)\n"
    )


def _text(text: str, x: float, y: float, w: float, h: float, size: float, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "size": round(size * _MM), **_box(x, y, w, h), **more}


def _shape(shape: str, x: float, y: float, w: float, h: float, **more: Any) -> dict[str, Any]:
    return {"type": "shape", "shape": shape, **_box(x, y, w, h), **more}


def _image(asset: str, x: float, y: float, w: float, h: float, **more: Any) -> dict[str, Any]:
    return {"type": "image", "asset": asset, **_box(x, y, w, h), **more}


def _box(x: float, y: float, w: float, h: float) -> dict[str, Any]:
    sides = {"x": x, "y": y, "w": w, "h": h}
    return {"area": "front", **{name: round(length * _MM) for name, length in sides.items()}}


def _lettering() -> tuple[Plate, ...]:
    scripts = (
        "Zoë & Łukasz", "Ψυχή", "Привіт", "Բարեւ", "გამარჯობა", "שָׁלוֹם", "مَرْحَبًا", "नमस्ते", "বাংলা", "தமிழ்",
        "മലയാളം", "සිංහල", "สวัสดี", "ລາວ", "བོད་ཡིག", "မြန်မာ", "ខ្មែរ", "አማርኛ", "ᏣᎳᎩ", "ᐃᓄᒃᑎᑐᑦ",
        "日本語", "中文", "한국어", "ߒߞߏ",
    )  # fmt: skip
    colours = ("#1c3f66", "#b3261e", "#1f6f4a", "#6a3d9a")
    words = [
        _text(word, 5 + 48 * (at % 4), 4 + 19 * (at // 4), 46, 17, 11, fill=colours[at % 4])
        for at, word in enumerate(scripts)
    ]
    faces = _text("😀 👨‍👩‍👧‍👦 🇩🇪 🏳️‍🌈 👋🏽 ☕ 🎂 🐻 1️⃣ ❤️", 5, 8, 190, 30, 17)
    turned = _text("Happy birthday 🎉", 20, 45, 160, 60, 20, rot=-8_000, fill="#b3261e")
    arch = _text("Summer in the Alps", 20, 30, 160, 30, 17, arc=140_000, fill="#1c3f66", fit="overflow")
    bowl = _text("since 1998", 50, 62, 100, 20, 13, arc=-90_000, fill="#b3261e", fit="overflow")
    wave = "M0 30000C40000 -20000 60000 70000 100000 25000C130000 -10000 150000 10000 180000 30000"
    along = _text(
        "letters along any line you draw", 10, 84, 180, 30, 9, path=wave, align="left", fill="#1f6f4a"
    )
    fits = [
        _text("wrapped in its box, word by word, and centred", 5, 8, 60, 60, 8, fit="wrap"),
        _text("shrunk until it fits", 70, 8, 60, 12, 20),
        _text("justified lines fill the width of their box but for the last", 135, 8, 60, 60, 8, fit="wrap",
              align="justify"),
        _text("STROKED", 5, 70, 110, 40, 30, fill="#f4c20d", stroke="#1c3f66", stroke_width=1_500),
        _text("tracking", 120, 80, 75, 20, 12, tracking=250, fill="#6a3d9a"),
    ]  # fmt: skip
    return (
        Plate(name="scripts", title="Any script", layers=words,
              words="Fonts are chosen for each cluster of characters; right to left, joined and stacked letters "
              "are shaped by HarfBuzz."),
        Plate(name="emoji", title="Emoji from outlines", layers=[faces, turned],
              words="Colour glyphs are drawn from their own outlines at print size, never from a small picture."),
        Plate(name="curves", title="Arches and lines", layers=[arch, bowl, along],
              words="Letters bend around a circle or follow an outline."),
        Plate(name="fitting", title="Text that fits", layers=fits,
              words="Wrapped, shrunk, justified, tracked, with a line around it."),
    )  # fmt: skip


def _drawing() -> tuple[Plate, ...]:
    sunset = {
        "type": "linear",
        "angle": 90_000,
        "stops": [[0, "#ffb347"], [550, "#ff5e62"], [1000, "#3a1c71"]],
    }
    glow = {"type": "radial", "stops": [[0, "#ffffff"], [400, "#ffe066"], [1000, "#ffe066", 0]]}
    ring = {"opacity": 900, "blend": "multiply"}
    heart = "M30000 55000C-25000 15000 10000 -12000 30000 12000C50000 -12000 85000 15000 30000 55000Z"
    hills = "M0 110000L0 80000C20000 60000 30000 90000 50000 70000C65000 55000 75000 85000 90000 72000L90000 110000Z"
    landscape: Layers = [
        _shape("rect", 5, 5, 90, 110, fill=sunset, radius=6_000),
        _shape("ellipse", 25, 30, 50, 50, fill=glow),
        _shape("path", 5, 5, 90, 110, fill="#241734", d=hills),
    ]
    inks: Layers = [
        _shape("ellipse", 105 + x, 10 + y, 50, 50, fill=colour, **ring)
        for x, y, colour in ((0, 0, "#00aeef"), (30, 0, "#ec008c"), (15, 26, "#fff200"))
    ]
    lines: Layers = [
        _shape(
            "rect", 110, 88, 35, 24, fill="", stroke="#1c3f66", stroke_width=1_200, join="round", radius=3_000
        ),
        _shape("ellipse", 152, 88, 40, 24, fill="", stroke="#b3261e", stroke_width=900, dash=[3_000, 1_500]),
    ]
    group = {
        "type": "group", **_box(20, 15, 70, 60), "rot": -10_000,
        "shadow": {"dx": 2_500, "dy": 3_500, "blur": 5_000},
        "layers": [
            _shape("rect", 0, 0, 70, 60, fill="#1c3f66", radius=5_000),
            _text("one group, one shadow", 5, 8, 60, 44, 11, fill="#ffffff", fit="wrap", valign="middle"),
        ],
    }  # fmt: skip
    masked = _image(
        "photo", 110, 20, 60, 60, fit="cover", mask={"d": heart}, shadow={"dy": 2_000, "blur": 4_000}
    )
    return (
        Plate(name="shapes", title="Shapes, gradients, blend modes", layers=[*landscape, *inks, *lines],
              words="Outlines are covered by exact area; colours blend by the formulas of the W3C."),
        Plate(name="groups", title="Groups, masks, shadows", layers=[group, masked],
              words="Layers turn, fade and throw a shadow as one; pictures are seen through any outline."),
    )  # fmt: skip


def _pictures() -> tuple[Plate, ...]:
    checks: Layers = [
        _image("checks", 5, 10, 90, 90, fit="stretch"),
        _image("checks", 105, 10, 90, 90, fit="stretch", linear=True),
        _text("in sRGB", 5, 103, 90, 12, 7),
        _text("in linear light", 105, 103, 90, 12, 7),
    ]
    turned: Layers = [
        _image("photo", 30, 15, 110, 90, fit="cover", rot=12_000),
        _text("Zoë", 60, 40, 90, 40, 30, fill="#ffffff", stroke="#1c3f66", stroke_width=800, rot=12_000),
    ]
    near = View(zoom_px=12_000, left=4_560, top=2_300, width=640, height=384)
    return (
        Plate(name="linear", title="Brightness kept", layers=checks,
              words="A checkerboard too fine for the print: averaged as light, it keeps the grey that the eye sees."),
        Plate(name="turned", title="Turned without fringes", layers=turned,
              words="Pictures are read once, straight from their source; edges are the exact share of each pixel."),
        Plate(name="zoomed", title="The same, nineteen times nearer", layers=turned, view=near,
              words="A proof at any zoom is drawn from the design, tile by tile, so it is never blurred."),
    )  # fmt: skip


def _job(plate: Plate) -> RenderJob:
    size = {"w": plate.width * _MM, "h": plate.height * _MM, "background": plate.background}
    layers = [{"id": f"L{index}", **layer} for index, layer in enumerate(plate.layers)]
    area = PrintArea(key="front", width_px=plate.width * 300 // 25, height_px=plate.height * 300 // 25)
    design = Design.of({"schema": 1, "areas": {"front": size}, "layers": layers})
    return RenderJob(design=design, area=area, assets=_assets())


def _drawn(plate: Plate) -> Image.Image:
    height = round(_WIDTH * plate.height / plate.width)
    view = plate.view or View(zoom_px=_WIDTH, width=_WIDTH, height=height)
    return seen(_job(plate), view, workshop())


def _assets() -> Mapping[str, bytes]:
    return {"photo": _png(_photo()), "checks": _png(_checks())}


def _photo() -> Image.Image:
    """Return hills in haze, one behind the other."""
    image = Image.new("RGB", (1_200, 900), "#f6d9b8")
    draw = ImageDraw.Draw(image)
    draw.ellipse((780, 120, 960, 300), fill="#fff3d6")
    for far in range(7):
        top, shade = 320 + far * 85, 190 - far * 27
        hills = [(x, top + 70 * ((x * (far + 2) // 97 % 11) - 5) / 5) for x in range(-40, 1_280, 40)]
        draw.polygon([*hills, (1_280, 900), (-40, 900)], fill=(shade, shade + 12, min(shade + 40, 255)))
    return image.filter(ImageFilter.GaussianBlur(2))


def _checks() -> Image.Image:
    tile = Image.new("L", (2, 2))
    tile.putpixel((0, 0), 255)
    tile.putpixel((1, 1), 255)
    board = Image.new("L", (1_500, 1_500))
    for x in range(0, 1_500, 2):
        board.paste(tile, (x, 0))
    strip = board.crop((0, 0, 1_500, 2))
    for y in range(0, 1_500, 2):
        board.paste(strip, (0, y))
    return board.convert("RGB")


def _badge() -> Image.Image:
    plate = Plate(
        name="badge", title="", words="", background="", width=100, height=100,
        layers=[
            _shape("ellipse", 2, 2, 96, 96, fill="#f4c20d", stroke="#b3261e", stroke_width=3_000),
            _text("ALPS", 12, 26, 76, 40, 30, fill="#1c3f66"),
            _text("summer of 1998", 10, 60, 80, 20, 9, fill="#b3261e"),
        ],
    )  # fmt: skip
    return seen(_job(plate), View(zoom_px=600, width=600, height=600), workshop())


def _on_a_mug() -> bytes:
    """Return a mug drawn by hand, with the design around it."""
    mug = Image.new("RGB", (800, 700), "#e9e4dc")
    draw = ImageDraw.Draw(mug)
    draw.ellipse((520, 190, 760, 490), outline="#ffffff", width=46)
    draw.ellipse((180, 560, 600, 640), fill="#d8d4cd")
    for x in range(180, 600):
        light = round(255 - 120 * ((x - 340) / 280) ** 2)
        draw.line((x, 110, x, 600), fill=(light, light, light))
    draw.ellipse((180, 80, 600, 150), fill="#f7f7f5", outline="#cfcac2", width=3)
    document = {
        "picture": f"sha256:{'a' * 64}",
        "areas": {"front": {"box": [220, 180, 340, 360], "mesh": [_around_it(-60), _around_it(1_060)]}},
    }
    return mocked_up(Mockup.read(document), {"front": _badge()}, {document["picture"]: _png(mug)}, width=480)  # type: ignore[dict-item]  # the first member is text


def _around_it(down: int) -> list[list[int]]:
    """Return a row of places on the print as a cylinder shows them, a little from above."""
    row = []
    for at in range(-8, 9):
        turned = math.asin(at / 8 * 0.96)
        row.append([round(500 + turned * 460), round(down - 70 * math.cos(turned))])
    return row


def _on_a_shirt() -> bytes:
    """Return a shirt drawn by hand in white, coloured, with the design on its chest."""
    outline = [(210, 70), (300, 40), (360, 90), (440, 90), (500, 40), (590, 70), (720, 220), (620, 290),
               (580, 240), (590, 660), (210, 660), (220, 240), (180, 290), (80, 220)]  # fmt: skip
    mask = Image.new("L", (800, 700))
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    folds = (
        Image.effect_noise((40, 35), 60)
        .resize((800, 700), Image.Resampling.BICUBIC)
        .filter(ImageFilter.GaussianBlur(6))
    )
    cloth = folds.point([min(255, 190 + level // 4) for level in range(256)])
    shirt = Image.composite(cloth.convert("RGB"), Image.new("RGB", (800, 700), "#e9e4dc"), mask)
    document = {
        "picture": f"sha256:{'a' * 64}",
        "garment": f"sha256:{'b' * 64}",
        "areas": {"front": {"corners": [[300, 190], [500, 180], [510, 385], [305, 390]]}},
    }
    assets = {f"sha256:{'a' * 64}": _png(shirt), f"sha256:{'b' * 64}": _png(mask)}
    return mocked_up(Mockup.read(document), {"front": _badge()}, assets, colour="#2f5d50", width=480)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _save(image: Image.Image, path: Path) -> None:
    image.convert("RGB").save(path, "WEBP", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main()
