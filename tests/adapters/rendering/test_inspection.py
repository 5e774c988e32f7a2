"""Pictures from outside are judged before anything trusts them, by a process that may be lost."""

import asyncio
import io
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mockspark.adapters.confinement import serve
from mockspark.adapters.rendering import judging
from mockspark.adapters.rendering.inspection import MAX_BYTES, SubprocessInspector, judges
from mockspark.adapters.testing.renderers import encoded
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import ImageFacts
from mockspark.domain.holds import HoldReason


@pytest.fixture
async def inspector() -> AsyncIterator[SubprocessInspector]:
    inspector = SubprocessInspector(judges(size=1))
    yield inspector
    await inspector.close()


def facts(width: int, height: int, kind: str) -> ImageFacts:
    return ImageFacts(width_px=width, height_px=height, media_type=f"image/{kind}")


def png(width: int, height: int, data: bytes = b"", *extra: tuple[bytes, bytes], interlace: int = 0) -> bytes:
    """Return a PNG that claims any size, whatever is in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, interlace)
    parts = ((b"IHDR", head), *extra, (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def _interlaced() -> bytes:
    """Return a PNG of seven passes, each row of which is empty."""
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = ((len(range(x, 40, across)), len(range(y, 30, down))) for x, y, across, down in passes)
    raw = b"".join((b"\0" + bytes(4 * width)) * height for width, height in rows)
    return png(40, 30, raw, interlace=1)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
async def test_a_good_picture_is_measured(inspector: SubprocessInspector, kind: str) -> None:
    """Size and kind come from the bytes."""
    content = encoded(Image.new("RGB", (321, 123), "red"), kind.upper())

    assert facts(321, 123, kind) == await inspector.inspect(content)


_PLAIN = Image.effect_noise((40, 30), 90).convert("RGB")
_GREY = _PLAIN.convert("L")
_MOVES = "The picture moves: its first frame is printed."
_PAGES = "The file has several pages: the first is printed."
_INKS = "Its CMYK colours name no profile."
_TAKEN = {
    "grey png": (encoded(_GREY), "png", ""),
    "png of two colours": (encoded(_PLAIN.convert("1")), "png", ""),
    "png of a palette": (encoded(_PLAIN.convert("P")), "png", ""),
    "translucent grey png": (encoded(_GREY.convert("LA")), "png", ""),
    "png of 16 bits": (encoded(_GREY.convert("I").convert("I;16")), "png", ""),
    "interlaced png": (_interlaced(), "png", ""),
    "moving png": (encoded(_PLAIN, save_all=True, append_images=[_PLAIN.rotate(9)]), "png", _MOVES),
    "gif": (encoded(_PLAIN.convert("P"), "GIF"), "gif", ""),
    "moving gif": (encoded(_GREY, "GIF", save_all=True, append_images=[_GREY.rotate(9)]), "gif", _MOVES),
    "moving webp": (encoded(_PLAIN, "WEBP", save_all=True, append_images=[_PLAIN.rotate(9)]), "webp", _MOVES),
    "avif": (encoded(_PLAIN, "AVIF"), "avif", ""),
    "translucent avif": (encoded(_PLAIN.convert("RGBA"), "AVIF"), "avif", ""),
    "moving avif": (encoded(_PLAIN, "AVIF", save_all=True, append_images=[_PLAIN.rotate(9)]), "avif", _MOVES),
    "jpeg in passes": (encoded(_PLAIN, "JPEG", progressive=True), "jpeg", ""),
    "jpeg of inks": (encoded(_PLAIN.convert("CMYK"), "JPEG"), "jpeg", _INKS),
    "tiff of a palette": (encoded(_PLAIN.convert("P"), "TIFF"), "tiff", ""),
    "tiff of two colours": (encoded(_PLAIN.convert("1"), "TIFF"), "tiff", ""),
    "tiff of 16 bits": (encoded(_GREY.convert("I").convert("I;16"), "TIFF"), "tiff", ""),
    "tiff of inks": (encoded(_PLAIN.convert("CMYK"), "TIFF", compression="tiff_lzw"), "tiff", _INKS),
    "tiff of lab": (encoded(Image.new("LAB", (40, 30)), "TIFF"), "tiff", ""),
    "tiff with deflate": (encoded(_PLAIN, "TIFF", compression="tiff_adobe_deflate"), "tiff", ""),
    "tiff with packbits": (encoded(_PLAIN, "TIFF", compression="packbits"), "tiff", ""),
    "tiff with jpeg": (encoded(_PLAIN, "TIFF", compression="jpeg"), "tiff", ""),
    "tiff of the long kind": (encoded(_PLAIN, "TIFF", big_tiff=True), "tiff", ""),
    "tiff of pages": (encoded(_PLAIN, "TIFF", save_all=True, append_images=[_GREY]), "tiff", _PAGES),
}


@pytest.mark.parametrize("name", _TAKEN)
async def test_every_kind_of_picture_is_taken(inspector: SubprocessInspector, name: str) -> None:
    """What Photoshop, phones and browsers save is measured, with a note where not all of it is printed."""
    content, kind, note = _TAKEN[name]

    assert evolve(facts(40, 30, kind), note=note) == await inspector.inspect(content)


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_the_size_is_that_of_the_upright_picture(
    inspector: SubprocessInspector, orientation: int
) -> None:
    """A photo that was taken sideways is higher than wide."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.new("RGB", (300, 200)), "JPEG", exif=exif)
    size = (200, 300) if orientation >= 5 else (300, 200)

    assert facts(*size, "jpeg") == await inspector.inspect(content)


async def test_the_main_picture_of_a_phone_file_counts(inspector: SubprocessInspector) -> None:
    """Phones put a second picture behind the photo; it is still a JPEG of one photo."""
    main, gain = Image.new("RGB", (400, 300), "red"), Image.new("RGB", (100, 75))
    content = encoded(main, "MPO", save_all=True, append_images=[gain])

    assert facts(400, 300, "jpeg") == await inspector.inspect(content)


async def test_judging_again_costs_next_to_nothing(inspector: SubprocessInspector) -> None:
    """The process stays, so the second picture does not pay for its start."""
    content = encoded(Image.new("RGB", (640, 480)), "JPEG")
    await inspector.inspect(content)
    started = time.perf_counter()
    for _ in range(10):
        await inspector.inspect(content)

    assert (time.perf_counter() - started) / 10 < 0.03


_LARGE = Image.effect_noise((400, 300), 90).convert("RGB")
_REFUSED = {
    "empty": (b"", "empty"),
    "words": (b"hello", "no JPEG, PNG, WebP, TIFF, GIF or AVIF"),
    "pdf": (b"%PDF-1.7\n%nothing", "PDF"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "xml": (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><svg>&a;</svg>', "SVG"),
    "bmp": (encoded(Image.new("RGB", (9, 9)), "BMP"), "BMP"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
    "psd": (b"8BPS\0\x01" + bytes(40), "Photoshop"),
    "zip": (b"PK\x03\x04" + bytes(40), "archive"),
    "html": (b"<html><script>alert(1)</script>", "no JPEG, PNG, WebP, TIFF, GIF or AVIF"),
    "cut jpeg": (encoded(_LARGE, "JPEG")[:-2_000], "cut short"),
    "cut png": (encoded(_LARGE)[:-2_000], "cut short"),
    "cut webp": (encoded(_LARGE, "WEBP")[:-2_000], "cut short"),
    "headless": (b"\x89PNG\r\n\x1a\n" + bytes(50), "cut short"),
    "jpeg start": (b"\xff\xd8\xff\xe0", "cut short"),
    "bomb": (png(50_000, 50_000, bytes(1_000)), "50000 x 50000 pixels"),
    "too many pixels": (png(10_001, 10_000), "megapixels"),
    "too long": (png(30_001, 1), "30000 pixels on a side"),
    "lying": (png(9_000, 9_000, bytes(1_000)), "cut short"),
    "text bomb": (
        png(1, 1, bytes(5), (b"zTXt", b"note\0\0" + zlib.compress(bytes(200_000_000)))),
        "hidden data",
    ),
}


@pytest.mark.parametrize("name", _REFUSED)
async def test_what_is_no_picture_to_print_is_refused_with_advice(
    inspector: SubprocessInspector, name: str
) -> None:
    """Each refusal says what the file is and what to do about it."""
    content, words = _REFUSED[name]

    with pytest.raises(Rejected, match=words) as caught:
        await inspector.inspect(content)
    assert HoldReason.RENDER_FAILED is caught.value.reason


async def test_a_picture_with_rows_missing_is_refused(inspector: SubprocessInspector) -> None:
    """Its decoder would leave them blank without a word, and blank they would be printed."""
    whole, short = bytes(121 * 30), bytes(121 * 29)

    assert facts(30, 30, "png") == await inspector.inspect(png(30, 30, whole))
    with pytest.raises(Rejected, match="cut short"):
        await inspector.inspect(png(30, 30, short))


async def test_a_damaged_picture_without_a_camera_note_is_refused(inspector: SubprocessInspector) -> None:
    """Looking for the note must not swallow what is wrong with the pixels."""
    content = bytearray(encoded(_PLAIN))
    middle = content.find(b"IDAT") + 40
    content[middle : middle + 4] = bytes(4)

    with pytest.raises(Rejected, match="cut short"):
        await inspector.inspect(bytes(content))


async def test_a_phone_picture_is_taken_where_the_extra_is_installed(inspector: SubprocessInspector) -> None:
    """HEIC needs libraries of other licences, so it is left to whoever installs the server."""
    heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    heif.from_pillow(_PLAIN.resize((64, 48))).save(out)

    assert facts(64, 48, "heic") == await inspector.inspect(out.getvalue())


async def test_a_file_too_large_is_refused_unread(inspector: SubprocessInspector) -> None:
    """Beyond 50 MB nothing is even handed on."""
    with pytest.raises(Rejected, match="larger than 50 MB"):
        await inspector.inspect(bytes(MAX_BYTES + 1))
    assert inspector.judges._idle == []


async def test_a_picture_that_takes_too_long_is_refused_and_forgotten() -> None:
    """The process is ended at the deadline, and the next picture finds a fresh one."""
    inspector = SubprocessInspector(judges(size=1, deadline=timedelta(seconds=0.4)))
    slow = encoded(Image.new("RGBA", (9_000, 9_000)), compress_level=1)
    small = encoded(Image.new("RGB", (9, 9)))
    assert facts(9, 9, "png") == await inspector.inspect(small)
    process = inspector.judges._idle[0]
    os.kill(process.pid, signal.SIGSTOP)

    with pytest.raises(Rejected, match="too much time"):
        await inspector.inspect(slow)

    assert process.returncode == -signal.SIGKILL
    inspector.judges.deadline = timedelta(seconds=20)
    assert facts(9, 9, "png") == await inspector.inspect(small)
    await inspector.close()


async def test_a_picture_that_takes_too_much_memory_is_refused() -> None:
    """The limit of a process is the machine's protection, and it survives as a refusal."""
    inspector = SubprocessInspector(judges(size=1, memory=300_000_000))
    content = encoded(Image.new("RGBA", (9_500, 9_500)), compress_level=1)

    with pytest.raises(Rejected, match="too much"):
        await inspector.inspect(content)
    assert facts(9, 9, "png") == await inspector.inspect(encoded(Image.new("RGB", (9, 9))))
    await inspector.close()


async def test_a_process_that_died_is_replaced(inspector: SubprocessInspector) -> None:
    """A death that is not the picture's fault is not held against it."""
    content = encoded(Image.new("RGB", (9, 9)))
    await inspector.inspect(content)
    os.kill(inspector.judges._idle[0].pid, signal.SIGKILL)

    assert facts(9, 9, "png") == await inspector.inspect(content)


async def test_many_at_once_share_the_processes() -> None:
    """No more processes run than were allowed, and everybody is answered."""
    inspector = SubprocessInspector(judges(size=2))
    sizes = range(1, 21)
    contents = [encoded(Image.new("RGB", (size, 5))) for size in sizes]

    answers = await asyncio.gather(*(inspector.inspect(content) for content in contents))

    assert [facts(size, 5, "png") for size in sizes] == answers
    assert len(inspector.judges._idle) <= 2
    await inspector.close()


async def test_a_cancelled_question_does_not_answer_the_next(inspector: SubprocessInspector) -> None:
    """A process whose answer nobody took is not asked again."""
    small, large = encoded(Image.new("RGB", (9, 9))), encoded(Image.new("RGB", (5_000, 5_000)))
    await inspector.inspect(small)
    asking = asyncio.create_task(inspector.inspect(large))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert facts(9, 9, "png") == await inspector.inspect(small)


_PARENT = """
import asyncio, io, os, sys
from PIL import Image
from mockspark.adapters.rendering.inspection import SubprocessInspector
async def main():
    inspector = SubprocessInspector()
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    await inspector.inspect(out.getvalue())
    print(inspector.judges._idle[0].pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def test_the_process_does_not_outlive_its_parent() -> None:
    """When the server is killed, what it started is gone too."""
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists():
            return
        time.sleep(0.02)
    pytest.fail("the child lives on")


@settings(max_examples=150)
@given(
    st.sampled_from(("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF")),
    st.lists(st.tuples(st.integers(0, 5_000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 5_000),
)
def test_no_damage_makes_the_judge_fail(kind: str, damage: list[tuple[int, bytes]], cut: int) -> None:
    """Whatever happened to the bytes, there is a verdict: facts, or a sentence for people."""
    content = bytearray(encoded(Image.effect_noise((60, 40), 90).convert("RGB"), kind))
    for position, noise in damage:
        content[position : position + len(noise)] = noise
    verdict, _ = judging.judged(bytes(content[: len(content) - cut % len(content)]))

    assert set(verdict) in ({"refused"}, {"width", "height", "media_type", "note"})


def test_the_judge_speaks_only_the_protocol() -> None:
    """Question by question, answer by answer, until there are no more questions."""
    good, answers = encoded(Image.new("RGB", (3, 4))), io.BytesIO()
    questions = b"".join(struct.pack(">Q", len(content)) + content for content in (good, b"junk", good))

    # Here the judge sits in the tests' own process, which must not be limited.
    serve(judging.judged, io.BytesIO(questions + b"\0\0"), answers, lambda: None)

    raw, verdicts = answers.getvalue(), []
    while raw:
        size, _ = struct.unpack(">IQ", raw[:12])
        verdicts.append(raw[12 : 12 + size])
        raw = raw[12 + size :]
    assert 3 == len(verdicts)
    assert verdicts[0] == verdicts[2] != verdicts[1]
