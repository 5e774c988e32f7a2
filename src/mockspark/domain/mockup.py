"""A product's picture, and where on it each print area lies.

Lengths are pixels of the picture; places on a print area are per mille of its width and height. The document is
plain JSON of integers, as a design's is.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, Self

from attrs import field, frozen

from mockspark.domain.errors import InvalidValue

_MAX_SIDE: Final = 4_000
_MAX_MESH: Final = 64

Point = tuple[int, int]
Json = Any  # a foreign document: its shape is checked here, not by the type checker


@frozen(kw_only=True)
class Quad:
    """A flat place seen at an angle: its corners on the picture, clockwise from the area's top left."""

    corners: tuple[Point, Point, Point, Point]


@frozen(kw_only=True)
class Mesh:
    """A place that bends: a grid of equal cells over a rectangle of the picture.

    *points* are its nodes row by row: each the place of the print area, per mille, that is seen there. A node may lie
    off the area, where nothing is printed.
    """

    left: int
    top: int
    width: int
    height: int
    points: tuple[tuple[Point, ...], ...] = field(repr=False)


@frozen(kw_only=True)
class Mockup:
    """A picture of the blank in white, and the places of its print areas.

    *picture* and *garment* are `sha256:...` of uploads; *garment* is as large as the picture and white where the
    product's colour shows. *shade* says, per mille, how far folds and light of the picture fall on the print.
    """

    picture: str
    places: Mapping[str, Quad | Mesh]
    garment: str = ""
    shade: int = 1000

    @classmethod
    def read(cls, document: Mapping[str, Json]) -> Self:
        """Take in a document; raises InvalidValue naming the member that is wrong."""
        places = document.get("areas")
        if not isinstance(places, Mapping) or not places:
            raise InvalidValue("areas names where on the picture each print area lies")
        shade = document.get("shade", 1000)
        if not _whole(shade, 0, 1000):
            raise InvalidValue("shade is per mille, 0 to 1000")
        return cls(
            picture=_asset(document, "picture"),
            garment=_asset(document, "garment") if document.get("garment") else "",
            shade=shade,
            places={str(area): _place(found, f"areas.{area}") for area, found in places.items()},
        )


def _place(found: Json, where: str) -> Quad | Mesh:
    if isinstance(found, Mapping) and "corners" in found:
        return _quad(found["corners"], where)
    if isinstance(found, Mapping) and "mesh" in found:
        return _mesh(found, where)
    raise InvalidValue(f"{where} has four corners or a mesh")


def _quad(found: Json, where: str) -> Quad:
    if not isinstance(found, list) or len(found) != 4:
        raise InvalidValue(f"{where}.corners are four points")
    one, two, three, four = (_point(point, f"{where}.corners") for point in found)
    corners = (one, two, three, four)
    turns = [_turn(corners[at - 2], corners[at - 1], corners[at]) for at in range(4)]
    if min(turns) <= 0:
        raise InvalidValue(f"{where}.corners go clockwise round a place without a dent")
    return Quad(corners=corners)


def _turn(one: Point, two: Point, three: Point) -> int:
    return (two[0] - one[0]) * (three[1] - two[1]) - (two[1] - one[1]) * (three[0] - two[0])


def _mesh(found: Mapping[str, Json], where: str) -> Mesh:
    box = found.get("box")
    if not (isinstance(box, list) and len(box) == 4 and all(_whole(n, -_MAX_SIDE, _MAX_SIDE) for n in box)):
        raise InvalidValue(f"{where}.box is left, top, width and height in pixels")
    rows = found["mesh"]
    if (
        not isinstance(rows, list)
        or not 2 <= len(rows) <= _MAX_MESH
        or not all(isinstance(r, list) for r in rows)
    ):
        raise InvalidValue(f"{where}.mesh has 2 to {_MAX_MESH} rows of points")
    points = tuple(tuple(_point(point, f"{where}.mesh") for point in row) for row in rows)
    if any(len(one) != len(other) for one, other in pairwise(points)) or not 2 <= len(points[0]) <= _MAX_MESH:
        raise InvalidValue(f"{where}.mesh has rows of equally many points, 2 to {_MAX_MESH}")
    if box[2] < len(points[0]) or box[3] < len(points):
        raise InvalidValue(f"{where}.box has at least a pixel for every cell of its mesh")
    return Mesh(left=box[0], top=box[1], width=box[2], height=box[3], points=points)


def _point(found: Json, where: str) -> Point:
    if not (isinstance(found, list) and len(found) == 2 and all(_whole(n, -10_000, 10_000) for n in found)):
        raise InvalidValue(f"a point of {where} is two whole numbers")
    return found[0], found[1]


def _asset(document: Mapping[str, Json], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value.startswith("sha256:"):
        raise InvalidValue(f"{name} is the sha256:... of an uploaded picture")
    return value


def _whole(value: Json, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
