"""Taking in designs that other programs made."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from attrs import field, frozen


class DesignFormat(StrEnum):
    """What a foreign design is written in."""

    FABRIC = "fabric"
    SVG = "svg"
    PRINTFUL = "printful"
    FINISHED = "finished"


class Fit(StrEnum):
    """How a finished file lies in its area."""

    CONTAIN = "contain"
    COVER = "cover"
    STRETCH = "stretch"


@frozen(kw_only=True)
class ImportTarget:
    """Where a design goes.

    *areas* maps print areas to their width and height in micrometres; a format of one surface goes to the first.
    *canvas_px* is the size of the foreign program's canvas, where the file does not tell it.
    """

    areas: Mapping[str, tuple[int, int]]
    canvas_px: tuple[float, float] | None = None
    fit: Fit = Fit.CONTAIN


@frozen(kw_only=True)
class Note:
    """What of a design could not be carried over exactly.

    *layer* is its id in the document, empty for the whole of it; *feature* names what it was, *done* says what became
    of it. *lost* tells that something visible is missing.
    """

    layer: str
    feature: str
    done: str
    lost: bool = False


@frozen(kw_only=True)
class Imported:
    """A design document, the pictures that lay inside the foreign file by their SHA-256, and what is not as it was."""

    document: Mapping[str, Any]
    assets: Mapping[str, bytes] = field(factory=dict, repr=False)
    notes: tuple[Note, ...] = ()


class DesignImporter(Protocol):
    """Reads designs from outside."""

    async def read(self, content: bytes, kind: DesignFormat, target: ImportTarget) -> Imported:
        """Return the design; raises Rejected, in words for its owner, for what cannot be taken in."""
