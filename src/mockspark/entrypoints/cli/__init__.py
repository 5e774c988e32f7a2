"""`mockspark`: every command, its words and its arguments."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import mockspark
from mockspark.domain.errors import MockSparkError
from mockspark.entrypoints.cli import accounts, demo, designs, fonts, operations, reference, serving, work
from mockspark.entrypoints.cli.arguments import Commands, Parser
from mockspark.entrypoints.cli.output import Exit, Voice

Command = Callable[[argparse.Namespace, Voice], Awaitable[Exit]]

_STOPPED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    voice = Voice.of(as_json="--json" in words)
    try:
        chosen = parser().parse_args(words)
        return int(asyncio.run(chosen.run(chosen, voice)))
    except MockSparkError as error:
        return int(voice.failed(error))
    except KeyboardInterrupt:
        return _STOPPED


def parser() -> argparse.ArgumentParser:
    """Describe every command."""
    root = Parser(
        prog="mockspark",
        description="From a paid order of personalized products to a fulfilled item.",
        epilog="Settings come from MOCKSPARK_DATABASE_URL, MOCKSPARK_DATA_DIR, MOCKSPARK_SECRET_KEY and "
        "MOCKSPARK_PUBLIC_URL, or from the TOML file that MOCKSPARK_CONFIG names.",
    )
    root.add_argument("--version", action="version", version=f"mockspark {mockspark.__version__}")
    commands: Commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND")  # type: ignore[assignment]  # it is invariant
    for add in (
        serving.add,
        accounts.add,
        fonts.add,
        designs.add,
        work.add,
        operations.add,
        demo.add,
        reference.add,
    ):
        add(commands)
    return root


def run() -> None:
    """Run as the installed program."""
    code = main()
    logging.shutdown()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    # Threads of the HTTP server may outlive it by a moment: to end the interpreter under them aborts the process.
    os._exit(code)
