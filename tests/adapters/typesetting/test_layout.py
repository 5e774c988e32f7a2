"""Text is set as it was meant: every character in some font, every line where it belongs."""

import math
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymupdf_fonts import myfont

from mockspark.adapters.typesetting.breaking import cleaned, clusters
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter
from mockspark.application.errors import Rejected
from mockspark.application.ports.lettering import LaidText, Letter
from mockspark.domain.layers import Box, TextLayer
from mockspark.domain.outlines import Outline, ellipse

SETTER = HarfBuzzTypesetter(FontBook())
NOBODY = "\U0010fffd"


def layer_of(text: str, *, width: int = 100_000, height: int = 0, **members: Any) -> TextLayer:
    box = Box(x=0, y=0, width=width, height=height)
    return TextLayer(
        id="T", area="front", box=box, text=text, **{"size": 10_000, "fit": "overflow", **members}
    )


def laid(text: str, **members: Any) -> LaidText:
    return SETTER.layout(layer_of(text, **members), {})


def words(text: str, made: LaidText) -> list[str]:
    return [text[line.start : line.end].rstrip(" ") for line in made.lines]


def turn(letter: Letter) -> float:
    return math.degrees(math.atan2(letter.place.b, letter.place.a))


def shown(made: LaidText, alone: str) -> str:
    """Return the characters of *alone* in the order in which the line shows them."""
    outlines = {laid(character, width=100_000).letters[0].outline: character for character in alone}
    across = sorted(made.letters, key=lambda letter: letter.place.e)
    return "".join(outlines[letter.outline] for letter in across)


@pytest.mark.parametrize(
    "text",
    [
        "Zoë Ångström Łódź Dvořák İstanbul Þór ẞ", "Tiếng Việt", "Ψυχή Ἀθήνα", "Щёлково Їжак Ђорђе",
        "שלום עולם", "مرحبا بالعالم", "ภาษาไทย", "हिन्दी", "ქართული", "€ £ ₺ ₽ © ® ™ ½ № “quotes” – —",
        "♥ ★ ☺ ♫ ✓ → ∞", "e\u0301 n\u0303", "a\u200bb\u200dc\ufe0f", "tab\tand\u00a0space\u2009thin",
    ],
)  # fmt: skip
def test_the_fonts_cover_what_people_order(text: str) -> None:
    """Latin, Greek, Cyrillic, Hebrew, Arabic, Thai, Devanagari, Georgian and common signs have shapes."""
    assert () == laid(text).missing


def test_what_no_font_has_is_named_once_and_left_out() -> None:
    """The merchant reads which characters would print as boxes; none is drawn."""
    made = laid(f"Zo{NOBODY}x{NOBODY}")

    assert (NOBODY,) == made.missing
    assert [letter.outline for letter in laid("Zox").letters] == [letter.outline for letter in made.letters]


def test_letters_share_their_outlines() -> None:
    """The same letter is one outline in one font, wherever it stands."""
    one, other, _ = laid("aab").letters

    assert one.outline is other.outline
    assert laid("a", arc=90_000).letters[0].outline is one.outline


def test_a_font_of_the_folder_is_used_by_its_name(tmp_path: Path) -> None:
    """A file in the folder is a font."""
    (tmp_path / "House Style.ttf").write_bytes(bytes(myfont("spacemo")))
    setter = HarfBuzzTypesetter(FontBook(str(tmp_path)))
    mono, sans = setter.layout(layer_of("i", font="house style"), {}), laid("i")

    assert setter.knows("House Style")
    assert mono.letters[0].outline != sans.letters[0].outline


def test_an_uploaded_font_is_used_by_its_digest() -> None:
    """The bytes come with the job; without them the text is refused with words."""
    name = "sha256:" + "ab" * 32
    uploaded = SETTER.layout(layer_of("Zoë", font=name), {name: bytes(myfont("spacemo"))})

    assert uploaded.letters != laid("Zoë").letters
    with pytest.raises(Rejected, match="not there"):
        SETTER.layout(layer_of("Zoë", font=name), {})


def test_emoji_come_from_colour_outlines() -> None:
    """A family is one picture, a flag another, a digit is a digit unless it asks to be a keycap."""
    made = laid("👨‍👩‍👧🇩🇪1\ufe0f\u20e31")
    content = SETTER.content(made.emoji[0].font, {})

    assert (3, 1, ()) == (len(made.emoji), len(made.letters), made.missing)
    assert b"COLR" in content[:1_000]
    assert all(
        right > left and bottom > top for left, top, right, bottom in (one.bounds for one in made.emoji)
    )
    assert made.ink is not None
    assert made.ink[0] >= made.lines[0].x - 1


def test_blanks_after_an_emoji_are_those_of_the_text() -> None:
    """A font of pictures has wide blanks; the words around keep theirs."""
    gap = laid("😀 a").lines[0].width - laid("😀a").lines[0].width

    assert pytest.approx(laid("a a").lines[0].width - laid("aa").lines[0].width) == gap


# Directions


def test_a_line_from_right_to_left_stays_one_across_fonts() -> None:
    """A sign that another font draws parts the line in runs, which still follow each other leftwards."""
    assert "!12♥דגבא" == shown(laid("אבגד ♥ 12!", width=200_000), "אבגד♥12!")
    assert laid("אבגד ♥").lines[0].rtl


@pytest.mark.parametrize(
    ("text", "direction", "expected"),
    [
        ("ab דג 12", "auto", "ab12גד"),
        ("דג ab", "auto", "abגד"),
        ("ab דג", "rtl", "גדab"),
        ("דג ab", "ltr", "גדab"),
        ("דג!", "ltr", "גד!"),
        ("דג!", "rtl", "!גד"),
    ],
)
def test_the_direction_of_a_line_is_that_of_its_first_letter_or_as_told(
    text: str, direction: str, expected: str
) -> None:
    """What is mixed keeps its own order inside the line's."""
    assert expected == shown(laid(text, direction=direction), "abדג12!")


def test_wrapped_lines_keep_the_direction_of_their_paragraph() -> None:
    """A line that begins with a Latin word is still read from the right when its paragraph is."""
    text = "שלום abc"
    one, other = laid(text, width=30_000, fit="wrap", align="justify").lines

    assert [True, True] == [one.rtl, other.rtl]
    assert pytest.approx(30_000) == other.x + other.width


def test_brackets_look_the_way_the_line_runs() -> None:
    """An opening bracket of a Hebrew line is drawn as a closing one."""
    opening, closing = laid("(").letters[0].outline, laid(")").letters[0].outline
    made = sorted(laid("(א)").letters, key=lambda letter: letter.place.e)

    assert [opening, closing] == [made[0].outline, made[-1].outline]


def test_arabic_is_joined() -> None:
    """A word is shorter than its letters apart, also where its paragraph is in another script."""
    apart = sum(laid(letter).lines[0].width for letter in "بيت")
    alone, amid = laid("بيت").lines[0].width, laid("a بيت").lines[0].width - laid("a ").lines[0].width

    assert alone < apart
    assert amid < apart


# Lines


def test_long_text_is_wrapped_at_its_words() -> None:
    """A line ends between words when it can, inside one only when it must."""
    text = "one two three four"
    made = laid(text, width=42_000, fit="wrap")
    hard = laid("so Donaudampfschifffahrt", width=42_000, fit="wrap")

    assert ["one two", "three", "four"] == words(text, made)
    assert ["so", "Donaud"] == words("so Donaudampfschifffahrt", hard)[:2]
    assert hard.width <= 42_000
    assert not hard.overflows


def test_scripts_without_blanks_wrap_too() -> None:
    """Chinese between its characters but not before a stop, Thai between its words."""
    han = "你好世界你好世界。"
    thai = "สวัสดีชาวโลก"

    assert ["你好世界", "你好世", "界。"] == words(han, laid(han, width=40_000, fit="wrap"))
    assert ["สวัสดี", "ชาวโลก"] == words(thai, laid(thai, width=32_000, fit="wrap"))


def test_a_soft_hyphen_shows_where_a_line_ends_at_it() -> None:
    """Elsewhere it is not seen."""
    text = "Donau\u00addampf"
    parted, whole = laid(text, width=40_000, fit="wrap"), laid(text)

    assert ["Donau\u00ad", "dampf"] == words(text, parted)
    assert 11 == len(parted.letters)
    assert 10 == len(whole.letters)


@pytest.mark.parametrize("leading", [1000, 1200, 2000])
def test_lines_stand_apart_by_the_leading(leading: int) -> None:
    """The distance of two baselines is the em times the leading."""
    one, _, three = laid("a\n\nb", leading=leading).lines

    assert pytest.approx(20 * leading) == three.baseline - one.baseline


def test_lines_are_aligned() -> None:
    """Left, centre and right are those of the box, and so is the ink."""
    lines = {align: laid("Zoë ", align=align).lines[0] for align in ("left", "center", "right")}

    assert 0 == lines["left"].x
    assert pytest.approx(100_000) == 2 * lines["center"].x + lines["center"].width
    assert pytest.approx(100_000) == lines["right"].x + lines["right"].width


@pytest.mark.parametrize(
    "text", ["a fine day, my dear old friend", "你好世界你好世界好世", "שלום עולם שלום עולם"]
)
def test_justified_lines_fill_the_box_but_for_the_last(text: str) -> None:
    """Blanks are made wider, or the gaps of scripts that have none; the last line stands where it begins."""
    made = laid(text, align="justify", fit="wrap", width=47_000)
    *full, last = made.lines
    assert made.ink is not None

    assert full
    assert all(pytest.approx((0, 47_000)) == (line.x, line.width) for line in full)
    assert made.ink[2] > 45_500
    assert last.width < 47_000
    assert pytest.approx(47_000 - last.width if last.rtl else 0) == last.x


def test_lines_stand_at_the_top_in_the_middle_or_below() -> None:
    """The block of lines is placed in the box; the middle of its lines is that of the box."""
    top, middle, bottom = (
        laid("a\nb", height=60_000, valign=valign).lines[0].baseline for valign in ("top", "middle", "bottom")
    )

    assert pytest.approx([18_000, 18_000]) == [middle - top, bottom - middle]


def test_tracking_parts_letters_and_ligatures_but_not_joined_scripts() -> None:
    """Letters move apart by a share of the em, none after the last; Arabic stays joined, marks on their letters."""
    plain, wide = laid("Zoë").lines[0], laid("Zoë", tracking=100).lines[0]
    marked, parted = laid("x\u0323y"), laid("x\u0323y", tracking=100)
    near, far = (one.letters[1].place.e - one.letters[0].place.e for one in (marked, parted))

    assert pytest.approx(plain.width + 2 * 1_000) == wide.width
    assert pytest.approx(laid("بيت").lines[0].width) == laid("بيت", tracking=100).lines[0].width
    assert pytest.approx(near) == far
    assert len(laid("ffi", font="FiraGO", tracking=1).letters) == 3


# Lines that are bent


def test_an_arch_turns_letters_about_one_point() -> None:
    """Over half a circle, what leans left at the beginning leans right at the end; the middle stands highest."""
    made = laid("iiiiiii", arc=180_000)
    turns = [turn(letter) for letter in made.letters]
    tops = [letter.place.f for letter in made.letters]

    assert turns == sorted(turns)
    assert pytest.approx(-turns[0]) == turns[-1]
    assert pytest.approx(0, abs=1e-9) == turns[3]
    assert min(tops) >= 0
    assert turn(laid("iii", arc=-90_000).letters[0]) > 0


@pytest.mark.parametrize("arc", [20_000, 180_000, 300_000, 360_000, -120_000])
def test_letters_of_an_arch_stand_on_a_circle(arc: int) -> None:
    """The middles of letters lie on one circle whose arc is as long as the line, and letters stand upright on it."""
    made = laid("iiiiiiiiii", arc=arc)
    flat = laid("iiiiiiiiii").lines[0].width
    radius = flat / math.radians(abs(arc) / 1000)
    half = flat / 10 / 2
    middles = [
        (one.place.e + half * math.cos(math.radians(turn(one))), one.place.f + half * math.sin(math.radians(turn(one))))
        for one in made.letters
    ]  # fmt: skip
    way = 1 if arc > 0 else -1
    centres = [
        (
            x - way * radius * math.sin(math.radians(turn(one))),
            y + way * radius * math.cos(math.radians(turn(one))),
        )
        for (x, y), one in zip(middles, made.letters, strict=True)
    ]

    assert all(pytest.approx(centres[0], abs=1.0) == centre for centre in centres)


def test_lines_of_an_arch_have_one_centre() -> None:
    """Further lines lie inside the first, or outside where the arch hangs."""
    for arc in (150_000, -150_000):
        made = laid("iiiii\niiiii", arc=arc)
        middle, lower = made.letters[2], made.letters[7]

        assert pytest.approx(12_000, abs=1) == lower.place.f - middle.place.f
        assert pytest.approx(middle.place.e, abs=1) == lower.place.e


def test_an_arch_is_shrunk_into_its_box() -> None:
    """All of a bent line lies in the box that it was given."""
    made = laid("Happy birthday", arc=200_000, width=30_000, height=18_000, fit="shrink", valign="middle")
    assert made.ink is not None
    left, top, right, bottom = made.ink

    assert not made.overflows
    assert left >= -1
    assert top >= -1
    assert right <= 30_001
    assert bottom <= 18_001
    assert made.size < 10_000


def test_a_slight_arch_is_nearly_straight() -> None:
    """Without a jump between the two."""
    one, other = laid("Zoë", arc=1), laid("Zoë")
    places = zip(one.letters, other.letters, strict=True)

    assert all(math.dist((a.place.e, a.place.f), (b.place.e, b.place.f)) < 5 for a, b in places)
    assert pytest.approx(other.height, rel=1e-3) == one.height


def test_letters_follow_a_path() -> None:
    """On a line that runs straight down, letters are turned by a quarter and go down."""
    made = laid("abc", path=Outline.read("M5000 0L5000 90000"), align="left")

    assert all(pytest.approx(90) == turn(letter) for letter in made.letters)
    assert all(pytest.approx(5_000) == letter.place.e for letter in made.letters)
    assert sorted(one.place.f for one in made.letters) == [one.place.f for one in made.letters]


@pytest.mark.parametrize(("align", "share"), [("left", 0.0), ("center", 0.5), ("right", 1.0)])
def test_a_straight_path_is_a_straight_line(align: str, share: float) -> None:
    """Text on it stands as text in a box of that width, with its baseline on the path."""
    made = laid("Zoë AV", path=Outline.read("M0 50000L100000 50000"), align=align)
    plain = laid("Zoë AV", align=align)

    assert pytest.approx([one.place.e for one in plain.letters]) == [one.place.e for one in made.letters]
    assert pytest.approx([50_000] * 5) == [one.place.f for one in made.letters]
    assert pytest.approx((100_000 - made.lines[0].width) * share) == made.lines[0].x


def test_letters_go_round_an_ellipse() -> None:
    """The feet of letters stand on the curve, turned as it turns."""
    made = laid("iiiiiiiiii", path=ellipse(0, 0, 40_000, 40_000), align="left", size=5_000)

    for letter in made.letters:
        x, y = letter.place.e - 20_000, letter.place.f - 20_000
        assert abs(math.hypot(x, y) - 20_000) < 60
        assert abs((math.degrees(math.atan2(x, -y)) - turn(letter) + 180) % 360 - 180) < 5


def test_letters_beyond_the_end_of_a_path_are_told_of() -> None:
    """They go on straight; a text that may shrink does."""
    short = Outline.read("M0 0L9000 0")

    assert laid("a long line", path=short).overflows
    assert 9 == len(laid("a long line", path=short).letters)
    shrunk = laid("a long line", path=short, fit="shrink")
    assert not shrunk.overflows
    assert pytest.approx(9_000) == shrunk.lines[0].width


# Limits


def test_a_text_beyond_all_measure_is_refused() -> None:
    """Nobody prints a book on a mug."""
    with pytest.raises(Rejected, match="shorten"):
        laid("a" * 20_001)


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301" * 10_000, "a\u0316\u0301" * 6_000, "\u200d" * 10_000, "👩\u200d" * 5_000, "🇩🇪" * 5_000,
        "\u2067" * 10_000, "(" * 10_000 + "א", "x" * 20_000, "مرحبا " * 3_000, "你" * 10_000, NOBODY * 10_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("fit", ["wrap", "shrink"])
def test_storms_of_marks_and_joiners_are_set_in_time(text: str, fit: str) -> None:
    """Ten thousand accents on one letter, joiners or brackets in a row, one endless word."""
    began = time.process_time()
    made = laid(text, fit=fit, height=100_000)

    assert made.lines
    assert time.process_time() - began < 10


def test_nothing_is_set_as_nothing() -> None:
    """An empty text has no lines, takes no room and misses nothing."""
    for text in ("", " ", "\n \n", "\x07"):
        made = laid(text, fit="shrink", arc=90_000)

        assert ((), (), 0, False) == (made.lines, made.letters, made.height, made.overflows)


CHARACTERS = st.one_of(
    st.sampled_from(
        "abc AV-fi.,!\n\tשלגד12مرحبا٣你好。กขคสวैनि😀👩\u200d🇩🇪1\ufe0f\u20e3\u0301\u00ad\u200b\u2067\u202e()"
    ),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.text(CHARACTERS, max_size=40)
BENDS = st.sampled_from((0, 0, 0, 90_000, -200_000, 360_000))


@settings(max_examples=150)
@given(
    TEXTS,
    st.integers(100, 30_000),
    st.integers(1_000, 200_000),
    st.integers(0, 90_000),
    st.sampled_from(("wrap", "shrink")),
    st.integers(-200, 500),
    BENDS,
)
def test_text_keeps_to_its_box_or_says_so(
    text: str, size: int, width: int, height: int, fit: str, tracking: int, arc: int
) -> None:
    """Whatever is written, it fits its box or is reported as overflowing."""
    made = laid(text, size=size, width=width, height=height, fit=fit, tracking=tracking, arc=arc)

    assert made.overflows or made.width <= width + 1
    assert made.overflows or not height or made.height <= height + 1
    assert made.size <= size


@settings(max_examples=150)
@given(TEXTS, st.integers(2_000, 100_000), st.sampled_from(("wrap", "shrink", "overflow")))
def test_every_character_is_in_one_line(text: str, width: int, fit: str) -> None:
    """Lines follow each other without a gap but for line feeds, and end where characters do."""
    made = laid(text, width=width, fit=fit)
    plain = cleaned(text)
    ends = {0}
    for cluster in clusters(plain):
        ends.add(max(ends) + len(cluster))
    covered = "".join(plain[line.start : line.end] for line in made.lines)

    assert not plain.strip() or plain.replace("\n", "") == covered
    assert all(line.start in ends and line.end in ends for line in made.lines)


@settings(max_examples=60)
@given(TEXTS, st.integers(2, 9), st.sampled_from(("wrap", "shrink")), BENDS)
def test_a_text_scales_as_a_whole(text: str, times: int, fit: str, arc: int) -> None:
    """Twice the size in twice the box is the same picture, larger."""

    def made(by: int) -> LaidText:
        return laid(text, size=2_000 * by, width=30_000 * by, height=9_000 * by, fit=fit, arc=arc)

    one, other = made(1), made(times)
    if one.size > 60:
        assert pytest.approx(one.size * times, rel=1e-6) == other.size
        assert pytest.approx(one.width * times, rel=1e-6, abs=1e-3) == other.width
        assert [line.start for line in one.lines] == [line.start for line in other.lines]


@settings(max_examples=60)
@given(TEXTS, st.integers(1_000, 60_000))
def test_shrinking_is_stable(text: str, width: int) -> None:
    """What was shrunk fits as it is: set at its new size, it is the same."""
    once = laid(text, width=width, fit="shrink")
    again = laid(text, width=width, size=max(math.floor(once.size), 100), fit="shrink")

    assert again.size == max(math.floor(once.size), 100) or once.size < 100


def test_setting_is_quick() -> None:
    """How long a sentence takes, new and again; printed, for machines differ."""
    sentence = "The quick brown fox jumps over the lazy dog, Zoë & Łukasz 2026!"

    def median(texts: list[str], members: dict[str, Any]) -> float:
        times = []
        for text in texts:
            began = time.perf_counter()
            laid(text, **members)
            times.append((time.perf_counter() - began) * 1_000)
        return statistics.median(times)

    layers: dict[str, dict[str, Any]] = {
        "line": {},
        "wrapped": {"fit": "wrap", "width": 60_000},
        "arch": {"arc": 90_000},
    }
    for name, members in layers.items():
        new = median([f"{sentence} {index}" for index in range(30)], members)
        again = median([sentence] * 30, members)
        print(f"{name}: {new:.2f} ms new, {again:.3f} ms again")
