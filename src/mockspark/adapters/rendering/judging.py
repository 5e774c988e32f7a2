"""The process that opens foreign pictures: little memory, little time, nobody's secrets.

It is started as a module, reads a length and that many bytes, answers with a length and JSON, and so on until
its input ends. It imports nothing of the rest, so that it starts quickly and knows nothing worth stealing.
"""

import ctypes
import io
import json
import math
import os
import resource
import signal
import struct
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import BinaryIO, Final

from PIL import Image

MAX_PIXELS: Final = 100_000_000
MAX_SIDE: Final = 30_000
_FORMATS: Final = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_ORIENTATION: Final = 0x0112
_SIDEWAYS: Final = frozenset((5, 6, 7, 8))
_PR_SET_PDEATHSIG: Final = 1
_PREVIEW: Final = (256, 256)

# What people send instead of a picture, by how it begins, and what to do about it.
_OTHERS: Final = (
    (b"%PDF", "This is a PDF: export the page as PNG with 300 DPI."),
    (b"<svg", "This is an SVG drawing: export it as PNG at print size."),
    (b"<?xml", "This is an SVG drawing: export it as PNG at print size."),
    (b"GIF8", "This is a GIF, which has too few colours to print: save it as PNG."),
    (b"II*\0", "This is a TIFF: save it as PNG or as JPEG of the best quality."),
    (b"MM\0*", "This is a TIFF: save it as PNG or as JPEG of the best quality."),
    (b"8BPS", "This is a Photoshop document: export it as PNG."),
    (b"%!PS", "This is a PostScript drawing: export it as PNG at print size."),
    (b"BM", "This is a BMP: save it as PNG."),
    (b"PK", "This is an archive: unpack it and upload the picture in it."),
)
_NO_PICTURE: Final = "This is no JPEG, PNG or WebP picture: save it as one of these and upload it again."
_BROKEN: Final = "The picture is damaged or was cut short: upload it again, or save it anew as PNG."
_TOO_MUCH: Final = "The picture takes too much memory to open: make it smaller, or save it as JPEG."
_PHONE: Final = "This is a HEIC or AVIF picture: export it as JPEG of the best quality."

Verdict = dict[str, int | str]


def judged(content: bytes) -> Verdict:
    """Return width, height and media type of *content*, or the reason why it is refused."""
    if not content:
        return {"refused": "The file is empty: upload it again."}
    try:
        with warnings.catch_warnings():
            # Sizes are judged below, with words for people.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    except Image.DecompressionBombError:
        return {"refused": _too_large(*_png_size(content))}
    except Exception:  # noqa: BLE001 - decoders raise whatever they like about foreign bytes
        return {"refused": _other(content)}
    return _looked_through(image)


def _looked_through(image: Image.Image) -> Verdict:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        return {"refused": _too_large(width, height)}
    if image.format != "MPO" and getattr(image, "is_animated", False):
        return {"refused": "The picture moves: save the frame that is to be printed as PNG."}
    media_type = _FORMATS.get(image.format or "", "")
    try:
        turned = _turned(image)
        # Every byte of a JPEG is still read; only the pixels made of them are fewer.
        image.draft(None, _PREVIEW)
        image.load()
    except MemoryError:
        return {"refused": _TOO_MUCH}
    except Exception:  # noqa: BLE001 - decoders raise whatever they like about foreign bytes
        return {"refused": _BROKEN}
    width, height = (height, width) if turned else (width, height)
    return {"width": width, "height": height, "media_type": media_type}


def _turned(image: Image.Image) -> bool:
    try:
        return image.getexif().get(_ORIENTATION, 1) in _SIDEWAYS
    except Exception:  # noqa: BLE001 - a broken note on the picture does not break the picture
        return False


def _too_large(width: int, height: int) -> str:
    size = f"{width} x {height} pixels" if width else "too many pixels"
    return (
        f"The picture has {size}: at most {MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE} pixels on a side "
        "can be printed; make it smaller."
    )


def _png_size(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR" or len(content) < 24:
        return 0, 0
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _other(content: bytes) -> str:
    start = content[:64].lstrip()
    if content[4:8] == b"ftyp":
        return _PHONE
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF")):
        return _BROKEN
    return next((words for magic, words in _OTHERS if start.startswith(magic)), _NO_PICTURE)


def serve(requests: BinaryIO, answers: BinaryIO, allow: Callable[[], None]) -> None:
    """Judge what comes in until there is no more; *allow* gives each picture its time."""
    while len(head := requests.read(8)) == 8:
        allow()
        verdict = json.dumps(judged(requests.read(struct.unpack(">Q", head)[0]))).encode()
        answers.write(struct.pack(">I", len(verdict)) + verdict)
        answers.flush()


def confine(memory: int) -> None:
    """Give up what judging pictures does not need."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _allow(cpu_seconds: int) -> None:
    """Let the next picture use *cpu_seconds*, then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    confine(int(sys.argv[1]))
    # Whatever a decoder prints must not be taken for an answer.
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, channel, partial(_allow, int(sys.argv[2])))
