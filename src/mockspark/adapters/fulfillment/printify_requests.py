"""What is asked of Printify: options, the check before sending, and the bodies of calls."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import fields, frozen

from mockspark.application.errors import FormInvalid, Rejected
from mockspark.application.forms import option, read_form
from mockspark.domain.address_check import AddressLimits, address_problems
from mockspark.domain.contact import Address
from mockspark.domain.holds import HoldReason
from mockspark.domain.submission import FileLink, SubmissionLine, SubmissionRequest

Json = dict[str, Any]

MAX_LINES: Final = 50
KEYS: Final = ("blueprint_id", "print_provider_id", "variant_id")


class Method(StrEnum):
    """How the parcel travels."""

    STANDARD = "standard"
    PRIORITY = "priority"
    EXPRESS = "express"
    ECONOMY = "economy"


class Sides(StrEnum):
    """What the sides of a canvas show."""

    REGULAR = "regular"
    MIRROR = "mirror"
    OFF = "off"


class Strategy(StrEnum):
    """How a design reaches an order: with the line, or as a product that is made first."""

    DIRECT = "direct"
    PRODUCT = "product"


METHOD_NUMBERS: Final[Mapping[Method, int]] = {
    Method.STANDARD: 1,
    Method.PRIORITY: 2,
    Method.EXPRESS: 3,
    Method.ECONOMY: 4,
}

# These two take existing products only.
NEEDS_PRODUCTS: Final = frozenset({Method.EXPRESS, Method.ECONOMY})


@frozen(kw_only=True)
class PrintifyOptions:
    """The send dialog."""

    shipping_method: Method = option(
        "Shipping method",
        default=Method.STANDARD,
        titles={
            "standard": "Standard",
            "priority": "Priority",
            "express": "Printify Express",
            "economy": "Economy",
        },
    )
    notify_customer: bool = option(
        "Printify notifies the customer",
        default=False,
        help="Leave this off when the store itself announces parcels.",
    )
    print_on_side: Sides = option("Canvas sides", default=Sides.REGULAR, help="Only canvases have sides.")


def options_of(request: SubmissionRequest) -> PrintifyOptions:
    """Read the answers of the send dialog; what Printify does not know is refused here."""
    known = {attribute.name for attribute in fields(PrintifyOptions)}
    try:
        return read_form(
            PrintifyOptions, {name: value for name, value in request.options.items() if name in known}
        )
    except FormInvalid as invalid:
        raise Rejected(
            f"Printify has no such choice: {invalid}", reason=HoldReason.SHIPPING_NOT_POSSIBLE
        ) from invalid


def strategy(line: SubmissionLine, method: Method) -> Strategy:
    """Say how *line*'s design reaches the order; a listing may decide by its key `design`."""
    wanted = line.variant.keys.get("design", "")
    if wanted in {Strategy.DIRECT, Strategy.PRODUCT}:
        return Strategy(wanted)
    needs_product = len(line.files) > 1 or method in NEEDS_PRODUCTS
    return Strategy.PRODUCT if needs_product else Strategy.DIRECT


def ensure_sendable(request: SubmissionRequest) -> None:
    """Refuse here what Printify would refuse: a share of errors above 5 % may cost the access."""
    problem = next(_problems(request, options_of(request).shipping_method), None)
    if problem is not None:
        reason, words = problem
        raise Rejected(words, reason=reason)


def _problems(request: SubmissionRequest, method: Method) -> Iterator[tuple[HoldReason, str]]:
    needed = method is Method.EXPRESS
    limits = AddressLimits(needs_email=needed, needs_phone=needed)
    for wrong in address_problems(request.ship_to, limits, email=request.email):
        yield wrong.reason, wrong.words
    if len(request.lines) > MAX_LINES:
        words = f"{len(request.lines)} lines are more than the {MAX_LINES} that travel together"
        yield HoldReason.PROVIDER_REJECTED, words
    for line in request.lines:
        yield from _line_problems(line, method)


def _line_problems(line: SubmissionLine, method: Method) -> Iterator[tuple[HoldReason, str]]:
    missing = [key for key in KEYS if not line.variant.keys.get(key, "").isdecimal()]
    if missing:
        yield HoldReason.UNMAPPED_PRODUCT, f"{line.title}: the product's mapping has no {', '.join(missing)}"
    if not line.files:
        yield HoldReason.RENDER_FAILED, f"{line.title} has no production file"
    if method in NEEDS_PRODUCTS and strategy(line, method) is Strategy.DIRECT:
        words = f"{line.title}: {method.value} shipping needs a product; set the mapping's design to product"
        yield HoldReason.SHIPPING_NOT_POSSIBLE, words


def product_note(line: SubmissionLine) -> str:
    """Name the note that remembers the product made for *line*."""
    return f"product:{line.key}"


def order_body(request: SubmissionRequest) -> Json:
    """Return the order: a draft under manual approval, named by our own id."""
    options = options_of(request)
    return {
        # With its dashes: a name of digits alone would come back as a number.
        "external_id": str(request.id),
        "label": request.label,
        "line_items": [_line_body(line, request.notes, options) for line in request.lines],
        "shipping_method": METHOD_NUMBERS[options.shipping_method],
        "is_printify_express": options.shipping_method is Method.EXPRESS,
        "is_economy_shipping": options.shipping_method is Method.ECONOMY,
        "send_shipping_notification": options.notify_customer,
        "address_to": address_body(request.ship_to, request.email),
    }


def quote_body(request: SubmissionRequest) -> Json:
    """Return the question what the parcel would cost; blanks decide, designs do not."""
    return {
        "line_items": [{**_blank(line), "quantity": line.quantity} for line in request.lines],
        "address_to": address_body(request.ship_to, request.email),
    }


def upload_body(file: FileLink) -> Json:
    """Return the picture that Printify shall fetch, under a plain name."""
    ending = PurePosixPath(urlsplit(file.url).path).suffix or ".png"
    return {"file_name": f"{file.sha256[:32]}{ending}", "url": file.url}


def product_body(line: SubmissionLine, pictures: Mapping[str, str]) -> Json:
    """Return the product made for *line* alone; *pictures* maps a print area to the upload's id."""
    blank = _blank(line)
    return {
        "title": f"{line.order_name} {line.title}".strip(),
        "description": line.title or line.order_name,
        "blueprint_id": blank["blueprint_id"],
        "print_provider_id": blank["print_provider_id"],
        "variants": [
            {"id": blank["variant_id"], "sku": sku_of(line), "price": _price(line), "is_enabled": True}
        ],
        "print_areas": [
            {
                "variant_ids": [blank["variant_id"]],
                "placeholders": [
                    {"position": area, "images": [{"id": picture, **_whole_area()}]}
                    for area, picture in pictures.items()
                ],
            }
        ],
    }


def sku_of(line: SubmissionLine) -> str:
    """Return a SKU that names line and quantity, because parcels are reported by SKU alone."""
    return f"{line.key}x{line.quantity}"


def line_of_sku(sku: str) -> tuple[str, int] | None:
    """Return line and quantity of one of our own SKUs; None for another."""
    key, _, quantity = sku.rpartition("x")
    ours = len(key) == 32 and set(key) <= set("0123456789abcdef") and quantity.isdecimal()
    return (key, int(quantity)) if ours else None


def address_body(address: Address, email: str) -> Json:
    """Return the address in Printify's fields."""
    first, last = _split_name(address)
    told = {
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": address.phone,
        "country": address.country,
        "region": address.region,
        "address1": address.line1,
        "address2": address.line2,
        "city": address.city,
        "zip": address.postal_code,
        "company": address.company,
    }
    optional = ("email", "phone", "address2", "company")
    return {name: value for name, value in told.items() if value or name not in optional}


def _split_name(address: Address) -> tuple[str, str]:
    # Both names are required; a single one goes in front of a dash.
    first, _, last = (address.name or address.company).strip().rpartition(" ")
    return (first, last) if first else (last, "-")


def _line_body(line: SubmissionLine, notes: Mapping[str, str], options: PrintifyOptions) -> Json:
    common = {"quantity": line.quantity, "external_id": str(line.item_id), **_details(options)}
    if strategy(line, options.shipping_method) is Strategy.PRODUCT:
        return {"product_id": notes[product_note(line)], "variant_id": _blank(line)["variant_id"], **common}
    areas = {file.area: [{"src": file.url, **_whole_area()}] for file in line.files}
    return {**_blank(line), "print_areas": areas, **common}


def _details(options: PrintifyOptions) -> Json:
    if options.print_on_side is Sides.REGULAR:
        return {}
    return {"print_details": {"print_on_side": options.print_on_side.value}}


def _blank(line: SubmissionLine) -> Json:
    return {key: int(line.variant.keys[key]) for key in KEYS}


def _whole_area() -> Json:
    # A production file is exactly as large as its print area.
    return {"x": 0.5, "y": 0.5, "scale": 1, "angle": 0}


def _price(line: SubmissionLine) -> int:
    # A product needs a retail price although nobody sells it; it charges nobody.
    return line.price.minor if line.price and line.price.minor > 0 else 1000
