"""From a design to layers that can be drawn, and to what is wrong with them."""

import math
from collections.abc import Iterator, Mapping
from typing import Final, Self

from attrs import define, field, frozen
from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont

from mockspark.adapters.rendering import pictures
from mockspark.adapters.rendering.fonts import FontBook
from mockspark.adapters.rendering.geometry import Frame, Window, fitted, pixels
from mockspark.adapters.rendering.layers import Ink, Inks, Layer, picture
from mockspark.adapters.rendering.photographs import mirrored
from mockspark.adapters.rendering.text import LONGEST, Run, TextBlock, Typesetter
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design, ImageLayer, TextLayer
from mockspark.domain.files import Check, Finding, Level

_ALIGNED: Final = {"left": 0.0, "center": 0.5, "right": 1.0}
_FINER: Final = 2
_MAX_MASK: Final = 60_000_000
_POINTS_PER_INCH: Final = 72
_NAMED: Final = 12

Box = tuple[float, float, float, float]


@define
class Scene:
    """What lies on one print area, lowest first."""

    area: PrintArea
    layers: list[Layer] = field(factory=list)
    findings: list[Finding] = field(factory=list)

    @classmethod
    def of(cls, design: Design, area: PrintArea, assets: Mapping[str, bytes], fonts: FontBook) -> Self:
        """Lay out the layers of *area*; what cannot be drawn becomes a finding."""
        scene = cls(area)
        for layer in design.on(area.key):
            if isinstance(layer, ImageLayer):
                scene._place_picture(layer, assets.get(layer.asset))
            elif isinstance(layer, TextLayer):
                scene._place_text(layer, fonts)
        return scene

    def report(self, check: Check, words: str, *, layer: str = "", level: Level = Level.ERROR) -> None:
        """Add a finding."""
        self.findings.append(Finding(check=check, level=level, area=self.area.key, layer=layer, words=words))

    def _place_picture(self, layer: ImageLayer, content: bytes | None) -> None:
        if content is None:
            words = f"The picture of {layer.id!r} is missing: upload it again."
            self.report(Check.MISSING_ASSET, words, layer=layer.id)
            return
        try:
            drawn = self._picture(layer, pictures.opened(content))
        except pictures.Undrawable as problem:
            words = f"The picture of {layer.id!r} cannot be drawn: {problem}. Upload it again as JPEG or PNG."
            self.report(Check.RENDERING, words, layer=layer.id)
            return
        self._judge_place(layer, drawn.bounds)
        self.layers.append(drawn)

    def _picture(self, layer: ImageLayer, source: pictures.Picture) -> Layer:
        width, height = source.size
        frame, window = fitted(
            Frame.of(layer.box, self.area.dpi), _cropped(layer.crop, width, height), layer.fit
        )
        decoded = pictures.decoded(source)
        if decoded.doubt:
            words = f"The colours of {layer.id!r} may print differently: {decoded.doubt}."
            self.report(Check.RENDERING, words, layer=layer.id, level=Level.WARNING)
        scaled = _scaled(window, decoded.image.width / width, decoded.image.height / height)
        image, seen = mirrored(decoded.image, scaled, layer.flip)
        return picture(image, seen, frame, layer.look.opacity)

    def _place_text(self, layer: TextLayer, fonts: FontBook) -> None:
        if not fonts.knows(layer.font):
            words = f"{layer.id!r} asks for the font {layer.font!r}, which is not installed: choose another."
            self.report(Check.RENDERING, words, layer=layer.id)
        if len(layer.text) > LONGEST:
            words = f"The text of {layer.id!r} is longer than {LONGEST} characters: shorten it."
            self.report(Check.RENDERING, words, layer=layer.id)
            return
        setter = Typesetter(fonts.chain(layer.font), layer.leading)
        self._judge_glyphs(layer, setter)
        lettering = Lettering.of(layer, self.area, setter)
        self._judge_size(layer, lettering.block)
        if lettering.block.lines:
            self._draw_text(layer, lettering)

    def _draw_text(self, layer: TextLayer, lettering: "Lettering") -> None:
        box = lettering.inked()
        if box is None:
            return
        frame = lettering.placed(box)
        self._judge_place(layer, frame.bounds())
        self._judge_safety(layer, frame)
        inks = lettering.inks(box)
        if inks is None:
            words = f"The text of {layer.id!r} is too large to be drawn: make it smaller."
            self.report(Check.RENDERING, words, layer=layer.id)
        elif inks:
            self.layers.append(Inks(inks=inks, opacity=layer.look.opacity))

    def _judge_glyphs(self, layer: TextLayer, setter: Typesetter) -> None:
        missing = setter.missing(layer.text)
        if missing:
            named = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in missing[:_NAMED])
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            words = f"No font has {named}{more} of {layer.id!r}: choose a font that does, or other words."
            self.report(Check.MISSING_GLYPH, words, layer=layer.id)

    def _judge_size(self, layer: TextLayer, block: TextBlock) -> None:
        if block.lines and block.size * _POINTS_PER_INCH < self.area.dpi:
            words = f"The text of {layer.id!r} would be smaller than one point: give it more room."
            self.report(Check.OVERFLOW, words, layer=layer.id)
        elif block.overflows:
            words = f"The text of {layer.id!r} does not fit its box: shorten it or give it more room."
            self.report(Check.OVERFLOW, words, layer=layer.id, level=Level.WARNING)

    def _judge_place(self, layer: ImageLayer | TextLayer, bounds: tuple[int, int, int, int]) -> None:
        left, top, right, bottom = bounds
        off = left >= self.area.width_px or top >= self.area.height_px or right <= 0 or bottom <= 0
        if off and not _seen_by_preflight(layer, self.area):
            words = f"{layer.id!r} lies wholly outside {self.area.key!r}."
            self.report(Check.OUTSIDE_AREA, words, layer=layer.id)

    def _judge_safety(self, layer: TextLayer, frame: Frame) -> None:
        safe = pixels(self.area.safe_um, self.area.dpi)
        left, top, right, bottom = frame.bounds()
        width, height = self.area.width_px, self.area.height_px
        if left < safe - 1 or top < safe - 1 or right > width - safe + 1 or bottom > height - safe + 1:
            where = "the safe area" if safe else "the print area"
            words = f"{layer.id!r} reaches out of {where} of {self.area.key!r} and may be cut."
            self.report(Check.OUTSIDE_SAFE, words, layer=layer.id, level=Level.WARNING)


@frozen(kw_only=True)
class Lettering:
    """A text layer, set; what it draws is measured in its frame, in canvas pixels times *scale*."""

    layer: TextLayer
    block: TextBlock
    frame: Frame
    canvas: tuple[int, int]
    scale: int
    stroke: float

    @classmethod
    def of(cls, layer: TextLayer, area: PrintArea, setter: Typesetter) -> Self:
        """Set the text of *layer*; letters are drawn twice as large, where they keep their shape and place."""
        frame = Frame.of(layer.box, area.dpi)
        # Beyond a few canvases nothing would be seen but the inside of a letter.
        size = min(pixels(layer.size, area.dpi), 4.0 * max(area.width_px, area.height_px))
        block = setter.set(layer.text, max(size, 1.0), width=frame.width, height=frame.height, fit=layer.fit)
        scale = _FINER if block.width * block.height * _FINER**2 < _MAX_MASK else 1
        opened = (
            frame
            if frame.height
            else Frame(x=frame.x, y=frame.y, width=frame.width, height=block.height, turn=frame.turn)
        )
        return cls(
            layer=layer,
            block=block,
            frame=opened,
            canvas=(area.width_px, area.height_px),
            scale=scale,
            stroke=min(pixels(layer.stroke_width, area.dpi), size) if layer.stroke else 0.0,
        )

    def inked(self) -> Box | None:
        """Return the box around all ink in the frame's own pixels, or None when there is none."""
        boxes = [
            (x + left, y + top, x + right, y + bottom)
            for x, y, run, font in self._pieces(1)
            for left, top, right, bottom in (
                font.getbbox(run.text, direction=run.direction, anchor="ls", stroke_width=self.stroke),
            )
            if right > left and bottom > top
        ]
        if not boxes:
            return None
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def placed(self, box: Box) -> Frame:
        """Return where *box* of the frame lies on the canvas."""
        x, y = self.frame.outward((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        width, height = box[2] - box[0], box[3] - box[1]
        return Frame(x=x - width / 2, y=y - height / 2, width=width, height=height, turn=self.frame.turn)

    def inks(self, box: Box) -> tuple[Ink, ...] | None:
        """Draw the masks of what lies in *box*; None when that would take too much memory."""
        seen = self._seen(box)
        width, height = round((seen[2] - seen[0]) * self.scale), round((seen[3] - seen[1]) * self.scale)
        if width <= 0 or height <= 0:
            return ()
        if max(width * height, self._largest()) > _MAX_MASK:
            return None
        frame = self.placed(seen)
        strokes = ((self.layer.stroke, self.stroke),) if self.stroke else ()
        return tuple(
            Ink(mask=self._mask(seen, (width, height), stroke), colour=colour, frame=frame, scale=self.scale)
            for colour, stroke in (*strokes, (self.layer.fill or "#000000", 0.0))
        )

    def _seen(self, box: Box) -> Box:
        """Return the part of *box* that an upright text shows on the canvas, on whole pixels of it."""
        if self.frame.turn:
            return box
        x, y = self.frame.x, self.frame.y
        left, top = max(math.floor(box[0] + x), 0), max(math.floor(box[1] + y), 0)
        right = min(math.ceil(box[2] + x), self.canvas[0])
        bottom = min(math.ceil(box[3] + y), self.canvas[1])
        return left - x, top - y, right - x, bottom - y

    def _largest(self) -> int:
        """Return the pixels of the largest piece, which is drawn whole before it is clipped."""
        size = (self.block.size + 2 * self.stroke) * self.scale
        return max(
            (
                round(run.width(self.block.size * self.scale) + 2 * self.stroke * self.scale)
                * round(size * 2)
                for _, _, run, _ in self._pieces(self.scale)
            ),
            default=0,
        )

    def _mask(self, box: Box, size: tuple[int, int], stroke: float) -> Image.Image:
        mask = Image.new("L", size)
        pen = ImageDraw.Draw(mask)
        for x, y, run, font in self._pieces(self.scale):
            pen.text(
                (x - box[0] * self.scale, y - box[1] * self.scale),
                run.text,
                fill=255,
                font=font,
                anchor="ls",
                direction=run.direction,
                stroke_width=stroke * self.scale,
            )
        return mask

    def _pieces(self, scale: int) -> Iterator[tuple[float, float, Run, FreeTypeFont]]:
        for index, line in enumerate(self.block.lines):
            x = (self.frame.width - line.width) * _ALIGNED[self.layer.align]
            for run in line.runs:
                font = run.face.at(self.block.size * scale)
                yield x * scale, self.block.baseline(index) * scale, run, font
                x += run.width(self.block.size * scale) / scale


def _cropped(crop: tuple[int, int, int, int], width: int, height: int) -> Window:
    left, top, right, bottom = crop
    return Window(
        left=left * width / 1000,
        top=top * height / 1000,
        right=right * width / 1000,
        bottom=bottom * height / 1000,
    )


def _scaled(window: Window, across: float, down: float) -> Window:
    return Window(
        left=window.left * across,
        top=window.top * down,
        right=window.right * across,
        bottom=window.bottom * down,
    )


def _seen_by_preflight(layer: ImageLayer | TextLayer, area: PrintArea) -> bool:
    box = layer.box
    if box.turn % 360_000 or box.height == 0:
        return False
    return (
        box.x >= area.width_um or box.y >= area.height_um or box.x + box.width <= 0 or box.y + box.height <= 0
    )
