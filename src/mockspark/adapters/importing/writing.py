"""Layers as members of a design document: what is usual is left out."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockspark.adapters.importing.names import Names
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.refusals import refusal
from mockspark.application.ports.importing import Imported, ImportTarget
from mockspark.domain.design import SCHEMA, Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.layers import (
    Blend,
    ClipartLayer,
    Gradient,
    GroupLayer,
    ImageLayer,
    Layer,
    LayerKind,
    Lock,
    Look,
    Paint,
    ShapeLayer,
    TextLayer,
)

Raw = dict[str, Any]

_UNCROPPED: Final = (0, 0, 1000, 1000)


def written(layer: Layer) -> Raw:
    """Return *layer* as a document has it."""
    box = layer.box
    common: Raw = {
        "id": layer.id,
        "area": layer.area,
        "x": box.x,
        "y": box.y,
        "w": box.width,
        "h": box.height,
    }
    if box.turn % 360_000:
        common["rot"] = box.turn % 360_000
    if layer.placeholder:
        common["placeholder"] = True
    if layer.lock is not None:
        common["lock"] = _lock(layer.lock)
    return {"type": _KINDS[type(layer)], **common, **_look(layer.look), **_members(layer)}


def _members(layer: Layer) -> Raw:
    match layer:
        case ImageLayer():
            return _image(layer)
        case TextLayer():
            return _text(layer)
        case ShapeLayer():
            return _shape(layer)
        case ClipartLayer():
            return _clipart(layer)
        case GroupLayer():
            return {"layers": [_without_area(written(one)) for one in layer.layers]}


def _without_area(raw: Raw) -> Raw:
    # A layer in a group lies on the group's area.
    return {name: value for name, value in raw.items() if name != "area"}


def _image(layer: ImageLayer) -> Raw:
    crop = {} if layer.crop == _UNCROPPED else {"crop": list(layer.crop)}
    return {"asset": layer.asset, **crop, "fit": layer.fit, **_told(flip=layer.flip, linear=layer.linear)}


def _text(layer: TextLayer) -> Raw:
    return {
        "text": layer.text,
        "font": layer.font,
        "size": layer.size,
        "align": layer.align,
        "leading": layer.leading,
        "fit": layer.fit,
        "fill": _paint(layer.fill),
        **_told(
            tracking=layer.tracking,
            path=layer.path.path(),
            stroke=layer.stroke,
            stroke_width=layer.stroke_width,
            fallback=list(layer.fallback),
        ),
        **({} if layer.direction == "auto" else {"direction": layer.direction}),
    }


def _shape(layer: ShapeLayer) -> Raw:
    usual = {"rule": "nonzero", "join": "miter", "cap": "butt"}
    unusual = {name: getattr(layer, name) for name, value in usual.items() if getattr(layer, name) != value}
    return {
        "shape": layer.shape,
        **_told(d=layer.outline.path(), radius=layer.radius),
        "fill": _paint(layer.fill),
        **_told(stroke=layer.stroke, stroke_width=layer.stroke_width, dash=list(layer.dash)),
        **unusual,
    }


def _clipart(layer: ClipartLayer) -> Raw:
    return {"asset": layer.asset, "fit": layer.fit, **_told(colors=dict(layer.colours), flip=layer.flip)}


def _told(**members: Any) -> Raw:
    return {name: value for name, value in members.items() if value}


def _look(look: Look) -> Raw:
    made: Raw = {}
    if look.opacity != 1000:
        made["opacity"] = look.opacity
    if look.blend is not Blend.NORMAL:
        made["blend"] = look.blend.value
    if look.shadow is not None:
        shadow = look.shadow
        made["shadow"] = {
            "dx": shadow.dx,
            "dy": shadow.dy,
            "blur": shadow.blur,
            "color": shadow.colour,
            "opacity": shadow.opacity,
        }
    if look.mask is not None:
        mask = look.mask
        made["mask"] = {"d": mask.outline.path()} if mask.outline else {"asset": mask.asset}
        if mask.rule != "nonzero":
            made["mask"]["rule"] = mask.rule
    return made


def _paint(paint: Paint) -> str | Raw:
    if isinstance(paint, str):
        return paint
    return _gradient(paint)


def _gradient(gradient: Gradient) -> Raw:
    stops = [
        [stop.offset, stop.colour, *(() if stop.opacity == 1000 else (stop.opacity,))]
        for stop in gradient.stops
    ]
    return {"type": gradient.kind, **_told(angle=gradient.angle), "stops": stops}


def _lock(lock: Lock) -> Raw:
    return {"may": list(lock.may)}


_KINDS: Final[Mapping[type[Layer], str]] = {
    ImageLayer: LayerKind.IMAGE.value,
    TextLayer: LayerKind.TEXT.value,
    ShapeLayer: LayerKind.SHAPE.value,
    ClipartLayer: LayerKind.CLIPART.value,
    GroupLayer: LayerKind.GROUP.value,
}


def imported(
    layers: Iterable[Raw],
    target: ImportTarget,
    notebook: Notebook,
    *,
    assets: Mapping[str, bytes],
    backgrounds: Mapping[str, str] | None = None,
) -> Imported:
    """Return the document of *layers* over the areas of *target*; raises Rejected when it would not be one."""
    colours = backgrounds or {}
    areas = {
        key: {"w": width, "h": height, **({"background": colours[key]} if colours.get(key) else {})}
        for key, (width, height) in target.areas.items()
    }
    named = _apart(layers, Names())
    try:
        design = Design.of({"schema": SCHEMA, "areas": areas, "layers": named})
    except InvalidValue as problem:
        raise refusal(f"The design cannot be taken in: {problem}.") from problem
    return Imported(document=design.document, assets=assets, notes=notebook.notes)


def _apart(layers: Iterable[Raw], names: Names) -> list[Raw]:
    """Return *layers* with an id of its own for each."""
    return [_renamed(raw, names) for raw in layers]


def _renamed(raw: Raw, names: Names) -> Raw:
    named = {**raw, "id": names.of(raw["id"])}
    return {**named, "layers": _apart(raw["layers"], names)} if "layers" in raw else named
