"""Files made to hurt are judged within their limits, and whoever judged them lives on."""

import asyncio
import gc
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mockspark.adapters.rendering import pictures
from mockspark.adapters.rendering.inspection import MAX_BYTES, SubprocessInspector, judges
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import ImageFacts
from tests.hostile import corpus
from tests.hostile.building import encoded, photo

_SECONDS = 10
_GOOD = encoded(photo(), "PNG")
_FACTS = ImageFacts(width_px=48, height_px=32, media_type="image/png")
_PAGES = 4_096


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def inspector() -> AsyncIterator[SubprocessInspector]:
    inspector = SubprocessInspector(judges(size=1))
    yield inspector
    await inspector.close()


async def said(inspector: SubprocessInspector, content: bytes) -> str:
    """Return the reason for a refusal, or that the picture is taken."""
    try:
        await inspector.inspect(content)
    except Rejected as refusal:
        return str(refusal)
    return corpus.TAKEN


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGES


@pytest.mark.parametrize("name", [file.name for file in corpus.files()])
async def test_a_hostile_file_is_judged_within_its_limits(inspector: SubprocessInspector, name: str) -> None:
    """It is refused with its reason, or only its pixels are used; either way the next picture is judged as ever."""
    file = next(file for file in corpus.files() if file.name == name)
    started = time.monotonic()

    verdict = await said(inspector, file.content)

    assert time.monotonic() - started < _SECONDS
    assert re.search(file.words, verdict)
    assert _FACTS == await inspector.inspect(_GOOD)


def test_there_are_enough_of_them() -> None:
    """They come from every family, and no two have a name in common."""
    names = [file.name for file in corpus.files()]

    assert len(names) == len(set(names)) >= 200
    assert all(len(file.content) <= MAX_BYTES for file in corpus.files())


async def test_the_server_does_not_grow_with_what_it_is_sent(inspector: SubprocessInspector) -> None:
    """What a hostile file takes, it takes from the process that judges it."""
    await said(inspector, bytes(20_000_000))
    before = resident()

    for file in corpus.files():
        await said(inspector, file.content)

    assert resident() - before < 30_000_000


async def test_many_hostile_files_at_once_do_not_stop_the_good_one() -> None:
    """Bombs and pictures share the processes, and every one is answered."""
    inspector = SubprocessInspector(judges(size=2))
    bombs = [file for file in corpus.files() if file.words in {corpus.LARGE, corpus.HIDDEN, corpus.BROKEN}][
        :40
    ]

    async with asyncio.TaskGroup() as group:
        answers = [group.create_task(said(inspector, file.content)) for file in bombs]
        good = group.create_task(inspector.inspect(_GOOD))

    assert _FACTS == good.result()
    assert all(re.search(file.words, answer.result()) for file, answer in zip(bombs, answers, strict=True))
    await inspector.close()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(
    "file", [file for file in corpus.files() if file.words == corpus.TAKEN], ids=lambda file: file.name
)
def test_what_was_taken_is_drawn_from_its_pixels_alone(file: corpus.Hostile) -> None:
    """A picture with something behind, before or inside it is decoded like one without."""
    drawn = pictures.decoded(pictures.opened(file.content)).image

    assert "RGB" == drawn.mode
    assert drawn.size in {(48, 32), (32, 48), (8, 8)}


async def test_who_judges_can_open_nothing(inspector: SubprocessInspector) -> None:
    """No file, no connection and no process can be opened by the one who decodes foreign bytes."""
    await inspector.inspect(_GOOD)
    process = Path(f"/proc/{inspector.judges._idle[0].pid}")
    limits = (process / "limits").read_text()
    told = dict(re.findall(r"^(Max [a-z ]+?)  +(\d+|unlimited)", limits, re.MULTILINE))

    assert len(list((process / "fd").iterdir())) == int(told["Max open files"])
    assert "0" == told["Max file size"] == told["Max core file size"] == told["Max processes"]
    assert {"PYTHONPATH"} == {
        line.partition("=")[0] for line in (process / "environ").read_text().split("\0") if line
    } - {"LC_CTYPE"}
