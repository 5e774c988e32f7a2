"""From characters to glyphs: HarfBuzz, one font at a time; what was shaped or drawn once is kept."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import uharfbuzz as hb
from attrs import frozen
from fontTools import unicodedata as scripts

from mockspark.adapters.typesetting.faces import Face
from mockspark.domain.outlines import Bounds, Command, Outline

_NEUTRAL: Final = frozenset(("Zyyy", "Zinh", "Zzzz"))
JOINING: Final = frozenset(
    ("Arab", "Syrc", "Mong", "Nkoo", "Adlm", "Mand", "Rohg", "Phag", "Deva", "Beng", "Guru", "Tibt")
)
"""Scripts whose letters hang together, so that nothing may be put between them."""


@frozen
class Glyph:
    """A glyph of a run: *cluster* is the character that it begins with, lengths are shares of the em."""

    id: int
    cluster: int
    advance: float
    x: float
    y: float


@frozen(kw_only=True)
class Run:
    """Neighbouring characters that are shaped together, in reading order; *level* is their bidi level."""

    text: str
    start: int
    face: Face
    script: str
    level: int

    @property
    def rtl(self) -> bool:
        """Tell whether it runs from right to left."""
        return self.level % 2 == 1

    def glyphs(self, language: str, *, apart: bool) -> tuple[Glyph, ...]:
        """Return its glyphs from left to right; *apart* leaves out ligatures."""
        return shaped(self.face, self.text, self.script, language, rtl=self.rtl, apart=apart)


@lru_cache(maxsize=4_096)
def shaped(face: Face, text: str, script: str, language: str, *, rtl: bool, apart: bool) -> tuple[Glyph, ...]:
    """Return the glyphs of *text* from left to right; clusters count from the beginning of *text*."""
    font, em = opened(face), float(_face(face).upem)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.direction = "rtl" if rtl else "ltr"
    if script not in _NEUTRAL:
        buffer.script = script
    if language:
        buffer.language = language
    buffer.guess_segment_properties()
    hb.shape(font, buffer, {"liga": False, "clig": False} if apart else {})
    pairs = zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    return tuple(
        Glyph(info.codepoint, info.cluster, at.x_advance / em, at.x_offset / em, at.y_offset / em)
        for info, at in pairs
    )


@lru_cache(maxsize=8_192)
def outline(face: Face, glyph: int) -> Outline:
    """Return the outline of a glyph in units of its font, y downwards."""
    commands: list[Command] = []
    opened(face).draw_glyph(glyph, _pen(), commands)
    return Outline.of(commands)


@lru_cache(maxsize=2_048)
def painted(face: Face, glyph: int) -> Bounds | None:
    """Return the box of a colour glyph in units of its font, y downwards; None for one without colours."""
    font = _face(face)
    if not (font.glyph_has_color_paint(glyph) or font.get_glyph_color_layers(glyph)):
        return None
    box = opened(face).get_glyph_extents(glyph)
    if box is None or not box.width:
        return None
    return box.x_bearing, -box.y_bearing, box.x_bearing + box.width, -box.y_bearing - box.height


def em(face: Face) -> int:
    """Return the units of a font's em."""
    return int(_face(face).upem)


@lru_cache(maxsize=256)
def heights(face: Face) -> tuple[float, float]:
    """Return how far a font reaches above and below its baseline, in shares of the em."""
    extents = opened(face).get_font_extents("ltr")
    units = em(face)
    return extents.ascender / units, -extents.descender / units


@lru_cache(maxsize=256)
def opened(face: Face) -> hb.Font:
    """Return the font, at the face's variations."""
    font = hb.Font(_face(face))
    if face.variations:
        font.set_variations(dict(face.variations))
    return font


@lru_cache(maxsize=256)
def _face(face: Face) -> hb.Face:
    return hb.Face(face.content)


def scripted(text: str) -> Iterator[str]:
    """Yield the script of each character; marks and signs take that of their neighbours."""
    known = [_script(character) for character in text]
    current = next((script for script in known if script not in _NEUTRAL), "Zyyy")
    for script in known:
        current = current if script in _NEUTRAL else script
        yield current


@lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    return str(scripts.script(character))


@lru_cache(maxsize=1)
def _pen() -> hb.DrawFuncs:
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda x, y, made: _add(made, "M", x, y))
    funcs.set_line_to_func(lambda x, y, made: _add(made, "L", x, y))
    funcs.set_quadratic_to_func(lambda a, b, x, y, made: _add(made, "Q", a, b, x, y))
    funcs.set_cubic_to_func(lambda a, b, c, d, x, y, made: _add(made, "C", a, b, c, d, x, y))
    funcs.set_close_path_func(lambda made: _add(made, "Z"))
    return funcs


def _add(made: Any, verb: str, *numbers: float) -> None:
    # HarfBuzz's y runs upwards.
    made.append((verb, tuple(-n if index % 2 else n for index, n in enumerate(numbers))))
