"""The letters of the scenes: small cuts of open fonts, and words shaped and set from them."""

import hashlib
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import uharfbuzz as hb
from attrs import field, frozen
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from pymupdf_fonts import myfont

Placed = tuple[str, tuple[float, float, float, float, float, float]]
"""Path data in font units, and the matrix that brings it to its place."""


@frozen(kw_only=True)
class Glyph:
    """A shaped glyph: its layers (path and colour, or no colour for the text's own), its place in ems."""

    layers: tuple[tuple[str, str], ...] = field(repr=False)
    x: float
    y: float
    before: float
    advance: float
    unit: float


@frozen(kw_only=True, slots=False, eq=False)
class Font:
    """A font file cut down to the characters that the scenes need."""

    content: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Return the name that a design gives it."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def metrics(self) -> tuple[float, float]:
        """Return how far lines reach above and below the baseline, in ems."""
        with TTFont(io.BytesIO(self.content)) as font:
            unit = font["head"].unitsPerEm
            return font["hhea"].ascent / unit, -font["hhea"].descent / unit

    def shaped(self, words: str, tracking: float = 0.0) -> tuple[list[Glyph], float]:
        """Shape *words*; *tracking* ems lie between glyphs. Returns the glyphs and the width, in ems."""
        with TTFont(io.BytesIO(self.content)) as font:
            unit, outlines, names = font["head"].unitsPerEm, font.getGlyphSet(), font.getGlyphOrder()
            buffer = hb.Buffer()
            buffer.add_str(words)
            buffer.guess_segment_properties()
            hb.shape(hb.Font(hb.Face(self.content)), buffer)
            pen, glyphs = 0.0, []
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                layers = tuple(
                    (_path(outlines, layer), colour) for layer, colour in _layers(font, names[info.codepoint])
                )
                step = place.x_advance / unit + tracking
                x, y = pen + place.x_offset / unit, -place.y_offset / unit
                made = Glyph(layers=layers, x=x, y=y, before=pen, advance=step, unit=1 / unit)
                glyphs.append(made)
                pen += step
            return glyphs, pen - tracking


def cut(content: bytes, characters: str) -> Font:
    """Return a font with no more than *characters* and what shaping needs for them."""
    font = TTFont(io.BytesIO(content), recalcTimestamp=False)
    if "fvar" in font:
        instantiateVariableFont(
            font, {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}, inplace=True
        )
    options = Options()
    options.hinting = False
    options.drop_tables += ["TTFA"]
    options.layout_features = ["*"]
    options.name_IDs = [0, 1, 2, 13, 14]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    # Lines are as high for those who read them from OS/2 as for those who read hhea.
    table, lines = font["OS/2"], font["hhea"]
    table.sTypoAscender, table.sTypoDescender, table.sTypoLineGap = lines.ascent, lines.descent, lines.lineGap
    table.usWinAscent, table.usWinDescent = lines.ascent, -lines.descent
    out = io.BytesIO()
    font.save(out)
    return Font(content=out.getvalue())


def _layers(font: TTFont, glyph: str) -> list[tuple[str, str]]:
    if "COLR" not in font:
        return [(glyph, "")]
    palette = font["CPAL"].palettes[0]
    colours = [f"#{colour.red:02x}{colour.green:02x}{colour.blue:02x}" for colour in palette]
    return [(layer.name, colours[layer.colorID]) for layer in font["COLR"].ColorLayers[glyph]]


def _path(outlines: Any, glyph: str) -> str:
    pen = SVGPathPen(outlines)
    outlines[glyph].draw(pen)
    return str(pen.getCommands())


def _packaged(file: str) -> bytes:
    return (files("manimgx_fonts") / file).read_bytes()


@cache
def latin() -> Font:
    """Return Noto Sans for the Latin scenes."""
    return cut(myfont("notos"), "ABCDEGHLMNOPRSTUVWYZabcdefghiklmnoprstuvwyzéëćłŁ&0123456789 .,!")


@cache
def arabic() -> Font:
    """Return Noto Sans Arabic."""
    return cut(_packaged("NotoSansArabic[wght].ttf"), "مرحبا يوسف")


@cache
def devanagari() -> Font:
    """Return Noto Sans Devanagari."""
    return cut(_packaged("NotoSansDevanagari[wght].ttf"), "नमस्ते क्षत्रिय")


@cache
def faces() -> Font:
    """Return a font of one colour glyph, a smiling face, in layers of plain colours."""
    builder = FontBuilder(1000, isTTF=True)
    shapes = {".notdef": [], "smile": [], "head": _HEAD, "eyes": _EYES, "mouth": _MOUTH}
    builder.setupGlyphOrder(list(shapes))
    builder.setupCharacterMap({0x1F642: "smile"})
    builder.setupGlyf({name: _drawn(contours) for name, contours in shapes.items()})
    glyphs = builder.font["glyf"]
    builder.setupHorizontalMetrics({name: (1000, getattr(glyphs[name], "xMin", 0)) for name in shapes})
    builder.setupHorizontalHeader(ascent=880, descent=-220)
    builder.setupOS2(
        sTypoAscender=880, sTypoDescender=-220, sTypoLineGap=0, usWinAscent=880, usWinDescent=220
    )
    builder.setupNameTable({"familyName": "Scene Faces", "styleName": "Regular"})
    builder.setupPost()
    builder.setupCOLR({"smile": [("head", 0), ("eyes", 1), ("mouth", 2)]}, version=0)
    builder.setupCPAL([[(1.0, 0.8, 0.2, 1.0), (0.2, 0.1, 0.0, 1.0), (0.8, 0.1, 0.2, 1.0)]])
    builder.updateHead(created=_MADE, modified=_MADE)
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return Font(content=out.getvalue())


def _drawn(contours: list[list[tuple[int, int]]]) -> Any:
    pen = TTGlyphPen(None)
    for points in contours:
        # Off-curve points alone: a closed curve through their middles.
        pen.qCurveTo(*points, None)
        pen.closePath()
    return pen.glyph()


# Seconds since 1904, as fonts count: a day that does not change what the file is.
_MADE: Final = 3_786_912_000
_HEAD: Final = [[(60, 760), (940, 760), (940, -160), (60, -160)]]
_EYES: Final = [
    [(270, 520), (410, 520), (410, 330), (270, 330)],
    [(590, 520), (730, 520), (730, 330), (590, 330)],
]
_MOUTH: Final = [[(230, 230), (500, 90), (770, 230), (700, 20), (500, -60), (300, 20)]]

FONTS: Final = (latin, arabic, devanagari, faces)


def by_name(name: str) -> Font:
    """Return the font that a design calls *name*."""
    return next(font() for font in FONTS if font().name == name)


@frozen(kw_only=True)
class Line:
    """A line that is set: its glyphs in ems, the rest in micrometres."""

    glyphs: tuple[Glyph, ...]
    width: float
    left: float
    baseline: float


def lines(layer: Mapping[str, Any]) -> tuple[tuple[Line, ...], float]:
    """Set a text layer; returns its lines and their height in micrometres."""
    font, size = by_name(layer["font"]), float(layer["size"])
    tracking = layer.get("tracking", 0) / 1000
    shaped = [font.shaped(line, tracking) for line in layer["text"].split("\n")]
    leading = size * layer.get("leading", 1200) / 1000
    above, below = (share * size for share in font.metrics())
    height = leading * len(shaped)
    spare = (layer["h"] or height) - height
    top = spare * {"top": 0.0, "middle": 0.5, "bottom": 1.0}[layer.get("valign", "top")]
    first = top + (leading - above - below) / 2 + above
    made = tuple(
        Line(
            glyphs=tuple(glyphs),
            width=width * size,
            left=(layer["w"] - width * size) * aligned(layer),
            baseline=first + leading * index,
        )
        for index, (glyphs, width) in enumerate(shaped)
    )
    return made, height


def aligned(layer: Mapping[str, Any]) -> float:
    """Return which share of the room beside its lines lies to their left."""
    return {"left": 0.0, "center": 0.5, "right": 1.0}[layer.get("align", "center")]
