"""Fonts at work: what they have, how HarfBuzz shapes text in them, and the outlines of their glyphs."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

import uharfbuzz as hb
from attrs import define, field, frozen
from fontTools import unicodedata as scripts

from mockspark.adapters.typesetting.breaking import BLANKS
from mockspark.adapters.typesetting.faces import Face
from mockspark.domain.outlines import Bounds, Command, Outline

COMMON: Final = "Zyyy"
_NEUTRAL: Final = frozenset((COMMON, "Zinh", "Zzzz"))
_APART: Final = {"liga": False, "clig": False, "dlig": False, "hlig": False}
_STANDS_FOR: Final = {ord(blank): " " for blank in BLANKS} | {0x2011: "\u2010"}


@frozen(kw_only=True)
class Drawing:
    """What a glyph leaves on paper, in units of its font: an outline, or with *bounds* a picture in colours."""

    glyph: int
    outline: Outline
    bounds: Bounds | None = None


@frozen
class Shaped:
    """Glyphs that belong together, from the character *start* on; lengths are shares of the em, y downwards.

    *pieces* are what is seen of them, each with its place from where the pen stands.
    """

    start: int
    advance: float
    pieces: tuple[tuple[Drawing, float, float], ...]


@define(eq=False)
class Opened:
    """A font, opened; *em* is the number of its units in an em, *above* and *below* its reach in shares of it."""

    face: Face
    font: hb.Font
    em: int
    above: float
    below: float
    colour: bool
    _drawings: dict[int, Drawing | None] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, face: Face) -> "Opened":
        """Open *face* at its variations."""
        font = hb.Font(face.opened)
        if face.variations:
            font.set_variations(dict(face.variations))
        em = face.opened.upem
        extents = font.get_font_extents("ltr")
        return cls(
            face=face,
            font=font,
            em=em,
            above=extents.ascender / em,
            below=-extents.descender / em,
            colour=face.colour,
        )

    def has(self, characters: str) -> bool:
        """Tell whether the font can draw each of *characters*."""
        return all(self._has(ord(character)) for character in characters)

    def shaped(
        self, text: str, start: int, end: int, script: str, language: str, *, rtl: bool, apart: bool
    ) -> Iterator[Shaped]:
        """Yield what stands for *text* between *start* and *end*, from left to right; the rest is context.

        *apart* leaves out ligatures that letters do not need.
        """
        buffer = hb.Buffer()
        buffer.add_str(text, start, end - start)
        buffer.direction = "rtl" if rtl else "ltr"
        buffer.script = script
        if language:
            buffer.language = language
        hb.shape(self.font, buffer, _APART if apart else {})
        pairs = zip(buffer.glyph_infos, buffer.glyph_positions or (), strict=True)
        for cluster, group in groupby(pairs, key=lambda pair: pair[0].cluster):
            yield self._joined(cluster, list(group))

    def _joined(self, start: int, group: list[tuple[hb.GlyphInfo, hb.GlyphPosition]]) -> Shaped:
        em, pen = self.em, 0
        pieces = []
        for info, at in group:
            drawing = self._drawing(info.codepoint)
            if drawing is not None:
                pieces.append((drawing, (pen + at.x_offset) / em, -at.y_offset / em))
            pen += at.x_advance
        return Shaped(start, pen / em, tuple(pieces))

    def _has(self, code: int) -> bool:
        if self.font.get_nominal_glyph(code):
            return True
        # The shaper puts letters together from their parts, and knows how wide every blank is.
        parts = _STANDS_FOR.get(code) or unicodedata.normalize("NFD", chr(code))
        return parts != chr(code) and all(self.font.get_nominal_glyph(ord(part)) for part in parts)

    def _drawing(self, glyph: int) -> Drawing | None:
        """Return what *glyph* leaves on paper; None for blanks, and for the box that stands for nothing."""
        if glyph not in self._drawings:
            self._drawings[glyph] = self._drawn(glyph) if glyph else None
        return self._drawings[glyph]

    def _drawn(self, glyph: int) -> Drawing | None:
        bounds = self._painted(glyph) if self.colour else None
        if bounds is not None:
            return Drawing(glyph=glyph, outline=Outline(), bounds=bounds)
        outline = self._outline(glyph)
        return Drawing(glyph=glyph, outline=outline) if outline else None

    def _outline(self, glyph: int) -> Outline:
        commands: list[Command] = []
        self.font.draw_glyph(glyph, _pen(), commands)
        return Outline.of(commands)

    def _painted(self, glyph: int) -> Bounds | None:
        font = self.font.face
        if not (font.glyph_has_color_paint(glyph) or font.get_glyph_color_layers(glyph)):
            return None
        box = self.font.get_glyph_extents(glyph)
        if box is None or not box.width:
            return None
        return box.x_bearing, -box.y_bearing, box.x_bearing + box.width, -box.y_bearing - box.height


@lru_cache(maxsize=256)
def opened(face: Face) -> Opened:
    """Return *face*, opened once."""
    return Opened.of(face)


def scripted(text: str) -> list[str]:
    """Return the script of each character; marks and signs take that of what is before them, or else behind."""
    if text.isascii():
        # Digits and signs alone are of no script; with a letter among them all are Latin.
        return ["Latn" if any(character.isalpha() for character in text) else COMMON] * len(text)
    known = [_script(character) for character in text]
    current = next((script for script in known if script not in _NEUTRAL), COMMON)
    found = []
    for script in known:
        current = current if script in _NEUTRAL else script
        found.append(current)
    return found


def is_sign(character: str) -> bool:
    """Tell whether several scripts share *character*, as they do stops and digits."""
    return _script(character) in _NEUTRAL


@lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    return str(scripts.script(character))


@lru_cache(maxsize=1)
def _pen() -> hb.DrawFuncs:
    # HarfBuzz's y runs upwards.
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda x, y, made: made.append(("M", (x, -y))))
    funcs.set_line_to_func(lambda x, y, made: made.append(("L", (x, -y))))
    funcs.set_quadratic_to_func(lambda a, b, x, y, made: made.append(("Q", (a, -b, x, -y))))
    funcs.set_cubic_to_func(lambda a, b, c, d, x, y, made: made.append(("C", (a, -b, c, -d, x, -y))))
    funcs.set_close_path_func(lambda made: made.append(("Z", ())))
    return funcs
