"""Colour profiles built from their numbers, and what colours they mean by the formulas alone."""

import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from attrs import frozen

Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]
D50: Final[Triple] = (0.9642, 1.0, 0.8249)
# The primaries' columns, adapted to D50.
SRGB: Final[Matrix] = ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))
P3: Final[Matrix] = ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
ADOBE: Final[Matrix] = ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457))


def to_srgb(xyz: Triple) -> tuple[int, int, int]:
    """Return the sRGB colour of a tristimulus under D50, cut to what sRGB can show."""
    linear = _times(_inverse(SRGB), xyz)
    red, green, blue = (round(255 * _encoded(min(max(value, 0.0), 1.0))) for value in linear)
    return red, green, blue


def from_matrix(matrix: Matrix, decode: Callable[[float], float], colour: Sequence[int]) -> Triple:
    """Return the tristimulus of *colour* (0 to 255) in a space of three primaries."""
    red, green, blue = (decode(value / 255) for value in colour)
    return _times(matrix, (red, green, blue))


def srgb_curve(value: float) -> float:
    """Return the light of an encoded *value*."""
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def lab_to_xyz(lightness: float, a: float, b: float) -> Triple:
    """Return the tristimulus of a CIELAB colour under D50."""
    y = (lightness + 16) / 116
    x, z = y + a / 500, y - b / 200
    return D50[0] * _cubed(x), D50[1] * _cubed(y), D50[2] * _cubed(z)


def xyz_to_lab(xyz: Triple) -> Triple:
    """Return the CIELAB colour of a tristimulus under D50."""
    x, y, z = (_root(value / white) for value, white in zip(xyz, D50, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def matrix_profile(matrix: Matrix, curve: bytes) -> bytes:
    """Return the profile of a space of three primaries with one *curve*."""
    columns = {
        name: tuple(row[index] for row in matrix) for index, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
    }
    tags = {b"wtpt": _xyz(D50), **{name: _xyz(column) for name, column in columns.items()}}
    return _profile(b"mntr", b"RGB ", b"XYZ ", {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def grey_profile(curve: bytes) -> bytes:
    """Return the profile of greys with *curve*."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(D50), b"kTRC": curve})


def gamma(value: float) -> bytes:
    """Return a curve that is a power."""
    return b"curv\0\0\0\0" + struct.pack(">IH2x", 1, round(value * 256))


def sampled(curve: Callable[[float], float], points: int = 1_024) -> bytes:
    """Return a curve as a table."""
    values = (round(curve(index / (points - 1)) * 65_535) for index in range(points))
    return b"curv\0\0\0\0" + struct.pack(f">I{points}H", points, *values)


@frozen
class Inks:
    """Four inks on paper, mixed as Neugebauer's formula says: dots that cover each other by chance."""

    paper: Triple = (0.86, 0.89, 0.72)
    each: tuple[Triple, Triple, Triple, Triple] = (
        (0.18, 0.30, 0.85),  # what share of x, y, z a solid ink lets through
        (0.45, 0.22, 0.35),
        (0.06 / (0.18 * 0.45), 0.06 / (0.30 * 0.22), 0.06 / (0.85 * 0.35)),  # three make a grey
        (0.03, 0.03, 0.03),
    )

    def xyz(self, amounts: Sequence[float]) -> Triple:
        """Return the tristimulus of *amounts* (0 to 1) of the inks."""
        through = [
            tuple(1 - amount * (1 - part) for part in ink)
            for amount, ink in zip(amounts, self.each, strict=True)
        ]
        x, y, z = (self.paper[axis] * math.prod(ink[axis] for ink in through) for axis in range(3))
        return x, y, z

    def relative(self, amounts: Sequence[float]) -> Triple:
        """Return the same with the paper as white and all inks together as black, as printing wants it."""
        darkest = xyz_to_lab(self._to_paper((1, 1, 1, 1)))
        black = lab_to_xyz(darkest[0], 0, 0)
        seen = self._to_paper(amounts)
        x, y, z = (
            (value - dark) * white / (white - dark)
            for value, dark, white in zip(seen, black, D50, strict=True)
        )
        return x, y, z

    def profile(self, steps: int = 17) -> bytes:
        """Return the profile of these inks: a grid of *steps* in four dimensions."""
        grid = range(steps)
        table = b"".join(
            struct.pack(">3H", *_packed(xyz_to_lab(self._to_paper([part / (steps - 1) for part in parts]))))
            for parts in product(grid, repeat=4)
        )
        straight = struct.pack(">2H", 0, 65_535)
        unity = struct.pack(">9i", *(65_536 if index % 4 == 0 else 0 for index in range(9)))
        lut = b"mft2\0\0\0\0" + struct.pack(">BBBx", 4, 3, steps) + unity + struct.pack(">HH", 2, 2)
        lut += straight * 4 + table + straight * 3
        return _profile(b"scnr", b"CMYK", b"Lab ", {b"wtpt": _xyz(self.paper), b"A2B1": lut})

    def _to_paper(self, amounts: Sequence[float]) -> Triple:
        x, y, z = (
            value / paper * white
            for value, paper, white in zip(self.xyz(amounts), self.paper, D50, strict=True)
        )
        return x, y, z


def _packed(lab: Triple) -> Iterator[int]:
    yield round(lab[0] * 65_280 / 100)
    yield from (round((value + 128) * 256) for value in lab[1:])


def _profile(kind: bytes, space: bytes, through: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    described = {b"desc": _description(b"made of numbers"), b"cprt": b"text\0\0\0\0None\0", **tags}
    start, table, body = 128 + 4 + 12 * len(described), struct.pack(">I", len(described)), b""
    for name, data in described.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    head = struct.pack(">I4xI4s4s4s", size, 0x02400000, kind, space, through) + bytes(12) + b"acsp"
    return (head.ljust(68, b"\0") + _numbers(D50)).ljust(128, b"\0") + table + body


def _description(words: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(words) + 1) + words + bytes(1 + 4 + 4 + 2 + 1 + 67)


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + _numbers(values)


def _numbers(values: Sequence[float]) -> bytes:
    return struct.pack(">3i", *(round(value * 65_536) for value in values))


def _encoded(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * math.pow(value, 1 / 2.4) - 0.055


def _cubed(value: float) -> float:
    return value**3 if value > 6 / 29 else 3 * (6 / 29) ** 2 * (value - 4 / 29)


def _root(value: float) -> float:
    return math.cbrt(value) if value > (6 / 29) ** 3 else value / (3 * (6 / 29) ** 2) + 4 / 29


def _times(matrix: Matrix, values: Triple) -> Triple:
    x, y, z = (sum(part * value for part, value in zip(row, values, strict=True)) for row in matrix)
    return x, y, z


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / determinant, (c * h - b * i) / determinant, (b * f - c * e) / determinant),
        ((f * g - d * i) / determinant, (a * i - c * g) / determinant, (c * d - a * f) / determinant),
        ((d * h - e * g) / determinant, (b * g - a * h) / determinant, (a * e - b * d) / determinant),
    )
