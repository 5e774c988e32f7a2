"""Reading directions: the bidirectional algorithm of Unicode (UAX 9), up to the level of each character."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from attrs import define, frozen

_DEEPEST: Final = 125
_MOST_BRACKETS: Final = 63
_TURNING: Final = frozenset(("R", "AL", "AN", "RLE", "RLO", "RLI"))
_EMBEDDING: Final = {"LRE": (0, ""), "RLE": (1, ""), "LRO": (0, "L"), "RLO": (1, "R")}
_ISOLATING: Final = frozenset(("LRI", "RLI", "FSI"))
_ISOLATES: Final = frozenset((*_ISOLATING, "PDI"))
_REMOVED: Final = frozenset((*_EMBEDDING, "PDF", "BN"))
_NEUTRAL: Final = frozenset(("B", "S", "WS", "ON", *_ISOLATES))
# Between neutrals, numbers count as if they ran to the left.
_SIDES: Final = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
# Characters that this Python does not know yet: blocks that run to the left, and pictures.
_LEFTWARD: Final = (
    range(0x590, 0x900),
    range(0xFB1D, 0xFE00),
    range(0x10800, 0x11000),
    range(0x1E800, 0x1F000),
)
_PICTURES: Final = range(0x1F000, 0x1FB00)
# The brackets whose other half is the next character, and the two pairs that cross.
_BRACKETS: Final = dict(
    pair
    for opening in (
        *(0x5B, 0x7B, 0x28, 0x0F3A, 0x0F3C, 0x169B, 0x2045, 0x207D, 0x208D, 0x2308, 0x230A, 0x2329),
        *range(0x2768, 0x2776, 2),
        0x27C5,
        *range(0x27E6, 0x27F0, 2),
        *range(0x2983, 0x298D, 2),
        *range(0x2991, 0x2999, 2),
        *(0x29D8, 0x29DA, 0x29FC, 0x2E22, 0x2E24, 0x2E26, 0x2E28, 0x2E55, 0x2E57, 0x2E59, 0x2E5B),
        *(0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0x3014, 0x3016, 0x3018, 0x301A),
        *(0xFE59, 0xFE5B, 0xFE5D, 0xFF08, 0xFF3B, 0xFF5B, 0xFF5F, 0xFF62),
    )
    for pair in ((chr(opening), chr(opening + (2 if opening in (0x5B, 0x7B, 0xFF3B, 0xFF5B) else 1))),)
) | {"\u298d": "\u2990", "\u298f": "\u298e"}
_CLOSING: Final = frozenset(_BRACKETS.values())
_SAME: Final = {"\u232a": "\u3009"}


def base_level(text: str, direction: str) -> int:
    """Return 1 for a paragraph that runs to the left, else 0; *direction* is `auto`, `ltr` or `rtl`."""
    if direction != "auto":
        return int(direction == "rtl")
    return 0 if text.isascii() else int(_first_strong([_kind(one) for one in text], 0, len(text)) == "R")


def levels(text: str, base: int) -> tuple[int, ...]:
    """Return the level of each character of a paragraph: odd ones run to the left.

    Characters that only steer have the level of what stands before them.
    """
    kinds = ["L"] * len(text) if text.isascii() and not base else [_kind(one) for one in text]
    if not base and _TURNING.isdisjoint(kinds):
        return (0,) * len(text)
    matches, openers = _matches(kinds), {at for at, kind in enumerate(kinds) if kind in _ISOLATING}
    found = _explicit(kinds, base, matches)
    kept = [at for at, kind in enumerate(kinds) if kind not in _REMOVED]
    for sequence in list(_sequences(kinds, found, kept, matches, openers, base)):
        _resolve(sequence, text, found)
    level = base
    for at, kind in enumerate(kinds):
        level = found[at] = level if kind in _REMOVED else found[at]
    return tuple(found)


def visual(order: Sequence[int]) -> list[int]:
    """Return the places of a line's levels from left to right (rule L2)."""
    seen = list(range(len(order)))
    odd = [level for level in order if level % 2]
    for level in range(max(order, default=0), min(odd, default=1) - 1, -1):
        turned: list[int] = []
        for high, group in groupby(seen, key=lambda at: order[at] >= level):
            part = list(group)
            turned.extend(reversed(part) if high else part)
        seen = turned
    return seen


@frozen(kw_only=True)
class _Sequence:
    """Characters that are resolved together (an isolating run sequence); *before* and *after* are its sides."""

    places: tuple[int, ...]
    kinds: list[str]
    level: int
    before: str
    after: str

    @property
    def side(self) -> str:
        return "R" if self.level % 2 else "L"


def _kind(character: str) -> str:
    return unicodedata.bidirectional(character) or _guessed(ord(character))


def _guessed(code: int) -> str:
    if code in _PICTURES:
        return "ON"
    return "R" if any(code in block for block in _LEFTWARD) else "L"


def _first_strong(kinds: Sequence[str], start: int, end: int) -> str:
    """Return L or R for the first letter outside of isolates, or nothing."""
    depth = 0
    for at in range(start, end):
        kind = kinds[at]
        if kind in _ISOLATING:
            depth += 1
        elif kind == "PDI":
            depth = max(depth - 1, 0)
        elif not depth and kind in ("L", "R", "AL"):
            return "L" if kind == "L" else "R"
    return ""


def _matches(kinds: Sequence[str]) -> dict[int, int]:
    """Return where each isolate that is closed ends."""
    matches: dict[int, int] = {}
    opened: list[int] = []
    for at, kind in enumerate(kinds):
        if kind in _ISOLATING:
            opened.append(at)
        elif kind == "PDI" and opened:
            matches[opened.pop()] = at
    return matches


def _explicit(kinds: list[str], base: int, matches: Mapping[int, int]) -> list[int]:
    """Return the levels that embeddings and isolates give (X1 to X8); overrides change *kinds*."""
    original = tuple(kinds)
    nesting = _Nesting([(base, "", False)])
    found: list[int] = []
    for at, kind in enumerate(original):
        if kind == "PDI":
            nesting.leave_isolate()
        level, override, _ = nesting.entries[-1]
        found.append(base if kind == "B" else level)
        if override and kind not in _REMOVED and kind != "B":
            kinds[at] = override
        if kind in _EMBEDDING:
            nesting.embed(*_EMBEDDING[kind])
        elif kind in _ISOLATING:
            nesting.isolate(_parity(kind, original, at, matches))
        elif kind == "PDF":
            nesting.leave_embedding()
    return found


@define
class _Nesting:
    """Embeddings and isolates that are open: each with its level, what it makes of letters, whether it isolates."""

    entries: list[tuple[int, str, bool]]
    isolates: int = 0
    lost_isolates: int = 0
    lost_embeddings: int = 0

    def embed(self, parity: int, forced: str) -> None:
        level = _deeper(self.entries[-1][0], parity)
        if self._has_room(level):
            self.entries.append((level, forced, False))
        elif not self.lost_isolates:
            self.lost_embeddings += 1

    def isolate(self, parity: int) -> None:
        level = _deeper(self.entries[-1][0], parity)
        if self._has_room(level):
            self.entries.append((level, "", True))
            self.isolates += 1
        else:
            self.lost_isolates += 1

    def leave_isolate(self) -> None:
        if self.lost_isolates:
            self.lost_isolates -= 1
        elif self.isolates:
            self.lost_embeddings = 0
            while not self.entries.pop()[2]:
                pass
            self.isolates -= 1

    def leave_embedding(self) -> None:
        if self.lost_isolates:
            return
        if self.lost_embeddings:
            self.lost_embeddings -= 1
        elif not self.entries[-1][2] and len(self.entries) > 1:
            self.entries.pop()

    def _has_room(self, level: int) -> bool:
        return level <= _DEEPEST and not self.lost_isolates and not self.lost_embeddings


def _deeper(level: int, parity: int) -> int:
    return level + 1 if (level + 1) % 2 == parity else level + 2


def _parity(kind: str, kinds: Sequence[str], at: int, matches: Mapping[int, int]) -> int:
    if kind == "FSI":
        return int(_first_strong(kinds, at + 1, matches.get(at, len(kinds))) == "R")
    return int(kind == "RLI")


def _sequences(
    kinds: Sequence[str],
    found: Sequence[int],
    kept: Sequence[int],
    matches: Mapping[int, int],
    openers: Collection[int],
    base: int,
) -> Iterator[_Sequence]:
    runs = [list(group) for _, group in groupby(kept, key=lambda at: found[at])]
    beginning = {run[0]: run for run in runs}
    position = {at: place for place, at in enumerate(kept)}
    closers = set(matches.values())
    for run in runs:
        if run[0] in closers:
            continue
        places = list(run)
        while following := beginning.get(matches.get(places[-1], -1)):
            places += following
        first, last = position[places[0]], position[places[-1]]
        level = found[places[0]]
        earlier = found[kept[first - 1]] if first else base
        later = base if places[-1] in openers or last + 1 == len(kept) else found[kept[last + 1]]
        yield _Sequence(
            places=tuple(places),
            kinds=[kinds[at] for at in places],
            level=level,
            before="R" if max(level, earlier) % 2 else "L",
            after="R" if max(level, later) % 2 else "L",
        )


def _resolve(sequence: _Sequence, text: str, found: list[int]) -> None:
    original = tuple(sequence.kinds)
    _resolve_weak(sequence)
    _resolve_brackets(sequence, text, original)
    _resolve_neutral(sequence)
    for at, kind in zip(sequence.places, sequence.kinds, strict=True):
        if sequence.level % 2:
            found[at] += kind in ("L", "EN", "AN")
        else:
            found[at] += {"R": 1, "EN": 2, "AN": 2}.get(kind, 0)


def _resolve_weak(sequence: _Sequence) -> None:
    """Settle marks, numbers and the signs in and about numbers (W1 to W7)."""
    kinds = sequence.kinds
    _resolve_marks(kinds, sequence.before)
    _resolve_numbers(kinds, sequence.before, after="AL", become="AN")
    for at, kind in enumerate(kinds):
        if kind == "AL":
            kinds[at] = "R"
        elif kind in ("ES", "CS") and 0 < at < len(kinds) - 1 and kinds[at - 1] == kinds[at + 1]:
            numbers = ("EN",) if kind == "ES" else ("EN", "AN")
            kinds[at] = kinds[at - 1] if kinds[at - 1] in numbers else kind
    _resolve_terminators(kinds)
    _resolve_numbers(kinds, sequence.before, after="L", become="L")


def _resolve_marks(kinds: list[str], before: str) -> None:
    for at, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[at] = "ON" if before in _ISOLATES else before
        before = kinds[at]


def _resolve_numbers(kinds: list[str], strong: str, *, after: str, become: str) -> None:
    for at, kind in enumerate(kinds):
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == after:
            kinds[at] = become


def _resolve_terminators(kinds: list[str]) -> None:
    """Count signs such as % and € to the number beside them; other signs are neutral (W5, W6)."""
    at = 0
    for kind, group in [(kind, len(list(group))) for kind, group in groupby(kinds)]:
        if kind == "ET":
            beside = "EN" in (
                kinds[at - 1] if at else "",
                kinds[at + group] if at + group < len(kinds) else "",
            )
            kinds[at : at + group] = ["EN" if beside else "ON"] * group
        elif kind in ("ES", "CS"):
            kinds[at : at + group] = ["ON"] * group
        at += group


def _resolve_brackets(sequence: _Sequence, text: str, original: Sequence[str]) -> None:
    """Let both halves of a pair run the same way (N0)."""
    kinds, side = sequence.kinds, sequence.side
    for opening, closing in _pairs(sequence, text):
        inside = {_SIDES[kind] for kind in kinds[opening + 1 : closing] if kind in _SIDES}
        if side in inside:
            chosen = side
        elif inside:
            earlier = (_SIDES[kind] for kind in reversed(kinds[:opening]) if kind in _SIDES)
            chosen = side if next(earlier, sequence.before) == side else next(iter(inside))
        else:
            continue
        for half in (opening, closing):
            kinds[half] = chosen
            follower = half + 1
            while follower < len(kinds) and original[follower] == "NSM":
                kinds[follower] = chosen
                follower += 1


def _pairs(sequence: _Sequence, text: str) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    for at, place in enumerate(sequence.places):
        character = text[place]
        if sequence.kinds[at] != "ON":
            continue
        if character in _BRACKETS:
            if len(opened) == _MOST_BRACKETS:
                return []
            closing = _BRACKETS[character]
            opened.append((_SAME.get(closing, closing), at))
        elif character in _CLOSING:
            wanted = _SAME.get(character, character)
            for depth in range(len(opened) - 1, -1, -1):
                if opened[depth][0] == wanted:
                    pairs.append((opened[depth][1], at))
                    del opened[depth:]
                    break
    return sorted(pairs)


def _resolve_neutral(sequence: _Sequence) -> None:
    """Give blanks and signs the direction of what is on both their sides, else of their surroundings (N1, N2)."""
    kinds = sequence.kinds
    at = 0
    for neutral, group in [(n, len(list(g))) for n, g in groupby(kinds, key=_NEUTRAL.__contains__)]:
        if neutral:
            before = _SIDES[kinds[at - 1]] if at else sequence.before
            after = _SIDES[kinds[at + group]] if at + group < len(kinds) else sequence.after
            kinds[at : at + group] = [before if before == after else sequence.side] * group
        at += group
