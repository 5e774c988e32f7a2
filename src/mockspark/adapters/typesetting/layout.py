"""Setting text with HarfBuzz: lines, outlines and their places, the same for editor, proof and file.

Inside, lengths are shares of the em until the size is known: text scales as a whole, so it is shaped once.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from threading import Lock
from typing import Final

from attrs import define, field, frozen
from cachetools import LRUCache

from mockspark.adapters.typesetting.bending import Arch, Spot, Track, surrounding, track
from mockspark.adapters.typesetting.breaking import LONGEST, cleaned
from mockspark.adapters.typesetting.falling import Chain, chain
from mockspark.adapters.typesetting.fonts import FontBook, guessed_language
from mockspark.adapters.typesetting.paragraphs import Glyph, Paragraph, SetLine, Style, paragraphs
from mockspark.application.errors import Rejected
from mockspark.application.ports.lettering import Emoji, LaidText, Letter, Line
from mockspark.domain.holds import HoldReason
from mockspark.domain.layers import TextLayer
from mockspark.domain.outlines import Affine, Bounds

_ALIGNED: Final = {"left": 0.0, "center": 0.5, "right": 1.0}
_VALIGNED: Final = {"top": 0.0, "middle": 0.5, "bottom": 1.0}
_SMALLEST_UM: Final = 50.0
_TOLERANCE_UM: Final = 0.5
_KEPT_CHARACTERS: Final = 200_000
_OVERHEAD: Final = 50


@define(eq=False)
class HarfBuzzTypesetter:
    """Sets text in the fonts of *book*, and in uploaded ones; what was shaped lately is kept."""

    book: FontBook = field(factory=FontBook)
    _kept: LRUCache[tuple[str, Style], tuple[Paragraph, ...]] = field(
        factory=lambda: LRUCache(_KEPT_CHARACTERS, _room_taken), init=False, repr=False
    )
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    def layout(self, layer: TextLayer, fonts: Mapping[str, bytes]) -> LaidText:
        """Set *layer*; raises Rejected when a named font is not there or is none, or the text is too long."""
        if len(layer.text) > LONGEST:
            raise Rejected(
                f"It is longer than {LONGEST} characters: shorten it.", reason=HoldReason.RENDER_FAILED
            )
        language = layer.language or ("" if layer.text.isascii() else guessed_language(layer.text))
        style = Style(
            chain=chain(self.book.chain(layer.font, layer.fallback, fonts, language=language)),
            language=language,
            direction=layer.direction,
            apart=layer.tracking != 0,
        )
        return _Setting(layer, style.chain, self._paragraphs(layer.text, style)).laid()

    def content(self, font: str, fonts: Mapping[str, bytes]) -> bytes:
        """Return the file of a font that an Emoji names; raises Rejected when it is not there."""
        return self.book.face(font, fonts).content

    def knows(self, font: str) -> bool:
        """Tell whether a font of that name is installed."""
        return self.book.knows(font)

    def _paragraphs(self, text: str, style: Style) -> tuple[Paragraph, ...]:
        with self._lock:
            found = self._kept.get((text, style))
        if found is None:
            found = paragraphs(cleaned(text), style)
            with self._lock:
                self._kept[text, style] = found
        return found


@frozen
class _Placed:
    """A line of a paragraph, with its distance from the box's left and what a justified one adds to each blank."""

    paragraph: Paragraph
    line: SetLine
    left: float
    width: float
    stretch: float


@frozen(slots=False)
class _Setting:
    """One text, on its way to outlines; lengths are ems unless they say otherwise."""

    layer: TextLayer
    chain: Chain = field(repr=False)
    paragraphs: tuple[Paragraph, ...] = field(repr=False)

    def laid(self) -> LaidText:
        if not self.lines:
            return LaidText(lines=(), letters=(), size=float(self.layer.size), width=0.0, height=0.0)
        letters, emoji = self._straight() if self._bend is None else self._bent()
        left, top, right, bottom = self._extents
        return LaidText(
            lines=tuple(self._line(index, placed) for index, placed in enumerate(self._placed)),
            letters=tuple(letters),
            emoji=tuple(emoji),
            size=self.size,
            width=(right - left) * self.size,
            height=(bottom - top) * self.size,
            overflows=self._overflows,
            missing=tuple(dict.fromkeys(one for part in self.paragraphs for one in part.missing)),
        )

    # Lines and their size

    @cached_property
    def lines(self) -> list[tuple[Paragraph, SetLine]]:
        if self.layer.fit != "wrap":
            return [(part, part.whole) for part in self.paragraphs]
        room = self._room_um / self.layer.size
        return [(part, line) for part in self.paragraphs for line in part.wrapped(room, self.tracking)]

    @cached_property
    def size(self) -> float:
        """Return the em in micrometres."""
        size = float(self.layer.size)
        if self.layer.fit != "shrink":
            return size
        return max(min(size, self._largest), min(size, _SMALLEST_UM))

    @property
    def _largest(self) -> float:
        if self._track is not None:
            return self._track.length / self._widest if self._widest else math.inf
        left, top, right, bottom = self._extents
        box = self.layer.box
        across = box.width / (right - left) if right > left else math.inf
        return min(across, box.height / (bottom - top) if box.height else math.inf)

    @property
    def _overflows(self) -> bool:
        if self._track is not None:
            return self._widest * self.size > self._track.length + _TOLERANCE_UM
        if self.layer.fit == "overflow":
            return False
        left, top, right, bottom = self._extents
        box = self.layer.box
        wide = (right - left) * self.size > box.width + _TOLERANCE_UM
        high = (bottom - top) * self.size > box.height + _TOLERANCE_UM
        return wide or (high and box.height > 0)

    @property
    def _room_um(self) -> float:
        return self.layer.box.width if self._track is None else self._track.length

    @cached_property
    def tracking(self) -> float:
        return self.layer.tracking / 1000

    @cached_property
    def leading(self) -> float:
        return self.layer.leading / 1000

    @cached_property
    def widths(self) -> list[float]:
        return [line.wide(self.tracking) for _, line in self.lines]

    @cached_property
    def _widest(self) -> float:
        return max(self.widths)

    @cached_property
    def _above(self) -> float:
        """Return how far the first baseline is below the top of the lines."""
        first = self.chain.first
        return (self.leading - first.above - first.below) / 2 + first.above

    # Where lines stand

    @cached_property
    def _extents(self) -> Bounds:
        """Return a box around the lines, measured from the first baseline: left, top, right, bottom."""
        below = self.leading * len(self.lines) - self._above
        if self._bend is None:
            return 0.0, -self._above, self._widest, below
        spots = [(spot, glyph.half) for glyph, spot in self._spots]
        left, top, right, bottom = surrounding(spots, self._above, self.leading - self._above)
        if isinstance(self._bend, Track):
            return left, 0.0, right, max(bottom, 0.0)
        # About its axis, however wide the letters at both of its ends are.
        reach = max(-left, right)
        return (-reach, top, reach, bottom) if self._share == 0.5 else (left, top, right, bottom)

    @cached_property
    def _top_um(self) -> float:
        """Return where the first baseline is, in micrometres below the top of the box."""
        _, top, _, bottom = self._extents
        height, box = (bottom - top) * self.size, self.layer.box.height
        spare = (box - height) * _VALIGNED.get(self.layer.valign, 0.0) if box else 0.0
        return spare - top * self.size

    @property
    def _share(self) -> float:
        return _ALIGNED.get(self.layer.align, 0.5)

    @cached_property
    def _placed(self) -> list[_Placed]:
        return [self._place(*at) for at in zip(self.lines, self.widths, strict=True)]

    def _place(self, at: tuple[Paragraph, SetLine], width: float) -> _Placed:
        paragraph, line = at
        room = self._room_um / self.size
        share = _ALIGNED.get(self.layer.align, float(paragraph.rtl))
        stretch = 0.0
        if self.layer.align == "justify" and line.end < len(paragraph.text) and line.stretches:
            stretch = max(room - width, 0.0) / line.stretches
            width += stretch * line.stretches
        return _Placed(paragraph, line, (room - width) * share, width, stretch)

    def _line(self, index: int, placed: _Placed) -> Line:
        offset = placed.paragraph.offset
        return Line(
            start=offset + placed.line.start,
            end=offset + placed.line.end,
            x=placed.left * self.size,
            baseline=self._top_um + self.leading * index * self.size,
            width=placed.width * self.size,
            rtl=placed.paragraph.rtl,
        )

    # Letters

    def _straight(self) -> tuple[list[Letter], list[Emoji]]:
        letters: list[Letter] = []
        emoji: list[Emoji] = []
        size, tracking = self.size, self.tracking
        for index, placed in enumerate(self._placed):
            baseline = self._top_um + self.leading * index * size
            for glyph in placed.line.glyphs:
                x = placed.left + glyph.x + tracking * glyph.gaps + placed.stretch * glyph.stretches
                scale = size / glyph.font.em
                place = Affine(scale, 0.0, 0.0, scale, x * size, baseline + glyph.y * size)
                _add(glyph, place, letters, emoji)
        return letters, emoji

    def _bent(self) -> tuple[list[Letter], list[Emoji]]:
        letters: list[Letter] = []
        emoji: list[Emoji] = []
        size = self.size
        origin_x, origin_y = self._origin_um
        for glyph, (x, y, cos, sin) in self._spots:
            scale, dx = size / glyph.font.em, glyph.x - glyph.middle
            e = origin_x + (x + cos * dx - sin * glyph.y) * size
            f = origin_y + (y + sin * dx + cos * glyph.y) * size
            _add(glyph, Affine(scale * cos, scale * sin, -scale * sin, scale * cos, e, f), letters, emoji)
        return letters, emoji

    @property
    def _origin_um(self) -> tuple[float, float]:
        if self._track is not None:
            return 0.0, 0.0
        left, _, right, _ = self._extents
        spare = self.layer.box.width - (right - left) * self.size
        return spare * self._share - left * self.size, self._top_um

    @cached_property
    def _spots(self) -> list[tuple[Glyph, Spot]]:
        """Return where the middle of each glyph's cluster stands on the bent lines."""
        return [
            (glyph, self._spot(index, glyph.middle + self.tracking * glyph.gaps))
            for index, (_, line) in enumerate(self.lines)
            for glyph in line.glyphs
        ]

    def _spot(self, index: int, along: float) -> Spot:
        if isinstance(self._bend, Track):
            return self._on(self._bend, index, along)
        return self._bend.spot(index, along) if self._bend is not None else (along, 0.0, 1.0, 0.0)

    def _on(self, way: Track, index: int, along: float) -> Spot:
        size = self.size
        begin = (way.length - self.widths[index] * size) * self._share
        x, y, cos, sin = way.spot(begin + along * size, self.leading * index * size)
        return x / size, y / size, cos, sin

    @cached_property
    def _bend(self) -> Arch | Track | None:
        if self._track is not None:
            return self._track
        if not self.layer.arc or not self._widest:
            return None
        return Arch.over(math.radians(self.layer.arc / 1000), self.widths, self.leading, self._share)

    @cached_property
    def _track(self) -> Track | None:
        return track(self.layer.path) if self.layer.path else None


def _room_taken(kept: tuple[Paragraph, ...]) -> int:
    return _OVERHEAD + sum(len(paragraph.text) for paragraph in kept)


def _add(glyph: Glyph, place: Affine, letters: list[Letter], emoji: list[Emoji]) -> None:
    drawing = glyph.drawing
    if drawing.bounds is None:
        letters.append(Letter(outline=drawing.outline, place=place))
    else:
        font = glyph.font.face.id
        emoji.append(Emoji(font=font, glyph=drawing.glyph, place=place, bounds=drawing.bounds))
