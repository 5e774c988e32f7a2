"""Names of things: our own ids and other people's."""

from typing import NewType
from uuid import UUID

from attrs import field, frozen, validators

ShopId = NewType("ShopId", str)
"""The tenant: the shop's permanent address in its channel, such as `acme.myshopify.com`."""

OrderId = NewType("OrderId", UUID)
OrderItemId = NewType("OrderItemId", UUID)
SubmissionId = NewType("SubmissionId", UUID)
ListingId = NewType("ListingId", UUID)
ConnectionId = NewType("ConnectionId", UUID)


@frozen(order=True)
class ExternalRef:
    """Somebody else's id for a thing: printable and comparable, never parsed."""

    system: str = field(validator=validators.min_len(1))
    id: str = field(validator=validators.min_len(1))

    def __str__(self) -> str:
        return f"{self.system}:{self.id}"
