"""Text is taken apart where people would: in characters, and in pieces that a line may end with."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.typesetting.breaking import cleaned, clusters, shapes, shown_end, stops


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Zoe\u0308", "Zoë"),
        ("one\r\ntwo\rthree\vfour\u2028five", "one\ntwo\nthree\nfour\nfive"),
        ("tab\there", "tab here"),
        ("bell\x07, null\x00", "bell, null"),
        ("5\u00a0kg", "5\u00a0kg"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("plain", "plain"),
    ],
)
def test_text_is_cleaned(typed: str, plain: str) -> None:
    """What people paste becomes composed characters, blanks and line feeds."""
    assert plain == cleaned(typed)


@pytest.mark.parametrize(
    "parts",
    [
        ("a", "b", " ", "c"),
        ("e\u0301", "\u05e9\u05c1", "नि", "क्षि"),
        ("👩‍👩‍👧", "🇩🇪", "🇫🇷", "1\ufe0f\u20e3", "👍🏽", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
        ("한", "각"),
    ],
)
def test_a_character_is_what_people_take_for_one(parts: tuple[str, ...]) -> None:
    """Marks, joined emoji, flags and keycaps are not torn apart."""
    assert parts == clusters("".join(parts))


@pytest.mark.parametrize(
    ("parts", "language"),
    [
        (("one ", "two-", "three ", "(four)"), ""),
        (("5\u00a0kg ", "of ", "it"), "en"),
        (("你", "好，", "世", "界。"), "zh"),
        (("สวัสดี", "ชาว", "โลก"), "th"),
        (("Do\u00ad", "nau\u00ad", "dampf"), "de"),
        (("no ", "language"), "x-nobody--speaks"),
    ],
)
def test_lines_end_where_readers_expect(parts: tuple[str, ...], language: str) -> None:
    """After blanks and hyphens, between Han characters but not before their stops, between Thai words."""
    text, ends = "".join(parts), [0, *stops("".join(parts), language)]

    assert list(parts) == [text[start:end] for start, end in pairwise(ends)]


def test_blanks_at_the_end_of_a_line_hang() -> None:
    """They take no room, unless they are made not to break."""
    assert 3 == shown_end("one   ", 0, 6)
    assert 4 == shown_end("one\u00a0", 0, 4)
    assert 0 == shown_end("   ", 0, 3)


def test_what_only_steers_needs_no_shape() -> None:
    """A font must have the letters, not the joiners and selectors between them."""
    assert "👩👧" == shapes("👩\u200d👧\ufe0f")


@given(st.text())
def test_parts_are_the_whole(text: str) -> None:
    """Neither characters nor pieces of lines lose anything."""
    plain = cleaned(text)

    assert plain == "".join(clusters(plain))
    assert not plain or len(plain) == stops(plain, "")[-1]
    assert cleaned(plain) == plain
