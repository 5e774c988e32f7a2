"""The command that takes in designs of other programs."""

import argparse
import json
from pathlib import Path
from uuid import UUID

from mockspark.application.ports.importing import DesignFormat, Fit, ImportTarget
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ListingId
from mockspark.entrypoints.cli.arguments import Commands, command, shop
from mockspark.entrypoints.cli.output import Exit, Voice
from mockspark.entrypoints.runtime import open_shop
from mockspark.entrypoints.settings import read_settings


def add(commands: Commands) -> None:
    """Describe the command."""
    made = command(commands, "import-design", "Make a design document of another program's file.", _import)
    made.add_argument("file", type=Path, metavar="FILE", help="what the other program wrote")
    made.add_argument(
        "--format", required=True, choices=[one.value for one in DesignFormat], help="what it is written in"
    )
    made.add_argument(
        "--area",
        action="append",
        default=[],
        metavar="KEY=WxH",
        type=_area,
        help="a print area and its size in millimetres, such as front=300x400; the first takes the design",
    )
    made.add_argument(
        "--listing", type=UUID, metavar="ID", help="take the print areas of this listing instead"
    )
    made.add_argument(
        "--canvas", type=_pixels, metavar="WxH", help="the pixels of a fabric.js canvas, such as 500x600"
    )
    made.add_argument(
        "--fit",
        choices=[one.value for one in Fit],
        default=Fit.CONTAIN.value,
        help="how a finished file lies in its area",
    )
    made.add_argument("--output", type=Path, metavar="FILE", help="write the document there")
    shop(made)


async def _import(chosen: argparse.Namespace, voice: Voice) -> Exit:
    try:
        content = chosen.file.read_bytes()
    except OSError as problem:
        raise InvalidValue(f"{chosen.file} cannot be read: {problem}") from problem
    target = ImportTarget(areas=dict(chosen.area), canvas_px=chosen.canvas, fit=Fit(chosen.fit))
    listing = None if chosen.listing is None else ListingId(chosen.listing)
    async with open_shop(read_settings(), chosen.shop) as runtime:
        found = await runtime.spark.import_design(
            chosen.shop, content, DesignFormat(chosen.format), target, listing=listing
        )
    design = Design.of(found.document)
    text = json.dumps(found.document, indent=2, ensure_ascii=False)
    if chosen.output is not None:
        _write(chosen.output, text)
    notes = [
        {"layer": note.layer, "feature": note.feature, "done": note.done, "lost": note.lost}
        for note in found.notes
    ]
    lines = [f"{note.layer or 'the design'}: {note.feature}: {note.done}" for note in found.notes]
    where = f"Wrote {design.id} to {chosen.output}." if chosen.output is not None else text
    answer = {"id": design.id, "document": found.document, "assets": list(found.assets), "notes": notes}
    voice.told(answer, "\n".join((where, *lines)))
    return Exit.DONE


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as problem:
        raise InvalidValue(f"{path} cannot be written: {problem}") from problem


def _area(text: str) -> tuple[str, tuple[int, int]]:
    key, _, size = text.partition("=")
    width, height = _pixels(size)
    return key, (round(width * 1000), round(height * 1000))


def _pixels(text: str) -> tuple[float, float]:
    width, _, height = text.partition("x")
    sides = float(width), float(height)
    if not all(0 < side < 1_000_000 for side in sides):
        raise ValueError(text)
    return sides
