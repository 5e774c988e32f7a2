"""A finished file: one picture that is all of the print."""

from typing import Final

from mockspark.adapters.importing import svg, writing
from mockspark.adapters.importing.inlays import upright_size
from mockspark.adapters.importing.notebook import Notebook
from mockspark.application.blob_names import DIGEST, digest_of
from mockspark.application.ports.importing import Fit, Imported, ImportTarget
from mockspark.domain.layers import Box, ClipartLayer, ImageLayer, Layer

_SAME_SHAPE: Final = 0.001
_BEGINNING: Final = 1_000


def imported(content: bytes, target: ImportTarget) -> Imported:
    """Return a design of the file on every area of *target*, fitted as that says; raises Rejected.

    Whether the file is a picture that we print is judged when it is kept, as that of every upload.
    """
    notebook = Notebook()
    digest = digest_of(content)
    drawn = _is_drawing(content)
    size = _drawing_size(content, notebook) if drawn else upright_size(content)
    layers: list[Layer] = []
    for area, sides in target.areas.items():
        name = area if len(target.areas) > 1 else "finished"
        _compare(name, size, sides, target.fit, notebook)
        box = Box(x=0, y=0, width=sides[0], height=sides[1])
        kind = ClipartLayer if drawn else ImageLayer
        layers.append(kind(id=name, area=area, box=box, asset=f"{DIGEST}{digest}", fit=target.fit.value))
    raws = [writing.written(layer) for layer in layers]
    return writing.imported(raws, target, notebook, assets={digest: content})


def _is_drawing(content: bytes) -> bool:
    start = content[:_BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<")


def _drawing_size(content: bytes, notebook: Notebook) -> tuple[float, float]:
    found = svg.drawing(content)
    for note in found.notes:
        (notebook.lost if note.lost else notebook.changed)(note.layer, note.feature, note.done)
    return found.width, found.height


def _compare(
    name: str, size: tuple[float, float] | None, sides: tuple[int, int], fit: Fit, notebook: Notebook
) -> None:
    """Note what *fit* does where the file has another shape than its area."""
    if size is None:
        notebook.changed(name, "shape", "not compared with the print area: look at the proof")
        return
    ratio = (size[0] / size[1]) / (sides[0] / sides[1])
    apart = max(ratio, 1 / ratio) - 1
    if apart <= _SAME_SHAPE:
        return
    notebook.changed(name, "shape", _done(fit, apart, wider=ratio > 1))


def _done(fit: Fit, apart: float, *, wider: bool) -> str:
    share = f"{apart / (1 + apart):.1%}"
    match fit:
        case Fit.CONTAIN:
            return f"shown whole: {share} of the area stays empty {'at top and bottom' if wider else 'at the sides'}"
        case Fit.COVER:
            return f"cut {'at the sides' if wider else 'at top and bottom'} by {share}"
        case Fit.STRETCH:
            return f"stretched by {apart:.1%} {'downwards' if wider else 'across'}"
