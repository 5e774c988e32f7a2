"""Text is set as it was meant: every character in some font, every line where it belongs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageChops, features
from pymupdf_fonts import myfont

from mockspark.adapters.rendering.fonts import FontBook
from mockspark.adapters.rendering.pillow import draw
from mockspark.adapters.rendering.text import Typesetter
from mockspark.adapters.testing.renderers import found, job, pixels, text_layer, um
from mockspark.domain.files import Check, Level

BOOK = FontBook()
SETTER = Typesetter(BOOK.chain("default"))


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
    assert () == SETTER.missing(text)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Zoë 😀", ("😀",)),
        ("日本", ("日", "本")),
        ("\U00012345x\U00012345", ("\U00012345",)),
        ("👩‍👩‍👧", ("👩", "👧")),
    ],
)
def test_what_no_font_has_is_named_once(text: str, missing: tuple[str, ...]) -> None:
    """The merchant reads which characters would print as boxes."""
    assert missing == SETTER.missing(text)


def test_a_font_of_the_folder_is_used_and_fills_gaps(tmp_path: Path) -> None:
    """A file in the folder is a font by its name, before and behind the packaged ones."""
    (tmp_path / "House Style.ttf").write_bytes(bytes(myfont("spacemo")))
    book = FontBook(str(tmp_path))

    assert book.knows("house style")
    assert "House Style" == book.chain("House Style")[0].name
    assert "House Style" in book.names
    assert () == Typesetter(book.chain("House Style")).missing("Ψυχή")


def test_an_unknown_font_is_found_fault_with() -> None:
    """A print in another face than was ordered waits for a person."""
    made = draw(job(text_layer("Zoë", 50, 50, 500, 200, font="Comic Papyrus")))

    assert ["L0"] == found(made, Check.RENDERING)
    assert "Comic Papyrus" in made.findings[0].words


def test_another_font_draws_other_letters() -> None:
    """The font that a layer names is the one that is printed."""
    files = {
        font: draw(job(text_layer("Zoë", 50, 50, 500, 200, font=font))).content
        for font in ("default", "Noto Sans", "Noto Sans Bold", "Space Mono Regular", "FiraGO Bold")
    }

    assert files["default"] == files["Noto Sans"]
    assert 4 == len(set(files.values()))


def _ink(text: str, **members: object) -> tuple[int, int, int, int]:
    made = draw(job(text_layer(text, 100, 100, 400, 200, **members)))
    box = pixels(made).getchannel("A").getbbox()
    assert box is not None
    return box


def test_lines_are_aligned() -> None:
    """Left, centre and right are those of the box."""
    left, centre, right = (_ink("Zoë", align=align, fit="wrap") for align in ("left", "center", "right"))

    assert abs(left[0] - 100) < 8
    assert abs((centre[0] + centre[2]) / 2 - 300) < 3
    assert abs(right[2] - 500) < 8


def test_long_text_is_wrapped_at_its_words() -> None:
    """A line ends between words when it can, inside one only when it must."""
    block = SETTER.set("one two three four", 60, width=250, height=0, fit="wrap")
    lines = ["".join(run.text for run in line.runs) for line in block.lines]
    hard = SETTER.set("Donaudampfschifffahrt", 60, width=250, height=0, fit="wrap")

    assert ["one two", "three", "four"] == lines
    assert len(hard.lines) > 1
    assert hard.width <= 250
    assert not hard.overflows


@pytest.mark.parametrize(("leading", "step"), [(1000, 60), (1200, 72), (2000, 120)])
def test_lines_stand_apart_by_the_leading(leading: int, step: int) -> None:
    """The distance of two baselines is the em times the leading."""
    one = _ink("H\n", leading=leading, fit="overflow")
    two = _ink("\nH", leading=leading, fit="overflow")

    assert abs(two[1] - one[1] - step) <= 1


def test_wrapped_text_that_needs_more_height_is_a_warning() -> None:
    """What does not fit is printed and pointed out."""
    made = draw(job(text_layer("many words " * 12, 50, 50, 300, 100, fit="wrap")))

    assert ["L0"] == found(made, Check.OVERFLOW, Level.WARNING)


def test_text_shrunk_below_one_point_is_an_error() -> None:
    """Nobody can read it, so it is not printed unseen."""
    made = draw(job(text_layer("a long sentence for a very small place", 50, 50, 20, 20)))

    assert ["L0"] == found(made, Check.OVERFLOW)


def test_text_that_reaches_the_margin_is_a_warning() -> None:
    """Letters outside the safe area may be cut off."""
    made = draw(job(text_layer("Zoë", -30, 50, 300, 200, align="left", fit="overflow")))

    assert ["L0"] == found(made, Check.OUTSIDE_SAFE, Level.WARNING)


def test_an_open_box_grows_downwards() -> None:
    """Without a height there is no limit and no finding."""
    made = draw(job(text_layer("one two three four five six", 50, 50, 200, 0, fit="wrap")))

    assert () == made.findings


def test_a_stroke_surrounds_the_letters() -> None:
    """The stroke reaches outwards by its width, below the fill."""
    plain = _ink("H", fit="overflow")
    stroked = _ink("H", fit="overflow", stroke="#ff0000", stroke_width=um(6))

    assert all(
        abs(one - other - grown) <= 1
        for one, other, grown in zip(stroked, plain, (-6, -6, 6, 6), strict=True)
    )


def test_turned_text_is_the_text_turned() -> None:
    """Half a turn about the centre is the same picture upside down, but for rounding."""
    upright = pixels(draw(job(text_layer("Zoë", 50, 50, 500, 600, fit="overflow"))))
    turned = pixels(draw(job(text_layer("Zoë", 50, 50, 500, 600, fit="overflow", rot=180_000))))
    back = turned.rotate(180)
    difference = ImageChops.difference(upright.getchannel("A"), back.getchannel("A"))

    # The area is 600 x 700 and the box its middle, so the centre is a corner of pixels.
    assert sum(difference.histogram()[128:]) < 60


@pytest.mark.skipif(not features.check("raqm"), reason="this Pillow has no raqm: text is not shaped")
def test_arabic_is_joined_and_runs_from_right_to_left() -> None:
    """Letters take their joined forms, and a shorter beginning of a word is its right end."""
    face = BOOK.chain("FiraGO")[0].at(80)
    joined, apart = face.getlength("بيت"), sum(face.getlength(letter) for letter in "بيت")
    whole = _ink("שלום", align="right", fit="overflow")
    start = _ink("ש", align="right", fit="overflow")

    assert joined < apart
    assert abs(whole[2] - start[2]) <= 3
    assert whole[0] < start[0]


@pytest.mark.skipif(not features.check("raqm"), reason="this Pillow has no raqm: text is not shaped")
def test_a_line_from_right_to_left_stays_one_across_fonts() -> None:
    """A sign that another font draws parts the line in runs, which still follow each other leftwards."""
    line = SETTER.set("שלום ♥ 2026!", 60, width=900, height=0, fit="overflow").lines[0]

    assert ["2026!", "♥", "שלום"] == [run.text.strip() for run in line.runs]
    assert {"rtl"} == {run.direction for run in line.runs}


@given(st.text(max_size=60), st.floats(1, 400), st.floats(0.01, 2_000), st.sampled_from(("wrap", "shrink")))
def test_text_keeps_to_its_width_or_says_so(text: str, size: float, width: float, fit: str) -> None:
    """Whatever is written, it fits its box or is reported as overflowing."""
    block = SETTER.set(text, size, width=width, height=0, fit=fit)

    assert block.overflows or block.width <= width + 0.5
    assert block.size <= size
