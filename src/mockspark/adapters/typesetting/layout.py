"""Setting text with HarfBuzz: lines, outlines and their places, the same for editor, proof and file.

Inside, lengths are shares of the em until the size is known: text scales as a whole, so it is shaped once.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from typing import Final

from attrs import evolve, field, frozen

from mockspark.adapters.typesetting.breaking import (
    LONGEST,
    base_level,
    cleaned,
    clusters,
    levels,
    shapes,
    units,
)
from mockspark.adapters.typesetting.fonts import Face, FontBook, guessed_language
from mockspark.adapters.typesetting.shaping import (
    JOINING,
    Glyph,
    Run,
    em,
    heights,
    outline,
    painted,
    scripted,
)
from mockspark.application.errors import Rejected
from mockspark.application.ports.lettering import Emoji, LaidText, Letter, Line
from mockspark.domain.holds import HoldReason
from mockspark.domain.layers import TextLayer
from mockspark.domain.outlines import Affine, Polyline, flattened

_ALIGNED: Final = {"left": 0.0, "center": 0.5, "right": 1.0}
_VALIGNED: Final = {"top": 0.0, "middle": 0.5, "bottom": 1.0}
_SMALLEST_UM: Final = 50.0
_SLACK: Final = 1e-6
# Letters turn with the line that they follow: a coarse one would show in their turns before it does in their places.
_FLAT_UM: Final = 0.5
_KEYCAP: Final = "\N{COMBINING ENCLOSING KEYCAP}"
_AS_EMOJI, _AS_TEXT = "\ufe0f", "\ufe0e"
_PICTURES: Final = 0x1F000
# Characters below those that are pictures unless asked otherwise (Emoji_Presentation, Unicode 16).
_PRESENTED: Final = frozenset(
    (
        *(0x231A, 0x231B, 0x23E9, 0x23EA, 0x23EB, 0x23EC, 0x23F0, 0x23F3, 0x25FD, 0x25FE, 0x2614, 0x2615),
        *range(0x2648, 0x2654),
        *(0x267F, 0x2693, 0x26A1, 0x26AA, 0x26AB, 0x26BD, 0x26BE, 0x26C4, 0x26C5, 0x26CE, 0x26D4, 0x26EA),
        *(0x26F2, 0x26F3, 0x26F5, 0x26FA, 0x26FD, 0x2705, 0x270A, 0x270B, 0x2728, 0x274C, 0x274E, 0x2753),
        *(0x2754, 0x2755, 0x2757, 0x2795, 0x2796, 0x2797, 0x27B0, 0x27BF, 0x2B1B, 0x2B1C, 0x2B50, 0x2B55),
    )
)


@frozen(kw_only=True)
class Block:
    """What stands together: a cluster's glyphs, *x* from the line's left, in shares of the em."""

    face: Face
    glyphs: tuple[Glyph, ...]
    x: float
    width: float


@frozen(kw_only=True, slots=False)
class SetLine:
    """One line, in shares of the em; *start* and *end* count characters of what is drawn."""

    blocks: tuple[Block, ...]
    start: int
    end: int
    width: float
    rtl: bool
    spaces: int
    last: bool


@frozen
class HarfBuzzTypesetter:
    """Sets text in the fonts of *book*, and in uploaded ones."""

    book: FontBook = field(factory=FontBook)

    def layout(self, layer: TextLayer, fonts: Mapping[str, bytes]) -> LaidText:
        """Set *layer*; raises Rejected when a named font is not there, or the text is too long."""
        if len(layer.text) > LONGEST:
            words = f"it is longer than {LONGEST} characters: shorten it."
            raise Rejected(words, reason=HoldReason.RENDER_FAILED)
        text = cleaned(layer.text)
        language = layer.language or guessed_language(text)
        faces = self.book.chain(layer.font, layer.fallback, fonts, language=language)
        return _Setting(layer=layer, text=text, faces=faces, language=language).laid()

    def content(self, font: str, fonts: Mapping[str, bytes]) -> bytes:
        """Return the file of a font that an Emoji names; raises Rejected when it is not there."""
        return self.book.face(font, fonts).content

    def knows(self, font: str) -> bool:
        """Tell whether a font of that name is installed."""
        return self.book.knows(font)


@frozen(kw_only=True, slots=False)
class _Setting:
    """One text, on its way to outlines."""

    layer: TextLayer
    text: str
    faces: tuple[Face, ...] = field(repr=False)
    language: str

    def laid(self) -> LaidText:
        lines, size = self._fitted
        height = len(lines) * self._leading * size
        place = self._places(lines, size)
        blocks = [
            (block, place.of(index, block)) for index, line in enumerate(lines) for block in line.blocks
        ]
        return LaidText(
            lines=tuple(self._line(line, index, size) for index, line in enumerate(lines)),
            letters=tuple(letter for block, at in blocks for letter in _letters(block, at, size)),
            emoji=tuple(emoji for block, at in blocks for emoji in _emoji(block, at, size)),
            size=size,
            width=max((line.width * size for line in lines), default=0.0),
            height=height,
            overflows=self._overflows(lines, size) or place.overflows,
            missing=self._missing,
        )

    # How large, and where lines end

    @cached_property
    def _fitted(self) -> tuple[tuple[SetLine, ...], float]:
        size = float(self.layer.size)
        if self.layer.fit == "wrap":
            most = self.layer.box.width / size
            return tuple(line for at in self._paragraphs for line in self._wrapped(*at, most)), size
        lines = tuple(self._set(start, end, last=True) for start, end in self._paragraphs)
        if self.layer.fit == "shrink":
            size = max(min(size, self._largest(lines)), _SMALLEST_UM)
        return lines, size

    def _largest(self, lines: Sequence[SetLine]) -> float:
        """Return the em at which *lines* just fit the box."""
        box = self.layer.box
        room = self._path_length if self._path_length is not None else box.width
        width = max((line.width for line in lines), default=0.0)
        across = room / width if width > 0 else math.inf
        down = box.height / (len(lines) * self._leading) if box.height and lines else math.inf
        return min(across, down) * (1 - _SLACK)

    def _overflows(self, lines: Sequence[SetLine], size: float) -> bool:
        if self.layer.fit == "overflow":
            return False
        box = self.layer.box
        wide = any(line.width * size > box.width * (1 + _SLACK) for line in lines)
        high = bool(box.height) and len(lines) * self._leading * size > box.height * (1 + _SLACK)
        return high or (wide and self._path_length is None)

    @cached_property
    def _leading(self) -> float:
        return self.layer.leading / 1000

    @cached_property
    def _paragraphs(self) -> tuple[tuple[int, int], ...]:
        """Return start and end of each line that the text itself asks for."""
        ends = [at for at, character in enumerate(self._drawn) if character == "\n"]
        starts = [0, *(end + 1 for end in ends)]
        return tuple(zip(starts, [*ends, len(self._drawn)], strict=True)) if self._drawn.strip() else ()

    def _wrapped(self, start: int, end: int, most: float) -> Iterator[SetLine]:
        begin, at = start, start
        for unit in units(self._drawn[start:end]):
            after = at + len(unit)
            if at > begin and self._wide(begin, at + len(unit.rstrip(" "))) > most:
                yield self._set(begin, at, last=False)
                begin = at
            if self._wide(begin, at + len(unit.rstrip(" "))) > most:
                *full, begin = self._broken(begin, after, most)
                for one, other in pairwise((*full, begin)):
                    yield self._set(one, other, last=False)
            at = after
        yield self._set(begin, end, last=True)

    def _broken(self, start: int, end: int, most: float) -> list[int]:
        """Return where the pieces of a word begin that is too wide for a line of its own."""
        starts, at = [start], start
        for cluster in clusters(self._drawn[start:end]):
            after = at + len(cluster)
            if at > starts[-1] and self._wide(starts[-1], after) > most:
                starts.append(at)
            at = after
        return starts

    def _wide(self, start: int, end: int) -> float:
        """Return about how wide a part is, from the widths of its characters in their paragraph."""
        return self._widths[end] - self._widths[start]

    @cached_property
    def _widths(self) -> list[float]:
        """Return how far each character lies from the beginning, counted as if all stood on one line."""
        advances = [0.0] * (len(self._drawn) + 1)
        for start, end in self._paragraphs:
            for block in self._blocks(start, end):
                advances[block[0] + 1] += block[1].width
        total, sums = 0.0, []
        for advance in advances:
            total += advance
            sums.append(total)
        return sums

    # One line

    def _set(self, start: int, end: int, *, last: bool) -> SetLine:
        while end > start and self._drawn[end - 1] == " ":
            end -= 1
        blocks, x = [], 0.0
        for _, block in self._blocks(start, end):
            blocks.append(evolve(block, x=x))
            x += block.width
        width = x - (self._tracked(blocks[-1]) if blocks else 0.0)
        return SetLine(
            blocks=tuple(blocks),
            start=start,
            end=end,
            width=max(width, 0.0),
            rtl=base_level(self._drawn[start:end], self.layer.direction) == 1,
            spaces=self._drawn[start:end].count(" "),
            last=last,
        )

    def _blocks(self, start: int, end: int) -> Iterator[tuple[int, Block]]:
        """Yield the clusters of a line from left to right, each with its first character; all at x = 0."""
        tracking = self.layer.tracking / 1000
        for run in _seen(list(self._runs(start, end))):
            glyphs = run.glyphs(self.language, apart=bool(tracking))
            extra = 0.0 if run.script in JOINING else tracking
            for cluster, group in groupby(glyphs, key=lambda glyph: glyph.cluster):
                kept = tuple(group)
                width = sum(glyph.advance for glyph in kept) + extra
                yield run.start + cluster, Block(face=run.face, glyphs=kept, x=0.0, width=width)

    def _tracked(self, block: Block) -> float:
        return block.width - sum(glyph.advance for glyph in block.glyphs)

    def _runs(self, start: int, end: int) -> Iterator[Run]:
        text = self._drawn[start:end]
        found = levels(text, self.layer.direction)
        keys = list(zip(self._faced[start:end], scripted(text), found, strict=True))
        at = 0
        for (face, script, level), group in groupby(keys, key=lambda key: key):
            count = len(list(group))
            yield Run(text=text[at : at + count], start=start + at, face=face, script=script, level=level)
            at += count

    # Which font draws what

    @cached_property
    def _resolved(self) -> tuple[tuple[str, Face | None], ...]:
        return tuple((cluster, _face(self.faces, cluster)) for cluster in clusters(self.text))

    @cached_property
    def _drawn(self) -> str:
        """Return the text without what no font has."""
        return "".join(cluster for cluster, face in self._resolved if face is not None or cluster == "\n")

    @cached_property
    def _faced(self) -> tuple[Face, ...]:
        """Return the font of each character that is drawn; blanks and signs stay with what is before them."""
        faces: list[Face] = []
        for cluster, face in self._resolved:
            if cluster == "\n":
                faces.append(self.faces[0])
            elif face is not None:
                before = faces[-1] if faces else None
                stays = cluster == " " and before is not None and not before.colour and _has(before, cluster)
                faces.extend([before if stays and before is not None else face] * len(cluster))
        return tuple(faces)

    @cached_property
    def _missing(self) -> tuple[str, ...]:
        lacking = (cluster for cluster, face in self._resolved if face is None and cluster != "\n")
        return tuple(dict.fromkeys(one for cluster in lacking for one in _gaps(self.faces, cluster)))

    # Where lines stand

    def _line(self, line: SetLine, index: int, size: float) -> Line:
        return Line(
            start=line.start,
            end=line.end,
            x=self._left(line, size),
            baseline=self._baseline(index, size),
            width=line.width * size,
            rtl=line.rtl,
        )

    def _left(self, line: SetLine, size: float) -> float:
        share = _ALIGNED.get(self.layer.align, 1.0 if line.rtl else 0.0)
        return (self.layer.box.width - self._stretched(line, size)) * share

    def _stretched(self, line: SetLine, size: float) -> float:
        return line.width * size + self._gap(line, size) * line.spaces

    def _gap(self, line: SetLine, size: float) -> float:
        """Return what is added to each space of a line that fills its box."""
        if self.layer.align != "justify" or line.last or not line.spaces:
            return 0.0
        return max(self.layer.box.width - line.width * size, 0.0) / line.spaces

    def _baseline(self, index: int, size: float) -> float:
        above, below = heights(self.faces[0])
        first = (self._leading - above - below) / 2 + above
        return self._top(size) + (index * self._leading + first) * size

    def _top(self, size: float) -> float:
        box = self.layer.box
        if not box.height:
            return 0.0
        return (box.height - len(self._fitted[0]) * self._leading * size) * _VALIGNED[self.layer.valign]

    def _places(self, lines: Sequence[SetLine], size: float) -> "_Straight | _Arched | _Following":
        straight = _Straight(
            lefts=tuple(self._left(line, size) for line in lines),
            baselines=tuple(self._baseline(index, size) for index in range(len(lines))),
            gaps=tuple(self._gap(line, size) for line in lines),
            spaces=tuple(_spaces(line) if self._gap(line, size) else () for line in lines),
            size=size,
        )
        if self._path is not None and self._path_length is not None:
            shares = _ALIGNED.get(self.layer.align, 0.0)
            starts = tuple((self._path_length - line.width * size) * shares for line in lines)
            return _Following(line=self._path, starts=starts, leading=self._leading * size, size=size)
        if self.layer.arc and lines:
            return self._arched(lines, straight, size)
        return straight

    def _arched(self, lines: Sequence[SetLine], straight: "_Straight", size: float) -> "_Arched":
        widest = max(line.width for line in lines) * size
        angle = math.radians(self.layer.arc / 1000)
        share = _ALIGNED.get(self.layer.align, 0.5)
        return _Arched(
            middle=self.layer.box.width / 2,
            baseline=straight.baselines[0],
            radius=widest / angle if widest else 1.0,
            starts=tuple(-widest / 2 + (widest - line.width * size) * share for line in lines),
            leading=self._leading * size,
            size=size,
        )

    @cached_property
    def _path(self) -> Polyline | None:
        return next(flattened(self.layer.path, _FLAT_UM), None) if self.layer.path else None

    @cached_property
    def _path_length(self) -> float | None:
        if self._path is None:
            return None
        return sum(math.dist(one, other) for one, other in pairwise(self._path.points))


@frozen(kw_only=True)
class _Straight:
    """Lines as they usually are."""

    lefts: tuple[float, ...]
    baselines: tuple[float, ...]
    gaps: tuple[float, ...]
    spaces: tuple[tuple[float, ...], ...]
    size: float
    overflows: bool = False

    def of(self, index: int, block: Block) -> Affine:
        """Return where *block* of line *index* begins."""
        before = (
            sum(1 for x in self.spaces[index] if x < block.x) * self.gaps[index] if self.gaps[index] else 0.0
        )
        return Affine.moved(self.lefts[index] + block.x * self.size + before, self.baselines[index])


@frozen(kw_only=True)
class _Arched:
    """Lines around one point: above it when *radius* is positive, which leaves less room to further lines."""

    middle: float
    baseline: float
    radius: float
    starts: tuple[float, ...]
    leading: float
    size: float

    @property
    def overflows(self) -> bool:
        """Tell whether the innermost line has no room left to turn."""
        return 0 < self.radius <= (len(self.starts) - 1) * self.leading + self.size / 4

    def of(self, index: int, block: Block) -> Affine:
        """Return where *block* of line *index* begins, its middle touching the circle."""
        radius = self.radius - index * self.leading
        if self.radius > 0 and radius < self.size / 4:
            radius = self.size / 4
        half = block.width * self.size / 2
        along = self.starts[index] + block.x * self.size + half
        turn = math.degrees(along / radius) * 1000
        circle = Affine.turned(turn, self.middle, self.baseline + self.radius)
        at_top = Affine.moved(self.middle - half, self.baseline + self.radius - radius)
        return circle.after(at_top)


@frozen(kw_only=True, slots=False)
class _Following:
    """Lines along a given one, further ones below it."""

    line: Polyline
    starts: tuple[float, ...]
    leading: float
    size: float

    @cached_property
    def overflows(self) -> bool:
        """Tell whether a line is longer than what it follows."""
        return min(self.starts, default=0.0) < -1.0

    def of(self, index: int, block: Block) -> Affine:
        """Return where *block* of line *index* begins, its middle on the line."""
        half = block.width * self.size / 2
        (x, y), turn = self._at(self.starts[index] + block.x * self.size + half)
        down = Affine.moved(-half, index * self.leading)
        return Affine.moved(x, y).after(Affine.turned(turn)).after(down)

    def _at(self, along: float) -> tuple[tuple[float, float], float]:
        segment = self._segments[0]
        for candidate in self._segments:
            segment = candidate
            if along <= candidate[0] + candidate[1]:
                break
        before, _, (x, y), turn = segment
        angle = math.radians(turn / 1000)
        return (x + math.cos(angle) * (along - before), y + math.sin(angle) * (along - before)), turn

    @cached_property
    def _segments(self) -> tuple[tuple[float, float, tuple[float, float], float], ...]:
        """Return for each straight piece: how far along it begins, its length, where, and its turn."""
        pieces, before = [], 0.0
        for (x1, y1), (x2, y2) in pairwise(self.line.points):
            length = math.hypot(x2 - x1, y2 - y1)
            if length:
                pieces.append((before, length, (x1, y1), math.degrees(math.atan2(y2 - y1, x2 - x1)) * 1000))
                before += length
        return tuple(pieces) or ((0.0, 0.0, self.line.points[0], 0.0),)


def _spaces(line: SetLine) -> tuple[float, ...]:
    """Return where on the line its spaces lie."""
    return tuple(
        block.x for block in line.blocks if all(not outline(block.face, glyph.id) for glyph in block.glyphs)
    )


def _letters(block: Block, at: Affine, size: float) -> Iterator[Letter]:
    scale = size / em(block.face)
    x = 0.0
    for glyph in block.glyphs:
        if not (block.face.colour and painted(block.face, glyph.id)):
            drawn = outline(block.face, glyph.id)
            if drawn:
                yield Letter(outline=drawn, place=_placed(at, x + glyph.x, glyph.y, size, scale))
        x += glyph.advance


def _emoji(block: Block, at: Affine, size: float) -> Iterator[Emoji]:
    if not block.face.colour:
        return
    scale = size / em(block.face)
    x = 0.0
    for glyph in block.glyphs:
        bounds = painted(block.face, glyph.id)
        if bounds is not None:
            place = _placed(at, x + glyph.x, glyph.y, size, scale)
            yield Emoji(font=block.face.id, glyph=glyph.id, place=place, bounds=bounds)
        x += glyph.advance


def _placed(at: Affine, x: float, y: float, size: float, scale: float) -> Affine:
    moved = Affine(scale, 0.0, 0.0, scale, x * size, -y * size)
    return at.after(moved)


def _seen(runs: list[Run]) -> list[Run]:
    """Return *runs* from left to right (UAX 9, rule L2)."""
    most = max((run.level for run in runs), default=0)
    for level in range(most, 0, -1):
        ordered: list[Run] = []
        for turned, group in groupby(runs, key=lambda run: run.level >= level):
            part = list(group)
            ordered.extend(reversed(part) if turned else part)
        runs = ordered
    return runs


@lru_cache(maxsize=16_384)
def _face(faces: tuple[Face, ...], cluster: str) -> Face | None:
    """Return the first font that has all of *cluster*; pictures are looked for in colour first."""
    wanted = shapes(cluster)
    if _is_picture(cluster):
        coloured = next((face for face in faces if face.colour and _has(face, wanted)), None)
        if coloured is not None:
            return coloured
    plain = next((face for face in faces if not face.colour and _has(face, wanted)), None)
    return plain or next((face for face in faces if _has(face, wanted)), None)


def _is_picture(cluster: str) -> bool:
    if _AS_TEXT in cluster:
        return False
    if _AS_EMOJI in cluster or _KEYCAP in cluster:
        return True
    return any(ord(one) >= _PICTURES or ord(one) in _PRESENTED for one in cluster)


def _has(face: Face, wanted: str) -> bool:
    return all(ord(character) in face.characters for character in wanted)


def _gaps(faces: tuple[Face, ...], cluster: str) -> Iterator[str]:
    """Yield the characters of *cluster* that no font has, or those that no font has together with the first."""
    wanted = shapes(cluster)
    nobody = [one for one in wanted if not any(_has(face, one) for face in faces)]
    yield from nobody or wanted[1:]
