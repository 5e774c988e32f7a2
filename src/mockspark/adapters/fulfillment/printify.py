"""Printify: orders as drafts under manual approval, designs with the line or as products made first."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import quote as quoted

from attrs import evolve, field, frozen

from mockspark.adapters.fulfillment.printify_catalog import Catalog
from mockspark.adapters.fulfillment.printify_quotes import narrowed, read_prices
from mockspark.adapters.fulfillment.printify_refusals import DUPLICATE, read_refusal, rejected
from mockspark.adapters.fulfillment.printify_reports import (
    CANCELLABLE,
    SYSTEM,
    UNFINISHED,
    Page,
    read_age,
    read_created,
    read_page,
    read_report,
)
from mockspark.adapters.fulfillment.printify_requests import (
    MAX_LINES,
    Json,
    Method,
    PrintifyOptions,
    Strategy,
    ensure_sendable,
    options_of,
    order_body,
    product_body,
    product_note,
    quote_body,
    strategy,
    upload_body,
)
from mockspark.adapters.fulfillment.printify_webhooks import TOPICS, read_hint, verify
from mockspark.adapters.plugins import Account, ProviderPlugin
from mockspark.adapters.remote import Answer
from mockspark.application.errors import NotAuthorized, Unavailable
from mockspark.application.forms import Form, form_of, option
from mockspark.application.ports.fulfillment import (
    CancelAnswer,
    Hint,
    ProviderProduct,
    Quote,
    WebhookDelivery,
)
from mockspark.application.ports.jobs import Rate
from mockspark.domain.identity import ExternalRef, SubmissionId
from mockspark.domain.submission import (
    FileLink,
    ProviderOrder,
    ProviderReport,
    Stage,
    SubmissionLine,
    SubmissionRequest,
)

T = TypeVar("T")

_PER_PAGE: Final = 10
_MOST_PAGES: Final = 500
# Their clock and ours may disagree.
_CLOCK_MARGIN: Final = timedelta(minutes=10)
_SOON: Final = timedelta(seconds=15)
_DONE: Final = frozenset({Stage.ACCEPTED, Stage.IN_PRODUCTION, Stage.PACKED, Stage.DONE})


def _currency(text: str) -> str:
    return text.strip().upper()


@frozen(kw_only=True)
class PrintifySettings:
    """An account: one shop of one Printify user."""

    token: str = option(
        "API token",
        secret=True,
        help="Printify: My Profile > Connections. It lives a year.",
        converter=str.strip,
    )
    shop_id: str = option(
        "Shop id", help="The number of the Printify shop that takes the orders.", converter=str.strip
    )
    currency: str = option(
        "Currency", default="USD", help="What Printify charges the account in.", converter=_currency
    )


@frozen
class Printify:
    """One Printify shop."""

    account: Account[PrintifySettings]
    _catalog: Catalog = field(init=False, repr=False)

    @_catalog.default
    def _its_catalog(self) -> Catalog:
        return Catalog(remote=self.account.remote, clock=self.account.clock)

    async def prepare(self, request: SubmissionRequest) -> Mapping[str, str]:
        """Upload the pictures and make the products that the order needs; what is noted is not made again."""
        ensure_sendable(request)
        method = options_of(request).shipping_method
        lines = [line for line in request.lines if strategy(line, method) is Strategy.PRODUCT]
        missing = [line for line in lines if product_note(line) not in request.notes]
        uploads: dict[str, str] = {}
        return {product_note(line): await self._make_product(line, uploads) for line in missing}

    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        """Place a draft under our own id; an order that has the id already is adopted."""
        complete = evolve(request, notes={**request.notes, **await self.prepare(request)})
        express = options_of(request).shipping_method is Method.EXPRESS
        path = "/orders/express.json" if express else "/orders.json"
        answer = await self.account.remote.post(self._shop(path), order_body(complete))
        refusal = None if answer.ok else read_refusal(answer)
        if refusal is not None and refusal.code == DUPLICATE and refusal.order_id:
            return await self._adopted(request.id, ExternalRef(SYSTEM, refusal.order_id))
        return _taken(answer).read(read_created)

    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        """Look through the list of orders, newest first: there is no look-up by our id."""
        found: dict[ExternalRef, ProviderOrder] = {}
        for number in range(1, _MOST_PAGES + 1):
            page = await self._page(number)
            found.update({o.order.ref: o.order for o in page.orders if id.hex in o.names})
            if page.last or _is_older(page, since - _CLOCK_MARGIN):
                return list(found.values())
        raise Unavailable("Printify's list of orders is too long to look through")

    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        """Read the whole order."""
        told = await self._order(ref)
        return _taken(told).read(lambda order: read_report(order, self.account.settings.currency))

    async def confirm(self, ref: ExternalRef) -> None:
        """Send a draft to production; one that is there already stays there."""
        answer = await self.account.remote.post(
            self._shop(f"/orders/{_segment(ref)}/send_to_production.json")
        )
        if answer.ok:
            return
        report = await self.fetch(ref)
        if report.raw in UNFINISHED:
            raise Unavailable("Printify still works on the draft", retry_after=_SOON)
        if report.stage not in _DONE:
            raise rejected(answer)

    async def cancel(self, ref: ExternalRef) -> CancelAnswer:
        """Cancel what waits for approval or payment; anything later is Printify's support's business."""
        report = await self.fetch(ref)
        if report.stage is Stage.CANCELED:
            return CancelAnswer(cancelled=True)
        if report.raw not in CANCELLABLE:
            return CancelAnswer(cancelled=False, words=f"Printify cancels no order that is {report.raw}")
        answer = await self.account.remote.post(self._shop(f"/orders/{_segment(ref)}/cancel.json"))
        if not answer.ok:
            return CancelAnswer(cancelled=False, words=str(rejected(answer)))
        return CancelAnswer(cancelled=True)

    async def quote(self, request: SubmissionRequest) -> Quote:
        """Ask what the parcel costs by each method; designs do not matter."""
        ensure_sendable(request)
        answer = await self.account.remote.post(
            self._shop("/orders/shipping.json"), quote_body(request), reading=True
        )
        currency = self.account.settings.currency
        return Quote(shipping=_taken(answer).read(lambda told: read_prices(told, currency)))

    async def form(self, request: SubmissionRequest) -> Form:
        """Return the dialog with the shipping methods that exist for *request*."""
        quote = await self.quote(request)
        return narrowed(form_of(PrintifyOptions), quote.shipping)

    def read_webhook(self, delivery: WebhookDelivery) -> Hint:
        """Verify and read *delivery*."""
        verify(delivery, self.account.hook_secret)
        return read_hint(delivery.body)

    async def subscribe(self, url: str, secret: str) -> None:
        """Have every topic of orders sent to *url*; those that are sent there already are left alone."""
        answer = _taken(await self.account.remote.get(self._shop("/webhooks.json")))
        known = answer.read(lambda told: {(str(hook["topic"]), str(hook["url"])) for hook in told})
        for topic in TOPICS:
            if (topic, url) not in known:
                body = {"topic": topic, "url": url, "secret": secret}
                _taken(await self.account.remote.post(self._shop("/webhooks.json"), body))

    def catalog(self, search: str = "") -> AsyncIterator[ProviderProduct]:
        """Yield blank variants, sold-out ones included."""
        return self._catalog.products(search)

    async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
        """Tell for each variant whether it can be printed now; answers are kept for a few minutes."""
        return await self._catalog.available(keys)

    async def check(self) -> str:
        """Name the shop; raises NotAuthorized when the token does not reach it."""
        answer = _taken(await self.account.remote.get("/v1/shops.json"))
        shops = answer.read(lambda told: {str(shop["id"]): str(shop["title"]) for shop in told})
        wanted = self.account.settings.shop_id
        if wanted not in shops:
            reached = ", ".join(f"{number} ({title})" for number, title in shops.items()) or "no shop"
            raise NotAuthorized(f"the token does not reach shop {wanted}; it reaches {reached}")
        return f"Printify shop {shops[wanted]}"

    async def _adopted(self, id: SubmissionId, ref: ExternalRef) -> Sequence[ProviderOrder]:  # noqa: A002
        """Return every order of *id*: a refusal names one, and Express may have made two."""
        since = _taken(await self._order(ref)).read(read_age)
        return await self.find(id, since=since) or [ProviderOrder(ref=ref, draft=True)]

    async def _make_product(self, line: SubmissionLine, uploads: dict[str, str]) -> str:
        for file in line.files:
            if file.sha256 not in uploads:
                uploads[file.sha256] = await self._upload(file)
        pictures = {file.area: uploads[file.sha256] for file in line.files}
        return await self._make(self._shop("/products.json"), product_body(line, pictures))

    async def _upload(self, file: FileLink) -> str:
        return await self._make("/v1/uploads/images.json", upload_body(file))

    async def _make(self, path: str, body: Json) -> str:
        """Make something that nobody prints: a second one does no harm, so a lost answer is no riddle."""
        return _taken(await self.account.remote.post(path, body, reading=True)).read(_id)

    async def _page(self, number: int) -> Page:
        params: dict[str, str | int] = {"limit": _PER_PAGE, "page": number}
        return _taken(await self.account.remote.get(self._shop("/orders.json"), params)).read(read_page)

    async def _order(self, ref: ExternalRef) -> Answer:
        return await self.account.remote.get(self._shop(f"/orders/{_segment(ref)}.json"))

    def _shop(self, path: str) -> str:
        return f"/v1/shops/{quoted(self.account.settings.shop_id, safe='')}{path}"


def _taken(answer: Answer) -> Answer:
    if not answer.ok:
        raise rejected(answer)
    return answer


def _id(told: Json) -> str:
    return str(told["id"])


def _segment(ref: ExternalRef) -> str:
    return quoted(ref.id, safe="")


def _is_older(page: Page, moment: datetime) -> bool:
    return all(order.created_at is not None and order.created_at < moment for order in page.orders)


def _headers(settings: PrintifySettings) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {settings.token}"}


PLUGIN: Final = ProviderPlugin(
    key="printify",
    title="Printify",
    base_url="https://api.printify.com",
    settings=PrintifySettings,
    options=PrintifyOptions,
    headers=_headers,
    build=Printify,
    max_lines=MAX_LINES,
    warning=(
        "Set the order approval of the Printify store to Manual: a new store sends every order to production by "
        "itself after 24 hours, so a draft could be printed that nobody sent."
    ),
    denied="make a new token under My Profile > Connections, with access to orders, products, uploads and the catalog",
    # Printify allows 600 calls a minute, of which 100 for the catalogue.
    rates={"": Rate(limit=570, burst=15), "/v1/catalog": Rate(limit=94, burst=4)},
)
