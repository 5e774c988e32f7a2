"""One drawing in a process of its own: `python -m benchmarks.render.drawing WHO SCENE FOLDER`.

Prints seconds, peak memory and size; pictures are read from FOLDER and the file is left there.
"""

import json
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.processes import peak_mebibytes
from benchmarks.render.peers import PEERS
from benchmarks.render.quality import DISC
from benchmarks.scenes import SCENES, SceneOf, job_of

OURS: Final = {"MockSpark, 1 thread": 1, "MockSpark, 2 threads": 2}
SCENES_AND_DISC: Final = {**SCENES, "disc": DISC}


def main() -> None:
    """Draw once."""
    who, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    scene = SCENES_AND_DISC[name]
    assets = {picture.asset: (folder / picture.asset).read_bytes() for picture in scene.pictures}
    seconds, content = _timed(who, scene, assets)
    (folder / f"{who} {name}.png").write_bytes(content)
    print(json.dumps({"seconds": seconds, "bytes": len(content), "peak": peak_mebibytes()}))


def _timed(who: str, scene: SceneOf, assets: dict[str, bytes]) -> tuple[float, bytes]:
    if who in OURS:
        return _ours(scene, assets, OURS[who])
    began = time.perf_counter()
    content = PEERS[who](scene, assets)
    return time.perf_counter() - began, content


def _ours(scene: SceneOf, assets: dict[str, bytes], threads: int) -> tuple[float, bytes]:
    from mockspark.adapters.rendering.pillow import draw
    from mockspark.entrypoints.drawing import workshop

    job = job_of(scene, assets)
    began = time.perf_counter()
    made = draw(job, workshop, threads)
    return time.perf_counter() - began, made.content


if __name__ == "__main__":
    main()
