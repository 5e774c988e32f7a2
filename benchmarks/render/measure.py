"""Print files next to those of others, in one run: time, memory, size, edges."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image

from benchmarks.measuring import Cell, Sample, Table, ratio
from benchmarks.plan import Plan, progress
from benchmarks.processes import answer_of
from benchmarks.render.drawing import OURS, SCENES_AND_DISC
from benchmarks.render.peers import PEERS
from benchmarks.render.quality import edge_rms, fringe
from benchmarks.scenes import asset

_FLOOR: Final = "plain Pillow"
_CORNER: Final = (300, 300, 2300, 2800)
"""The part of the T-shirt's sheet where only edges of its first picture run."""


def measure(plan: Plan) -> Table:
    """Draw the T-shirt and the poster with everyone, each drawing in a process of its own."""
    Image.MAX_IMAGE_PIXELS = None
    folder = plan.kept_in / "render"
    lay_out(folder, 0.1 if plan.quick else 1.0)
    rows: list[tuple[Cell, ...]] = []
    for scene in ("mug",) if plan.quick else ("T-shirt", "poster"):
        rows.extend(_compared(plan, scene, folder))
    return Table(
        name="render",
        title="Print files next to those of others",
        floor=f"{_FLOOR} at its defaults: decode, resize and rotate, composite, save",
        target="T-shirt: 5 times as fast as plain Pillow, 0.9 of pyvips' time, 250 MiB, edges to 0.01; "
        "poster: 350 MiB and faster than each",
        headings=(
            "scene",
            "renderer",
            "s",
            "spread",
            "of plain Pillow",
            "peak MiB",
            "MB",
            "edge RMS",
            "fringe",
        ),
        rows=tuple(rows),
    )


def lay_out(folder: Path, share: float) -> None:
    """Write the pictures of all scenes to *folder*, where they are not yet."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {picture.asset for scene in SCENES_AND_DISC.values() for picture in scene.pictures}
    for name in names:
        if not (folder / name).exists():
            (folder / name).write_bytes(asset(name, 1.0 if name == "disc" else share))


def _compared(plan: Plan, scene: str, folder: Path) -> list[tuple[Cell, ...]]:
    told: Mapping[str, list[dict[str, Any]]] = {who: [] for who in (*OURS, *PEERS)}
    for _ in range(plan.repeats):
        for who, runs in told.items():
            progress(f"render: {scene}, {who}")
            runs.append(answer_of("benchmarks.render.drawing", who, scene, str(folder)))
    floor = [run["seconds"] for run in told[_FLOOR]]
    return [_row(scene, who, runs, floor, folder) for who, runs in told.items()]


def _row(
    scene: str, who: str, runs: list[dict[str, Any]], floor: list[float], folder: Path
) -> tuple[Cell, ...]:
    seconds = Sample(values=[run["seconds"] for run in runs])
    answer_of("benchmarks.render.drawing", who, "disc", str(folder))
    edge: float | None = None
    if scene == "T-shirt":
        file = (folder / f"{who} {scene}.png").read_bytes()
        edge = edge_rms(file, SCENES_AND_DISC[scene].pictures[0], _CORNER)
    return (
        scene,
        who,
        seconds.median,
        seconds.spread,
        ratio(seconds.values, floor),
        max(float(run["peak"]) for run in runs),
        runs[0]["bytes"] / 1e6,
        edge,
        fringe((folder / f"{who} disc.png").read_bytes()),
    )
