"""From a document's members to layers: every member is checked, and what is wrong is named."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mockspark.domain.errors import InvalidValue
from mockspark.domain.layers import (
    PLAIN,
    Blend,
    Box,
    ClipartLayer,
    Gradient,
    GroupLayer,
    ImageLayer,
    Layer,
    LayerKind,
    Lock,
    Look,
    Mask,
    Paint,
    Shadow,
    ShapeLayer,
    Stop,
    TextLayer,
)
from mockspark.domain.outlines import Outline

MAX_LAYERS: Final = 200
_MAX_DEPTH: Final = 8
_MAX_STOPS: Final = 16
_MAX_FONTS: Final = 8
_MAX_DASHES: Final = 8
_RULES: Final = ("nonzero", "evenodd")
_FITS: Final = ("contain", "cover", "stretch")
_FLIPS: Final = ("", "h", "v", "hv")
_MAY: Final = ("text", "font", "fill", "image", "move")

Json = Any  # a foreign document: its shape is checked here, not by the type checker
Raw = Mapping[str, Json]


def layers_of(found: Json, *, area: str = "", where: str = "layers", depth: int = 0) -> tuple[Layer, ...]:
    """Read a list of layers, hidden ones left out; raises InvalidValue naming the member that is wrong.

    *area* is that of the group that they lie in.
    """
    if not isinstance(found, list) or len(found) > MAX_LAYERS:
        raise InvalidValue(f"{where} is a list of at most {MAX_LAYERS}")
    if depth > _MAX_DEPTH:
        raise InvalidValue(f"{where} lies more than {_MAX_DEPTH} groups deep")
    return tuple(
        _layer({"area": area, **raw} if area else raw, f"{where}[{index}]", depth)
        for index, raw in enumerate(found)
        if not (mapping(raw, f"{where}[{index}]").get("hidden"))
    )


def _layer(raw: Raw, where: str, depth: int) -> Layer:
    kind = raw.get("type")
    if kind == LayerKind.GROUP.value:
        return _group(raw, where, depth)
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise InvalidValue(f"{where}.type {kind!r} is none of {', '.join(LayerKind)}")
    return read(raw, where)


def _group(raw: Raw, where: str, depth: int) -> GroupLayer:
    area = word(raw, "area")
    inner = layers_of(raw.get("layers", []), area=area, where=f"{where}.layers", depth=depth + 1)
    return GroupLayer(**_common(raw, where), layers=inner)


def _image(raw: Raw, where: str) -> ImageLayer:
    return ImageLayer(
        **_common(raw, where),
        asset=word(raw, "asset", ""),
        crop=_crop(raw, where),
        fit=one_of(raw, "fit", _FITS, "contain"),
        flip=one_of(raw, "flip", _FLIPS, ""),
        linear=bool(raw.get("linear", False)),
    )


def _text(raw: Raw, where: str) -> TextLayer:
    return TextLayer(
        **_common(raw, where),
        text=word(raw, "text", ""),
        font=word(raw, "font", "default"),
        fallback=_words(raw, "fallback", _MAX_FONTS),
        size=length(raw, "size", 100, 10_000),
        align=one_of(raw, "align", ("left", "center", "right", "justify"), "center"),
        valign=one_of(raw, "valign", ("top", "middle", "bottom"), "top"),
        leading=length(raw, "leading", 500, 1200),
        tracking=integer(raw, "tracking", 0),
        direction=one_of(raw, "direction", ("auto", "ltr", "rtl"), "auto"),
        language=word(raw, "language", ""),
        arc=_within(raw, "arc", -360_000, 360_000),
        path=Outline.read(word(raw, "path", "")),
        fill=_paint(raw, "fill", "#000000"),
        stroke=colour(raw, "stroke", ""),
        stroke_width=length(raw, "stroke_width", 0, 0),
        fit=one_of(raw, "fit", ("wrap", "shrink", "overflow"), "shrink"),
    )


def _shape(raw: Raw, where: str) -> ShapeLayer:
    shape = one_of(raw, "shape", ("rect", "ellipse", "path"), "rect")
    outline = Outline.read(word(raw, "d", "")) if shape == "path" else Outline()
    if shape == "path" and not outline:
        raise InvalidValue(f"{where}.d is the outline of a path, such as 'M0 0L1000 0L0 1000Z'")
    return ShapeLayer(
        **_common(raw, where),
        shape=shape,
        radius=length(raw, "radius", 0, 0),
        outline=outline,
        rule=one_of(raw, "rule", _RULES, "nonzero"),
        fill=_paint(raw, "fill", "#000000"),
        stroke=colour(raw, "stroke", ""),
        stroke_width=length(raw, "stroke_width", 0, 0),
        join=one_of(raw, "join", ("miter", "round", "bevel"), "miter"),
        cap=one_of(raw, "cap", ("butt", "round", "square"), "butt"),
        dash=_dash(raw, where),
        cut=bool(raw.get("cut", False)),
    )


def _clipart(raw: Raw, where: str) -> ClipartLayer:
    swaps = mapping(raw.get("colors", {}), f"{where}.colors")
    return ClipartLayer(
        **_common(raw, where),
        asset=word(raw, "asset", ""),
        colours={colour({"colors": old}, "colors", ""): colour(swaps, old, "") for old in swaps},
        fit=one_of(raw, "fit", _FITS, "contain"),
        flip=one_of(raw, "flip", _FLIPS, ""),
    )


_READERS: Final[Mapping[str, Callable[[Raw, str], Layer]]] = {
    LayerKind.IMAGE.value: _image,
    LayerKind.TEXT.value: _text,
    LayerKind.SHAPE.value: _shape,
    LayerKind.CLIPART.value: _clipart,
}


def _common(raw: Raw, where: str) -> dict[str, Any]:
    return {
        "id": word(raw, "id", _nameless(where)),
        "area": word(raw, "area"),
        "box": _box(raw),
        "look": _look(raw, where),
        "placeholder": bool(raw.get("placeholder", False)),
        "lock": _lock(raw, where),
    }


def _nameless(where: str) -> str:
    """Return the id of a layer without one, by its place: `L1`, or `L2.1` inside a group."""
    return "L" + ".".join(str(int(number) + 1) for number in re.findall(r"\[(\d+)\]", where))


def _box(raw: Raw) -> Box:
    return Box(
        x=integer(raw, "x", 0),
        y=integer(raw, "y", 0),
        width=length(raw, "w", 1),
        height=length(raw, "h", 0, 0),
        turn=integer(raw, "rot", 0),
    )


def _look(raw: Raw, where: str) -> Look:
    if not ({"opacity", "blend", "shadow", "mask"} & raw.keys()):
        return PLAIN
    return Look(
        opacity=share(raw, "opacity", 1000),
        blend=Blend(one_of(raw, "blend", tuple(Blend), Blend.NORMAL)),
        shadow=_shadow(raw["shadow"], f"{where}.shadow") if raw.get("shadow") else None,
        mask=_mask(raw["mask"], f"{where}.mask") if raw.get("mask") else None,
    )


def _shadow(found: Json, where: str) -> Shadow:
    raw = mapping(found, where)
    return Shadow(
        dx=integer(raw, "dx", 0),
        dy=integer(raw, "dy", 0),
        blur=length(raw, "blur", 0, 0),
        colour=colour(raw, "color", "#000000") or "#000000",
        opacity=share(raw, "opacity", 500),
    )


def _mask(found: Json, where: str) -> Mask:
    raw = mapping(found, where)
    mask = Mask(
        outline=Outline.read(word(raw, "d", "")),
        rule=one_of(raw, "rule", _RULES, "nonzero"),
        asset=word(raw, "asset", ""),
    )
    if bool(mask.outline) == bool(mask.asset):
        raise InvalidValue(f"{where} has either an outline `d` or an `asset`")
    return mask


def _lock(raw: Raw, where: str) -> Lock | None:
    if not raw.get("lock"):
        return None
    found = mapping(raw["lock"], f"{where}.lock")
    may = _words(found, "may", len(_MAY))
    if not set(may) <= set(_MAY):
        raise InvalidValue(f"{where}.lock.may has only {', '.join(_MAY)}")
    return Lock(
        may=may,
        fonts=_words(found, "fonts", 100),
        colours=tuple(colour({"colors": one}, "colors", "") for one in _words(found, "colors", 100)),
        max_characters=length(found, "max_chars", 0, 0),
        characters=word(found, "chars", ""),
    )


def _paint(raw: Raw, name: str, default: str) -> Paint:
    found = raw.get(name, default)
    if not isinstance(found, Mapping):
        return colour(raw, name, default)
    stops = found.get("stops", [])
    if not isinstance(stops, list) or not 2 <= len(stops) <= _MAX_STOPS:
        raise InvalidValue(f"{name}.stops is a list of 2 to {_MAX_STOPS}")
    read = tuple(_stop(stop, f"{name}.stops[{index}]") for index, stop in enumerate(stops))
    if [stop.offset for stop in read] != sorted(stop.offset for stop in read):
        raise InvalidValue(f"{name}.stops are in the order of their offsets")
    return Gradient(
        kind=one_of(found, "type", ("linear", "radial"), "linear"),
        angle=integer(found, "angle", 0),
        stops=read,
    )


def _stop(found: Json, where: str) -> Stop:
    if not isinstance(found, list) or len(found) not in {2, 3}:
        raise InvalidValue(f"{where} is offset, colour and, if need be, opacity")
    raw = dict(zip(("offset", "color", "opacity"), found, strict=False))
    return Stop(
        offset=share(raw, "offset", 0),
        colour=colour(raw, "color", "") or "#000000",
        opacity=share(raw, "opacity", 1000),
    )


def _crop(raw: Raw, where: str) -> tuple[int, int, int, int]:
    crop = raw.get("crop", [0, 0, 1000, 1000])
    if not (isinstance(crop, list) and len(crop) == 4 and all(_is_int(part) for part in crop)):
        raise InvalidValue(f"{where}.crop is four integers")
    left, top, right, bottom = crop
    if not (0 <= left < right <= 1000 and 0 <= top < bottom <= 1000):
        raise InvalidValue(f"{where}.crop is left, top, right, bottom in per mille")
    return left, top, right, bottom


def _dash(raw: Raw, where: str) -> tuple[int, ...]:
    dash = raw.get("dash", [])
    if not isinstance(dash, list) or len(dash) > _MAX_DASHES:
        raise InvalidValue(f"{where}.dash is a list of at most {_MAX_DASHES} lengths")
    return tuple(length({"dash": one}, "dash", 1) for one in dash)


def _words(raw: Raw, name: str, most: int) -> tuple[str, ...]:
    found = raw.get(name, [])
    if not isinstance(found, list) or len(found) > most or not all(isinstance(one, str) for one in found):
        raise InvalidValue(f"{name} is a list of at most {most} texts")
    return tuple(found)


def mapping(value: Json, name: str) -> Raw:
    """Return *value*, which must be an object."""
    if not isinstance(value, dict):
        raise InvalidValue(f"{name} is an object")
    return value


def _is_int(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def integer(raw: Raw, name: str, default: int | None = None) -> int:
    """Return the whole number called *name*."""
    value = raw.get(name, default)
    if not _is_int(value) or abs(value) > 100_000_000:
        raise InvalidValue(f"{name} is a whole number, not {value!r}")
    return int(value)


def length(raw: Raw, name: str, least: int, default: int | None = None) -> int:
    """Return the whole number called *name*, at least *least*."""
    value = integer(raw, name, default)
    if value < least:
        raise InvalidValue(f"{name} is at least {least}, not {value}")
    return value


def _within(raw: Raw, name: str, least: int, most: int) -> int:
    value = integer(raw, name, 0)
    if not least <= value <= most:
        raise InvalidValue(f"{name} is from {least} to {most}, not {value}")
    return value


def share(raw: Raw, name: str, default: int) -> int:
    """Return the share called *name* in per mille."""
    value = length(raw, name, 0, default)
    if value > 1000:
        raise InvalidValue(f"{name} is per mille, at most 1000")
    return value


def word(raw: Raw, name: str, default: str | None = None) -> str:
    """Return the text called *name*."""
    value = raw.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise InvalidValue(f"{name} is text, not {value!r}")
    return value


def one_of(raw: Raw, name: str, choices: Sequence[str], default: str) -> str:
    """Return the text called *name*, one of *choices*."""
    value = word(raw, name, default)
    if value not in choices:
        raise InvalidValue(f"{name} is one of {', '.join(repr(str(c)) for c in choices)}, not {value!r}")
    return value


def colour(raw: Raw, name: str, default: str) -> str:
    """Return the colour called *name*: `#rrggbb`, or an empty text for none."""
    value = word(raw, name, default)
    if value and not (
        len(value) == 7 and value[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in value[1:])
    ):
        raise InvalidValue(f"{name} is a colour such as #1c3f66, not {value!r}")
    return value
