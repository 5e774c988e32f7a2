"""The process that takes foreign fonts apart and puts their letters together again."""

import io
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import uharfbuzz as hb
from fontTools import unicodedata
from fontTools.ttLib import TTFont

from mockspark.adapters.confinement import Verdict, work

MAX_UNPACKED: Final = 60_000_000
MAX_POINTS: Final = 20_000
MAX_ALL_POINTS: Final = 8_000_000
MAX_PARTS: Final = 256
MAX_DEPTH: Final = 6
MAX_TABLES: Final = 100
MAX_CHARACTERS: Final = 200_000
_KINDS: Final = (b"\0\1\0\0", b"true", b"OTTO", b"wOFF", b"wOF2")
_PACKED: Final = (b"wOFF", b"wOF2")
_NEEDED: Final = ("head", "hhea", "maxp", "hmtx", "cmap")
_OUTLINES: Final = ("glyf", "CFF ", "CFF2")
_LETTERS: Final = ("OS/2", "name", "post", "loca", "vhea", "vmtx", "VORG")
_LAYOUT: Final = ("BASE", "GDEF", "GPOS", "GSUB", "kern")
_VARIATION: Final = ("fvar", "avar", "gvar", "HVAR", "VVAR", "MVAR", "STAT")
_KEPT: Final = frozenset((*_NEEDED, *_OUTLINES, *_LETTERS, *_LAYOUT, *_VARIATION))
_VARIANTS: Final = 14
_HINTING: Final = ("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs")
_STACK: Final = ("maxStackElements", "maxSizeOfInstructions")
_RESTRICTED: Final = 0x0002
_USES: Final = 0x000E
_BITMAPS_ONLY: Final = 0x0200
_SIZES: Final = range(16, 16_385)
_LONG_NAMES: Final = {0: 500, 7: 500, 13: 2000, 14: 300}
_NAMES: Final = (0, 1, 2, 4, 5, 6, 7, 13, 14, 16, 17)
_OWN_NAMES: Final = range(256, 512)
_WINDOWS: Final = (3, 1, 0x409)
_LETTERS_OF_A_SCRIPT: Final = 10
_NO_SCRIPT: Final = frozenset(("Zyyy", "Zinh", "Zzzz"))

# What people send instead of a font, by how it begins, and what to do about it.
_OTHERS: Final = (
    (b"ttcf", "This is a collection of several fonts: save the one that you want as TTF or OTF."),
    (b"PK", "This is an archive: unpack it and upload the TTF or OTF file in it."),
    (b"%!PS", "This is a PostScript font, which is no longer used: upload its OTF version."),
    (b"\x80\x01", "This is a PostScript font, which is no longer used: upload its OTF version."),
    (b"Rar!", "This is an archive: unpack it and upload the TTF or OTF file in it."),
    (b"\x1f\x8b", "This is an archive: unpack it and upload the TTF or OTF file in it."),
)
_NO_FONT: Final = "This is no TTF, OTF, WOFF or WOFF2 font: save it as one of these and upload it again."
_BROKEN: Final = "The font is damaged or was cut short: download it again and upload it again."
_TOO_MUCH: Final = "The font takes too much memory to open: upload one with fewer characters."
_TOO_FINE: Final = "The font's letters have more points than any good font's: upload a simpler one."
_TOO_MANY: Final = "The font claims more characters than there are: choose another."
_CIRCLE: Final = "The font is damaged: one of its letters is made of itself, or of too many parts."
_NO_EMBEDDING: Final = (
    "The font's maker does not allow it to be embedded (restricted licence): buy a licence that does, "
    "or choose another font."
)
_NO_OUTLINES: Final = "The font has pictures instead of outlines, which do not print sharply: choose another."
_NO_CHARACTERS: Final = (
    "The font does not say which characters its letters are (no Unicode table): choose another."
)


class Refused(Exception):
    """The font is not taken, for the reason that the words name."""


def judged(content: bytes) -> tuple[Verdict, bytes]:
    """Return what the font is and its rebuilt bytes, or the reason why it is refused."""
    try:
        return _rebuilt(content)
    except Refused as refusal:
        return {"refused": str(refusal)}, b""
    except MemoryError:
        return {"refused": _TOO_MUCH}, b""
    except Exception:  # noqa: BLE001 - parsers raise whatever they like about foreign bytes
        return {"refused": _BROKEN}, b""


def _rebuilt(content: bytes) -> tuple[Verdict, bytes]:
    _check_kind(content)
    font = TTFont(io.BytesIO(content), lazy=False, recalcTimestamp=False, recalcBBoxes=True)
    _check_tables(font)
    _check_licence(font)
    _strip(font)
    saved = io.BytesIO()
    font.flavor = None
    font.save(saved)
    made = saved.getvalue()
    face = hb.Face(made)
    characters = frozenset(face.unicodes)
    if not characters:
        raise Refused(_NO_CHARACTERS)
    _check_outlines(face)
    return _facts(font, characters), made


def _check_kind(content: bytes) -> None:
    if not content:
        raise Refused("The file is empty: upload it again.")
    if not content.startswith(_KINDS):
        raise Refused(next((words for magic, words in _OTHERS if content.startswith(magic)), _NO_FONT))
    if content.startswith(_PACKED):
        tables, unpacked = struct.unpack_from(">H2xI", content, 12)
    else:
        tables, unpacked = struct.unpack_from(">H", content, 4)[0], len(content)
    if tables > MAX_TABLES:
        raise Refused(_BROKEN)
    if unpacked > MAX_UNPACKED:
        raise Refused(_TOO_MUCH)


def _check_tables(font: TTFont) -> None:
    if not any(tag in font for tag in _OUTLINES):
        raise Refused(
            _NO_OUTLINES if any(tag in font for tag in ("sbix", "CBDT", "EBDT", "SVG ")) else _BROKEN
        )
    if any(tag not in font for tag in _NEEDED) or font["head"].unitsPerEm not in _SIZES:
        raise Refused(_BROKEN)


def _check_licence(font: TTFont) -> None:
    """Refuse what its maker forbids to embed; of several marks the most generous counts, as the format says."""
    marks = font["OS/2"].fsType if "OS/2" in font else 0
    if marks & _USES == _RESTRICTED or marks & _BITMAPS_ONLY:
        raise Refused(_NO_EMBEDDING)


def _strip(font: TTFont) -> None:
    """Keep what letters need: no programs, signatures, pictures, or tables of others."""
    for tag in list(font.keys()):
        if tag not in _KEPT and tag != "GlyphOrder":
            del font[tag]
    if "glyf" in font:
        font.setGlyphOrder([f"glyph{number:05}" for number in range(font["maxp"].numGlyphs)])
        _strip_glyphs(font)
    else:
        # Boxes around letters are measured by drawing, which is slow for these outlines and used by nobody.
        font.recalcBBoxes = False
    for name in (*_HINTING, *_STACK):
        if hasattr(font["maxp"], name):
            setattr(font["maxp"], name, 0)
    if "post" in font:
        font["post"].formatType = 3.0
    _strip_characters(font)
    if "name" in font:
        _strip_names(font["name"])
    for tag in font.keys():  # noqa: SIM118 - a font is no mapping
        font[tag]


def _strip_glyphs(font: TTFont) -> None:
    glyphs = font["glyf"]
    measured: dict[str, tuple[int, int]] = {}
    for name in font.getGlyphOrder():
        _measure(glyphs, name, measured, ())
    for name in font.getGlyphOrder():
        glyphs[name].removeHinting()


def _measure(
    glyphs: Any, name: str, measured: dict[str, tuple[int, int]], above: tuple[str, ...]
) -> tuple[int, int]:
    """Return of how many levels and points a letter is, its parts included: few parts of parts make millions."""
    if name in above or len(above) > MAX_DEPTH:
        raise Refused(_CIRCLE)
    if name not in measured:
        glyph = glyphs[name]
        names = [part.glyphName for part in glyph.components] if glyph.isComposite() else []
        parts = [_measure(glyphs, part, measured, (*above, name)) for part in names]
        own = len(glyph.coordinates) if glyph.numberOfContours > 0 else 1
        levels, points = 1 + max((part[0] for part in parts), default=0), own + sum(part[1] for part in parts)
        if levels > MAX_DEPTH or len(parts) > MAX_PARTS:
            raise Refused(_CIRCLE)
        if points > MAX_POINTS:
            raise Refused(_TOO_FINE)
        measured[name] = levels, points
    return measured[name]


def _strip_characters(font: TTFont) -> None:
    """Keep the Unicode tables, and of them the characters whose letters are there."""
    cmap, glyphs = font["cmap"], frozenset(font.getGlyphOrder())
    cmap.tables = [table for table in cmap.tables if table.platformID == 0 or _is_windows(table)]
    named = [table for table in cmap.tables if table.format != _VARIANTS]
    for table in named:
        table.cmap = {code: glyph for code, glyph in table.cmap.items() if glyph in glyphs}
        if len(table.cmap) > MAX_CHARACTERS:
            raise Refused(_TOO_MANY)
    if not named:
        raise Refused(_NO_CHARACTERS)


def _is_windows(table: Any) -> bool:
    return bool(table.platformID == 3 and table.platEncID in (1, 10))


def _strip_names(table: Any) -> None:
    """Keep one language, and no characters that are not text."""
    own = [record.nameID for record in table.names if record.nameID in _OWN_NAMES]
    kept = [(number, _cleaned(table.getDebugName(number), number)) for number in sorted({*_NAMES, *own})]
    table.names = []
    for number, words in kept:
        if words:
            table.setName(words, number, *_WINDOWS)


def _cleaned(words: str | None, number: int) -> str:
    shown = "".join(character if character.isprintable() else " " for character in words or "")
    return " ".join(shown.split())[: _LONG_NAMES.get(number, 100)].rstrip()


def _check_outlines(face: hb.Face) -> None:
    """Draw every letter as text will, and count."""
    font, pen = hb.Font(face), _Counter()
    total = 0
    for glyph in range(face.glyph_count):
        pen.points = 0
        font.draw_glyph_with_pen(glyph, pen)
        total += pen.points
        if pen.points > MAX_POINTS or total > MAX_ALL_POINTS:
            raise Refused(_TOO_FINE)
    if total == 0:
        raise Refused(_NO_OUTLINES)


class _Counter:
    """A pen that draws nothing and counts points."""

    points = 0

    def moveTo(self, _point: object) -> None:  # noqa: N802 - the pen protocol's names
        self.points += 1

    def lineTo(self, _point: object) -> None:  # noqa: N802
        self.points += 1

    def curveTo(self, *points: object) -> None:  # noqa: N802
        self.points += len(points)

    qCurveTo = curveTo  # noqa: N815

    def closePath(self) -> None:  # noqa: N802
        pass


def _facts(font: TTFont, characters: frozenset[int]) -> Verdict:
    return {
        "family": _name(font, 16, 1) or "Unnamed font",
        "style": _name(font, 17, 2) or "Regular",
        "weight": font["OS/2"].usWeightClass if "OS/2" in font else 400,
        "licence": _name(font, 13, 14),
        "characters": len(characters),
        "scripts": list(_scripts(characters)),
    }


def _name(font: TTFont, *numbers: int) -> str:
    if "name" not in font:
        return ""
    return next((str(words) for number in numbers if (words := font["name"].getDebugName(number))), "")


def _scripts(characters: Iterable[int]) -> Iterator[str]:
    counted = Counter(unicodedata.script(chr(code)) for code in characters)
    for script, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
        if count >= _LETTERS_OF_A_SCRIPT and script not in _NO_SCRIPT:
            yield unicodedata.script_name(script)


if __name__ == "__main__":
    work(judged)
