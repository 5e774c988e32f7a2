"""The machine's clock, and ids that sort by the time they were made."""

import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62
_RANDOM_BITS: Final = 62
_COUNTER_BITS: Final = 12


def utc_now() -> datetime:
    """Return now, aware, in UTC."""
    return datetime.now(UTC)


class Uuid7:
    """Makes UUIDs of version 7 (RFC 9562): within a process each sorts after all before it.

    Within a millisecond, or when the clock steps back, a counter in the place of `rand_a` rises.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> UUID:
        """Return a fresh id; later ones sort after earlier ones."""
        now = (time.time_ns() // 1_000_000) << _COUNTER_BITS
        with self._lock:
            self._last = max(self._last + 1, now)
            ticks = self._last
        milliseconds, counter = ticks >> _COUNTER_BITS, ticks & ((1 << _COUNTER_BITS) - 1)
        chance = secrets.randbits(_RANDOM_BITS)
        return UUID(int=milliseconds << 80 | _VERSION | counter << 64 | _VARIANT | chance)
