"""Layers of outlines and pictures, put where a foreign program's maps put them."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve, frozen

from mockspark.adapters.importing.colours import Ink
from mockspark.adapters.importing.gradients import Laid, Ramp, laid, whole
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.paths import bounds
from mockspark.domain.layers import (
    PLAIN,
    Box,
    GroupLayer,
    Layer,
    Look,
    Paint,
    ShapeLayer,
)
from mockspark.domain.outlines import Affine, Bounds, Outline

FARTHEST: Final = 90_000_000
_LEANING: Final = 1e-3
_HALF_TURN: Final = 180_000

Colour = Ink | Ramp
Layers = tuple[Layer, ...]


@frozen(kw_only=True)
class Line:
    """How an outline is stroked; *width* and *dash* are final."""

    colour: Colour
    width: float
    join: str = "miter"
    cap: str = "butt"
    dash: tuple[float, ...] = ()


@frozen(kw_only=True)
class Body:
    """A plain rectangle or ellipse: the same as an outline, and easier to change."""

    shape: str
    box: Box
    radius: int = 0


@frozen(kw_only=True)
class Sketch:
    """An outline in its final place, and how it is painted; *body* says the same of a plain one."""

    id: str
    area: str
    outline: Outline
    rule: str = "nonzero"
    fill: Colour | None = None
    line: Line | None = None
    line_below: bool = False
    body: Body | None = None


def painted(sketch: Sketch, notebook: Notebook) -> Layers:
    """Return the layers of *sketch*: one, or two where fill and line are not of one opacity."""
    around = bounds(sketch.outline)
    if around is None:
        return ()
    if max(abs(side) for side in around) > FARTHEST:
        notebook.lost(sketch.id, "shape", "left out: it is too large to be drawn")
        return ()
    filled, lined = _filled(sketch, around, notebook), _lined(sketch, notebook)
    if filled is None or lined is None:
        only = filled or lined
        return () if only is None else (only,)
    if sketch.line_below or filled.look != PLAIN or lined.look != PLAIN:
        pair = (filled, evolve(lined, id=f"{sketch.id}-line"))
        return pair[::-1] if sketch.line_below else pair
    line = {name: getattr(lined, name) for name in ("stroke", "stroke_width", "join", "cap", "dash")}
    return (evolve(filled, **line),)


def _filled(sketch: Sketch, around: Bounds, notebook: Notebook) -> ShapeLayer | None:
    colour = laid(sketch.fill, around) if isinstance(sketch.fill, Ramp) else sketch.fill
    if colour is None or (isinstance(colour, Ink) and colour.opacity <= 0):
        return None
    if isinstance(colour, Laid):
        if colour.doubt:
            notebook.changed(sketch.id, "gradient", colour.doubt)
        return _boxed(sketch, colour.box, colour.gradient, 1.0)
    if isinstance(sketch.fill, Ramp) and len({step.ink for step in sketch.fill.steps}) > 1:
        notebook.changed(sketch.id, "gradient", "drawn in one colour: it has no extent")
    return _boxed(sketch, whole(around), colour.colour, colour.opacity)


def _lined(sketch: Sketch, notebook: Notebook) -> ShapeLayer | None:
    line = sketch.line
    if line is None or line.width <= 0:
        return None
    colour = line.colour
    if isinstance(colour, Ramp):
        notebook.changed(sketch.id, "gradient of a line", "drawn in one colour between its colours")
        colour = colour.mean
    around = bounds(sketch.outline)
    if colour.opacity <= 0 or around is None:
        return None
    return evolve(
        _boxed(sketch, whole(around), "", colour.opacity),
        stroke=colour.colour,
        stroke_width=max(round(line.width), 1),
        join=line.join,
        cap=line.cap,
        dash=tuple(max(round(part), 1) for part in line.dash),
    )


def _boxed(sketch: Sketch, box: Box, fill: Paint, opacity: float) -> ShapeLayer:
    look = PLAIN if opacity >= 0.9995 else Look(opacity=round(opacity * 1000))
    body = sketch.body
    if body is not None and isinstance(fill, str):
        return ShapeLayer(
            id=sketch.id,
            area=sketch.area,
            box=body.box,
            shape=body.shape,
            radius=body.radius,
            fill=fill,
            look=look,
        )
    return ShapeLayer(
        id=sketch.id,
        area=sketch.area,
        box=box,
        shape="path",
        outline=sketch.outline.placed(into(box)),
        rule=sketch.rule,
        fill=fill,
        look=look,
    )


def into(box: Box) -> Affine:
    """Return the map from where *box* lies to what is measured from its own corner."""
    back = Affine.turned(-box.turn, box.x + box.width / 2, box.y + box.height / 2) if box.turn else Affine()
    return Affine.moved(-box.x, -box.y).after(back)


@frozen(kw_only=True)
class Seat:
    """A box and how its content is mirrored; *leaning* tells that the map could not be kept."""

    box: Box
    flip: str
    leaning: bool


def seat(place: Affine, width: float, height: float, *, centred: bool = False) -> Seat | None:
    """Return where *place* puts a rectangle of *width* by *height*; None for one without any extent.

    Its corner is at the origin, or its middle when it is *centred*.
    """
    across, down = math.hypot(place.a, place.b), math.hypot(place.c, place.d)
    turning = place.a * place.d - place.b * place.c
    if across * width < 0.5 or abs(turning) < 1e-12 or abs(turning) / across * height < 0.5:
        return None
    leaning = abs(place.a * place.c + place.b * place.d) > _LEANING * across * down
    x, y = place.point(0.0, 0.0) if centred else place.point(width / 2, height / 2)
    wide, high = max(round(across * width), 1), max(round(abs(turning) / across * height), 1)
    if max(abs(x), abs(y), wide, high) > FARTHEST:
        return None
    turn = round(math.degrees(math.atan2(place.b, place.a)) * 1000) % 360_000
    flip = "v" if turning < 0 else ""
    if flip and 90_000 < turn <= 270_000:
        turn, flip = (turn - _HALF_TURN) % 360_000, "h"
    box = Box(x=round(x - wide / 2), y=round(y - high / 2), width=wide, height=high, turn=turn)
    return Seat(box=box, flip=flip, leaning=leaning)


# What several layers have in common


def veiled(layers: Layers, look: Look, *, name: str, area: str) -> Layers:
    """Return *layers* under one look, whose mask and shadow lie where they do: not measured from any box."""
    if look == PLAIN or not layers:
        return layers
    if len(layers) == 1 and _simple(layers[0].look, look):
        only = layers[0]
        opacity = round(only.look.opacity * look.opacity / 1000)
        return (evolve(only, look=_seated(evolve(look, opacity=opacity), only.box)),)
    group = grouped(layers, name=name, area=area)
    return (evolve(group, look=_seated(look, group.box)),)


def _simple(one: Look, other: Look) -> bool:
    """Tell whether *other* may be laid on a layer that has *one* already."""
    faded = one == evolve(PLAIN, opacity=one.opacity)
    return one == PLAIN or (faded and other == evolve(PLAIN, opacity=other.opacity))


def _seated(look: Look, box: Box) -> Look:
    """Return *look* measured from *box*, with which it turns."""
    mask, shadow = look.mask, look.shadow
    if mask is not None:
        mask = evolve(mask, outline=mask.outline.placed(into(box)))
    if shadow is not None and box.turn:
        dx, dy = Affine.turned(-box.turn).point(shadow.dx, shadow.dy)
        shadow = evolve(shadow, dx=round(dx), dy=round(dy))
    return evolve(look, mask=mask, shadow=shadow)


def grouped(layers: Sequence[Layer], *, name: str, area: str) -> GroupLayer:
    """Return a group just around *layers*, which stay where they are."""
    box = whole(around(layers))
    return GroupLayer(
        id=name, area=area, box=box, layers=tuple(shifted(layer, -box.x, -box.y) for layer in layers)
    )


def shifted(layer: Layer, x: int, y: int) -> Layer:
    """Return *layer* moved by *x*, *y*."""
    return evolve(layer, box=evolve(layer.box, x=layer.box.x + x, y=layer.box.y + y))


def around(layers: Iterable[Layer]) -> Bounds:
    """Return the box around what *layers* draw, their lines among it."""
    lefts, tops, rights, bottoms = zip(*(_reach(layer) for layer in layers), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _reach(layer: Layer) -> Bounds:
    box = layer.box
    drawn = (0.0, 0.0, float(box.width), float(box.height))
    if isinstance(layer, ShapeLayer):
        line = layer.stroke_width / 2 if layer.stroke else 0.0
        inner = bounds(layer.outline) or drawn  # a plain rectangle or ellipse fills its box
        drawn = (inner[0] - line, inner[1] - line, inner[2] + line, inner[3] + line)
    turned = Affine.turned(box.turn, box.width / 2, box.height / 2) if box.turn else Affine()
    corners = [turned.point(x, y) for x in drawn[0::2] for y in drawn[1::2]]
    xs, ys = zip(*corners, strict=True)
    return box.x + min(xs), box.y + min(ys), box.x + max(xs), box.y + max(ys)
