"""The design on the product's picture: seen at an angle or bent, in the garment's colour, with its light and folds."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from PIL import Image, ImageChops, ImageColor

from mockspark.adapters.rendering import pictures
from mockspark.domain.mockup import Mesh, Mockup, Point, Quad

_FINER: Final = 2
_QUALITY: Final = 85
_Size = tuple[int, int]


def mocked_up(
    mockup: Mockup,
    designs: Mapping[str, Image.Image],
    assets: Mapping[str, bytes],
    *,
    colour: str = "",
    width: int = 600,
) -> bytes:
    """Return the product with *designs* (straight RGBA, by print area) on it, as WebP of that *width*.

    *colour* is the garment's, `#rrggbb`; empty leaves the picture as it is. Raises pictures.Undrawable.
    """
    product = _fitted(pictures.decoded(pictures.opened(assets[mockup.picture])).image.convert("RGB"), width)
    share = product.width / pictures.opened(assets[mockup.picture]).size[0]
    light = product.convert("L")
    if colour and mockup.garment:
        mask = pictures.decoded(pictures.opened(assets[mockup.garment])).image.convert("L")
        product = _coloured(product, mask.resize(product.size, Image.Resampling.LANCZOS), colour)
    for area, place in mockup.places.items():
        if area in designs:
            print_ = _placed(designs[area], place, product.size, share)
            product = _printed(product, print_, light, mockup.shade)
    out = io.BytesIO()
    product.save(out, "WEBP", quality=_QUALITY, method=2)
    return out.getvalue()


def needed_width(mockup: Mockup, area: str, picture_width: int, width: int) -> int:
    """Return how many pixels wide a design has to be drawn, so that it stays sharp on a mockup of that *width*."""
    place = mockup.places[area]
    xs = [x for x, _ in place.corners] if isinstance(place, Quad) else [0, place.width]
    return max(round((max(xs) - min(xs)) * width / picture_width * _FINER), 16)


def _fitted(image: Image.Image, width: int) -> Image.Image:
    size = (width, max(round(image.height * width / image.width), 1))
    return image.resize(size, Image.Resampling.LANCZOS)


def _coloured(product: Image.Image, mask: Image.Image, colour: str) -> Image.Image:
    cloth = ImageChops.multiply(product, Image.new("RGB", product.size, ImageColor.getrgb(colour)))
    return Image.composite(cloth, product, mask)


def _printed(product: Image.Image, print_: Image.Image, light: Image.Image, shade: int) -> Image.Image:
    """Lay *print_* on *product*, darkened where the picture is: ink takes the folds of its cloth."""
    lit = light.point([255 - (255 - level) * shade // 1000 for level in range(256)])
    colours = ImageChops.multiply(print_.convert("RGB"), Image.merge("RGB", (lit, lit, lit)))
    return Image.composite(colours, product, print_.getchannel("A"))


def _placed(design: Image.Image, place: Quad | Mesh, size: _Size, share: float) -> Image.Image:
    """Return *design* where it is seen on a picture of *size*, smoothed by drawing it twice as large."""
    large = (size[0] * _FINER, size[1] * _FINER)
    ink = _framed(design.convert("RGBa"))
    scale = share * _FINER
    if isinstance(place, Quad):
        corners = [(x * scale, y * scale) for x, y in place.corners]
        seen = ink.transform(
            large, Image.Transform.PERSPECTIVE, _perspective(corners, ink.size), Image.Resampling.BILINEAR
        )
    else:
        seen = ink.transform(
            large, Image.Transform.MESH, list(_cells(place, ink.size, scale)), Image.Resampling.BILINEAR
        )
    return seen.reduce(_FINER).convert("RGBA")


def _framed(ink: Image.Image) -> Image.Image:
    """Return *ink* with a clear border, into which its own fades smoothly."""
    framed = Image.new("RGBa", (ink.width + 2, ink.height + 2))
    framed.paste(ink, (1, 1))
    return framed


def _cells(
    mesh: Mesh, size: _Size, scale: float
) -> Iterator[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    """Yield the rectangles of the picture and the four points of the design that each shows."""
    rows, columns = len(mesh.points) - 1, len(mesh.points[0]) - 1
    for row in range(rows):
        for column in range(columns):
            left, right = (
                round((mesh.left + mesh.width * at / columns) * scale) for at in (column, column + 1)
            )
            top, bottom = (round((mesh.top + mesh.height * at / rows) * scale) for at in (row, row + 1))
            # Pillow goes round a source quadrangle against the clock, from its top left.
            nodes = (
                mesh.points[row][column],
                mesh.points[row + 1][column],
                mesh.points[row + 1][column + 1],
                mesh.points[row][column + 1],
            )
            yield (left, top, right, bottom), tuple(n for node in nodes for n in _on(node, size))


def _on(node: Point, size: _Size) -> tuple[float, float]:
    return 1 + node[0] * (size[0] - 2) / 1000, 1 + node[1] * (size[1] - 2) / 1000


def _perspective(corners: Sequence[tuple[float, float]], size: _Size) -> tuple[float, ...]:
    """Return how a picture point reads from the design: eight coefficients, as Pillow wants them."""
    right, bottom = size[0] - 1, size[1] - 1
    targets = ((1, 1), (right, 1), (right, bottom), (1, bottom))
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(corners, targets, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solved(rows)


def _solved(rows: list[list[float]]) -> tuple[float, ...]:
    """Solve linear equations, each a row of factors and its result (Gauss, largest pivot first)."""
    count = len(rows)
    for at in range(count):
        best = max(range(at, count), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        pivot = rows[at][at]
        rows[at] = [value / pivot for value in rows[at]]
        for other in range(count):
            if other != at and rows[other][at]:
                factor = rows[other][at]
                rows[other] = [one - factor * two for one, two in zip(rows[other], rows[at], strict=True)]
    return tuple(row[-1] for row in rows)
