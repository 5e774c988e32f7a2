"""The blanks of the local Printify: what can be printed on, by whom, in which pixels and for how much."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from attrs import frozen

Json = dict[str, Any]
BlankKey = tuple[int, int, int]
"""Blueprint, print provider, variant: all three name a blank."""

REST: Final = "REST_OF_THE_WORLD"
METHODS: Final[Mapping[int, str]] = {1: "standard", 2: "priority", 3: "express", 4: "economy"}


@frozen
class Fee:
    """Shipping in cents: for the first piece and for each further one of the same blank."""

    first: int
    additional: int

    def for_pieces(self, pieces: int, *, already: int = 0) -> int:
        """Return the price of *pieces* that join *already* counted ones."""
        firsts = 1 if pieces and not already else 0
        return firsts * self.first + (pieces - firsts) * self.additional


@frozen(kw_only=True)
class Placeholder:
    """A print area in pixels."""

    position: str
    width: int
    height: int


@frozen(kw_only=True)
class Variant:
    """One blank in one colour and size; *cost* is in cents."""

    id: int
    title: str
    options: Mapping[str, str]
    cost: int
    grams: int
    sold_out: bool = False


@frozen(kw_only=True)
class Blueprint:
    """A kind of product, whoever prints it."""

    id: int
    title: str
    brand: str
    model: str
    tags: tuple[str, ...]


@frozen(kw_only=True)
class PrintProvider:
    """Somebody who prints."""

    id: int
    title: str
    country: str


@frozen(kw_only=True)
class Offer:
    """A blueprint as one print provider makes it."""

    blueprint: Blueprint
    provider: PrintProvider
    technique: str
    placeholders: tuple[Placeholder, ...]
    variants: tuple[Variant, ...]
    standard: Mapping[str, Fee]
    express: bool = False
    economy: bool = False

    def variant(self, number: int) -> Variant | None:
        """Return the variant of that number, sold out or not."""
        return next((v for v in self.variants if v.id == number), None)

    def placeholder(self, position: str) -> Placeholder | None:
        """Return the print area at *position*."""
        return next((p for p in self.placeholders if p.position == position), None)

    def fee(self, method: int, country: str) -> Fee | None:
        """Return what *method* costs to *country*; None where it does not go."""
        standard = self.standard.get(country, self.standard[REST])
        surcharge = _SURCHARGES.get(method)
        if surcharge is None:
            return None
        home_only, first, additional = surcharge
        if (home_only and country not in self.standard) or not self._offers(method):
            return None
        return Fee(standard.first + first, standard.additional + additional)

    def _offers(self, method: int) -> bool:
        return {3: self.express, 4: self.economy}.get(method, True)


# method: only to countries with a price of their own, more for the first piece, more for each further one
_SURCHARGES: Final[Mapping[int, tuple[bool, int, int]]] = {
    1: (False, 0, 0),
    2: (True, 560, 240),
    3: (True, 330, 110),
    4: (True, -76, -41),
}

_PROVIDERS: Final[Mapping[int, PrintProvider]] = {
    number: PrintProvider(id=number, title=title, country=country)
    for number, title, country in (
        (1, "Print House One", "United States"),
        (2, "Print House Two", "United States"),
        (3, "DJ", "United States"),
        (5, "Print House Five", "United States"),
        (8, "Fifth Sun", "United States"),
        (9, "Print House Nine", "United States"),
        (16, "MyLocker", "United States"),
        (24, "Inklocker", "United States"),
        (28, "Print House Twenty-Eight", "Germany"),
        (41, "Print House Forty-One", "United States"),
    )
}

_BLUEPRINTS: Final[Mapping[int, Blueprint]] = {
    number: Blueprint(id=number, title=title, brand=brand, model=model, tags=tags)
    for number, title, brand, model, tags in (
        (3, "Kids Regular Fit Tee", "Delta", "11736", ("Kids' Clothing", "T-shirts", "DTG")),
        (5, "Men's Cotton Crew Tee", "Next Level", "3600", ("Men's Clothing", "T-shirts", "DTG")),
        (9, "Women's Favorite Tee", "Bella+Canvas", "6004", ("Women's Clothing", "T-shirts", "DTG")),
        (50, "Square Canvas", "Generic brand", "CNV", ("Home & Living", "Canvas")),
        (68, "Mug 11oz", "Generic brand", "MUG-11", ("Home & Living", "Mugs", "11 oz", "Sublimation")),
        (77, "Unisex Hooded Sweatshirt", "Generic brand", "HOOD", ("Men's Clothing", "Hoodies", "DTG")),
        (220, "Square Pillow", "Generic brand", "PIL-16", ("Home & Living", "Pillows & Covers")),
        (269, "Tough Phone Case", "Generic brand", "CASE", ("Accessories", "Phone Cases")),
        (282, "Matte Vertical Poster", "Generic brand", "POS", ("Home & Living", "Posters")),
        (384, "Square Stickers", "Generic brand", "STK", ("Home & Living", "Stickers")),
        (425, "Mug 15oz", "Generic brand", "MUG-15", ("Home & Living", "Mugs", "15 oz", "Sublimation")),
    )
}

_LIGHT: Final = {"US": Fee(399, 199), "CA": Fee(749, 299), "GB": Fee(899, 399), REST: Fee(999, 400)}
_HEAVY: Final = {"US": Fee(799, 320), "CA": Fee(1199, 520), "GB": Fee(1299, 640), REST: Fee(1599, 800)}
_FROM_EUROPE: Final = {"DE": Fee(459, 229), "GB": Fee(729, 299), "US": Fee(1099, 450), REST: Fee(899, 350)}
_TINY: Final = {"US": Fee(379, 9), REST: Fee(450, 15)}


def _places(*rows: tuple[str, int, int]) -> tuple[Placeholder, ...]:
    return tuple(Placeholder(position=name, width=width, height=height) for name, width, height in rows)


def _cloth(
    first: int, colors: Iterable[str], sizes: Iterable[str], cost: int, *, stocked: Iterable[str]
) -> Iterator[Variant]:
    in_stock = set(stocked)
    sizes = tuple(sizes)
    for c, color in enumerate(colors):
        for s, size in enumerate(sizes):
            yield Variant(
                id=first + c * len(sizes) + s,
                title=f"{color} / {size}",
                options={"color": color, "size": size},
                cost=cost + 90 * max(0, s - 2),
                grams=180 + 15 * s,
                sold_out=f"{color} / {size}" not in in_stock and color not in in_stock,
            )


def _sized(*rows: tuple[int, str, int, int], surface: str | None = None) -> tuple[Variant, ...]:
    return tuple(
        Variant(
            id=number,
            title=f"{size} / {surface}" if surface else size,
            options={"size": size} | ({"surface": surface} if surface else {}),
            cost=cost,
            grams=grams,
        )
        for number, size, cost, grams in rows
    )


def _offer(
    blueprint: int,
    provider: int,
    technique: str,
    placeholders: tuple[Placeholder, ...],
    variants: Iterable[Variant],
    standard: Mapping[str, Fee],
    *,
    express: bool = False,
    economy: bool = False,
) -> Offer:
    return Offer(
        blueprint=_BLUEPRINTS[blueprint],
        provider=_PROVIDERS[provider],
        technique=technique,
        placeholders=placeholders,
        variants=tuple(variants),
        standard=standard,
        express=express,
        economy=economy,
    )


_SIZES: Final = ("S", "M", "L", "XL")
_FRONT_AND_BACK: Final = _places(("front", 1500, 1800), ("back", 1500, 1800))
_STICKERS: Final = _sized(
    (45740, '2x2"', 134, 10), (45742, '3x3"', 149, 10), (45744, '4x4"', 187, 10), (45746, '6x6"', 216, 10),
    surface="White",
)  # fmt: skip

OFFERS: Final[Mapping[tuple[int, int], Offer]] = {
    (offer.blueprint.id, offer.provider.id): offer
    for offer in (
        _offer(
            3, 3, "dtg", _places(("front", 3153, 3995), ("back", 3153, 3995)),
            _cloth(17390, ("Heather Grey", "Solid Black"), ("XS", "S"), 912, stocked=("Heather Grey", "Solid Black")),
            _LIGHT,
        ),
        _offer(
            5, 41, "dtg", _places(("front", 2419, 2761), ("back", 2419, 2761)),
            _cloth(17598, ("Black", "White", "Navy", "Red"), _SIZES, 1050, stocked=("Black",)), _LIGHT,
            express=True, economy=True,
        ),
        _offer(
            9, 5, "dtg", _FRONT_AND_BACK,
            _cloth(17887, ("Solid White", "Solid Black"), _SIZES, 1050, stocked=("Solid White", "Solid Black")),
            _LIGHT, economy=True,
        ),
        _offer(
            50, 16, "digital printing", _places(("front", 1800, 1800)),
            _sized((67001, '10" x 10"', 1240, 600), (67002, '12" x 12"', 1490, 760)), _HEAVY,
        ),
        _offer(
            68, 9, "sublimation", _places(("front", 2475, 1155)), _sized((33719, "11oz", 516, 460)), _LIGHT,
            express=True, economy=True,
        ),
        _offer(
            68, 28, "sublimation", _places(("front", 2475, 1155)), _sized((33719, "11oz", 572, 460)), _FROM_EUROPE,
        ),
        _offer(
            77, 8, "dtg", _places(("front", 1800, 1500), ("back", 1800, 2100)),
            _cloth(32900, ("Forest Green", "Black"), _SIZES, 2230,
                   stocked=("Black", "Forest Green / M", "Forest Green / L", "Forest Green / XL")),
            _HEAVY,
        ),
        _offer(
            220, 9, "sublimation", _places(("front", 1600, 1600), ("back", 1600, 1600)),
            _sized((41521, '16" x 16"', 1120, 380)), _HEAVY,
        ),
        _offer(
            269, 24, "uv printing", _places(("front", 1010, 1850)),
            _sized((58501, "P15", 940, 60), (58502, "P16", 940, 60), surface="Glossy"), _LIGHT, express=True,
        ),
        _offer(
            282, 2, "digital printing", _places(("front", 2700, 3600)),
            _sized((43135, '18" x 24"', 870, 160)), _LIGHT,
        ),
        _offer(384, 1, "digital printing", _places(("front", 900, 900)), _STICKERS, _TINY, express=True, economy=True),
        _offer(
            425, 9, "sublimation", _places(("front", 2475, 1275)), _sized((62014, "15oz", 648, 540)), _LIGHT,
        ),
    )
}  # fmt: skip
"""Every blank, by blueprint and print provider."""


def image_of(*parts: object) -> str:
    """Return the address of a catalogue picture: stable, never served."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
    return f"https://images.printify.com/{digest[:24]}"


@cache
def option_id(name: str, value: str) -> int:
    """Return the number of an option's value; sizes and colours have one each, everywhere."""
    return 1 + int(hashlib.sha256(f"{name}/{value}".encode()).hexdigest()[:4], 16)


# -- as the catalogue calls show it ------------------------------------------------------------------------


def blueprint_view(blueprint: Blueprint) -> Json:
    """Return a blueprint as in the list."""
    return {
        "id": blueprint.id,
        "title": blueprint.title,
        "description": f"{blueprint.title} by {blueprint.brand}.",
        "brand": blueprint.brand,
        "model": blueprint.model,
        "images": [image_of("blueprint", blueprint.id, n) for n in range(2)],
    }


def provider_view(provider: PrintProvider) -> Json:
    """Return a print provider with its place."""
    return {
        "id": provider.id,
        "title": provider.title,
        "location": {
            "address1": f"{provider.id} Sample Street",
            "address2": "",
            "city": "EveryCity",
            "country": provider.country,
            "region": "",
            "zip": "10101",
        },
    }


def variant_view(offer: Offer, variant: Variant) -> Json:
    """Return a variant with its print areas."""
    return {
        "id": variant.id,
        "title": variant.title,
        "options": dict(variant.options),
        "placeholders": [
            {
                "position": place.position,
                "decoration_method": offer.technique,
                "height": place.height,
                "width": place.width,
            }
            for place in offer.placeholders
        ],
        "decoration_methods": [offer.technique],
    }


def blueprints() -> list[Blueprint]:
    """Return every blueprint that somebody prints."""
    return [_BLUEPRINTS[number] for number in sorted({b for b, _ in OFFERS})]


def print_providers() -> list[PrintProvider]:
    """Return every print provider with an offer."""
    return [_PROVIDERS[number] for number in sorted({p for _, p in OFFERS})]


def offers_of(blueprint: int) -> list[Offer]:
    """Return who prints a blueprint."""
    return [offer for (b, _), offer in OFFERS.items() if b == blueprint]


def profiles(offer: Offer) -> list[Json]:
    """Return the shipping profiles of version 1: the standard method by country."""
    numbers = [v.id for v in offer.variants]
    return [
        {
            "variant_ids": numbers,
            "first_item": {"cost": fee.first, "currency": "USD"},
            "additional_items": {"cost": fee.additional, "currency": "USD"},
            "countries": [country],
        }
        for country, fee in offer.standard.items()
    ]


def plans(offer: Offer, method: int) -> list[Json]:
    """Return the prices of version 2 for one method: an entry for each variant and country."""
    name = METHODS[method]
    return [
        {
            "type": f"variant_shipping_{name}_{country.lower()}",
            "id": str(variant.id),
            "attributes": {
                "shippingType": name,
                "country": {"code": country},
                "variantId": variant.id,
                "handlingTime": {"from": 2, "to": 5},
                "shippingCost": {
                    "firstItem": {"amount": fee.first, "currency": "USD"},
                    "additionalItems": {"amount": fee.additional, "currency": "USD"},
                },
            },
        }
        for variant in offer.variants
        for country in offer.standard
        if (fee := offer.fee(method, country)) is not None
    ]
