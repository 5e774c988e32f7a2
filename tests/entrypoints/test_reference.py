"""The generated pages are those that the code would write now."""

from pathlib import Path

import pytest

from mockspark.entrypoints.cli import main
from mockspark.entrypoints.cli.reference import PAGES, pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """A page that lags behind the code is written again by `make docs`."""
    assert pages()[name] == (FOLDER / name).resolve().read_text(encoding="utf-8"), "run: make docs"


def test_pages_are_written_where_they_belong(tmp_path: Path) -> None:
    """The life cycle is a concept, everything else reference."""
    assert 0 == main(["reference", str(tmp_path / "reference")])

    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {"concepts/lifecycle.md", "reference/cli.md", "reference/settings.md"} <= written
    assert len(PAGES) == len(written)
