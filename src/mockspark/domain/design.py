"""The design document: what is printed, as canonical JSON of integers.

Lengths are micrometres, turns millidegrees (clockwise), opacity per mille. The document's id is the
SHA-256 of its canonical bytes: sorted keys, no blanks, UTF-8. Members that we do not know survive.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Self

from attrs import define, field

from mockspark.domain.errors import InvalidValue
from mockspark.domain.layer_reading import MAX_LAYERS, colour, layers_of, length, mapping, word
from mockspark.domain.layers import (
    Box,
    ClipartLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    LayerKind,
    ShapeLayer,
    TextLayer,
    branches,
    leaves,
)

__all__ = [
    "SCHEMA",
    "Box",
    "ClipartLayer",
    "Design",
    "GroupLayer",
    "ImageLayer",
    "Layer",
    "LayerKind",
    "ShapeLayer",
    "TextLayer",
]

SCHEMA: Final = 1
_MAX_BYTES: Final = 1_000_000

_MAX_DEPTH: Final = 100
_TOO_DEEP: Final = f"a design document may be {_MAX_DEPTH} levels deep"

Json = Any  # a foreign document: its shape is checked below, not by the type checker


@define(frozen=True, slots=False)
class Design:
    """One version of what is printed; build it with `of` or `read`, compare it by its bytes."""

    canonical: str = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Json]) -> Self:
        """Check *document* and keep it; raises InvalidValue naming the member that is wrong."""
        canonical = _canonical(document)
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
        except RecursionError as problem:
            raise InvalidValue(_TOO_DEEP) from problem
        return cls.of(mapping(document, "document"))

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
        areas = mapping(self.document.get("areas", {}), "areas")
        sizes = {
            key: (length(mapping(size, key), "w", 1), length(size, "h", 1)) for key, size in areas.items()
        }
        for key in sizes:
            self.background(key)
            self.approved(key)
        return sizes

    def background(self, area: str) -> str:
        """Return the colour under all layers of *area*, or an empty text."""
        return colour(self._area(area), "background", "")

    def approved(self, area: str) -> str:
        """Return the asset of the flat picture of *area* that the customer approved, or an empty text."""
        return word(self._area(area), "approved", "")

    def _area(self, area: str) -> Mapping[str, Json]:
        return mapping(self.document.get("areas", {}).get(area, {}), area)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Return the visible layers, lowest first."""
        layers = layers_of(self.document.get("layers", []))
        ids = [layer.id for layer in branches(layers)]
        if len(ids) > MAX_LAYERS:
            raise InvalidValue(f"a design has at most {MAX_LAYERS} layers")
        if len(set(ids)) != len(ids):
            raise InvalidValue("two layers share an id")
        return layers

    def on(self, area: str) -> tuple[Layer, ...]:
        """Return the layers of *area*, lowest first."""
        return tuple(layer for layer in self.layers if layer.area == area)

    def pictures(self, area: str) -> tuple[str, ...]:
        """Return each picture, drawing and mask that *area* needs, once, and what it is compared with."""
        approved = self.approved(area)
        return tuple(dict.fromkeys((*_assets(self.on(area)), *((approved,) if approved else ()))))

    def fonts(self, area: str) -> tuple[str, ...]:
        """Return each font that the texts of *area* name, once."""
        texts = (layer for layer in leaves(self.on(area)) if isinstance(layer, TextLayer))
        return tuple(dict.fromkeys(name for layer in texts for name in (layer.font, *layer.fallback)))

    def with_layers(self, layers: Iterable[Mapping[str, Json]]) -> Self:
        """Return the document with other layers."""
        return type(self).of({**self.document, "layers": list(layers)})


def _assets(layers: tuple[Layer, ...]) -> Iterator[str]:
    for layer in branches(layers):
        if isinstance(layer, ImageLayer | ClipartLayer) and layer.asset:
            yield layer.asset
        if layer.look.mask is not None and layer.look.mask.asset:
            yield layer.look.mask.asset


def _canonical(document: Mapping[str, Json]) -> str:
    """Return the one text of *document*; raises InvalidValue for what JSON cannot say or nobody could read."""
    if _depth(document) > _MAX_DEPTH:
        raise InvalidValue(_TOO_DEEP)
    try:
        text = json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        text.encode()
    except ValueError as problem:
        raise InvalidValue(f"a design document is JSON of letters and numbers: {problem}") from problem
    return text


def _depth(document: Mapping[str, Json]) -> int:
    """Return how many levels lie in each other, counted no further than is allowed."""
    level: list[Json] = [document]
    for depth in range(1, _MAX_DEPTH + 2):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, Mapping) else value)
            if isinstance(inner, (Mapping, list, tuple))
        ]
        if not level:
            return depth
    return _MAX_DEPTH + 1
