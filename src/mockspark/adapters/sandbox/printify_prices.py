"""What an order costs, in cents: shipping is dearer for the first piece of a blank than for those that join it."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from mockspark.adapters.sandbox.printify_catalogue import Offer
from mockspark.adapters.sandbox.printify_errors import NO_SUCH_METHOD, Refused
from mockspark.adapters.sandbox.printify_state import OrderLine, QuoteKeys

STANDARD: Final = 1
EXPRESS: Final = 3
ECONOMY: Final = 4

# What the service adds by country, in thousandths.
_TAXES: Final[Mapping[str, int]] = {
    "BE": 210, "CA": 50, "DE": 190, "ES": 210, "FR": 200, "GB": 200, "IT": 220, "NL": 210, "SE": 250,
}  # fmt: skip


@frozen
class Pieces:
    """So many pieces of one offer; *on_the_fly* means that no product stands behind them."""

    offer: Offer
    quantity: int
    on_the_fly: bool = False


def shipping_costs(pieces: Sequence[Pieces], method: int, country: str) -> list[int] | None:
    """Return the shipping of each entry; None where the method does not go for all of them.

    The first piece of every blueprint at every print provider pays the full price, whatever line it is on.
    """
    if method == ECONOMY and any(entry.on_the_fly for entry in pieces):
        return None
    counted: dict[tuple[int, int], int] = {}
    costs = []
    for entry in pieces:
        fee = entry.offer.fee(method, country)
        if fee is None:
            return None
        key = (entry.offer.blueprint.id, entry.offer.provider.id)
        costs.append(fee.for_pieces(entry.quantity, already=counted.get(key, 0)))
        counted[key] = counted.get(key, 0) + entry.quantity
    return costs


def price_lines(lines: Sequence[OrderLine], method: int, country: str) -> None:
    """Write the shipping costs into the lines; raises Refused where the method does not go."""
    pieces = [Pieces(line.offer, line.quantity, line.on_the_fly) for line in lines]
    costs = shipping_costs(pieces, method, country)
    if costs is None:
        raise Refused(400, "Shipping method is not supported", NO_SUCH_METHOD)
    for line, cost in zip(lines, costs, strict=True):
        line.shipping_cost = cost


def tax(amount: int, country: str) -> int:
    """Return the tax on an amount, half a cent rounded up."""
    return (amount * _TAXES.get(country, 0) + 500) // 1000


# The quote's names for the methods, in the three forms that the service has had or announced.
_KEYS: Final[Mapping[QuoteKeys, Sequence[tuple[str, int]]]] = {
    "old": (("standard", 1), ("express", 2), ("economy", 4)),
    "current": (
        ("standard", 1),
        ("priority", 2),
        ("express", 2),
        ("printify_express", 3),
        ("economy", 4),
    ),
    "announced": (("standard", 1), ("priority", 2), ("express", 3), ("economy", 4)),
}


def quote(pieces: Sequence[Pieces], country: str, keys: QuoteKeys) -> dict[str, int]:
    """Return the price of every method that goes, under the names of one generation."""
    found = {method: shipping_costs(pieces, method, country) for method in (1, 2, 3, 4)}
    return {name: sum(costs) for name, method in _KEYS[keys] if (costs := found[method]) is not None}
