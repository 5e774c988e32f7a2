"""How a commit in this process wakes the workers of the same process, without polling."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

_LOCK: Final = threading.Lock()
_SLEEPERS: Final[dict[str, set[Callable[[], None]]]] = {}


def wake(url: str | URL) -> None:
    """Tell every worker of this process that *url* has new work; safe from any thread."""
    with _LOCK:
        sleepers = tuple(_SLEEPERS.get(_key(url), ()))
    for rouse in sleepers:
        rouse()


@contextmanager
def woken_by(url: str | URL, rouse: Callable[[], None]) -> Iterator[None]:
    """Have *rouse* called at each `wake` of *url*; it must be safe to call from any thread."""
    key = _key(url)
    with _LOCK:
        _SLEEPERS.setdefault(key, set()).add(rouse)
    try:
        yield
    finally:
        with _LOCK:
            _SLEEPERS[key].discard(rouse)
            if not _SLEEPERS[key]:
                del _SLEEPERS[key]


def _key(url: str | URL) -> str:
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        return str(Path(address.database).resolve())
    return f"{address.host}:{address.port}/{address.database}"
