"""Outlines that cut what lies below them, several joined into one."""

from collections.abc import Sequence
from itertools import combinations

from attrs import frozen

from mockspark.adapters.importing.paths import area, bounds, reversed_
from mockspark.domain.outlines import Bounds, Outline


@frozen
class Cut:
    """Keeps the inside of *outline*."""

    outline: Outline
    rule: str = "nonzero"


def joined(cuts: Sequence[Cut]) -> tuple[Cut, bool]:
    """Return one cut that keeps what any of *cuts* does, and whether it is exactly that."""
    seen = [cut for cut in cuts if cut.outline]
    if len(seen) == 1:
        return seen[0], True
    if any(cut.rule == "evenodd" for cut in seen):
        alike = all(cut.rule == "evenodd" for cut in seen)
        whole = Outline.joined(cut.outline for cut in seen)
        return Cut(whole, "evenodd" if alike else "nonzero"), alike and not _overlap(seen)
    # Contours that run the same way round add up where they overlap, and none takes from another.
    same = (cut.outline if area(cut.outline) >= 0 else reversed_(cut.outline) for cut in seen)
    return Cut(Outline.joined(same)), True


def _overlap(cuts: Sequence[Cut]) -> bool:
    boxes = [box for cut in cuts if (box := bounds(cut.outline)) is not None]
    return any(_touch(one, other) for one, other in combinations(boxes[:200], 2)) or len(boxes) > 200


def _touch(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
