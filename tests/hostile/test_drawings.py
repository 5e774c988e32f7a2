"""Drawings made to hurt are taken apart in a moment, and nothing that they name is ever fetched."""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest

from mockspark.adapters.importing.svg import drawing
from mockspark.application.errors import Rejected
from tests.hostile import drawings

_SECONDS: Final = 10
_FILES: Final = dict(drawings.hostile())
_DOORS: Final = frozenset(("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"))
_watched: list[str] = []
_watching = [False]


def _watch(event: str, told: tuple[object, ...]) -> None:
    # Python itself opens the alphabets that a file names.
    if _watching[0] and event in _DOORS and not str(told[0]).endswith(".pyc"):
        _watched.append(f"{event} {told[:1]}")


@pytest.fixture(scope="module", autouse=True)
def _hooked() -> Iterator[None]:
    # A hook stays for good, so it is told when to look.
    sys.addaudithook(_watch)
    yield
    _watching[0] = False


@pytest.mark.parametrize("name", _FILES)
def test_a_hostile_drawing_opens_nothing_and_takes_a_moment(name: str) -> None:
    """It is read or refused in words; no file, no server and no program is asked for anything."""
    drawing.cache_clear()
    _watched.clear()
    started = time.monotonic()

    _watching[0] = True
    try:
        with suppress(Rejected):
            drawing(_FILES[name])
    finally:
        _watching[0] = False

    assert [] == _watched
    assert time.monotonic() - started < _SECONDS


_UNSAFE: Final = (
    "laugh",
    "that reads",
    "that asks",
    "hidden entities",
    "packed",
    "50,000 groups",
)


@pytest.mark.parametrize("name", [name for name in _FILES if any(part in name for part in _UNSAFE)])
def test_what_no_drawing_needs_is_refused(name: str) -> None:
    """Entities, rules of documents and endless depth have no place in a drawing."""
    with pytest.raises(Rejected):
        drawing(_FILES[name])
