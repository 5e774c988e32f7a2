"""SQLite's connections: each lives in a thread of its own, and a statement is one visit to it.

The driver goes there four times per statement: to make a cursor, to execute, to fetch, to close. On a busy
machine the way costs more than the statement.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Self

import aiosqlite
from sqlalchemy import URL
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite

_CHUNK: Final = 64

Parameters = Sequence[Any] | Mapping[str, Any]


def connector(address: URL) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """Return what opens the file that *address* names."""
    arguments, options = SQLiteDialect_aiosqlite().create_connect_args(address)

    async def connect() -> aiosqlite.Connection:
        opened = _Connection(partial(sqlite3.connect, *arguments, **options), _CHUNK)
        # A process that ends in a hurry does not wait for it.
        opened._thread.daemon = True
        return await opened

    return connect


class _Connection(aiosqlite.Connection):
    """A connection whose cursors are made where they are used."""

    def cursor(self) -> "_Cursor":  # type: ignore[override]  # all that SQLAlchemy asks of one
        return _Cursor(self)


class _Cursor:
    """The outcome of one statement, rows and all, brought back from one visit."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Parameters = ()) -> Self:
        """Execute *statement* and fetch whatever it returns."""
        return await self._visit(sqlite3.Cursor.execute, statement, parameters)

    async def executemany(self, statement: str, parameters: Iterable[Parameters]) -> Self:
        """Execute *statement* once for each of *parameters*."""
        return await self._visit(sqlite3.Cursor.executemany, statement, parameters)

    async def fetchall(self) -> list[Any]:
        """Return the rows that were fetched."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Do nothing: what was opened there was closed there."""

    async def _visit(self, act: Callable[..., object], *arguments: object) -> Self:
        await self._connection._execute(self._done, act, *arguments)  # type: ignore[no-untyped-call]
        return self

    def _done(self, act: Callable[..., object], *arguments: object) -> None:
        cursor = self._connection._conn.cursor()
        try:
            act(cursor, *arguments)
            self._rows = cursor.fetchall() if cursor.description else []
            self.description = cursor.description
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()
