"""Text taken apart: cleaned, in clusters, with reading directions, and where its lines may break."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from bidi import algorithm as bidi
from uniseg.graphemecluster import grapheme_clusters
from uniseg.linebreak import line_break_units

LONGEST: Final = 20_000
# Joiners, direction marks, variation selectors: they steer shaping and have no shape of their own.
STEERING: Final = frozenset(
    (
        *(0xAD, 0x34F, 0x61C, 0xFEFF),
        *range(0x180B, 0x1810),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        *range(0xE0020, 0xE0080),
        *range(0xE0100, 0xE01F0),
    )
)
_MARKS: Final = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe2f"
)
_HEAP: Final = re.compile(f"([{_MARKS}]{{32}})[{_MARKS}]+")
_TURNING: Final = frozenset(("R", "AL", "AN", "RLE", "RLO", "RLI"))


def cleaned(text: str) -> str:
    """Return *text* composed, with plain blanks and line feeds and without other control characters.

    Of a heap of marks or joiners, more than any language has, the rest is left out.
    """
    composed = unicodedata.normalize("NFC", _HEAP.sub(r"\1", text.replace("\r\n", "\n").replace("\r", "\n")))
    return "".join(_plain(character) for character in composed[:LONGEST])


def shapes(cluster: str) -> str:
    """Return the characters of *cluster* that a font must have."""
    return "".join(character for character in cluster if ord(character) not in STEERING)


@lru_cache(maxsize=1_024)
def clusters(text: str) -> tuple[str, ...]:
    """Return what people take for one character each (UAX 29)."""
    if text.isascii():
        return tuple(text)
    return tuple(grapheme_clusters(text))


@lru_cache(maxsize=1_024)
def units(text: str) -> tuple[str, ...]:
    """Return the pieces of *text* between which a line may break (UAX 14), blanks at their ends."""
    return tuple(line_break_units(text))


@lru_cache(maxsize=1_024)
def levels(text: str, direction: str) -> tuple[int, ...]:
    """Return the bidi level of each character (UAX 9); *direction* is `auto`, `ltr` or `rtl`."""
    turns = any(unicodedata.bidirectional(character) in _TURNING for character in text)
    if not turns and direction != "rtl":
        return (0,) * len(text)
    base = {"ltr": 0, "rtl": 1}.get(direction)
    storage = bidi.get_empty_storage()
    storage["base_level"] = bidi.get_base_level(text) if base is None else base
    storage["base_dir"] = ("L", "R")[storage["base_level"]]
    bidi.get_embedding_levels(text, storage)
    for step in (
        bidi.explicit_embed_and_overrides,
        bidi.resolve_weak_types,
        bidi.resolve_neutral_types,
        bidi.resolve_implicit_levels,
    ):
        step(storage, False)
    return tuple(_spread(text, storage))


def base_level(text: str, direction: str) -> int:
    """Return 1 for a paragraph that is read from right to left, else 0."""
    if direction == "auto":
        return int(bidi.get_base_level(text)) if not text.isascii() else 0
    return int(direction == "rtl")


def _spread(text: str, storage: Any) -> Iterator[int]:
    """Yield a level for every character: those that the algorithm takes out have that of the one before."""
    kept = iter(storage["chars"])
    level = int(storage["base_level"])
    for character in text:
        if unicodedata.bidirectional(character) not in bidi.X9_REMOVED:
            level = int(next(kept)["level"])
        yield level


def _plain(character: str) -> str:
    if character == "\n":
        return character
    match unicodedata.category(character):
        case "Zs" | "Zl" | "Zp":
            return character if character in "\u00a0\u202f\u3000" else " "
        case "Cc":
            return " " if character == "\t" else ""
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
        case _:
            return character
