"""How many pieces of each line the store has in parcels, or gave to another fulfillment service. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from mockspark.adapters.channels.shopify_connections import Connection, Thing
from mockspark.adapters.channels.shopify_ids import short
from mockspark.domain.identity import ExternalRef

GONE: Final = frozenset({"CANCELLED", "ERROR", "FAILURE"})
"""What a parcel is when it does not travel."""

ASKED: Final = frozenset({"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"})
"""What work is that a fulfillment service was asked to do; we are none, so it was another."""


class Tracking(msgspec.Struct, kw_only=True):
    """One number of a parcel."""

    number: str | None = None


class ParcelLine(msgspec.Struct, kw_only=True, rename="camel"):
    """Units of one line in a parcel."""

    quantity: int | None = None
    line_item: Thing


class Parcel(msgspec.Struct, kw_only=True, rename="camel"):
    """A fulfillment: a parcel that the store was told of."""

    id: str
    status: str = ""
    tracking_info: list[Tracking] = []
    fulfillment_line_items: Connection[ParcelLine]

    def counted(self) -> Counter[ExternalRef]:
        """Count the units by line."""
        counted: Counter[ExternalRef] = Counter()
        for line in self.fulfillment_line_items.nodes:
            counted[short(line.line_item.id)] += line.quantity or 0
        return counted


def in_parcels(parcels: Iterable[Parcel]) -> Counter[ExternalRef]:
    """Count the units of each line that travel."""
    counted: Counter[ExternalRef] = Counter()
    for parcel in parcels:
        if parcel.status not in GONE:
            counted += parcel.counted()
    return counted
