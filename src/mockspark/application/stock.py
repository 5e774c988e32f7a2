"""Whether the blanks are there: asked once per account; a provider that gives no answer keeps nobody back."""

from collections.abc import Mapping, Sequence

from mockspark.application.errors import NotConnected, PortError
from mockspark.application.ports.fulfillment import ChecksStock, Providers
from mockspark.application.sending import Case, by_connection
from mockspark.application.views import Unsendable
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import OrderItemId


async def out_of_stock(providers: Providers, cases: Sequence[Case]) -> Mapping[OrderItemId, Unsendable]:
    """Return the items of *cases* whose blank cannot be had now."""
    gone: dict[OrderItemId, Unsendable] = {}
    for members in by_connection(cases).values():
        available = await _available(providers, members)
        missing = [case for case, there in zip(members, available, strict=False) if not there]
        gone.update({case.item.id: _gone(case) for case in missing})
    return gone


async def _available(providers: Providers, members: Sequence[Case]) -> Sequence[bool]:
    connection = members[0].connection
    variants = [case.item.provider_variant for case in members]
    try:
        provider = providers.open(connection) if connection else None
        if not isinstance(provider, ChecksStock):
            return ()
        return await provider.available([variant.keys if variant else {} for variant in variants])
    except (NotConnected, PortError):
        return ()


def _gone(case: Case) -> Unsendable:
    title = case.item.provider_variant.title if case.item.provider_variant else ""
    words = f"{title or case.item.product_title} is out of stock at the provider: choose another variant in Redesign."
    return Unsendable(item_id=case.item.id, reason=HoldReason.OUT_OF_STOCK.value, words=words)
