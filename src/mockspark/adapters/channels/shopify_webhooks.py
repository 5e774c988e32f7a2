"""The front door: whose delivery it is, whether Shopify signed it, and what it says. No I/O."""

import hmac
import logging
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import msgspec
from attrs import frozen

from mockspark.adapters.channels.shopify_ids import SYSTEM, Number, reference, required
from mockspark.adapters.channels.shopify_rest import RestOrder, decoded, order_of
from mockspark.application.errors import NotAuthorized, Rejected
from mockspark.application.ports.channels import (
    ChannelEvent,
    DataRequested,
    Ignored,
    OrderTold,
    RedactCustomer,
    RedactShop,
    SignedDelivery,
    Uninstalled,
)
from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.domain.identity import ExternalRef, ShopId

_LOG = logging.getLogger(__name__)

SHOP: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com")
"""A shop's permanent address, whole."""

# The Events channel sends the same headers without the `X-`.
_PREFIXES: Final = ("x-shopify-", "shopify-")
_WORK_ID: Final = re.compile(r"gid://shopify/FulfillmentOrder/[0-9]{1,32}")
_TOPIC: Final = re.compile(r"[a-z_]+/[a-z_]+")
_DELIVERY_IDS: Final = ("webhook-id", "event-id")


@frozen
class ShopifyIntake:
    """Reads Shopify's webhooks."""

    def shop(self, delivery: WebhookDelivery) -> ShopId:
        """Return the shop that the delivery claims; nothing is believed before `verify`."""
        domain = _header(delivery.headers, "shop-domain")
        if SHOP.fullmatch(domain) is None:
            raise NotAuthorized("the delivery names no shop of Shopify's")
        return ShopId(domain.lower())

    def verify(self, delivery: WebhookDelivery, secrets: Sequence[str]) -> SignedDelivery:
        """Check the signature over the raw body against every current secret of the shop.

        Raises NotAuthorized on a wrong or missing one, Rejected for a signed delivery without its headers, or
        whose body is no JSON object.
        """
        if not is_signed(delivery.body, _header(delivery.headers, "hmac-sha256"), secrets):
            raise NotAuthorized("the delivery is not signed by Shopify with a secret of this app")
        decoded(delivery.body, _AnyMessage)
        return SignedDelivery(
            shop_id=self.shop(delivery),
            topic=_topic(delivery.headers),
            delivery_id=_delivery_id(delivery.headers),
            event_id=_header(delivery.headers, "event-id"),
            triggered_at=_triggered_at(delivery.headers),
        )

    def read(self, topic: str, body: bytes) -> Sequence[ChannelEvent]:
        """Read a verified body; raises Rejected when it is not what the topic promises."""
        reader = READERS.get(topic)
        if reader is None:
            return (Ignored(why=f"{topic} means nothing to us"),)
        return (reader(body),)


def signature(body: bytes, secret: str) -> bytes:
    """Return what Shopify's header must say: base64 of the HMAC over the raw body."""
    return b64encode(hmac.new(secret.encode(), body, sha256).digest())


def is_signed(body: bytes, claimed: str, secrets: Sequence[str]) -> bool:
    """Tell whether any secret signed *body*, in the same time for every answer."""
    given = claimed.encode("utf-8", "surrogateescape")
    fits = [hmac.compare_digest(signature(body, secret), given) for secret in secrets if secret]
    return any(fits)


def _header(headers: Mapping[str, str], name: str) -> str:
    """Return a header of either prefix; two that disagree are nobody's word."""
    values = {headers[prefix + name] for prefix in _PREFIXES if prefix + name in headers}
    if len(values) > 1:
        raise NotAuthorized(f"the delivery says two things of {name}")
    return next(iter(values), "")


def _topic(headers: Mapping[str, str]) -> str:
    topic = _header(headers, "topic")
    if _TOPIC.fullmatch(topic) is None:
        raise Rejected("the delivery names no topic")
    return topic


def _delivery_id(headers: Mapping[str, str]) -> str:
    found = next((value for name in _DELIVERY_IDS if (value := _header(headers, name))), "")
    if not found:
        raise Rejected("the delivery has no id")
    return found


def _triggered_at(headers: Mapping[str, str]) -> datetime | None:
    try:
        at = datetime.fromisoformat(_header(headers, "triggered-at"))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


class _AnyMessage(msgspec.Struct):
    """A JSON object; nothing of it is kept."""


class _OfOrder(msgspec.Struct, kw_only=True):
    """A refund, a parcel or an event of one: it names its order."""

    order_id: Number = None


class _OrderEdit(msgspec.Struct, kw_only=True):
    order_edit: _OfOrder


class _Named(msgspec.Struct, kw_only=True):
    """Anything with an id."""

    id: Number = None


class _Privacy(msgspec.Struct, kw_only=True):
    customer: _Named | None = None
    orders_requested: list[Number] | None = None
    orders_to_redact: list[Number] | None = None


def _order(body: bytes) -> ChannelEvent:
    """Tell an order; one whose details cannot be read is named, so that it is fetched and not lost."""
    ref = required(decoded(body, _Named).id, "the order")
    try:
        raw = decoded(body, RestOrder)
        return OrderTold(ref=ref, order=order_of(raw) if raw.whole else None)
    except Rejected as problem:
        _LOG.warning("a message about an order cannot be read", extra={"why": str(problem)})
        return OrderTold(ref=ref)


def _of_order(body: bytes) -> ChannelEvent:
    return OrderTold(ref=required(decoded(body, _OfOrder).order_id, "the order"))


def _edited(body: bytes) -> ChannelEvent:
    return OrderTold(ref=required(decoded(body, _OrderEdit).order_edit.order_id, "the order"))


def _work(body: bytes) -> ChannelEvent:
    """Name the order, or else the fulfillment order: `fetch` finds the order that it belongs to."""
    raw = decoded(body, dict[str, Any])
    named = [raw, *(value for value in raw.values() if isinstance(value, dict))]
    order = next(filter(None, (reference(_number(part.get("order_id"))) for part in named)), None)
    if order is not None:
        return OrderTold(ref=order)
    return OrderTold(ref=next(filter(None, map(_work_ref, named)), None) or _nothing_named())


def _work_ref(part: Mapping[str, Any]) -> ExternalRef | None:
    name = part.get("id")
    known = isinstance(name, str) and _WORK_ID.fullmatch(name)
    return ExternalRef(SYSTEM, str(name)) if known else None


def _number(value: object) -> Number:
    return value if isinstance(value, (int, float, str)) else None


def _nothing_named() -> ExternalRef:
    raise Rejected("the message names no order and no fulfillment order")


def _uninstalled(body: bytes) -> ChannelEvent:
    decoded(body, _Named)
    return Uninstalled()


def _redact_shop(body: bytes) -> ChannelEvent:
    decoded(body, _Named)
    return RedactShop()


def _redact_customer(body: bytes) -> ChannelEvent:
    raw = decoded(body, _Privacy)
    return RedactCustomer(orders=_orders(raw.orders_to_redact), customer=_person(raw.customer))


def _data_requested(body: bytes) -> ChannelEvent:
    raw = decoded(body, _Privacy)
    return DataRequested(orders=_orders(raw.orders_requested), customer=_person(raw.customer))


def _orders(numbers: Sequence[Number] | None) -> tuple[ExternalRef, ...]:
    return tuple(required(number, "an order") for number in numbers or ())


def _person(raw: _Named | None) -> str:
    ref = reference(raw.id) if raw else None
    return ref.id if ref else ""


_WORK_TOPICS: Final = (
    "order_routing_complete", "placed_on_hold", "hold_released", "cancelled", "moved", "split", "merged", "rescheduled",
    "scheduled_fulfillment_order_ready", "fulfillment_request_submitted", "fulfillment_request_accepted",
    "fulfillment_request_rejected", "cancellation_request_submitted", "cancellation_request_accepted",
    "cancellation_request_rejected", "fulfillment_service_failed_to_complete", "progress_reported",
    "manually_reported_progress_stopped", "line_items_prepared_for_local_delivery", "line_items_prepared_for_pickup",
)  # fmt: skip

READERS: Final[Mapping[str, Callable[[bytes], ChannelEvent]]] = {
    "orders/create": _order,
    "orders/paid": _order,
    "orders/partially_paid": _order,
    "orders/updated": _order,
    "orders/fulfilled": _order,
    "orders/partially_fulfilled": _order,
    "orders/cancelled": _order,
    "orders/delete": _order,
    "orders/edited": _edited,
    "refunds/create": _of_order,
    "fulfillments/create": _of_order,
    "fulfillments/update": _of_order,
    "fulfillment_events/create": _of_order,
    **{f"fulfillment_orders/{change}": _work for change in _WORK_TOPICS},
    "fulfillment_holds/added": _work,
    "fulfillment_holds/released": _work,
    "app/uninstalled": _uninstalled,
    "customers/redact": _redact_customer,
    "customers/data_request": _data_requested,
    "shop/redact": _redact_shop,
}
"""Every topic that we read; any other is ignored with its name."""
