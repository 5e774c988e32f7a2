"""What the store knows of an order's parcels, and what is left to tell it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from attrs import frozen

from mockspark.adapters.channels.shopify_connections import Connection, Thing
from mockspark.adapters.channels.shopify_fulfilled import ASKED, GONE, Parcel
from mockspark.adapters.channels.shopify_ids import short
from mockspark.adapters.channels.shopify_orders import Hold
from mockspark.application.ports.channels import ShipmentNotice
from mockspark.domain.identity import ExternalRef

# The exact spellings that Shopify makes tracking pages for, by what providers write.
CARRIERS: Final[Mapping[str, str]] = {
    "usps": "USPS",
    "ups": "UPS",
    "fedex": "FedEx",
    "dhl": "DHL Express",
    "dhl express": "DHL Express",
    "dhl_express": "DHL Express",
    "dhl ecommerce": "DHL eCommerce",
    "dhl_ecommerce": "DHL eCommerce",
    "royal mail": "Royal Mail",
    "royal_mail": "Royal Mail",
    "royalmail": "Royal Mail",
    "canada post": "Canada Post",
    "canada_post": "Canada Post",
    "deutsche post": "Deutsche Post",
    "australia post": "Australia Post",
    "auspost": "Australia Post",
    "asendia": "Asendia USA",
    "asendia usa": "Asendia USA",
}


class WorkLine(msgspec.Struct, kw_only=True, rename="camel"):
    """What remains to be done for one line."""

    id: str
    remaining_quantity: int = 0
    line_item: Thing


class SupportedAction(msgspec.Struct, kw_only=True):
    """Something that may be done now."""

    action: str


class Service(msgspec.Struct, kw_only=True, rename="camel"):
    """Another app that fulfills."""

    service_name: str = ""


class Place(msgspec.Struct, kw_only=True, rename="camel"):
    """A location."""

    id: str
    fulfillment_service: Service | None = None


class AssignedLocation(msgspec.Struct, kw_only=True):
    """Where the work is to be done."""

    name: str = ""
    location: Place | None = None


class Work(msgspec.Struct, kw_only=True, rename="camel"):
    """A fulfillment order: work on one order at one location."""

    id: str
    status: str = ""
    request_status: str = ""
    supported_actions: list[SupportedAction] = []
    assigned_location: AssignedLocation = msgspec.field(default_factory=AssignedLocation)
    fulfillment_holds: list[Hold] = []
    line_items: Connection[WorkLine]

    def allows(self, action: str) -> bool:
        """Tell whether *action* may be done now."""
        return any(supported.action == action for supported in self.supported_actions)

    @property
    def service(self) -> str:
        """Return the other app that does this work; empty where the merchant does."""
        place = self.assigned_location.location
        service = place.fulfillment_service if place else None
        return service.service_name or "a fulfillment service" if service else ""

    @property
    def location(self) -> str:
        """Return what tells locations apart."""
        place = self.assigned_location.location
        return place.id if place else self.assigned_location.name

    @property
    def left(self) -> bool:
        """Tell whether anything remains."""
        return any(line.remaining_quantity > 0 for line in self.line_items.nodes)

    def own_holds(self, handle: str) -> list[str]:
        """Return the ids of our holds of that name."""
        return [
            hold.id
            for hold in self.fulfillment_holds
            if hold.held_by_requesting_app and hold.handle == handle
        ]


class Shipping(msgspec.Struct, kw_only=True, rename="camel"):
    """One page of an order's work, with all its parcels."""

    cancelled_at: str | None = None
    fulfillments: list[Parcel] | None = None
    fulfillment_orders: Connection[Work] | None = None


@frozen(kw_only=True)
class Portion:
    """Units of one line of one fulfillment order."""

    work: Work
    line: str
    quantity: int


def told_parcels(notice: ShipmentNotice, parcels: Iterable[Parcel]) -> list[Parcel]:
    """Return what the store was told of this very parcel: its number on our lines, or else its equal lines."""
    alive = [parcel for parcel in parcels if parcel.status not in GONE]
    lines = _units(notice)
    number = _folded(notice.number)
    if not number:
        return [parcel for parcel in alive if not _numbers(parcel) and parcel.counted() == lines][:1]
    return [
        parcel for parcel in alive if number in _numbers(parcel) and parcel.counted().keys() & lines.keys()
    ]


def outstanding(notice: ShipmentNotice, told: Iterable[Parcel]) -> Counter[ExternalRef]:
    """Count the units that the store does not know of yet."""
    wanted = _units(notice)
    for parcel in told:
        wanted.subtract(parcel.counted())
    return +wanted


def _units(notice: ShipmentNotice) -> Counter[ExternalRef]:
    counted: Counter[ExternalRef] = Counter()
    for ref, quantity in notice.lines:
        counted[ref] += quantity
    return counted


def given_away(works: Iterable[Work]) -> Counter[ExternalRef]:
    """Count the units of each line that another fulfillment service was asked for and has not shipped yet."""
    counted: Counter[ExternalRef] = Counter()
    for line in (line for work in works if work.request_status in ASKED for line in work.line_items.nodes):
        counted[short(line.line_item.id)] += line.remaining_quantity
    return counted


def portions(wanted: Mapping[ExternalRef, int], works: Iterable[Work]) -> list[Portion]:
    """Take *wanted* units from *works*, as far as they remain there."""
    left = Counter(wanted)
    taken: list[Portion] = []
    for work in works:
        for line in work.line_items.nodes:
            ref = short(line.line_item.id)
            quantity = min(left[ref], line.remaining_quantity)
            if quantity > 0:
                left[ref] -= quantity
                taken.append(Portion(work=work, line=line.id, quantity=quantity))
    return taken


def by_location(taken: Iterable[Portion]) -> Sequence[Sequence[Portion]]:
    """Group portions: one parcel of the store holds work of one location."""
    grouped: defaultdict[str, list[Portion]] = defaultdict(list)
    for portion in taken:
        grouped[portion.work.location].append(portion)
    return tuple(grouped.values())


def fulfillment_input(notice: ShipmentNotice, taken: Iterable[Portion]) -> dict[str, Any]:
    """Return what `fulfillmentCreate` wants."""
    works: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for portion in taken:
        works[portion.work.id].append({"id": portion.line, "quantity": portion.quantity})
    made: dict[str, Any] = {
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": work, "fulfillmentOrderLineItems": lines} for work, lines in works.items()
        ],
        "notifyCustomer": notice.notify,
    }
    tracking = _tracking(notice)
    return {**made, "trackingInfo": tracking} if tracking else made


def _tracking(notice: ShipmentNotice) -> dict[str, str]:
    if not notice.number.strip():
        return {}
    given = {
        "number": notice.number.strip(),
        "company": CARRIERS.get(notice.carrier.strip().lower(), notice.carrier.strip()),
        "url": notice.url.strip(),
    }
    return {name: value for name, value in given.items() if value}


def _numbers(parcel: Parcel) -> set[str]:
    return {_folded(tracking.number or "") for tracking in parcel.tracking_info} - {""}


def _folded(number: str) -> str:
    return "".join(number.split()).casefold()
