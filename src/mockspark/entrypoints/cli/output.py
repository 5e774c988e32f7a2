"""How the command line speaks: tables and bars for people, JSON for machines, exit codes for scripts."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, ClassVar, Final

import msgspec
from attrs import frozen
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from mockspark.application.errors import (
    Conflict,
    FormInvalid,
    NotAuthorized,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    Unavailable,
)
from mockspark.domain.errors import InvalidValue, MockSparkError

_PIPE_COLUMNS: Final = 160


class Exit(IntEnum):
    """What a command's end means to a script."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    NOT_FOUND = 3
    PARTLY = 4
    UNAVAILABLE = 5
    NOT_CONNECTED = 6


class WrongUse(MockSparkError):
    """The command was not understood; the message says how it is used."""

    code: ClassVar[str] = "wrong_use"


EXITS: Final[Mapping[type[MockSparkError], Exit]] = {
    NotFound: Exit.NOT_FOUND,
    WrongUse: Exit.WRONG_USE,
    FormInvalid: Exit.WRONG_USE,
    InvalidValue: Exit.WRONG_USE,
    Conflict: Exit.FAILED,
    NotConnected: Exit.NOT_CONNECTED,
    NotAuthorized: Exit.NOT_CONNECTED,
    Unavailable: Exit.UNAVAILABLE,
    OutcomeUnknown: Exit.UNAVAILABLE,
    MockSparkError: Exit.FAILED,
}


def exit_of(error: type[MockSparkError]) -> Exit:
    """Return the exit code of *error* or of its nearest ancestor."""
    return next(EXITS[kind] for kind in error.__mro__ if kind in EXITS)


@frozen(kw_only=True)
class Voice:
    """Speaks to a person, or, *as_json*, to a program: one JSON document on standard output."""

    as_json: bool = False
    console: Console
    errors: Console

    @classmethod
    def of(cls, *, as_json: bool) -> "Voice":
        """Speak on the process's own standard output and error."""
        return cls(as_json=as_json, console=_console(), errors=_console(stderr=True))

    def say(self, words: str) -> None:
        """Tell a person something; a program hears nothing."""
        if not self.as_json:
            # Words may be a stranger's, and commands among them are copied: no markup, no broken lines.
            self.console.print(words, markup=False, highlight=False, soft_wrap=True)

    def told(self, answer: Any, words: str) -> None:
        """Give the answer of a command: *answer* to a program, *words* to a person."""
        if self.as_json:
            sys.stdout.write(f"{plain(answer)}\n")
            return
        self.say(words)

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, answer: Any, title: str = ""
    ) -> None:
        """Show rows to a person, *answer* to a program."""
        if self.as_json:
            sys.stdout.write(f"{plain(answer)}\n")
            return
        table = Table(title=title or None, header_style="bold", show_edge=False, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        self.console.print(table, highlight=False)

    def failed(self, error: MockSparkError) -> Exit:
        """Tell what went wrong and return the exit code."""
        if self.as_json:
            problems = [list(problem) for problem in error.problems] if isinstance(error, FormInvalid) else []
            told = {"error": {"code": error.code, "message": str(error), "problems": problems}}
            sys.stderr.write(f"{json.dumps(told)}\n")
        else:
            self.errors.print(Text.assemble(("error: ", "red"), str(error)), soft_wrap=True)
        return exit_of(type(error))

    @contextmanager
    def progress(self, words: str, total: int | None = None) -> Iterator["Bar"]:
        """Show a bar while the block runs; a program and a pipe see none."""
        columns = (
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        )  # fmt: skip
        hidden = self.as_json or not self.errors.is_terminal
        with Progress(*columns, console=self.errors, transient=True, disable=hidden) as bars:
            yield Bar(bars, words, total)


class Bar:
    """One bar of progress."""

    def __init__(self, bars: Progress, words: str, total: int | None) -> None:
        self._bars = bars
        self._task = bars.add_task(words, total=total)

    def step(self, by: int = 1) -> None:
        """Move on."""
        self._bars.advance(self._task, by)

    def at(self, done: int, *, total: int | None = None, words: str | None = None) -> None:
        """Stand at *done*."""
        self._bars.update(self._task, completed=done, total=total, description=words)


def _console(*, stderr: bool = False) -> Console:
    made = Console(stderr=stderr)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _PIPE_COLUMNS
    return made


def plain(answer: Any) -> str:
    """Return *answer* as JSON."""
    return msgspec.json.format(msgspec.json.encode(answer, enc_hook=str), indent=1).decode()
