"""Documents and fonts to start fuzzing from: honest ones, and ones made to hurt."""

import io
import json
from collections.abc import Iterator
from typing import Any, Final

from fontTools.ttLib import TTFont

from mockspark.adapters.testing import goldens

_AREAS: Final = {"front": {"w": 50_000, "h": 50_000}}
_BOX: Final = {"x": 0, "y": 0, "w": 9_000, "h": 9_000}


def designs() -> Iterator[bytes]:
    """Yield design documents."""
    for name in goldens.names():
        yield goldens.named(name).job.design.canonical.encode()
    for _, content in hostile_designs():
        yield content


def hostile_designs() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of documents that are no designs, or barely."""
    yield "nothing", b""
    yield "no document", b"null"
    yield "100,000 lists deep", b"[" * 100_000
    yield "100,000 objects deep", b'{"a":' * 100_000
    yield "members 900 deep", _document(extra=json.loads("[" * 900 + "]" * 900))
    yield "numbers that are none", _document(extra=float("nan"))
    yield "numbers without end", b'{"schema":1,"areas":{},"layers":[],"extra":' + b"9" * 5_000 + b"}"
    yield "numbers beyond all", b'{"schema":1e999,"areas":{},"layers":[]}'
    yield "half a letter", b'{"schema":1,"areas":{"\\ud800":{"w":1,"h":1}},"layers":[]}'
    yield "half a letter in bytes", b'{"schema":1,"areas":{"\xed\xa0\x80":{"w":1,"h":1}},"layers":[]}'
    yield "members twice", b'{"schema":1,"schema":2,"areas":{},"layers":[]}'
    yield "groups in groups", _document(_nested(40))
    yield "truth for a number", _document({"type": "shape", **_BOX, "x": True})
    yield "a layer that is a word", _document("text")
    yield "ten thousand layers", _document(*({"type": "image", **_BOX, "asset": "a"},) * 10_000)
    path = {"verbs": "M" + "Q" * 9_000, "numbers": [0] * 36_002}
    yield "a path of many points", _document({"type": "shape", "area": "front", **_BOX, "path": path})
    yield (
        "a path of nothing",
        _document({"type": "shape", "area": "front", **_BOX, "path": {"verbs": "", "numbers": []}}),
    )
    yield "a name without end", _document({"type": "text", "area": "front", **_BOX, "text": "x" * 900_000})
    yield "zeros in words", _document({"type": "text", "area": "front", **_BOX, "text": "\0\x1b\u202e\uffff"})


def _document(*layers: Any, **members: Any) -> bytes:
    return json.dumps({"schema": 1, "areas": _AREAS, "layers": list(layers), **members}).encode()


def _nested(levels: int) -> dict[str, Any]:
    group: dict[str, Any] = {"type": "group", "area": "front", **_BOX, "layers": []}
    for _ in range(levels):
        group = {"type": "group", "area": "front", **_BOX, "layers": [group]}
    return group


def fonts() -> Iterator[bytes]:
    """Yield small fonts, whole, packed, and broken."""
    for name in goldens.names():
        for content in goldens.named(name).job.fonts.values():
            yield content
            yield _packed(content)
            yield content[: len(content) // 2]
            yield content[:12] + b"\xff" * 200 + content[212:]
    yield from (b"", b"\0\1\0\0", b"wOF2" + bytes(44), b"OTTO\xff\xff" + bytes(90), b"ttcf" + bytes(90))


def _packed(content: bytes) -> bytes:
    font, file = TTFont(io.BytesIO(content)), io.BytesIO()
    font.flavor = "woff2"
    font.save(file)
    return file.getvalue()


def canvases() -> Iterator[bytes]:
    """Yield documents of another editor."""
    shapes = (
        "rect",
        "circle",
        "line",
        "textbox",
        "i-text",
        "image",
        "path",
        "polygon",
        "group",
        "activeSelection",
    )
    for version in ("4.6.0", "5.3.0", "6.0.2", "7.0.0"):
        objects = [
            {
                "type": shape,
                "left": 10,
                "top": 10.5,
                "width": 90,
                "height": 40,
                "angle": 30,
                "text": "Anna",
                "styles": {"0": {"1": {"fill": "#ff0000"}}},
                "path": [["M", 0, 0], ["C", 1, 1, 2, 2, 3, 3], ["z"]],
                "points": [{"x": 0, "y": 0}, {"x": 9, "y": 9}],
                "objects": [],
                "src": "data:image/png;base64,iVBORw0KGgo=",
            }
            for shape in shapes
        ]
        yield json.dumps({"version": version, "objects": objects, "background": "#fff"}).encode()
    yield b'{"objects":' * 50_000
