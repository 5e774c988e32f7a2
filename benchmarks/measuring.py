"""Medians, spreads and ratios: one table per benchmark."""

import statistics
from collections.abc import Mapping, Sequence

from attrs import frozen

Cell = str | int | float | None


@frozen(kw_only=True)
class Table:
    """What a benchmark found; *floor* says what the subject is compared with, *target* what is hoped for."""

    name: str
    title: str
    floor: str
    target: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> Mapping[str, object]:
        """Return it for a file: one object per row."""
        rows = [dict(zip(self.headings, row, strict=True)) for row in self.rows]
        about = {"name": self.name, "title": self.title, "floor": self.floor, "target": self.target}
        return {**about, "rows": rows, "notes": list(self.notes)}


@frozen(kw_only=True)
class Sample:
    """The same figure, measured several times."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """Return the middle."""
        return statistics.median(self.values)

    @property
    def spread(self) -> str:
        """Return the smallest and the largest."""
        return f"{shown(min(self.values))}-{shown(max(self.values))}"


def ratio(subjects: Sequence[float], floors: Sequence[float]) -> float:
    """Return the median of the ratios pair by pair: what slows the machine slows both of a pair."""
    return statistics.median(
        subject / floor for subject, floor in zip(subjects, floors, strict=True) if floor
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that *share* of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def shown(value: Cell) -> str:
    """Write a figure with three digits that count."""
    match value:
        case None:
            return "-"
        case float() if abs(value) >= 100:
            return f"{value:,.0f}"
        case float():
            return f"{value:.3g}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
