"""Setting text: which font draws which character, where lines break, how large it may be."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve, frozen
from PIL import features

from mockspark.adapters.rendering.fonts import Face

LONGEST: Final = 20_000
# Joiners, direction marks, variation selectors: they steer shaping and have no shape of their own.
_STEERING: Final = frozenset(
    (
        *(0xAD, 0x34F, 0x61C, 0xFEFF),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
    )
)
_RTL: Final = "rtl" if features.check("raqm") else None
_RIGHT_TO_LEFT: Final = frozenset(("R", "AL"))


@frozen(kw_only=True)
class Run:
    """Neighbouring characters that one font draws; *direction* is the line's, or None to follow its own."""

    text: str
    face: Face
    direction: str | None = None

    def width(self, size: float) -> float:
        """Return how far the pen moves at an em of *size* pixels."""
        return float(self.face.at(size).getlength(self.text, direction=self.direction))


@frozen(kw_only=True)
class Line:
    """What stands on one line, from left to right."""

    runs: tuple[Run, ...]
    width: float


@frozen(kw_only=True)
class TextBlock:
    """Lines of one size in pixels; *overflows* says that they need more room than they were given."""

    lines: tuple[Line, ...]
    size: float
    leading: float
    ascent: float
    overflows: bool = False

    @property
    def width(self) -> float:
        """Return the width of the longest line."""
        return max((line.width for line in self.lines), default=0.0)

    @property
    def height(self) -> float:
        """Return the height of all lines."""
        return self.leading * len(self.lines)

    def baseline(self, index: int) -> float:
        """Return how far below the top line *index* stands."""
        return self.leading * index + self.ascent


@frozen
class Typesetter:
    """Sets text in one font and those that fill its gaps."""

    _faces: Sequence[Face]
    _leading: int = 1200

    def missing(self, text: str) -> tuple[str, ...]:
        """Return the characters that no font has, each once."""
        found = (character for cluster in _clusters(cleaned(text)) for character in self._gaps(cluster))
        return tuple(dict.fromkeys(found))

    def set(self, text: str, size: float, *, width: float, height: float, fit: str) -> TextBlock:
        """Set *text*; a height of zero is an open one."""
        drawable = self._drawable(cleaned(text))
        if fit == "shrink":
            return self._shrunk(drawable, size, width, height)
        block = self._block(drawable.split("\n"), size)
        if fit == "overflow":
            return block
        lines = [part for line in drawable.split("\n") for part in self._wrapped(line, size, width)]
        block = self._block(lines, size)
        too_high = bool(height) and block.height > height + 0.5
        return evolve(block, overflows=too_high or block.width > width + 0.5)

    def _shrunk(self, text: str, size: float, width: float, height: float) -> TextBlock:
        lines = text.split("\n")
        block = self._block(lines, size)
        while not _fits(block, width, height) and block.size > 1:
            share = min(width / max(block.width, 1e-6), height / block.height if height else 1.0)
            block = self._block(lines, max(block.size * min(share, 0.995), 1.0))
        return evolve(block, overflows=not _fits(block, width, height))

    def _block(self, lines: Iterable[str], size: float) -> TextBlock:
        ascent, descent = self._faces[0].at(size).getmetrics()
        leading = size * self._leading / 1000
        return TextBlock(
            lines=tuple(self._line(line, size) for line in lines),
            size=size,
            leading=leading,
            ascent=(leading - ascent - descent) / 2 + ascent,
        )

    def _line(self, text: str, size: float) -> Line:
        runs = self._runs(text)
        return Line(runs=runs, width=sum(run.width(size) for run in runs))

    def _runs(self, text: str) -> tuple[Run, ...]:
        if not text:
            return ()
        whole = self._face(text)
        if whole is not None and (whole is self._faces[0] or _mixes_directions(text)):
            return (Run(text=text, face=whole),)
        runs: list[Run] = []
        for cluster in _clusters(text):
            face = self._face(cluster) or self._faces[0]
            if runs and (runs[-1].face is face or (cluster == " " and runs[-1].face.has(cluster))):
                runs[-1] = evolve(runs[-1], text=runs[-1].text + cluster)
            else:
                runs.append(Run(text=cluster, face=face))
        if not _starts_right(text):
            return tuple(runs)
        # Digits and signs in a run of their own would forget that the line runs from right to left.
        return tuple(evolve(run, direction=_RTL) for run in reversed(runs))

    def _face(self, text: str) -> Face | None:
        shapes = _shapes(text)
        return next((face for face in self._faces if face.has(shapes)), None)

    def _gaps(self, cluster: str) -> Iterator[str]:
        if self._face(cluster) is not None:
            return
        nobody = [character for character in _shapes(cluster) if self._face(character) is None]
        yield from nobody or _shapes(cluster)[1:]

    def _drawable(self, text: str) -> str:
        return "".join(
            cluster for cluster in _clusters(text) if cluster == "\n" or self._face(cluster) is not None
        )

    def _wrapped(self, line: str, size: float, width: float) -> Iterator[str]:
        def measure(text: str) -> float:
            return self._line(text, size).width

        current = ""
        for word in line.split(" "):
            longer = f"{current} {word}" if current else word
            if measure(longer) <= width:
                current = longer
                continue
            if current:
                yield current
            *full, current = _broken(word, width, measure)
            yield from full
        yield current


def cleaned(text: str) -> str:
    """Return *text* composed, with plain blanks and line breaks and without other control characters."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_plain(character) for character in composed[:LONGEST])


def _plain(character: str) -> str:
    if character == "\n":
        return character
    match unicodedata.category(character):
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Cc":
            return " " if character == "\t" else ""
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
        case _:
            return character


def _shapes(text: str) -> str:
    return "".join(character for character in text if ord(character) not in _STEERING and character != "\n")


def _clusters(text: str) -> Iterator[str]:
    """Yield each character with the marks and joiners that belong to it."""
    current = ""
    for character in text:
        if current and not _belongs(character, current):
            yield current
            current = ""
        current += character
    if current:
        yield current


def _belongs(character: str, before: str) -> bool:
    if character == "\n" or before == "\n":
        return False
    joined = before.endswith("\N{ZERO WIDTH JOINER}")
    return joined or ord(character) in _STEERING or unicodedata.category(character).startswith("M")


def _broken(word: str, width: float, measure: Callable[[str], float]) -> list[str]:
    parts = [""]
    for cluster in _clusters(word):
        if parts[-1] and measure(parts[-1] + cluster) > width:
            parts.append("")
        parts[-1] += cluster
    return parts


def _fits(block: TextBlock, width: float, height: float) -> bool:
    return block.width <= width and (not height or block.height <= height)


def _mixes_directions(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def _starts_right(text: str) -> bool:
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind in _RIGHT_TO_LEFT for kind in strong if kind == "L" or kind in _RIGHT_TO_LEFT), False)
