"""Fonts from outside are taken apart by a process that may be lost, and only their letters come back."""

import asyncio
import io
import os
import signal
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import cache

import brotli
import pytest
import uharfbuzz as hb
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from hypothesis import given, settings
from hypothesis import strategies as st

from mockspark.adapters.typesetting.checking import MAX_BYTES, SubprocessFontChecker
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.application.errors import Rejected

BOOK = FontBook()
UBUNTU = BOOK.face("Ubuntu", {}).content
THAI = BOOK.face("Noto Sans Thai", {}).content
POSTSCRIPT = BOOK.face("Noto Sans Symbols2 Regular", {}).content
EMOJI = BOOK.face("Noto Color Emoji", {})
ENDLESS = 400_000_000


@pytest.fixture
async def checker() -> AsyncIterator[SubprocessFontChecker]:
    checker = SubprocessFontChecker()
    yield checker
    await checker.close()


@cache
def small(letters: str = "ABCÄÖÜ") -> bytes:
    """Return a font of a few letters, with a composite one among them."""
    font = TTFont(io.BytesIO(UBUNTU))
    options = Options(notdef_outline=True, hinting=True, name_IDs=["*"], layout_features=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(text=letters)
    subsetter.subset(font)
    return saved(font)


def saved(font: TTFont, flavor: str | None = None) -> bytes:
    font.flavor = flavor
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def opened(content: bytes) -> TTFont:
    return TTFont(io.BytesIO(content), recalcBBoxes=False, recalcTimestamp=False)


def drawn(content: bytes, text: str) -> list[tuple[int, int, str]]:
    """Return glyphs, advances and outlines of *text*."""
    font = hb.Font(hb.Face(content))
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer)
    return [
        (info.codepoint, place.x_advance, outline(font, info.codepoint))
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    ]


def outline(font: hb.Font, glyph: int) -> str:
    drawn: list[str] = []
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda *at: drawn.append(f"M{at[:2]}"))
    funcs.set_line_to_func(lambda *at: drawn.append(f"L{at[:2]}"))
    funcs.set_quadratic_to_func(lambda *at: drawn.append(f"Q{at[:4]}"))
    funcs.set_cubic_to_func(lambda *at: drawn.append(f"C{at[:6]}"))
    font.draw_glyph(glyph, funcs)
    return "".join(drawn)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (UBUNTU, "Ångström fi – AVATAR"),
        (THAI, "สวัสดีชาวโลก"),
        (POSTSCRIPT, "♔♕♖"),
        (saved(opened(UBUNTU), "woff"), "WOFF ÄÖÜ"),
        (saved(opened(UBUNTU), "woff2"), "WOFF2 ÄÖÜ"),
    ],
    ids=["truetype", "variable", "postscript", "woff", "woff2"],
)
async def test_a_good_font_writes_as_before(
    checker: SubprocessFontChecker, content: bytes, text: str
) -> None:
    """The same glyphs, advances and outlines, whatever it was packed in."""
    plain = saved(opened(content))

    made = await checker.check(content)

    assert drawn(plain, text) == drawn(made.content, text)


async def test_what_a_font_is_stands_beside_it(checker: SubprocessFontChecker) -> None:
    """Family, style, weight, licence, characters and scripts."""
    made = await checker.check(BOOK.face("FiraGO Bold", {}).content)

    assert ("FiraGO", "Bold", 700) == (made.family, made.style, made.weight)
    assert made.licence.startswith("This Font Software is licensed under the SIL Open Font License")
    assert ("Latin", "Arabic") == made.scripts[:2]
    assert made.characters > 2000


async def test_the_same_font_gives_the_same_bytes(checker: SubprocessFontChecker) -> None:
    """A digest names it: also when it is uploaded twice, or uploaded as it was handed out."""
    once = await checker.check(small())
    again = await SubprocessFontChecker().check(small())
    twice = await checker.check(once.content)

    assert once.content == again.content
    assert once.content == twice.content


async def test_only_letters_are_left(checker: SubprocessFontChecker) -> None:
    """Programs, pictures, signatures and tables of others go, and names are plain text in one language."""
    font = opened(small())
    for tag in ("SVG ", "CBDT", "DSIG", "evil"):
        font[tag] = DefaultTable(tag)
        font[tag].data = b"\0" * 64
    font["name"].setName("Brand\0\u202e\u200bNew  \n Face" + "!" * 1000, 1, 3, 1, 0x409)
    font["name"].setName("Marke", 1, 3, 1, 0x407)

    made = await checker.check(saved(font))

    left = opened(made.content)
    assert not {"SVG ", "CBDT", "DSIG", "evil", "fpgm", "prep", "cvt ", "gasp", "hdmx"} & set(left.keys())
    assert not any(getattr(left["glyf"][name], "program", None) for name in left.getGlyphOrder())
    assert made.family.startswith("Brand New Face!")
    assert len(made.family) <= 100
    assert {0x409} == {record.langID for record in left["name"].names}


@pytest.mark.parametrize(
    ("mark", "taken"),
    [(0, True), (2, False), (4, True), (8, True), (6, True), (0x100, True), (0x200, False)],
)
async def test_the_maker_decides_whether_a_font_may_be_embedded(
    checker: SubprocessFontChecker, mark: int, *, taken: bool
) -> None:
    """Of several marks the most generous counts; without any everything is allowed."""
    font = opened(small())
    font["OS/2"].fsType = mark
    if taken:
        assert (await checker.check(saved(font))).characters == 6
        return
    with pytest.raises(Rejected, match="does not allow it to be embedded"):
        await checker.check(saved(font))


def of_two() -> bytes:
    made = TTCollection()
    made.fonts = [opened(small()), opened(small("XYZ"))]
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (of_two(), "collection of several fonts"),
        (b"PK\3\4 fonts.zip", "archive"),
        (b"%!PS-AdobeFont-1.0: Old", "PostScript"),
        (b"\x80\x01\0\0", "PostScript"),
        (b"<svg/>", "no TTF, OTF, WOFF or WOFF2"),
        (b"\x89PNG\r\n\x1a\n", "no TTF, OTF, WOFF or WOFF2"),
        (small()[:1000], "damaged"),
        (b"\0\1\0\0", "damaged"),
        (b"OTTO" + b"\xff" * 100, "damaged"),
        (b"x" * (MAX_BYTES + 1), "larger than 20 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:4].hex(),
)
async def test_what_is_no_font_is_refused_with_the_way_out(
    checker: SubprocessFontChecker, content: bytes, words: str
) -> None:
    """People upload all sorts of things."""
    with pytest.raises(Rejected, match=words):
        await checker.check(content)


def without(*tags: str) -> bytes:
    font = opened(small())
    for tag in tags:
        del font[tag]
    return saved(font)


def with_picture_letters() -> bytes:
    font = opened(small())
    for name in font.getGlyphOrder():
        font["glyf"][name] = Glyph()
    font["sbix"] = DefaultTable("sbix")
    font["sbix"].data = b"\0" * 64
    return saved(font)


def for_an_old_mac() -> bytes:
    font = opened(small())
    [first, *_] = font["cmap"].tables
    old = CmapSubtable.newSubtable(0)
    old.platformID, old.platEncID, old.language, old.cmap = 1, 0, 0, {65: first.cmap[65]}
    font["cmap"].tables = [old]
    return saved(font)


def of_signs() -> bytes:
    """Return a font that puts signs where letters are, as Wingdings does."""
    font = opened(small())
    for table in font["cmap"].tables:
        table.platformID, table.platEncID = 3, 0
    font["cmap"].tables = font["cmap"].tables[:1]
    return saved(font)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (without("cmap"), "damaged"),
        (without("glyf", "loca"), "damaged"),
        (with_picture_letters(), "pictures instead of outlines"),
        (for_an_old_mac(), "no Unicode table"),
        (of_signs(), "no Unicode table"),
    ],
    ids=["no characters", "no outlines", "pictures", "old", "signs"],
)
async def test_a_font_without_what_print_needs_is_refused(
    checker: SubprocessFontChecker, content: bytes, words: str
) -> None:
    """Outlines, and which characters they are."""
    with pytest.raises(Rejected, match=words):
        await checker.check(content)


def composed(parts: dict[str, list[str]]) -> bytes:
    """Return a font in which letters are made of others, as *parts* say, written without any check."""
    font = opened(small())
    for name, inner in parts.items():
        glyph = Glyph()
        glyph.numberOfContours = -1
        glyph.xMin = glyph.yMin = glyph.xMax = glyph.yMax = 0
        glyph.components = [part(one) for one in inner]
        font["glyf"].glyphs[name] = glyph
    return saved(font)


def part(name: str) -> GlyphComponent:
    made = GlyphComponent()
    made.glyphName, made.x, made.y, made.flags = name, 0, 0, 0x0002
    return made


def chained(width: int) -> dict[str, list[str]]:
    names = opened(small()).getGlyphOrder()
    return {name: [inner] * width for name, inner in zip(names[1:], names[:-1], strict=True)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (composed({"A": ["A"]}), "made of itself"),
        (composed({"A": ["B"], "B": ["C"], "C": ["A"]}), "made of itself"),
        (composed({"A": ["B"] * 300}), "too many parts"),
        (composed(chained(1)), "too many parts"),
        (composed({"A": ["B"] * 200, "C": ["A"] * 200}), "more points"),
    ],
    ids=["itself", "circle", "wide", "deep", "multiplied"],
)
async def test_letters_made_of_letters_without_end_are_refused(
    checker: SubprocessFontChecker, content: bytes, words: str
) -> None:
    """Few bytes could ask for millions of points."""
    with pytest.raises(Rejected, match=words):
        await checker.check(content)


def woff(flavor: bytes, unpacked: int, packed: bytes) -> bytes:
    """Return a web font with one table that claims *unpacked* bytes."""
    if flavor == b"wOFF":
        head = struct.pack(
            ">4sIIHHIHHIIIII", flavor, 0x10000, 64 + len(packed), 1, 0, unpacked, 1, 0, 0, 0, 0, 0, 0
        )
        return head + struct.pack(">4sIIII", b"head", 64, len(packed), unpacked, 0) + packed
    size = [0x80 | unpacked >> shift & 0x7F for shift in (28, 21, 14, 7)] + [unpacked & 0x7F]
    table = bytes([1, *size])
    rest = (len(packed), 1, 0, 0, 0, 0, 0, 0)
    head = struct.pack(
        ">4sIIHHIIHHIIIII", flavor, 0x10000, 48 + len(table) + len(packed), 1, 0, unpacked, *rest
    )
    return head + table + packed


def deflated(size: int) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)) + packer.flush()


def brotlied(size: int) -> bytes:
    packer = brotli.Compressor(quality=1)
    return b"".join(packer.process(bytes(1_000_000)) for _ in range(size // 1_000_000)) + bytes(
        packer.finish()
    )


def many_characters() -> bytes:
    """Return a font whose every character is there, and is claimed sixty thousand times."""
    font = opened(small())
    groups = 60_000
    subtable = struct.pack(">HHIII", 13, 0, 16 + 12 * groups, 0, groups)
    subtable += struct.pack(">III", 0, 0xFFFFFFFF, 1) * groups
    table = DefaultTable("cmap")
    table.data = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable
    font["cmap"] = table
    return saved(font)


def shared_lookups() -> bytes:
    """Return a font whose few bytes say the same lookup sixty thousand times, each of which says so again."""
    font = opened(small())
    count = 16_000
    subtables = struct.pack(">HHH", 1, 0, count) + struct.pack(">H", 6 + 2 * count) * count
    subtables += struct.pack(">HHHHHH", 1, 6, 1, 1, 1, 1)
    lookups = struct.pack(">H", count) + struct.pack(">H", 2 + 2 * count) * count + subtables
    table = DefaultTable("GSUB")
    table.data = struct.pack(">HHHHH", 1, 0, 10, 12, 14) + b"\0\0\0\0" + lookups
    font["GSUB"] = table
    return saved(font)


async def test_a_character_counts_only_with_its_letter(checker: SubprocessFontChecker) -> None:
    """Else a missing letter would go unnoticed until it is printed as a box."""
    font = opened(small())
    for table in font["cmap"].tables:
        table.cmap[ord("!")] = "glyph60000"

    made = await checker.check(saved(font))

    assert 6 == made.characters
    assert ord("!") not in hb.Face(made.content).unicodes


@pytest.mark.parametrize(
    "content",
    [
        woff(b"wOFF", ENDLESS, zlib.compress(b"\0" * 1000)),
        woff(b"wOF2", ENDLESS, brotli.compress(b"\0" * 1000)),
        woff(b"wOFF", 54, deflated(ENDLESS)),
        woff(b"wOF2", 54, brotlied(ENDLESS)),
        many_characters(),
        shared_lookups(),
    ],
    ids=["woff-says", "woff2-says", "woff-bomb", "woff2-bomb", "characters", "lookups"],
)
async def test_a_bomb_is_refused_and_the_next_font_is_checked(content: bytes) -> None:
    """What a font says of its size is not believed."""
    checker = SubprocessFontChecker()
    checker.judges.memory = 300_000_000
    checker.judges.deadline = timedelta(seconds=3)

    with pytest.raises(Rejected, match=r"too much|damaged|more characters"):
        await checker.check(content)

    assert (await checker.check(small())).family == "Ubuntu"
    await checker.close()


async def test_a_font_that_takes_too_long_is_refused_and_forgotten() -> None:
    """The process is ended at the deadline, and the next font finds a fresh one."""
    checker = SubprocessFontChecker()
    await checker.check(small())
    [process] = checker.judges._idle
    checker.judges.deadline = timedelta(seconds=0.1)
    os.kill(process.pid, signal.SIGSTOP)

    with pytest.raises(Rejected, match="too much time or memory"):
        await checker.check(small())

    assert -signal.SIGKILL == process.returncode
    checker.judges.deadline = timedelta(seconds=20)
    assert "Ubuntu" == (await checker.check(small())).family
    await checker.close()


async def test_a_process_that_died_is_replaced(checker: SubprocessFontChecker) -> None:
    """It may have died of something else than this font."""
    await checker.check(small())
    os.kill(checker.judges._idle[0].pid, signal.SIGKILL)

    assert "Ubuntu" == (await checker.check(small())).family


async def test_a_cancelled_question_does_not_answer_the_next(checker: SubprocessFontChecker) -> None:
    """A process that still works on the font of somebody who left is not asked again."""
    asking = asyncio.create_task(checker.check(BOOK.face("FiraGO Bold", {}).content))
    await asyncio.sleep(0.5)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert "Ubuntu" == (await checker.check(small())).family


@settings(max_examples=60, deadline=None)
@given(
    damage=st.lists(st.tuples(st.integers(0, len(small()) - 1), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, len(small())),
    whole=st.booleans(),
)
def test_no_damage_makes_the_checker_fail(damage: list[tuple[int, int]], cut: int, *, whole: bool) -> None:
    """A damaged font is refused, or it is one that HarfBuzz writes with."""
    content = bytearray(small())
    for at, byte in damage:
        content[at] = byte
    try:
        made = RUNNER.run(CHECKER.check(bytes(content if whole else content[:cut])))
    except Rejected:
        return
    assert 0 < made.characters == len(hb.Face(made.content).unicodes)


@pytest.fixture(autouse=True, scope="module")
def _end_the_shared_checker() -> Iterator[None]:
    yield
    RUNNER.run(CHECKER.close())
    RUNNER.close()


RUNNER = asyncio.Runner()
CHECKER = SubprocessFontChecker()
