"""Names over one base, previews, two cores, and how far it is to the floor: all of the T-shirt."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.measuring import Cell, Sample, Table, percentile, ratio
from benchmarks.plan import Plan, progress
from benchmarks.processes import answer_of
from benchmarks.render.measure import lay_out
from benchmarks.render.more import together

_NAMES: Final = 1_000
_LOOP: Final = 20


def measure(plan: Plan) -> Table:
    """Measure each, our drawings in processes of their own."""
    folder = plan.kept_in / "render"
    lay_out(folder, 0.1 if plan.quick else 1.0)
    rows = [*_names(plan, folder), *_previews(plan, folder), *_cores(plan, folder), *_floor(plan, folder)]
    return Table(
        name="batches",
        title="The T-shirt again and again",
        floor="what each row names",
        target="60 ms a name, 150 ms a warm preview, 0.9 of a pure loop's gain from two cores",
        headings=("what", "median", "p95", "first", "unit", "peak MiB"),
        rows=tuple(rows),
    )


def _names(plan: Plan, folder: Path) -> list[tuple[Cell, ...]]:
    count = plan.few(_NAMES, 5)
    progress(f"batches: {count} names")
    ours = answer_of("benchmarks.render.more", "names", str(folder), str(count))
    theirs = answer_of("benchmarks.render.more", "names of plain Pillow", str(folder), str(plan.few(3, 1)))
    return [
        _timed(f"a name of {count}, MockSpark", ours["seconds"], ours["peak"]),
        _timed("a name, plain Pillow", theirs["seconds"], theirs["peak"]),
    ]


def _previews(plan: Plan, folder: Path) -> list[tuple[Cell, ...]]:
    progress("batches: previews")
    told = answer_of("benchmarks.render.more", "preview", str(folder), str(plan.few(30, 3)))
    return [_timed("a preview of 600 x 720 from the design", told["seconds"], told["peak"])]


def _timed(what: str, seconds: Sequence[float], peak: float) -> tuple[Cell, ...]:
    first, *later = (1000 * one for one in seconds)
    rest = later or [first]
    return what, Sample(values=rest).median, percentile(rest, 0.95), first, "ms", peak


def _cores(plan: Plan, folder: Path) -> list[tuple[Cell, ...]]:
    """Compare what two threads gain with what two processes that only compute gain at the same time."""
    ours, loops = [], []
    for _ in range(plan.few(2 * plan.repeats, 1)):
        progress("batches: two cores")
        one, two = (
            answer_of("benchmarks.render.drawing", who, "T-shirt", str(folder))["seconds"]
            for who in ("MockSpark, 1 thread", "MockSpark, 2 threads")
        )
        ours.append(one / two)
        loops.append(2 * together(1, _loop) / together(2, _loop))
    return [
        ("times as fast with two threads", Sample(values=ours).median, None, None, "times", None),
        ("the same of a pure loop", Sample(values=loops).median, None, None, "times", None),
        ("share of the loop's gain", ratio(ours, loops), None, None, "of 1", None),
    ]


def _loop() -> None:
    answer_of("benchmarks.render.more", "loop", str(Path()), str(_LOOP))


def _floor(plan: Plan, folder: Path) -> list[tuple[Cell, ...]]:
    ours, floors = [], []
    for _ in range(plan.repeats):
        progress("batches: floor")
        drawing = answer_of("benchmarks.render.drawing", "MockSpark, 1 thread", "T-shirt", str(folder))
        ours.append(drawing["seconds"])
        floors.append(answer_of("benchmarks.render.more", "floor", str(folder))["seconds"][0])
    words = "one thread, as a multiple of: decode once, move once, deflate once"
    return [(words, ratio(ours, floors), None, None, "times", None)]
