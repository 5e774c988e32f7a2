"""Which items may travel in one parcel, and who pays which part of it."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from attrs import field, frozen, validators

from mockspark.domain.contact import Address, destination_key, fold
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ConnectionId, OrderId, OrderItemId, ShopId
from mockspark.domain.money import Money


@frozen(kw_only=True)
class Candidate:
    """An item that could be sent now, with everything that decides about its parcel.

    *alone* keeps an item out of every group, because the merchant excluded it.
    """

    item_id: OrderItemId
    order_id: OrderId
    shop_id: ShopId
    connection_id: ConnectionId
    ship_to: Address
    shipping_method: str = ""
    currency: str = "USD"
    quantity: int = field(default=1, validator=validators.ge(1))
    alone: bool = False


@frozen(kw_only=True)
class Group:
    """Items that travel together: one shop, one provider account, one door, one way of shipping."""

    members: tuple[Candidate, ...] = field(validator=validators.min_len(1))

    @property
    def orders(self) -> tuple[OrderId, ...]:
        """Return the store orders concerned, in order of first appearance."""
        return tuple(dict.fromkeys(member.order_id for member in self.members))


def same_parcel(candidate: Candidate) -> Hashable:
    """Return what two items must have in common to travel together."""
    return (
        candidate.shop_id,
        candidate.connection_id,
        candidate.currency,
        fold(candidate.shipping_method),
        destination_key(candidate.ship_to),
        candidate.item_id if candidate.alone else None,
    )


def consolidate(
    candidates: Iterable[Candidate], key: Callable[[Candidate], Hashable] = same_parcel
) -> tuple[Group, ...]:
    """Group what can travel together, in order of first appearance; everyone is in exactly one group."""
    groups: dict[Hashable, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(key(candidate), []).append(candidate)
    return tuple(Group(members=tuple(members)) for members in groups.values())


def split(group: Group, limit: int) -> Iterator[Group]:
    """Cut *group* into parcels of at most *limit* lines."""
    if limit < 1:
        raise InvalidValue("a parcel has at least one line")
    for start in range(0, len(group.members), limit):
        yield Group(members=group.members[start : start + limit])


def share_shipping(shipping: Money, quantities: Sequence[int]) -> tuple[Money, ...]:
    """Share one parcel's shipping among its lines by pieces; the parts sum to the whole.

    By pieces, because providers charge a first piece and each further one, whatever order it came from.
    """
    return shipping.allocate(quantities)
