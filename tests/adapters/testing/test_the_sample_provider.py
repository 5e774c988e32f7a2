"""The provider on the page for contributors works as it stands there, outside of this repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "extending" / "provider.md"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def _files() -> tuple[str, str]:
    provider, test = FENCE.findall(PAGE.read_text())
    return provider, test


def test_the_sample_is_short() -> None:
    """Provider and test together fit in 120 lines: a plug-in is an afternoon's work."""
    assert sum(len(file.splitlines()) for file in _files()) < 120


def test_the_sample_passes_the_kit(tmp_path: Path) -> None:
    """What the page shows is what runs, and abilities that it lacks are skipped by name."""
    provider, test = _files()
    (tmp_path / "acme.py").write_text(provider)
    (tmp_path / "test_acme.py").write_text(test)

    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )

    assert 0 == run.returncode, run.stdout + run.stderr
    assert " passed" in run.stdout
    assert "Acme does not declare Quotes" in run.stdout
