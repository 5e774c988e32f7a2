"""What a database's complaint means to the application."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from mockspark.application.errors import Conflict, Unavailable
from mockspark.domain.errors import NotPossible

# SQLSTATE classes that say "not now": connection lost, rolled back for another, no room, shutting down.
_NOT_NOW: Final = ("08", "40", "53", "55", "57", "58", "25")
_NO_SUCH_ROW: Final = ("foreign key", "23503")


@contextmanager
def told(kind: str = "row", id: object = "") -> Iterator[None]:  # noqa: A002 - the field's name
    """Raise Conflict for a broken uniqueness, Unavailable for a database that is away, full or locked."""
    try:
        yield
    except exc.IntegrityError as broken:
        raise _broken(broken, kind, id) from broken
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as away:
        raise _away(away) from away
    except exc.DBAPIError as failed:
        if failed.connection_invalidated or _state(failed).startswith(_NOT_NOW):
            raise _away(failed) from failed
        raise


def _broken(error: exc.IntegrityError, kind: str, id_: object) -> Exception:
    words = f"{_state(error)} {error.orig}".casefold()
    if any(mark in words for mark in _NO_SUCH_ROW):
        return NotPossible(f"{kind} {id_} refers to something that this shop does not have")
    return Conflict(kind, id_)


def _away(error: exc.SQLAlchemyError) -> Unavailable:
    # The driver's own words may quote an address with its password, so only its kind is repeated.
    return Unavailable(f"the database cannot be used now ({type(error).__name__})")


def _state(error: exc.DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
