"""DesignImporter: every format by its reader, in a process that may die of it."""

from collections.abc import Callable, Mapping
from typing import Final, ParamSpec, Protocol, TypeVar

from attrs import frozen

from mockspark.adapters.importing import fabric, finished, printful, svg
from mockspark.adapters.importing.refusals import refusal
from mockspark.application.ports.importing import DesignFormat, Imported, ImportTarget

_P = ParamSpec("_P")
_T = TypeVar("_T")

_READERS: Final[Mapping[DesignFormat, Callable[[bytes, ImportTarget], Imported]]] = {
    DesignFormat.FABRIC: fabric.imported,
    DesignFormat.SVG: svg.imported,
    DesignFormat.PRINTFUL: printful.imported,
    DesignFormat.FINISHED: finished.imported,
}


class Run(Protocol):
    """Calls a module's function in a process of its own."""

    async def __call__(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what *function* returns."""


@frozen
class PooledImporter:
    """Reads designs through *run*."""

    run: Run

    async def read(self, content: bytes, kind: DesignFormat, target: ImportTarget) -> Imported:
        """Return the design; raises Rejected, in words for its owner, for what cannot be taken in."""
        return await self.run(imported, content, kind, target)


def imported(content: bytes, kind: DesignFormat, target: ImportTarget) -> Imported:
    """Return the design in *content*; raises Rejected, and nothing else, for what cannot be taken in."""
    if not target.areas:
        raise refusal("There is no print area to place the design on: name one.")
    return _READERS[kind](content, target)
