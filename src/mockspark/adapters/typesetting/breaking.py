"""Text taken apart: cleaned, in what people take for characters, and where its lines may end."""

import unicodedata
from typing import Final

from icu4py.breakers import CharacterBreaker, LineBreaker

LONGEST: Final = 20_000
# Joiners, direction marks, variation selectors: they steer shaping and have no shape of their own.
_STEERING: Final = frozenset(
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
BLANKS: Final = " \u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""Spaces of every width; the shaper knows how wide each is."""
_HANGING: Final = "".join(blank for blank in BLANKS if blank not in "\u00a0\u2007\u202f") + "\u1680\u200b"
SOFT_HYPHEN: Final = "\u00ad"
_BREAKS: Final = "\r\v\f\u0085\u2028\u2029"
_LINE_FEEDS: Final = str.maketrans(dict.fromkeys(_BREAKS, "\n"))


def cleaned(text: str) -> str:
    """Return *text* composed (NFC), its lines parted by line feeds, without other control characters."""
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_LINE_FEEDS))
    return "".join(_plain(character) for character in composed)


def clusters(text: str) -> tuple[str, ...]:
    """Return what people take for one character each (UAX 29): a letter with its marks, a flag, a family."""
    return tuple(text) if text.isascii() else tuple(CharacterBreaker(text, "en"))


def stops(text: str, language: str) -> list[int]:
    """Return where a line may end (UAX 14, by dictionary for Thai, Lao, Khmer, Burmese); the end is one."""
    ends, end = [], 0
    for unit in LineBreaker(text, language or "en"):
        end += len(unit)
        ends.append(end)
    return ends


def shown_end(text: str, start: int, end: int) -> int:
    """Return where a line from *start* to *end* ends for the eye: blanks at its end hang into the margin."""
    while end > start and text[end - 1] in _HANGING:
        end -= 1
    return end


def shapes(cluster: str) -> str:
    """Return the characters of *cluster* that a font must have a shape for."""
    return "".join(character for character in cluster if ord(character) not in _STEERING)


def _plain(character: str) -> str:
    if character == "\n":
        return character
    match unicodedata.category(character):
        case "Cc":
            return " " if character == "\t" else ""
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
        case _:
            return character
