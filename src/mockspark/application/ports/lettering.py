"""Setting text: the one source of outlines for the editor, the proof and the production file."""

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

from attrs import field, frozen

from mockspark.domain.layers import TextLayer
from mockspark.domain.outlines import Affine, Bounds, Outline


@frozen(kw_only=True)
class Letter:
    """One glyph where it stands: *outline* in units of its font, *place* maps it to micrometres of the box."""

    outline: Outline = field(repr=False)
    place: Affine


@frozen(kw_only=True)
class Emoji:
    """A glyph of a colour font: *font* names the file (`sha256:...`), *place* maps font units to micrometres.

    *bounds* is its box in font units (y downwards).
    """

    font: str
    glyph: int
    place: Affine
    bounds: Bounds


@frozen(kw_only=True)
class Line:
    """One line: the characters *start* to *end* of the cleaned text, its baseline and its width in micrometres."""

    start: int
    end: int
    x: float
    baseline: float
    width: float
    rtl: bool = False


@frozen(kw_only=True, slots=False)
class LaidText:
    """A text, set; all lengths are micrometres from the top left corner of the layer's box, before it turns.

    *size* is the em after shrinking. *missing* are the characters that no font of the chain has, each once.
    """

    lines: tuple[Line, ...]
    letters: tuple[Letter, ...] = field(repr=False)
    emoji: tuple[Emoji, ...] = ()
    size: float
    width: float
    height: float
    overflows: bool = False
    missing: tuple[str, ...] = ()

    @cached_property
    def outline(self) -> Outline:
        """Return all letters as one outline."""
        return Outline.joined(letter.outline.placed(letter.place) for letter in self.letters)

    @cached_property
    def ink(self) -> Bounds | None:
        """Return a box around all letters and emoji, without stroke and shadow; None when nothing is drawn."""
        boxes = [box for letter in self.letters if (box := _placed(letter.outline.bounds, letter.place))]
        boxes += [box for emoji in self.emoji if (box := _placed(emoji.bounds, emoji.place))]
        if not boxes:
            return None
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)


class Typesetter(Protocol):
    """Sets text."""

    def layout(self, layer: TextLayer, fonts: Mapping[str, bytes]) -> LaidText:
        """Set *layer*; *fonts* holds the bytes of each `sha256:...` that its font or fallback names.

        Raises Rejected when a named font is not there or is none.
        """

    def content(self, font: str, fonts: Mapping[str, bytes]) -> bytes:
        """Return the file of a font that an Emoji names; raises Rejected when it is not there."""

    def knows(self, font: str) -> bool:
        """Tell whether a font of that name is installed."""


def _placed(bounds: Bounds | None, place: Affine) -> Bounds | None:
    if bounds is None:
        return None
    left, top, right, bottom = bounds
    corners = [place.point(x, y) for x in (left, right) for y in (top, bottom)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
