"""Rate limits that hold over all hosts: one row per account, one statement per reservation (GCRA)."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.application.ports.jobs import Limited, Rate
from mockspark.domain.errors import InvalidValue

# `tat` is when the next call is due; it may lie up to :slack in the past, which is what allows a burst.
# The answer is the wait before the first min(n, burst) calls; the rest follow one interval apart.
_RESERVE: Final[Mapping[str, TextClause]] = {
    "sqlite": text(
        """INSERT INTO mockspark_rate (key, tat) VALUES (:key, :now - :slack + :cost)
        ON CONFLICT (key) DO UPDATE SET tat = max(tat, :now - :slack) + :cost
            WHERE max(tat, :now - :slack) + :lead - :now <= :patience
        RETURNING tat - :cost + :lead - :now"""
    ),
    # A reservation lost in a crash of the server costs a little politeness, not an order: no need to sync.
    "postgresql": text(
        """WITH t AS MATERIALIZED (
            SELECT extract(epoch FROM clock_timestamp())::float8 AS now,
                   set_config('synchronous_commit', 'off', true))
        INSERT INTO mockspark_rate AS r (key, tat)
            SELECT :key, now - CAST(:slack AS float8) + CAST(:cost AS float8) FROM t
        ON CONFLICT (key) DO UPDATE
            SET tat = greatest(r.tat, extract(epoch FROM clock_timestamp())::float8 - CAST(:slack AS float8))
                + CAST(:cost AS float8)
            WHERE greatest(r.tat, extract(epoch FROM clock_timestamp())::float8 - CAST(:slack AS float8))
                + CAST(:lead AS float8) - extract(epoch FROM clock_timestamp())::float8
                <= CAST(:patience AS float8)
        RETURNING tat - CAST(:cost AS float8) + CAST(:lead AS float8)
            - extract(epoch FROM clock_timestamp())::float8"""
    ),
}

_WAIT: Final[Mapping[str, TextClause]] = {
    "sqlite": text("SELECT tat - :now FROM mockspark_rate WHERE key = :key"),
    "postgresql": text(
        "SELECT tat - extract(epoch FROM clock_timestamp())::float8 FROM mockspark_rate WHERE key = :key"
    ),
}

_PAUSE: Final[Mapping[str, TextClause]] = {
    "sqlite": text(
        """INSERT INTO mockspark_rate (key, tat) VALUES (:key, :until)
        ON CONFLICT (key) DO UPDATE SET tat = max(tat, :until)"""
    ),
    "postgresql": text(
        """INSERT INTO mockspark_rate AS r (key, tat) VALUES (:key, :until)
        ON CONFLICT (key) DO UPDATE SET tat = greatest(r.tat, excluded.tat)"""
    ),
}


class SqlRateLimiter:
    """Exact over all hosts of one database, by the database's clock (on SQLite the machine's).

    Every call is a short transaction of its own: never call it inside a unit of work, whose row
    locks (or, on SQLite, whose only writer) it would wait for.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._dialect = engine.dialect.name

    async def reserve(self, key: str, rate: Rate, *, n: int = 1, max_wait: float = 2.0) -> float:
        """Reserve *n* calls; return the seconds to wait before making them, or raise Limited.

        Of more than *burst* calls the first *burst* follow the wait, the others one interval apart.
        """
        values: dict[str, object] = {"key": key, "patience": max_wait, **_terms(rate, n), **self._now()}
        async with self._engine.begin() as connection:
            wait = await connection.scalar(_RESERVE[self._dialect], values)
            if wait is None:
                left = await connection.scalar(_WAIT[self._dialect], {"key": key, **self._now()})
                raise Limited(key, timedelta(seconds=max(float(left) + _terms(rate, n)["lead"], 0.0)))
        return max(float(wait), 0.0)

    async def pause(self, key: str, until: datetime) -> None:
        """Let nobody call before *until* (the provider said 429)."""
        async with self._engine.begin() as connection:
            await connection.execute(_PAUSE[self._dialect], {"key": key, "until": until.timestamp()})

    def _now(self) -> dict[str, float]:
        return {"now": time.time()} if self._dialect == "sqlite" else {}


class MemoryRateLimiter:
    """The same arithmetic for one process, by a clock that is passed in."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}

    async def reserve(self, key: str, rate: Rate, *, n: int = 1, max_wait: float = 2.0) -> float:
        """Reserve *n* calls; return the seconds to wait before making them, or raise Limited."""
        terms = _terms(rate, n)
        now = self._clock().timestamp()
        base = max(self._due.get(key, float("-inf")), now - terms["slack"])
        wait = base + terms["lead"] - now
        if wait > max_wait:
            raise Limited(key, timedelta(seconds=wait))
        self._due[key] = base + terms["cost"]
        return max(wait, 0.0)

    async def pause(self, key: str, until: datetime) -> None:
        """Let nobody call before *until* (the provider said 429)."""
        self._due[key] = max(self._due.get(key, float("-inf")), until.timestamp())


def _terms(rate: Rate, n: int) -> dict[str, float]:
    if rate.limit < 1 or rate.burst < 1 or n < 1 or rate.period <= timedelta(0):
        raise InvalidValue("a rate needs a positive limit, period and burst, and at least one call")
    interval = rate.period.total_seconds() / rate.limit
    return {
        "slack": (rate.burst - 1) * interval,
        "cost": n * interval,
        "lead": (min(n, rate.burst) - 1) * interval,
    }
