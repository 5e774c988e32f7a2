"""Printify's webhooks: the proof that they are its own, and what they hint at."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mockspark.adapters.fulfillment.printify_reports import SYSTEM, read_moment
from mockspark.adapters.fulfillment.printify_requests import line_of_sku
from mockspark.application.errors import NotAuthorized, Rejected
from mockspark.application.ports.fulfillment import Hint, WebhookDelivery
from mockspark.domain.identity import ExternalRef
from mockspark.domain.submission import Parcel, ParcelState, ProviderReport

HEADER: Final = "x-pfy-signature"
TOPICS: Final = (
    "order:updated",
    "order:sent-to-production",
    "order:shipment:created",
    "order:shipment:delivered",
)

_PARCELS: Final[Mapping[str, ParcelState]] = {
    "order:shipment:created": ParcelState.IN_TRANSIT,
    "order:shipment:delivered": ParcelState.DELIVERED,
}

Json = Mapping[str, Any]


def verify(delivery: WebhookDelivery, secret: str) -> None:
    """Refuse what was not signed with *secret* over exactly these bytes."""
    expected = f"sha256={hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()}"
    given = delivery.headers.get(HEADER, "")
    if not secret or not hmac.compare_digest(expected.encode(), given.encode()):
        raise NotAuthorized("the signature of a Printify webhook is wrong")


def read_hint(body: bytes) -> Hint:
    """Say which order to look at; a parcel's SKUs are kept, because the order itself does not map them."""
    try:
        return _hint(json.loads(body))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise Rejected("a signed Printify webhook cannot be read") from problem


def _hint(told: Json) -> Hint:
    resource = told["resource"]
    if resource["type"] != "order":
        return Hint(delivery_id=str(told["id"]))
    ref = ExternalRef(SYSTEM, str(resource["id"]))
    return Hint(delivery_id=str(told["id"]), refs=(ref,), reports=_reports(told, ref))


def _reports(told: Json, ref: ExternalRef) -> tuple[ProviderReport, ...]:
    state = _PARCELS.get(str(told["type"]))
    data = told["resource"].get("data") or {}
    carrier = data.get("carrier") or {}
    if state is None or not carrier.get("tracking_number"):
        return ()
    parcel = Parcel(
        number=str(carrier["tracking_number"]),
        carrier=str(carrier.get("code") or "").upper(),
        url=str(carrier.get("tracking_url") or ""),
        state=state,
        shipped_at=read_moment(data.get("shipped_at")),
        lines=_lines(data.get("skus") or ()),
        skus=tuple(str(sku) for sku in data.get("skus") or ()),
    )
    return (ProviderReport(ref=ref, parcels=(parcel,)),)


def _lines(skus: Sequence[object]) -> tuple[tuple[str, int], ...]:
    """Return the lines that the SKUs name without doubt; one foreign SKU leaves all of them open."""
    known = [line_of_sku(str(sku)) for sku in skus]
    if any(line is None for line in known):
        return ()
    return tuple(dict(line for line in known if line is not None).items())
