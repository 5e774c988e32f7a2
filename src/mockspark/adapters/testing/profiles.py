"""Small colour profiles whose mathematics is known: what a renderer makes of them can be worked out."""

import struct
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

Triple = tuple[float, float, float]
Rows = tuple[Triple, Triple, Triple]

# Red, green and blue of Display P3 and the way from XYZ to sRGB, both adapted to D50 as profiles are.
_P3: Final[Rows] = (
    (0.515102, 0.241182, -0.001050),
    (0.291965, 0.692236, 0.041882),
    (0.157153, 0.066582, 0.784378),
)
_XYZ_TO_SRGB: Final[Rows] = (
    (3.134136, -1.617386, -0.490662),
    (-0.978796, 1.916254, 0.033443),
    (0.071955, -0.228977, 1.405386),
)
_D50: Final[Triple] = (0.9642, 1.0, 0.8249)
_PAPER: Final[Triple] = (100.0, 0.0, 0.0)
_INKS: Final[tuple[Triple, ...]] = (
    (62.0, -31.0, -48.0),
    (52.0, 70.0, -2.0),
    (92.0, -5.0, 84.0),
    (20.0, 0.0, 0.0),
)


def display_p3() -> bytes:
    """Return a profile with the colours of Display P3 and the curve of sRGB."""
    curve = _curve([_decoded(step / 1023) for step in range(1024)])
    tags = {f"{name}XYZ": _xyz(primary) for name, primary in zip("rgb", _P3, strict=True)}
    return _profile("mntr", "RGB ", "XYZ ", {**tags, **{f"{name}TRC": curve for name in "rgb"}})


def p3_in_srgb(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return a colour of Display P3 in sRGB, clipped to it."""
    light = [_decoded(value / 255) for value in colour]
    x, y, z = (sum(_P3[ink][axis] * light[ink] for ink in range(3)) for axis in range(3))
    return _srgb((x, y, z))


def four_inks() -> bytes:
    """Return a profile of four inks: the Lab of all sixteen full mixtures, and straight lines between them."""
    return _profile(
        "prtr", "CMYK", "Lab ", {"A2B0": _table([_mixed(full) for full in product((0, 1), repeat=4)])}
    )


def ink_in_srgb(inks: tuple[int, int, int, int]) -> tuple[int, int, int]:
    """Return full inks (0 or 255), with any share of the last (black) between, in sRGB."""
    *colours, black = (value / 255 for value in inks)
    bare, full = (_kept(_mixed((*(round(value) for value in colours), end))) for end in (0, 1))
    light, a, b = (one + (other - one) * black for one, other in zip(bare, full, strict=True))
    return _srgb(_xyz_of((light, a, b)))


def _mixed(full: Sequence[int]) -> Triple:
    """Return what inks look like over each other: each takes its share of the light away; all of them leave none."""
    if sum(full) == len(full):
        return 0.0, 0.0, 0.0
    light, a, b = _PAPER
    for used, ink in zip(full, _INKS, strict=True):
        if used:
            light, a, b = light * ink[0] / 100, (a + ink[1]) * 0.8, (b + ink[2]) * 0.8
    return light, a, b


def _kept(lab: Triple) -> Triple:
    """Return Lab as eight bits keep it."""
    light, a, b = lab
    return round(light * 2.55) / 2.55, float(round(a)), float(round(b))


def _xyz_of(lab: Triple) -> Triple:
    middle = (lab[0] + 16) / 116
    x, y, z = (
        white * _unfolded(share)
        for white, share in zip(_D50, (middle + lab[1] / 500, middle, middle - lab[2] / 200), strict=True)
    )
    return x, y, z


def _unfolded(share: float) -> float:
    return share**3 if share > 6 / 29 else 3 * (6 / 29) ** 2 * (share - 4 / 29)


def _srgb(xyz: Triple) -> tuple[int, int, int]:
    red, green, blue = (
        round(255 * _encoded(min(max(sum(part * value for part, value in zip(row, xyz, strict=True)), 0), 1)))
        for row in _XYZ_TO_SRGB
    )
    return red, green, blue


def _decoded(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _profile(kind: str, colours: str, space: str, tags: Mapping[str, bytes]) -> bytes:
    named = {**tags, "desc": _described("Test"), "cprt": b"text\0\0\0\0None\0", "wtpt": _xyz(_D50)}
    at, table, body = 128 + 4 + 12 * len(named), b"", b""
    for name, data in named.items():
        padded = data + b"\0" * (-len(data) % 4)
        table += name.encode() + struct.pack(">II", at + len(body), len(data))
        body += padded
    head = struct.pack(">I4sI", at + len(body), b"\0\0\0\0", 0x02400000)
    head += kind.encode() + colours.encode() + space.encode() + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head += b"acsp" + b"\0" * 28 + _fixed(_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(named)) + table + body


def _table(corners: Sequence[Triple]) -> bytes:
    """Return a table of eight bits with two steps for each of four inks."""
    straight = bytes(range(256))
    identity = b"".join(struct.pack(">i", 0x10000 if at % 4 == 0 else 0) for at in range(9))
    shades = b"".join(bytes((round(light * 2.55), round(a) + 128, round(b) + 128)) for light, a, b in corners)
    return b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + straight * 4 + shades + straight * 3


def _curve(values: Sequence[float]) -> bytes:
    steps = (round(value * 65_535) for value in values)
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *steps)


def _described(words: str) -> bytes:
    text = words.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78


def _xyz(value: Triple) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(value)


def _fixed(value: Triple) -> bytes:
    return b"".join(struct.pack(">i", round(part * 65_536)) for part in value)
