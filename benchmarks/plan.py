"""What a run measures, and how much of it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from attrs import frozen

Engine = Literal["sqlite", "postgresql"]

ENGINES: Final[tuple[Engine, ...]] = ("sqlite", "postgresql")
OUT: Final = Path(__file__).parent / "out"


@frozen(kw_only=True)
class Plan:
    """How large and how often; *quick* proves that a benchmark runs, its figures mean nothing."""

    rows: Sequence[int] = (100_000, 1_000_000)
    engines: Sequence[Engine] = ENGINES
    quick: bool = False
    rounds: int = 3
    out: Path = OUT

    @property
    def repeats(self) -> int:
        """Return how often a pair of subject and floor is measured."""
        return 1 if self.quick else self.rounds

    @property
    def kept_in(self) -> Path:
        """Return where tables are kept: those of a quick run never replace those that mean something."""
        return self.out / "quick" if self.quick else self.out

    def few(self, usual: int, quick: int) -> int:
        """Return *usual*, or *quick* when figures do not matter."""
        return quick if self.quick else usual


def progress(words: str) -> None:
    """Say what is going on, beside the tables."""
    print(words, file=sys.stderr, flush=True)
