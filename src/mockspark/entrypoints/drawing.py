"""What drawing takes, opened once in every process that draws."""

from functools import cache, partial
from pathlib import Path

from mockspark.adapters.importing.svg import drawing
from mockspark.adapters.rendering.composing import Craft
from mockspark.adapters.rendering.shelf import Folder, Shelf
from mockspark.adapters.rendering.workshop import OpensWorkshop, Workshop
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter


def workshop_in(data_dir: Path, *, cache_mb: int) -> OpensWorkshop:
    """Return what opens the workshop of an installation: its fonts, and its shelf of drawn bands.

    A shelf of *cache_mb* megabytes lies in the data folder, shared by its processes; 0 keeps it in memory alone.
    """
    return partial(
        workshop, str(data_dir / "fonts"), str(data_dir / "cache" / "bands") if cache_mb else "", cache_mb
    )


@cache
def workshop(fonts: str = "", shelf: str = "", cache_mb: int = 0) -> Workshop:
    """Return the workshop of this process."""
    folder = Folder(Path(shelf), cache_mb * 1_000_000) if shelf else None
    craft = Craft(typesetter=HarfBuzzTypesetter(FontBook(fonts)), drawings=drawing)
    return Workshop(craft=craft, shelf=Shelf(folder))
