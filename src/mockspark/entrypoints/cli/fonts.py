"""Commands about fonts: which there are, and taking in a shop's own."""

import argparse
from pathlib import Path

from mockspark.domain.errors import InvalidValue
from mockspark.entrypoints.cli.arguments import Commands, command, shop
from mockspark.entrypoints.cli.output import Exit, Voice
from mockspark.entrypoints.runtime import open_shop
from mockspark.entrypoints.settings import read_settings


def add(commands: Commands) -> None:
    """Describe the commands."""
    fonts = commands.add_parser("fonts", help="List, upload and delete fonts.")
    kinds = fonts.add_subparsers(title="what to do", required=True, metavar="WHAT")
    shop(command(kinds, "list", "List the fonts that designs of a shop may name.", _list))
    added = command(kinds, "add", "Check a font and keep it for a shop.", _add)
    added.add_argument("file", type=Path, metavar="FILE", help="TTF, OTF, WOFF or WOFF2")
    shop(added)
    deleted = command(kinds, "delete", "Forget a font of a shop; designs that name it wait.", _delete)
    deleted.add_argument("name", help="what designs call it, from `fonts list`: sha256:...")
    shop(deleted)


async def _list(chosen: argparse.Namespace, voice: Voice) -> Exit:
    async with open_shop(read_settings(), chosen.shop) as runtime:
        found = await runtime.spark.fonts(chosen.shop)
    voice.table(
        ("title", "designs call it", "whose", "licence"),
        [
            (font.title, font.name, "the shop's" if font.own else "everybody's", _brief(font.licence))
            for font in found
        ],
        answer=found,
    )
    return Exit.DONE


async def _add(chosen: argparse.Namespace, voice: Voice) -> Exit:
    try:
        content = chosen.file.read_bytes()
    except OSError as problem:
        raise InvalidValue(f"{chosen.file} cannot be read: {problem}") from problem
    async with open_shop(read_settings(), chosen.shop) as runtime:
        font = await runtime.spark.upload_font(chosen.shop, content)
    licence = f" It says: {_brief(font.licence)}" if font.licence else " It says nothing about its licence."
    voice.told(
        {"name": font.source, "family": font.family, "style": font.style, "licence": font.licence},
        f"Kept {font.title} with {font.characters} characters; designs call it {font.source}.{licence}",
    )
    return Exit.DONE


async def _delete(chosen: argparse.Namespace, voice: Voice) -> Exit:
    digest = chosen.name.removeprefix("sha256:")
    async with open_shop(read_settings(), chosen.shop) as runtime:
        await runtime.spark.delete_font(chosen.shop, digest)
    voice.told({"deleted": f"sha256:{digest}"}, f"The font sha256:{digest} is gone.")
    return Exit.DONE


def _brief(licence: str) -> str:
    return licence if len(licence) <= 80 else f"{licence[:79]}…"
