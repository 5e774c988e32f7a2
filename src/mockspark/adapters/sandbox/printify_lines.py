"""Reading the lines and the address of an order: three shapes of lines, and every way to get them wrong."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mockspark.adapters.sandbox.printify_catalogue import Json, Offer, Variant
from mockspark.adapters.sandbox.printify_errors import (
    ADDRESS,
    bad_choice,
    bad_upload,
    misshapen,
    missing,
    no_download,
    required,
)
from mockspark.adapters.sandbox.printify_pictures import read_picture
from mockspark.adapters.sandbox.printify_prices import Pieces
from mockspark.adapters.sandbox.printify_products import check_placing, check_sharpness, hidden_product
from mockspark.adapters.sandbox.printify_state import (
    Call,
    OrderLine,
    Product,
    ProductVariant,
    World,
    among,
    find_blank,
    host_of,
)

_ADDRESS: Final = ("first_name", "last_name", "address1", "city", "country", "zip")
_WITH_REGION: Final = frozenset({"US", "CA", "AU"})
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LAYER: Final = ("src", "x", "y", "scale", "angle")
_SIDES: Final = frozenset({"regular", "mirror", "off"})
_WHOLE: Final[Mapping[str, float]] = {"x": 0.5, "y": 0.5, "scale": 1, "angle": 0}


def read_address(call: Call, *, for_express: bool = False) -> Json:
    """Return the address as it was given; raises Refused with every problem at once."""
    raw = call.fields.get("address_to")
    address = raw if isinstance(raw, dict) else {}
    wanted = [*_ADDRESS, *(("email", "phone") if for_express else ())]
    if among(address.get("country"), _WITH_REGION):
        wanted.append("region")
    problems = {name: required(name) for name in wanted if not str(address.get(name) or "").strip()}
    country = str(address.get("country") or "")
    if "country" not in problems and not _COUNTRY.fullmatch(country):
        problems["country"] = "The country must be a two-letter code."
    if problems:
        raise missing(problems, ADDRESS, call.world.settings.invalid_address_status)
    return dict(address)


# -- lines -------------------------------------------------------------------------------------------------


def raw_lines(body: Mapping[str, Any]) -> list[Json]:
    """Return the lines as they were sent."""
    lines = body.get("line_items")
    if not isinstance(lines, list) or not lines:
        raise missing({"line_items": required("line_items")})
    if not all(isinstance(line, dict) for line in lines):
        raise misshapen("The line items must be objects.")
    return lines


def read_quantity(raw: Mapping[str, Any]) -> int:
    """Return how many are wanted."""
    quantity = raw.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
        raise misshapen("The quantity must be at least 1.")
    return quantity


def is_on_the_fly(raw: Mapping[str, Any]) -> bool:
    """Tell whether the line names a blank instead of a product."""
    return "blueprint_id" in raw and "product_id" not in raw and "sku" not in raw


def read_pieces(call: Call, raw: Mapping[str, Any]) -> Pieces:
    """Read a line of a quote: it needs no pictures."""
    if is_on_the_fly(raw):
        return Pieces(_blank(raw)[0], read_quantity(raw), on_the_fly=True)
    return Pieces(_existing(call, raw)[0].offer, read_quantity(raw))


def read_line(call: Call, raw: Mapping[str, Any]) -> OrderLine:
    """Read a line of an order; one with pictures of its own makes a hidden product."""
    if is_on_the_fly(raw):
        return _made_line(call, raw)
    product, variant = _existing(call, raw)
    return _line(raw, product, variant)


def _existing(call: Call, raw: Mapping[str, Any]) -> tuple[Product, ProductVariant]:
    if "product_id" in raw:
        product = call.shop.products.get(str(raw["product_id"]))
        if product is None:
            raise bad_choice("product id")
        return product, _enabled(product, raw.get("variant_id"))
    if raw.get("sku"):
        return _by_sku(call, str(raw["sku"]))
    raise misshapen("A line needs a product id, a sku or a blueprint id.")


def _enabled(product: Product, number: object) -> ProductVariant:
    variant = product.variant(number) if isinstance(number, int) else None
    if variant is None or not variant.enabled:
        raise bad_choice("variant id")
    return variant


def _by_sku(call: Call, sku: str) -> tuple[Product, ProductVariant]:
    for product in call.shop.products.values():
        for variant in product.variants:
            if variant.sku == sku and variant.enabled:
                return product, variant
    raise bad_choice("sku")


def _line(raw: Mapping[str, Any], product: Product, variant: ProductVariant) -> OrderLine:
    blank = product.offer.variant(variant.id)
    quantity = read_quantity(raw)
    personal = raw.get("personalisation")
    return OrderLine(
        product_id=product.id,
        variant_id=variant.id,
        offer=product.offer,
        quantity=quantity,
        sku=variant.sku,
        title=product.title,
        label=blank.title if blank else "",
        price=variant.price,
        cost=(blank.cost if blank else 0) * quantity,
        external_id=_external_id(raw),
        manual=isinstance(personal, dict) and personal.get("personalisation_strategy") == "manual",
    )


def _external_id(raw: Mapping[str, Any]) -> str | None:
    return None if raw.get("external_id") is None else str(raw["external_id"])


# -- lines with pictures of their own ----------------------------------------------------------------------


def _blank(raw: Mapping[str, Any]) -> tuple[Offer, Variant]:
    found = find_blank(raw.get("blueprint_id"), raw.get("print_provider_id"), raw.get("variant_id"))
    if found is None:
        raise bad_choice("variant id")
    return found


def _made_line(call: Call, raw: Mapping[str, Any]) -> OrderLine:
    offer, variant = _blank(raw)
    areas = _areas(call.world, offer, raw.get("print_areas"))
    _check_sides(raw.get("print_details"))
    usable = [_usable(call, offer, place, layer) for place, layers in areas.items() for layer in layers]
    address = call.fields.get("address_to") or {}
    title = f"API {call.fields.get('external_id')} {address.get('first_name')} {address.get('last_name')}"
    product = hidden_product(call.world, offer, title, variant.id, areas)
    line = _line(raw, product, product.variants[0])
    line.made, line.broken_file = product, not all(usable)
    return line


def _areas(world: World, offer: Offer, raw: object) -> dict[str, list[Json]]:
    """Read print areas in the form of orders: an object by position, a list of layers or one address each."""
    if not isinstance(raw, dict) or not raw:
        raise misshapen("The src/x/y/scale/angle field is required.")
    unknown = [position for position in raw if offer.placeholder(position) is None]
    if unknown:
        raise bad_choice(f"print areas.{unknown[0]}")
    return {position: _layers(world, content) for position, content in raw.items()}


def _layers(world: World, raw: object) -> list[Json]:
    if isinstance(raw, str):
        return [_address_checked({"src": raw} | dict(_WHOLE))]
    if not isinstance(raw, list) or not raw:
        raise misshapen("The src/x/y/scale/angle field is required.")
    return [_layer(world, entry) for entry in raw]


def _layer(world: World, raw: object) -> Json:
    if not isinstance(raw, dict) or any(name not in raw for name in _LAYER):
        raise misshapen("The src/x/y/scale/angle field is required.")
    check_placing(world, raw)
    return _address_checked(dict(raw))


def _address_checked(layer: Json) -> Json:
    if host_of(layer["src"]) is None:
        raise misshapen("The src format is invalid.")
    return layer


def _check_sides(raw: object) -> None:
    if raw is None:
        return
    if not isinstance(raw, dict) or not among(raw.get("print_on_side", "regular"), _SIDES):
        raise bad_choice("print details.print on side")


def _usable(call: Call, offer: Offer, position: str, layer: Json) -> bool:
    """Check a layer's picture where it was fetched; False puts off a failed download until production."""
    fetched = call.files.get(layer["src"])
    place = offer.placeholder(position)
    if fetched is None or place is None:
        return True
    if fetched.problem:
        if call.world.settings.refuse_failed_downloads:
            raise no_download(fetched.problem)
        return False
    picture = read_picture(fetched.content)
    if picture is None:
        raise bad_upload("error.file.wrong.format")
    check_sharpness(call.world, picture.width, place.width, layer["scale"])
    return True


def wanted_files(call: Call) -> list[str]:
    """Return the addresses that an order makes the service fetch; shapes are judged later."""
    lines = call.fields.get("line_items")
    areas = (
        [line.get("print_areas") for line in lines if isinstance(line, dict)]
        if isinstance(lines, list)
        else []
    )
    contents = [content for area in areas if isinstance(area, dict) for content in area.values()]
    found = []
    for content in contents:
        layers = content if isinstance(content, list) else [{"src": content}]
        found += [layer.get("src") for layer in layers if isinstance(layer, dict)]
    return [src for src in found if isinstance(src, str)]
