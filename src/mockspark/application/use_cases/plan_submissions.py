"""Show what sending would do before anything is sent: parcels, savings, questions, and who stays behind."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from attrs import frozen

from mockspark.application.errors import FormInvalid, NotConnected, PortError
from mockspark.application.filters import ItemFilter, Page
from mockspark.application.forms import Form
from mockspark.application.ports.blobs import BlobStore
from mockspark.application.ports.fulfillment import AsksMore, FulfillmentProvider, Providers
from mockspark.application.ports.queries import OrderItemQueries
from mockspark.application.ports.storage import Directory, Store
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.quoting import quoted
from mockspark.application.sending import (
    Case,
    Cases,
    by_connection,
    compose,
    hindrance,
    load_cases,
    parcels,
    rules_of,
)
from mockspark.application.stock import out_of_stock
from mockspark.application.targets import Targets
from mockspark.application.views import ParcelPlan, PlatformForm, SubmissionPlan, Unsendable
from mockspark.domain.consolidation import same_parcel
from mockspark.domain.identity import OrderItemId, ShopId, SubmissionId
from mockspark.domain.shop import Connection, Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import Quoted, SubmissionRequest

MOST_QUOTES: Final = 10
"""How many parcels are priced in one plan; the others show no saving."""
_MOST_SUGGESTED: Final = Page(limit=250)
_SHOWN: Final = frozenset({Status.READY_TO_FULFILL})
_READY: Final = ItemFilter(statuses=_SHOWN)


@frozen(kw_only=True)
class PlanSubmissions:
    """Show what sending would do; nothing is stored and nobody prints anything."""

    store: Store
    directory: Directory
    queries: OrderItemQueries
    providers: Providers
    blobs: BlobStore
    clock: Clock
    ids: IdGenerator

    async def __call__(
        self, shop: ShopId, targets: Targets, *, alone: Collection[OrderItemId] = ()
    ) -> SubmissionPlan:
        """Sort the items into parcels, price those that combine orders, and name who cannot go and why.

        *alone* keeps items out of every group. A provider that is away costs the saving and the narrowed
        questions, never the plan.
        """
        rules = await rules_of(self.directory, shop)
        cases = await self._cases(shop, targets.items)
        stops = {id_: stop for id_, case in cases.items() if (stop := hindrance(case, rules)) is not None}
        stops |= await out_of_stock(self.providers, [case for id_, case in cases.items() if id_ not in stops])
        sendable = [case for id_, case in cases.items() if id_ not in stops]
        unknown = [_unknown(id_) for id_ in targets.items if id_ not in cases]
        groups = parcels(sendable, alone)
        ready = await self._others(shop, groups, targets.items, rules)
        open_to = {group[0].item.id: ready for group in groups if group[0].item.id not in alone}
        return SubmissionPlan(
            parcels=tuple(
                [
                    await self._parcel(index, group, open_to.get(group[0].item.id, ()))
                    for index, group in enumerate(groups)
                ]
            ),
            forms=tuple([await self._form(members) for members in by_connection(sendable).values()]),
            unsendable=(*stops.values(), *unknown),
        )

    async def _cases(self, shop: ShopId, ids: Collection[OrderItemId]) -> Cases:
        async with self.store.begin(shop) as work:
            return await load_cases(work, self.providers, ids)

    async def _others(
        self,
        shop: ShopId,
        groups: Sequence[Sequence[Case]],
        named: Collection[OrderItemId],
        rules: Rules,
    ) -> Sequence[Case]:
        """Find the items that nobody named and that could travel along."""
        if not groups:
            return ()
        rows = await self.queries.search(shop, _READY, _MOST_SUGGESTED)
        cases = await self._cases(shop, [row.id for row in rows.rows if row.id not in set(named)])
        return [case for case in cases.values() if hindrance(case, rules) is None]

    async def _parcel(self, index: int, members: Sequence[Case], ready: Sequence[Case]) -> ParcelPlan:
        first = members[0]
        candidate = first.candidate()
        price = await self._price(members) if index < MOST_QUOTES else None
        return ParcelPlan(
            key=first.item.id.hex,
            connection_id=candidate.connection_id,
            platform=first.connection.provider if first.connection else "",
            items=tuple(case.item.id for case in members),
            orders=tuple(dict.fromkeys(case.order.name for case in members)),
            ship_to=first.ship_to,
            shipping_method=first.order.snapshot.shipping_method,
            combined=price.combined if price else None,
            separate=price.separate if price else (),
            saving=price.saving if price else None,
            also=_also(members, ready),
            warnings=_warnings(members),
        )

    async def _price(self, members: Sequence[Case]) -> Quoted | None:
        connection = members[0].connection
        if connection is None:
            return None
        together = self._request(members)
        alone = [self._request(part) for part in _by_order(members).values()]
        return await quoted(self.providers, connection, together, alone)

    def _request(self, members: Sequence[Case]) -> SubmissionRequest:
        return compose(
            SubmissionId(self.ids()),
            members,
            options=self._defaults(members[0]),
            blobs=self.blobs,
            now=self.clock(),
        )

    def _defaults(self, case: Case) -> Mapping[str, str | int | bool]:
        """Answer the dialog as if nothing was chosen; a dialog with open questions is not priced wrongly."""
        if case.connection is None:
            return {}
        try:
            return self.providers.read_options(case.connection.provider, {})
        except FormInvalid:
            return {}

    async def _form(self, members: Sequence[Case]) -> PlatformForm:
        connection, facts = members[0].connection, members[0].facts
        if connection is None or facts is None:
            raise NotConnected("the product is not mapped to a provider")
        return PlatformForm(
            connection_id=connection.id,
            platform=connection.provider,
            title=connection.title or facts.title,
            form=await self._narrowed(connection, members) or facts.options_form,
            warning=facts.warning,
        )

    async def _narrowed(self, connection: Connection, members: Sequence[Case]) -> Form | None:
        provider = self._open(connection)
        if not isinstance(provider, AsksMore):
            return None
        try:
            return await provider.form(self._request(members))
        except PortError:
            return None

    def _open(self, connection: Connection) -> FulfillmentProvider | None:
        try:
            return self.providers.open(connection)
        except NotConnected:
            return None


def _by_order(cases: Sequence[Case]) -> Mapping[object, Sequence[Case]]:
    found: dict[object, list[Case]] = {}
    for case in cases:
        found.setdefault(case.order.id, []).append(case)
    return found


def _also(members: Sequence[Case], ready: Sequence[Case]) -> tuple[OrderItemId, ...]:
    key = same_parcel(members[0].candidate())
    return tuple(case.item.id for case in ready if same_parcel(case.candidate()) == key)


def _warnings(members: Sequence[Case]) -> tuple[str, ...]:
    """Say what printing would show and a person let pass or may have overlooked."""
    words = [finding.words for case in members for finding in case.item.findings]
    if len({case.order.id for case in members}) > 1:
        words.append("The provider cancels whole orders: combined items can only be cancelled together.")
    return tuple(dict.fromkeys(words))


def _unknown(id_: OrderItemId) -> Unsendable:
    return Unsendable(item_id=id_, reason="not_found", words="There is no such item in this shop.")
