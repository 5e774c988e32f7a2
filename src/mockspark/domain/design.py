"""The design document: what is printed, as canonical JSON of integers.

Lengths are micrometres, turns millidegrees (clockwise), opacity per mille. The document's id is the
SHA-256 of its canonical bytes: sorted keys, no blanks, UTF-8. Members that we do not know survive.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Self

from attrs import define, field, frozen

from mockspark.domain.errors import InvalidValue

SCHEMA: Final = 1
_MAX_BYTES: Final = 1_000_000
_MAX_LAYERS: Final = 200

Json = Any  # a foreign document: its shape is checked below, not by the type checker


class LayerKind(StrEnum):
    """What a layer draws."""

    IMAGE = "image"
    TEXT = "text"


@frozen(kw_only=True)
class Box:
    """A rectangle in micrometres, turned by *turn* millidegrees about its centre."""

    x: int
    y: int
    width: int
    height: int
    turn: int = 0


@frozen(kw_only=True)
class ImageLayer:
    """A picture in a box.

    *asset* is `sha256:...` of stored bytes, or an http(s) URL that is pinned to bytes when first rendered.
    *crop* is left, top, right, bottom in per mille of the picture.
    """

    id: str
    area: str
    box: Box
    asset: str
    crop: tuple[int, int, int, int] = (0, 0, 1000, 1000)
    fit: str = "contain"
    opacity: int = 1000
    flip: str = ""
    placeholder: bool = False


@frozen(kw_only=True)
class TextLayer:
    """Text in a box; *size* is the em in micrometres, *leading* per mille of it, *fill* is `#rrggbb`."""

    id: str
    area: str
    box: Box
    text: str
    font: str = "default"
    size: int = 10_000
    align: str = "center"
    leading: int = 1200
    fill: str = "#000000"
    stroke: str = ""
    stroke_width: int = 0
    fit: str = "shrink"
    opacity: int = 1000
    placeholder: bool = False


Layer = ImageLayer | TextLayer


@define(frozen=True, slots=False)
class Design:
    """One version of what is printed; build it with `of` or `read`, compare it by its bytes."""

    canonical: str = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Json]) -> Self:
        """Check *document* and keep it; raises InvalidValue naming the member that is wrong."""
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if len(canonical.encode()) > _MAX_BYTES:
            raise InvalidValue(f"a design document may have {_MAX_BYTES} bytes")
        design = cls(canonical)
        design.layers  # noqa: B018 - reading the layers is the check
        design.areas  # noqa: B018
        return design

    @classmethod
    def read(cls, text: str) -> Self:
        """Take in the JSON text of a document."""
        try:
            document = json.loads(text)
        except ValueError as problem:
            raise InvalidValue(f"a design document is JSON: {problem}") from problem
        return cls.of(_mapping(document, "document"))

    @classmethod
    def blank(cls, areas: Mapping[str, tuple[int, int]]) -> Self:
        """Return an empty document over *areas* (width and height in micrometres)."""
        sizes = {key: {"w": width, "h": height} for key, (width, height) in areas.items()}
        return cls.of({"schema": SCHEMA, "areas": sizes, "layers": []})

    @property
    def id(self) -> str:
        """Return `sha256:` and the digest of the canonical bytes."""
        return f"sha256:{hashlib.sha256(self.canonical.encode()).hexdigest()}"

    @property
    def document(self) -> dict[str, Json]:
        """Return the document as plain JSON, a copy of its own."""
        return dict(json.loads(self.canonical))

    @cached_property
    def areas(self) -> Mapping[str, tuple[int, int]]:
        """Return width and height of each area in micrometres."""
        areas = _mapping(self.document.get("areas", {}), "areas")
        return {
            key: (_length(_mapping(size, key), "w", 1), _length(size, "h", 1)) for key, size in areas.items()
        }

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Return the visible layers, lowest first."""
        found = self.document.get("layers", [])
        if not isinstance(found, list) or len(found) > _MAX_LAYERS:
            raise InvalidValue(f"layers is a list of at most {_MAX_LAYERS}")
        layers = tuple(
            _layer(_mapping(raw, f"layers[{index}]"), index)
            for index, raw in enumerate(found)
            if not (isinstance(raw, dict) and raw.get("hidden"))
        )
        if len({layer.id for layer in layers}) != len(layers):
            raise InvalidValue("two layers share an id")
        return layers

    def on(self, area: str) -> tuple[Layer, ...]:
        """Return the layers of *area*, lowest first."""
        return tuple(layer for layer in self.layers if layer.area == area)

    def with_layers(self, layers: Iterable[Mapping[str, Json]]) -> Self:
        """Return the document with other layers."""
        return type(self).of({**self.document, "layers": list(layers)})


def _layer(raw: Mapping[str, Json], index: int) -> Layer:
    match raw.get("type"):
        case LayerKind.IMAGE.value:
            return _image(raw, index)
        case LayerKind.TEXT.value:
            return _text(raw, index)
        case kind:
            raise InvalidValue(f"layers[{index}].type {kind!r} is none of image, text")


def _image(raw: Mapping[str, Json], index: int) -> ImageLayer:
    crop = raw.get("crop", [0, 0, 1000, 1000])
    if not (isinstance(crop, list) and len(crop) == 4 and all(_is_int(part) for part in crop)):
        raise InvalidValue(f"layers[{index}].crop is four integers")
    left, top, right, bottom = crop
    if not (0 <= left < right <= 1000 and 0 <= top < bottom <= 1000):
        raise InvalidValue(f"layers[{index}].crop is left, top, right, bottom in per mille")
    return ImageLayer(
        id=_word(raw, "id", f"L{index + 1}"),
        area=_word(raw, "area"),
        box=_box(raw),
        asset=_word(raw, "asset", ""),
        crop=(left, top, right, bottom),
        fit=_one_of(raw, "fit", ("contain", "cover", "stretch"), "contain"),
        opacity=_opacity(raw),
        flip=_one_of(raw, "flip", ("", "h", "v", "hv"), ""),
        placeholder=bool(raw.get("placeholder", False)),
    )


def _text(raw: Mapping[str, Json], index: int) -> TextLayer:
    return TextLayer(
        id=_word(raw, "id", f"L{index + 1}"),
        area=_word(raw, "area"),
        box=_box(raw),
        text=_word(raw, "text", ""),
        font=_word(raw, "font", "default"),
        size=_length(raw, "size", 100, 10_000),
        align=_one_of(raw, "align", ("left", "center", "right"), "center"),
        leading=_length(raw, "leading", 500, 1200),
        fill=_color(raw, "fill", "#000000"),
        stroke=_color(raw, "stroke", ""),
        stroke_width=_length(raw, "stroke_width", 0, 0),
        fit=_one_of(raw, "fit", ("wrap", "shrink", "overflow"), "shrink"),
        opacity=_opacity(raw),
        placeholder=bool(raw.get("placeholder", False)),
    )


def _box(raw: Mapping[str, Json]) -> Box:
    return Box(
        x=_integer(raw, "x", 0),
        y=_integer(raw, "y", 0),
        width=_length(raw, "w", 1),
        height=_length(raw, "h", 0, 0),
        turn=_integer(raw, "rot", 0),
    )


def _mapping(value: Json, name: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise InvalidValue(f"{name} is an object")
    return value


def _is_int(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _integer(raw: Mapping[str, Json], name: str, default: int | None = None) -> int:
    value = raw.get(name, default)
    if not _is_int(value) or abs(value) > 100_000_000:
        raise InvalidValue(f"{name} is a whole number, not {value!r}")
    return int(value)


def _length(raw: Mapping[str, Json], name: str, least: int, default: int | None = None) -> int:
    value = _integer(raw, name, default)
    if value < least:
        raise InvalidValue(f"{name} is at least {least}, not {value}")
    return value


def _opacity(raw: Mapping[str, Json]) -> int:
    value = _length(raw, "opacity", 0, 1000)
    if value > 1000:
        raise InvalidValue("opacity is per mille, at most 1000")
    return value


def _word(raw: Mapping[str, Json], name: str, default: str | None = None) -> str:
    value = raw.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise InvalidValue(f"{name} is text, not {value!r}")
    return value


def _one_of(raw: Mapping[str, Json], name: str, choices: tuple[str, ...], default: str) -> str:
    value = _word(raw, name, default)
    if value not in choices:
        raise InvalidValue(f"{name} is one of {', '.join(repr(choice) for choice in choices)}, not {value!r}")
    return value


def _color(raw: Mapping[str, Json], name: str, default: str) -> str:
    value = _word(raw, name, default)
    if value and not (
        len(value) == 7 and value[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in value[1:])
    ):
        raise InvalidValue(f"{name} is a colour such as #1c3f66, not {value!r}")
    return value
