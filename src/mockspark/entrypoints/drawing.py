"""What drawing takes, opened once in every process that draws."""

from functools import cache, partial
from pathlib import Path

from mockspark.adapters.rendering.composing import Craft, Drawing
from mockspark.adapters.rendering.shelf import Folder, Shelf
from mockspark.adapters.rendering.workshop import OpensWorkshop, Workshop
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter
from mockspark.application.errors import Rejected
from mockspark.domain.holds import HoldReason


def _drawing(content: bytes) -> Drawing:
    del content
    raise Rejected("drawings are not read yet: export it as PNG.", reason=HoldReason.RENDER_FAILED)


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
    craft = Craft(typesetter=HarfBuzzTypesetter(FontBook(fonts)), drawings=_drawing)
    return Workshop(craft=craft, shelf=Shelf(folder))
