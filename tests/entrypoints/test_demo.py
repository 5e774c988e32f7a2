"""The demonstration, as everybody runs it."""

import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_demonstration_ends_right(tmp_path: Path) -> None:
    """Every line of 30 orders ends as it should, within two minutes, and the files can be opened."""
    folder = tmp_path / "demo"
    command = ["demo", "--once", "--json", "--orders", "30", "--folder", str(folder), "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSPARK_")}

    ran = subprocess.run(
        [sys.executable, "-m", "mockspark.entrypoints.cli", *command],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert 0 == ran.returncode, ran.stderr
    told = json.loads(ran.stdout)
    assert (0, []) == (told["wrong"], [each for each in told["outcomes"] if each["got"] != each["expected"]])
    with (folder / "order-items.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == sum(
        1 for each in told["outcomes"] if not each["got"].startswith(("filtered", "ignored"))
    )
    with zipfile.ZipFile(folder / "production-files-1.zip") as archive:
        assert archive.testzip() is None
        assert any(name.endswith(".png") for name in archive.namelist())
