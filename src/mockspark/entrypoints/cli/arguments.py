"""Arguments that commands share."""

import argparse
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

from mockspark.domain.identity import ShopId
from mockspark.entrypoints.cli.output import Exit, Voice, WrongUse

Run = Callable[[argparse.Namespace, Voice], Awaitable[Exit]]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Parser(argparse.ArgumentParser):
    """A parser whose complaints end as every other error does."""

    def error(self, message: str) -> NoReturn:
        """Raise WrongUse with how the command is used."""
        raise WrongUse(f"{message}\n{self.format_usage().strip()}")


def command(commands: Commands, name: str, words: str, run: Run) -> argparse.ArgumentParser:
    """Add the command *name*; every command takes `--json`."""
    made = commands.add_parser(name, help=words, description=words)
    made.add_argument("--json", action="store_true", help="answer with one JSON document")
    made.set_defaults(run=run)
    return made


def shop(made: argparse.ArgumentParser) -> None:
    """Have the command name a shop."""
    made.add_argument(
        "--shop", required=True, type=ShopId, metavar="SHOP", help="the shop, such as acme.myshopify.com"
    )
