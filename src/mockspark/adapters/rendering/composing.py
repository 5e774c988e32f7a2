"""From a design to the page that renderers draw, and to what is wrong with it."""

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, Self

from attrs import define, evolve, field, frozen

from mockspark.adapters.rendering import pictures
from mockspark.adapters.rendering.coverage import REACH_PX
from mockspark.adapters.rendering.geometry import Frame, Window, fitted, pixels
from mockspark.adapters.rendering.nodes import (
    Clip,
    EmojiNode,
    FillNode,
    GroupNode,
    Node,
    Page,
    Pen,
    PhotoNode,
    Piece,
    ShadowOf,
)
from mockspark.application.errors import Rejected
from mockspark.application.ports.importing import Note
from mockspark.application.ports.lettering import LaidText, Typesetter
from mockspark.application.ports.rendering import RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.layers import (
    PLAIN,
    Blend,
    Box,
    ClipartLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    Look,
    Mask,
    Paint,
    ShapeLayer,
    TextLayer,
)
from mockspark.domain.outlines import Affine, Bounds, Outline, ellipse, rectangle
from mockspark.domain.preflight import lettering_findings

_NAMED: Final = 12
_STEADY: Final = 6
_UM_PER_POINT: Final = 25_400 / 72

Nodes = tuple[Node, ...]


class Drawing(Protocol):
    """A drawing of outlines: its layers lie in a view of *width* by *height*."""

    @property
    def width(self) -> float:
        """Return the width of the view."""

    @property
    def height(self) -> float:
        """Return the height of the view."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Return what lies in it, lowest first."""

    @property
    def notes(self) -> Sequence[Note]:
        """Return what is not as it was in its file."""


@frozen(kw_only=True)
class Craft:
    """What composing needs of others: text set in outlines, and drawings read into layers.

    *drawings* raises Rejected for what is no drawing that we print.
    """

    typesetter: Typesetter
    drawings: Callable[[bytes], Drawing]


@frozen
class Space:
    """A coordinate system on the canvas: *place* maps its micrometres to pixels."""

    place: Affine

    @classmethod
    def of(cls, area: PrintArea) -> Self:
        """Return the system of a whole print area."""
        scale = pixels(1, area.dpi)
        return cls(Affine.scaled(scale, scale))

    def inside(self, box: Box, height: float | None = None) -> Self:
        """Return the system of *box*, from its top left corner; *height* replaces an open one."""
        x, y = box.x + box.width / 2, box.y + (box.height if height is None else height) / 2
        turned = Affine.turned(box.turn, x, y).after(Affine.moved(box.x, box.y))
        return type(self)(self.place.after(turned))

    def stretched(self, x: float, y: float, across: float, down: float) -> Self:
        """Return the system after moving by *x*, *y* and scaling; a negative scale mirrors."""
        return type(self)(self.place.after(Affine(across, 0.0, 0.0, down, x, y)))

    @property
    def scale(self) -> float:
        """Return pixels per micrometre: the mean of both ways where they differ."""
        return math.sqrt(abs(self._turning))

    @property
    def flip(self) -> str:
        """Return how pictures are mirrored: a mirror to the side is one downwards after half a turn."""
        return "v" if self._turning < 0 else ""

    def frame(self, width: float, height: float) -> Frame:
        """Return the rectangle from the origin to *width*, *height*, in pixels."""
        place = self.place
        x, y = place.point(width / 2, height / 2)
        across, down = width * math.hypot(place.a, place.b), height * math.hypot(place.c, place.d)
        turn = round(math.degrees(math.atan2(place.b, place.a)) * 1000)
        # Half pixels must stay what they are, whatever was added up on the way.
        sides = (round(side, _STEADY) for side in (x - across / 2, y - down / 2, across, down))
        return Frame(**dict(zip(("x", "y", "width", "height"), sides, strict=True)), turn=turn % 360_000)

    def shaded(self, paint: Paint) -> Paint:
        """Return *paint* as it is seen in the system's frames, which are never mirrored."""
        if isinstance(paint, str) or not self.flip:
            return paint
        return evolve(paint, angle=-paint.angle)

    @property
    def _turning(self) -> float:
        place = self.place
        return place.a * place.d - place.b * place.c


def page_of(job: RenderJob, craft: Craft) -> Page:
    """Return the page of one print area; what cannot be drawn becomes a finding."""
    composer = _Composer(job=job, craft=craft)
    space = Space.of(job.area)
    nodes = tuple(
        node for layer in job.design.on(job.area.key) for node in composer.nodes(layer, space, top=True)
    )
    return Page(
        area=job.area,
        nodes=nodes,
        cuts=tuple(composer.cuts),
        background=job.design.background(job.area.key),
        fonts=composer.fonts,
        findings=tuple(composer.findings),
    )


@define
class _Composer:
    """Composes one page."""

    job: RenderJob
    craft: Craft
    findings: list[Finding] = field(factory=list)
    cuts: list[Piece] = field(factory=list)
    fonts: dict[str, bytes] = field(factory=dict)

    def nodes(self, layer: Layer, space: Space, *, top: bool = False) -> Nodes:
        """Return what *layer* draws; *top* layers were judged by preflight as far as geometry goes."""
        nodes, inner, height = self._drawn(layer, space)
        if not nodes:
            return ()
        if not isinstance(layer, GroupLayer):
            self._judge_place(
                layer, nodes, seen=top and not layer.box.turn % 360_000 and layer.box.height > 0
            )
        return self._looked(layer, nodes, inner, height)

    def _drawn(self, layer: Layer, space: Space) -> tuple[Nodes, Space, float]:
        match layer:
            case ImageLayer():
                return self._image(layer, space)
            case TextLayer():
                return self._text(layer, space)
            case ShapeLayer():
                return self._shape(layer, space)
            case ClipartLayer():
                return self._clipart(layer, space)
            case GroupLayer():
                inner = space.inside(layer.box)
                nodes = tuple(node for one in layer.layers for node in self.nodes(one, inner))
                return nodes, inner, layer.box.height

    # Kinds of layers: each returns its nodes, its own space and the height of its box in micrometres.

    def _image(self, layer: ImageLayer, space: Space) -> tuple[Nodes, Space, float]:
        opened = self._opened(layer, layer.asset)
        if opened is None:
            return (), space, 0
        width, height = opened.size
        window = Window(
            left=layer.crop[0] * width / 1000,
            top=layer.crop[1] * height / 1000,
            right=layer.crop[2] * width / 1000,
            bottom=layer.crop[3] * height / 1000,
        )
        high = layer.box.height or layer.box.width * window.height / window.width
        inner = space.inside(layer.box, high)
        frame, seen = fitted(inner.frame(layer.box.width, high), window, layer.fit)
        node = PhotoNode(
            layer=layer.id,
            source=layer.asset,
            window=seen,
            frame=frame,
            flip=_mirrored(inner.flip, layer.flip),
            linear=layer.linear,
        )
        return (node,), inner, high

    def _text(self, layer: TextLayer, space: Space) -> tuple[Nodes, Space, float]:
        laid = self._laid(layer)
        if laid is None:
            return (), space, 0
        high = layer.box.height or laid.height
        inner = space.inside(layer.box, high)
        self._judge_text(layer, laid, inner)
        pieces = tuple(
            Piece(outline=letter.outline, place=inner.place.after(letter.place)) for letter in laid.letters
        )
        pen = _pen(layer.stroke, 2 * layer.stroke_width * inner.scale, join="round")
        frame = inner.frame(layer.box.width, high)
        letters = self._filled(layer.id, pieces, inner.shaded(layer.fill), frame, pen=pen, pen_below=True)
        emoji = tuple(
            EmojiNode(
                layer=layer.id,
                font=one.font,
                glyph=one.glyph,
                place=inner.place.after(one.place),
                bounds=one.bounds,
            )
            for one in laid.emoji
        )
        for one in laid.emoji:
            self.fonts[one.font] = self.craft.typesetter.content(one.font, self.job.fonts)
        return (*letters, *emoji), inner, high

    def _shape(self, layer: ShapeLayer, space: Space) -> tuple[Nodes, Space, float]:
        inner = space.inside(layer.box)
        piece = Piece(outline=_outline(layer), place=inner.place)
        if layer.cut:
            self.cuts.append(piece)
            return (), inner, layer.box.height
        pen = _pen(
            layer.stroke,
            layer.stroke_width * inner.scale,
            join=layer.join,
            cap=layer.cap,
            dash=tuple(length * inner.scale for length in layer.dash),
        )
        frame = inner.frame(layer.box.width, layer.box.height)
        nodes = self._filled(layer.id, (piece,), inner.shaded(layer.fill), frame, rule=layer.rule, pen=pen)
        return nodes, inner, layer.box.height

    def _clipart(self, layer: ClipartLayer, space: Space) -> tuple[Nodes, Space, float]:
        drawing = self._drawing(layer)
        if drawing is None:
            return (), space, 0
        box = layer.box
        high = box.height or box.width * drawing.height / drawing.width
        inner = space.inside(box, high)
        across, down = _scales(layer.fit, box.width / drawing.width, high / drawing.height)
        seen = (drawing.width * across, drawing.height * down)
        left, over = (box.width - seen[0]) / 2, (high - seen[1]) / 2
        placed = inner.stretched(
            box.width - left if "h" in layer.flip else left,
            high - over if "v" in layer.flip else over,
            -across if "h" in layer.flip else across,
            -down if "v" in layer.flip else down,
        )
        nodes = tuple(
            node
            for one in drawing.layers
            for node in self.nodes(_recoloured(_renamed(one, layer), layer.colours), placed)
        )
        shown = (0.0, 0.0, box.width, high) if layer.fit == "cover" else (left, over, *seen)
        window = Piece(outline=rectangle(*shown), place=inner.place)
        if not _hold(window, nodes):
            nodes = (GroupNode(layer=layer.id, nodes=nodes, clip=Clip(pieces=(window,))),)
        return nodes, inner, high

    def _filled(
        self,
        layer: str,
        pieces: tuple[Piece, ...],
        paint: Paint,
        frame: Frame,
        *,
        rule: str = "nonzero",
        pen: Pen | None = None,
        pen_below: bool = False,
    ) -> Nodes:
        if not any(piece.outline for piece in pieces) or not (paint or pen):
            return ()
        node = FillNode(
            layer=layer, pieces=pieces, paint=paint, frame=frame, rule=rule, pen=pen, pen_below=pen_below
        )
        return (node,) if self._in_reach(layer, boxes(node)) else ()

    def _in_reach(self, layer: str, boxes: Iterable[Bounds]) -> bool:
        if all(abs(number) <= REACH_PX for box in boxes for number in box):
            return True
        words = f"{layer!r} is too large to be drawn: make it smaller."
        self._report(Check.RENDERING, words, layer=layer)
        return False

    # Looks

    def _looked(self, layer: Layer, nodes: Nodes, space: Space, height: float) -> Nodes:
        look = layer.look
        if look == PLAIN and not (isinstance(layer, GroupLayer) and _mixes(nodes)):
            return nodes
        return (
            GroupNode(
                layer=layer.id,
                nodes=nodes,
                opacity=look.opacity,
                blend=look.blend,
                shadow=_shadow(look, space),
                clip=None if look.mask is None else self._clip(layer, look.mask, space, height),
            ),
        )

    def _clip(self, layer: Layer, mask: Mask, space: Space, height: float) -> Clip | None:
        if mask.outline:
            piece = Piece(outline=mask.outline, place=space.place)
            seen = self._in_reach(layer.id, _boxes_of((piece,)))
            return Clip(pieces=(piece,), rule=mask.rule) if seen else None
        opened = self._opened(layer, mask.asset)
        if opened is None:
            return None
        whole = Window(left=0, top=0, right=opened.size[0], bottom=opened.size[1])
        frame = space.frame(layer.box.width, height)
        picture = PhotoNode(layer=layer.id, source=mask.asset, window=whole, frame=frame, flip=space.flip)
        return Clip(picture=picture)

    # What others make

    def _opened(self, layer: Layer, source: str) -> pictures.Picture | None:
        content = self.job.assets.get(source)
        if content is None:
            words = f"The picture of {layer.id!r} is missing: upload it again."
            self._report(Check.MISSING_ASSET, words, layer=layer.id)
            return None
        try:
            opened = pictures.opened(content)
        except pictures.Undrawable as problem:
            self._report(Check.RENDERING, undrawable(layer.id, str(problem)), layer=layer.id)
            return None
        doubt = pictures.doubt(opened)
        if doubt:
            words = f"The colours of {layer.id!r} may print differently: {doubt}."
            self._report(Check.RENDERING, words, layer=layer.id, level=Level.WARNING)
        return opened

    def _drawing(self, layer: ClipartLayer) -> Drawing | None:
        content = self.job.assets.get(layer.asset)
        if content is None:
            words = f"The drawing of {layer.id!r} is missing: upload it again."
            self._report(Check.MISSING_ASSET, words, layer=layer.id)
            return None
        try:
            drawing = self.craft.drawings(content)
        except Rejected as problem:
            words = f"The drawing of {layer.id!r} cannot be drawn: {problem}"
            self._report(Check.RENDERING, words, layer=layer.id)
            return None
        for note in drawing.notes:
            words = f"The drawing of {layer.id!r} is printed otherwise than its file says: {note.feature}, {note.done}."
            # What is missing in print is for a person to let pass.
            self._report(
                Check.RENDERING, words, layer=layer.id, level=Level.ERROR if note.lost else Level.WARNING
            )
        return drawing

    def _laid(self, layer: TextLayer) -> LaidText | None:
        known = self.craft.typesetter.knows(layer.font) or layer.font in self.job.fonts
        if not known:
            words = f"{layer.id!r} asks for the font {layer.font!r}, which is not installed: choose another."
            self._report(Check.RENDERING, words, layer=layer.id)
            layer = evolve(layer, font="default")
        try:
            return self.craft.typesetter.layout(layer, self.job.fonts)
        except Rejected as problem:
            words = f"The text of {layer.id!r} cannot be set: {problem}"
            self._report(Check.RENDERING, words, layer=layer.id)
            return None

    # Findings

    def _judge_text(self, layer: TextLayer, laid: LaidText, space: Space) -> None:
        if laid.missing:
            named = ", ".join(_name(character) for character in laid.missing[:_NAMED])
            more = f" and {len(laid.missing) - _NAMED} more" if len(laid.missing) > _NAMED else ""
            words = f"No font has {named}{more} of {layer.id!r}: choose a font that does, or other words."
            self._report(Check.MISSING_GLYPH, words, layer=layer.id)
        if laid.lines and laid.size < _UM_PER_POINT:
            words = f"The text of {layer.id!r} would be smaller than one point: give it more room."
            self._report(Check.OVERFLOW, words, layer=layer.id)
        elif laid.overflows:
            words = f"The text of {layer.id!r} does not fit its box: shorten it or give it more room."
            self._report(Check.OVERFLOW, words, layer=layer.id, level=Level.WARNING)
        self.findings.extend(lettering_findings(layer, self.job.area, laid.size))
        ink = laid.ink
        if ink is not None:
            line = layer.stroke_width if layer.stroke else 0
            wide = (ink[0] - line, ink[1] - line, ink[2] + line, ink[3] + line)
            self._judge_safety(layer, _around(wide, space.place))

    def _judge_safety(self, layer: TextLayer, bounds: Bounds) -> None:
        area = self.job.area
        safe = pixels(area.safe_um, area.dpi)
        left, top, right, bottom = bounds
        width, height = area.width_px, area.height_px
        if left < safe - 1 or top < safe - 1 or right > width - safe + 1 or bottom > height - safe + 1:
            where = "the safe area" if safe else "the print area"
            words = f"{layer.id!r} reaches out of {where} of {area.key!r} and may be cut."
            self._report(Check.OUTSIDE_SAFE, words, layer=layer.id, level=Level.WARNING)

    def _judge_place(self, layer: Layer, nodes: Nodes, *, seen: bool) -> None:
        found = [box for node in nodes for box in boxes(node)]
        if seen or not found:
            return
        lefts, tops, rights, bottoms = zip(*found, strict=True)
        area = self.job.area
        if (
            min(lefts) >= area.width_px
            or min(tops) >= area.height_px
            or max(rights) <= 0
            or max(bottoms) <= 0
        ):
            words = f"{layer.id!r} lies wholly outside {area.key!r}."
            self._report(Check.OUTSIDE_AREA, words, layer=layer.id)

    def _report(self, check: Check, words: str, *, layer: str, level: Level = Level.ERROR) -> None:
        self.findings.append(
            Finding(check=check, level=level, area=self.job.area.key, layer=layer, words=words)
        )


def undrawable(layer: str, problem: str) -> str:
    """Return the words for a picture whose pixels cannot be read."""
    return f"The picture of {layer!r} cannot be drawn: {problem}. Upload it again as JPEG or PNG."


def _name(character: str) -> str:
    codes = " ".join(f"U+{ord(one):04X}" for one in character)
    names = " with ".join(name for one in character if (name := unicodedata.name(one, "")))
    return f"{character!r} ({codes} {names})" if names else f"{character!r} ({codes})"


def _pen(
    colour: str, width: float, *, join: str = "miter", cap: str = "butt", dash: tuple[float, ...] = ()
) -> Pen | None:
    return Pen(colour=colour, width=width, join=join, cap=cap, dash=dash) if colour and width > 0 else None


def _outline(layer: ShapeLayer) -> Outline:
    match layer.shape:
        case "ellipse":
            return ellipse(0, 0, layer.box.width, layer.box.height)
        case "path":
            return layer.outline
        case _:
            return rectangle(0, 0, layer.box.width, layer.box.height, layer.radius)


def _shadow(look: Look, space: Space) -> ShadowOf | None:
    shadow = look.shadow
    if shadow is None:
        return None
    # A shadow falls as its layer's own box says, and turns with it.
    x, y = space.place.point(0, 0)
    dx, dy = space.place.point(shadow.dx, shadow.dy)
    return ShadowOf(
        dx=dx - x,
        dy=dy - y,
        blur=shadow.blur / 2 * space.scale,
        colour=shadow.colour,
        opacity=shadow.opacity,
    )


def _scales(fit: str, across: float, down: float) -> tuple[float, float]:
    match fit:
        case "contain":
            return min(across, down), min(across, down)
        case "cover":
            return max(across, down), max(across, down)
        case _:
            return across, down


def _mirrored(one: str, other: str) -> str:
    return "".join(way for way in "hv" if (way in one) != (way in other))


def _renamed(layer: Layer, clipart: ClipartLayer) -> Layer:
    """Give the parts of a drawing its layer's id: findings name what people see in their list."""
    inner = layer.layers if isinstance(layer, GroupLayer) else ()
    named = evolve(layer, id=clipart.id)
    if isinstance(named, GroupLayer):
        return evolve(named, layers=tuple(_renamed(one, clipart) for one in inner))
    return named


def _recoloured(layer: Layer, colours: Mapping[str, str]) -> Layer:
    if not colours:
        return layer
    swaps = {old.lower(): new for old, new in colours.items()}
    match layer:
        case GroupLayer():
            return evolve(layer, layers=tuple(_recoloured(one, colours) for one in layer.layers))
        case ShapeLayer() | TextLayer():
            stroke = swaps.get(layer.stroke.lower(), layer.stroke)
            return evolve(layer, fill=_repainted(layer.fill, swaps), stroke=stroke)
        case _:
            return layer


def _repainted(paint: Paint, swaps: Mapping[str, str]) -> Paint:
    if isinstance(paint, str):
        return swaps.get(paint.lower(), paint)
    stops = tuple(evolve(stop, colour=swaps.get(stop.colour.lower(), stop.colour)) for stop in paint.stops)
    return evolve(paint, stops=stops)


def boxes(node: Node) -> Iterator[Bounds]:
    """Yield the boxes around the parts of *node*, lines included, masks and shadows not."""
    match node:
        case PhotoNode():
            yield node.frame.bounds()
        case EmojiNode():
            yield _around(node.bounds, node.place)
        case FillNode():
            yield from _boxes_of(node.pieces, 0.0 if node.pen is None else node.pen.width / 2)
        case GroupNode():
            for inner in node.nodes:
                yield from boxes(inner)


def _boxes_of(pieces: Iterable[Piece], line: float = 0.0) -> Iterator[Bounds]:
    for piece in pieces:
        if piece.outline.bounds is not None:
            left, top, right, bottom = _around(piece.outline.bounds, piece.place)
            yield left - line, top - line, right + line, bottom + line


def _hold(window: Piece, nodes: Nodes) -> bool:
    """Tell whether nothing of *nodes* reaches out of *window*."""
    within = [(left, top, -right, -bottom) for left, top, right, bottom in _boxes_of((window,))]
    found = [(left, top, -right, -bottom) for node in nodes for left, top, right, bottom in boxes(node)]
    return all(side >= least - 1 for box in found for side, least in zip(box, within[0], strict=True))


def _mixes(nodes: Nodes) -> bool:
    """Tell whether any of *nodes* would mix with what lies below their group."""
    return any(isinstance(node, GroupNode) and node.blend is not Blend.NORMAL for node in nodes)


def _around(bounds: Bounds, place: Affine) -> Bounds:
    left, top, right, bottom = bounds
    corners = [place.point(x, y) for x in (left, right) for y in (top, bottom)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
