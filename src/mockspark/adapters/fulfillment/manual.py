"""Printing it yourself: no network; people move the items on by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from mockspark.adapters.plugins import Account, ProviderPlugin
from mockspark.application.forms import option
from mockspark.application.ports.fulfillment import CancelAnswer, Quote
from mockspark.domain.identity import ExternalRef, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.submission import ProviderOrder, ProviderReport, Stage, SubmissionRequest

SYSTEM: Final = "manual"


def _currency(text: str) -> str:
    return text.strip().upper()


@frozen(kw_only=True)
class ManualSettings:
    """What a parcel and a piece cost you, for the comparison before sending."""

    shipping_price: int = option(
        "Shipping per parcel", default=0, help="In the currency's smallest unit: 490 is 4.90."
    )
    item_price: int = option(
        "Cost per piece", default=0, help="In the currency's smallest unit: 490 is 4.90."
    )
    currency: str = option(
        "Currency", default="", help="Leave this empty for the order's own.", converter=_currency
    )


@frozen(kw_only=True)
class ManualOptions:
    """The send dialog."""

    station: str = option("Printer or station", default="", max_length=80)
    gift_note: str = option("Gift note", default="", max_length=500, help="For the packing table.")


@frozen
class Manual:
    """A print room of one's own: what is sent is taken, and what was taken is in the queue."""

    account: Account[ManualSettings]

    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        """Take *request* at once."""
        return [_order(request.id)]

    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002, ARG002
        """Return the order of *id*: nothing gets lost on a way that does not exist."""
        return [_order(id)]

    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        """Tell that the order is in the queue: people say when it is fulfilled."""
        return ProviderReport(ref=ref, external_id=ref.id, stage=Stage.ACCEPTED, raw="queued")

    async def cancel(self, ref: ExternalRef) -> CancelAnswer:  # noqa: ARG002
        """Agree: whoever cancels stands beside the printer."""
        return CancelAnswer(cancelled=True, words="Take the files out of the print queue.")

    async def quote(self, request: SubmissionRequest) -> Quote:
        """Return the configured prices."""
        settings = self.account.settings
        currency = settings.currency or request.currency
        pieces = sum(line.quantity for line in request.lines)
        return Quote(
            shipping={"parcel": Money(minor=settings.shipping_price, currency=currency)},
            items=Money(minor=settings.item_price, currency=currency) * pieces,
        )


def _order(id: SubmissionId) -> ProviderOrder:  # noqa: A002 - the field's name
    return ProviderOrder(ref=ExternalRef(SYSTEM, id.hex))


PLUGIN: Final = ProviderPlugin(
    key="manual",
    title="Print it yourself",
    settings=ManualSettings,
    options=ManualOptions,
    build=Manual,
    offline=True,
)
