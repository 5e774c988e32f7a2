"""Other processes: servers that say when they are up, and measurements that want a memory of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parent.parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_LONGEST_S: Final = 900


def answer_of(module: str, *arguments: str) -> Any:
    """Run a module to its end and return the JSON of its last line."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT, stdout=subprocess.PIPE, text=True, timeout=_LONGEST_S, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.strip().splitlines()[-1])


@contextmanager
def running(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Run Python with *arguments* for as long as the block lasts; entered once it wrote its first line."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=_ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError(f"{' '.join(arguments)} ended with {process.wait()} before it was up")
        yield process
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Append the seconds that the block takes to *into*."""
    began = time.perf_counter()
    yield
    into.append(time.perf_counter() - began)


def peak_mebibytes() -> float:
    """Return the most memory that this process ever had; what its parent had before does not count."""
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
