"""Fonts that a shop brought, and designs that name some that are not there."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from attrs import frozen

from mockspark.domain.design import Design
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.layers import TextLayer, leaves

UPLOADED: Final = "sha256:"
"""What a design puts before the digest of an uploaded font; every other name is one of an installed font."""


@frozen(kw_only=True)
class ShopFont:
    """A font that a shop uploaded, as it is kept: *sha256* is the hex digest of the cleaned file.

    *licence* is what the font says of itself; whether the shop may print with it is the shop's word.
    """

    sha256: str
    family: str
    style: str
    weight: int
    licence: str
    characters: int
    scripts: tuple[str, ...]
    size: int
    uploaded_at: datetime

    @property
    def source(self) -> str:
        """Return what designs call it."""
        return f"{UPLOADED}{self.sha256}"

    @property
    def title(self) -> str:
        """Return what people call it."""
        return f"{self.family} {self.style}"


def missing_fonts(design: Design, area: str, there: Collection[str]) -> Iterator[Finding]:
    """Name each text of *area* whose font, or a font of its fallback, is none of *there*."""
    for layer in leaves(design.on(area)):
        if not isinstance(layer, TextLayer):
            continue
        for name in dict.fromkeys((layer.font, *layer.fallback)):
            if name not in there:
                words = f"The font {name!r} of {layer.id!r} is not there: upload it again, or choose another font."
                yield Finding(
                    check=Check.MISSING_FONT, level=Level.ERROR, area=area, layer=layer.id, words=words
                )
