"""Paragraphs: characters with their fonts, scripts and directions; lines of them, shaped; where they wrap."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, groupby
from typing import Final

from attrs import define, field, frozen

from mockspark.adapters.typesetting import bidi
from mockspark.adapters.typesetting.breaking import BLANKS, SOFT_HYPHEN, clusters, shown_end, stops
from mockspark.adapters.typesetting.falling import JOINING, Chain
from mockspark.adapters.typesetting.shaping import Drawing, Opened, Shaped, scripted

_MOST_LINES: Final = 4_000
_MOST_WRAPS: Final = 8
_SQUARE: Final = frozenset(("Hani", "Hira", "Kana", "Bopo", "Yiii"))
_SLACK: Final = 1e-9
_ABOUT: Final = 1.1


@frozen(kw_only=True)
class Style:
    """What decides how characters become glyphs; *apart* leaves out ligatures."""

    chain: Chain
    language: str
    direction: str
    apart: bool


@frozen
class Glyph:
    """A glyph of a line, *x* and *y* from the line's left end and baseline, in shares of the em, y downwards.

    *middle* and *half* are those of the cluster that it belongs to. *gaps* and *stretches* count the places
    before it that tracking, or a justified line, makes wider.
    """

    drawing: Drawing
    font: Opened
    x: float
    y: float
    middle: float
    half: float
    gaps: int
    stretches: int


@frozen(kw_only=True)
class SetLine:
    """The characters *start* to *end* of a paragraph, set; *width* is its own, without tracking."""

    start: int
    end: int
    glyphs: tuple[Glyph, ...] = field(repr=False)
    width: float
    gaps: int
    stretches: int

    def wide(self, tracking: float) -> float:
        """Return the width when *tracking* is put between its clusters."""
        return max(self.width + tracking * self.gaps, 0.0)


@frozen
class _Run:
    start: int
    end: int
    font: Opened | None
    script: str
    level: int


@define(eq=False, slots=False)
class Paragraph:
    """One paragraph of a text, *offset* characters from its beginning; lines that were set are kept."""

    text: str
    offset: int
    style: Style
    _lines: dict[tuple[int, int], SetLine] = field(factory=dict, init=False, repr=False)
    _wraps: dict[tuple[float, float], tuple[SetLine, ...]] = field(factory=dict, init=False, repr=False)

    @cached_property
    def rtl(self) -> bool:
        """Tell whether it is read from right to left."""
        return bidi.base_level(self.text, self.style.direction) == 1

    @cached_property
    def whole(self) -> SetLine:
        """Return it as one line."""
        return self.line(0, len(self.text))

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Return the characters that no font has, each once."""
        nowhere = (cluster for cluster, font in zip(self._clusters, self._fonts, strict=True) if font is None)
        lacking = self.style.chain.lacking
        return tuple(dict.fromkeys(one for cluster in dict.fromkeys(nowhere) for one in lacking(cluster)))

    def line(self, start: int, end: int) -> SetLine:
        """Return the characters from *start* to *end* as a line; blanks at its end take no room."""
        found = self._lines.get((start, end))
        if found is None:
            if len(self._lines) >= _MOST_LINES:
                self._lines.clear()
            found = self._lines[start, end] = self._set(start, end)
        return found

    def wrapped(self, room: float, tracking: float) -> tuple[SetLine, ...]:
        """Return lines that are at most *room* ems wide, unless one cluster alone is wider."""
        found = self._wraps.get((room, tracking))
        if found is None:
            if len(self._wraps) >= _MOST_WRAPS:
                self._wraps.clear()
            found = self._wraps[room, tracking] = tuple(self._parted(room + _SLACK, tracking))
        return found

    def _parted(self, room: float, tracking: float) -> Iterator[SetLine]:
        if self.whole.wide(tracking) <= room:
            yield self.whole
            return
        start = 0
        while start < len(self.text):
            stop = self._stops[bisect_right(self._stops, start)]
            # A word many lines long is not set whole only to see that.
            tried = self._about(start, stop, tracking) <= room * _ABOUT
            line = self._longest(self._stops, start, len(self.text), room, tracking) if tried else None
            if line is None or line.wide(tracking) > room:
                line = self._longest(self._starts, start, stop, room, tracking)
            yield line
            start = line.end

    def _longest(self, ends: list[int], start: int, most: int, room: float, tracking: float) -> SetLine:
        """Return the longest line from *start* to one of *ends* that fits, or the shortest there is."""
        first = chosen = bisect_right(ends, start)
        last = bisect_right(ends, most) - 1
        while chosen < last and self._about(start, ends[chosen + 1], tracking) <= room:
            chosen += 1
        # Letters stand apart differently where a line ends: what was reckoned is tried before it is believed.
        while chosen > first and self.line(start, ends[chosen]).wide(tracking) > room:
            chosen -= 1
        return self.line(start, ends[chosen])

    # Characters

    @cached_property
    def _clusters(self) -> tuple[str, ...]:
        return clusters(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(cluster) for cluster in self._clusters), initial=0))

    @cached_property
    def _scripts(self) -> list[str]:
        return scripted(self.text)

    @cached_property
    def _fonts(self) -> list[Opened | None]:
        of_clusters = [self._scripts[start] for start in self._starts[:-1]]
        return self.style.chain.chosen(self._clusters, of_clusters)

    @cached_property
    def _runs(self) -> list[_Run]:
        """Return neighbouring characters of one font, script and direction, in reading order."""
        levels = bidi.levels(self.text, int(self.rtl))
        keys = [
            (start, end, (font, self._scripts[start], levels[start]))
            for start, end, font in zip(self._starts, self._starts[1:], self._fonts, strict=False)
        ]
        runs = []
        for (font, script, level), group in groupby(keys, key=lambda key: key[2]):
            parts = list(group)
            runs.append(_Run(parts[0][0], parts[-1][1], font, script, level))
        return runs

    @cached_property
    def _run_starts(self) -> list[int]:
        return [run.start for run in self._runs]

    # Lines

    @cached_property
    def _stops(self) -> list[int]:
        return stops(self.text, self.style.language)

    @cached_property
    def _reckoned(self) -> tuple[list[float], list[int]]:
        """Return for each character how wide what is before it is, and how many gaps it has."""
        advances, gaps = [0.0] * len(self.text), [0] * len(self.text)
        for run, shaped in self._shaped(self.text, 0):
            advances[shaped.start] += shaped.advance
            gaps[shaped.start] += _is_tracked(run, shaped)
        return list(accumulate(advances, initial=0.0)), list(accumulate(gaps, initial=0))

    def _about(self, start: int, end: int, tracking: float) -> float:
        widths, gaps = self._reckoned
        shown = shown_end(self.text, start, end)
        between = max(gaps[shown] - gaps[start] - 1, 0)
        return widths[shown] - widths[start] + tracking * between

    def _set(self, start: int, end: int) -> SetLine:
        text = self.text[start : shown_end(self.text, start, end)]
        if text.endswith(SOFT_HYPHEN) and end < len(self.text):
            text = f"{text[:-1]}-"
        blank = any(character in BLANKS for character in text)
        square = not blank and _SQUARE.issuperset(self._scripts[start : start + len(text)])
        glyphs: list[Glyph] = []
        x, gaps, stretches, tracked = 0.0, 0, 0, False
        for run, shaped in self._shaped(text, start):
            half = shaped.advance / 2
            font = run.font
            if font is not None:
                glyphs.extend(
                    Glyph(drawing, font, x + dx, dy, x + half, half, gaps, stretches)
                    for drawing, dx, dy in shaped.pieces
                )
            x += shaped.advance
            tracked = _is_tracked(run, shaped)
            gaps += tracked
            stretches += square or text[shaped.start] in BLANKS
        return SetLine(
            start=start,
            end=end,
            glyphs=tuple(glyphs),
            width=max(x, 0.0),
            gaps=gaps - tracked,
            stretches=max(stretches - square, 0),
        )

    def _shaped(self, text: str, start: int) -> Iterator[tuple[_Run, Shaped]]:
        """Yield what stands for *text*, which begins at *start*, from left to right."""
        first_run = max(bisect_right(self._run_starts, start) - 1, 0)
        runs = self._runs[first_run : bisect_left(self._run_starts, start + len(text))] if text else []
        style = self.style
        for at in bidi.visual([run.level for run in runs]):
            run = runs[at]
            if run.font is None:
                continue
            first, last = max(run.start - start, 0), min(run.end - start, len(text))
            rtl = run.level % 2 == 1
            for shaped in run.font.shaped(
                text, first, last, run.script, style.language, rtl=rtl, apart=style.apart
            ):
                yield run, shaped


def _is_tracked(run: _Run, shaped: Shaped) -> bool:
    return run.script not in JOINING and (shaped.advance != 0 or bool(shaped.pieces))


def paragraphs(text: str, style: Style) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a cleaned text; none for one that shows nothing."""
    if not text.strip():
        return ()
    parts = text.split("\n")
    offsets = accumulate((len(part) + 1 for part in parts), initial=0)
    return tuple(Paragraph(part, offset, style) for part, offset in zip(parts, offsets, strict=False))
