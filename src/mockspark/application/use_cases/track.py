"""Follow what providers tell of their orders: asked by us, or told by a webhook that is asked about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from attrs import evolve, frozen

from mockspark.application.broken_accounts import mark_broken
from mockspark.application.errors import NotAuthorized, NotConnected, NotFound, Rejected
from mockspark.application.ports.fulfillment import FulfillmentProvider, Providers
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.reapply import reapply
from mockspark.application.tracking import follow, parted, unpacked
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.identity import ConnectionId, ExternalRef, ShopId, SubmissionId
from mockspark.domain.submission import (
    Parcel,
    ProviderOrder,
    ProviderReport,
    SubmissionState,
)

_ACCOUNT_PAUSE: Final = timedelta(hours=1)
_FOLLOWED: Final = frozenset({SubmissionState.ACCEPTED, SubmissionState.SENDING, SubmissionState.CANCELED})


@frozen(kw_only=True)
class Track:
    """Ask the provider how a submission's orders stand, and follow."""

    store: Store
    providers: Providers
    clock: Clock

    async def __call__(self, shop: ShopId, submission: SubmissionId) -> None:
        """Read every provider order and apply what it says; raises Unavailable when the provider is away.

        Reading again changes nothing that was read before. An account that does not work is asked again
        later, and marked when it was its credentials.
        """
        try:
            async with self.store.begin(shop) as work:
                known = await work.submissions.get(submission)
                connection = await work.connections.get(known.connection_id)
        except NotFound:
            return
        if known.state not in _FOLLOWED:
            return
        try:
            provider = self.providers.open(connection)
            reports = [report for order in known.provider_orders for report in await _seen(provider, order)]
        except NotAuthorized as no:
            await mark_broken(self.store, shop, connection.id, str(no))
            await self._later(shop, submission)
            return
        except NotConnected:
            await self._later(shop, submission)
            return
        stamp = Stamp(at=self.clock(), by=Actor.provider(connection.provider), cause="asked")
        await reapply(self.store, shop, lambda work: apply(work, submission, reports, stamp))

    async def _later(self, shop: ShopId, id: SubmissionId) -> None:  # noqa: A002 - the field's name
        async def change(work: UnitOfWork) -> None:
            known = await work.submissions.get(id)
            await work.submissions.save(evolve(known, next_poll_at=self.clock() + _ACCOUNT_PAUSE))

        await reapply(self.store, shop, change)


@frozen(kw_only=True)
class ApplyReport:
    """Act on a provider's message: look at the orders it names, believe nothing unseen."""

    store: Store
    providers: Providers
    clock: Clock

    async def __call__(
        self,
        shop: ShopId,
        connection: ConnectionId,
        reports: Sequence[ProviderReport] = (),
        *,
        refs: Sequence[ExternalRef] = (),
        cause: str = "",
    ) -> int:
        """Return how many of our submissions the message was about; orders that are not ours are passed over.

        Each order is read again; only parcels that the reading does not show are taken from the message.
        Raises Unavailable when the provider is away.
        """
        hints = _by_ref(reports, refs)
        ours = await self._ours(shop, connection, hints)
        if not ours:
            return 0
        async with self.store.begin(shop) as work:
            account = await work.connections.get(connection)
        provider = self.providers.open(account)
        stamp = Stamp(at=self.clock(), by=Actor.provider(account.provider), cause=cause)
        for submission, refs_of_it in ours.items():
            read = [_with_parcels(await provider.fetch(ref), hints[ref]) for ref in refs_of_it]
            await self._apply(shop, submission, read, stamp)
        return len(ours)

    async def _ours(
        self, shop: ShopId, connection: ConnectionId, refs: Iterable[ExternalRef]
    ) -> Mapping[SubmissionId, Sequence[ExternalRef]]:
        found: dict[SubmissionId, list[ExternalRef]] = {}
        async with self.store.begin(shop) as work:
            for ref in refs:
                submission = await work.submissions.by_provider_order(connection, ref)
                if submission is not None:
                    found.setdefault(submission.id, []).append(ref)
        return found

    async def _apply(
        self, shop: ShopId, submission: SubmissionId, reports: Sequence[ProviderReport], stamp: Stamp
    ) -> None:
        # A message tells of one parcel; the next one tells of the next: nothing has to be guessed yet.
        await reapply(self.store, shop, lambda work: apply(work, submission, reports, stamp, guess=False))


async def apply(
    work: UnitOfWork,
    id: SubmissionId,  # noqa: A002 - the field's name
    reports: Sequence[ProviderReport],
    stamp: Stamp,
    *,
    guess: bool = True,
) -> None:
    """Follow *reports* in one transaction: the members, what is still live, and when to ask again."""
    submission = await work.submissions.get(id)
    ids = [line.item_id for line in submission.request.lines]
    before = await work.items.get_many(ids)
    after = before
    for report in reports:
        after = follow(submission, after, report, stamp, guess=guess)
    for id_, item in after.items():
        if item is not before[id_]:
            await work.items.save(item)
    if submission.state is SubmissionState.ACCEPTED:
        await work.submissions.save(parted(submission, after, stamp.at))


async def _seen(provider: FulfillmentProvider, order: ProviderOrder) -> Sequence[ProviderReport]:
    """Read one order; one that the provider will not show leaves the others unharmed."""
    try:
        return [await provider.fetch(order.ref)]
    except NotAuthorized:
        raise
    except Rejected:
        return []


def _by_ref(
    reports: Sequence[ProviderReport], refs: Sequence[ExternalRef]
) -> Mapping[ExternalRef, Sequence[Parcel]]:
    hints: dict[ExternalRef, list[Parcel]] = {ref: [] for ref in refs}
    for report in reports:
        hints.setdefault(report.ref, []).extend(report.parcels)
    return hints


def _with_parcels(read: ProviderReport, hints: Sequence[Parcel]) -> ProviderReport:
    """Add to what was read the parcels, and the contents of parcels, that only the message tells."""
    told = {parcel.number: parcel for parcel in hints if parcel.number}
    known = {parcel.number for parcel in read.parcels}
    merged = [_fuller(parcel, told.get(parcel.number)) for parcel in read.parcels]
    unseen = [parcel for number, parcel in told.items() if number not in known]
    return evolve(read, parcels=tuple(unpacked(parcel, read.lines) for parcel in (*merged, *unseen)))


def _fuller(read: Parcel, told: Parcel | None) -> Parcel:
    return evolve(read, lines=told.lines, skus=told.skus) if told is not None and not read.lines else read
