"""What requests may say: strict, every field listed, unknown ones refused by name."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field

from mockspark.domain.catalog import FileKind, Match, PrintArea
from mockspark.domain.events import Flag
from mockspark.domain.holds import HoldReason
from mockspark.domain.print_methods import METHODS

Text = Annotated[str, Meta(max_length=2000)]
Word = Annotated[str, Meta(max_length=255)]
Ids = Annotated[
    list[UUID], Meta(min_length=1, max_length=500, examples=[["018f9a6e-6f5c-7b1a-9c3e-0a1b2c3d4e5f"]])
]


class _Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body whose unknown fields are errors."""


class Chosen(_Body, frozen=True, kw_only=True):
    """The items of a command; *versions* (item id -> version seen) refuses rows that changed since."""

    items: Ids
    versions: Mapping[UUID, int] = field(default_factory=dict)


class HoldBody(Chosen, frozen=True, kw_only=True):
    """Make items wait."""

    reason: HoldReason = HoldReason.MANUAL
    note: Text = ""


class ReleaseBody(Chosen, frozen=True, kw_only=True):
    """Let items go on; *override* lets blocking findings pass in the caller's name."""

    note: Text = ""
    override: bool = False
    address_confirmed: bool = False


class ReasonBody(Chosen, frozen=True, kw_only=True):
    """Cancel items."""

    reason: Text = ""


class ConfirmBody(Chosen, frozen=True, kw_only=True):
    """Archive items; *confirmed* where a provider works on one."""

    confirmed: bool = False


class ShipmentBody(_Body, frozen=True, kw_only=True):
    """A parcel that a person packed; without *quantity* it holds every piece of the item."""

    number: Word
    carrier: Word = ""
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    url: Annotated[str, Meta(max_length=2000, pattern=r"^(https?://.*)?$")] = ""


class FulfilledBody(Chosen, frozen=True, kw_only=True):
    """End items by hand; *notify_store* has the store told, with the tracking where given."""

    shipment: ShipmentBody | None = None
    notify_store: bool = False
    confirmed: bool = False


class CommentBody(Chosen, frozen=True, kw_only=True):
    """Leave a note for the team."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class FlagsBody(Chosen, frozen=True, kw_only=True):
    """Take down flags that were dealt with."""

    flags: list[Flag]


class NoteBody(Chosen, frozen=True, kw_only=True):
    """Confirm the address of items with the buyer."""

    note: Text = ""


class ReprintBody(Chosen, frozen=True, kw_only=True):
    """Print items again, as new items linked to these."""

    quantity: Annotated[int, Meta(ge=1, le=1000)] | None = None


class PlanBody(_Body, frozen=True, kw_only=True):
    """What sending would do; *alone* items travel in a parcel of their own."""

    items: Ids
    alone: list[UUID] = field(default_factory=list)


class SendBody(Chosen, frozen=True, kw_only=True):
    """Send items; *options* answers the dialog of each connection, *connections* sends an item elsewhere."""

    alone: list[UUID] = field(default_factory=list)
    options: Mapping[UUID, Mapping[str, str | int | bool]] = field(default_factory=dict)
    connections: Mapping[UUID, UUID] = field(default_factory=dict)
    resend_confirmed: bool = False


class SettleBody(_Body, frozen=True, kw_only=True):
    """Settle a send whose outcome is unknown: *adopt* names the order found at the provider, else it is sent again."""

    adopt: Word | None = None


class DesignBody(_Body, frozen=True, kw_only=True):
    """Save a design, another listing (variant), or both."""

    design: dict[str, Any] | None = None
    listing: UUID | None = None


class AreaBody(_Body, frozen=True, kw_only=True):
    """One print area."""

    key: Word
    width_px: Annotated[int, Meta(ge=1, le=60_000)]
    height_px: Annotated[int, Meta(ge=1, le=60_000)]
    dpi: Annotated[int, Meta(ge=30, le=2400)] = 300
    bleed_um: Annotated[int, Meta(ge=0)] = 0
    safe_um: Annotated[int, Meta(ge=0)] = 0
    required: bool = True
    full_bleed: bool = False
    method: Annotated[str, Meta(pattern=rf"^({'|'.join(METHODS)})$")] = ""
    min_line_um: Annotated[int, Meta(ge=0)] = 0
    min_text_um: Annotated[int, Meta(ge=0)] = 0
    file: FileKind = FileKind.PNG
    paper: Annotated[str, Meta(pattern=r"^(#[0-9a-f]{6})?$")] = ""


def area_of(body: AreaBody) -> PrintArea:
    """Return the print area that *body* describes."""
    return PrintArea(**{name: getattr(body, name) for name in body.__struct_fields__})


class ViewBody(_Body, frozen=True, kw_only=True):
    """A part of what a design would print; *item* lends the pictures that its designs fixed already."""

    design: dict[str, Any]
    area: AreaBody
    zoom: int | None = None
    left: int = 0
    top: int = 0
    width: int | None = None
    height: int | None = None
    item: UUID | None = None


class MockupBody(_Body, frozen=True, kw_only=True):
    """A design on the product of *listing*."""

    design: dict[str, Any]
    listing: UUID
    width: int = 600
    item: UUID | None = None


class CheckBody(_Body, frozen=True, kw_only=True):
    """A design, to be checked against the product of *listing*."""

    design: dict[str, Any]
    listing: UUID
    item: UUID | None = None


class TextBody(_Body, frozen=True, kw_only=True):
    """A text layer as it stands in a design; it needs no area."""

    layer: dict[str, Any]


class ListingBody(_Body, frozen=True, kw_only=True):
    """What is printed when the shop sells *key*."""

    match: Match
    key: Annotated[str, Meta(min_length=1, max_length=255)]
    title: Word = ""
    connection: UUID | None = None
    variant: dict[str, Word] = field(default_factory=dict)
    variant_title: Word = ""
    print_areas: list[AreaBody] = field(default_factory=list)
    template: dict[str, Any] | None = None
    personalized: bool = True
    available: bool = True
    min_dpi: Annotated[int, Meta(ge=1)] = 100
    warn_dpi: Annotated[int, Meta(ge=1)] = 200
    product_colour: Annotated[str, Meta(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    mockup: dict[str, Any] | None = None
    version: int = 0


class RulesBody(_Body, frozen=True, kw_only=True):
    """What the shop decides for itself; times in seconds."""

    grace_s: Annotated[int, Meta(ge=0, le=86_400)] = 10
    auto_send_s: Annotated[int, Meta(ge=0)] | None = None
    import_unpaid: bool = False
    send_unpaid: bool = False
    tell_customer: bool = False
    hold_at_store: bool = False
    generating_limit_s: Annotated[int, Meta(ge=60)] = 1800
    sending_limit_s: Annotated[int, Meta(ge=60)] = 1800


class ConnectionBody(_Body, frozen=True, kw_only=True):
    """An account at a provider; *settings* are the provider's own questions."""

    provider: Word
    title: Word = ""
    settings: dict[str, str | int | bool] = field(default_factory=dict)
    api_url: Annotated[str, Meta(max_length=255, pattern=r"^(https?://.*)?$")] = ""
    connection: UUID | None = None


class TokenBody(_Body, frozen=True, kw_only=True):
    """A token for a program; it is shown once."""

    name: Word
    scopes: list[Word]
