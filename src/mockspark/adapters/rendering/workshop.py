"""What every renderer works with, opened once in each process that draws."""

from collections.abc import Callable

from attrs import frozen

from mockspark.adapters.rendering.composing import Craft
from mockspark.adapters.rendering.shelf import Shelf


@frozen(kw_only=True, eq=False)
class Workshop:
    """How text is set and drawings are read, and what was made before."""

    craft: Craft
    shelf: Shelf


OpensWorkshop = Callable[[], Workshop]
"""Returns the process's workshop, the same each time; it travels to other processes by its name."""
