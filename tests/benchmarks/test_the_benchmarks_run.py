"""Every benchmark runs, however little it measures; what it measures is no test's business."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.measuring import Table, percentile, ratio
from benchmarks.plan import Plan

from benchmarks import report
from tests.postgres import postgres_server

__all__ = ["postgres_server"]

ROWS: dict[str, Sequence[str]] = {
    "intake": ["sqlite"],
    "search": ["newest", "order name", "one day", "title, rare", "e-mail", "platform", "status", "all six"],
    "journey": ["300 x 200 pixels"],
    "export": ["1,8"],
    "render": ["mug", "MockSpark, 1 thread", "plain Pillow", "pyvips, level 1", "Skia"],
    "batches": ["a name of 5", "a name, plain Pillow", "preview", "pure loop", "decode once"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_prints_its_rows(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is hard to repeat is not repeated: each runs with one command, and keeps its table for the documentation."""
    main([name, "--quick", "--rows", "2000", "--engines", "sqlite", "--out", str(tmp_path)])

    printed = capsys.readouterr().out
    main([name, "--markdown", "--out", str(tmp_path / "quick")])
    documented = capsys.readouterr().out
    assert [] == [row for row in ROWS[name] if row not in printed or row not in documented]


@pytest.mark.slow
@pytest.mark.postgres
def test_searches_run_on_postgresql(
    postgres_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bulk loading and the bare statements are another dialect there."""
    main(["search", "--quick", "--rows", "2000", "--engines", "postgresql", "--out", str(tmp_path)])

    printed = capsys.readouterr().out
    assert [] == [row for row in ROWS["search"] if row not in printed]


def test_a_ratio_is_taken_pair_by_pair() -> None:
    """A machine that slows down in the middle slows both of a pair, so no figure lies."""
    assert 0.5 == ratio([10, 5, 1], [20, 10, 2])


def test_a_percentile_is_a_measured_value() -> None:
    """Nothing is made up between two measurements."""
    assert (3, 5) == (percentile([5, 1, 3, 2, 4], 0.5), percentile([5, 1, 3, 2, 4], 0.95))


def test_figures_that_mean_nothing_replace_none(tmp_path: Path) -> None:
    """A quick run leaves the kept tables alone."""
    table = Table(name="t", title="T", floor="f", target="g", headings=("a",), rows=((1.5,),))
    report.keep(table, tmp_path)
    assert tmp_path / "quick" == Plan(quick=True, out=tmp_path).kept_in
    assert "| 1.5 |" in report.markdown(report.kept(["t"], tmp_path))
