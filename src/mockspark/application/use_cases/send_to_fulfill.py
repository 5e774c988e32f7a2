"""Hand items over for sending, and take them back before anybody was called."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from attrs import Factory, evolve, frozen

from mockspark.application.errors import Conflict, FormInvalid, PortError
from mockspark.application.membership import members_of, row, withdraw
from mockspark.application.ports.blobs import BlobStore
from mockspark.application.ports.fulfillment import Providers
from mockspark.application.ports.storage import Directory, Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.quoting import quoted
from mockspark.application.reactions import send
from mockspark.application.sending import (
    MENDED_FIRST,
    Case,
    Cases,
    RefreshesOrder,
    compose,
    hindrance,
    load_cases,
    parcels,
    rules_of,
    unknown_outcome,
)
from mockspark.application.stock import out_of_stock
from mockspark.application.targets import Targets, each, in_order, refused
from mockspark.application.views import BulkReport, RowResult, Unsendable
from mockspark.domain.errors import MockSparkError, NotPossible
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import ConnectionId, ExternalRef, OrderItemId, ShopId, SubmissionId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import Quoted, Submission, SubmissionRequest

_READERS: Final = 8
_TRIES: Final = 4

Results = dict[OrderItemId, RowResult]
Options = Mapping[ConnectionId, Mapping[str, str | int | bool]]


@frozen(kw_only=True)
class SendOrder:
    """What a person wants sent.

    *alone* keeps items out of every group, *options* are the dialog's answers per account, *connections*
    sends an item through another account of its provider, *resend_confirmed* tries again what nobody could
    settle.
    """

    targets: Targets
    alone: Collection[OrderItemId] = frozenset()
    options: Mapping[ConnectionId, Mapping[str, object]] = Factory(dict)
    connections: Mapping[OrderItemId, ConnectionId] = Factory(dict)
    resend_confirmed: bool = False


@frozen(kw_only=True)
class SendToFulfill:
    """Hand items over to their providers, those of one door in one parcel; each row has its own result."""

    store: Store
    directory: Directory
    providers: Providers
    blobs: BlobStore
    clock: Clock
    ids: IdGenerator
    refresh_order: RefreshesOrder

    async def __call__(self, shop: ShopId, order: SendOrder, *, by: Actor) -> BulkReport:
        """Store one submission per parcel; the provider hears of it after the shop's grace delay.

        Every store order is read again first, and an item whose order cannot be read is refused: nothing is
        sent blind. A ready item whose address or blank is lacking is refused and held, so that somebody sees
        it. Raises FormInvalid, before anything is stored, when the dialog's answers are wrong.
        """
        rules = await rules_of(self.directory, shop)
        seen = await self._look(shop, order, order.targets.items)
        # What the store may have mended meanwhile is judged after it was read again.
        early = {
            id_: row for id_, row in _hindered(seen, rules, order).items() if row.code not in MENDED_FIRST
        }
        results = _changed_since(seen, order.targets) | early
        options = self._options(order, _without(seen, results))
        results |= await self._read_again(shop, _without(seen, results), by)
        fresh = await self._look(shop, order, tuple(_without(seen, results)))
        results |= _hindered(fresh, rules, order) | _other_quantity(seen, fresh)
        results |= await self._out_of_stock(_without(fresh, results))
        results |= await self._make_wait(shop, results, by)
        results |= await self._reopen(shop, _without(fresh, results), by)
        for parcel in parcels(_without(fresh, results).values(), order.alone):
            results |= await self._hand_over(shop, parcel, options, rules, by)
        return in_order(order.targets.items, results)

    async def _look(self, shop: ShopId, order: SendOrder, ids: Collection[OrderItemId]) -> Cases:
        async with self.store.begin(shop) as work:
            return await load_cases(work, self.providers, ids, order.connections)

    def _options(self, order: SendOrder, cases: Cases) -> Options:
        used = {case.connection.id: case.connection for case in cases.values() if case.connection}
        read: dict[ConnectionId, Mapping[str, str | int | bool]] = {}
        problems: list[tuple[str, str]] = []
        for id_, connection in used.items():
            try:
                read[id_] = self.providers.read_options(connection.provider, order.options.get(id_, {}))
            except FormInvalid as wrong:
                problems.extend(wrong.problems)
        if problems:
            raise FormInvalid(problems)
        return read

    async def _read_again(self, shop: ShopId, cases: Cases, by: Actor) -> Results:
        """Follow the store before deciding; an order that cannot be read keeps its items back."""
        refs = {case.order.ref: None for case in cases.values()}
        room = asyncio.Semaphore(_READERS)
        async with asyncio.TaskGroup() as group:
            tasks = {ref: group.create_task(self._refresh(room, shop, ref, by)) for ref in refs}
        failed = {ref: problem for ref, task in tasks.items() if (problem := task.result()) is not None}
        return {
            id_: _unread(case, failed[case.order.ref])
            for id_, case in cases.items()
            if case.order.ref in failed
        }

    async def _refresh(
        self, room: asyncio.Semaphore, shop: ShopId, ref: ExternalRef, by: Actor
    ) -> MockSparkError | None:
        async with room:
            try:
                await self.refresh_order(shop, ref, by=by, cause="before sending")
            except MockSparkError as problem:
                return problem
        return None

    async def _out_of_stock(self, cases: Cases) -> Results:
        open_ = [case for case in cases.values() if not unknown_outcome(case.item)]
        gone = await out_of_stock(self.providers, open_)
        return {id_: _kept_back(cases[id_], stop) for id_, stop in gone.items()}

    async def _make_wait(self, shop: ShopId, results: Results, by: Actor) -> Results:
        """Put on hold what would be refused again and again: in Ready nobody would look at it."""
        waiting = {id_: row for id_, row in results.items() if _has_to_wait(row)}
        stamp = Stamp(at=self.clock(), by=by)

        async def hold(work: UnitOfWork, item: OrderItem) -> OrderItem:
            del work
            row = waiting[item.id]
            if item.status is not Status.READY_TO_FULFILL:
                return item
            return item.hold_for(HoldReason(row.code), HoldOrigin.SYSTEM, stamp=stamp, note=row.refusal)

        held = await each(self.store, shop, Targets(items=tuple(waiting)), hold)
        return {row.item_id: evolve(waiting[row.item_id], status=row.status) for row in held.done}

    async def _reopen(self, shop: ShopId, cases: Cases, by: Actor) -> Results:
        """Let unresolved submissions be tried again under the same id: the sender looks before it creates."""
        unknown = {case.item.submission_id for case in cases.values() if unknown_outcome(case.item)}
        results: Results = {}
        for id_ in filter(None, unknown):
            members = [case.item.id for case in cases.values() if case.item.submission_id == id_]
            results |= await reopen(self.store, shop, id_, members, Stamp(at=self.clock(), by=by))
        return results

    async def _hand_over(
        self, shop: ShopId, parcel: Sequence[Case], options: Options, rules: Rules, by: Actor
    ) -> Results:
        results: Results = {}
        price = await self._price(parcel, options)
        for _ in range(_TRIES):
            try:
                return results | await self._store_parcel(shop, parcel, options, rules, by, price)
            except Conflict as faster:
                results = {case.item.id: refused(case.item.id, faster) for case in parcel}
            except MockSparkError as problem:
                return {case.item.id: refused(case.item.id, problem) for case in parcel}
        return results

    async def _price(self, parcel: Sequence[Case], options: Options) -> Quoted | None:
        """Ask what travelling together saves, for the record; no answer keeps nothing back."""
        connection = parcel[0].connection
        if connection is None or len({case.order.id for case in parcel}) < 2:
            return None
        requests = self._requests(parcel, options)
        return await quoted(self.providers, connection, requests[0], requests[1:])

    def _requests(self, parcel: Sequence[Case], options: Options) -> Sequence[SubmissionRequest]:
        alone = [
            [case for case in parcel if case.order.id == id_]
            for id_ in dict.fromkeys(c.order.id for c in parcel)
        ]
        return [self._compose(members, options) for members in (parcel, *alone)]

    def _compose(self, members: Sequence[Case], options: Options) -> SubmissionRequest:
        connection = members[0].candidate().connection_id
        return compose(
            SubmissionId(self.ids()),
            members,
            options=options[connection],
            blobs=self.blobs,
            now=self.clock(),
        )

    async def _store_parcel(
        self,
        shop: ShopId,
        parcel: Sequence[Case],
        options: Options,
        rules: Rules,
        by: Actor,
        price: Quoted | None,
    ) -> Results:
        """Write the intent and its members in one transaction; a member that moved meanwhile stays behind."""
        async with self.store.begin(shop) as work:
            now = await work.items.get_many([case.item.id for case in parcel])
            kept = [case for case in parcel if _same(now.get(case.item.id), case)]
            results = {
                case.item.id: refused(case.item.id, Conflict("order item", case.item.id))
                for case in parcel
                if case not in kept
            }
            if kept:
                stamp = Stamp(at=self.clock(), by=by)
                results |= await self._save(work, kept, self._compose(kept, options), rules, stamp, price)
        return results

    async def _save(
        self,
        work: UnitOfWork,
        members: Sequence[Case],
        request: SubmissionRequest,
        rules: Rules,
        stamp: Stamp,
        price: Quoted | None,
    ) -> Results:
        submission = Submission.plan(
            request,
            shop_id=work.shop,
            connection_id=members[0].candidate().connection_id,
            stamp=stamp,
            grace=timedelta(seconds=rules.grace_s),
            quoted=price,
        )
        await work.submissions.save(submission)
        sent = [case.item.send(submission.id, stamp) for case in members]
        for item in sent:
            await work.items.save(item)
        return {item.id: row(item) for item in sent}


@frozen(kw_only=True)
class UndoSend:
    """Take items back while the grace delay runs."""

    store: Store
    clock: Clock

    async def __call__(self, shop: ShopId, targets: Targets, *, by: Actor) -> BulkReport:
        """Withdraw the whole parcel of each item; refused as soon as the provider may have heard of it."""
        async with self.store.begin(shop) as work:
            items = await work.items.get_many(targets.items)
        results: Results = {}
        for item in items.values():
            if item.id not in results:
                results |= await self._undo(shop, item, targets, Stamp(at=self.clock(), by=by))
        return in_order(targets.items, results)

    async def _undo(self, shop: ShopId, item: OrderItem, targets: Targets, stamp: Stamp) -> Results:
        try:
            targets.check(item)
            if item.status is not Status.SENDING or item.submission_id is None:
                raise NotPossible(f"only what is being sent can be taken back; it is {item.status.value}")
            async with self.store.begin(shop) as work:
                back = await withdraw(work, item.submission_id, stamp)
        except MockSparkError as refusal:
            return {item.id: refused(item.id, refusal)}
        return {member.id: row(member) for member in back}


async def reopen(
    store: Store, shop: ShopId, id_: SubmissionId, asked: Iterable[OrderItemId], stamp: Stamp
) -> Results:
    """Try an unresolved submission again with all its members: same id, same bytes, look before create."""
    try:
        async with store.begin(shop) as work:
            submission = (await work.submissions.get(id_)).reopen(stamp)
            await work.submissions.save(submission)
            moved = [
                item.send(id_, stamp) for item in await members_of(work, submission) if unknown_outcome(item)
            ]
            for item in moved:
                await work.items.save(item)
            await work.jobs.put(send(shop, id_, submission.attempts, stamp.at))
    except MockSparkError as refusal:
        return {item: refused(item, refusal) for item in asked}
    return {item.id: row(item) for item in moved}


def _same(now: OrderItem | None, case: Case) -> bool:
    return now is not None and now.version == case.item.version


def _without(cases: Cases, results: Mapping[OrderItemId, RowResult]) -> Cases:
    return {id_: case for id_, case in cases.items() if id_ not in results}


def _changed_since(cases: Cases, targets: Targets) -> Results:
    results: Results = {}
    for id_, case in cases.items():
        try:
            targets.check(case.item)
        except Conflict as faster:
            results[id_] = refused(id_, faster)
    return results


def _hindered(cases: Cases, rules: Rules, order: SendOrder) -> Results:
    found = {
        id_: hindrance(case, rules, resend_confirmed=order.resend_confirmed) for id_, case in cases.items()
    }
    return {id_: _kept_back(cases[id_], stop) for id_, stop in found.items() if stop is not None}


def _kept_back(case: Case, stop: Unsendable) -> RowResult:
    return RowResult(
        item_id=case.item.id,
        done=False,
        code=stop.reason,
        refusal=stop.words,
        status=case.item.status,
        submission_id=case.item.submission_id,
    )


def _has_to_wait(row: RowResult) -> bool:
    return not row.done and row.code in MENDED_FIRST and row.status is Status.READY_TO_FULFILL


def _other_quantity(seen: Cases, fresh: Cases) -> Results:
    """Refuse what the person never saw: the store changed the quantity between the dialog and now."""
    return {
        id_: refused(
            id_, NotPossible(f"the store changed the quantity to {case.item.quantity}: look, send again")
        )
        for id_, case in fresh.items()
        if case.item.quantity != seen[id_].item.quantity
    }


def _unread(case: Case, problem: MockSparkError) -> RowResult:
    words = f"The store could not be asked about order {case.order.name} ({problem}): nothing is sent unseen."
    code = problem.code if isinstance(problem, PortError) else "store_unreadable"
    return RowResult(item_id=case.item.id, done=False, code=code, refusal=words, status=case.item.status)
