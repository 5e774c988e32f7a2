"""Time and chance, passed in so that tests decide them."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return now, aware, in UTC."""


class IdGenerator(Protocol):
    """Makes ids."""

    def __call__(self) -> UUID:
        """Return a fresh id; later ones sort after earlier ones."""


class Vault(Protocol):
    """Seals secrets for storage."""

    def seal(self, plain: str, *, context: str) -> str:
        """Return *plain* sealed; it opens only under the same *context* (shop and purpose)."""

    def open(self, sealed: str, *, context: str) -> str:
        """Return what was sealed; raises InvalidValue when the text or the context is not the sealed one."""
