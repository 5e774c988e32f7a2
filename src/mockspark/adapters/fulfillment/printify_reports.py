"""What Printify tells of its orders, in our words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from attrs import frozen

from mockspark.adapters.fulfillment.printify_requests import line_of_sku
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef
from mockspark.domain.money import Money, total
from mockspark.domain.submission import (
    LineReport,
    Parcel,
    ParcelState,
    ProviderOrder,
    ProviderReport,
    Stage,
)

SYSTEM: Final = "printify"

Json = Mapping[str, Any]

ORDER_STAGES: Final[Mapping[str, Stage]] = {
    "pending": Stage.ACCEPTED,
    "on-hold": Stage.DRAFT,
    "cost-calculation": Stage.ACCEPTED,
    "payment-not-received": Stage.STUCK,
    "callback-received": Stage.ACCEPTED,
    "sending-to-production": Stage.ACCEPTED,
    "sending_to_production_delegate": Stage.ACCEPTED,
    "sending_to_production_delegate_sync": Stage.ACCEPTED,
    "in-production": Stage.IN_PRODUCTION,
    "partially-fulfilled": Stage.IN_PRODUCTION,
    "fulfilled": Stage.DONE,
    "canceled": Stage.CANCELED,
    "has-issues": Stage.STUCK,
    "unfulfillable": Stage.STUCK,
    "source-check-failed": Stage.STUCK,
}

LINE_STAGES: Final[Mapping[str, Stage]] = {
    "on-hold": Stage.DRAFT,
    "sending-to-production": Stage.ACCEPTED,
    "in-production": Stage.IN_PRODUCTION,
    "has-issues": Stage.STUCK,
    "fulfilled": Stage.DONE,
    "canceled": Stage.CANCELED,
}

HOLDS: Final[Mapping[str, HoldReason]] = {
    "on-hold": HoldReason.PROVIDER_HOLD,
    "payment-not-received": HoldReason.PAYMENT_AT_PROVIDER,
    "has-issues": HoldReason.PROVIDER_HOLD,
    "unfulfillable": HoldReason.PROVIDER_REJECTED,
    "source-check-failed": HoldReason.PROVIDER_REJECTED,
}

WORDS: Final[Mapping[HoldReason, str]] = {
    HoldReason.PROVIDER_HOLD: "Printify keeps the order waiting: open it there and answer its question.",
    HoldReason.PAYMENT_AT_PROVIDER: "Printify could not charge the account: retry the payment there.",
    HoldReason.PROVIDER_REJECTED: "Printify cannot make this order: look at the reason there.",
}

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

CANCELLABLE: Final = frozenset({"on-hold", "payment-not-received"})
UNFINISHED: Final = frozenset({"pending", "cost-calculation", "callback-received"})
_UNCONFIRMED: Final = UNFINISHED | CANCELLABLE


@frozen(kw_only=True)
class Listed:
    """One order as the list shows it: its names, and when it was made."""

    order: ProviderOrder
    names: frozenset[str]
    created_at: datetime | None


@frozen(kw_only=True)
class Page:
    """One page of the list, newest orders first."""

    orders: tuple[Listed, ...]
    last: bool


def read_page(told: Json) -> Page:
    """Read one page of the list of orders."""
    orders = tuple(_listed(order) for order in told["data"])
    current, last = told.get("current_page"), told.get("last_page")
    counted_out = isinstance(current, int) and isinstance(last, int) and current >= last
    return Page(orders=orders, last=not orders or counted_out)


def read_created(told: Any) -> Sequence[ProviderOrder]:
    """Read the answer to a new order: one, or in Express' forms a list of one or two."""
    orders = told.get("data", [told]) if isinstance(told, dict) else told
    return [ProviderOrder(ref=_ref(order), draft=True) for order in orders]


def read_report(told: Json, currency: str) -> ProviderReport:
    """Read a whole order."""
    raw = str(told["status"])
    stage = _order_stage(told)
    hold = HOLDS.get(raw) if stage is Stage.STUCK else None
    lines = told.get("line_items") or []
    # A line that does not carry our name could be any: then the order speaks for all of them.
    named = all(_line_key(line) for line in lines)
    return ProviderReport(
        ref=_ref(told),
        external_id=_name(told),
        stage=stage,
        raw=raw,
        lines=tuple(_line(line, told, stage) for line in lines) if named else (),
        parcels=_parcels(told, lines),
        hold=hold or _line_hold(lines),
        words=WORDS.get(hold or _line_hold(lines) or HoldReason.OTHER, ""),
        items_cost=total((_cost(line, currency) for line in lines), currency) if lines else None,
        shipping_cost=_money(told.get("total_shipping"), currency),
        line_costs=tuple((_line_key(line), _cost(line, currency)) for line in lines) if named else (),
        confirmed=raw not in _UNCONFIRMED or _was_sent(told),
    )


def read_moment(text: object) -> datetime | None:
    """Read Printify's times (a blank for the T); None for none."""
    if not isinstance(text, str) or not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else datetime.fromisoformat(f"{text}+00:00")


def read_age(told: Json) -> datetime:
    """Return when an order was made; an order without a date has always been there."""
    return read_moment(told.get("created_at")) or _LONG_AGO


def _ref(told: Json) -> ExternalRef:
    return ExternalRef(SYSTEM, str(told["id"]))


def _name(told: Json) -> str:
    return _plain((told.get("metadata") or {}).get("shop_order_id") or told.get("external_id") or "")


def _plain(name: object) -> str:
    """Return our own names as 32 hexadecimal digits, and any other as it is."""
    text = str(name)
    digits = text.replace("-", "")
    return digits if (len(text), len(digits)) == (36, 32) else text


def _listed(told: Json) -> Listed:
    lines = told.get("line_items") or []
    names = {_name(told), *(_line_key(line) for line in lines)}
    return Listed(
        order=ProviderOrder(ref=_ref(told), draft=_is_draft(told)),
        names=frozenset(names - {""}),
        created_at=read_moment(told.get("created_at")),
    )


def _is_draft(told: Json) -> bool:
    return str(told.get("status", "")) in _UNCONFIRMED and not _was_sent(told)


def _was_sent(told: Json) -> bool:
    parts = (told, *(told.get("line_items") or []))
    return any(part.get("sent_to_production_at") for part in parts)


def _order_stage(told: Json) -> Stage:
    raw = str(told["status"])
    if _is_draft(told) and raw in UNFINISHED:
        return Stage.DRAFT
    stage = ORDER_STAGES.get(raw, Stage.UNKNOWN)
    # "on-hold" is the state of every new order, and of one that was sent and fell back.
    fell_back = stage is Stage.DRAFT and (_was_sent(told) or _line_hold(told.get("line_items") or []))
    return Stage.STUCK if fell_back else stage


def _line_hold(lines: Iterable[Json]) -> HoldReason | None:
    stuck = any(line.get("status") == "has-issues" for line in lines)
    return HoldReason.PROVIDER_HOLD if stuck else None


def _line(line: Json, order: Json, order_stage: Stage) -> LineReport:
    raw = str(line.get("status") or order["status"])
    return LineReport(
        key=_line_key(line),
        stage=_line_stage(line, raw, order_stage),
        raw=raw,
        quantity=_count(line.get("quantity")),
        sku=str((line.get("metadata") or {}).get("sku") or ""),
    )


def _line_stage(line: Json, raw: str, order_stage: Stage) -> Stage:
    stage = LINE_STAGES.get(raw) or ORDER_STAGES.get(raw, Stage.UNKNOWN)
    if stage is Stage.DONE:
        return stage
    if order_stage in {Stage.CANCELED, Stage.DRAFT}:
        return order_stage
    if stage is Stage.DRAFT and (line.get("sent_to_production_at") or order_stage is Stage.STUCK):
        return Stage.STUCK
    return stage


def _line_key(line: Json) -> str:
    metadata = line.get("metadata") or {}
    name = metadata.get("external_id") or line.get("external_id")
    ours = line_of_sku(str(metadata.get("sku") or ""))
    return _plain(name) if name else (ours[0] if ours else "")


def _count(quantity: object) -> int | None:
    return int(quantity) if isinstance(quantity, (int, str)) else None


def _parcels(told: Json, lines: Sequence[Json]) -> tuple[Parcel, ...]:
    shipments = told.get("shipments") or []
    shipped = tuple(
        (_line_key(line), int(line["quantity"]))
        for line in lines
        if line.get("status") == "fulfilled" and _line_key(line)
    )
    # The list of parcels does not say what is in them: only a single one leaves no doubt.
    contents = shipped if len(shipments) == 1 else ()
    return tuple(_parcel(shipment, contents) for shipment in shipments if shipment.get("number"))


def _parcel(shipment: Json, contents: tuple[tuple[str, int], ...]) -> Parcel:
    return Parcel(
        number=str(shipment["number"]),
        carrier=str(shipment.get("carrier") or "").upper(),
        url=str(shipment.get("url") or ""),
        state=ParcelState.DELIVERED if shipment.get("delivered_at") else ParcelState.IN_TRANSIT,
        shipped_at=read_moment(shipment.get("shipped_at")),
        lines=contents,
    )


def _cost(line: Json, currency: str) -> Money:
    return Money(minor=int(line.get("cost") or 0), currency=currency)


def _money(cents: object, currency: str) -> Money | None:
    return Money(minor=int(cents), currency=currency) if isinstance(cents, (int, str)) else None
