"""Run benchmarks: `python -m benchmarks [names] [--rows ...] [--engines ...] [--quick] [--markdown]`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks import export, intake, journey, report, search
from benchmarks.measuring import Table
from benchmarks.plan import ENGINES, OUT, Plan
from benchmarks.render import batches
from benchmarks.render import measure as render

BENCHMARKS: Final[Mapping[str, Callable[[Plan], Table]]] = {
    "intake": intake.measure,
    "search": search.measure,
    "journey": journey.measure,
    "export": export.measure,
    "render": render.measure,
    "batches": batches.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named, print a table each, keep it; `--markdown` only shows what was kept."""
    chosen = _parser().parse_args(arguments)
    names = chosen.names or list(BENCHMARKS)
    if chosen.markdown:
        print(report.markdown(report.kept(names, chosen.out)))
        return 0
    plan = Plan(
        rows=chosen.rows, engines=chosen.engines, quick=chosen.quick, rounds=chosen.rounds, out=chosen.out
    )
    for name in names:
        table = BENCHMARKS[name](plan)
        print(report.aligned(table), flush=True)
        report.keep(table, plan.kept_in)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes of the data")
    parser.add_argument("--engines", choices=ENGINES, nargs="+", default=list(ENGINES))
    parser.add_argument("--rounds", type=int, default=3, help="pairs of subject and floor (default: 3)")
    parser.add_argument("--out", type=Path, default=OUT, help="where data and tables are kept")
    parser.add_argument("--quick", action="store_true", help="prove that they run; the figures mean nothing")
    parser.add_argument(
        "--markdown", action="store_true", help="show what was kept, as the documentation does"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
