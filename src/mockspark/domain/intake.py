"""Sort an order's lines into ours and not ours, and turn what the customer entered into a design."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from mockspark.domain.catalog import Listing, Match, PrintArea
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef
from mockspark.domain.order import ChannelLine, ChannelOrder, FilteredLine, Personalization, Skip

# Properties in which customisers hand over a finished picture, best first
# (own, Customily, Zepto/pplr, Teeinblue); see docs/reference/personalization.
PICTURE_KEYS: Final = (
    "_design_url",
    "_customily-production-url",
    "_pplr_original",
    "_tib_design_link_1",
    "_tib_design_link_2",
    "_preview_url",
    "_customily-preview",
    "_customization_image",
)
# The presence of any of these says that the line was made by a customiser.
_TOKENS: Final = ("_design_id", "_customization_id", "_customily-", "_pplr_", "_tib_", "_design_url")
_URL: Final = re.compile(r"https?://\S+", re.IGNORECASE)


@frozen(kw_only=True)
class HandledLine:
    """A line that becomes an item: its listing, its design, or why it has to wait."""

    line: ChannelLine
    listing: Listing | None
    design: Design | None = None
    hold: HoldReason | None = None
    note: str = ""


@frozen(kw_only=True)
class Breakdown:
    """Every line of an order, once: ours or left out with a reason."""

    ours: tuple[HandledLine, ...]
    filtered: tuple[FilteredLine, ...]


def break_down(order: ChannelOrder, listings: Sequence[Listing]) -> Breakdown:
    """Sort the order's lines into ours and not ours, with a reason for each left out.

    Ours are lines whose product is listed, and lines that carry a customiser's token.
    """
    ours: list[HandledLine] = []
    filtered: list[FilteredLine] = []
    for line in order.lines:
        listing = listing_of(line, listings)
        why = _skip(line, listing)
        if why is None:
            ours.append(handle(line, listing))
        else:
            filtered.append(_left_out(line, why))
    return Breakdown(ours=tuple(ours), filtered=tuple(filtered))


def handle(line: ChannelLine, listing: Listing | None) -> HandledLine:
    """Give a line of ours its design, or the reason why a person has to act first."""
    if listing is None or not listing.mapped:
        note = f"{line.title} is not mapped to a provider's variant."
        return HandledLine(line=line, listing=listing, hold=HoldReason.UNMAPPED_PRODUCT, note=note)
    try:
        design = personalize(listing, line.personalization)
    except InvalidValue as problem:
        note = f"The answers do not fit the template: {problem}."
        return HandledLine(line=line, listing=listing, hold=HoldReason.MISSING_PERSONALIZATION, note=note)
    if design is None:
        note = "The order carries no personalization for this line."
        return HandledLine(line=line, listing=listing, hold=HoldReason.MISSING_PERSONALIZATION, note=note)
    if not listing.available:
        note = f"{listing.title or line.title} is out of stock at the provider."
        return HandledLine(line=line, listing=listing, design=design, hold=HoldReason.OUT_OF_STOCK, note=note)
    return HandledLine(line=line, listing=listing, design=design)


def listing_of(line: ChannelLine, listings: Iterable[Listing]) -> Listing | None:
    """Find what *line* is mapped to: by stable ids first, then by SKU, then by the longest SKU prefix."""
    best: tuple[int, int] = (0, 0)
    found: Listing | None = None
    for listing in listings:
        rank = _match_rank(line, listing)
        if rank > best:
            best, found = rank, listing
    return found


def _match_rank(line: ChannelLine, listing: Listing) -> tuple[int, int]:
    match listing.match:
        case Match.VARIANT:
            return (4, 0) if line.variant is not None and line.variant.id == listing.key else (0, 0)
        case Match.SKU:
            return (3, 0) if line.sku and line.sku.casefold() == listing.key.casefold() else (0, 0)
        case Match.PRODUCT:
            return (2, 0) if line.product is not None and line.product.id == listing.key else (0, 0)
        case Match.SKU_PREFIX:
            starts = bool(line.sku) and line.sku.casefold().startswith(listing.key.casefold())
            return (1, len(listing.key)) if starts else (0, 0)


def _skip(line: ChannelLine, listing: Listing | None) -> Skip | None:
    reasons = {
        Skip.PRICE_ADDON: line.addon,
        Skip.NOT_OURS: listing is None and not is_customised(line.personalization),
        Skip.REMOVED: line.quantity == 0,
        Skip.GIFT_CARD: line.gift_card,
        Skip.NOT_SHIPPED: not line.requires_shipping,
        Skip.FULFILLED: line.fulfilled >= line.quantity,
    }
    return next((why for why, applies in reasons.items() if applies), None)


def _left_out(line: ChannelLine, why: Skip) -> FilteredLine:
    return FilteredLine(
        line=line.ref,
        title=line.title,
        sku=line.sku,
        quantity=line.quantity,
        why=why,
        variant=line.variant,
        product=line.product,
    )


def is_customised(personalization: Personalization) -> bool:
    """Tell whether a customiser left its token on the line."""
    return any(name.casefold().startswith(_TOKENS) for name, _ in personalization)


def normal_name(name: str) -> str:
    """Return a property's name as people mean it: NFKC, without invisible characters and outer blanks.

    Customily tells repeated option names apart with zero-width spaces.
    """
    plain = unicodedata.normalize("NFKC", name)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf").strip()


def visible(personalization: Personalization) -> Personalization:
    """Return what the customer answered: no hidden keys, no blanks, no links."""
    return tuple(
        (name, value)
        for name, value in personalization
        if not name.startswith("_") and value.strip() and not _URL.fullmatch(value.strip())
    )


def picture_of(personalization: Personalization) -> str | None:
    """Return the address of the picture that the customiser handed over, if there is one.

    Zepto names, in `_pplr_preview`, the visible property that holds the address.
    """
    named = {name.casefold(): value.strip() for name, value in personalization if value.strip()}
    for key in PICTURE_KEYS:
        if _URL.fullmatch(named.get(key, "")):
            return named[key]
    pointed = named.get(named.get("_pplr_preview", "").casefold(), "")
    if _URL.fullmatch(pointed):
        return pointed
    return next(
        (
            value.strip()
            for name, value in personalization
            if "preview" not in name.casefold() and _URL.fullmatch(value.strip())
        ),
        None,
    )


def personalize(listing: Listing, personalization: Personalization) -> Design | None:
    """Make the item's own design from the listing's template and the customer's answers.

    A template's layer with `bind` takes the answer of that name; where the answers fill none of the bound
    layers, or a listing that must be personalized got neither picture nor text, there is no design.
    """
    if listing.template is not None:
        return _fill(listing.template, personalization, needed=listing.personalized)
    picture = picture_of(personalization)
    answers = visible(personalization)
    area = next((area for area in listing.print_areas if area.required), None)
    if area is None:
        return None
    if picture is not None:
        return _placed_picture(listing, area, picture)
    if answers and listing.personalized:
        return _placed_text(listing, area, "\n".join(value for _, value in answers))
    return None


def _fill(template: Design, personalization: Personalization, *, needed: bool) -> Design | None:
    answers = {normal_name(name).casefold(): value for name, value in reversed(personalization)}
    picture = picture_of(personalization)
    layers: list[Mapping[str, Any]] = []
    filled = 0
    for layer in template.document.get("layers", []):
        answer = _answer(layer, answers, picture)
        if answer is None:
            layers.append(layer)
            continue
        filled += 1
        member = "asset" if layer.get("type") == "image" else "text"
        layers.append({**layer, member: answer, "placeholder": False})
    bound = any("bind" in layer for layer in layers)
    if needed and bound and not filled:
        return None
    return template.with_layers(layers)


def _answer(layer: Mapping[str, Any], answers: Mapping[str, str], picture: str | None) -> str | None:
    name = layer.get("bind")
    if not isinstance(name, str):
        return None
    value = answers.get(normal_name(name).casefold(), "").strip()
    if layer.get("type") == "image":
        return value if _URL.fullmatch(value) else picture
    return value or None


def _sizes(listing: Listing) -> dict[str, dict[str, int]]:
    return {area.key: {"w": area.width_um, "h": area.height_um} for area in listing.print_areas}


def _placed_picture(listing: Listing, area: PrintArea, url: str) -> Design:
    layer = {
        "id": "picture", "area": area.key, "type": "image", "asset": url,
        "x": 0, "y": 0, "w": area.width_um, "h": area.height_um, "fit": "contain",
    }  # fmt: skip
    return Design.of({"schema": 1, "areas": _sizes(listing), "layers": [layer]})


def _placed_text(listing: Listing, area: PrintArea, text: str) -> Design:
    margin = area.width_um // 10
    layer = {
        "id": "text", "area": area.key, "type": "text", "text": text,
        "x": margin, "y": area.height_um // 4, "w": area.width_um - 2 * margin, "h": area.height_um // 2,
        "size": area.height_um // 6, "align": "center", "fit": "shrink",
    }  # fmt: skip
    return Design.of({"schema": 1, "areas": _sizes(listing), "layers": [layer]})


def line_refs(lines: Iterable[HandledLine]) -> frozenset[ExternalRef]:
    """Return the store's ids of *lines*."""
    return frozenset(handled.line.ref for handled in lines)
