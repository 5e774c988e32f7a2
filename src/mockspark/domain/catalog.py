"""What can be sold, and which blank of which provider it is printed on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from attrs import field, frozen, validators

from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ConnectionId, ListingId, ShopId
from mockspark.domain.mockup import Mockup
from mockspark.domain.money import Money
from mockspark.domain.print_methods import METHODS, Finest

_positive = validators.gt(0)


class FileKind(StrEnum):
    """What file is made for a print area."""

    PNG = "png"
    PNG_RGB = "png-rgb"
    JPEG = "jpeg"
    TIFF = "tiff"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """Return the media type of such files."""
        return _MEDIA_TYPES.get(self, f"image/{self}")


_MEDIA_TYPES: Final = {FileKind.PNG_RGB: "image/png", FileKind.PDF: "application/pdf"}


@frozen(kw_only=True)
class PrintArea:
    """One place on a product that is printed: exact pixels (bleed included), dots per inch, micrometres around it.

    *full_bleed* says that ink must reach every edge. *method* is a way of printing (`print_methods`), which knows the
    thinnest line and the smallest letters where *min_line_um* and *min_text_um* are 0. *paper* (`#rrggbb`) is the
    colour under what is transparent: JPEG and `png-rgb` take white where it is empty, TIFF and PDF stay transparent
    there, PNG does so always.
    """

    key: str = field(validator=validators.matches_re(r"[a-z0-9][a-z0-9_-]{0,39}"))
    width_px: int = field(validator=_positive)
    height_px: int = field(validator=_positive)
    dpi: int = field(default=300, validator=_positive)
    bleed_um: int = field(default=0, validator=validators.ge(0))
    safe_um: int = field(default=0, validator=validators.ge(0))
    required: bool = True
    full_bleed: bool = False
    method: str = field(default="", validator=validators.in_(tuple(METHODS)))
    min_line_um: int = field(default=0, validator=validators.ge(0))
    min_text_um: int = field(default=0, validator=validators.ge(0))
    file: FileKind = field(default=FileKind.PNG, converter=FileKind)
    paper: str = field(default="", validator=validators.matches_re(r"(#[0-9a-f]{6})?"))

    @property
    def finest(self) -> Finest:
        """Return what the print can hold."""
        usual = METHODS[self.method]
        return Finest(self.min_line_um or usual.line_um, self.min_text_um or usual.text_um)

    @property
    def width_um(self) -> int:
        """Return the printed width in micrometres."""
        return round(self.width_px * 25_400 / self.dpi)

    @property
    def height_um(self) -> int:
        """Return the printed height in micrometres."""
        return round(self.height_px * 25_400 / self.dpi)


@frozen(kw_only=True)
class ProviderVariant:
    """A blank at a provider, in the provider's own ids: all of *keys* together name it.

    Printify pins blueprint, print provider and variant; Manual has a free name.
    """

    keys: Mapping[str, str] = field(factory=dict)
    title: str = ""
    cost: Money | None = None


class Match(StrEnum):
    """How a listing recognises a store variant."""

    VARIANT = "variant"
    PRODUCT = "product"
    SKU = "sku"
    SKU_PREFIX = "sku_prefix"


@frozen(kw_only=True)
class Listing:
    """What we print when the shop sells *key*: the blank, its print areas, the design template.

    *connection_id* is None while no provider is chosen: its items wait unmapped.
    *min_dpi* blocks, *warn_dpi* warns (effective dots per inch of a placed picture). *product_colour* is the
    blank's own, `#rrggbb`, on which print must be seen; empty when it is not known. *mockup* is the document of
    a picture of the product (`Mockup.read`).
    """

    id: ListingId
    shop_id: ShopId
    match: Match
    key: str = field(validator=validators.min_len(1))
    title: str = ""
    connection_id: ConnectionId | None = None
    provider_variant: ProviderVariant = ProviderVariant()
    print_areas: tuple[PrintArea, ...] = field(default=())
    template: Design | None = None
    personalized: bool = True
    available: bool = True
    min_dpi: int = 100
    warn_dpi: int = 200
    product_colour: str = field(default="", validator=validators.matches_re(r"|#[0-9a-fA-F]{6}"))
    mockup: Mapping[str, Any] | None = field(default=None)
    version: int = 0

    @mockup.validator
    def _readable(self, _: object, mockup: Mapping[str, Any] | None) -> None:
        if mockup is not None:
            Mockup.read(mockup)

    @print_areas.validator
    def _distinct(self, _: object, areas: tuple[PrintArea, ...]) -> None:
        if len({area.key for area in areas}) != len(areas):
            raise InvalidValue("two print areas of one listing share a key")

    @property
    def mapped(self) -> bool:
        """Tell whether an item of this listing could be sent somewhere."""
        return self.connection_id is not None and bool(self.print_areas)

    def area(self, key: str) -> PrintArea | None:
        """Return the print area called *key*."""
        return next((area for area in self.print_areas if area.key == key), None)
