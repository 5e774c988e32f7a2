"""The sRGB profile (IEC 61966-2-1) as ICC version 2 bytes that are the same at every run."""

import struct
from functools import cache
from typing import Final

_POINTS: Final = 1024
_MADE: Final = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
_D50: Final = (0.9642, 1.0, 0.8249)
# The primaries of sRGB, adapted from D65 to the D50 of the connection space (Bradford).
_PRIMARIES: Final = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}


@cache
def profile() -> bytes:
    """Return the profile."""
    tags = _tags()
    offset = 128 + 4 + 12 * len(tags)
    table, body = [struct.pack(">I", len(tags))], b""
    for name, data in tags.items():
        # The three channels share one curve.
        start = body.find(data) if name in {b"gTRC", b"bTRC"} else len(body)
        table.append(name + struct.pack(">II", offset + start, len(data)))
        body += data if start == len(body) else b""
    content = b"".join(table) + body
    return _header(128 + len(content)) + content


def _header(size: int) -> bytes:
    start = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    middle = _MADE + b"acsp" + bytes(24) + struct.pack(">I", 0)
    return (start + middle + _numbers(_D50)).ljust(128, b"\0")


def _tags() -> dict[bytes, bytes]:
    curve = _curve()
    return {
        b"desc": _description(b"sRGB"),
        b"cprt": _padded(b"text\0\0\0\0" + b"No copyright, use freely\0"),
        b"wtpt": b"XYZ \0\0\0\0" + _numbers(_D50),
        **{name: b"XYZ \0\0\0\0" + _numbers(values) for name, values in _PRIMARIES.items()},
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }


def _description(words: bytes) -> bytes:
    ascii_part = struct.pack(">I", len(words) + 1) + words + b"\0"
    return _padded(b"desc\0\0\0\0" + ascii_part + bytes(4 + 4 + 2 + 1 + 67))


def _curve() -> bytes:
    steps = (round(_linear(index / (_POINTS - 1)) * 65_535) for index in range(_POINTS))
    return struct.pack(f">4sII{_POINTS}H", b"curv", 0, _POINTS, *steps)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _numbers(values: tuple[float, float, float]) -> bytes:
    return struct.pack(">3i", *(round(value * 65_536) for value in values))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
