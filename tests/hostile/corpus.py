"""Files that are made to hurt, or to be taken for something else: built anew at every run, never stored."""

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Final

from attrs import field, frozen
from PIL import Image

from tests.hostile import drawings
from tests.hostile.building import (
    box,
    chunk,
    directory,
    encoded,
    exif,
    frame,
    header,
    photo,
    pixels,
    png,
    profile,
    riff,
    segment,
    split,
    tiff,
)

BROKEN: Final = "damaged or was cut short"
LARGE: Final = "megapixels"
HIDDEN: Final = "hidden data"
EITHER: Final = ""
"""What such a file is taken for does not matter, as long as it is judged."""
TAKEN: Final = "taken"
"""Such a file is a picture, and only its pixels are ever used."""


@frozen(kw_only=True)
class Hostile:
    """One file and what must be said about it."""

    name: str
    content: bytes = field(repr=False)
    words: str


@cache
def files() -> tuple[Hostile, ...]:
    """Return all of them."""
    families = (_png, _png_notes, _jpeg, _jpeg_notes, _gif, _tiff, _webp, _boxes, _others, _polyglots, _cut)
    made = [
        Hostile(name=name, content=content, words=words)
        for family in families
        for name, content, words in family()
    ]
    drawn = [
        Hostile(name=name, content=content, words="SVG drawing|archive|no JPEG")
        for name, content in drawings.hostile()
    ]
    return (*made, *drawn)


Told = Iterator[tuple[str, bytes, str]]


def _png() -> Told:
    row, small = b"\0" + bytes(24), bytes(25) * 8
    yield "png of 60,000 x 60,000", png(header(60_000, 60_000), pixels(bytes(1_000))), LARGE
    yield "png of two thousand million", png(header(2**31 - 1, 2**31 - 1), pixels(b"")), LARGE
    yield "png one pixel high and endless", png(header(2**31 - 1, 1), pixels(b"")), LARGE
    yield "png of no width", png(header(0, 8), pixels(b"")), BROKEN
    yield "png with too few pixels", png(header(9_000, 9_000), pixels(bytes(1_000))), BROKEN
    yield "png with far too many pixels", png(header(8, 8), pixels(bytes(200_000_000))), EITHER
    yield "png of two sizes", png(header(8, 8), header(60_000, 60_000), pixels(small)), f"{LARGE}|{BROKEN}"
    yield "png with a wrong sum of its header", _spoilt_sum(header(8, 8)), BROKEN
    yield (
        "png with a wrong sum of its pixels",
        png(header(8, 8), end=False) + chunk(*pixels(small), crc=1),
        BROKEN,
    )
    yield "png without a palette", png(header(8, 8, kind=3), pixels(bytes(9) * 8)), EITHER
    outside = png(
        header(8, 8, kind=3), (b"PLTE", bytes(6)), pixels(b"\0\xff\xee\xdd\xcc\xff\xff\xff\xff" * 8)
    )
    yield "png with colours outside its palette", outside, EITHER
    palette = (b"PLTE", bytes(3 * 100_000))
    yield "png with a giant palette", png(header(8, 8, kind=3), palette, pixels(bytes(9) * 8)), EITHER
    yield "png without pixels", png(header(8, 8)), BROKEN
    yield "png whose pixels are no deflate", png(header(8, 8), (b"IDAT", b"\xff" * 300)), BROKEN
    lie = b"\x89PNG\r\n\x1a\n" + chunk(*header(8, 8)) + chunk(*pixels(small), length=2**32 - 1)
    yield "png with an endless chunk", lie, BROKEN
    yield (
        "png of 200,000 empty chunks",
        png(header(8, 8), *((b"teSt", b""),) * 200_000, pixels(small)),
        HIDDEN,
    )
    yield "png of 3 bits", png(header(8, 8, bits=3), pixels(small)), BROKEN
    yield "png of an unknown colour", png(header(8, 8, kind=5), pixels(small)), BROKEN
    yield "png that starts with pixels", png(pixels(small), header(8, 8)), BROKEN
    yield "png interlaced and empty", png(header(5_000, 5_000, interlace=1), pixels(b"")), BROKEN
    count = (b"acTL", struct.pack(">II", 2**31 - 1, 0))
    yield "png of endless frames", png(header(8, 8), count, pixels(small)), EITHER
    frames = tuple(
        (b"fcTL", struct.pack(">IIIIIHHBB", number, 8, 8, 0, 0, 1, 1, 0, 0)) for number in range(20_000)
    )
    many = png(header(8, 8), (b"acTL", struct.pack(">II", 20_000, 0)), frames[0], pixels(small), *frames[1:])
    yield "png of 20,000 frames", many, EITHER
    yield "png of one byte a chunk", png(header(8, 8), *((b"IDAT", row[:1]),) * 50_000), BROKEN


def _spoilt_sum(head: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(*head, crc=0) + chunk(*pixels(bytes(25) * 8)) + chunk(b"IEND", b"")


def _png_notes() -> Told:
    size, small = header(8, 8), pixels(bytes(25) * 8)
    bomb = zlib.compress(bytes(200_000_000))
    yield "png with a bomb for a note", png(size, (b"zTXt", b"note\0\0" + bomb), small), HIDDEN
    yield (
        "png with a bomb in every language",
        png(size, (b"iTXt", b"note\0\1\0de\0Notiz\0" + bomb), small),
        HIDDEN,
    )
    yield "png with a bomb for a profile", png(size, (b"iCCP", b"sRGB\0\0" + bomb), small), HIDDEN
    note = (b"zTXt", b"note\0\0" + zlib.compress(bytes(1_000_000)))
    yield "png with 5,000 notes of a megabyte", png(size, *(note,) * 5_000, small), HIDDEN
    yield "png with a garbled note", png(size, (b"zTXt", b"note\0\0" + b"\xff" * 90), small), EITHER
    yield "png with a note without an end", png(size, (b"tEXt", b"x" * 5_000_000), small), EITHER
    yield (
        "png with a garbled profile",
        png(size, (b"iCCP", b"p\0\0" + zlib.compress(b"\xaa" * 4_000)), small),
        TAKEN,
    )
    yield (
        "png with a camera's note of 20 MB",
        png(size, (b"eXIf", b"II*\0" + b"\x08" * 20_000_000), small),
        EITHER,
    )


def _jpeg() -> Told:
    honest = encoded(photo(), "JPEG")
    before, _, after = split(honest)
    yield "jpeg of 65,535 x 65,535", before + frame(65_535, 65_535) + after, LARGE
    yield "jpeg of 9,999 x 9,999 with a few pixels", before + frame(9_999, 9_999) + after, BROKEN
    yield "jpeg of no height", before + frame(48, 0) + after, BROKEN
    yield "jpeg of two sizes", before + frame(48, 32) + frame(65_535, 65_535) + after, f"{LARGE}|{BROKEN}"
    yield "jpeg without a size", before + after, BROKEN
    yield "jpeg of 255 colours", before + frame(48, 32, parts=255) + after, BROKEN
    yield "jpeg of 12 bits", before + frame(48, 32, bits=12, marker=0xC1) + after, BROKEN
    yield (
        "jpeg with arithmetic coding and no pixels",
        before + frame(9_000, 9_000, marker=0xC9) + after,
        EITHER,
    )
    yield "jpeg whose segment is longer than the file", before + segment(0xE0, b"x", length=65_535), BROKEN
    yield "jpeg whose segment has no length", honest[:2] + segment(0xE0, b"", length=0) + honest[2:], BROKEN
    yield "jpeg of nothing but notes", honest[:2] + segment(0xE5, bytes(65_000)) * 300, BROKEN
    tables = segment(0xC4, b"\0" + b"\xff" * 16 + bytes(200))
    yield "jpeg with garbled tables", before + tables + frame(48, 32) + after, EITHER
    yield (
        "jpeg without tables",
        b"\xff\xd8" + frame(48, 32) + segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0") + bytes(900),
        BROKEN,
    )
    progressive = encoded(Image.new("RGB", (3_000, 3_000)), "JPEG", progressive=True)
    pass_ = segment(0xDA, b"\1\1\0\0\0\1") + b"\0"
    yield "jpeg of 20,000 passes", progressive[:-2] + pass_ * 20_000 + b"\xff\xd9", "passes"
    yield "jpeg of 90 passes", progressive[:-2] + pass_ * 80 + b"\xff\xd9", EITHER
    yield "jpeg of endless filling", honest[:-2] + b"\xff" * 5_000_000, EITHER
    yield "jpeg of restarts", honest[:-2] + b"\xff\xd0" * 1_000_000, EITHER


def _jpeg_notes() -> Told:
    plain, sideways = photo(), (0x0112, 3, 1, 6)
    loop = exif([sideways, (0x8769, 4, 1, 8), (0x8825, 4, 1, 8)], following=8)
    yield "jpeg whose camera's note leads to itself", encoded(plain, "JPEG", exif=loop), TAKEN
    endless = exif([sideways, (0x010F, 2, 2**32 - 1, 20), (0x927C, 7, 2**31, 2**31)])
    yield "jpeg with an endless camera's note", encoded(plain, "JPEG", exif=endless), TAKEN
    yield "jpeg with a garbled camera's note", encoded(plain, "JPEG", exif=b"Exif\0\0" + b"\xff" * 900), TAKEN
    yield (
        "jpeg that stands on an impossible side",
        encoded(plain, "JPEG", exif=exif([(0x0112, 3, 1, 999)])),
        TAKEN,
    )
    yield "jpeg with a garbled profile", encoded(plain, "JPEG", icc_profile=b"\x5a" * 9_000), TAKEN
    yield (
        "jpeg with a profile of endless tags",
        encoded(plain, "JPEG", icc_profile=profile(count=2**32 - 1)),
        TAKEN,
    )
    far = profile([(b"rTRC", 2**31, 2**31), (b"rXYZ", 3_999, 20), (b"wtpt", 0, 2**32 - 1)])
    yield "jpeg with a profile that points elsewhere", encoded(plain, "JPEG", icc_profile=far), TAKEN
    large = profile(size=3_000_000)
    yield "jpeg with a profile of 3 MB", encoded(plain, "JPEG", icc_profile=large), TAKEN
    lut = profile([(b"A2B0", 200, 3_000)]).replace(
        bytes(3_000), b"mft2\0\0\0\0\x0f\x0f\xff\0" + bytes(2_988), 1
    )
    yield "jpeg with a profile of fifteen dimensions", encoded(plain, "JPEG", icc_profile=lut), TAKEN
    parts = segment(0xE2, b"ICC_PROFILE\0\x05\xff" + bytes(900))
    honest = encoded(plain, "JPEG")
    yield "jpeg with one of 255 parts of a profile", honest[:2] + parts + honest[2:], TAKEN
    several = struct.pack("<H", 3) + struct.pack("<HHI4s", 0xB000, 7, 4, b"0100")
    several += (
        struct.pack("<HHII", 0xB001, 4, 1, 2**31) + struct.pack("<HHII", 0xB002, 7, 2**31, 8) + bytes(4)
    )
    second = segment(0xE2, b"MPF\0II*\0" + struct.pack("<I", 8) + several)
    yield "jpeg of two thousand million pictures", honest[:2] + second + honest[2:], EITHER


def _gif() -> Told:
    honest = encoded(photo().convert("P"), "GIF")
    screen = honest[:6] + struct.pack("<HH", 65_535, 65_535)
    yield "gif of 65,535 x 65,535", screen + honest[10:], LARGE
    tiny = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    piece = b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\2\2\x4c\1\0"
    yield "gif whose frame is larger than itself", tiny + piece + b";", f"{LARGE}|{BROKEN}"
    dot = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x4c\1\0"
    yield "gif of 100,000 frames", tiny + dot * 100_000 + b";", EITHER
    yield "gif of nothing", tiny + b";", BROKEN
    yield "gif of endless words", tiny + b"!\xfe" + (b"\xff" + b"x" * 255) * 50_000, EITHER
    yield "gif of 13 bits", tiny + dot[:10] + b"\x0d\2\x4c\1\0;", BROKEN
    yield "gif of garbled pixels", tiny + dot[:10] + b"\x08\xff" + b"\xfe" * 255 + b"\0;", EITHER
    yield (
        "gif of 4,000 x 4,000 with a few pixels",
        honest[:6] + struct.pack("<HH", 4_000, 4_000) + honest[10:],
        EITHER,
    )
    wide = tiny + b"," + struct.pack("<HHHHB", 0, 0, 9_000, 9_000, 0) + b"\2\2\x4c\1\0;"
    yield "gif whose frame has too few pixels", wide, BROKEN


def _tiff() -> Told:
    unusual = "kind of TIFF"
    yield "tiff of 60,000 x 60,000", tiff({256: (4, 1, 60_000), 257: (4, 1, 60_000)}), LARGE
    yield "tiff of 9,000 x 9,000 with a few pixels", tiff({256: (4, 1, 9_000), 257: (4, 1, 9_000)}), BROKEN
    yield "tiff of endless strips", tiff({273: (4, 2**32 - 1, 200), 279: (4, 2**32 - 1, 200)}), BROKEN
    yield "tiff whose strip is elsewhere", tiff({273: (4, 1, 2**31)}), BROKEN
    yield "tiff with a strip larger than the file", tiff({279: (4, 1, 2**32 - 1)}), EITHER
    yield "tiff whose strips have no rows", tiff({278: (4, 1, 0)}), EITHER
    yield "tiff that leads to itself", tiff({}, following=8), EITHER
    yield "tiff that starts beyond its end", tiff({}, start=2**31), BROKEN
    yield "tiff that starts in its own head", tiff({}, start=0), BROKEN
    yield "tiff of 65,535 colours", tiff({277: (3, 1, 65_535)}), unusual
    yield "tiff of 64 bits", tiff({258: (3, 1, 64)}), unusual
    yield "tiff of fractions", tiff({258: (3, 1, 32), 339: (3, 1, 3)}), unusual
    for number in (6, 32_809, 34_676, 34_887, 34_925, 50_001, 65_000):
        yield f"tiff of compression {number}", tiff({259: (3, 1, number)}), unusual
    yield "tiff of one tile of 900 megapixels", tiff({322: (4, 1, 30_000), 323: (4, 1, 30_000)}), BROKEN
    yield "tiff of tiles without a side", tiff({322: (4, 1, 0), 323: (4, 1, 16)}), BROKEN
    lists = struct.pack("<H", 400) + struct.pack("<HHII", 279, 4, 2_000_000, 8) * 400
    yield "tiff of 400 long lists", (b"II*\0\x08\0\0\0" + lists).ljust(8_100_000, b"\1"), BROKEN
    yield "tiff of 65,535 tags", b"II*\0\x08\0\0\0\xff\xff" + bytes(12) * 65_535, BROKEN
    yield "tiff of tags of tags", tiff({34_665: (4, 1, 8), 34_853: (4, 1, 8), 330: (4, 1, 8)}), EITHER
    yield "tiff with an endless description", tiff({270: (2, 2**32 - 1, 8)}), BROKEN
    yield "tiff whose size is a word", tiff({256: (2, 4, 0x41414141)}), BROKEN
    yield "tiff of deflate that is none", tiff({259: (3, 1, 8)}), BROKEN
    yield "tiff of LZW that is none", tiff({259: (3, 1, 5)}), EITHER
    yield "tiff of JPEG that is none", tiff({259: (3, 1, 7)}), BROKEN
    yield "tiff with half a palette", tiff({262: (3, 1, 3), 320: (3, 2, 8)}), EITHER
    yield "tiff without anything", b"II*\0\x08\0\0\0" + directory({}), BROKEN
    yield (
        "tiff of the long kind, garbled",
        b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63) + bytes(90),
        BROKEN,
    )
    yield "tiff whose profile is garbled", tiff({34_675: (7, 64, 1_000)}), EITHER
    strips = zlib.compress(bytes(90_000_000))
    whole = {256: (4, 1, 9_900), 257: (4, 1, 9_900), 259: (3, 1, 8), 278: (4, 1, 9_900)}
    yield "tiff with pixels missing at its end", _strip(whole, strips), BROKEN


def _strip(tags: dict[int, tuple[int, int, int]], content: bytes) -> bytes:
    return tiff({**tags, 273: (4, 1, 1_064), 279: (4, 1, len(content))}, rest=content)


def _webp() -> Told:
    honest = encoded(photo(), "WEBP")
    size = (b"VP8X", b"\x02\0\0\0" + b"\xff" * 6)
    yield "webp of 16 million x 16 million", riff(b"WEBP", size, (b"ANIM", bytes(6))), LARGE
    lossless = (b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(90))
    yield "webp of 16,384 x 16,384", riff(b"WEBP", lossless), LARGE
    yield "webp of garbled pixels", riff(b"WEBP", (b"VP8L", b"\x2f\x07\0\x02\0" + b"\xff" * 90)), BROKEN
    yield "webp of no size", riff(b"WEBP", (b"VP8 ", b"\0\0\0\x9d\x01\x2a" + bytes(90))), BROKEN
    yield "webp that claims to be longer", b"RIFF" + struct.pack("<I", 2**32 - 9) + honest[8:], BROKEN
    yield "webp of an unknown kind", riff(b"WEBP", (b"ABCD", bytes(90))), BROKEN
    canvas = (b"VP8X", b"\x02\0\0\0" + (7).to_bytes(3, "little") * 2)
    dot = encoded(Image.new("RGB", (8, 8)), "WEBP")[12:]
    piece = (b"ANMF", bytes(6) + (7).to_bytes(3, "little") * 2 + bytes(4) + dot)
    yield "webp of 20,000 frames", riff(b"WEBP", canvas, (b"ANIM", bytes(6)), *(piece,) * 20_000), EITHER
    outside = (b"ANMF", b"\xff" * 12 + bytes(4) + dot)
    yield "webp whose frame lies outside", riff(b"WEBP", canvas, (b"ANIM", bytes(6)), outside), BROKEN
    giant = (b"VP8X", b"\x02\0\0\0" + (9_999).to_bytes(3, "little") * 2)
    full = riff(b"WEBP", giant, (b"ANIM", bytes(6)), piece)
    yield "webp of 100 megapixels and one dot", full, EITHER
    yield "a sound that calls itself a picture", riff(b"WAVE", (b"fmt ", bytes(16))), BROKEN


def _boxes() -> Told:
    honest = encoded(photo(), "AVIF")
    sized = honest.find(b"ispe") + 8
    for side in (65_535, 16_384, 9_000):
        claim = honest[:sized] + struct.pack(">II", side, side) + honest[sized + 8 :]
        yield f"avif of {side} x {side}", claim, f"{LARGE}|{BROKEN}|too much" if side > 9_000 else EITHER
    yield "avif of no size", honest[:sized] + bytes(8) + honest[sized + 8 :], BROKEN
    kind = box(b"ftyp", b"avif\0\0\0\0avifmif1")
    yield "avif of nothing", kind, BROKEN
    yield "avif of garbled boxes", kind + box(b"meta", b"\xff" * 900), BROKEN
    yield "avif of boxes in boxes", kind + _nested(2_000), BROKEN
    data = honest.find(b"mdat") + 4
    yield "avif of garbled pixels", honest[:data] + b"\xff" * (len(honest) - data), BROKEN
    yield "heic of a phone", box(b"ftyp", b"heic\0\0\0\0mif1heic") + bytes(900), f"HEIC|{BROKEN}"
    yield "a video", box(b"ftyp", b"isom\0\0\0\0mp42") + bytes(900), "video"
    yield "a box of nothing", b"\0\0\0\0ftyp", "video|no JPEG"


def _nested(levels: int) -> bytes:
    return b"".join(struct.pack(">I4sI", 12 * (levels - level), b"meta", 0) for level in range(levels))


def _others() -> Told:
    yield "nothing", b"", "empty"
    yield "one byte", b"\x89", "no JPEG"
    yield "zeros", bytes(5_000_000), "no JPEG"
    yield "words", b"hello", "no JPEG"
    yield "a pdf", b"%PDF-1.7\n%\xe2\xe3", "PDF"
    yield "a zip", b"PK\x03\x04" + bytes(90), "archive"
    yield "a rar", b"Rar!\x1a\x07\0" + bytes(90), "archive"
    yield "a photoshop document", b"8BPS\0\x01" + bytes(90), "Photoshop"
    yield "a postscript drawing", b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"
    yield "a bitmap of 60,000 x 60,000", b"BM" + struct.pack("<IIIIii", 0, 0, 54, 40, 60_000, 60_000), "BMP"
    yield "a program", b"\x7fELF\x02\x01\x01" + bytes(90), "no JPEG"
    yield "a page", b"<!DOCTYPE html><html><script>alert(1)</script></html>", "no JPEG"
    yield "a jpeg 2000", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(90), "JPEG 2000"
    yield "a jpeg xl", b"\xff\x0a" + bytes(90), "JPEG XL"
    yield "a png in a wrong coat", b"\x89PNG\r\n\x1a\n" + encoded(photo(), "JPEG"), BROKEN
    yield "a jpeg in a wrong coat", b"\xff\xd8\xff\xe0" + encoded(photo(), "PNG"), BROKEN
    yield "a windows icon", b"\0\0\x01\0\x01\0" + bytes(90), "no JPEG"
    yield "a fontlike thing", b"wOF2" + bytes(90), "no JPEG"


def _polyglots() -> Told:
    plain = encoded(photo(), "PNG")
    page, archive = b"<html><script>alert(1)</script></html>", b"PK\x05\x06" + bytes(18)
    yield "a picture with an archive behind it", plain + archive, TAKEN
    yield "a picture with a page behind it", encoded(photo(), "JPEG") + page, TAKEN
    yield "a picture with a page in its note", encoded(photo(), "JPEG", comment=page), TAKEN
    yield "a picture with a program behind it", plain + b"#!/bin/sh\nrm -rf /\n", TAKEN
    yield "a pdf with a picture behind it", b"%PDF-1.4\n" + plain, "PDF"
    yield "a page with a picture behind it", page + plain, "no JPEG"
    yield "an archive with a picture in it", b"PK\x03\x04" + bytes(26) + plain, "archive"
    yield "a script that looks like a gif", b"GIF89a=1;/*" + bytes(90) + b"*/alert(1)", f"{BROKEN}|{LARGE}"
    yield "a script that looks like a bitmap", b"BM=1;/*" + bytes(90), "BMP"
    yield "blanks before a picture", b"  \n" + plain, "no JPEG"


def _cut() -> Told:
    large = Image.effect_noise((300, 200), 90).convert("RGB")
    kinds: dict[str, dict[str, object]] = {
        "PNG": {},
        "JPEG": {},
        "JPEG progressive": {"progressive": True},
        "WEBP": {},
        "WEBP lossless": {"lossless": True},
        "TIFF": {},
        "TIFF deflate": {"compression": "tiff_adobe_deflate"},
        "TIFF LZW": {"compression": "tiff_lzw"},
        "GIF": {},
        "AVIF": {},
    }
    for kind, settings in kinds.items():
        whole = encoded(large.convert("P") if kind == "GIF" else large, kind.split()[0], **settings)
        for share in (1, 10, 50, 90, 99):
            words = "no JPEG" if len(whole) * share // 100 < 4 else BROKEN
            yield f"{kind} cut at {share} per cent", whole[: len(whole) * share // 100], words
