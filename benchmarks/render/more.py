"""Measurements in a process of their own: `python -m benchmarks.render.more WHAT FOLDER [COUNT]`; prints JSON."""

import json
import random
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from benchmarks.processes import peak_mebibytes
from benchmarks.render.peers import PEERS
from benchmarks.scenes import SCENES, SceneOf, job_of

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzäéîøşž"


def main() -> None:
    """Measure one thing."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    scene = SCENES["T-shirt"]
    assets = {
        picture.asset: (folder / picture.asset).read_bytes() for picture in scene.pictures if what != "loop"
    }
    print(json.dumps({**_MEASUREMENTS[what](scene, assets, count), "peak": peak_mebibytes()}))


def _names(count: int) -> list[str]:
    dice = random.Random(7)
    return ["".join(dice.choices(_LETTERS, k=dice.randint(3, 9))).title() for _ in range(count)]


def _with_name(scene: SceneOf, name: str) -> SceneOf:
    first, second = scene.words
    return evolve(scene, words=(first, evolve(second, text=name)))


def _ours_named(scene: SceneOf, assets: Mapping[str, bytes], count: int) -> dict[str, Any]:
    """Draw *count* names over one base, each a whole file with its preview."""
    from mockspark.adapters.rendering.pillow import draw
    from mockspark.entrypoints.drawing import workshop

    seconds = []
    for name in _names(count):
        job = job_of(_with_name(scene, name), assets)
        began = time.perf_counter()
        draw(job, workshop)
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds}


def _theirs_named(scene: SceneOf, assets: Mapping[str, bytes], count: int) -> dict[str, Any]:
    seconds = []
    for name in _names(count):
        began = time.perf_counter()
        PEERS["plain Pillow"](_with_name(scene, name), assets)
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds}


def _previewed(scene: SceneOf, assets: Mapping[str, bytes], count: int) -> dict[str, Any]:
    """Draw the preview from the design, the first one with nothing decoded."""
    from mockspark.adapters.rendering.pillow import look
    from mockspark.application.ports.rendering import View
    from mockspark.entrypoints.drawing import workshop

    workshop()
    view = View(zoom_px=600, width=600, height=720)
    seconds = []
    for name in _names(count):
        job = job_of(_with_name(scene, name), assets)
        began = time.perf_counter()
        look(job, view, workshop)
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds}


def _floored(scene: SceneOf, assets: Mapping[str, bytes], _: int) -> dict[str, Any]:
    """Do only what nobody can leave out: decode each picture, move the sheet's bytes once, deflate them once."""
    import io

    from PIL import Image

    from mockspark.adapters.rendering.files.deflate import best

    finished = Image.open(io.BytesIO(PEERS["Pillow, level 1"](scene, assets))).tobytes()
    began = time.perf_counter()
    for content in assets.values():
        Image.open(io.BytesIO(content)).load()
    moved = bytearray(finished)
    row = scene.width * 4
    for top in range(0, len(moved), 128 * row):
        best().blocks([bytes(moved[top : top + 128 * row])])
    return {"seconds": [time.perf_counter() - began]}


def _looped(_: SceneOf, __: Mapping[str, bytes], count: int) -> dict[str, Any]:
    """Compute and nothing else, in a loop that needs no memory; *count* says how much."""
    began = time.perf_counter()
    value = 1
    for _step in range(count * 1_000_000):
        value = (value * 1_103_515_245 + 12_345) & 0x7FFFFFFF
    return {"seconds": [time.perf_counter() - began]}


_MEASUREMENTS: Final[Mapping[str, Callable[[SceneOf, Mapping[str, bytes], int], dict[str, Any]]]] = {
    "names": _ours_named,
    "names of plain Pillow": _theirs_named,
    "preview": _previewed,
    "floor": _floored,
    "loop": _looped,
}


def together(count: int, work: Callable[[], Any]) -> float:
    """Return the seconds that *count* runs of *work* side by side take."""
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda _: work(), range(count)))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
