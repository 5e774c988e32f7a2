"""Every call that the local Printify answers: method, path, scope and who answers it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from mockspark.adapters.sandbox import printify_orders as orders
from mockspark.adapters.sandbox import printify_products as products
from mockspark.adapters.sandbox import printify_support as support
from mockspark.adapters.sandbox import printify_uploads as uploads
from mockspark.adapters.sandbox import printify_webhooks as webhooks
from mockspark.adapters.sandbox.printify_catalogue import (
    METHODS,
    OFFERS,
    Json,
    Offer,
    blueprint_view,
    blueprints,
    offers_of,
    plans,
    print_providers,
    profiles,
    provider_view,
    variant_view,
)
from mockspark.adapters.sandbox.printify_errors import not_found
from mockspark.adapters.sandbox.printify_lines import wanted_files
from mockspark.adapters.sandbox.printify_state import Call

Answer = Callable[[Call], Any]
"""Answers a body, or a status with a body."""


def _no_files(_: Call) -> Sequence[str]:
    return ()


def _compiled(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(f"(?P<{p}>[^/]+?)" if n % 2 else re.escape(p) for n, p in enumerate(parts)))


@frozen
class Route:
    """One call; *status* is that of its success, *files* are the addresses it makes the service fetch."""

    method: str
    template: str
    scope: str
    answer: Answer
    status: int = 200
    files: Callable[[Call], Sequence[str]] = _no_files
    pattern: re.Pattern[str] = field(init=False)

    @pattern.default
    def _pattern(self) -> re.Pattern[str]:
        return _compiled(self.template)

    @property
    def of_catalogue(self) -> bool:
        """Tell whether the call counts for the catalogue's own limit."""
        return "/catalog/" in self.template


@frozen
class Found:
    """A route with the parts of the path that it names."""

    route: Route
    path: Mapping[str, str]


def find_route(method: str, path: str) -> Found | None:
    """Return the route of a call, if there is one."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path) if route.method == method else None
        if match:
            return Found(route, match.groupdict())
    return None


# -- shops and the catalogue -------------------------------------------------------------------------------


def _list_shops(call: Call) -> list[Json]:
    return [
        {"id": shop.id, "title": shop.title, "sales_channel": shop.sales_channel}
        for shop in call.account.shops.values()
    ]


def _disconnect(call: Call) -> Json:
    shop = call.shop
    webhooks.tell(call.world, shop, "shop:disconnected", {"id": shop.id, "type": "shop", "data": None})
    del call.account.shops[shop.id]
    return {}


def _number(call: Call, name: str) -> int:
    text = call.path[name]
    if not (text.isascii() and text.isdecimal()):
        raise not_found()
    return int(text)


def _list_blueprints(_: Call) -> list[Json]:
    return [blueprint_view(blueprint) for blueprint in blueprints()]


def _show_blueprint(call: Call) -> Json:
    offer = _offers(call)[0]
    return blueprint_view(offer.blueprint) | {"tags": list(offer.blueprint.tags)}


def _offers(call: Call) -> list[Offer]:
    found = offers_of(_number(call, "blueprint"))
    if not found:
        raise not_found()
    return found


def _offer(call: Call) -> Offer:
    found = OFFERS.get((_number(call, "blueprint"), _number(call, "provider")))
    if found is None:
        raise not_found()
    return found


def _providers_of_blueprint(call: Call) -> list[Json]:
    return [
        provider_view(offer.provider) | {"decoration_methods": [offer.technique]} for offer in _offers(call)
    ]


def _list_variants(call: Call) -> Json:
    """Leave out what is sold out, unless it is asked for."""
    offer, everything = _offer(call), call.query.get("show-out-of-stock") == "1"
    shown = [
        variant_view(offer, variant)
        for variant in offer.variants
        if everything or call.world.available((offer.blueprint.id, offer.provider.id, variant.id))
    ]
    return {"id": offer.provider.id, "title": offer.provider.title, "variants": shown}


def _shipping(call: Call) -> Json:
    return {"handling_time": {"value": 5, "unit": "day"}, "profiles": profiles(_offer(call))}


def _list_providers(_: Call) -> list[Json]:
    return [provider_view(provider) for provider in print_providers()]


def _show_provider(call: Call) -> Json:
    number = _number(call, "provider")
    offers = [offer for (_, provider), offer in OFFERS.items() if provider == number]
    if not offers:
        raise not_found()
    return provider_view(offers[0].provider) | {
        "blueprints": [blueprint_view(offer.blueprint) for offer in offers]
    }


def _methods(call: Call) -> Json:
    offer = _offer(call)
    found = {number: name for number, name in METHODS.items() if plans(offer, number)}
    place = f"/v2/catalog/blueprints/{offer.blueprint.id}/print_providers/{offer.provider.id}/shipping"
    return {
        "data": [
            {"type": "shipping_method", "id": str(number), "attributes": {"name": name}}
            for number, name in found.items()
        ],
        "links": {name: f"{place}/{name}.json" for name in found.values()},
    }


def _plans(call: Call) -> Json:
    number = next((n for n, name in METHODS.items() if name == call.path["method"]), None)
    found = plans(_offer(call), number) if number else []
    if not found:
        raise not_found()
    return {"data": found}


_SHOP: Final = "/v1/shops/{shop}"
_PRODUCT: Final = f"{_SHOP}/products/{{product}}"
_ORDER: Final = f"{_SHOP}/orders/{{order}}"
_CATALOG: Final = "/v1/catalog/blueprints/{blueprint}"
_PAIR: Final = "/catalog/blueprints/{blueprint}/print_providers/{provider}"

ROUTES: Final[Sequence[Route]] = (
    Route("GET", "/v1/shops.json", "shops.read", _list_shops),
    Route("DELETE", f"{_SHOP}/connection.json", "shops.read", _disconnect),
    Route("GET", "/v1/catalog/blueprints.json", "catalog.read", _list_blueprints),
    Route("GET", f"{_CATALOG}.json", "catalog.read", _show_blueprint),
    Route("GET", f"{_CATALOG}/print_providers.json", "catalog.read", _providers_of_blueprint),
    Route("GET", f"/v1{_PAIR}/variants.json", "catalog.read", _list_variants),
    Route("GET", f"/v1{_PAIR}/shipping.json", "catalog.read", _shipping),
    Route("GET", "/v1/catalog/print_providers.json", "print_providers.read", _list_providers),
    Route("GET", "/v1/catalog/print_providers/{provider}.json", "print_providers.read", _show_provider),
    Route("GET", f"/v2{_PAIR}/shipping.json", "catalog.read", _methods),
    Route("GET", f"/v2{_PAIR}/shipping/{{method}}.json", "catalog.read", _plans),
    Route("GET", f"{_SHOP}/products.json", "products.read", products.list_products),
    Route("POST", f"{_SHOP}/products.json", "products.write", products.create_product),
    Route("GET", f"{_PRODUCT}.json", "products.read", products.show_product),
    Route("PUT", f"{_PRODUCT}.json", "products.write", products.change_product),
    Route("DELETE", f"{_PRODUCT}.json", "products.write", products.delete_product),
    Route("POST", f"{_PRODUCT}/publish.json", "products.write", products.publish),
    Route("POST", f"{_PRODUCT}/publishing_succeeded.json", "products.write", products.unlock),
    Route("POST", f"{_PRODUCT}/publishing_failed.json", "products.write", products.unlock),
    Route("POST", f"{_PRODUCT}/unpublish.json", "products.write", products.unlock),
    Route("GET", f"{_SHOP}/orders.json", "orders.read", orders.list_orders),
    Route("POST", f"{_SHOP}/orders.json", "orders.write", orders.create_order, files=wanted_files),
    Route("POST", f"{_SHOP}/orders/express.json", "orders.write", orders.create_express),
    Route("POST", f"{_SHOP}/orders/shipping.json", "orders.read", orders.quote_shipping),
    Route("GET", f"{_ORDER}.json", "orders.read", orders.show_order),
    Route("POST", f"{_ORDER}/send_to_production.json", "orders.write", orders.send_to_production),
    Route("POST", f"{_ORDER}/cancel.json", "orders.write", orders.cancel),
    Route("POST", f"{_ORDER}/support-requests/reprint", "orders.write", support.ask_reprint, 201),
    Route("POST", f"{_ORDER}/support-requests/refund", "orders.write", support.ask_refund, 201),
    Route("POST", f"{_ORDER}/support-requests/address-change", "orders.write", support.change_address),
    Route("GET", f"{_ORDER}/support-requests", "orders.read", support.list_requests),
    Route("GET", f"{_ORDER}/support-requests/{{request}}", "orders.read", support.show_request),
    Route("GET", "/v1/uploads.json", "uploads.read", uploads.list_uploads),
    Route("POST", "/v1/uploads/images.json", "uploads.write", uploads.upload, files=uploads.wanted_files),
    Route("GET", "/v1/uploads/{upload}.json", "uploads.read", uploads.show_upload),
    Route("POST", "/v1/uploads/{upload}/archive.json", "uploads.write", uploads.archive),
    Route("GET", f"{_SHOP}/webhooks.json", "webhooks.read", webhooks.list_webhooks),
    Route("POST", f"{_SHOP}/webhooks.json", "webhooks.write", webhooks.create_webhook),
    Route("PUT", f"{_SHOP}/webhooks/{{webhook}}.json", "webhooks.write", webhooks.change_webhook),
    Route("DELETE", f"{_SHOP}/webhooks/{{webhook}}.json", "webhooks.write", webhooks.delete_webhook),
    Route("POST", f"{_SHOP}/webhooks/{{webhook}}/simulate", "webhooks.write", webhooks.simulate),
)  # fmt: skip
"""The first match counts."""
