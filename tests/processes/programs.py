"""Processes to kill: the installed program's own commands, each dying with the test that started it."""

import contextlib
import ctypes
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, Protocol

from attrs import define, frozen

from tests.processes.haste import blind, hasten

PATIENCE_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.02
_PR_SET_PDEATHSIG: Final = 1


@frozen(kw_only=True)
class Command:
    """One command line with its environment.

    A *hasty* one has leases of seconds, and a *blind* one sends without looking first: a mutant to be caught.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    hasty: bool = False
    blind: bool = False


class Started(Protocol):
    """A process that runs."""

    @property
    def pid(self) -> int | None:
        """Name the process."""

    def ended(self, seconds: float) -> int | None:
        """Wait at most so long and return the exit code, or None while it runs."""


@define
class Program:
    """A command that runs."""

    process: Started
    log: Path

    @property
    def pid(self) -> int:
        """Name the process."""
        assert self.process.pid is not None
        return self.process.pid

    def told(self, seconds: float = PATIENCE_S) -> Any:
        """Wait for the JSON document that the command answers with."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(ValueError, FileNotFoundError):
                return json.loads(self.log.with_suffix(".out").read_text())
            if self.process.ended(0) is not None:
                break
            time.sleep(_LOOK_EVERY_S)
        raise AssertionError(f"{self.log.stem} said nothing: {self.complaints()}")

    def done(self, seconds: float = PATIENCE_S) -> Any:
        """Wait for the command's end and return its answer; a failure is an error here."""
        code = self.process.ended(seconds)
        assert code == 0, f"{self.log.stem} ended with {code}: {self.complaints()}"
        return json.loads(self.log.with_suffix(".out").read_text())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process as a power failure would."""
        if self.process.ended(0) is None:
            with contextlib.suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
        self.process.ended(PATIENCE_S)

    def stop(self) -> int | None:
        """Ask the process to end, as an operator does, and return its exit code."""
        if self.process.ended(0) is None:
            self.signal(signal.SIGTERM)
        code = self.process.ended(PATIENCE_S)
        if code is None:
            self.kill()
        return code

    def complaints(self) -> str:
        """Return the end of what the process wrote on standard error."""
        with contextlib.suppress(FileNotFoundError):
            return self.log.with_suffix(".err").read_text(errors="replace")[-4000:]
        return ""


@define
class Executed:
    """A process of its own interpreter: `python -m mockspark.entrypoints.cli ...`."""

    process: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int | None:
        """Name the process."""
        return self.process.pid

    def ended(self, seconds: float) -> int | None:
        """Wait at most so long and return the exit code, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None


@define
class Forked:
    """The same command in a fork of a process that has imported everything: it starts at once."""

    process: BaseProcess

    @property
    def pid(self) -> int | None:
        """Name the process."""
        return self.process.pid

    def ended(self, seconds: float) -> int | None:
        """Wait at most so long and return the exit code, or None while it runs."""
        self.process.join(seconds)
        return self.process.exitcode


def execute(command: Command, log: Path) -> Program:
    """Start *command* as a person would."""
    with log.with_suffix(".out").open("wb") as out, log.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "mockspark.entrypoints.cli", *command.arguments],
            env={**os.environ, **command.environment},
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - only prctl is called
        )
    return Program(Executed(process), log)


def fork(nursery: ForkServerContext, command: Command, log: Path) -> Program:
    """Start *command* without waiting for its imports."""
    # Not daemonic: a worker has children of its own.
    process = nursery.Process(target=_become, args=(command, str(log)), daemon=False)
    process.start()
    return Program(Forked(process), log)


@contextlib.contextmanager
def nursery() -> Iterator[ForkServerContext]:
    """Give what forks programs; it ends with this process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mockspark.entrypoints.cli", "tests.processes.programs"])
    yield context


def _become(command: Command, log: str) -> None:
    _die_with_parent()
    path = Path(log)
    for name, descriptor in ((".out", 1), (".err", 2)):
        opened = os.open(path.with_suffix(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.update(command.environment)
    os.chdir(command.folder)
    if command.hasty:
        hasten()
    if command.blind:
        blind()
    from mockspark.entrypoints.cli import main

    code = main(command.arguments)
    sys.stdout.flush()
    os._exit(code)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
