"""What may lie on a print area: pictures, text, shapes, clipart, and groups of them.

Lengths are micrometres, turns millidegrees (clockwise), shares per mille. Outlines and masks are measured from
the top left corner of their layer's own box, before it is turned.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from mockspark.domain.outlines import Outline


class LayerKind(StrEnum):
    """What a layer draws."""

    IMAGE = "image"
    TEXT = "text"
    SHAPE = "shape"
    CLIPART = "clipart"
    GROUP = "group"


class Blend(StrEnum):
    """How a layer mixes with what lies below (W3C Compositing and Blending, separable modes)."""

    NORMAL = "normal"
    MULTIPLY = "multiply"
    SCREEN = "screen"
    OVERLAY = "overlay"
    DARKEN = "darken"
    LIGHTEN = "lighten"
    HARD_LIGHT = "hard-light"
    SOFT_LIGHT = "soft-light"
    DIFFERENCE = "difference"


@frozen(kw_only=True)
class Box:
    """A rectangle in micrometres, turned by *turn* millidegrees about its centre."""

    x: int
    y: int
    width: int
    height: int
    turn: int = 0


@frozen(kw_only=True)
class Stop:
    """A colour at *offset* per mille of a gradient."""

    offset: int
    colour: str
    opacity: int = 1000


@frozen(kw_only=True)
class Gradient:
    """Colours over a layer's box.

    Linear ones run along *angle* (0 is left to right, 90000 top to bottom) from edge to edge of the box;
    radial ones from its centre to the middle of its sides, as an ellipse.
    """

    kind: str = "linear"
    angle: int = 0
    stops: tuple[Stop, ...] = ()


Paint = str | Gradient
"""A colour `#rrggbb`, nothing (an empty text), or a gradient."""


@frozen(kw_only=True)
class Shadow:
    """A blurred copy below the layer; *blur* is twice the standard deviation, as CSS has it."""

    dx: int = 0
    dy: int = 0
    blur: int = 0
    colour: str = "#000000"
    opacity: int = 500


@frozen(kw_only=True)
class Mask:
    """What of a layer is seen: the inside of *outline*, or the coverage of the picture *asset* over the box."""

    outline: Outline = Outline()
    rule: str = "nonzero"
    asset: str = ""


@frozen(kw_only=True)
class Lock:
    """What a template lets people change of a layer, and within what limits; None means that all may change.

    *may* holds some of `text`, `font`, `fill`, `image`, `move`.
    """

    may: tuple[str, ...] = ()
    fonts: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    max_characters: int = 0
    characters: str = ""


@frozen(kw_only=True)
class Look:
    """How a layer meets what lies below it."""

    opacity: int = 1000
    blend: Blend = Blend.NORMAL
    shadow: Shadow | None = None
    mask: Mask | None = None


PLAIN: Final = Look()


@frozen(kw_only=True)
class ImageLayer:
    """A picture in a box.

    *asset* is `sha256:...` of stored bytes, or an http(s) URL that is pinned to bytes when first rendered.
    *crop* is left, top, right, bottom in per mille of the picture. *linear* resamples in linear light.
    """

    id: str
    area: str
    box: Box
    asset: str
    crop: tuple[int, int, int, int] = (0, 0, 1000, 1000)
    fit: str = "contain"
    flip: str = ""
    linear: bool = False
    look: Look = PLAIN
    placeholder: bool = False
    lock: Lock | None = None


@frozen(kw_only=True)
class TextLayer:
    """Text in a box; a height of zero is an open one.

    *size* is the em in micrometres, *leading* and *tracking* are per mille of it. *font* and *fallback* are names
    or `sha256:...` of font files. *arc* bends the lines over so many millidegrees (positive: the middle is highest);
    *path* is an outline that the line follows instead.
    """

    id: str
    area: str
    box: Box
    text: str
    font: str = "default"
    fallback: tuple[str, ...] = ()
    size: int = 10_000
    align: str = "center"
    valign: str = "top"
    leading: int = 1200
    tracking: int = 0
    direction: str = "auto"
    language: str = ""
    arc: int = 0
    path: Outline = Outline()
    fill: Paint = "#000000"
    stroke: str = ""
    stroke_width: int = 0
    fit: str = "shrink"
    look: Look = PLAIN
    placeholder: bool = False
    lock: Lock | None = None


@frozen(kw_only=True)
class ShapeLayer:
    """A rectangle (with rounded corners), an ellipse or any outline; *cut* marks a line to cut along, not ink.

    The stroke lies half inside and half outside of the outline, above the fill. Of text it lies below.
    """

    id: str
    area: str
    box: Box
    shape: str = "rect"
    radius: int = 0
    outline: Outline = Outline()
    rule: str = "nonzero"
    fill: Paint = "#000000"
    stroke: str = ""
    stroke_width: int = 0
    join: str = "miter"
    cap: str = "butt"
    dash: tuple[int, ...] = ()
    cut: bool = False
    look: Look = PLAIN
    placeholder: bool = False
    lock: Lock | None = None


@frozen(kw_only=True)
class ClipartLayer:
    """A drawing (an SVG of the safe subset) in a box; *colours* replaces some of its colours by others."""

    id: str
    area: str
    box: Box
    asset: str
    colours: Mapping[str, str] = field(factory=dict)
    fit: str = "contain"
    flip: str = ""
    look: Look = PLAIN
    placeholder: bool = False
    lock: Lock | None = None


@frozen(kw_only=True)
class GroupLayer:
    """Layers that turn, fade and blend as one; theirs are measured from the group's top left corner."""

    id: str
    area: str
    box: Box
    layers: "tuple[Layer, ...]" = ()
    look: Look = PLAIN
    placeholder: bool = False
    lock: Lock | None = None


Layer = ImageLayer | TextLayer | ShapeLayer | ClipartLayer | GroupLayer


def leaves(layers: tuple[Layer, ...]) -> Iterator[ImageLayer | TextLayer | ShapeLayer | ClipartLayer]:
    """Yield what is drawn, groups opened, lowest first."""
    for layer in layers:
        if isinstance(layer, GroupLayer):
            yield from leaves(layer.layers)
        else:
            yield layer


def branches(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """Yield every layer, each group before what is in it."""
    for layer in layers:
        yield layer
        if isinstance(layer, GroupLayer):
            yield from branches(layer.layers)
