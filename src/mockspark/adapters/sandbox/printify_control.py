"""Routes under `/__sandbox__/`: what a test or a developer does to the local Printify, and what it has seen."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import msgspec

from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_catalogue import Json
from mockspark.adapters.sandbox.printify_door import Answered, Asked
from mockspark.adapters.sandbox.printify_faults import read_fault
from mockspark.adapters.sandbox.printify_state import stamp
from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue

CONTROL: Final = "/__sandbox__/"
Act = Callable[[PrintifySandbox, Mapping[str, str], Any], Any]


def answer_control(sandbox: PrintifySandbox, asked: Asked) -> Answered:
    """Answer a control call; a wrong one says what is wrong."""
    for (method, pattern), act in _ACTS.items():
        match = re.fullmatch(pattern, asked.path.removeprefix(CONTROL))
        if match and method == asked.method:
            return _told(sandbox, act, match.groupdict(), asked.body)
    return _answered(404, {"error": "There is no such control route."})


def _told(sandbox: PrintifySandbox, act: Act, path: Mapping[str, str], raw: bytes) -> Answered:
    try:
        return _answered(200, act(sandbox, path, msgspec.json.decode(raw) if raw else {}))
    except NotFound as e:
        return _answered(404, {"error": str(e)})
    except (InvalidValue, msgspec.DecodeError, KeyError, TypeError, ValueError) as e:
        return _answered(400, {"error": str(e)})


def _answered(status: int, body: object) -> Answered:
    return Answered(
        status=status, body=msgspec.json.encode(body), headers={"Content-Type": "application/json"}
    )


def _reset(sandbox: PrintifySandbox, _: Mapping[str, str], body: Any) -> Json:
    sandbox.reset(body.get("seed"))
    return _state(sandbox, {}, {})


def _state(sandbox: PrintifySandbox, _: Mapping[str, str], __: Any) -> Json:
    return {
        "now": stamp(sandbox.agenda.now()),
        "seed": sandbox.world.seed,
        "settings": _plain(sandbox),
        "accounts": [
            {
                "id": account.id,
                "title": account.title,
                "shops": [{"id": shop.id, "title": shop.title} for shop in account.shops.values()],
                "answered": account.answered,
                "refused": account.refused,
                "error_share": account.error_share,
            }
            for account in sandbox.world.accounts.values()
        ],
    }


def _plain(sandbox: PrintifySandbox) -> Json:
    return attrs.asdict(sandbox.world.settings)


def _advance_clock(sandbox: PrintifySandbox, _: Mapping[str, str], body: Any) -> Json:
    sandbox.advance(float(body["seconds"]))
    return {"now": stamp(sandbox.agenda.now())}


def _advance_order(sandbox: PrintifySandbox, path: Mapping[str, str], body: Any) -> Json:
    return sandbox.advance_order(path["order"], str(body["to"]), lines=body.get("lines"))


def _tick(sandbox: PrintifySandbox, path: Mapping[str, str], _: Any) -> Json:
    return {"moved": sandbox.tick(path.get("order"))}


def _add_faults(sandbox: PrintifySandbox, _: Mapping[str, str], body: Any) -> Json:
    faults = [read_fault(raw) for raw in (body if isinstance(body, list) else [body])]
    sandbox.faults.waiting += faults
    return {"waiting": len(sandbox.faults.waiting)}


def _clear_faults(sandbox: PrintifySandbox, _: Mapping[str, str], __: Any) -> Json:
    sandbox.faults.waiting.clear()
    return {"waiting": 0}


def _requests(sandbox: PrintifySandbox, _: Mapping[str, str], __: Any) -> list[Json]:
    return list(sandbox.requests)


def _deliveries(sandbox: PrintifySandbox, _: Mapping[str, str], __: Any) -> Json:
    sent = [delivery.as_json() for delivery in sandbox.world.deliveries.all]
    return {"deliveries": sent, "lost": sandbox.world.lost}


def _change_deliveries(sandbox: PrintifySandbox, _: Mapping[str, str], body: Any) -> Json:
    """Hold deliveries back, let them go in some order, or send each more than once."""
    deliveries = sandbox.world.deliveries
    deliveries.copies = int(body.get("copies", deliveries.copies))
    if body.get("hold"):
        deliveries.pause()
    if "release" in body:
        deliveries.release(body["release"])
    return {"copies": deliveries.copies, "held": deliveries.paused}


def _repeat(sandbox: PrintifySandbox, path: Mapping[str, str], _: Any) -> Json:
    return sandbox.world.deliveries.again(int(path["number"])).as_json()


def _stock(sandbox: PrintifySandbox, _: Mapping[str, str], body: Any) -> Json:
    key = (body["blueprint_id"], body["print_provider_id"], body["variant_id"])
    sandbox.stock(*key, available=bool(body["available"]))
    return {"available": sandbox.world.available(key)}


def _trouble(sandbox: PrintifySandbox, _: Mapping[str, str], body: Any) -> Json:
    sandbox.trouble(body["sku_or_variant"], body.get("status"))
    return dict(sandbox.world.troubles)


def _settings(sandbox: PrintifySandbox, _: Mapping[str, str], body: Any) -> Json:
    sandbox.set(**body)
    return _plain(sandbox)


def _approval(sandbox: PrintifySandbox, path: Mapping[str, str], body: Any) -> Json:
    sandbox.approve_after(int(path["shop"]), body["hours"])
    return {"hours": body["hours"]}


def _orders(sandbox: PrintifySandbox, _: Mapping[str, str], __: Any) -> list[Json]:
    return sandbox.orders()


_ACTS: Final[Mapping[tuple[str, str], Act]] = {
    ("GET", "state"): _state,
    ("POST", "reset"): _reset,
    ("POST", "clock/advance"): _advance_clock,
    ("GET", "orders"): _orders,
    ("POST", "orders/(?P<order>[^/]+)/advance"): _advance_order,
    ("POST", "orders/(?P<order>[^/]+)/tick"): _tick,
    ("POST", "tick"): _tick,
    ("POST", "faults"): _add_faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _requests,
    ("GET", "deliveries"): _deliveries,
    ("POST", "deliveries"): _change_deliveries,
    ("POST", "deliveries/(?P<number>[0-9]+)/repeat"): _repeat,
    ("POST", "stock"): _stock,
    ("POST", "troubles"): _trouble,
    ("POST", "settings"): _settings,
    ("POST", "shops/(?P<shop>[0-9]+)/approval"): _approval,
}
