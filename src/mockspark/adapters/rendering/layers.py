"""Layers that draw their part of a band: what is above and below is never made."""

from functools import cache
from typing import Final, Protocol

from attrs import field, frozen
from PIL import Image, ImageChops

from mockspark.adapters.rendering.geometry import Frame, Window

_EDGE: Final = 6
# Turning what is translucent at twice the resolution and averaging keeps its edges smooth.
_FINER: Final = 2

Part = tuple[Image.Image, int, int]


class Layer(Protocol):
    """Something on the canvas."""

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Return the whole pixels that it touches, on and off the canvas."""

    def part(self, width: int, top: int, bottom: int) -> Part | None:
        """Return what it draws between two rows of a canvas of that *width*, in RGBA, and where that goes."""


@frozen(kw_only=True)
class UprightPicture:
    """A picture that is not turned; its edges lie on whole pixels."""

    image: Image.Image = field(repr=False)
    window: Window
    frame: Frame
    opacity: int = 1000

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Return the whole pixels that it touches."""
        left, top = round(self.frame.x), round(self.frame.y)
        right, bottom = round(self.frame.x + self.frame.width), round(self.frame.y + self.frame.height)
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def part(self, width: int, top: int, bottom: int) -> Part | None:
        """Return what it draws between two rows."""
        tile = _overlap(self.bounds, (0, top, width, bottom))
        if tile is None:
            return None
        return faded(self._sampled(tile), self.opacity), tile[0], tile[1]

    def _sampled(self, tile: tuple[int, int, int, int]) -> Image.Image:
        size, box = (tile[2] - tile[0], tile[3] - tile[1]), self._read(tile)
        whole = tuple(int(edge) for edge in box)
        if whole == box and (whole[2] - whole[0], whole[3] - whole[1]) == size:
            return self.image.crop((whole[0], whole[1], whole[2], whole[3]))
        return self.image.resize(size, _filter(self.image), box=box)

    def _read(self, tile: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
        left, top, right, bottom = self.bounds
        across, down = self.window.width / (right - left), self.window.height / (bottom - top)
        return (
            max(self.window.left + (tile[0] - left) * across, 0),
            max(self.window.top + (tile[1] - top) * down, 0),
            min(self.window.left + (tile[2] - left) * across, self.image.width),
            min(self.window.top + (tile[3] - top) * down, self.image.height),
        )


@frozen(kw_only=True)
class TurnedPicture:
    """A picture at an angle: sampled from inside its edges, which are then cut with smooth coverage."""

    image: Image.Image = field(repr=False)
    window: Window
    frame: Frame
    opacity: int = 1000

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Return the whole pixels that it touches."""
        return self.frame.bounds()

    def part(self, width: int, top: int, bottom: int) -> Part | None:
        """Return what it draws between two rows."""
        tile = _tile(self.frame, width, top, bottom)
        if tile is None:
            return None
        drawn = faded(self._sampled(tile), self.opacity)
        return _cut(drawn, self.frame, tile), tile[0], tile[1]

    def _sampled(self, tile: tuple[int, int, int, int]) -> Image.Image:
        if self.image.mode == "RGB":
            return _turned(self.image, self.window, self.frame, tile, scale=1)
        return _turned(self.image, self.window, self.frame, tile, scale=_FINER).reduce(_FINER)


@frozen(kw_only=True)
class Ink:
    """A colour through a mask that lies on the canvas in *frame*; *scale* mask pixels to one of the canvas."""

    mask: Image.Image = field(repr=False)
    colour: str
    frame: Frame
    scale: int = 1

    def within(self, tile: tuple[int, int, int, int]) -> Image.Image:
        """Return the coverage on *tile* of the canvas."""
        if not self.frame.turn:
            left, top = round(self.frame.x), round(self.frame.y)
            edges = (tile[0] - left, tile[1] - top, tile[2] - left, tile[3] - top)
            box = (edges[0] * self.scale, edges[1] * self.scale, edges[2] * self.scale, edges[3] * self.scale)
            return self.mask.crop(box).reduce(self.scale)
        window = Window(left=0, top=0, right=self.mask.width, bottom=self.mask.height)
        fine = _turned(self.mask, window, self.frame, tile, scale=_FINER)
        return fine.reduce(_FINER)


@frozen(kw_only=True)
class Inks:
    """Masks in colours, lowest first, faded together."""

    inks: tuple[Ink, ...]
    opacity: int = 1000

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Return the whole pixels that it touches."""
        lefts, tops, rights, bottoms = zip(*(ink.frame.bounds() for ink in self.inks), strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def part(self, width: int, top: int, bottom: int) -> Part | None:
        """Return what it draws between two rows."""
        tile = _overlap(self.bounds, (0, top, width, bottom))
        if tile is None:
            return None
        drawn = None
        for ink in self.inks:
            colour = Image.new("RGB", (tile[2] - tile[0], tile[3] - tile[1]), ink.colour)
            colour.putalpha(ink.within(tile))
            drawn = colour if drawn is None else Image.alpha_composite(drawn, colour)
        return None if drawn is None else (faded(drawn, self.opacity), tile[0], tile[1])


def picture(image: Image.Image, window: Window, frame: Frame, opacity: int) -> UprightPicture | TurnedPicture:
    """Place the *window* of a decoded picture: never enlarged beforehand, so it costs no more than its source."""
    quarters = frame.quarters
    finer = 1 if quarters is not None or image.mode == "RGB" else _FINER
    ready, part = _prepared(image, window, frame, finer)
    if quarters is None:
        padded = _padded(ready)
        return TurnedPicture(image=padded, window=part.moved(_EDGE, _EDGE), frame=frame, opacity=opacity)
    turned, part = _turned_right(ready, part, quarters)
    return UprightPicture(image=turned, window=part, frame=frame.upright(), opacity=opacity)


def faded(image: Image.Image, opacity: int) -> Image.Image:
    """Return *image* as RGBA with that opacity (per mille)."""
    solid = image if image.mode == "RGBA" else image.convert("RGBA")
    if opacity < 1000:
        solid.putalpha(solid.getchannel("A").point(_fading(opacity)))
    return solid


@cache
def _fading(opacity: int) -> list[int]:
    return [(value * opacity + 500) // 1000 for value in range(256)]


def _prepared(image: Image.Image, window: Window, frame: Frame, finer: int) -> tuple[Image.Image, Window]:
    width = min(round(window.width), max(round(frame.width * finer), 1))
    height = min(round(window.height), max(round(frame.height * finer), 1))
    if width * height < window.width * window.height * 0.9:
        small = image.resize((max(width, 1), max(height, 1)), _filter(image), box=window.as_box())
        return small, Window(left=0, top=0, right=small.width, bottom=small.height)
    left, top = int(window.left), int(window.top)
    right, bottom = min(int(window.right + 1), image.width), min(int(window.bottom + 1), image.height)
    return image.crop((left, top, right, bottom)), window.moved(-left, -top)


def _filter(image: Image.Image) -> Image.Resampling:
    # A filter that sharpens overshoots; clipped, colour and coverage part, and soft edges change their hue.
    return Image.Resampling.LANCZOS if image.mode == "RGB" else Image.Resampling.HAMMING


def _turned_right(image: Image.Image, window: Window, quarters: int) -> tuple[Image.Image, Window]:
    width, height = image.size
    left, top, right, bottom = window.as_box()
    if quarters == 0:
        return image, window
    if quarters == 1:
        turned = image.transpose(Image.Transpose.ROTATE_270)
        return turned, Window(left=height - bottom, top=left, right=height - top, bottom=right)
    if quarters == 2:
        turned = image.transpose(Image.Transpose.ROTATE_180)
        return turned, Window(
            left=width - right, top=height - bottom, right=width - left, bottom=height - top
        )
    turned = image.transpose(Image.Transpose.ROTATE_90)
    return turned, Window(left=top, top=width - right, right=bottom, bottom=width - left)


def _padded(image: Image.Image) -> Image.Image:
    """Repeat the outermost pixels, so that nothing foreign is mixed in where the edge is cut."""
    width, height = image.size
    wide = Image.new(image.mode, (width + 2 * _EDGE, height + 2 * _EDGE))
    wide.paste(image, (_EDGE, _EDGE))
    for source, target in (
        ((0, 0, width, 1), (_EDGE, 0, _EDGE + width, _EDGE)),
        ((0, height - 1, width, height), (_EDGE, height + _EDGE, _EDGE + width, height + 2 * _EDGE)),
    ):
        wide.paste(_stretched(image.crop(source), target), target)
    tall = height + 2 * _EDGE
    for source, target in (
        ((_EDGE, 0, _EDGE + 1, tall), (0, 0, _EDGE, tall)),
        ((width + _EDGE - 1, 0, width + _EDGE, tall), (width + _EDGE, 0, width + 2 * _EDGE, tall)),
    ):
        wide.paste(_stretched(wide.crop(source), target), target)
    return wide


def _stretched(strip: Image.Image, target: tuple[int, int, int, int]) -> Image.Image:
    return strip.resize((target[2] - target[0], target[3] - target[1]), Image.Resampling.NEAREST)


def _turned(
    image: Image.Image, window: Window, frame: Frame, tile: tuple[int, int, int, int], *, scale: int
) -> Image.Image:
    size = ((tile[2] - tile[0]) * scale, (tile[3] - tile[1]) * scale)
    read = frame.inverse(window, x=tile[0], y=tile[1], scale=scale)
    how = Image.Resampling.BICUBIC if image.mode == "RGB" else Image.Resampling.BILINEAR
    return image.transform(size, Image.Transform.AFFINE, read, how)


def _cut(drawn: Image.Image, frame: Frame, tile: tuple[int, int, int, int]) -> Image.Image:
    """Make *drawn* transparent outside *frame*, by the share of each pixel that lies inside."""
    card, window = _card(frame, tile)
    if card is None:
        return drawn
    size = (tile[2] - tile[0], tile[3] - tile[1])
    read = frame.inverse(window, x=tile[0], y=tile[1], scale=1)
    cover = card.transform(size, Image.Transform.AFFINE, read, Image.Resampling.BILINEAR)
    drawn.putalpha(ImageChops.multiply(drawn.getchannel("A"), cover))
    return drawn


def _card(frame: Frame, tile: tuple[int, int, int, int]) -> tuple[Image.Image | None, Window]:
    width, height = max(round(frame.width), 1), max(round(frame.height), 1)
    points = [
        frame.inward(x, y)
        for x, y in ((tile[0], tile[1]), (tile[2], tile[1]), (tile[2], tile[3]), (tile[0], tile[3]))
    ]
    us, vs = zip(*points, strict=True)
    left, top = max(int(min(us)) - 3, -2), max(int(min(vs)) - 3, -2)
    right, bottom = min(int(max(us)) + 4, width + 2), min(int(max(vs)) + 4, height + 2)
    window = Window(left=-left, top=-top, right=width - left, bottom=height - top)
    if left > 0 and top > 0 and right < width and bottom < height:
        return None, window
    card = Image.new("L", (max(right - left, 1), max(bottom - top, 1)))
    card.paste(255, (max(-left, 0), max(-top, 0), max(width - left, 0), max(height - top, 0)))
    return card, window


def _tile(frame: Frame, width: int, top: int, bottom: int) -> tuple[int, int, int, int] | None:
    across = frame.span(top - 1, bottom + 1, 2)
    if across is None:
        return None
    _, first, _, end = frame.bounds()
    return _overlap((across[0] - 1, first - 1, across[1] + 1, end + 1), (0, top, width, bottom))


def _overlap(
    one: tuple[int, int, int, int], other: tuple[int, int, int, int]
) -> tuple[int, int, int, int] | None:
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left < right and top < bottom else None
