"""Draw every scene and write the golden pictures: `make goldens`."""

import json
import sys
from pathlib import Path
from typing import Any

from attrs import asdict

from scripts.goldens.drawing import Assets, Drawing, rasterised, reduced
from scripts.goldens.measures import DPI, KEY
from scripts.goldens.scenes import DRAWINGS, PAINTINGS, Scene, assets, fonts, scenes

FOLDER = Path(__file__).parents[2] / "src" / "mockspark" / "adapters" / "testing" / "golden"


def main(chosen: list[str]) -> None:
    """Write the pictures of all scenes, or of the *chosen* ones, and the list of all."""
    FOLDER.mkdir(exist_ok=True)
    listed, kept = [], set()
    for scene in scenes():
        picture = f"{scene.name}.png"
        if not chosen or scene.name in chosen:
            drawing = Drawing(scene.width, scene.height, Assets(paintings=PAINTINGS, drawings=DRAWINGS))
            svg = drawing.svg(scene.document()["layers"], scene.background)
            made = reduced(rasterised(svg))
            made.save(FOLDER / picture, "PNG", optimize=True)
        files, letters = _written(assets(scene)), _written(fonts(scene))
        kept |= {picture, *files.values(), *letters.values()}
        listed.append(_entry(scene, picture, files, letters))
    (FOLDER / "goldens.json").write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for path in FOLDER.iterdir():
        if path.suffix not in {".json", ".txt"} and path.name not in kept:
            path.unlink()


def _entry(scene: Scene, picture: str, files: dict[str, str], letters: dict[str, str]) -> dict[str, Any]:
    return {
        "name": scene.name,
        "shows": scene.shows,
        "picture": picture,
        "area": {"key": KEY, "width_px": scene.width, "height_px": scene.height, "dpi": DPI},
        "document": scene.document(),
        "assets": files,
        "fonts": letters,
        "tolerance": asdict(scene.tolerance),
    }


def _written(files: dict[str, bytes]) -> dict[str, str]:
    names = {}
    for asset, content in files.items():
        name = f"{asset.removeprefix('sha256:')[:12]}.ttf" if asset.startswith("sha256:") else asset
        (FOLDER / name).write_bytes(content)
        names[asset] = name
    return names


main(sys.argv[1:])
