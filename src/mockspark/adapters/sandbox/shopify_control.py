"""What only a sandbox has, under `/__sandbox__/`: shops, orders, time, faults and what happened."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox.faults import read_fault
from mockspark.adapters.sandbox.shopify import ShopifySandbox
from mockspark.adapters.sandbox.shopify_merchant import Merchant
from mockspark.adapters.sandbox.shopify_orders import RefundPart, read_draft, read_line
from mockspark.adapters.sandbox.shopify_samples import SAMPLE_VARIANTS
from mockspark.adapters.sandbox.shopify_shipping import Refused
from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue

Json = dict[str, Any]
AnyRequest = Request[Any, Any, Any]
_ROOT: Final = "/__sandbox__"


def _refused(_: AnyRequest, e: Exception) -> Response[Json]:
    status = 404 if isinstance(e, NotFound) else 422
    return Response(content={"error": str(e) or repr(e)}, status_code=status)


def _refusal(_: AnyRequest, e: Refused) -> Response[Json]:
    return Response(content={"error": e.message}, status_code=422)


_PROBLEMS: Final[Any] = {NotFound: _refused, InvalidValue: _refused, Refused: _refusal}


def control_routes(sandbox: ShopifySandbox) -> list[BaseRouteHandler]:
    """Return the routes that steer *sandbox*."""
    return [*_world_routes(sandbox), *_order_routes(sandbox), *_delivery_routes(sandbox)]


def _world_routes(sandbox: ShopifySandbox) -> list[BaseRouteHandler]:
    @post(f"{_ROOT}/reset", status_code=200, exception_handlers=_PROBLEMS)
    async def reset(data: JSONBody[Json | None] = None) -> Json:
        sandbox.reset(int((data or {}).get("seed", sandbox.seed)))
        return {"seed": sandbox.seed}

    @post(f"{_ROOT}/clock/advance", status_code=200, exception_handlers=_PROBLEMS)
    async def advance(data: JSONBody[Json]) -> Json:
        now = sandbox.advance(float(data.get("seconds", 0)))
        await sandbox.settle()
        return {"now": now.isoformat()}

    @post(f"{_ROOT}/shops", status_code=201, exception_handlers=_PROBLEMS)
    async def open_shop(data: JSONBody[Json]) -> Json:
        return _opened(sandbox, data)

    @get(f"{_ROOT}/shops", exception_handlers=_PROBLEMS)
    async def shops() -> list[Json]:
        return [
            {"domain": store.domain, "orders": len(store.orders), "apps": sorted(store.installed)}
            for store in sandbox.stores.values()
        ]

    @post(f"{_ROOT}/faults", status_code=201, exception_handlers=_PROBLEMS)
    async def add_fault(data: JSONBody[Json]) -> Json:
        fault = read_fault(data)
        sandbox.faults.add(fault)
        return attrs.asdict(fault)

    @get(f"{_ROOT}/requests")
    async def requests() -> list[Json]:
        return [attrs.asdict(asked) for asked in sandbox.asked]

    return [reset, advance, open_shop, shops, add_fault, requests]


def _opened(sandbox: ShopifySandbox, data: Json) -> Json:
    values = dict(data)
    if "scopes" in values:
        values["scopes"] = frozenset(values["scopes"])
    if "redirect_uris" in values:
        values["redirect_uris"] = tuple(values["redirect_uris"])
    try:
        opened = sandbox.open_shop(**values)
    except TypeError as e:
        raise InvalidValue(f"no such shop: {e}") from e
    return {
        "domain": opened.domain,
        "client_id": opened.client_id,
        "client_secret": opened.client_secret,
        "access_token": opened.access_token,
        "api": f"{sandbox.base_url}/admin/api",
    }


def _order_routes(sandbox: ShopifySandbox) -> list[BaseRouteHandler]:
    @post(f"{_ROOT}/shops/{{domain:str}}/orders", status_code=201, exception_handlers=_PROBLEMS)
    async def place(domain: FromPath[str], data: JSONBody[Json]) -> Json:
        merchant = sandbox.merchant(domain)
        return bodies.order_body(merchant.store, merchant.place(read_draft(data)))

    @get(f"{_ROOT}/shops/{{domain:str}}/orders", exception_handlers=_PROBLEMS)
    async def orders(domain: FromPath[str]) -> list[Json]:
        store = sandbox.store(domain)
        return [bodies.order_body(store, order) for order in store.orders.values()]

    @post(
        f"{_ROOT}/shops/{{domain:str}}/orders/{{order:int}}/{{act:str}}",
        status_code=200,
        exception_handlers=_PROBLEMS,
    )
    async def change(
        domain: FromPath[str], order: FromPath[int], act: FromPath[str], data: JSONBody[Json | None] = None
    ) -> Json:
        merchant = sandbox.merchant(domain)
        if act not in _ACTS:
            raise InvalidValue(f"a merchant can {', '.join(sorted(_ACTS))}")
        _ACTS[act](merchant, order, data or {})
        return bodies.order_body(merchant.store, merchant.order(order))

    @post(f"{_ROOT}/shops/{{domain:str}}/samples", status_code=201, exception_handlers=_PROBLEMS)
    async def place_samples(domain: FromPath[str], data: JSONBody[Json | None] = None) -> list[Json]:
        return _placed(sandbox, domain, data or {})

    @get(f"{_ROOT}/catalog")
    async def catalog() -> list[Json]:
        return [attrs.asdict(variant) for variant in SAMPLE_VARIANTS]

    return [place, orders, change, place_samples, catalog]


def _placed(sandbox: ShopifySandbox, domain: str, data: Json) -> list[Json]:
    placed = sandbox.place_all(int(data.get("count", 50)), domain)
    if data.get("follow_up"):
        sandbox.merchant(domain).follow_up(placed)
    return [
        {
            "order": each.order.id,
            "name": each.order.name,
            "scenario": each.sample.scenario,
            "expected": {str(line): outcome for line, outcome in each.expected.items()},
            "then": each.sample.then,
        }
        for each in placed
    ]


def _edit(merchant: Merchant, order: int, data: Json) -> object:
    reduce = {int(line): int(units) for line, units in data.get("reduce", {}).items()}
    return merchant.edit(order, add=[read_line(raw) for raw in data.get("add", ())], reduce=reduce)


def _refund(merchant: Merchant, order: int, data: Json) -> object:
    parts = [RefundPart(**raw) for raw in data.get("parts", ())]
    amount = Decimal(str(data["amount"])) if "amount" in data else None
    return merchant.refund(order, parts=parts, amount=amount)


_ACTS: Final[Mapping[str, Callable[[Merchant, int, Json], object]]] = {
    "pay": lambda merchant, order, _: merchant.pay(order),
    "edit": _edit,
    "refund": _refund,
    "cancel": lambda merchant, order, data: merchant.cancel(order, **data),
    "address": lambda merchant, order, data: merchant.move_to(order, **data),
    "note": lambda merchant, order, data: merchant.annotate(order, **data),
    "route": lambda merchant, order, _: merchant.route(order),
    "hold": lambda merchant, order, data: merchant.hold(order, **data),
    "release": lambda merchant, order, _: merchant.release(order),
    "ship": lambda merchant, order, data: merchant.ship(order, **data),
    "request-data": lambda merchant, order, _: merchant.request_data(order),
    "redact": lambda merchant, order, _: merchant.redact_buyer(order),
}
"""What a person of the shop can do with an order, by the last word of the address."""


def _delivery_routes(sandbox: ShopifySandbox) -> list[BaseRouteHandler]:
    @get(f"{_ROOT}/deliveries")
    async def deliveries() -> list[Json]:
        return [delivery.as_json() for delivery in sandbox.deliveries.all]

    @post(f"{_ROOT}/deliveries/{{number:int}}/again", status_code=200, exception_handlers=_PROBLEMS)
    async def again(number: FromPath[int]) -> Json:
        return sandbox.deliveries.again(number).as_json()

    @post(f"{_ROOT}/deliveries/pause", status_code=200)
    async def pause() -> Json:
        sandbox.deliveries.pause()
        return {"paused": True}

    @post(f"{_ROOT}/deliveries/release", status_code=200, exception_handlers=_PROBLEMS)
    async def release(data: JSONBody[Json | None] = None) -> Json:
        sandbox.deliveries.release(str((data or {}).get("order", "as_sent")))
        return {"paused": False}

    @post(f"{_ROOT}/deliveries/copies", status_code=200)
    async def copies(data: JSONBody[Json]) -> Json:
        sandbox.deliveries.copies = max(int(data.get("copies", 1)), 1)
        return {"copies": sandbox.deliveries.copies}

    @post(f"{_ROOT}/settle", status_code=200)
    async def settle() -> Json:
        await sandbox.settle()
        return {"now": sandbox.now().isoformat()}

    @post(f"{_ROOT}/shops/{{domain:str}}/uninstall", status_code=200, exception_handlers=_PROBLEMS)
    async def uninstall(domain: FromPath[str]) -> Json:
        store = sandbox.store(domain)
        for client_id in sorted(store.installed):
            sandbox.uninstall(domain, client_id)
        return {"domain": domain}

    return [deliveries, again, pause, release, copies, settle, uninstall]
