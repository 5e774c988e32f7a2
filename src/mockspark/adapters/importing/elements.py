"""From the elements of an SVG to layers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from attrs import define, evolve, field, frozen

from mockspark.adapters.importing import paths, shapes
from mockspark.adapters.importing.cuts import Cut, joined
from mockspark.adapters.importing.inlays import Inlays
from mockspark.adapters.importing.markup import Element
from mockspark.adapters.importing.names import Names
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.numbers import (
    inverse,
    length,
    mean_scale,
    spread,
    transform,
)
from mockspark.adapters.importing.paints import Ground, Paints, named, share
from mockspark.adapters.importing.placing import (
    Colour,
    Layers,
    Line,
    Sketch,
    around,
    painted,
    seat,
    veiled,
)
from mockspark.adapters.importing.refusals import refusal
from mockspark.adapters.importing.shapes import SHAPES, Sides
from mockspark.adapters.importing.styles import Sheet, Style
from mockspark.adapters.importing.views import Alignment, view_box
from mockspark.domain.layers import Blend, ImageLayer, Look, Mask
from mockspark.domain.outlines import Affine, Bounds, Outline, rectangle

_MOST_DRAWN: Final = 20_000
_MOST_NUMBERS: Final = 600_000
_DEEPEST: Final = 90
_MOST_DASHES: Final = 8
_EVEN: Final = 1.01
_MITER: Final = 4.0
_GROUPS: Final = frozenset(("g", "a"))
_UNSEEN: Final = frozenset(
    (
        "clipPath",
        "cursor",
        "defs",
        "desc",
        "filter",
        "font",
        "font-face",
        "linearGradient",
        "marker",
        "mask",
        "metadata",
        "pattern",
        "radialGradient",
        "solidColor",
        "style",
        "symbol",
        "title",
        "view",
    )
)
_LETTERS: Final = frozenset(("text", "flowRoot", "textArea"))
_TOO_MUCH: Final = "The drawing is too complex: simplify it, or export it as PNG at print size."
_MARKERS: Final = ("marker-start", "marker-mid", "marker-end")
_WHITE: Final = frozenset(("#ffffff", "#fefefe"))


@frozen(kw_only=True)
class Scope:
    """Where an element lies: *place* maps its user space to the drawing, *view* are the sides of its viewport.

    *pixel* is what a pixel of the outermost viewport measures in the drawing.
    """

    place: Affine
    style: Style
    view: Sides
    pixel: float
    depth: int = 0
    used: tuple[str, ...] = ()


@define(kw_only=True)
class Drawer:
    """Draws elements as layers of *area*, cut at *frame*."""

    ids: Mapping[str, Element]
    sheet: Sheet
    notebook: Notebook
    inlays: Inlays
    area: str
    frame: Bounds
    _names: Names = field(factory=Names, init=False)
    _drawn: int = field(default=0, init=False)
    _numbers: int = field(default=0, init=False)

    def drawn(self, element: Element, scope: Scope) -> Layers:
        """Return the layers of *element*, lowest first."""
        self._count(scope)
        if element.name in _UNSEEN or not element.name:
            return ()
        inner = self._inside(element, scope)
        if inner is None or inner.style["display"] == "none":
            return ()
        return self._looked(element, inner, self._content(element, inner))

    def drawn_root(self, root: Element, scope: Scope) -> Layers:
        """Return the layers of the outermost element, whose viewport is the drawing itself."""
        inner = self._inside(root, scope)
        if inner is None or inner.style["display"] == "none":
            return ()
        return self._looked(root, inner, self._all(root.children, inner))

    def _count(self, scope: Scope) -> None:
        self._drawn += 1
        if self._drawn > _MOST_DRAWN or scope.depth > _DEEPEST:
            raise refusal(_TOO_MUCH)

    def _inside(self, element: Element, scope: Scope) -> Scope | None:
        """Return the scope in which *element* is drawn; None where its map makes it vanish."""
        style = scope.style.inner(self.sheet.declared(element, self.notebook))
        asked = style["transform"]
        step = transform(asked) if asked not in {"", "none"} else Affine()
        if step is None:
            self.notebook.changed(_called(element), f"transform {asked}", "left out: it cannot be read")
            step = Affine()
        if style["transform-origin"] not in {"", "0", "0 0", "0px 0px"} and step != Affine():
            self.notebook.changed(_called(element), "transform-origin", "turned about the origin instead")
        place = scope.place.after(step)
        if mean_scale(place) < 1e-9:
            return None
        return evolve(scope, place=place, style=style, depth=scope.depth + 1)

    def _content(self, element: Element, scope: Scope) -> Layers:
        if element.name in SHAPES:
            return self._shape(element, scope)
        if element.name in _GROUPS:
            if element.name == "a" and element.get("href"):
                self.notebook.changed(_called(element), "link", "left out: its content is drawn")
            return self._all(element.children, scope)
        drawn = self._kinds.get(element.name)
        if drawn is not None:
            return drawn(element, scope)
        self._unknown(element)
        return ()

    @property
    def _kinds(self) -> Mapping[str, Callable[[Element, Scope], Layers]]:
        return {"svg": self._view, "use": self._use, "switch": self._switch, "image": self._image}

    def _unknown(self, element: Element) -> None:
        if element.name in _LETTERS:
            words = "left out: convert text to outlines (paths) before the export"
            self.notebook.lost(_called(element), "text", words)
        else:
            self.notebook.lost(_called(element), f"<{element.name}>", "left out: it is not known")

    def _all(self, elements: list[Element], scope: Scope) -> Layers:
        return tuple(layer for element in elements for layer in self.drawn(element, scope))

    def _switch(self, element: Element, scope: Scope) -> Layers:
        plain = (one for one in element.children if one.name and not one.get("requiredExtensions"))
        found = next((one for one in plain if not one.get("systemLanguage")), None)
        return self.drawn(found, scope) if found is not None else ()

    # Elements that hold others

    def _view(self, element: Element, scope: Scope) -> Layers:
        x, y = length(element.get("x", "0"), scope.view[0]), length(element.get("y", "0"), scope.view[1])
        moved = evolve(scope, place=scope.place.after(Affine.moved(x or 0.0, y or 0.0)))
        return self._seen_through(element, moved, element.get("width"), element.get("height"))

    def _seen_through(self, element: Element, scope: Scope, wide: str, high: str) -> Layers:
        """Return what lies in *element*, through a viewport of its own."""
        width, height = (
            length(text or "100%", whole) or 0.0 for text, whole in zip((wide, high), scope.view, strict=True)
        )
        if width <= 0 or height <= 0:
            return ()
        box = view_box(element)
        fit = Alignment.of(element.get("preserveAspectRatio"))
        inner = evolve(
            scope,
            place=scope.place if box is None else scope.place.after(fit.fit(box, width, height)),
            view=(width, height) if box is None else box[2:],
        )
        layers = self._all(element.children, inner)
        if scope.style["overflow"] in {"visible", "auto"} or not layers:
            return layers
        window = rectangle(0, 0, width, height).placed(scope.place)
        return self._cut(layers, Cut(window), _called(element))

    def _use(self, element: Element, scope: Scope) -> Layers:
        name = _local(element)
        target = self.ids.get(name)
        if target is None:
            self.notebook.lost(_called(element), f"use of #{name}", "left out: there is no such element")
            return ()
        if name in scope.used:
            raise refusal("The drawing holds itself: export it anew as plain SVG.")
        x, y = length(element.get("x", "0"), scope.view[0]), length(element.get("y", "0"), scope.view[1])
        place = scope.place.after(Affine.moved(x or 0.0, y or 0.0))
        moved = evolve(scope, place=place, used=(*scope.used, name), depth=scope.depth + 1)
        if target.name not in {"symbol", "svg"}:
            return self.drawn(target, moved)
        self._count(moved)
        inner = self._inside(target, moved)
        if inner is None or inner.style["display"] == "none":
            return ()
        sides = [element.get(side) or target.get(side) for side in ("width", "height")]
        return self._seen_through(target, inner, sides[0], sides[1])

    # Elements that are seen

    def _shape(self, element: Element, scope: Scope) -> Layers:
        drawn = self._outline(element, scope)
        if not drawn or scope.style["visibility"] in {"hidden", "collapse"}:
            return ()
        name = self._names.of(_called(element) or element.name)
        box = paths.bounds(drawn) or (0.0, 0.0, 0.0, 0.0)
        ground = Ground(name=name, place=scope.place, box=box, view=scope.view)
        paints = Paints(ids=self.ids, sheet=self.sheet, notebook=self.notebook)
        style = scope.style
        line = paints.colour(style, "stroke", ground)
        final = drawn.placed(scope.place)
        sketch = Sketch(
            id=name,
            area=self.area,
            outline=final,
            rule="evenodd" if style["fill-rule"] == "evenodd" else "nonzero",
            fill=None if element.name == "line" else paints.colour(style, "fill", ground),
            line=None if line is None else self._line(line, scope, final, name),
            line_below=_line_first(style["paint-order"]),
        )
        if any(style[marker] not in {"none", ""} for marker in _MARKERS) and element.name in _MARKED:
            self.notebook.lost(name, "markers", "left out: convert them to outlines before the export")
        layers = painted(sketch, self.notebook)
        return tuple(layer for layer in layers if self._on_show(around((layer,))))

    def _outline(self, element: Element, scope: Scope) -> Outline:
        drawn, readable = shapes.outline(element, scope.view)
        self._numbers += len(drawn.numbers)
        if self._numbers > _MOST_NUMBERS:
            raise refusal(_TOO_MUCH)
        if not readable:
            words = "drawn up to a mistake in its data"
            self.notebook.changed(_called(element), f"<{element.name}>", words)
        return drawn

    def _on_show(self, box: Bounds) -> bool:
        left, top, right, bottom = self.frame
        return box[0] < right and box[2] > left and box[1] < bottom and box[3] > top

    def _line(self, colour: Colour, scope: Scope, final: Outline, name: str) -> Line | None:
        style = scope.style
        fixed = style["vector-effect"] == "non-scaling-stroke"
        scale = scope.pixel if fixed else mean_scale(scope.place)
        whole = shapes.diagonal(scope.view)
        width = length(style["stroke-width"], whole)
        width = 1.0 if width is None or width < 0 else width
        if width == 0:
            return None
        most, least = spread(scope.place)
        if most > _EVEN * least and not fixed:
            self.notebook.changed(name, "line", "drawn evenly: it was stretched in one direction")
        line = Line(
            colour=colour,
            width=width * scale,
            join=_JOINS.get(style["stroke-linejoin"], "miter"),
            cap=style["stroke-linecap"] if style["stroke-linecap"] in {"round", "square"} else "butt",
            dash=self._dash(style, whole, scale, name),
        )
        return evolve(line, join=self._join(line, style, final, name))

    def _join(self, line: Line, style: Style, final: Outline, name: str) -> str:
        limit = length(style["stroke-miterlimit"], 1.0) or _MITER
        if line.join != "miter" or limit == _MITER:
            return line.join
        differs, mitred = paths.sharpest(final, _MITER, limit, max(line.width / 8, 1.0))
        if not differs:
            return "miter"
        if not mitred:
            return "bevel"
        self.notebook.changed(name, f"miter limit {limit:g}", f"sharp corners end at {_MITER:g} line widths")
        return "miter"

    def _dash(self, style: Style, whole: float, scale: float, name: str) -> tuple[float, ...]:
        text = style["stroke-dasharray"]
        if text in {"none", ""}:
            return ()
        parts = [length(part, whole) for part in text.replace(",", " ").split()[:1_000]]
        lengths = [part for part in parts if part is not None]
        if len(lengths) != len(parts) or not lengths or min(lengths) < 0 or sum(lengths) <= 0:
            return ()
        lengths *= 1 + len(lengths) % 2
        begun = _begun(lengths, length(style["stroke-dashoffset"], whole) or 0.0)
        if begun is None:
            self.notebook.changed(name, "start of dashes", "they begin with a whole one")
        if len(lengths) > _MOST_DASHES:
            self.notebook.changed(name, "dashes", f"the first {_MOST_DASHES} lengths are repeated")
        return tuple(part * scale for part in (begun or lengths)[:_MOST_DASHES])

    def _image(self, element: Element, scope: Scope) -> Layers:
        if scope.style["visibility"] in {"hidden", "collapse"}:
            return ()
        url = element.get("href") or "data:"
        if not url.lstrip().startswith("data:"):
            raise refusal("The drawing asks for a picture elsewhere: export it with its pictures embedded.")
        taken = self.inlays.taken(url)
        name = self._names.of(_called(element) or "image")
        if isinstance(taken, str):
            self.notebook.lost(name, "picture", f"left out: {taken}")
            return ()
        sides = self._picture_sides(element, scope, taken.width, taken.height)
        x, y = length(element.get("x", "0"), scope.view[0]), length(element.get("y", "0"), scope.view[1])
        corner = scope.place.after(Affine.moved(x or 0.0, y or 0.0))
        fit = Alignment.of(element.get("preserveAspectRatio"))
        placed = corner.after(fit.fit((0.0, 0.0, taken.width, taken.height), *sides))
        found = seat(placed, taken.width, taken.height)
        if found is None:
            return ()
        if found.leaning:
            self.notebook.changed(name, "picture", "drawn upright: it leaned to one side")
        layer = ImageLayer(
            id=name, area=self.area, box=found.box, asset=taken.source, fit="stretch", flip=found.flip
        )
        if not self._on_show(around((layer,))):
            return ()
        if not fit.slices:
            return (layer,)
        return self._cut((layer,), Cut(rectangle(0, 0, *sides).placed(corner)), name)

    def _picture_sides(self, element: Element, scope: Scope, width: int, height: int) -> Sides:
        wide, high = (
            length(element.get(name), whole) if element.get(name) not in {"", "auto"} else None
            for name, whole in zip(("width", "height"), scope.view, strict=True)
        )
        if wide is None and high is None:
            return float(width), float(height)
        wide = (high or 0.0) * width / height if wide is None else wide
        high = wide * height / width if high is None else high
        return max(wide, 1e-9), max(high, 1e-9)

    # What lies over all of an element

    def _looked(self, element: Element, scope: Scope, layers: Layers) -> Layers:
        if not layers:
            return ()
        style, name = scope.style, _called(element)
        if style["filter"] not in {"", "none"}:
            self.notebook.lost(name, "filter", "drawn without it")
        for kind in ("clip-path", "mask"):
            if style[kind] not in {"", "none"}:
                layers = self._covered(element, scope, layers, kind)
        look = Look(opacity=round(share(style["opacity"] or "1", 1.0) * 1000), blend=self._blend(style, name))
        if not layers or not look.opacity:
            return ()
        return veiled(layers, look, name=self._names.of(name or "group"), area=self.area)

    def _blend(self, style: Style, name: str) -> Blend:
        asked = style["mix-blend-mode"] or Blend.NORMAL.value
        if asked in tuple(Blend):
            return Blend(asked)
        self.notebook.changed(name, f"blend mode {asked}", "laid over what is below as usual")
        return Blend.NORMAL

    def _covered(self, element: Element, scope: Scope, layers: Layers, kind: str) -> Layers:
        name = _called(element)
        asked = named(scope.style[kind])
        cover = self.ids.get(asked[0]) if asked else None
        if cover is None or cover.name != ("clipPath" if kind == "clip-path" else "mask"):
            self.notebook.changed(name, f"{kind} {scope.style[kind]}", "drawn without it")
            return layers
        cuts = self._cuts(cover, self._cover_scope(element, cover, scope, layers), name)
        if cuts is None:
            self.notebook.lost(name, kind, "drawn without it: only plain outlines cut")
            return layers
        for cut in cuts:
            layers = self._cut(layers, cut, name)
        return layers

    def _cut(self, layers: Layers, cut: Cut, name: str) -> Layers:
        if not cut.outline:
            return ()
        look = Look(mask=Mask(outline=cut.outline, rule=cut.rule))
        return veiled(layers, look, name=self._names.of(name or "group"), area=self.area)

    def _cover_scope(self, element: Element, cover: Element, scope: Scope, layers: Layers) -> Scope:
        units = cover.get("clipPathUnits") or cover.get("maskContentUnits")
        used = evolve(scope, style=Style(), depth=scope.depth + 1)
        if units != "objectBoundingBox":
            return used
        box = self._user_box(element, scope, layers)
        within = Affine(box[2] - box[0], 0.0, 0.0, box[3] - box[1], box[0], box[1])
        return evolve(used, place=scope.place.after(within), view=(1.0, 1.0))

    def _user_box(self, element: Element, scope: Scope, layers: Layers) -> Bounds:
        if element.name in SHAPES:
            return paths.bounds(self._outline(element, scope)) or (0.0, 0.0, 0.0, 0.0)
        drawn, back = around(layers), inverse(scope.place)
        if back is None:
            return 0.0, 0.0, 0.0, 0.0
        self.notebook.changed(
            _called(element), "cut by a share of its box", "its box was measured with its lines"
        )
        corners = [back.point(x, y) for x in drawn[0::2] for y in drawn[1::2]]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def _cuts(self, cover: Element, scope: Scope, name: str) -> tuple[Cut, ...] | None:
        """Return what *cover* leaves, each cut within the one before; None for what is more than outlines."""
        self._count(scope)
        if cover.get("id") in scope.used:
            raise refusal("The drawing is cut by itself: export it anew as plain SVG.")
        within = evolve(scope, used=(*scope.used, cover.get("id")))
        inner = self._inside(cover, within)
        if inner is None:
            return (Cut(Outline()),)
        found = list(
            self._cutters(cover.children, inner, of_mask=cover.name == "mask", light=self._lights(inner))
        )
        pieces = [one for one in found if one is not None]
        if len(pieces) < len(found):
            return None
        cut, exact = joined(pieces)
        if not exact:
            self.notebook.changed(name, cover.name, "outlines that overlap were joined")
        asked = named(inner.style["clip-path"])
        outer = self.ids.get(asked[0]) if asked else None
        if outer is None or outer.name != "clipPath":
            return (cut,)
        more = self._cuts(outer, evolve(inner, style=Style()), name)
        return None if more is None else (cut, *more)

    def _lights(self, scope: Scope) -> bool:
        return scope.style["mask-type"] != "alpha"

    def _cutters(
        self, elements: list[Element], scope: Scope, *, of_mask: bool, light: bool
    ) -> Iterator[Cut | None]:
        for element in elements:
            self._count(scope)
            if element.name in _UNSEEN or not element.name:
                continue
            inner = self._inside(element, scope)
            if inner is None or inner.style["display"] == "none":
                continue
            if element.name in SHAPES:
                yield self._cutter(element, inner, of_mask=of_mask, light=light)
            elif element.name == "use" or (of_mask and element.name in _GROUPS):
                yield from self._cutters(*self._held(element, inner), of_mask=of_mask, light=light)
            else:
                yield None

    def _held(self, element: Element, scope: Scope) -> tuple[list[Element], Scope]:
        """Return what a group or a `use` holds."""
        if element.name != "use":
            return element.children, scope
        name = _local(element)
        target = self.ids.get(name)
        if name in scope.used:
            raise refusal("The drawing holds itself: export it anew as plain SVG.")
        x, y = length(element.get("x", "0"), scope.view[0]), length(element.get("y", "0"), scope.view[1])
        place = scope.place.after(Affine.moved(x or 0.0, y or 0.0))
        return [] if target is None else [target], evolve(scope, place=place, used=(*scope.used, name))

    def _cutter(self, element: Element, scope: Scope, *, of_mask: bool, light: bool) -> Cut | None:
        style = scope.style
        if style["visibility"] in {"hidden", "collapse"}:
            return Cut(Outline())
        drawn = self._outline(element, scope)
        if of_mask:
            ground = Ground(name=_called(element), place=scope.place, box=(0, 0, 1, 1), view=scope.view)
            paints = Paints(ids=self.ids, sheet=self.sheet, notebook=self.notebook)
            fill = paints.colour(style, "fill", ground)
            plain = style["stroke"] == "none" and share(style["opacity"] or "1", 1.0) >= 1
            if not plain or not _whole(fill, light=light):
                return None
        rule = style["fill-rule" if of_mask else "clip-rule"]
        return Cut(drawn.placed(scope.place), "evenodd" if rule == "evenodd" else "nonzero")


def _whole(fill: Colour | None, *, light: bool) -> bool:
    """Tell whether a shape of a mask lets everything through."""
    return (
        fill is not None
        and not hasattr(fill, "steps")
        and fill.opacity >= 1
        and (not light or fill.colour in _WHITE)
    )


def _called(element: Element) -> str:
    return element.get("label") or element.get("id")


def _local(element: Element) -> str:
    """Return the id that a `use` names; raises Rejected for one elsewhere."""
    href = element.get("href").strip()
    if href and not href.startswith("#"):
        raise refusal("The drawing uses a part of another file: export it with everything in it.")
    return href[1:]


def _line_first(order: str) -> bool:
    words = order.split()
    if "stroke" not in words:
        return False
    return "fill" not in words or words.index("stroke") < words.index("fill")


def _begun(lengths: list[float], offset: float) -> list[float] | None:
    """Return dashes that begin *offset* into their pattern; None where that is inside of a dash or a gap."""
    at = offset % sum(lengths)
    for index in range(0, len(lengths), 2):
        before = sum(lengths[:index])
        if abs(before - at) < 1e-6 * sum(lengths):
            return lengths[index:] + lengths[:index]
    return None


_JOINS: Final = {"round": "round", "bevel": "bevel", "miter": "miter", "miter-clip": "miter", "arcs": "miter"}
_MARKED: Final = frozenset(("path", "line", "polyline", "polygon"))
