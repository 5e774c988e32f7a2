"""Fonts that are installed, and fonts that merchants bring."""

from collections.abc import Sequence
from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class CheckedFont:
    """A font that was taken apart and put together again: only its letters are left.

    *licence* is what the font says of itself. *scripts* are those it can write, the one with most characters first.
    """

    content: bytes = field(repr=False)
    family: str
    style: str
    weight: int
    licence: str
    characters: int
    scripts: tuple[str, ...]


class FontChecker(Protocol):
    """Judges font files from outside."""

    async def check(self, content: bytes) -> CheckedFont:
        """Return the font that is safe to use; raises Rejected with the reason when it is none that we print with."""


@frozen(kw_only=True)
class InstalledFont:
    """A font that every shop may name."""

    name: str
    licence: str


class FontShelf(Protocol):
    """The fonts that are installed."""

    def installed(self) -> Sequence[InstalledFont]:
        """Return them by name."""

    def knows(self, name: str) -> bool:
        """Tell whether a font of that name, or of that `sha256:...`, is installed."""
