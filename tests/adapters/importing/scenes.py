"""Scenes that fabric.js 4 to 7 wrote themselves, with what each of them says of its objects and how it draws them."""

import json
from pathlib import Path
from typing import Any, Final

from mockspark.adapters.importing import fabric
from mockspark.application.ports.importing import Imported, ImportTarget

VERSIONS: Final = (4, 5, 6, 7)
CANVAS: Final = (260, 180)
UM_PER_PX: Final = 200
TARGET: Final = ImportTarget(
    areas={"front": (CANVAS[0] * UM_PER_PX, CANVAS[1] * UM_PER_PX)}, canvas_px=CANVAS
)
_FOLDER: Final = Path(__file__).parent / "data"

Json = dict[str, Any]


def scenes(version: int) -> dict[str, Json]:
    """Return the scenes of a version by name: `document`, and `truth` in the order of its objects."""
    found: dict[str, Json] = json.loads((_FOLDER / f"fabric-{version}.json").read_text())
    return found


def looks() -> dict[str, list[list[int]]]:
    """Return points of each scene, drawn twice as large, where its colour is even: x, y, red, green, blue, alpha."""
    found: dict[str, list[list[int]]] = json.loads((_FOLDER / "fabric-looks.json").read_text())
    return found


def taken(document: Json, target: ImportTarget = TARGET) -> Imported:
    """Return *document* as it is taken in."""
    return fabric.imported(json.dumps(document).encode(), target)


def canvas(*objects: Json, version: str = "6.9.1", **members: Any) -> Json:
    """Return a document of fabric.js."""
    return {"version": version, "objects": list(objects), **members}


def rect(**members: Any) -> Json:
    """Return a square of 10 pixels without a line, its corner at 20, 30."""
    return {
        "type": "Rect",
        "originX": "left",
        "originY": "top",
        "left": 20,
        "top": 30,
        "width": 10,
        "height": 10,
        "fill": "#c00000",
        "strokeWidth": 0,
        **members,
    }
