"""Requests for support: reprint, refund, another address."""

from typing import Any, Final

from mockspark.adapters.sandbox.printify_catalogue import Json
from mockspark.adapters.sandbox.printify_errors import bad_choice, misshapen, missing, not_found, required
from mockspark.adapters.sandbox.printify_lines import read_address
from mockspark.adapters.sandbox.printify_orders import find_order
from mockspark.adapters.sandbox.printify_progress import SENDABLE
from mockspark.adapters.sandbox.printify_state import Call, among, stamp
from mockspark.adapters.sandbox.printify_webhooks import tell

REASONS: Final = frozenset({
    "image_quality", "incorrect_item", "shipping_issues", "stained_or_damaged_item", "wrong_color_or_size",
    "wrong_design",
})  # fmt: skip
_LONGEST: Final = 400
_MOST_PICTURES: Final = 5


def ask_reprint(call: Call) -> Json:
    """Ask for another print."""
    return _ask(call, "reprint")


def ask_refund(call: Call) -> Json:
    """Ask for money back."""
    return _ask(call, "refund")


def _ask(call: Call, kind: str) -> Json:
    raw = call.fields
    if not among(raw.get("reason"), REASONS):
        raise bad_choice("reason")
    if not raw.get("description"):
        raise missing({"description": required("description")})
    if len(str(raw["description"])) > _LONGEST:
        raise misshapen(f"The description may not be greater than {_LONGEST} characters.")
    pictures = raw.get("image_urls") or []
    if not isinstance(pictures, list) or len(pictures) > _MOST_PICTURES:
        raise misshapen(f"The image urls may not have more than {_MOST_PICTURES} items.")
    return _keep(call, kind, {"reason": raw["reason"], "description": raw["description"]})


def _keep(call: Call, kind: str, more: dict[str, Any]) -> Json:
    order = find_order(call)
    request = {
        "id": call.world.id("support request"),
        "type": kind,
        "order_id": order.id,
        "status": "open",
        "created_at": stamp(call.world.now()),
        **more,
    }
    call.shop.support_requests[request["id"]] = request
    data = {"shop_id": call.shop.id, "status": "open"}
    tell(call.world, call.shop, "support-request:updated",
         {"id": request["id"], "type": "support-request", "data": data})  # fmt: skip
    return request


def change_address(call: Call) -> tuple[int, Json]:
    """Change the address at once before production, ask somebody to do so afterwards."""
    order, address = find_order(call), read_address(call)
    if order.status in SENDABLE:
        order.address = address
        return 200, {"resolution": "updated_directly"}
    return 201, {"resolution": "support_request_created"} | _keep(
        call, "address-change", {"address_to": address}
    )


def list_requests(call: Call) -> list[Json]:
    """Answer an order's requests."""
    order = find_order(call)
    return [request for request in call.shop.support_requests.values() if request["order_id"] == order.id]


def show_request(call: Call) -> Json:
    """Answer one request."""
    found = call.shop.support_requests.get(call.path["request"])
    if found is None or found["order_id"] != call.path["order"]:
        raise not_found()
    return found
