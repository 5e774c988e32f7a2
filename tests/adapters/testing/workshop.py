"""A provider with every ability, and its API in a few lines: what the kit is tried on."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
from attrs import frozen

from mockspark.adapters.plugins import Account, ProviderPlugin
from mockspark.adapters.remote import Answer
from mockspark.adapters.testing.fulfillment import FulfillmentProviderConformance
from mockspark.adapters.testing.provider_bench import HOOK_URL
from mockspark.adapters.testing.scenarios import Scenario
from mockspark.application.errors import NotAuthorized, Rejected
from mockspark.application.forms import Form, form_of, option
from mockspark.application.ports.fulfillment import (
    CancelAnswer,
    Hint,
    ProviderProduct,
    Quote,
    WebhookDelivery,
)
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.submission import (
    LineReport,
    Parcel,
    ProviderOrder,
    ProviderReport,
    Stage,
    SubmissionRequest,
)

STAGES = {
    "draft": Stage.DRAFT,
    "printing": Stage.IN_PRODUCTION,
    "shipped": Stage.DONE,
    "canceled": Stage.CANCELED,
    "blocked": Stage.STUCK,
}
WORDS = {
    Scenario.PRINTS: "printing",
    Scenario.SHIPS: "shipped",
    Scenario.CANCELED: "canceled",
    Scenario.STUCK: "blocked",
    Scenario.SAYS_SOMETHING_NEW: "daydreaming",
}


@frozen(kw_only=True)
class WorkshopSettings:
    token: str = option("Token", secret=True)
    copies: int = option("Copies of the invoice", default=1)


@frozen(kw_only=True)
class WorkshopOptions:
    method: str = option("Shipping method", default="standard")
    note: str = option("Note", default="")


@frozen
class Workshop:
    account: Account[WorkshopSettings]

    async def prepare(self, request: SubmissionRequest) -> Mapping[str, str]:
        missing = [line for line in request.lines if line.key not in request.notes]
        return {line.key: await self.make(line.key) for line in missing}

    async def make(self, key: str) -> str:
        return str(
            taken(await self.account.remote.post("/products", {"for": key})).read(lambda told: told["id"])
        )

    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        notes = {**request.notes, **await self.prepare(request)}
        answer = await self.account.remote.post("/orders", self.body(request, notes))
        if answer.status == httpx.codes.CONFLICT:
            return answer.read(orders)
        return taken(answer).read(orders)

    def body(self, request: SubmissionRequest, notes: Mapping[str, str]) -> dict[str, Any]:
        lines = [
            {"id": line.key, "product": notes[line.key], "quantity": line.quantity} for line in request.lines
        ]
        return {"name": request.external_id, "lines": lines, **request.options}

    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        answer = taken(await self.account.remote.get("/orders", {"name": id.hex, "since": since.isoformat()}))
        return answer.read(
            lambda told: orders({"orders": [o for o in told["orders"] if o["name"] == id.hex]})
        )

    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        return taken(await self.account.remote.get(f"/orders/{ref.id}")).read(report)

    async def confirm(self, ref: ExternalRef) -> None:
        answer = await self.account.remote.post(f"/orders/{ref.id}/confirm")
        if answer.status != httpx.codes.CONFLICT:
            taken(answer)

    async def cancel(self, ref: ExternalRef) -> CancelAnswer:
        if (await self.fetch(ref)).stage is Stage.CANCELED:
            return CancelAnswer(cancelled=True)
        answer = await self.account.remote.post(f"/orders/{ref.id}/cancel")
        return CancelAnswer(cancelled=answer.ok, words=words(answer))

    async def quote(self, request: SubmissionRequest) -> Quote:
        answer = await self.account.remote.post("/prices", {"lines": len(request.lines)}, reading=True)
        return taken(answer).read(
            lambda told: Quote(
                shipping={"standard": Money(minor=told["standard"], currency=request.currency)}
            )
        )

    async def form(self, request: SubmissionRequest) -> Form:
        await self.quote(request)
        return form_of(WorkshopOptions)

    async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
        stock = taken(await self.account.remote.get("/variants")).read(lambda told: set(told["in_stock"]))
        return [key["variant_id"] in stock for key in keys]

    async def catalog(self, search: str = "") -> AsyncIterator[ProviderProduct]:
        for blank in taken(await self.account.remote.get("/catalog")).read(lambda told: list(told["blanks"])):
            if search in blank["title"]:
                yield ProviderProduct(keys={"variant_id": blank["id"]}, title=blank["title"])

    async def check(self) -> str:
        return taken(await self.account.remote.get("/account")).read(lambda told: str(told["title"]))

    async def subscribe(self, url: str, secret: str) -> None:
        known = taken(await self.account.remote.get("/hooks")).read(lambda told: set(told["urls"]))
        if url not in known:
            taken(await self.account.remote.post("/hooks", {"url": url, "secret": secret}))

    def read_webhook(self, delivery: WebhookDelivery) -> Hint:
        if not self.genuine(delivery):
            raise NotAuthorized("the signature is wrong")
        try:
            told = json.loads(delivery.body)
            return Hint(delivery_id=str(told["delivery"]), refs=(ExternalRef("workshop", told["order"]),))
        except (ValueError, LookupError, TypeError) as problem:
            raise Rejected("it makes no sense") from problem

    def genuine(self, delivery: WebhookDelivery) -> bool:
        given = delivery.headers.get("x-workshop-signature", "")
        secret = self.account.hook_secret
        return bool(secret) and hmac.compare_digest(given, signature(secret, delivery.body))


def taken(answer: Answer) -> Answer:
    if not answer.ok:
        raise Rejected(words(answer), reason=HoldReason.PROVIDER_REJECTED)
    return answer


def words(answer: Answer) -> str:
    return str(json.loads(answer.body or b"{}").get("why", "refused"))


def orders(told: Any) -> list[ProviderOrder]:
    return [ProviderOrder(ref=ExternalRef("workshop", order["id"]), draft=True) for order in told["orders"]]


def report(told: Any) -> ProviderReport:
    stage = STAGES.get(told["status"], Stage.UNKNOWN)
    stuck = stage is Stage.STUCK
    return ProviderReport(
        ref=ExternalRef("workshop", told["id"]),
        stage=stage,
        raw=told["status"],
        lines=tuple(LineReport(key=line["id"], stage=stage, raw=told["status"]) for line in told["lines"]),
        parcels=tuple(Parcel(number=p["number"], lines=((p["line"], p["count"]),)) for p in told["parcels"]),
        hold=HoldReason.PROVIDER_HOLD if stuck else None,
    )


def signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


PLUGIN = ProviderPlugin(
    key="workshop",
    title="Workshop",
    base_url="https://api.workshop.test",
    settings=WorkshopSettings,
    options=WorkshopOptions,
    headers=lambda settings: {"Authorization": f"Bearer {settings.token}"},
    build=Workshop,
)


class WorkshopKit(FulfillmentProviderConformance):
    plugin = PLUGIN
    settings = {"token": "s3cret-token", "copies": "2"}
    hook_body = b'{"delivery": 7, "order": "W-1"}'

    def sign(self, body: bytes) -> Mapping[str, str]:
        return {"x-workshop-signature": signature(self.hook_secret, body)}

    def remote(self, request: httpx.Request, scenario: Scenario) -> httpx.Response:
        empty = scenario is Scenario.KNOWS_NOTHING
        match request.method, request.url.path:
            case "POST", "/orders":
                return self.take(scenario)
            case "GET", "/orders":
                return httpx.Response(200, json={"orders": [] if empty else [self.shown(scenario)]})
            case _, path if path.startswith("/orders/"):
                return self.about(request.method, path, scenario)
            case _, path:
                return httpx.Response(200, json=self.fixed(path, scenario))

    def take(self, scenario: Scenario) -> httpx.Response:
        if scenario is Scenario.REFUSES:
            return httpx.Response(422, json={"why": "the mug is out of stock"})
        status = 409 if scenario is Scenario.KNOWS_IT_ALREADY else 201
        return httpx.Response(status, json={"orders": [{"id": "W-1"}]})

    def about(self, method: str, path: str, scenario: Scenario) -> httpx.Response:
        if not path.startswith("/orders/W-1") or scenario is Scenario.KNOWS_NOTHING:
            return httpx.Response(404, json={"why": "no such order"})
        if method == "POST" and scenario in WORDS:
            return httpx.Response(409, json={"why": f"it is {WORDS[scenario]}"})
        return httpx.Response(200, json=self.shown(scenario))

    def shown(self, scenario: Scenario) -> dict[str, Any]:
        lines = self.order.lines
        parcels = [
            {"number": f"P{n}", "line": line.key, "count": line.quantity} for n, line in enumerate(lines)
        ]
        return {
            "id": "W-1",
            "name": self.order.external_id,
            "status": WORDS.get(scenario, "draft"),
            "lines": [{"id": line.key} for line in lines],
            "parcels": parcels if scenario is Scenario.SHIPS else [],
        }

    def fixed(self, path: str, scenario: Scenario) -> dict[str, Any]:
        told: dict[str, dict[str, Any]] = {
            "/products": {"id": "X-1"},
            "/prices": {"standard": 400},
            "/variants": {"in_stock": [] if scenario is Scenario.KNOWS_NOTHING else ["MUG-11"]},
            "/catalog": {"blanks": [{"id": "MUG-11", "title": "Mug"}]},
            "/account": {"title": "A workshop"},
            "/hooks": {"urls": [HOOK_URL] if scenario is Scenario.SUBSCRIBED else []},
        }
        return told[path]
