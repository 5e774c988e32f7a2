"""Text is set as it was meant: every character in some font, every line where it belongs."""

import io
import math
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import uharfbuzz as hb
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from pymupdf_fonts import myfont

from mockspark.adapters.typesetting.breaking import cleaned, clusters, levels
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter
from mockspark.application.errors import Rejected
from mockspark.application.ports.lettering import LaidText
from mockspark.domain.layers import Box, TextLayer
from mockspark.domain.outlines import Outline

SETTER = HarfBuzzTypesetter(FontBook())
NOBODY = "\U0010fffd"


def set_(text: str, *, width: int = 100_000, height: int = 0, **members: Any) -> LaidText:
    box = Box(x=0, y=0, width=width, height=height)
    layer = TextLayer(
        id="T", area="front", box=box, text=text, **{"size": 10_000, "fit": "overflow", **members}
    )
    return SETTER.layout(layer, {})


def words(text: str, laid: LaidText) -> list[str]:
    return [text[line.start : line.end] for line in laid.lines]


@pytest.mark.parametrize(
    "text",
    [
        "Zoë Ångström Łódź Dvořák İstanbul Þór ẞ", "Tiếng Việt", "Ψυχή Ἀθήνα", "Щёлково Їжак Ђорђе",
        "שלום עולם", "مرحبا بالعالم", "ภาษาไทย", "हिन्दी", "ქართული", "€ £ ₺ ₽ © ® ™ ½ № “quotes” – —",
        "♥ ★ ☺ ♫ ✓ → ∞", "e\u0301 n\u0303", "a\u200bb\u200dc\ufe0f", "tab\tand\u00a0space\u2009thin",
    ],
)  # fmt: skip
def test_the_packaged_fonts_cover_what_people_order(text: str) -> None:
    """Latin, Greek, Cyrillic, Hebrew, Arabic, Thai, Devanagari, Georgian and common signs have shapes."""
    assert () == set_(text).missing


def test_what_no_font_has_is_named_once_and_left_out() -> None:
    """The merchant reads which characters would print as boxes; none is drawn."""
    laid = set_(f"Zo{NOBODY}x{NOBODY}")

    assert (NOBODY,) == laid.missing
    assert 3 == len(laid.letters)
    assert len(set_("Zox").letters) == len(laid.letters)


def test_a_font_of_the_folder_is_used_by_its_name(tmp_path: Path) -> None:
    """A file in the folder is a font, and is fallen back to as well."""
    (tmp_path / "House Style.ttf").write_bytes(bytes(myfont("spacemo")))
    setter = HarfBuzzTypesetter(FontBook(str(tmp_path)))
    layer = TextLayer(
        id="T", area="front", box=Box(x=0, y=0, width=90_000, height=0), text="iW", font="house style"
    )
    one, other = setter.layout(layer, {}).letters

    assert setter.knows("House Style")
    assert one.outline != other.outline


def test_an_uploaded_font_is_used_by_its_digest() -> None:
    """The bytes come with the job; without them the text is refused with words."""
    name = "sha256:" + "ab" * 32
    layer = TextLayer(id="T", area="front", box=Box(x=0, y=0, width=90_000, height=0), text="Zoë", font=name)
    mono = bytes(myfont("spacemo"))

    assert SETTER.layout(layer, {name: mono}).letters != set_("Zoë").letters
    with pytest.raises(Rejected, match="not there"):
        SETTER.layout(layer, {})


def test_outlines_are_the_fonts_own() -> None:
    """What is drawn is what another library reads from the same file, point for point."""
    face = SETTER.book.chain("Noto Sans", (), {})[0]
    font = TTFont(io.BytesIO(face.content))
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    for character in "aëQ&8":
        pen = DecomposingRecordingPen(glyphs)
        glyphs[names[ord(character)]].draw(pen)
        theirs = {(x, -y) for _, points in pen.value for x, y in (point for point in points if point)}
        (letter,) = set_(character, font="Noto Sans").letters
        numbers = letter.outline.numbers
        ours = set(zip(numbers[0::2], numbers[1::2], strict=True))

        # Between two control points a quadratic outline has one more, in their middle.
        assert {p for p in theirs if p not in ours} == set()


@pytest.mark.parametrize("text", ["AVATAR To.", "office fluffy", "مرحبا بالعالم", "क्षत्रिय नमस्ते", "สวัสดี"])
def test_places_are_the_shapers_own(text: str) -> None:
    """Kerning, ligatures, joins and conjuncts stand where HarfBuzz puts them."""
    face = next(
        one for one in SETTER.book.chain("default", (), {}) if {ord(c) for c in text} <= one.characters
    )
    font = hb.Font(hb.Face(face.content))
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer)
    scale = 10_000 / font.face.upem
    x, expected = 0.0, []
    for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        box = font.get_glyph_extents(info.codepoint)
        if box is not None and box.width:
            expected.append((x + at.x_offset) * scale)
        x += at.x_advance
    laid = set_(text, align="left")

    assert pytest.approx(x * scale, rel=1e-6) == laid.lines[0].width
    assert pytest.approx(sorted(expected), abs=0.5) == sorted(letter.place.e for letter in laid.letters)


def test_arabic_is_joined_and_runs_from_right_to_left() -> None:
    """A word is shorter than its letters apart, and its beginning stands at its right end."""
    apart = sum(set_(letter).lines[0].width for letter in "بيت")
    whole, start = set_("שלום", align="right"), set_("ש", align="right")

    assert set_("بيت").lines[0].width < apart
    assert whole.ink is not None
    assert start.ink is not None
    assert abs(whole.ink[2] - start.ink[2]) < 300
    assert whole.ink[0] < start.ink[0]


@pytest.mark.parametrize(
    ("text", "direction", "expected"),
    [
        ("abc", "auto", (0, 0, 0)),
        ("שלום 12", "auto", (1, 1, 1, 1, 1, 2, 2)),
        ("a שב c", "auto", (0, 0, 1, 1, 0, 0)),
        ("abc", "rtl", (2, 2, 2)),
    ],
)
def test_directions_are_those_of_unicode(text: str, direction: str, expected: tuple[int, ...]) -> None:
    """Numbers keep running to the right inside a line that runs to the left."""
    assert expected == levels(text, direction)


def test_a_line_from_right_to_left_stays_one_across_fonts() -> None:
    """A sign that another font draws parts the line in runs, which still follow each other leftwards."""
    laid = set_("שלום ♥ 12", align="right", width=200_000)
    shalom, heart = set_("שלום", width=200_000), set_("♥", width=200_000)
    places = sorted((letter.place.e, letter.outline) for letter in laid.letters)
    order = [outline for _, outline in places]

    assert heart.letters[0].outline in order
    assert order.index(heart.letters[0].outline) < order.index(shalom.letters[-1].outline)
    assert order.index(set_("1").letters[0].outline) < order.index(set_("2").letters[0].outline)


def test_long_text_is_wrapped_at_its_words() -> None:
    """A line ends between words when it can, inside one only when it must."""
    text = "one two three four"
    laid = set_(text, size=10_000, width=42_000, fit="wrap")
    hard = set_("Donaudampfschifffahrt", size=10_000, width=42_000, fit="wrap")

    assert ["one two", "three", "four"] == words(text, laid)
    assert len(hard.lines) > 1
    assert hard.width <= 42_000
    assert not hard.overflows


def test_chinese_wraps_without_spaces() -> None:
    """Where a script has no spaces, a line may break between its characters but not before a full stop."""
    text = "你好世界你好世界。"
    laid = set_(text, width=45_000, fit="wrap")

    assert ["你好世界", "你好世", "界。"] == words(text, laid) or all(
        not line.startswith("。") for line in words(text, laid)
    )
    assert len(laid.lines) > 1


@pytest.mark.parametrize("leading", [1000, 1200, 2000])
def test_lines_stand_apart_by_the_leading(leading: int) -> None:
    """The distance of two baselines is the em times the leading."""
    one, two = set_("a\nb", leading=leading).lines

    assert pytest.approx(10 * leading) == two.baseline - one.baseline


def test_lines_are_aligned() -> None:
    """Left, centre and right are those of the box; a justified line fills it, but for the last."""
    lines = {align: set_("Zoë", align=align).lines[0] for align in ("left", "center", "right")}
    text = "one two three four five"
    laid = set_(text, align="justify", fit="wrap", width=60_000)
    assert laid.ink is not None

    assert 0 == lines["left"].x
    assert pytest.approx(100_000) == 2 * lines["center"].x + lines["center"].width
    assert pytest.approx(100_000) == lines["right"].x + lines["right"].width
    assert laid.ink[2] > 58_500
    assert laid.lines[-1].x == 0


def test_lines_stand_at_the_top_in_the_middle_or_below() -> None:
    """The block of lines is placed in the box, whatever stands in it."""
    tops = [
        set_("a\nb", height=60_000, valign=valign).lines[0].baseline for valign in ("top", "middle", "bottom")
    ]

    assert pytest.approx([18_000, 18_000]) == [tops[1] - tops[0], tops[2] - tops[1]]


def test_tracking_parts_letters_and_ligatures_but_not_joined_scripts() -> None:
    """Letters move apart by a share of the em; Arabic stays joined."""
    plain, wide = set_("Zoë").lines[0], set_("Zoë", tracking=100).lines[0]

    assert pytest.approx(plain.width + 2 * 1_000) == wide.width
    assert pytest.approx(set_("بيت").lines[0].width) == set_("بيت", tracking=100).lines[0].width


def test_an_arch_turns_letters_about_one_point() -> None:
    """Over half a circle, the first letter leans left as far as the last leans right; the middle stands highest."""
    laid = set_("iiiiiii", arc=180_000)
    turns = [math.degrees(math.atan2(letter.place.b, letter.place.a)) for letter in laid.letters]
    heights = [letter.place.f for letter in laid.letters]

    assert turns == sorted(turns)
    assert pytest.approx(-turns[0]) == turns[-1]
    assert min(heights) == heights[len(heights) // 4] or heights[3] < heights[0]
    assert set_("iii", arc=-90_000).letters[0].place.b > 0


def test_letters_follow_a_path() -> None:
    """On a line that runs straight down, letters are turned by a quarter and go down."""
    laid = set_("abc", path=Outline.read("M5000 0L5000 90000"), align="left")

    assert all(
        pytest.approx(90) == math.degrees(math.atan2(one.place.b, one.place.a)) for one in laid.letters
    )
    assert sorted(one.place.f for one in laid.letters) == [one.place.f for one in laid.letters]
    assert set_("a long line", path=Outline.read("M0 0L9000 0")).overflows


def test_emoji_come_from_colour_outlines() -> None:
    """A family is one picture, a flag another, a digit is a digit unless it asks to be a keycap."""
    laid = set_("👨‍👩‍👧🇩🇪1\ufe0f\u20e31")

    assert (3, 1, ()) == (len(laid.emoji), len(laid.letters), laid.missing)


def test_a_text_beyond_all_measure_is_refused() -> None:
    """Nobody prints a book on a mug."""
    with pytest.raises(Rejected, match="shorten"):
        set_("a" * 20_001)


def test_a_heap_of_marks_is_set_in_time() -> None:
    """Ten thousand accents on one letter, or joiners in a row, are no reason to wait."""
    for text in ("a" + "\u0301" * 10_000, "\u200d" * 10_000, "👩\u200d" * 5_000):
        assert set_(text).lines


CHARACTERS = st.characters(exclude_categories=("Cs", "Co", "Cn"))


@settings(max_examples=200)
@given(
    st.text(CHARACTERS, max_size=40),
    st.integers(100, 30_000),
    st.integers(1_000, 200_000),
    st.integers(0, 90_000),
    st.sampled_from(("wrap", "shrink")),
)
def test_text_keeps_to_its_box_or_says_so(text: str, size: int, width: int, height: int, fit: str) -> None:
    """Whatever is written, it fits its box or is reported as overflowing."""
    laid = set_(text, size=size, width=width, height=height, fit=fit)

    assert laid.overflows or laid.width <= width * 1.001
    assert laid.overflows or not height or laid.height <= height * 1.001
    assert laid.size <= size


@settings(max_examples=100)
@given(st.text(CHARACTERS, max_size=40), st.integers(2_000, 100_000))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    """Every character that has a shape stands in some line."""
    laid = set_(text, width=width, fit="wrap")
    drawn = [c for c in clusters(cleaned(text)) if c.strip() and not set(c) & set("".join(laid.missing))]
    shown = sum(line.end - line.start for line in laid.lines)

    assert shown >= sum(len(cluster) for cluster in drawn if unicodedata.category(cluster[0])[0] in "LN")


@settings(max_examples=50)
@given(st.text(CHARACTERS, min_size=1, max_size=20), st.integers(2, 9))
def test_a_text_scales_as_a_whole(text: str, times: int) -> None:
    """Twice the size in twice the box is the same picture, larger."""
    one = set_(text, size=2_000, width=30_000, height=9_000, fit="shrink")
    other = set_(text, size=2_000 * times, width=30_000 * times, height=9_000 * times, fit="shrink")

    assert pytest.approx(one.size * times, rel=1e-6) == other.size
    assert pytest.approx(one.width * times, rel=1e-6) == other.width
