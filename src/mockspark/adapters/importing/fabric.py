"""Designs of fabric.js, versions 4 to 7, as our own: every object's map is composed through its groups."""

import re
from typing import Any, Final

from attrs import define, evolve, field, frozen

from mockspark.adapters.importing import fabric_shapes, paths, writing
from mockspark.adapters.importing.colours import Ink
from mockspark.adapters.importing.cuts import Cut, joined
from mockspark.adapters.importing.fabric_maps import kind_of, line_width, own_map, scales
from mockspark.adapters.importing.fabric_paints import Surface, blend, colour, shadow
from mockspark.adapters.importing.fabric_shapes import SHAPES, outline
from mockspark.adapters.importing.fabric_texts import TEXTS, Place, text
from mockspark.adapters.importing.facts import Facts, document, encodable
from mockspark.adapters.importing.inlays import Inlay, Inlays
from mockspark.adapters.importing.names import Names
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.numbers import mean_scale, spread
from mockspark.adapters.importing.placing import (
    Body,
    Colour,
    Layers,
    Line,
    Sketch,
    around,
    grouped,
    painted,
    seat,
    veiled,
)
from mockspark.adapters.importing.refusals import refusal
from mockspark.application.ports.importing import Imported, ImportTarget
from mockspark.domain.layers import ImageLayer, Lock, Look, Mask
from mockspark.domain.outlines import Affine, Outline, rectangle

_VERSION: Final = re.compile(r"\s*v?(\d{1,3})", re.ASCII)
_USUAL_VERSION: Final = 5
_MOST_OBJECTS: Final = 2_000
_DEEPEST: Final = 30
_DEEPEST_GROUP: Final = 6
_EVEN: Final = 1.01
_SAME_SHAPE: Final = 0.005
_GROUPS: Final = frozenset(("group", "activeselection"))
_BODIES: Final = {"rect": "rect", "ellipse": "ellipse", "circle": "ellipse"}
_ROUND: Final = "MCCCCZ"
_MOST_DASHES: Final = 8
_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_SQUARE_METRE: Final = ImportTarget(areas={"front": (1_000_000, 1_000_000)}, canvas_px=(1_000, 1_000))


def imported(content: bytes, target: ImportTarget = _SQUARE_METRE) -> Imported:
    """Return the design on the first area of *target*, its canvas as large as fits; raises Rejected."""
    found = document(content, "design of fabric.js")
    if not isinstance(found.raw.get("objects"), list):
        raise refusal("This is no design of fabric.js: it has no list of objects.")
    area, size = next(iter(target.areas.items()))
    canvas = target.canvas_px or _canvas(found)
    notebook = Notebook()
    place, scale = _fit(canvas, size, notebook)
    reader = _Reader(area=area, version=_version(found, _USUAL_VERSION), root=place, notebook=notebook)
    layers, background = reader.page(found, _Scope(place=place, canvas=scale), canvas)
    raws = [reader.told(writing.written(layer)) for layer in layers]
    return writing.imported(
        raws, target, reader.notebook, assets=reader.inlays.contents, backgrounds={area: background}
    )


def _canvas(found: Facts) -> tuple[float, float]:
    width, height = found.number("width"), found.number("height")
    if width <= 0 or height <= 0:
        raise refusal("The design does not say how large its canvas is: give its width and height in pixels.")
    return width, height


def _version(found: Facts, usual: int) -> int:
    told = _VERSION.match(found.text("version"))
    return int(told[1]) if told else usual


def _fit(canvas: tuple[float, float], size: tuple[int, int], notebook: Notebook) -> tuple[Affine, float]:
    """Return the map of the canvas to the area, and by how much it enlarges."""
    across, down = size[0] / canvas[0], size[1] / canvas[1]
    scale = min(across, down)
    if max(across, down) > scale * (1 + _SAME_SHAPE):
        notebook.changed("", "canvas", "it has another shape than the print area: fitted into its middle")
    x, y = (size[0] - canvas[0] * scale) / 2, (size[1] - canvas[1] * scale) / 2
    return Affine(scale, 0.0, 0.0, scale, x, y), scale


@frozen(kw_only=True)
class _Scope:
    """Where objects lie: *place* maps their measures to the area, *canvas* is a pixel of the canvas there."""

    place: Affine
    canvas: float
    scale: tuple[float, float] = (1.0, 1.0)
    depth: int = 0


@define(kw_only=True)
class _Reader:
    area: str
    version: int
    root: Affine
    notebook: Notebook
    inlays: Inlays = field(factory=Inlays)
    _names: Names = field(factory=Names)
    _more: dict[str, dict[str, Any]] = field(factory=dict)
    _count: int = 0

    def page(self, found: Facts, scope: _Scope, canvas: tuple[float, float]) -> tuple[Layers, str]:
        """Return the layers of a canvas, lowest first, and the colour under them."""
        colour_below, sheet = self._sheet(found, "background", scope, canvas)
        over = found.raw.get("overlay", found.raw.get("overlayColor"))
        _, film = self._sheet(Facts({"overlay": over}), "overlay", scope, canvas, plain=False)
        pictures = {name: found.inner(name) for name in ("backgroundImage", "overlayImage")}
        below, above = (() if one is None else self._object(one, scope) for one in pictures.values())
        layers = (*sheet, *below, *self._all(found, scope), *film, *above)
        return self._clipped(found, scope, layers, "canvas"), colour_below

    def _sheet(
        self, found: Facts, name: str, scope: _Scope, canvas: tuple[float, float], *, plain: bool = True
    ) -> tuple[str, Layers]:
        """Return the colour that fills the canvas, as that of the area if it may be, else as a layer."""
        middle = scope.place.after(Affine.moved(canvas[0] / 2, canvas[1] / 2))
        surface = Surface(name=name, place=middle, width=canvas[0], height=canvas[1])
        fill = colour(found.raw.get(name), surface, self.notebook, name)
        if plain and isinstance(fill, Ink) and fill.opacity >= 1:
            return fill.colour, ()
        if fill is None:
            return "", ()
        drawn = rectangle(-canvas[0] / 2, -canvas[1] / 2, *canvas).placed(middle)
        return "", painted(
            Sketch(id=self._names.of(name), area=self.area, outline=drawn, fill=fill), self.notebook
        )

    def told(self, raw: writing.Raw) -> writing.Raw:
        """Return a layer with what it says beside what is drawn: its name, whether it is hidden."""
        # A group around an object has the object's id: what is said of the object holds for the outer one.
        more = self._more.pop(raw["id"], {})
        inner = {"layers": [self.told(one) for one in raw["layers"]]} if "layers" in raw else {}
        return {**raw, **inner, **more}

    def _all(self, found: Facts, scope: _Scope) -> Layers:
        return tuple(layer for one in found.inners("objects") for layer in self._object(one, scope))

    def _object(self, one: Facts, scope: _Scope) -> Layers:
        self._count += 1
        if self._count > _MOST_OBJECTS or scope.depth > _DEEPEST:
            raise refusal("The design has too many objects: merge some of them into pictures.")
        inner = self._inside(one, scope)
        if mean_scale(inner.place) < 1e-9:
            return ()
        name = self._names.of(encodable(one.text("id") or one.text("name") or kind_of(one)))
        layers = (*self._backed(one, inner, name), *self._drawn(one, inner, name))
        looked = self._looked(one, inner, layers, name)
        self._remember(one, looked)
        return looked

    def _inside(self, one: Facts, scope: _Scope) -> _Scope:
        across, down = scales(one)
        return evolve(
            scope,
            place=scope.place.after(own_map(one, _version(one, self.version))),
            scale=(scope.scale[0] * across, scope.scale[1] * down),
            depth=scope.depth + 1,
        )

    def _remember(self, one: Facts, layers: Layers) -> None:
        more: dict[str, Any] = {}
        if one.text("name"):
            more["name"] = encodable(one.text("name"))[:200]
        if not one.flag("visible", usual=True):
            more["hidden"] = True
        self._more.update((layer.id, more) for layer in layers if more)

    def _drawn(self, one: Facts, scope: _Scope, name: str) -> Layers:
        kind = kind_of(one)
        if kind in SHAPES:
            return self._shape(one, scope, name)
        if kind in TEXTS:
            return self._text(one, scope, name)
        if kind == "image":
            return self._image(one, scope, name)
        if kind in _GROUPS:
            return self._group(one, scope, name)
        self.notebook.lost(name, f"object of type {encodable(one.text('type')) or 'nothing'}", "left out")
        return ()

    def _group(self, one: Facts, scope: _Scope, name: str) -> Layers:
        layers = self._all(one, scope)
        if not layers or scope.depth > _DEEPEST_GROUP:
            return layers
        return (grouped(layers, name=name, area=self.area),)

    # Shapes

    def _shape(self, one: Facts, scope: _Scope, name: str) -> Layers:
        drawn = outline(one, _version(one, self.version))
        if not drawn:
            return ()
        surface = self._surface(one, scope, name)
        line = colour(one.raw.get("stroke"), surface, self.notebook, "line")
        sketch = Sketch(
            id=name,
            area=self.area,
            outline=drawn.placed(scope.place),
            rule="evenodd" if one.text("fillRule") == "evenodd" else "nonzero",
            fill=None
            if kind_of(one) == "line"
            else colour(one.raw.get("fill"), surface, self.notebook, "fill"),
            line=None if line is None else self._line(one, line, scope, drawn, name),
            line_below=one.text("paintFirst") == "stroke",
            body=self._body(one, scope, drawn),
        )
        return painted(sketch, self.notebook)

    def _surface(self, one: Facts, scope: _Scope, name: str) -> Surface:
        size = (max(one.number("width"), 1e-6), max(one.number("height"), 1e-6))
        return Surface(name=name, place=scope.place, width=size[0], height=size[1])

    def _body(self, one: Facts, scope: _Scope, drawn: Outline) -> Body | None:
        """Return a rectangle or an ellipse as such, where its map leaves it one."""
        shape, box = _BODIES.get(kind_of(one)), paths.bounds(drawn)
        if shape is None or box is None or (shape == "ellipse" and drawn.verbs != _ROUND):
            return None
        most, least = spread(scope.place)
        radii = {one.number("rx"), one.number("ry")} if shape == "rect" else {0.0}
        radius = max(radii)
        if radius > 0 and (len(radii) > 1 or most > least * (1 + 1e-6)):
            return None
        found = seat(scope.place, box[2] - box[0], box[3] - box[1], centred=True)
        if found is None or found.leaning:
            return None
        return Body(shape=shape, box=found.box, radius=round(radius * mean_scale(scope.place)))

    def _line(self, one: Facts, ink: Colour, scope: _Scope, drawn: Outline, name: str) -> Line | None:
        width = line_width(one)
        if width <= 0:
            return None
        uniform = one.flag("strokeUniform")
        most, least = spread(scope.place)
        if most > _EVEN * least and not uniform:
            self.notebook.changed(name, "line", "drawn evenly: it was stretched in one direction")
        scale = scope.canvas if uniform else mean_scale(scope.place)
        join, cap = one.text("strokeLineJoin"), one.text("strokeLineCap")
        line = Line(
            colour=ink,
            width=width * scale,
            join=join if join in {"round", "bevel"} else "miter",
            cap=cap if cap in {"round", "square"} else "butt",
            dash=self._dash(one, scale, name),
        )
        return evolve(line, join=self._join(one, line, drawn.placed(scope.place), name))

    def _join(self, one: Facts, line: Line, drawn: Outline, name: str) -> str:
        limit = one.number("strokeMiterLimit", 4.0)
        if line.join != "miter":
            return line.join
        differs, mitred = paths.sharpest(drawn, 4.0, limit, max(line.width / 8, 1.0))
        if differs and mitred:
            self.notebook.changed(name, f"miter limit {limit:g}", "sharp corners end at 4 line widths")
        return "miter" if mitred or not differs else "bevel"

    def _dash(self, one: Facts, scale: float, name: str) -> tuple[float, ...]:
        found = one.raw.get("strokeDashArray")
        if not isinstance(found, list):
            return ()
        told = [Facts({"at": part}).number("at", -1.0) for part in found[:100]]
        if not told or min(told) < 0 or sum(told) <= 0:
            return ()
        told *= 1 + len(told) % 2
        if one.number("strokeDashOffset"):
            self.notebook.changed(name, "start of dashes", "they begin with a whole one")
        if len(told) > _MOST_DASHES:
            self.notebook.changed(name, "dashes", f"the first {_MOST_DASHES} lengths are repeated")
        return tuple(part * scale for part in told[:_MOST_DASHES])

    def _backed(self, one: Facts, scope: _Scope, name: str) -> Layers:
        fill = colour(
            one.raw.get("backgroundColor"), self._surface(one, scope, name), self.notebook, "background"
        )
        drawn = fabric_shapes.background(one)
        if fill is None or not drawn:
            return ()
        below = self._names.of(f"{name}-background")
        return painted(
            Sketch(id=below, area=self.area, outline=drawn.placed(scope.place), fill=fill), self.notebook
        )

    # Texts and pictures

    def _text(self, one: Facts, scope: _Scope, name: str) -> Layers:
        surface = self._surface(one, scope, name)
        found = seat(scope.place, surface.width, surface.height, centred=True)
        if found is None:
            return ()
        across, down = found.box.width / surface.width, found.box.height / surface.height
        place = Place(seat=found, across=across, down=down)
        layer = text(one, place, surface, self.area, self.notebook)
        return () if layer is None else (layer,)

    def _image(self, one: Facts, scope: _Scope, name: str) -> Layers:
        source, size = self._source(one, name)
        width, height = one.number("width", size[0]), one.number("height", size[1])
        if not source or width <= 0 or height <= 0:
            return ()
        window = self._window(one, (width, height), size, name)
        left, top, right, bottom = window.shown
        place = scope.place.after(Affine.moved((left + right - width) / 2, (top + bottom - height) / 2))
        found = seat(place, right - left, bottom - top, centred=True)
        if found is None:
            return ()
        if found.leaning:
            self.notebook.changed(name, "picture", "drawn upright: it leaned to one side")
        for feature in ("filters", "resizeFilter", "stroke"):
            if one.raw.get(feature):
                self.notebook.lost(name, f"{feature} of a picture", "drawn without it")
        return (
            ImageLayer(
                id=name,
                area=self.area,
                box=found.box,
                asset=source,
                crop=window.crop,
                fit="stretch",
                flip=found.flip,
            ),
        )

    def _source(self, one: Facts, name: str) -> tuple[str, tuple[float, float]]:
        """Return what designs call an image's picture, and its size in pixels where it is known."""
        src = encodable(one.text("src"))
        if _URL.match(src):
            return src, (0.0, 0.0)
        taken = self.inlays.taken(src)
        if isinstance(taken, Inlay):
            return taken.source, (float(taken.width), float(taken.height))
        self.notebook.lost(name, "picture", f"left out: {taken}, upload it and place it again")
        return "", (0.0, 0.0)

    def _window(
        self, one: Facts, size: tuple[float, float], picture: tuple[float, float], name: str
    ) -> "_Window":
        x, y = max(one.number("cropX"), 0.0), max(one.number("cropY"), 0.0)
        if picture[0] <= 0:
            if x or y:
                words = "shown whole: the size of a picture elsewhere is not known, crop it again"
                self.notebook.changed(name, "crop", words)
            return _Window((0, 0, 1000, 1000), (0.0, 0.0, *size))
        return _Window.of((x, y, x + size[0], y + size[1]), picture)

    # What lies over all of an object

    def _looked(self, one: Facts, scope: _Scope, layers: Layers, name: str) -> Layers:
        if one.raw.get("eraser"):
            self.notebook.lost(name, "eraser", "drawn as if nothing was erased")
        layers = self._clipped(one, scope, layers, name)
        opacity = min(max(one.number("opacity", 1.0), 0.0), 1.0)
        look = Look(
            opacity=round(opacity * 1000),
            blend=blend(one, name, self.notebook),
            shadow=shadow(one, scope.scale, scope.canvas, name, self.notebook),
        )
        veiled_ = veiled(layers, look, name=name, area=self.area)
        if one.flag("selectable", usual=True) or not veiled_:
            return veiled_
        return tuple(evolve(layer, lock=Lock()) for layer in veiled_)

    def _clipped(self, one: Facts, scope: _Scope, layers: Layers, name: str) -> Layers:
        clip = one.inner("clipPath")
        if clip is None or not layers:
            return layers
        cuts = self._cuts(clip, scope, layers)
        if cuts is None:
            self.notebook.lost(name, "clip path", "drawn without it: only shapes cut")
            return layers
        for cut in cuts:
            if not cut.outline:
                return ()
            look = Look(mask=Mask(outline=cut.outline, rule=cut.rule))
            layers = veiled(layers, look, name=name, area=self.area)
        return layers

    def _cuts(self, clip: Facts, scope: _Scope, layers: Layers) -> tuple[Cut, ...] | None:
        """Return what *clip* leaves of an object, each cut within the one before; None for what is no shape."""
        if scope.depth > _DEEPEST:
            raise refusal("The design's clip paths lie too deep in each other: merge them.")
        base = _Scope(place=scope.place, canvas=scope.canvas, depth=scope.depth)
        if clip.flag("absolutePositioned"):
            base = evolve(base, place=self.root)
        inner = self._inside(clip, base)
        pieces = self._pieces(clip, inner)
        if pieces is None:
            return None
        cut, exact = joined(pieces)
        if not exact:
            self.notebook.changed("", "clip path", "outlines that overlap were joined")
        if clip.flag("inverted"):
            cut = _turned_out(cut, layers)
        more = clip.inner("clipPath")
        if more is None:
            return (cut,)
        further = self._cuts(more, inner, layers)
        return None if further is None else (cut, *further)

    def _pieces(self, clip: Facts, scope: _Scope) -> list[Cut] | None:
        kind = kind_of(clip)
        if kind in SHAPES:
            rule = "evenodd" if clip.text("fillRule") == "evenodd" else "nonzero"
            return [Cut(outline(clip, _version(clip, self.version)).placed(scope.place), rule)]
        if kind not in _GROUPS or scope.depth > _DEEPEST:
            return None
        found: list[Cut] = []
        for one in clip.inners("objects"):
            pieces = self._pieces(one, self._inside(one, scope))
            if pieces is None:
                return None
            found.extend(pieces)
        return found


@frozen
class _Window:
    """The part of a picture that is seen: *crop* in per mille of it, *shown* where that lies in the object's pixels."""

    crop: tuple[int, int, int, int]
    shown: tuple[float, float, float, float]

    @classmethod
    def of(cls, part: tuple[float, float, float, float], picture: tuple[float, float]) -> "_Window":
        """Return the window nearest to *part* of a picture that is cropped in whole per mille."""
        wide, high = picture
        sides = (part[0] / wide, part[1] / high, part[2] / wide, part[3] / high)
        left, top, right, bottom = (round(min(max(side, 0.0), 1.0) * 1000) for side in sides)
        left, top = min(left, 999), min(top, 999)
        right, bottom = max(right, left + 1), max(bottom, top + 1)
        # The picture's pixels stay where they were; its edges move by no more than a rounded per mille.
        shown = (
            left * wide / 1000 - part[0],
            top * high / 1000 - part[1],
            right * wide / 1000 - part[0],
            bottom * high / 1000 - part[1],
        )
        return cls((left, top, right, bottom), shown)


def _turned_out(cut: Cut, layers: Layers) -> Cut:
    """Return what *cut* leaves out of *layers*."""
    left, top, right, bottom = around(layers)
    apart = max(right - left, bottom - top)
    wide = rectangle(left - apart, top - apart, right - left + 2 * apart, bottom - top + 2 * apart)
    return Cut(Outline.joined((wide, cut.outline)), "evenodd")
