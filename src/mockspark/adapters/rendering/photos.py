"""Pictures on the canvas: every tile is resampled straight from the decoded source, and no copy is made of that.

Filters were chosen by their distance from an ideal resampling (docs/decisions/0021-resampling.md): cubic from a
source of about the target's size, linear from one that is half as large again, which larger ones are brought to.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from attrs import field, frozen
from PIL import Image, ImageChops

from mockspark.adapters.rendering.coverage import REACH_PX, Cover, filled
from mockspark.adapters.rendering.geometry import Frame, Window
from mockspark.adapters.rendering.linear_light import resized_in_light
from mockspark.adapters.rendering.nodes import Piece
from mockspark.adapters.rendering.tiles import Part, Tile, overlap
from mockspark.domain.outlines import Affine, Outline

_CUBIC_UP_TO: Final = 1.15
_LINEAR_UP_TO: Final = 1.6
READY: Final = 1.5
"""How many pixels a picture that is sampled linearly should have for each of the canvas."""
_CELL: Final = 512
_EDGE: Final = 4
_REACH: Final = 3
_Affine = Image.Transform.AFFINE

Corner = tuple[float, float]


@frozen(kw_only=True)
class UprightPhoto:
    """A picture that is not turned; its edges lie on whole pixels."""

    image: Image.Image = field(repr=False)
    window: Window
    frame: Frame
    linear: bool = False

    @property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches."""
        left, top = round(self.frame.x), round(self.frame.y)
        right, bottom = round(self.frame.x + self.frame.width), round(self.frame.y + self.frame.height)
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        seen = overlap(self.bounds, tile)
        return None if seen is None else (_solid(self._sampled(seen)), seen[0], seen[1])

    def _sampled(self, tile: Tile) -> Image.Image:
        size, box = (tile[2] - tile[0], tile[3] - tile[1]), self._read(tile)
        whole = tuple(int(edge) for edge in box)
        if whole == box and (whole[2] - whole[0], whole[3] - whole[1]) == size:
            return self.image.crop((whole[0], whole[1], whole[2], whole[3]))
        if self.linear:
            return resized_in_light(self.image, size, box)
        return self.image.resize(size, _filter(self.image), box=box)

    def _read(self, tile: Tile) -> tuple[float, float, float, float]:
        left, top, right, bottom = self.bounds
        across, down = self.window.width / (right - left), self.window.height / (bottom - top)
        return (
            max(self.window.left + (tile[0] - left) * across, 0),
            max(self.window.top + (tile[1] - top) * down, 0),
            min(self.window.left + (tile[2] - left) * across, self.image.width),
            min(self.window.top + (tile[3] - top) * down, self.image.height),
        )


@frozen(kw_only=True, slots=False)
class TurnedPhoto:
    """A picture at an angle, cell by cell: those inside are only sampled, those at an edge are cut as well."""

    image: Image.Image = field(repr=False)
    window: Window
    frame: Frame
    how: Image.Resampling

    @property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches."""
        return self.frame.bounds()

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        seen = self._seen(tile)
        if seen is None:
            return None
        left, top, right, bottom = seen
        drawn = Image.new("RGBA", (right - left, bottom - top))
        for x in range(left, right, _CELL):
            cell = (x, top, min(x + _CELL, right), bottom)
            image = self._cell(cell)
            if image is not None:
                drawn.paste(image, (x - left, 0))
        return drawn, left, top

    def _seen(self, tile: Tile) -> Tile | None:
        across = self.frame.span(tile[1] - 1, tile[3] + 1, 2)
        if across is None:
            return None
        _, first, _, end = self.bounds
        return overlap((across[0] - 1, first - 1, across[1] + 1, end + 1), tile)

    def _cell(self, cell: Tile) -> Image.Image | None:
        near = self._reading(cell)
        if near[0] >= 0 and near[1] >= 0 and near[2] <= self.image.width and near[3] <= self.image.height:
            sampled = self._transformed(self.image, cell, 0, 0)
            return sampled if self._inside(cell) else self._cut(sampled, cell)
        part = overlap(near, (-_EDGE, -_EDGE, self.image.width + _EDGE, self.image.height + _EDGE))
        if part is None:
            return None
        return self._cut(self._transformed(_extended(self.image, part), cell, part[0], part[1]), cell)

    def _transformed(self, image: Image.Image, cell: Tile, x: int, y: int) -> Image.Image:
        read = self.frame.inverse(self.window.moved(-x, -y), x=cell[0], y=cell[1], scale=1)
        size = (cell[2] - cell[0], cell[3] - cell[1])
        return image.transform(size, _Affine, read, self.how)

    def _reading(self, cell: Tile) -> Tile:
        """Return the pixels of the source that *cell* is made of."""
        points = [self._source(x, y) for x in (cell[0], cell[2]) for y in (cell[1], cell[3])]
        xs, ys = zip(*points, strict=True)
        return (
            int(min(xs)) - _REACH,
            int(min(ys)) - _REACH,
            int(max(xs)) + 1 + _REACH,
            int(max(ys)) + 1 + _REACH,
        )

    def _inside(self, cell: Tile) -> bool:
        corners = [self.frame.inward(x, y) for x in (cell[0], cell[2]) for y in (cell[1], cell[3])]
        return all(0 <= u <= self.frame.width and 0 <= v <= self.frame.height for u, v in corners)

    def _source(self, x: float, y: float) -> tuple[float, float]:
        u, v = self.frame.inward(x, y)
        across, down = self.window.width / self.frame.width, self.window.height / self.frame.height
        return self.window.left + u * across, self.window.top + v * down

    def _cut(self, drawn: Image.Image, cell: Tile) -> Image.Image:
        """Make *drawn* transparent outside the frame, by the share of each pixel that lies inside."""
        solid = _solid(drawn)
        card = self._card if self._near else _card(clipped(self.frame.corners(), cell))
        solid.putalpha(ImageChops.multiply(solid.getchannel("A"), card.on(cell)))
        return solid

    @cached_property
    def _card(self) -> Cover:
        return _card(self.frame.corners())

    @cached_property
    def _near(self) -> bool:
        """Tell whether all of it lies where outlines can be counted; one corner of a giant may be miles away."""
        return all(abs(number) < REACH_PX for corner in self.frame.corners() for number in corner)


def photo(
    image: Image.Image, window: Window, frame: Frame, *, linear: bool = False
) -> UprightPhoto | TurnedPhoto:
    """Place *window* of a decoded picture (RGB or premultiplied RGBa): it is enlarged by nothing but its tiles."""
    quarters = frame.quarters
    if quarters is not None:
        turned, part = _turned_right(*_cropped(image, window), quarters)
        return UprightPhoto(image=turned, window=part, frame=frame.upright(), linear=linear)
    ready, part = _ready(image, window, frame, linear=linear)
    share = max(part.width / frame.width, part.height / frame.height)
    cubic = ready.mode == "RGB" and share <= _CUBIC_UP_TO
    how = Image.Resampling.BICUBIC if cubic else Image.Resampling.BILINEAR
    return TurnedPhoto(image=ready, window=part, frame=frame, how=how)


def _card(corners: Sequence[Corner]) -> Cover:
    outline = Outline("M" + "L" * (len(corners) - 1) + "Z", tuple(n for corner in corners for n in corner))
    return filled((Piece(outline=outline, place=Affine()),)) if len(corners) > 2 else filled(())


def clipped(corners: Sequence[Corner], tile: Tile) -> Sequence[Corner]:
    """Return the part of a convex polygon that lies on *tile* or at most a pixel beside it."""
    left, top, right, bottom = tile
    for axis, sign, edge in ((0, 1, left - 1), (0, -1, -right - 1), (1, 1, top - 1), (1, -1, -bottom - 1)):
        corners = list(_beyond(corners, axis, sign, edge))
    return corners


def _beyond(corners: Sequence[Corner], axis: int, sign: int, edge: float) -> Iterator[Corner]:
    """Yield the part of a convex polygon where a coordinate, times *sign*, is *edge* or more."""
    for at, corner in enumerate(corners):
        before = corners[at - 1]
        inside, was = sign * corner[axis] - edge, sign * before[axis] - edge
        if (inside < 0) != (was < 0):
            share = was / (was - inside)
            yield tuple(one + (other - one) * share for one, other in zip(before, corner, strict=True))  # type: ignore[misc]  # two numbers
        if inside >= 0:
            yield corner


def _solid(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGBA" else image.convert("RGBA")


def _filter(image: Image.Image) -> Image.Resampling:
    # A filter that sharpens overshoots; clipped, colour and coverage part, and soft edges change their hue.
    return Image.Resampling.LANCZOS if image.mode == "RGB" else Image.Resampling.HAMMING


def _cropped(image: Image.Image, window: Window) -> tuple[Image.Image, Window]:
    left, top = int(window.left), int(window.top)
    right, bottom = min(int(window.right + 1), image.width), min(int(window.bottom + 1), image.height)
    if (left, top, right, bottom) == (0, 0, *image.size):
        return image, window
    return image.crop((left, top, right, bottom)), window.moved(-left, -top)


def _ready(image: Image.Image, window: Window, frame: Frame, *, linear: bool) -> tuple[Image.Image, Window]:
    """Bring each side to a size from which it can be sampled: translucent ones up, much too large ones down."""
    width = _side(window.width, frame.width, image.mode, linear=linear)
    height = _side(window.height, frame.height, image.mode, linear=linear)
    if width is None and height is None:
        return _cropped(image, window)
    size = (width or max(round(window.width), 1), height or max(round(window.height), 1))
    if linear:
        small = resized_in_light(image, size, window.as_box())
    else:
        small = image.resize(size, _filter(image), box=window.as_box())
    return small, Window(left=0, top=0, right=size[0], bottom=size[1])


def _side(source: float, target: float, mode: str, *, linear: bool) -> int | None:
    """Return the pixels that a side is brought to first, None when it is sampled as it is."""
    ready = max(round(target * READY), 1)
    if source > target * _LINEAR_UP_TO or (linear and source > target):
        return ready if source > ready else max(round(target), 1)
    if mode != "RGB" and source < target * _CUBIC_UP_TO:
        return ready
    return None


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


def _extended(image: Image.Image, part: Tile) -> Image.Image:
    """Return *part* of *image*, which may reach over its sides: there the outermost pixels are repeated."""
    left, top, right, bottom = part
    inner = (max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height))
    piece = image.crop(inner)
    west, north, east, south = inner[0] - left, inner[1] - top, right - inner[2], bottom - inner[3]
    wide = Image.new(image.mode, (right - left, bottom - top))
    wide.paste(piece, (west, north))
    across = (west, west + piece.width)
    if north > 0:
        wide.paste(_stretched(piece, (0, 0, piece.width, 1), (piece.width, north)), (across[0], 0))
    if south > 0:
        row = (0, piece.height - 1, piece.width, piece.height)
        wide.paste(_stretched(piece, row, (piece.width, south)), (across[0], wide.height - south))
    if west > 0:
        wide.paste(_stretched(wide, (west, 0, west + 1, wide.height), (west, wide.height)), (0, 0))
    if east > 0:
        column = (across[1] - 1, 0, across[1], wide.height)
        wide.paste(_stretched(wide, column, (east, wide.height)), (across[1], 0))
    return wide


def _stretched(image: Image.Image, strip: Tile, size: tuple[int, int]) -> Image.Image:
    return image.crop(strip).resize(size, Image.Resampling.NEAREST)
