"""What travelling together saves: asked, never computed, and never a reason to fail."""

from collections.abc import Sequence
from typing import Final

from mockspark.application.errors import NotConnected, PortError
from mockspark.application.ports.fulfillment import Providers, Quote, Quotes
from mockspark.domain.money import Money
from mockspark.domain.shop import Connection
from mockspark.domain.submission import Quoted, SubmissionRequest

# One call for the parcel and one for each store order; more orders than this are not asked about.
MOST_ALONE: Final = 8


async def quoted(
    providers: Providers,
    connection: Connection,
    together: SubmissionRequest,
    alone: Sequence[SubmissionRequest],
) -> Quoted | None:
    """Ask for the price of the parcel and of each store order alone; None when the provider does not say."""
    try:
        provider = providers.open(connection)
        if not isinstance(provider, Quotes):
            return None
        combined = await provider.quote(together)
        asked = alone if 1 < len(alone) <= MOST_ALONE else ()
        separate = [await provider.quote(request) for request in asked]
    except (PortError, NotConnected):
        return None
    return _compare(combined, separate)


def _compare(combined: Quote, separate: Sequence[Quote]) -> Quoted | None:
    method = _cheapest_of_all(combined, separate)
    if method is None:
        return None
    with_items = all(quote.items is not None for quote in (combined, *separate))
    prices = [_price(quote, method, with_items=with_items) for quote in (combined, *separate)]
    if len({price.currency for price in prices}) != 1:
        return None
    return Quoted(combined=prices[0], separate=tuple(prices[1:]))


def _cheapest_of_all(combined: Quote, separate: Sequence[Quote]) -> str | None:
    """Return the parcel's cheapest way of shipping that every part could take too."""
    shared = [name for name in combined.shipping if all(name in quote.shipping for quote in separate)]
    return min(shared, key=lambda name: combined.shipping[name].minor, default=None)


def _price(quote: Quote, method: str, *, with_items: bool) -> Money:
    shipping = quote.shipping[method]
    same = quote.items is not None and quote.items.currency == shipping.currency
    return shipping + quote.items if with_items and same and quote.items else shipping
