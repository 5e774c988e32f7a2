"""Products: a blank with uploaded pictures on it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mockspark.adapters.sandbox.printify_catalogue import OFFERS, Json, Offer, image_of, option_id
from mockspark.adapters.sandbox.printify_errors import (
    SHAPE,
    bad_choice,
    impossible,
    low_quality,
    misshapen,
    missing,
    not_found,
    required,
    too_many,
)
from mockspark.adapters.sandbox.printify_pages import page
from mockspark.adapters.sandbox.printify_pictures import effective_dpi
from mockspark.adapters.sandbox.printify_state import (
    Call,
    Product,
    ProductVariant,
    World,
    stamp,
)
from mockspark.adapters.sandbox.printify_webhooks import tell

MOST: Final = 50
_REQUIRED: Final = ("title", "description", "blueprint_id", "print_provider_id", "variants", "print_areas")
_PLACING: Final = ("id", "x", "y", "scale", "angle")


def create_product(call: Call) -> Json:
    """Make a product; nothing is published by that."""
    raw = call.fields
    problems = {name: required(name) for name in _REQUIRED if not raw.get(name)}
    if problems:
        raise missing(problems)
    offer = _offer(raw)
    made = Product(
        id=call.world.id("product"),
        title=str(raw["title"]),
        description=str(raw["description"]),
        tags=_tags(raw, offer),
        offer=offer,
        variants=read_variants(call.world, offer, raw["variants"]),
        print_areas=_print_areas(call, offer, raw["print_areas"]),
        print_details=raw.get("print_details"),
        created_at=call.world.now(),
        updated_at=call.world.now(),
    )
    call.shop.products[made.id] = made
    _tell(call, made, "product:created")
    return view(call, made)


def _offer(raw: Mapping[str, Any]) -> Offer:
    pair = (raw["blueprint_id"], raw["print_provider_id"])
    if not all(isinstance(number, int) for number in pair):
        raise misshapen("The blueprint id and the print provider id must be integers.")
    offer = OFFERS.get(pair)
    if offer is None:
        raise bad_choice("print provider id")
    return offer


def _tags(raw: Mapping[str, Any], offer: Offer) -> list[str]:
    tags = raw.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) else list(offer.blueprint.tags)


def read_variants(world: World, offer: Offer, raw: object) -> list[ProductVariant]:
    """Read a product's variants; the first enabled one is the default."""
    if not isinstance(raw, list) or not raw:
        raise misshapen("The variants must be an array.")
    made = [_variant(world, offer, entry) for entry in raw]
    default = next((v for v in made if v.enabled), made[0])
    default.default = True
    return made


def _variant(world: World, offer: Offer, raw: object) -> ProductVariant:
    if not isinstance(raw, dict) or not isinstance(raw.get("id"), int):
        raise misshapen("The variants.id field is required.")
    if offer.variant(raw["id"]) is None:
        raise bad_choice("variants.id")
    price = raw.get("price")
    if not isinstance(price, int) or price < 1:
        raise misshapen("The variants.price must be an integer.")
    return ProductVariant(
        id=raw["id"],
        sku=str(raw.get("sku") or world.sku()),
        price=price,
        enabled=bool(raw.get("is_enabled", True)),
        default=False,
    )


# -- print areas -------------------------------------------------------------------------------------------


def _print_areas(call: Call, offer: Offer, raw: object) -> list[Json]:
    """Read print areas in the form of products: an array, with ids of uploads."""
    if not isinstance(raw, list):
        raise misshapen("The print areas must be an array.")
    return [_print_area(call, offer, area) for area in raw]


def _print_area(call: Call, offer: Offer, raw: object) -> Json:
    area = raw if isinstance(raw, dict) else {}
    numbers, places = area.get("variant_ids"), area.get("placeholders")
    if not isinstance(numbers, list) or not isinstance(places, list):
        raise misshapen("The print areas.variant ids/placeholders field is required.")
    if any(not isinstance(number, int) or offer.variant(number) is None for number in numbers):
        raise bad_choice("print areas.variant ids")
    return {
        "variant_ids": list(numbers),
        "placeholders": [_place(call, offer, place) for place in places],
        "background": area.get("background", "#ffffff"),
    }


def _place(call: Call, offer: Offer, raw: object) -> Json:
    place = raw if isinstance(raw, dict) else {}
    spot = offer.placeholder(str(place.get("position")))
    images = place.get("images")
    if spot is None:
        raise bad_choice("placeholders.position")
    if not isinstance(images, list):
        raise misshapen("The placeholders.images field is required.")
    return {
        "position": spot.position,
        "images": [_image(call, spot.width, image) for image in images],
    }


def _image(call: Call, place_width: int, raw: object) -> Json:
    image = raw if isinstance(raw, dict) else {}
    if any(name not in image for name in _PLACING):
        raise misshapen("The id/x/y/scale/angle field is required.")
    check_placing(call.world, image)
    upload = call.account.uploads.get(str(image["id"]))
    if upload is None:
        raise bad_choice("images.id")
    check_sharpness(call.world, upload.width, place_width, image["scale"])
    return {
        "id": upload.id,
        "name": upload.file_name,
        "type": upload.mime_type,
        "height": upload.height or 0,
        "width": upload.width or 0,
        **{name: image[name] for name in ("x", "y", "scale", "angle")},
    }


_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {"x": (0, 1), "y": (0, 1), "angle": (0, 360)}


def check_placing(world: World, raw: Mapping[str, Any]) -> None:
    """Refuse a place outside the print area; the scale must be over zero."""
    if world.settings.whole_angles and not isinstance(raw["angle"], int):
        raise misshapen("The angle must be an integer.")
    for name in ("x", "y", "scale", "angle"):
        if isinstance(raw[name], bool) or not isinstance(raw[name], int | float):
            raise misshapen(f"The {name} must be a number.")
    for name, (low, high) in _BOUNDS.items():
        if not low <= raw[name] <= high:
            raise misshapen(f"The {name} must be between {low} and {high}.")
    if raw["scale"] <= 0:
        raise misshapen("The scale must be greater than 0.")


def check_sharpness(world: World, width: int | None, place_width: int, scale: float) -> None:
    """Refuse a picture with too few dots for its size, where its size is known."""
    if width is not None and effective_dpi(width, place_width, scale) < world.settings.min_dpi:
        raise low_quality()


# -- the other calls ---------------------------------------------------------------------------------------


def list_products(call: Call) -> Json:
    """Answer a page of products, newest first; those made by orders stay hidden."""
    seen = [product for product in reversed(call.shop.products.values()) if not product.hidden]
    return page(seen, call.query, lambda product: view(call, product), most=MOST)


def show_product(call: Call) -> Json:
    """Answer one product."""
    return view(call, _find(call))


def change_product(call: Call) -> Json:
    """Change a product; *variants*, where given, must be all of them."""
    product, raw = _find(call), call.fields
    if product.locked:
        raise impossible("The product is locked.", SHAPE)
    variants = _changed_variants(call.world, product, raw["variants"]) if "variants" in raw else None
    areas = _print_areas(call, product.offer, raw["print_areas"]) if "print_areas" in raw else None
    product.title = str(raw.get("title", product.title))
    product.description = str(raw.get("description", product.description))
    product.tags = _tags(raw, product.offer) if "tags" in raw else product.tags
    product.variants = variants or product.variants
    product.print_areas = areas or product.print_areas
    product.updated_at = call.world.now()
    _tell(call, product, "product:updated")
    return view(call, product)


def _changed_variants(world: World, product: Product, raw: object) -> list[ProductVariant]:
    entries = [entry for entry in raw if isinstance(entry, dict)] if isinstance(raw, list) else []
    given = {entry["id"] for entry in entries if isinstance(entry.get("id"), int)}
    if {v.id for v in product.variants} - given:
        raise misshapen("The variants must contain every variant of the product.")
    skus = {v.id: v.sku for v in product.variants}
    return read_variants(
        world,
        product.offer,
        [{"sku": skus.get(e["id"])} | e for e in entries if isinstance(e.get("id"), int)],
    )


def delete_product(call: Call) -> Json:
    """Remove a product; orders that use it go on."""
    product = _find(call)
    del call.shop.products[product.id]
    _tell(call, product, "product:deleted")
    return {}


def publish(call: Call) -> Json:
    """Lock the product until somebody says how publishing went: a shop without a channel has nobody who does."""
    product, account = _find(call), call.account
    if not account.publishes.take(call.world.now(), call.world.settings.publishes_per_half_hour):
        raise too_many()
    product.locked = True
    _tell(call, product, "product:publish:started")
    return {}


def unlock(call: Call) -> Json:
    """Let the product be changed again."""
    _find(call).locked = False
    return {}


def _find(call: Call) -> Product:
    found = call.shop.products.get(call.path["product"])
    if found is None:
        raise not_found()
    return found


def _tell(call: Call, product: Product, topic: str) -> None:
    data = {"shop_id": call.shop.id} | ({"action": "create"} if topic == "product:publish:started" else {})
    resource = {"id": product.id, "type": "product", "data": data}
    tell(call.world, call.shop, topic, resource)


def hidden_product(
    world: World, offer: Offer, title: str, variant_id: int, areas: Mapping[str, Sequence[Json]]
) -> Product:
    """Make the product that stands behind a line with pictures of its own."""
    cost = next(v.cost for v in offer.variants if v.id == variant_id)
    places = [
        {"position": position, "images": [_by_address(world, layer) for layer in layers]}
        for position, layers in areas.items()
    ]
    return Product(
        id=world.id("product"),
        title=title,
        description="",
        tags=list(offer.blueprint.tags),
        offer=offer,
        variants=[ProductVariant(id=variant_id, sku=world.sku(), price=cost * 2, enabled=True, default=True)],
        print_areas=[{"variant_ids": [variant_id], "placeholders": places, "background": "#ffffff"}],
        print_details=None,
        created_at=world.now(),
        updated_at=world.now(),
        hidden=True,
    )


def _by_address(world: World, layer: Json) -> Json:
    name = str(layer["src"]).rpartition("/")[2]
    placing = {key: layer[key] for key in ("src", "x", "y", "scale", "angle")}
    return {"id": world.id("upload"), "name": name, "type": "image/png", "height": 0, "width": 0} | placing


# -- as the calls show it ----------------------------------------------------------------------------------


def view(call: Call, product: Product) -> Json:
    """Return a product."""
    offer = product.offer
    return {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "tags": list(product.tags),
        "options": _options(product),
        "variants": [_variant_view(call.world, product, variant) for variant in product.variants],
        "images": _mockups(product),
        "created_at": stamp(product.created_at),
        "updated_at": stamp(product.updated_at),
        "visible": not product.hidden,
        "is_locked": product.locked,
        **_eligible(offer),
        "blueprint_id": offer.blueprint.id,
        "user_id": call.account.id,
        "shop_id": call.shop.id,
        "print_provider_id": offer.provider.id,
        "print_areas": product.print_areas,
        "print_details": product.print_details or [],
        "sales_channel_properties": [],
    }


def _eligible(offer: Offer) -> Json:
    return {
        "is_printify_express_eligible": offer.express,
        "is_printify_express_enabled": offer.express,
        "is_economy_shipping_eligible": offer.economy,
        "is_economy_shipping_enabled": offer.economy,
    }


def _blanks(product: Product) -> Iterable[Mapping[str, str]]:
    wanted = {v.id for v in product.variants}
    return [v.options for v in product.offer.variants if v.id in wanted]


def _options(product: Product) -> list[Json]:
    values: dict[str, dict[str, None]] = {}
    for options in _blanks(product):
        for name, value in options.items():
            values.setdefault(name, {})[value] = None
    return [
        {
            "name": name.capitalize(),
            "type": name,
            "values": [{"id": option_id(name, value), "title": value} for value in found],
        }
        for name, found in values.items()
    ]


def _variant_view(world: World, product: Product, variant: ProductVariant) -> Json:
    offer = product.offer
    blank = next(v for v in offer.variants if v.id == variant.id)
    return {
        "id": variant.id,
        "sku": variant.sku,
        "cost": blank.cost,
        "price": variant.price,
        "title": blank.title,
        "grams": blank.grams,
        "is_enabled": variant.enabled,
        "is_default": variant.default,
        "is_available": world.available((offer.blueprint.id, offer.provider.id, variant.id)),
        "is_printify_express_eligible": offer.express,
        "options": [option_id(name, value) for name, value in blank.options.items()],
    }


def _mockups(product: Product) -> list[Json]:
    return [
        {
            "src": image_of("mockup", product.id, variant.id),
            "variant_ids": [variant.id],
            "position": "front",
            "is_default": variant.default,
        }
        for variant in product.variants
    ]
