"""Letters of scripts that run to the left stand where readers of them expect, among words that do not."""

import unicodedata

import bidi as reference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockspark.adapters.typesetting.bidi import base_level, levels, visual

LETTERS = "abאבגדعج123١٢+-*.,:/%$€()[]{}〈〉<>!?\u0301\u05b4 \u2066\u2067\u2068\u2069\u200e\u200f"


def shown(text: str, direction: str = "auto") -> str:
    """Return *text* as a line shows it, from left to right."""
    return "".join(text[at] for at in visual(levels(text, base_level(text, direction))))


@pytest.mark.parametrize(
    ("text", "direction", "expected"),
    [
        ("abc", "auto", (0, 0, 0)),
        ("abc", "rtl", (2, 2, 2)),
        ("שלום 12", "auto", (1, 1, 1, 1, 1, 2, 2)),
        ("a שב c", "auto", (0, 0, 1, 1, 0, 0)),
        ("12 שב", "auto", (2, 2, 1, 1, 1)),
        ("12 שב", "ltr", (0, 0, 0, 1, 1)),
        ("", "rtl", ()),
    ],
)
def test_each_character_has_its_direction(text: str, direction: str, expected: tuple[int, ...]) -> None:
    """Odd levels run to the left; numbers keep running to the right inside them."""
    assert expected == levels(text, base_level(text, direction))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("שלום 2026!", "!2026 םולש"),
        ("Team אבג 7", "Team 7 גבא"),
        ("אב (cd) גד", "דג )cd( בא"),
        ("אב 10-20 גד", "דג 10-20 בא"),
        ("10% אב", "בא 10%"),
        ("\u2068אב\u2069: c", "\u2068בא\u2069: c"),
        ("a \u2067ב!\u2069 c", "a \u2067!ב\u2069 c"),
        ("\u202eabc\u202c", "\u202c\u202ecba"),
    ],
)
def test_lines_read_as_people_know_them(text: str, expected: str) -> None:
    """Numbers, ranges, shares, isolates and overrides among letters of both directions; the shaper turns brackets."""
    steering = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069\u202c\u202e"))

    assert expected.translate(steering) == shown(text).translate(steering)


@settings(max_examples=500)
@given(st.text(st.sampled_from(LETTERS), max_size=24), st.sampled_from(("ltr", "rtl")))
def test_the_order_is_that_of_another_library(text: str, direction: str) -> None:
    """Two implementations of UAX 9 agree wherever something is seen."""
    text = text.rstrip(" \u2066\u2067\u2068\u2069")
    theirs = reference.get_display(text, base_dir="LR"[direction == "rtl"])

    assert "".join(theirs) == shown(text, direction)


def test_endless_nesting_ends() -> None:
    """Embeddings beyond the deepest level, isolates that nobody closes, closings that nothing opened."""
    for text in (
        "\u202b" * 500 + "a",
        "\u2067" * 500 + "a",
        "\u2069\u202c" * 500 + "a",
        "\u2067\u202b" * 200 + "ab",
    ):
        found = levels(text, 0)

        assert len(text) == len(found)
        assert max(found) <= 127


def test_every_character_has_a_direction() -> None:
    """Also those that this version of Python does not know."""
    unknown = [chr(code) for code in range(0x10A00, 0x11000) if not unicodedata.bidirectional(chr(code))]

    assert {1} == set(levels("".join(unknown), 1))
    assert (0,) == levels("\U0001faff", 0)
