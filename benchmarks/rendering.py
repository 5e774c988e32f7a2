"""How long a print file takes, stage by stage, and how much memory, next to plain Pillow."""

import io
import json
import sys
from typing import Any, Final

from PIL import Image, ImageCms, ImageDraw, ImageFont

from benchmarks.measuring import Cell, Sample, Table, ratio
from benchmarks.plan import Plan, progress
from benchmarks.processes import answer_of, peak_mebibytes, timed
from benchmarks.scenes import SCENES, SceneOf, asset, job_of
from mockspark.adapters.rendering import pillow as renderer
from mockspark.adapters.rendering.files.choosing import writer_of
from mockspark.adapters.rendering.scene import Scene

_STAGES: Final = ("decode", "compose", "encode")
_QUICK: Final = 0.1


def measure(plan: Plan) -> Table:
    """Draw every scene with both, each in a process of its own."""
    rows: list[tuple[Cell, ...]] = []
    for name in SCENES:
        progress(f"rendering: {name}")
        rows.extend(_compared(plan, name))
    return Table(
        name="rendering",
        title="Print files, one thread",
        floor="plain Pillow at its defaults: decode, resize and rotate, composite, save",
        target="less time and less memory than the floor",
        headings=(
            "scene", "renderer", "decode s", "compose s", "encode s", "total s", "spread", "to floor",
            "peak MiB", "file MB",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _compared(plan: Plan, name: str) -> list[tuple[Cell, ...]]:
    share = _QUICK if plan.quick else 1.0
    told: dict[str, list[dict[str, Any]]] = {"ours": [], "floor": []}
    for _ in range(plan.repeats):
        for kind, into in told.items():
            into.append(answer_of("benchmarks.rendering", kind, name, str(share)))
    totals = {kind: [sum(run["seconds"]) for run in runs] for kind, runs in told.items()}
    to_floor = ratio(totals["ours"], totals["floor"])
    return [
        _row(name, "MockSpark", told["ours"], totals["ours"], to_floor),
        _row(name, "plain Pillow", told["floor"], totals["floor"], None),
    ]


def _row(
    scene: str, who: str, runs: list[dict[str, Any]], totals: list[float], to_floor: float | None
) -> tuple[Cell, ...]:
    stages = [Sample(values=[run["seconds"][at] for run in runs]).median for at in range(len(_STAGES))]
    total = Sample(values=totals)
    peak = max(run["peak"] for run in runs)
    return (scene, who, *stages, total.median, total.spread, to_floor, float(peak), runs[0]["bytes"] / 1e6)


def main() -> None:
    """Draw one scene once and print the seconds of each stage."""
    kind, name, share = sys.argv[1:]
    if kind == "ours":
        seconds, size = _ours(name, float(share))
    else:
        seconds, size = _plain(SCENES[name], float(share))
    print(json.dumps({"seconds": seconds, "bytes": size, "peak": peak_mebibytes()}))


def _ours(name: str, share: float) -> tuple[list[float], int]:
    """Do what `pillow.draw` does, with a watch between the stages."""
    job = job_of(name, share)
    decode: list[float] = []
    compose: list[float] = []
    encode: list[float] = []
    with timed(decode):
        scene = Scene.of(job.design, job.area, job.assets, renderer._book(""))
    writer = writer_of(job.area)
    sheet = renderer._Sheet(scene, writer, renderer._halvings(job))
    bands = []
    for top in range(0, job.area.height_px, renderer._ROWS):
        bottom = min(top + renderer._ROWS, job.area.height_px)
        with timed(compose):
            band = sheet._composed(top, bottom)
            if band is not None:
                sheet.small.paste(band.reduce(sheet.halvings), (0, top // sheet.halvings))
        with timed(encode):
            bands.append(writer.encode(band, bottom - top))
    with timed(encode):
        content = writer.assembled(bands)
        sheet.preview(job.preview_px)
    return [sum(decode), sum(compose), sum(encode)], len(content)


def _plain(scene: SceneOf, share: float) -> tuple[list[float], int]:
    pictures = {picture.asset: asset(picture.asset, share) for picture in scene.pictures}
    decode: list[float] = []
    compose: list[float] = []
    encode: list[float] = []
    with timed(decode):
        opened = {name: Image.open(io.BytesIO(content)).convert("RGBA") for name, content in pictures.items()}
    with timed(compose):
        sheet = _composed(scene, share, opened)
    out = io.BytesIO()
    with timed(encode):
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        sheet.save(out, "PNG", dpi=(300, 300), icc_profile=profile)
    return [sum(decode), sum(compose), sum(encode)], len(out.getvalue())


def _composed(scene: SceneOf, share: float, opened: dict[str, Image.Image]) -> Image.Image:
    sheet = Image.new("RGBA", (round(scene.width * share), round(scene.height * share)))
    for picture in scene.pictures:
        side = round(picture.width * share)
        card = opened[picture.asset].resize((side, side)).rotate(-picture.turn, expand=True)
        shift = (card.width - side) // 2
        sheet.alpha_composite(card, (round(picture.x * share) - shift, round(picture.y * share) - shift))
    draw = ImageDraw.Draw(sheet)
    for words in scene.words:
        font = ImageFont.load_default(words.size * share)
        stroke = round(words.stroke * share)
        at = (round((words.x + words.width / 2) * share), round(words.y * share))
        draw.text(at, words.text, "#f4c20d", font, anchor="ma", stroke_width=stroke, stroke_fill="#1c3f66")
    return sheet


if __name__ == "__main__":
    main()
