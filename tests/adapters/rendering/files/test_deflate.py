"""Whichever deflate library is there: pieces inflate to what they were made of, joined or alone."""

import importlib
import importlib.util
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.rendering.files import deflate
from mockspark.adapters.rendering.files.deflate import END, HEAD, Deflate, joined, libraries

LIBRARIES = tuple(libraries())


@given(st.lists(st.lists(st.binary(max_size=3000), max_size=4), max_size=5), st.sampled_from(LIBRARIES))
def test_blocks_join_to_one_stream(bands: list[list[bytes]], library: Deflate) -> None:
    """Blocks made apart, put behind each other with their checksums joined, are one valid zlib stream."""
    stream, checksum = HEAD, 1
    for pieces in bands:
        pressed = library.blocks(pieces)
        stream += pressed.data
        checksum = joined(checksum, pressed.checksum, pressed.size)
    whole = b"".join(piece for pieces in bands for piece in pieces)

    assert whole == zlib.decompress(stream + END + checksum.to_bytes(4, "big"))
    assert zlib.adler32(whole) == checksum


@given(st.lists(st.binary(max_size=3000), max_size=4), st.sampled_from(LIBRARIES))
def test_a_stream_stands_alone(pieces: list[bytes], library: Deflate) -> None:
    """A finished stream is read by plain zlib, checksum included, and its CRC is everybody's."""
    whole = b"".join(pieces)

    assert whole == zlib.decompress(library.stream(pieces))
    assert zlib.crc32(whole) == library.crc32(whole)


@pytest.mark.parametrize(("missing", "found"), [((), 0), (("isal",), 1), (("isal", "zlib_ng"), 2)])
def test_the_fastest_library_that_is_there_is_taken(
    missing: tuple[str, ...], found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where ISA-L or zlib-ng cannot be imported, the next one serves; zlib always can."""
    names = ("ISA-L", "zlib-ng", "zlib")
    there = [name for name in names if name in {library.name for library in LIBRARIES}]

    def imported(name: str) -> object:
        if name.partition(".")[0] in missing:
            raise ImportError(name)
        return importlib.import_module(name)

    monkeypatch.setattr(deflate, "import_module", imported)

    assert [name for name in names[found:] if name in there] == [one.name for one in deflate.libraries()]


def test_isal_is_used_where_it_is_installed() -> None:
    """The library that this machine has wheels of is the one that files are made with."""
    fastest = "ISA-L" if importlib.util.find_spec("isal") else LIBRARIES[0].name

    assert fastest == deflate.best().name
