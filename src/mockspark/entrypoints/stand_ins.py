"""The local Shopify and the local Printify, up together: one clock, one seed, and products that fit each other."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from attrs import frozen

from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_app import create_app as create_printify
from mockspark.adapters.sandbox.printify_catalogue import OFFERS, Offer
from mockspark.adapters.sandbox.serving import LOOPBACK, serve
from mockspark.adapters.sandbox.shopify import OpenedShop, ShopifySandbox
from mockspark.adapters.sandbox.shopify_app import served
from mockspark.adapters.sandbox.shopify_merchant import Merchant, PlacedSample
from mockspark.adapters.sandbox.shopify_samples import SAMPLE_VARIANTS, SampleVariant
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.entrypoints.http import claim_port

PRINTIFY_TOKEN: Final = "pfy_sandbox"  # noqa: S105 - opens nothing but the sandbox

_BLANKS: Final[Mapping[str, tuple[int, int, str]]] = {
    "MUG-11-WHT": (68, 9, "11oz"),
    "MUG-15-WHT": (425, 9, "15oz"),
    "TEE-BLK-M": (5, 41, "Black / M"),
    "TEE-BLK-XL": (5, 41, "Black / XL"),
    "POSTER-18X24": (282, 2, '18" x 24"'),
    "CASE-P15": (269, 24, "P15 / Glossy"),
    "CUSHION-16": (220, 9, '16" x 16"'),
    "HOODIE-GRN-S": (77, 8, "Forest Green / S"),
}
"""What each product of the sample shop is printed on: blueprint, print provider, variant's title."""


@frozen(kw_only=True)
class Product:
    """A product of the sample shop with the blank it is printed on."""

    sold: SampleVariant
    keys: Mapping[str, str]
    title: str
    areas: tuple[PrintArea, ...]
    template: Design | None


@frozen(kw_only=True)
class StandIns:
    """Both simulators, served on loopback."""

    shopify: ShopifySandbox
    printify: PrintifySandbox
    shopify_url: str
    printify_url: str
    shop: OpenedShop
    provider_shop: int
    clock: SandboxClock

    @property
    def merchant(self) -> Merchant:
        """Return the people of the sample shop."""
        return self.shopify.merchant(self.shop.domain)

    @property
    def described(self) -> Mapping[str, str | int]:
        """Return what a program needs to connect."""
        return {
            "shopify_url": self.shopify_url,
            "printify_url": self.printify_url,
            "shop": self.shop.domain,
            "client_id": self.shop.client_id,
            "client_secret": self.shop.client_secret,
            "access_token": self.shop.access_token,
            "printify_token": PRINTIFY_TOKEN,
            "provider_shop": self.provider_shop,
        }

    @property
    def connect_shopify(self) -> str:
        """Return the command that connects the shop."""
        return (
            f"mockspark connect shopify --shop {self.shop.domain} --client-id {self.shop.client_id} "
            f"--client-secret {self.shop.client_secret} --access-token {self.shop.access_token} "
            f"--api-url {self.shopify_url}"
        )

    @property
    def connect_printify(self) -> str:
        """Return the command that connects the provider."""
        return (
            f"mockspark connect printify --shop {self.shop.domain} --token {PRINTIFY_TOKEN} "
            f"--provider-shop {self.provider_shop} --api-url {self.printify_url}"
        )

    def place(self, count: int) -> tuple[PlacedSample, ...]:
        """Have shoppers order *count* samples; pictures are served by the simulator itself."""
        return self.shopify.place_all(count, self.shop.domain)

    def advance(self, seconds: float) -> None:
        """Move the one clock of both on; what falls due happens."""
        self.printify.advance(seconds)


@asynccontextmanager
async def open_stand_ins(
    *, seed: int = 0, shopify_port: int = 0, printify_port: int = 0
) -> AsyncGenerator[StandIns]:
    """Serve both on loopback for as long as the block runs; port 0 takes a free one.

    Raises Unavailable when a port cannot be had.
    """
    for port in (shopify_port, printify_port):
        claim_port(LOOPBACK, port)
    clock = SandboxClock()
    shopify = ShopifySandbox(seed=seed, clock=clock)
    printify = PrintifySandbox(seed=seed, clock=clock)
    shop = shopify.open_shop()
    account = printify.open_account(token=PRINTIFY_TOKEN)
    async with (
        served(shopify, shopify_port) as shopify_url,
        serve(create_printify(printify), printify_port) as printify_url,
    ):
        yield StandIns(
            shopify=shopify,
            printify=printify,
            shopify_url=shopify_url,
            printify_url=printify_url,
            shop=shop,
            provider_shop=next(iter(account.shops)),
            clock=clock,
        )


def products() -> Sequence[Product]:
    """Return what the sample shop sells and we print."""
    return tuple(_product(sold) for sold in SAMPLE_VARIANTS if sold.sku in _BLANKS)


def _product(sold: SampleVariant) -> Product:
    blueprint, provider, title = _BLANKS[sold.sku]
    offer = OFFERS[blueprint, provider]
    variant = next(variant for variant in offer.variants if variant.title == title)
    areas = _areas(offer)
    return Product(
        sold=sold,
        keys={
            "blueprint_id": str(blueprint),
            "print_provider_id": str(provider),
            "variant_id": str(variant.id),
        },
        title=f"{offer.blueprint.title}, {title}",
        areas=areas,
        template=_text_template(areas[0], sold.text) if sold.text else None,
    )


def _areas(offer: Offer) -> tuple[PrintArea, ...]:
    # The first place is the one that the sample designs fill; a back may stay empty.
    return tuple(
        PrintArea(key=place.position, width_px=place.width, height_px=place.height, required=index == 0)
        for index, place in enumerate(offer.placeholders)
    )


def _text_template(area: PrintArea, answer: str) -> Design:
    margin = area.width_um // 12
    layer: dict[str, Any] = {
        "id": "text", "area": area.key, "type": "text", "text": "Your text", "bind": answer, "placeholder": True,
        "x": margin, "y": area.height_um // 4, "w": area.width_um - 2 * margin, "h": area.height_um // 3,
        "size": area.height_um // 9, "align": "center", "fit": "shrink", "fill": "#ffffff",
    }  # fmt: skip
    size = {area.key: {"w": area.width_um, "h": area.height_um}}
    return Design.of({"schema": 1, "areas": size, "layers": [layer]})
