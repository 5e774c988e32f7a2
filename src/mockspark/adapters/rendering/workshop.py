"""What every renderer works with, opened once in each process that draws."""

from collections.abc import Callable, Mapping
from typing import Protocol

from attrs import frozen

from mockspark.adapters.rendering import painting
from mockspark.adapters.rendering.composing import Craft
from mockspark.adapters.rendering.nodes import Node, PhotoNode
from mockspark.adapters.rendering.photographs import Photograph
from mockspark.adapters.rendering.shelf import Shelf
from mockspark.adapters.rendering.tiles import Painter


class MakesPainters(Protocol):
    """Makes a node ready to be drawn: what one renderer does otherwise than another."""

    def __call__(
        self, node: Node, photos: Callable[[PhotoNode], Photograph], fonts: Mapping[str, bytes], /
    ) -> Painter:
        """Return the painter of *node*; *photos* opens pictures, *fonts* are the files of colour fonts."""


@frozen(kw_only=True, eq=False)
class Workshop:
    """How text is set and drawings are read, what was made before, and who paints: *hand* is that one's name."""

    craft: Craft
    shelf: Shelf
    painter_of: MakesPainters = painting.painter_of
    hand: str = "pillow"


OpensWorkshop = Callable[[], Workshop]
"""Returns the process's workshop, the same each time; it travels to other processes by its name."""
