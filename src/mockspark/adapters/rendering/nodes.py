"""The display list: what lies on a page, in pixels of its canvas, for every renderer the same.

A page is composed once from the document; renderers differ only in how they turn its nodes into pixels.
All coordinates are canvas pixels with y downwards; a pixel's centre lies half a pixel in.
"""

from collections.abc import Mapping

from attrs import field, frozen

from mockspark.adapters.rendering.geometry import Frame, Window
from mockspark.domain.catalog import PrintArea
from mockspark.domain.files import Finding
from mockspark.domain.layers import Blend, Paint
from mockspark.domain.outlines import Affine, Bounds, Outline


@frozen(kw_only=True)
class Piece:
    """An outline and how it gets to the canvas; equal outlines (letters) are shared, never copied."""

    outline: Outline = field(repr=False)
    place: Affine


@frozen(kw_only=True)
class Pen:
    """A line of *width* px around an outline, half inside and half outside."""

    colour: str
    width: float
    join: str = "miter"
    cap: str = "butt"
    dash: tuple[float, ...] = ()


@frozen(kw_only=True)
class FillNode:
    """Pieces in one paint; a gradient runs over *frame*. With *pen*, its line goes below (text) or above the fill.

    Pieces that overlap cover no more than once: they are one shape. An empty paint fills nothing.
    """

    layer: str
    pieces: tuple[Piece, ...]
    paint: Paint
    frame: Frame
    rule: str = "nonzero"
    pen: Pen | None = None
    pen_below: bool = False


@frozen(kw_only=True)
class PhotoNode:
    """A picture, *window* of it (in its own upright pixels) stretched over *frame*.

    *source* is the layer's asset: its bytes are in `Page.assets`.
    """

    layer: str
    source: str
    window: Window
    frame: Frame
    flip: str = ""
    linear: bool = False


@frozen(kw_only=True)
class EmojiNode:
    """A glyph of a colour font; *place* maps font units (y downwards) to the canvas."""

    layer: str
    font: str
    glyph: int
    place: Affine
    bounds: Bounds


@frozen(kw_only=True)
class ShadowOf:
    """A shadow in pixels; *blur* is the standard deviation."""

    dx: float
    dy: float
    blur: float
    colour: str
    opacity: int


@frozen(kw_only=True)
class Clip:
    """What of a group is seen: the inside of *pieces*, or where *picture* covers."""

    pieces: tuple[Piece, ...] = ()
    rule: str = "nonzero"
    picture: PhotoNode | None = None


@frozen(kw_only=True)
class GroupNode:
    """Nodes that are drawn apart, then clipped, given a shadow, faded and blended as one, in that order."""

    layer: str
    nodes: "tuple[Node, ...]"
    opacity: int = 1000
    blend: Blend = Blend.NORMAL
    shadow: ShadowOf | None = None
    clip: Clip | None = None


Node = FillNode | PhotoNode | EmojiNode | GroupNode


@frozen(kw_only=True)
class Page:
    """One print area, ready to be drawn, lowest node first; *cuts* are lines to cut along, which leave no ink.

    *fonts* are the files of the colour fonts that its emoji name.
    """

    area: PrintArea
    nodes: tuple[Node, ...]
    cuts: tuple[Piece, ...] = ()
    background: str = ""
    fonts: Mapping[str, bytes] = field(factory=dict, repr=False)
    findings: tuple[Finding, ...] = ()
