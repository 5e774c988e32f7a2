"""Print files and their positions as Printful's orders, mockup tasks and products name them."""

import re
from collections.abc import Iterator
from typing import Final

from attrs import define, field, frozen

from mockspark.adapters.importing import writing
from mockspark.adapters.importing.facts import Facts, document, encodable
from mockspark.adapters.importing.names import Names
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.refusals import refusal
from mockspark.application.ports.importing import Imported, ImportTarget
from mockspark.domain.layers import Box, ImageLayer

_UM_PER_INCH: Final = 25_400
_SAME_SHAPE: Final = 0.005
_MOST_FILES: Final = 200
_DEEPEST: Final = 6
_URL: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_FRONTS: Final = frozenset(("default", "front"))
_NO_DESIGN: Final = frozenset(("preview", "label_preview"))
_LISTS: Final = ("order_items", "items", "sync_variants", "result", "data", "sync_variant")
_SIDES: Final = ("width", "height", "left", "top")
_OPTIONS: Final = ("options", "layer_options", "placement_options", "product_options")


def imported(content: bytes, target: ImportTarget) -> Imported:
    """Return the design of the first item in a JSON document of Printful's API, v1 or v2; raises Rejected."""
    found = document(content, "document of Printful")
    reader = _Reader(target=target)
    items = list(_items(found, 0))
    if not items:
        raise refusal("This is no layout of Printful: it names no files and no placements.")
    if len(items) > 1:
        reader.notebook.changed(
            "", "items", f"the first of {len(items)} is taken: import the others one by one"
        )
    layers = [layer for file in _files(items[0]) for layer in reader.layer(file)]
    if not layers:
        words = next(
            (f"{note.feature} was {note.done}" for note in reader.notebook.notes if note.lost), "it is empty"
        )
        raise refusal(f"Nothing of the layout could be placed: {words}.")
    return writing.imported([writing.written(one) for one in layers], target, reader.notebook, assets={})


@frozen(kw_only=True)
class _File:
    """A file on a placement; *inches* says in what its position is measured where it names no area."""

    placement: str
    url: str
    kind: str = "file"
    position: Facts | None = None
    inches: bool = False
    options: tuple[str, ...] = ()


def _items(found: Facts, depth: int) -> Iterator[Facts]:
    """Yield whatever has files or placements of its own."""
    if isinstance(found.raw.get("placements"), list) or isinstance(found.raw.get("files"), list):
        yield found
        return
    for name in _LISTS if depth < _DEEPEST else ():
        inner = found.inner(name)
        for one in found.inners(name) if inner is None else [inner]:
            yield from _items(one, depth + 1)


def _files(item: Facts) -> Iterator[_File]:
    for one in item.inners("files")[:_MOST_FILES]:
        yield _File(
            placement=one.text("placement") or one.text("type") or "default",
            url=one.text("image_url") or one.text("url"),
            position=one.inner("position"),
            options=_told(one),
        )
    for placement in item.inners("placements")[:_MOST_FILES]:
        for layer in placement.inners("layers")[:_MOST_FILES]:
            yield _File(
                placement=placement.text("placement") or "default",
                url=layer.text("url"),
                kind=layer.text("type", "file"),
                position=layer.inner("position"),
                inches=True,
                options=(*_told(placement), *_told(layer)),
            )


def _told(found: Facts) -> tuple[str, ...]:
    options = (one for name in _OPTIONS for one in found.inners(name))
    return tuple(encodable(one.text("name") or one.text("id"))[:60] for one in options)


@define(kw_only=True)
class _Reader:
    target: ImportTarget
    notebook: Notebook = field(factory=Notebook)
    _names: Names = field(factory=Names)

    def layer(self, file: _File) -> Iterator[ImageLayer]:
        """Yield the layer of *file*, where there is one."""
        placement = encodable(file.placement)
        if placement in _NO_DESIGN:
            return
        name = self._names.of(placement)
        area = self._area(placement)
        if area is None:
            known = ", ".join(self.target.areas)
            self.notebook.lost(name, f"placement {placement}", f"left out: the product has only {known}")
            return
        if file.kind != "file":
            self.notebook.lost(
                name, f"layer of type {encodable(file.kind)}", "left out: only files are placed"
            )
            return
        if not _URL.fullmatch(file.url):
            self.notebook.lost(name, "file", "left out: it has no address, upload it and place it again")
            return
        for option in file.options:
            self.notebook.changed(name, f"option {option}", "left out: choose it when the item is sent")
        yield ImageLayer(
            id=name, area=area, box=self._box(file, area, name), asset=encodable(file.url), fit="contain"
        )

    def _area(self, placement: str) -> str | None:
        plain = _plain(placement)
        for key in self.target.areas:
            if _plain(key) == plain or {_plain(key), plain} <= _FRONTS:
                return key
        return next(iter(self.target.areas)) if len(self.target.areas) == 1 and plain in _FRONTS else None

    def _box(self, file: _File, area: str, name: str) -> Box:
        width, height = self.target.areas[area]
        whole = Box(x=0, y=0, width=width, height=height)
        position = file.position
        if position is None or not all(side in position for side in _SIDES[:2]):
            return whole
        scale, x, y = self._scale(position, (width, height), name, inches=file.inches)
        box = Box(
            x=round(x + position.number("left") * scale),
            y=round(y + position.number("top") * scale),
            width=max(round(position.number("width") * scale), 1),
            height=max(round(position.number("height") * scale), 1),
        )
        if box.x >= width or box.y >= height or box.x + box.width <= 0 or box.y + box.height <= 0:
            self.notebook.changed(name, "position", "it lies off the print area: check its unit and its area")
        return box

    def _scale(
        self, position: Facts, size: tuple[int, int], name: str, *, inches: bool
    ) -> tuple[float, float, float]:
        """Return micrometres per unit of a position, and where its area begins on ours."""
        across, down = position.number("area_width"), position.number("area_height")
        if across <= 0 or down <= 0:
            if inches:
                return _UM_PER_INCH, 0.0, 0.0
            self.notebook.changed(name, "position", "taken in inches: it does not say how large its area is")
            return _UM_PER_INCH, 0.0, 0.0
        scale = min(size[0] / across, size[1] / down)
        if max(size[0] / across, size[1] / down) > scale * (1 + _SAME_SHAPE):
            words = "its area has another shape than the print area: fitted into its middle"
            self.notebook.changed(name, "position", words)
        return scale, (size[0] - across * scale) / 2, (size[1] - down * scale) / 2


def _plain(key: str) -> str:
    return key.lower().replace("-", "_")
