"""Printify keeps what every provider promises: its API in a few lines, for the kit."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx

from mockspark.adapters.fulfillment.printify import PLUGIN
from mockspark.adapters.testing.fulfillment import FulfillmentProviderConformance
from mockspark.adapters.testing.provider_bench import HOOK_URL
from mockspark.adapters.testing.scenarios import Scenario

ORDER = "5a96f649b2439217d070f507"
STATUS = {
    Scenario.PRINTS: "in-production",
    Scenario.SHIPS: "fulfilled",
    Scenario.CANCELED: "canceled",
    Scenario.STUCK: "has-issues",
    Scenario.SAYS_SOMETHING_NEW: "folding-paper-cranes",
}
MISSING = httpx.Response(404, json={"error": "Not found", "request_id": "1@2"})


def _error(status: int, code: int, reason: str, **more: Any) -> httpx.Response:
    body = {
        "status": "error",
        "code": code,
        "message": "Validation failed.",
        "errors": {"reason": reason, "code": code},
    }
    return httpx.Response(status, json={**body, **more})


class TestPrintify(FulfillmentProviderConformance):
    """Designs travel with the line."""

    plugin = PLUGIN
    settings = {"token": "s3cret-token", "shop_id": "9876"}
    keys = {"blueprint_id": "9", "print_provider_id": "5", "variant_id": "17887"}
    hook_body = json.dumps({
        "id": "653b6be8", "type": "order:shipment:created", "created_at": "2022-05-17 15:00:00+00:00",
        "resource": {"id": ORDER, "type": "order", "data": {"carrier": {"code": "USPS", "tracking_number": "94"}}},
    }).encode()  # fmt: skip

    def sign(self, body: bytes) -> Mapping[str, str]:
        mac = hmac.new(self.hook_secret.encode(), body, hashlib.sha256).hexdigest()
        return {"x-pfy-signature": f"sha256={mac}"}

    def remote(self, request: httpx.Request, scenario: Scenario) -> httpx.Response:  # noqa: PLR0911 - a table
        path = request.url.path.removeprefix("/v1").removeprefix("/shops/9876")
        if path.startswith("/catalog"):
            return self._catalogue(path, scenario)
        match request.method, path:
            case "GET", "/shops.json":
                return httpx.Response(
                    200, json=[{"id": 9876, "title": "Mugs", "sales_channel": "disconnected"}]
                )
            case "GET", "/webhooks.json":
                return httpx.Response(200, json=self._hooks() if scenario is Scenario.SUBSCRIBED else [])
            case "POST", "/webhooks.json" | "/products.json" | "/uploads/images.json":
                return httpx.Response(200, json={"id": "5cb87a8c"})
            case "POST", "/orders/shipping.json":
                return httpx.Response(200, json={"standard": 1000, "express": 5000, "priority": 5000})
            case "POST", "/orders.json" | "/orders/express.json":
                return self._take(scenario)
            case "GET", "/orders.json":
                known = [] if scenario is Scenario.KNOWS_NOTHING else [self._order(scenario)]
                return httpx.Response(200, json={"current_page": 1, "last_page": 1, "data": known})
            case _:
                return self._about_order(request.method, path, scenario)

    def _take(self, scenario: Scenario) -> httpx.Response:
        if scenario is Scenario.REFUSES:
            return _error(400, 8502, "Shipping method is not supported")
        if scenario is Scenario.KNOWS_IT_ALREADY:
            return _error(409, 8503, "Order already exists.", order={"id": ORDER})
        return httpx.Response(200, json={"id": ORDER})

    def _about_order(self, method: str, path: str, scenario: Scenario) -> httpx.Response:
        if not path.startswith(f"/orders/{ORDER}") or scenario is Scenario.KNOWS_NOTHING:
            return MISSING
        if method == "POST" and scenario in STATUS:
            return _error(400, 8103, "The order is not in a state for that")
        return httpx.Response(200, json=self._order(scenario))

    def _order(self, scenario: Scenario) -> dict[str, Any]:
        status = STATUS.get(scenario, "on-hold")
        lines = [
            {"quantity": line.quantity, "cost": 1050, "status": status, "metadata": {"external_id": line.key}}
            for line in self.order.lines
        ]
        order = {
            "id": ORDER,
            "status": status,
            "metadata": {"shop_order_id": self.order.external_id},
            "total_shipping": 400,
            "created_at": "2026-11-22 11:30:00+00:00",
            "line_items": lines,
        }
        parcels = [{"carrier": "usps", "number": "94001", "url": "http://t.test/94001", "delivered_at": None}]
        return {**order, "shipments": parcels} if scenario is Scenario.SHIPS else order

    def _hooks(self) -> list[dict[str, str]]:
        topics = (
            "order:updated",
            "order:sent-to-production",
            "order:shipment:created",
            "order:shipment:delivered",
        )
        return [{"topic": topic, "url": HOOK_URL, "id": topic, "shop_id": "9876"} for topic in topics]

    def _catalogue(self, path: str, scenario: Scenario) -> httpx.Response:
        if scenario is Scenario.KNOWS_NOTHING:
            return MISSING
        variant = {
            "id": 17887,
            "title": "11oz",
            "placeholders": [{"position": "front", "width": 9, "height": 9}],
        }
        match path.rsplit("/", 1)[-1]:
            case "blueprints.json":
                return httpx.Response(200, json=[{"id": 9, "title": "Mug", "brand": "Generic", "model": "M"}])
            case "print_providers.json":
                return httpx.Response(200, json=[{"id": 5, "title": "ArtGun"}])
            case _:
                return httpx.Response(200, json={"id": 5, "title": "ArtGun", "variants": [variant]})


class TestPrintifyWithProducts(TestPrintify):
    """A product is made for every line first."""

    keys = {**TestPrintify.keys, "design": "product"}


class TestPrintifyExpress(TestPrintify):
    """Express takes existing products only, at an address of its own."""

    options = {"shipping_method": "express"}
