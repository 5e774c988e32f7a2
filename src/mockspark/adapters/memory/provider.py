"""A print shop in memory: it does what it is told, fails when asked to, and remembers what it printed."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, assert_never

from attrs import Factory, define, evolve, field, frozen

from mockspark.application.errors import (
    NotAuthorized,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    PortError,
    Rejected,
    Unavailable,
)
from mockspark.application.forms import Form, answers, form_of, option, read_form
from mockspark.application.ports.fulfillment import (
    CancelAnswer,
    FulfillmentProvider,
    Hint,
    ProviderFacts,
    ProviderProduct,
    Quote,
    WebhookDelivery,
)
from mockspark.domain.catalog import PrintArea
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef, OrderItemId, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.shop import AccountState, Connection
from mockspark.domain.submission import (
    LineReport,
    Parcel,
    ProviderOrder,
    ProviderReport,
    Stage,
    SubmissionLine,
    SubmissionRequest,
)

SYSTEM: Final = "scripted"
HOOK_SECRET: Final = "memory-secret"  # noqa: S105 - signs what this process sends to itself
SIGNATURE: Final = "x-scripted-signature"


@frozen(kw_only=True)
class Unreachable:
    """Nobody answers the door: nothing happens."""


@frozen(kw_only=True)
class Busy:
    """Come back later: nothing happens."""

    retry_after: timedelta | None = None


@frozen(kw_only=True)
class Silent:
    """The answer gets lost; *but_accepted* says whether the call was carried out."""

    but_accepted: bool = False


@frozen(kw_only=True)
class Refuses:
    """The call is understood and refused."""

    words: str = "the variant is not made any more"
    reason: HoldReason = HoldReason.PROVIDER_REJECTED


@frozen(kw_only=True)
class LocksOut:
    """The credentials are refused."""


@frozen(kw_only=True)
class Overlooks:
    """A look-up finds nothing, although there is something."""


Fault = Unreachable | Busy | Silent | Refuses | LocksOut | Overlooks


@frozen(kw_only=True)
class ScriptedSettings:
    """An account of the print shop in memory."""

    token: str = option("Token", default="", secret=True)


@frozen(kw_only=True)
class ScriptedOptions:
    """Its send dialog."""

    shipping_method: str = option("Shipping method", default="standard")
    gift_note: str = option("Gift note", default="")


@define(kw_only=True)
class ScriptedOrder:
    """One order as the print shop has it; *lines* maps a line's key to how far it is."""

    ref: ExternalRef
    request: SubmissionRequest
    members: tuple[SubmissionLine, ...]
    draft: bool
    lines: dict[str, Stage] = Factory(dict)
    parcels: tuple[Parcel, ...] = ()
    hold: HoldReason | None = None
    words: str = ""

    @property
    def stage(self) -> Stage:
        """Return the stage that all lines share, or that of the slowest."""
        return min(self.lines.values(), key=list(Stage).index)


@define(kw_only=True)
class ScriptedProvider:
    """A print shop with every ability.

    *drafts* are confirmed before they are printed. *splits* makes one order per line of a submission.
    *accepts_duplicates* makes a new order however often an id comes. *printed* lists the items that went
    to the printer, once per printing; *calls* the names of the calls, in order.
    """

    drafts: bool = True
    splits: bool = False
    accepts_duplicates: bool = False
    cancels: bool = True
    stock: dict[str, bool] = Factory(dict)
    orders: dict[ExternalRef, ScriptedOrder] = Factory(dict)
    printed: list[OrderItemId] = Factory(list)
    subscribed: list[tuple[str, str]] = Factory(list)
    calls: list[str] = Factory(list)
    products: int = 0
    _faults: list[tuple[str, Fault]] = Factory(list)
    _overlooks: bool = field(default=False, init=False)

    # What a test says

    def next_call(self, *faults: Fault, of: str = "submit") -> None:
        """Let the next calls of the method *of* fail, one fault each."""
        self._faults.extend((of, fault) for fault in faults)

    def advance(self, stage: Stage, *, only: Sequence[str] = (), hold: HoldReason | None = None) -> None:
        """Move every line, or those with the keys *only*, to *stage*."""
        for order in self.orders.values():
            order.hold = hold
            for key in order.lines:
                if not only or key in only:
                    order.lines[key] = stage

    def ship(self, number: str, *, only: Sequence[str] = (), says_lines: bool = True) -> None:
        """Hand lines over in parcel *number*: all of them, or those with the keys *only*."""
        for order in self.orders.values():
            packed = [line for line in order.members if not only or line.key in only]
            if packed:
                lines = tuple((line.key, line.quantity) for line in packed) if says_lines else ()
                parcel = Parcel(number=number, carrier="UPS", url=f"https://track.test/{number}", lines=lines)
                order.parcels = (*order.parcels, parcel)
                order.lines.update(dict.fromkeys((line.key for line in packed), Stage.DONE))

    def delivery(
        self, *refs: ExternalRef, delivery_id: str = "1", at: datetime | None = None
    ) -> WebhookDelivery:
        """Return the signed webhook that hints at *refs*."""
        body = json.dumps({"id": delivery_id, "refs": [ref.id for ref in refs]}).encode()
        moment = at or datetime(2026, 1, 1, tzinfo=UTC)
        return WebhookDelivery(headers={SIGNATURE: _signature(body)}, body=body, received_at=moment)

    # What the application asks

    async def prepare(self, request: SubmissionRequest) -> Mapping[str, str]:
        """Make a product per line that has none yet."""
        await self._called("prepare")
        fresh = [line for line in request.lines if f"product:{line.key}" not in request.notes]
        self.products += len(fresh)
        return {f"product:{line.key}": f"P{line.key[:8]}" for line in fresh}

    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        """Take *request*; the same id is one order unless the script says otherwise."""
        lost = await self._called("submit")
        known = [] if self.accepts_duplicates else self._of(request.id)
        taken = known or ([] if lost is not None and not lost.but_accepted else self._take(request))
        _lose(lost)
        return [_told(order) for order in taken]

    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002, ARG002
        """Return the orders of *id*."""
        _miss(await self._called("find"))
        if self._overlooks:
            return []
        return [_told(order) for order in self._of(id)]

    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        """Tell how far the order is."""
        _miss(await self._called("fetch"))
        return _report(self._order(ref))

    async def confirm(self, ref: ExternalRef) -> None:
        """Print a draft, once."""
        lost = await self._called("confirm")
        if lost is None or lost.but_accepted:
            order = self._order(ref)
            if order.draft:
                self._print(order)
        _lose(lost)

    async def cancel(self, ref: ExternalRef) -> CancelAnswer:
        """Cancel if the script allows it."""
        lost = await self._called("cancel")
        order = self._order(ref)
        if self.cancels and (lost is None or lost.but_accepted):
            order.lines = dict.fromkeys(order.lines, Stage.CANCELED)
        _lose(lost)
        words = "" if self.cancels else "it is on the press already"
        return CancelAnswer(cancelled=self.cancels, words=words)

    async def quote(self, request: SubmissionRequest) -> Quote:
        """Ask 4.00 for the parcel, 1.00 for each further piece in it and 10.00 for each piece."""
        _miss(await self._called("quote"))
        pieces = sum(line.quantity for line in request.lines)
        shipping = Money(minor=400 + 100 * (pieces - 1), currency=request.currency)
        items = Money(minor=1000 * pieces, currency=request.currency)
        return Quote(shipping={"standard": shipping}, items=items)

    async def form(self, request: SubmissionRequest) -> Form:  # noqa: ARG002 - it asks the same of everything
        """Return the dialog."""
        _miss(await self._called("form"))
        return form_of(ScriptedOptions)

    def read_webhook(self, delivery: WebhookDelivery) -> Hint:
        """Read a delivery that `delivery` made."""
        self.calls.append("read_webhook")
        if not hmac.compare_digest(delivery.headers.get(SIGNATURE, ""), _signature(delivery.body)):
            raise NotAuthorized("the signature is wrong")
        try:
            return _hint(json.loads(delivery.body))
        except (ValueError, LookupError, TypeError) as problem:
            raise Rejected("a signed webhook cannot be read") from problem

    async def subscribe(self, url: str, secret: str) -> None:
        """Take *url* down, once."""
        _lose(await self._called("subscribe"))
        if (url, secret) not in self.subscribed:
            self.subscribed.append((url, secret))

    async def catalog(self, search: str = "") -> AsyncIterator[ProviderProduct]:
        """Yield a mug and a shirt."""
        for blank in _BLANKS:
            if search.casefold() in blank.title.casefold():
                yield evolve(blank, available=self._in_stock(blank.keys))

    async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
        """Tell what `stock` says; what it does not name is available."""
        _miss(await self._called("available"))
        return [self._in_stock(key) for key in keys]

    async def check(self) -> str:
        """Return a sentence about the account."""
        _miss(await self._called("check"))
        return f"a print shop in memory with {len(self.orders)} orders"

    # What happens inside

    async def _called(self, method: str) -> Silent | None:
        self.calls.append(method)
        fault = self._next_fault(method)
        self._overlooks = isinstance(fault, Overlooks)
        if isinstance(fault, Silent):
            return fault
        if fault is not None and not isinstance(fault, Overlooks):
            raise _error(fault)
        return None

    def _next_fault(self, method: str) -> Fault | None:
        position = next((n for n, (of, _) in enumerate(self._faults) if of == method), None)
        return None if position is None else self._faults.pop(position)[1]

    def _take(self, request: SubmissionRequest) -> list[ScriptedOrder]:
        groups = [(line,) for line in request.lines] if self.splits else [request.lines]
        return [self._place(request, members) for members in groups]

    def _place(self, request: SubmissionRequest, members: tuple[SubmissionLine, ...]) -> ScriptedOrder:
        order = ScriptedOrder(
            ref=ExternalRef(SYSTEM, f"S-{len(self.orders) + 1}"),
            request=request,
            members=members,
            draft=self.drafts,
            lines=dict.fromkeys((line.key for line in members), Stage.DRAFT),
        )
        self.orders[order.ref] = order
        if not order.draft:
            self._print(order)
        return order

    def _print(self, order: ScriptedOrder) -> None:
        order.draft = False
        order.lines = dict.fromkeys(order.lines, Stage.ACCEPTED)
        self.printed.extend(line.item_id for line in order.members)

    def _of(self, id: SubmissionId) -> list[ScriptedOrder]:  # noqa: A002 - the field's name
        return [order for order in self.orders.values() if order.request.id == id]

    def _order(self, ref: ExternalRef) -> ScriptedOrder:
        if ref not in self.orders:
            raise Rejected(f"there is no order {ref.id}")
        return self.orders[ref]

    def _in_stock(self, keys: Mapping[str, str]) -> bool:
        return self.stock.get(keys.get("variant_id", ""), True)


@frozen
class BareProvider:
    """The same print shop without any ability that is not required."""

    shop: ScriptedProvider

    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        """Take *request*."""
        return await self.shop.submit(request)

    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        """Return the orders of *id*."""
        return await self.shop.find(id, since=since)

    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        """Tell how far the order is."""
        return await self.shop.fetch(ref)


SCRIPTED_FACTS: Final = ProviderFacts(
    key=SYSTEM,
    title="Scripted",
    settings_form=form_of(ScriptedSettings),
    options_form=form_of(ScriptedOptions),
)


@define
class MemoryProviders:
    """The port `Providers` over print shops in memory, one per key; every account of a key is the same shop."""

    shops: dict[str, FulfillmentProvider]
    described: dict[str, ProviderFacts] = Factory(dict)

    def facts(self, provider: str) -> ProviderFacts:
        """Describe *provider*."""
        if provider not in self.shops:
            raise NotFound("provider", provider)
        return self.described.get(provider, evolve(SCRIPTED_FACTS, key=provider))

    def installed(self) -> Sequence[ProviderFacts]:
        """Describe every provider."""
        return tuple(self.facts(provider) for provider in sorted(self.shops))

    def read_options(self, provider: str, raw: Mapping[str, object]) -> Mapping[str, str | int | bool]:
        """Check the answers of the send dialog."""
        self.facts(provider)
        return answers(read_form(ScriptedOptions, raw))

    def read_settings(self, provider: str, raw: Mapping[str, object]) -> Mapping[str, str]:
        """Check an account's settings."""
        self.facts(provider)
        return {name: str(value) for name, value in answers(read_form(ScriptedSettings, raw)).items()}

    def open(self, connection: Connection) -> FulfillmentProvider:
        """Return the shop behind *connection*."""
        self.facts(connection.provider)
        if connection.state is not AccountState.ACTIVE:
            raise NotConnected(f"{connection.provider} is {connection.state.value}")
        return self.shops[connection.provider]


_BLANKS: Final = (
    ProviderProduct(
        keys={"variant_id": "mug-11"},
        title="Mug 11 oz",
        print_areas=(PrintArea(key="front", width_px=2475, height_px=1155),),
    ),
    ProviderProduct(
        keys={"variant_id": "shirt-l"},
        title="Shirt L",
        print_areas=(PrintArea(key="front", width_px=3600, height_px=4800),),
    ),
)


def _error(fault: Unreachable | Busy | Refuses | LocksOut) -> PortError:
    match fault:
        case Unreachable():
            return Unavailable("the print shop cannot be reached")
        case Busy(retry_after=pause):
            return Unavailable("the print shop is busy", retry_after=pause)
        case Refuses(words=words, reason=reason):
            return Rejected(words, reason=reason)
        case LocksOut():
            return NotAuthorized("the print shop refuses our credentials")
        case _:
            assert_never(fault)


def _lose(lost: Silent | None) -> None:
    if lost is not None:
        raise OutcomeUnknown("the print shop did not answer")


def _miss(lost: Silent | None) -> None:
    if lost is not None:
        raise Unavailable("the print shop did not answer")


def _told(order: ScriptedOrder) -> ProviderOrder:
    return ProviderOrder(ref=order.ref, draft=order.draft)


def _report(order: ScriptedOrder) -> ProviderReport:
    currency = order.request.currency
    costs = tuple((line.key, Money(minor=1000 * line.quantity, currency=currency)) for line in order.members)
    return ProviderReport(
        ref=order.ref,
        external_id=order.request.external_id,
        stage=order.stage,
        raw=order.stage.value,
        lines=tuple(_line(order, line) for line in order.members),
        parcels=order.parcels,
        hold=order.hold,
        words=order.words,
        items_cost=sum((cost for _, cost in costs), start=Money.zero(currency)),
        shipping_cost=Money(minor=400, currency=currency),
        line_costs=costs,
        confirmed=not order.draft,
    )


def _line(order: ScriptedOrder, line: SubmissionLine) -> LineReport:
    stage = order.lines[line.key]
    return LineReport(key=line.key, stage=stage, raw=stage.value, quantity=line.quantity)


def _hint(told: dict[str, Any]) -> Hint:
    refs = tuple(ExternalRef(SYSTEM, str(ref)) for ref in told["refs"])
    return Hint(delivery_id=str(told["id"]), refs=refs)


def _signature(body: bytes) -> str:
    return hmac.new(HOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
