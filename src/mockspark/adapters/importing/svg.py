"""Drawings: a safe subset of SVG, read into our layers.

What it holds may come from anybody: see `svg_tree` for what is refused. What cannot be printed as it is drawn
elsewhere becomes a note. Event attributes, links and animations are never looked at.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from attrs import define, evolve, field, frozen

from mockspark.adapters.importing.svg_paints import Shade, shade, source
from mockspark.adapters.importing.svg_shapes import (
    SHAPES,
    Viewport,
    fitted,
    length,
    numbers,
    outline_of,
    scale_of,
    sound,
    tight,
    transform,
)
from mockspark.adapters.importing.svg_styles import Sheet, Style, colour, inherited, reference, share
from mockspark.adapters.importing.svg_tree import MAX_DEPTH, MAX_ELEMENTS, Element, read, refused
from mockspark.domain.layers import Blend, Box, Gradient, GroupLayer, Layer, Look, Mask, ShapeLayer, Stop
from mockspark.domain.outlines import Affine, Bounds, Outline, rectangle

_VIEW: Final = 1_000_000
_THINNEST: Final = 1000
_MAX_NUMBERS: Final = 1_000_000
_AREA: Final = "svg"

_TEXT: Final = "Its text is left out: convert the text to outlines (paths) and export it again."
_PICTURE: Final = "A picture in it is left out: upload the picture itself and place it on the design."
_FILTER: Final = (
    "Its filters (blurs, shadows) are left out: use the design's own shadow, or export it as PNG."
)
_MASK: Final = "Its masks are left out: clip with a path, or export it as PNG."
_PATTERN: Final = "Its patterns are left out: expand them to shapes, or export it as PNG."
_MARKER: Final = "The arrowheads of its lines are left out: expand them to shapes."
_FOREIGN: Final = "A part of it that is no drawing (foreignObject) is left out: convert it to shapes."
_ELSEWHERE: Final = "A part of it that lies in another file is left out: put everything into one file."
_STYLES: Final = "Some of its style rules are left out: export it with plain attributes."
_GRADIENT: Final = "A gradient in it that repeats or has its focus aside is drawn in a simpler way."
_LINE: Final = "A line in it with a gradient is drawn in one colour: convert the line to a shape."
_STRETCHED: Final = (
    "A line in it that is stretched is drawn equally wide all around: convert the line to a shape."
)
_DASHES: Final = "The dashes of a line in it begin at another place: convert the line to a shape."
_CLIP: Final = "A clipping path in it is drawn in a simpler way: merge its shapes into one."
_TRANSFORM: Final = "A transformation in it cannot be read and is left out: export it again."
_PAINT: Final = "A colour in it cannot be read: export it with plain colours."
_BLEND: Final = "A way of blending in it is left out: only the usual ones are printed."

_NOTED: Final = {"text": _TEXT, "image": _PICTURE, "foreignObject": _FOREIGN}


@frozen(kw_only=True)
class Drawing:
    """A drawing whose layers lie in a view of *width* by *height* units, the longer side being a million.

    *notes* say what of it is left out or drawn in a simpler way, and what to do about it.
    """

    width: float
    height: float
    layers: tuple[Layer, ...]
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def drawing(content: bytes) -> Drawing:
    """Read an SVG; raises Rejected for what is none, is too much of it, or is unsafe to open."""
    root = read(content)
    seen = _viewport_of(root)
    if max(seen.width, seen.height) > _THINNEST * min(seen.width, seen.height):
        raise refused("it is far too long and thin: crop its page to the drawing.")
    scale = _VIEW / max(seen.width, seen.height)
    reader = _Reader(Viewport(seen.width * scale, seen.height * scale), scale, _ids(root), _sheet(root))
    if reader.sheet.unread:
        reader.note(_STYLES)
    layers = reader.page(root, Scene(place=Affine.scaled(scale, scale), viewport=seen))
    if not layers:
        why = " ".join(reader.notes) or "Export it again with visible shapes on its page."
        raise refused(f"nothing in it can be printed. {why}")
    return Drawing(
        width=reader.view.width, height=reader.view.height, layers=layers, notes=tuple(reader.notes)
    )


def _viewport_of(root: Element) -> Viewport:
    box = _view_box(root)
    width, height = (
        0.0 if root.get(name).endswith("%") else length(root.get(name), 0.0) for name in ("width", "height")
    )
    if box is not None:
        ratio = box[2] / box[3]
        if width > 0 or height > 0:
            return Viewport(width if width > 0 else height * ratio, height if height > 0 else width / ratio)
        return Viewport(box[2], box[3])
    if width <= 0 or height <= 0:
        raise refused("it has no size: export it with a viewBox, or a width and a height.")
    return Viewport(width, height)


def _view_box(element: Element) -> Bounds | None:
    box = numbers(element.get("viewBox"))
    return (box[0], box[1], box[2], box[3]) if len(box) == 4 and box[2] > 0 and box[3] > 0 else None


def _ids(root: Element) -> Mapping[str, Element]:
    ids: dict[str, Element] = {}
    for element in root.all():
        if element.get("id"):
            ids.setdefault(element.get("id"), element)
    return ids


def _sheet(root: Element) -> Sheet:
    sheet = Sheet()
    for element in root.all():
        if element.tag == "style":
            sheet.add("".join(element.words))
    return sheet


@frozen(kw_only=True)
class Scene:
    """Where and within what an element is drawn: *place* maps its coordinates into the view."""

    place: Affine
    viewport: Viewport
    style: Style = field(factory=dict)
    depth: int = 0
    used: frozenset[str] = frozenset()

    def inside(self, place: Affine, style: Style) -> "Scene":
        """Return the scene of what lies in an element of this one."""
        return evolve(self, place=place, style=style, depth=self.depth + 1)


@frozen(kw_only=True)
class _Ink:
    """A paint in the view with its opacity; a shade has its own box."""

    paint: str | Shade
    opacity: float


@define
class _Reader:
    view: Viewport
    unit: float
    ids: Mapping[str, Element]
    sheet: Sheet
    notes: dict[str, None] = field(factory=dict)
    _drawn: int = 0
    _numbers: int = 0
    _named: int = 0
    _outlines: dict[int, Outline] = field(factory=dict)

    def note(self, words: str) -> None:
        """Say once what is not as it was drawn."""
        self.notes[words] = None

    def page(self, root: Element, scene: Scene) -> tuple[Layer, ...]:
        """Return the layers of the whole drawing."""
        own = self.sheet.declared(root)
        box, seen = _view_box(root), scene.viewport
        if box is not None:
            fit = fitted(box, seen.width, seen.height, root.get("preserveAspectRatio"))
            scene = evolve(scene, place=scene.place.after(fit), viewport=Viewport(box[2], box[3]))
        inner = self._all(root.children, scene.inside(scene.place, inherited({}, own)))
        return self._looked(inner, own, scene, None)

    def _all(self, elements: list[Element], scene: Scene) -> tuple[Layer, ...]:
        return tuple(layer for element in elements for layer in self._element(element, scene))

    def _element(self, element: Element, scene: Scene) -> tuple[Layer, ...]:
        self._count(scene)
        if element.tag in _NOTED:
            self.note(_NOTED[element.tag])
            return ()
        own = self.sheet.declared(element)
        if own.get("display") == "none" or element.tag not in _DRAWN:
            return ()
        place = scene.place.after(self._transform(own))
        inner = scene.inside(place, inherited(scene.style, own))
        match element.tag:
            case "g" | "a":
                layers, bounds = self._all(element.children, inner), None
            case "switch":
                layers, bounds = self._all(_first(element.children), inner), None
            case "svg":
                layers, bounds = self._window(element, element, inner), None
            case "use":
                layers, bounds = self._use(element, inner), None
            case _:
                layers, bounds = self._shape(element, own, inner)
        return self._looked(layers, own, inner, bounds)

    def _count(self, scene: Scene) -> None:
        self._drawn += 1
        if self._drawn > MAX_ELEMENTS:
            raise refused(f"its copies make more than {MAX_ELEMENTS} elements: export it as PNG.")
        if scene.depth > MAX_DEPTH:
            raise refused(f"its groups and copies lie more than {MAX_DEPTH} deep: expand them to shapes.")

    def _transform(self, own: Style) -> Affine:
        words = own.get("transform", "")
        if not words or words == "none":
            return Affine()
        place = transform(words)
        if place is None:
            self.note(_TRANSFORM)
        return place or Affine()

    # Copies and windows

    def _use(self, element: Element, scene: Scene) -> tuple[Layer, ...]:
        link = element.get("href")
        if not link.startswith("#"):
            self.note(_ELSEWHERE)
            return ()
        target = self.ids.get(link[1:])
        if target is None:
            return ()
        if link in scene.used:
            raise refused("a part of it is a copy of itself: expand its copies to shapes.")
        x = length(element.get("x"), scene.viewport.width)
        y = length(element.get("y"), scene.viewport.height)
        moved = evolve(
            scene,
            place=scene.place.after(Affine.moved(x, y)),
            used=scene.used | {link},
            depth=scene.depth + 1,
        )
        if target.tag not in ("symbol", "svg"):
            return self._element(target, moved)
        self._count(moved)
        own = self.sheet.declared(target)
        moved = moved.inside(moved.place.after(self._transform(own)), inherited(scene.style, own))
        return self._looked(self._window(target, element, moved), own, moved, None)

    def _window(self, element: Element, sized: Element, scene: Scene) -> tuple[Layer, ...]:
        """Return what is seen through a nested `svg` or a `symbol`, as large as *sized* says."""
        seen, box = scene.viewport, _view_box(element)
        width, height = (
            length(sized.get(name) or element.get(name) or "100%", whole, whole)
            for name, whole in (("width", seen.width), ("height", seen.height))
        )
        if width <= 0 or height <= 0:
            return ()
        place = scene.place
        if element.tag == "svg":
            x, y = length(element.get("x"), seen.width), length(element.get("y"), seen.height)
            place = place.after(Affine.moved(x, y))
        frame = rectangle(0, 0, width, height).placed(place)
        if box is not None:
            place = place.after(fitted(box, width, height, element.get("preserveAspectRatio")))
        viewport = Viewport(width, height) if box is None else Viewport(box[2], box[3])
        layers = self._all(
            element.children, evolve(scene, place=place, viewport=viewport, depth=scene.depth + 1)
        )
        if self.sheet.declared(element).get("overflow") in ("visible", "auto"):
            return layers
        return self._masked(layers, Mask(outline=frame))

    # Shapes

    def _shape(self, element: Element, own: Style, scene: Scene) -> tuple[tuple[Layer, ...], Bounds | None]:
        outline = self._outline(element, scene.viewport)
        if not outline or scene.style["visibility"] != "visible":
            return (), None
        bounds = tight(outline)
        seen = self._placed(outline, scene.place)
        fill = None if element.tag == "line" else self._ink("fill", bounds, scene)
        line = self._ink("stroke", bounds, scene)
        width = 0.0 if line is None else self._width(own, scene)
        if self._outside(seen, width):
            return (), bounds
        if any(scene.style[name] != "none" for name in ("marker-start", "marker-mid", "marker-end")):
            self.note(_MARKER)
        return self._inked(seen, fill, line if width >= 0.5 else None, width, scene), bounds

    def _outline(self, element: Element, viewport: Viewport) -> Outline:
        if element.tag != "path":
            return outline_of(element, viewport)
        # Copies share the outline: reading path data is what takes long.
        if id(element) not in self._outlines:
            self._outlines[id(element)] = outline_of(element, viewport)
        return self._outlines[id(element)]

    def _placed(self, outline: Outline, place: Affine) -> Outline:
        self._numbers += len(outline.numbers)
        if self._numbers > _MAX_NUMBERS:
            raise refused(f"it has more than {_MAX_NUMBERS} coordinates: simplify it, or export it as PNG.")
        placed = outline.placed(place)
        for number in placed.bounds or ():
            sound(number)
        return placed

    def _outside(self, outline: Outline, width: float) -> bool:
        left, top, right, bottom = outline.bounds or (0, 0, 0, 0)
        # A mitre reaches four times as far as its line.
        reach = 2 * width
        return (
            right + reach <= 0
            or bottom + reach <= 0
            or left - reach >= self.view.width
            or top - reach >= self.view.height
        )

    def _inked(
        self, outline: Outline, fill: _Ink | None, line: _Ink | None, width: float, scene: Scene
    ) -> tuple[Layer, ...]:
        style = scene.style
        rule = "evenodd" if style["fill-rule"] == "evenodd" else "nonzero"
        shape = self._layer(outline, fill, rule)
        if line is None:
            return () if fill is None else (shape,)
        colour_of_line = line.paint
        if isinstance(colour_of_line, Shade):
            self.note(_LINE)
            colour_of_line = _middle(colour_of_line.gradient)
        below = style["paint-order"].split()[:1] == ["stroke"]
        drawn = shape if fill is not None and fill.opacity == line.opacity == 1 and not below else None
        stroked = evolve(
            drawn or self._layer(outline, None, rule),
            stroke=colour_of_line,
            stroke_width=max(round(width), 1),
            join=style["stroke-linejoin"] if style["stroke-linejoin"] in ("round", "bevel") else "miter",
            cap=style["stroke-linecap"] if style["stroke-linecap"] in ("round", "square") else "butt",
            dash=self._dashes(scene),
        )
        if drawn is not None:
            return (stroked,)
        stroked = evolve(stroked, look=Look(opacity=round(1000 * line.opacity)))
        if fill is None:
            return (stroked,)
        return (stroked, shape) if below else (shape, stroked)

    def _layer(self, outline: Outline, fill: _Ink | None, rule: str) -> ShapeLayer:
        shape = ShapeLayer(
            id=self._id("shape"),
            area=_AREA,
            box=self._box(),
            shape="path",
            outline=outline,
            rule=rule,
            fill="",
        )
        if fill is None:
            return shape
        look = Look(opacity=round(1000 * fill.opacity))
        if isinstance(fill.paint, str):
            return evolve(shape, fill=fill.paint, look=look)
        paint = fill.paint
        return evolve(
            shape, fill=paint.gradient, box=paint.box, outline=outline.placed(paint.into), look=look
        )

    def _width(self, own: Style, scene: Scene) -> float:
        width = length(scene.style["stroke-width"], scene.viewport.diagonal, 1.0)
        if own.get("vector-effect") == "non-scaling-stroke":
            return sound(max(width, 0.0) * self.unit)
        if width > 0 and _stretches(scene.place):
            self.note(_STRETCHED)
        return sound(max(width, 0.0) * scale_of(scene.place))

    def _dashes(self, scene: Scene) -> tuple[int, ...]:
        words = scene.style["stroke-dasharray"]
        if words == "none":
            return ()
        scale = scale_of(scene.place)
        lengths = [
            length(word, scene.viewport.diagonal, -1.0) for word in words.replace(",", " ").split()[:64]
        ]
        if any(one < 0 for one in lengths) or sum(lengths) * scale < 1:
            return ()
        if length(scene.style["stroke-dashoffset"], scene.viewport.diagonal):
            self.note(_DASHES)
        return tuple(round(one * scale) for one in (lengths if len(lengths) % 2 == 0 else 2 * lengths))

    # Paints

    def _ink(self, what: str, bounds: Bounds | None, scene: Scene) -> _Ink | None:
        words, opacity = scene.style[what], share(scene.style[what + "-opacity"])
        pointed = reference(words)
        if pointed is not None:
            link, words = pointed
            target = self.ids.get(link[1:]) if link.startswith("#") else None
            if target is None and not link.startswith("#"):
                self.note(_ELSEWHERE)
            if target is not None:
                return self._shaded(target, opacity, bounds, scene)
            words = words or "none"
        if words.lower() == "currentcolor":
            words = scene.style["color"]
        read = colour(words)
        if read is None:
            self.note(_PAINT)
            return None
        return _Ink(paint=read[0], opacity=read[1] * opacity) if read[1] * opacity else None

    def _shaded(self, target: Element, opacity: float, bounds: Bounds | None, scene: Scene) -> _Ink | None:
        if target.tag == "pattern":
            self.note(_PATTERN)
        found = source(target, self.ids, self.sheet, scene.style["color"])
        if found is None or bounds is None:
            return None
        if not found.exact:
            self.note(_GRADIENT)
        made = shade(found, bounds, scene.place, scene.viewport)
        if isinstance(made, Stop):
            share_left = opacity * made.opacity / 1000
            return _Ink(paint=made.colour, opacity=share_left) if share_left else None
        return None if made is None else _Ink(paint=made, opacity=opacity)

    # Looks

    def _looked(
        self, layers: tuple[Layer, ...], own: Style, scene: Scene, bounds: Bounds | None
    ) -> tuple[Layer, ...]:
        for name, words in (("filter", _FILTER), ("mask", _MASK)):
            if layers and own.get(name, "none") != "none":
                self.note(words)
        for mask in self._masks(own, scene, bounds) if layers else ():
            layers = self._masked(layers, mask)
        opacity, blend = round(1000 * share(own.get("opacity", "1"))), self._blend(own)
        if not layers or not opacity:
            return ()
        look = Look(opacity=opacity, blend=blend)
        if look == Look():
            return layers
        only = layers[0]
        if len(layers) == 1 and only.look == Look():
            return (evolve(only, look=look),)
        return (self._group(layers, look),)

    def _blend(self, own: Style) -> Blend:
        named = own.get("mix-blend-mode", "normal").lower()
        if named in list(Blend):
            return Blend(named)
        self.note(_BLEND)
        return Blend.NORMAL

    def _masked(self, layers: tuple[Layer, ...], mask: Mask) -> tuple[Layer, ...]:
        """Return *layers* within *mask*; one without an inside leaves nothing."""
        if not layers or not mask.outline:
            return ()
        return (self._group(layers, Look(mask=mask)),)

    def _group(self, layers: tuple[Layer, ...], look: Look) -> GroupLayer:
        return GroupLayer(id=self._id("group"), area=_AREA, box=self._box(), layers=layers, look=look)

    def _masks(self, own: Style, scene: Scene, bounds: Bounds | None) -> Iterator[Mask]:
        """Yield what an element is clipped by: its clipping path, that one's own, and so on."""
        used: set[str] = set()
        while (pointed := reference(own.get("clip-path", "none"))) is not None:
            link = pointed[0]
            clip = self.ids.get(link[1:]) if link.startswith("#") else None
            if clip is None or clip.tag != "clipPath":
                return
            if link in used:
                raise refused("a clipping path of it clips itself: export it again.")
            used.add(link)
            own = self.sheet.declared(clip)
            place = scene.place.after(self._transform(own))
            if clip.get("clipPathUnits") == "objectBoundingBox":
                if bounds is None:
                    self.note(_CLIP)
                    continue
                left, top, right, bottom = bounds
                place = place.after(Affine(right - left, 0.0, 0.0, bottom - top, left, top))
            yield self._clip(clip, evolve(scene, place=place, style=inherited(scene.style, own)))

    def _clip(self, clip: Element, scene: Scene) -> Mask:
        parts = [part for child in clip.children for part in self._parts(child, scene)]
        rules = {rule for _, rule in parts}
        outlines = [outline for outline, _ in parts]
        if len(parts) > 1 and (rules != {"nonzero"} or _turn_apart(outlines)) and _meet(outlines):
            self.note(_CLIP)
        return Mask(outline=Outline.joined(outlines), rule=rules.pop() if len(rules) == 1 else "nonzero")

    def _parts(self, element: Element, scene: Scene) -> Iterator[tuple[Outline, str]]:
        self._count(scene)
        own = self.sheet.declared(element)
        style = inherited(scene.style, own)
        if own.get("display") == "none" or style["visibility"] != "visible":
            return
        if "clip-path" in own or element.tag in _NOTED:
            self.note(_CLIP)
        place = scene.place.after(self._transform(own))
        target = self.ids.get(element.get("href")[1:]) if element.tag == "use" else None
        if target is not None and target.tag in SHAPES:
            x = length(element.get("x"), scene.viewport.width)
            y = length(element.get("y"), scene.viewport.height)
            moved = scene.inside(place.after(Affine.moved(x, y)), style)
            yield from self._parts(target, moved)
        elif element.tag in SHAPES:
            outline = self._placed(self._outline(element, scene.viewport), place)
            if outline:
                yield outline, "evenodd" if style["clip-rule"] == "evenodd" else "nonzero"

    def _box(self) -> Box:
        return Box(x=0, y=0, width=max(round(self.view.width), 1), height=max(round(self.view.height), 1))

    def _id(self, kind: str) -> str:
        self._named += 1
        return f"{kind}-{self._named}"


_DRAWN: Final = SHAPES | {"g", "a", "switch", "svg", "use"}


def _first(children: list[Element]) -> list[Element]:
    """Return the alternative of a `switch` that we can draw."""
    for child in children:
        if child.tag in _DRAWN and not child.get("requiredExtensions"):
            return [child]
    return []


def _stretches(place: Affine) -> bool:
    across, down = place.a**2 + place.b**2, place.c**2 + place.d**2
    slant = abs(place.a * place.c + place.b * place.d)
    return abs(across - down) > 0.1 * max(across, down) or slant > 0.05 * max(across, down)


def _middle(gradient: Gradient) -> str:
    return min(gradient.stops, key=lambda stop: abs(stop.offset - 500)).colour


def _meet(outlines: list[Outline]) -> bool:
    """Tell whether the boxes of any two outlines overlap."""
    boxes = sorted(outline.bounds for outline in outlines if outline.bounds is not None)
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 : at + 200]:
            if other[0] < one[2] and other[1] < one[3] and other[3] > one[1]:
                return True
    return False


def _turn_apart(outlines: list[Outline]) -> bool:
    """Tell whether outlines run in both directions: where such ones overlap, they cancel each other."""
    return len({_turning(outline) > 0 for outline in outlines}) > 1


def _turning(outline: Outline) -> float:
    xs, ys = outline.numbers[0::2], outline.numbers[1::2]
    return sum(
        x * next_y - next_x * y
        for x, y, next_x, next_y in zip(xs, ys, (*xs[1:], xs[0]), (*ys[1:], ys[0]), strict=True)
    )
