"""Programs that stay up: started, looked at, and stopped as an operator does it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from mockspark.entrypoints.cli.output import Exit

pytestmark = pytest.mark.slow


@contextmanager
def running(folder: Path, *words: str) -> Generator[tuple["subprocess.Popen[str]", Any]]:
    """Yield the process and the one JSON document that it tells once it is up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSPARK_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "mockspark.entrypoints.cli", *words, "--json"],
        env={**environment, "MOCKSPARK_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process, _document(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _document(process: "subprocess.Popen[str]") -> Any:
    told = ""
    assert process.stdout is not None
    for line in process.stdout:
        told += line
        if line == "}\n":
            return json.loads(told)
    pytest.fail(f"ended early: {process.communicate()[1]}")


def stopped(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def test_a_server_fills_an_empty_folder_and_stops_when_told(tmp_path: Path) -> None:
    """The first start makes the database, the port answers, SIGTERM ends it as a success."""
    with running(tmp_path, "serve", "--port", "0") as (process, told):
        with urlopen(f"{told['url']}/health/ready") as answer:
            assert 200 == answer.status
        assert Exit.DONE == stopped(process)
    assert (tmp_path / "mockspark.db").exists()


def test_a_port_is_not_shared(tmp_path: Path) -> None:
    """A second server on one port would take half of the visitors; it is refused, and says what to do."""
    with running(tmp_path / "one", "serve", "--port", "0") as (first, told):
        port = told["url"].rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "mockspark.entrypoints.cli", "serve", "--port", port, "--json"],
            env={**os.environ, "MOCKSPARK_DATA_DIR": str(tmp_path / "two")},
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert Exit.DONE == stopped(first)

    assert Exit.UNAVAILABLE == second.returncode
    assert f"port {port}" in json.loads(second.stderr)["error"]["message"]
    assert "--port" in second.stderr


def test_a_worker_stops_when_told(tmp_path: Path) -> None:
    """A worker is a process of its own, and its end is a success."""
    with running(tmp_path, "worker") as (process, told):
        assert told["working"]
        assert Exit.DONE == stopped(process)


def test_the_sandbox_tells_what_to_connect(tmp_path: Path) -> None:
    """Other processes connect to the stand-ins by what the sandbox says."""
    words = ("sandbox", "--shopify-port", "0", "--printify-port", "0", "--orders", "3")
    with running(tmp_path, *words) as (process, told):
        assert (3, "demo-shop.myshopify.com") == (told["orders"], told["shop"])
        with pytest.raises(OSError, match="401"):
            urlopen(f"{told['printify_url']}/v1/shops.json")
        assert Exit.DONE == stopped(process)
