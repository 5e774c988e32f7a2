"""Glyphs and their places are those of HarfBuzz; each character finds the font that has it."""

import io
from functools import cache

import pytest
import uharfbuzz as hb
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from mockspark.adapters.typesetting.falling import Chain, chain
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.adapters.typesetting.shaping import Opened, scripted
from mockspark.domain.outlines import Outline

BOOK = FontBook()
CHAIN = chain(BOOK.chain("default", (), {}))


def font_of(text: str, chained: Chain = CHAIN) -> Opened:
    (font,) = set(chained.chosen((text,), (scripted(text)[0],)))
    assert font is not None
    return font


@cache
def drawn_by_another(name: str) -> TTFont:
    return TTFont(io.BytesIO(BOOK.face(name, {}).content))


class Drawn(BasePen):  # type: ignore[misc]
    """Takes the outline down as ours are written; curves with many handles come one by one."""

    def __init__(self, glyphs: object) -> None:
        super().__init__(glyphs)
        self.commands: list[tuple[str, tuple[float, ...]]] = []

    def _add(self, verb: str, *points: tuple[float, float]) -> None:
        self.commands.append((verb, tuple(number for x, y in points for number in (x, -y))))

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - theirs
        self._add("M", point)

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - theirs
        self._add("L", point)

    def _qCurveToOne(self, handle: tuple[float, float], point: tuple[float, float]) -> None:  # noqa: N802 - theirs
        self._add("Q", handle, point)

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802 - theirs
        self._add("C", *points)

    def _closePath(self) -> None:  # noqa: N802 - theirs
        self._add("Z")


@pytest.mark.parametrize("name", ["Noto Sans", "FiraGO", "Ubuntu"])
def test_outlines_are_what_another_library_draws(name: str) -> None:
    """Curve by curve and point by point, with y downwards."""
    font = font_of("a", chain(BOOK.chain(name, (), {})))
    theirs = drawn_by_another(name)
    glyphs, names = theirs.getGlyphSet(), theirs.getBestCmap()
    for character in "aëQ&8ß@ﬁ":
        if ord(character) not in names:
            continue
        pen = Drawn(glyphs)
        glyphs[names[ord(character)]].draw(pen)
        (shaped,) = font.shaped(character, 0, 1, "Latn", "", rtl=False, apart=False)

        assert _pieces(Outline.of(pen.commands)) == _pieces(
            Outline.joined(piece.outline for piece, _, _ in shaped.pieces)
        )


def _pieces(outline: Outline) -> list[tuple[tuple[float, ...], str, tuple[float, ...]]]:
    """Return each line and curve with where it begins: libraries begin a contour at different points."""
    pieces: list[tuple[tuple[float, ...], str, tuple[float, ...]]] = []
    start: tuple[float, ...] = ()
    at = start
    for verb, numbers in outline.commands():
        if verb == "M":
            start = numbers
        elif verb != "Z":
            pieces.append((at, verb, numbers))
        elif at != start:
            pieces.append((at, "L", start))
        at = numbers[-2:] or start
    return sorted(pieces)


@pytest.mark.parametrize(
    ("text", "script", "rtl"),
    [
        ("AVATAR To.", "Latn", False),
        ("office fluffy", "Latn", False),
        ("مرحبابالعالم", "Arab", True),
        ("क्षत्रिय", "Deva", False),
        ("สวัสดี", "Thai", False),
        ("שָׁלוֹם", "Hebr", True),
    ],
)
def test_places_are_the_shapers_own(text: str, script: str, rtl: bool) -> None:  # noqa: FBT001 - a case
    """Kerning, ligatures, joins, reordered vowels and marks stand where HarfBuzz puts them."""
    font = font_of(text)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font.font, buffer)
    pen, expected = 0, []
    for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        box = font.font.get_glyph_extents(info.codepoint)
        if box is not None and box.width:
            expected.append((info.codepoint, pen + at.x_offset, -at.y_offset))
        pen += at.x_advance
    found, x = [], 0.0
    for shaped in font.shaped(text, 0, len(text), script, "", rtl=rtl, apart=False):
        for drawing, dx, dy in shaped.pieces:
            found.append((drawing.glyph, round((x + dx) * font.em), round(dy * font.em)))
        x += shaped.advance

    assert expected == found
    assert round(x * font.em) == pen


def test_letters_kern_and_join_in_ligatures_unless_kept_apart() -> None:
    """A pair stands closer than its letters; what tracking parts has no ligatures."""
    font = font_of("a", chain(BOOK.chain("FiraGO", (), {})))

    def width(text: str) -> float:
        return sum(one.advance for one in font.shaped(text, 0, len(text), "Latn", "", rtl=False, apart=False))

    apart = list(font.shaped("ffi", 0, 3, "Latn", "", rtl=False, apart=True))

    assert width("AV") < width("A") + width("V")
    assert 3 == len(apart)


def test_what_stands_beside_a_part_shapes_it() -> None:
    """A letter that is set alone still joins those that it stands between."""
    font = font_of("بيت")
    (alone,) = font.shaped("ي", 0, 1, "Arab", "", rtl=True, apart=False)
    (within,) = font.shaped("بيت", 1, 2, "Arab", "", rtl=True, apart=False)

    assert alone.pieces[0][0].glyph != within.pieces[0][0].glyph


@pytest.mark.parametrize(
    ("text", "coloured"),
    [
        ("😀", True), ("☺", False), ("☺\ufe0f", True), ("😀\ufe0e", False), ("❤\ufe0f", True), ("1", False),
        ("1\ufe0f\u20e3", True), ("🇩🇪", True), ("👍🏽", True), ("👩‍👩‍👧", True), ("⚽", True), ("©", False),
    ],
)  # fmt: skip
def test_emoji_are_coloured_when_they_ask_to_be(text: str, coloured: bool) -> None:  # noqa: FBT001 - a case
    """Selectors decide, then what Unicode calls an emoji; a digit is none."""
    assert coloured == font_of(text).colour


def test_who_chooses_an_outlined_emoji_font_gets_it() -> None:
    """A motif for one ink is not printed in colours."""
    chosen = chain(BOOK.chain("Noto Emoji", (), {}))

    assert "Noto Emoji" == font_of("❤\ufe0f", chosen).face.name
    assert font_of("😀").colour


def test_a_cluster_moves_whole_to_the_next_font() -> None:
    """A letter and its mark come from one font; words whose letters join do too."""
    first = chain(BOOK.chain("Space Mono", (), {}))
    clusters = ("Z", "o", "ё", " ", "a\u0323\u0304", "گ", "ل")
    fonts = first.chosen(clusters, [scripted(cluster)[0] for cluster in clusters])

    assert fonts[0] is fonts[1] is first.first
    assert all(font is not None and font.has(text) for font, text in zip(fonts, clusters, strict=True))
    assert fonts[5] is fonts[6]


@pytest.mark.parametrize("text", ["世界。", "「世界", "ᠮᠣᠩ、"])
def test_signs_come_from_the_font_of_their_letters(text: str) -> None:
    """A full stop between Han letters is not one of the first font that happens to have it."""
    fonts = CHAIN.chosen(tuple(text), scripted(text))

    assert fonts[0] is fonts[-1]
    assert CHAIN.first is CHAIN.chosen(("世", ","), ("Hani", "Hani"))[1]


def test_what_no_font_has_is_named() -> None:
    """The characters of a cluster that are nowhere; none when some font has all."""
    assert ("\U0010fffd",) == tuple(CHAIN.lacking("\U0010fffd"))
    assert [None] == CHAIN.chosen(("\U0010fffd",), ("Zzzz",))


def test_signs_take_the_script_of_their_neighbours() -> None:
    """Blanks, digits and marks are set with the letters before them, or else behind."""
    assert ["Latn"] * 3 == scripted("1 a")
    assert ["Arab", "Arab", "Arab", "Latn"] == scripted("ب 1a")
    assert ["Zyyy"] * 2 == scripted("12")
