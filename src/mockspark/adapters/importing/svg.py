"""SVG drawings: a safe subset, as layers of outlines.

Nothing in a drawing is run, fetched or expanded without bounds; what asks for it is refused. What is left out
because we do not draw it is noted.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from attrs import evolve, field, frozen

from mockspark.adapters.importing import markup, writing
from mockspark.adapters.importing.elements import Drawer, Scope
from mockspark.adapters.importing.inlays import Inlays
from mockspark.adapters.importing.markup import Element
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.placing import Layers, around, grouped, shifted
from mockspark.adapters.importing.refusals import refusal
from mockspark.adapters.importing.styles import Sheet, Style
from mockspark.adapters.importing.views import Alignment, size_of, view_box
from mockspark.application.blob_names import DIGEST, digest_of
from mockspark.application.ports.importing import Imported, ImportTarget, Note
from mockspark.domain.layer_reading import MAX_LAYERS
from mockspark.domain.layers import Box, ClipartLayer, GroupLayer, Look, Mask, branches
from mockspark.domain.outlines import Affine, rectangle

_LONGER_SIDE: Final = 1_000_000.0
_DEEPEST_GROUP: Final = 6
_MAX_BYTES: Final = 800_000


@frozen(kw_only=True)
class Drawing:
    """A drawing of *width* by *height*: its layers lie in it, lowest first, and may reach over its edges.

    *pictures* are those that lie inside the file, by their SHA-256; *notes* say what is not as it was.
    """

    width: float
    height: float
    layers: Layers
    pictures: Mapping[str, bytes] = field(factory=dict, repr=False)
    notes: tuple[Note, ...] = ()


@lru_cache(maxsize=32)
def drawing(content: bytes) -> Drawing:
    """Return the drawing in *content*, its longer side a million long; raises Rejected for what is not drawn."""
    return _drawn(content, _LONGER_SIDE, _LONGER_SIDE, area="drawing")


def imported(content: bytes, target: ImportTarget) -> Imported:
    """Return a design with the drawing in the middle of the first area, as large as fits it whole.

    A drawing of more layers than a design may have becomes one clipart layer. Raises Rejected.
    """
    area, (width, height) = next(iter(target.areas.items()))
    found = _drawn(content, width, height, area=area)
    x, y = round((width - found.width) / 2), round((height - found.height) / 2)
    notebook = Notebook.of(found.notes)
    layers = tuple(shifted(layer, x, y) for layer in _framed(found, area))
    raws = [writing.written(layer) for layer in layers]
    if _fits(layers, raws):
        return writing.imported(raws, target, notebook, assets=found.pictures)
    if found.pictures:
        raise refusal(
            "The drawing has too many parts for pictures among them: export it as PNG at print size."
        )
    digest = digest_of(content)
    box = Box(x=x, y=y, width=max(round(found.width), 1), height=max(round(found.height), 1))
    whole = ClipartLayer(id="drawing", area=area, box=box, asset=f"{DIGEST}{digest}")
    notebook.changed(
        "drawing", "many parts", "kept as one drawing: its colours can be changed, its parts not moved"
    )
    return writing.imported([writing.written(whole)], target, notebook, assets={digest: content})


def _drawn(content: bytes, width: float, height: float, *, area: str) -> Drawing:
    try:
        return _read(content, width, height, area)
    except RecursionError as problem:
        raise refusal("The drawing lies too deep in itself: export it anew as plain SVG.") from problem


def _read(content: bytes, width: float, height: float, area: str) -> Drawing:
    root = markup.read(content)
    notebook, inlays = Notebook(), Inlays()
    sheet = Sheet.of(root, notebook)
    across, down = size_of(root)
    pixel = min(width / across, height / down)
    drawer = Drawer(
        ids=_ids(root),
        sheet=sheet,
        notebook=notebook,
        inlays=inlays,
        area=area,
        frame=(0.0, 0.0, across * pixel, down * pixel),
    )
    layers = drawer.drawn_root(root, _outermost(root, (across, down), pixel))
    if not layers:
        raise refusal(_nothing(notebook.notes))
    return Drawing(
        width=across * pixel,
        height=down * pixel,
        layers=layers,
        pictures=inlays.contents,
        notes=notebook.notes,
    )


def _nothing(notes: tuple[Note, ...]) -> str:
    why = next((f"{note.feature} was {note.done}" for note in notes if note.lost), "it has no visible shapes")
    return f"Nothing of the drawing would be printed: {why}."


def _outermost(root: Element, size: tuple[float, float], pixel: float) -> Scope:
    box = view_box(root)
    fit = Alignment.of(root.get("preserveAspectRatio"))
    place = Affine.scaled(pixel, pixel)
    return Scope(
        place=place if box is None else place.after(fit.fit(box, *size)),
        style=Style(),
        view=size if box is None else box[2:],
        pixel=pixel,
    )


def _ids(root: Element) -> Mapping[str, Element]:
    found: dict[str, Element] = {}
    for element in root.walk():
        if element.get("id") and element.name:
            found.setdefault(element.get("id"), element)
    return found


def _framed(found: Drawing, area: str) -> Layers:
    """Return the layers as one group, cut at the drawing's edges where something reaches over them."""
    group = grouped(found.layers, name="drawing", area=area)
    left, top, right, bottom = around(found.layers)
    if left >= -1 and top >= -1 and right <= found.width + 1 and bottom <= found.height + 1:
        return found.layers if len(found.layers) == 1 else (group,)
    window = rectangle(-group.box.x, -group.box.y, found.width, found.height)
    return (evolve(group, look=Look(mask=Mask(outline=window))),)


def _fits(layers: Layers, raws: list[writing.Raw]) -> bool:
    count = sum(1 for _ in branches(layers))
    size = sum(len(str(raw)) for raw in raws)
    return count <= MAX_LAYERS and _depth(layers) <= _DEEPEST_GROUP and size <= _MAX_BYTES


def _depth(layers: Layers) -> int:
    return max((1 + _depth(one.layers) for one in layers if isinstance(one, GroupLayer)), default=0)
