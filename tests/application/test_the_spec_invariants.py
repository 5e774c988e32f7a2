"""The invariants of the specification (D.7), over random walks through the life cycle with a shop that fails."""

import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from attrs import Factory, define, evolve

from mockspark.adapters.memory.provider import Busy, Overlooks, Refuses, Silent, Unreachable
from mockspark.application.filters import ItemFilter
from mockspark.application.ports.jobs import Retry, Snooze
from mockspark.application.sending import load_cases
from mockspark.application.use_cases.track import apply
from mockspark.domain.consolidation import same_parcel
from mockspark.domain.errors import MockSparkError
from mockspark.domain.events import Actor, Flag, ItemPlaced, Stamp
from mockspark.domain.identity import OrderItemId, SubmissionId
from mockspark.domain.order import ChannelOrder
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import ProviderReport, Stage, SubmissionRequest
from tests.application.acts import act, bulk, moves, swept, timeline, tracked
from tests.application.dispatch import Dispatch, two_orders
from tests.application.intake import ANA, SHOP, START, Workshop, a_line, an_order, later

HOME = an_order().ship_to
OPEN = frozenset({Status.GENERATING, Status.READY_TO_FULFILL, Status.ON_HOLD})
RANK = {
    Status.GENERATING: 0,
    Status.READY_TO_FULFILL: 1,
    Status.SENDING: 2,
    Status.BEING_FULFILLED: 3,
    Status.FULFILLED: 4,
}
# What may lead backward, and from where: T5, T10, T15 after T14, T22 (and what a hold hides, T13 and T14).
BACKWARD = {"redesign", "withdraw", "release", "unarchive"}
FAULTS = (Unreachable(), Busy(), Silent(), Silent(but_accepted=True), Refuses())
BY_HAND = (
    "hold", "release", "mark_fulfilled", "archive", "unarchive", "cancel", "reprint", "undo", "confirm_address",
)  # fmt: skip


@define
class Walk:
    """One shop, two orders for one door and one for another, and whatever comes to pass."""

    bench: Dispatch
    orders: dict[int, ChannelOrder] = Factory(dict)
    submissions: dict[SubmissionId, SubmissionRequest] = Factory(dict)
    called: list[str] = Factory(list)
    minutes: int = 0

    async def begin(self) -> None:
        """Take the orders in."""
        await self.bench.open()
        assert HOME is not None
        for number, door in ((1, HOME), (2, HOME), (3, evolve(HOME, line1="2 Side St"))):
            lines = (a_line(number * 10), a_line(number * 10 + 1, quantity=2, ordered=2))
            await self._tell(number, an_order(1000 + number, lines=lines, ship_to=door))
        for item in (await self.items())[:-1]:
            await self.bench.rendered(item)

    async def _tell(self, number: int, order: ChannelOrder) -> None:
        self.orders[number] = order
        await self.bench.shop.receive(order)

    async def items(self) -> list[OrderItem]:
        """Return every item, oldest first."""
        async with self.bench.shop.store.begin(SHOP) as work:
            found = [
                item
                for order in self.orders.values()
                if (known := await work.orders.by_ref(order.ref)) is not None
                for item in await work.items.of_order(known.id)
            ]
        return sorted(found, key=lambda item: item.id.hex)

    async def step(self, name: str, number: int) -> None:
        """Do one thing; what the product refuses is refused."""
        items = await self.items()
        fitting = [item for item in items if _fits(name, item)] or items
        item = fitting[number % len(fitting)]
        before = {known.id: known for known in items}
        calls = Counter(self.bench.provider.calls)
        with suppress(MockSparkError, Snooze, Retry):
            await self._steps()[name](item, number)
        self._watch_calls(name, before, calls)
        await self._learn(before)

    def _steps(self) -> Mapping[str, Callable[[OrderItem, int], Awaitable[Any]]]:
        plain = {name: self._by_hand(name) for name in BY_HAND}
        return {
            **plain,
            "render": lambda item, _: self.bench.rendered(item),
            "redesign": lambda item, _: self.bench.shop.redesign(SHOP, item.id, design=item.design, by=ANA),
            "send": self._send,
            "turn": self._turn,
            "turn again": self._turn,
            "fault": self._fault,
            "move on": self._move_on,
            "news": self._news,
            "webhook": self._webhook,
            "ask": lambda item, _: self.bench.carry_out_cancel(SHOP, item.id),
            "store": self._store,
            "watch": lambda _, number: self._wait(number),
        }

    def _by_hand(self, name: str) -> Callable[[OrderItem, int], Awaitable[Any]]:
        more = {"confirmed": True} if name in {"mark_fulfilled", "archive"} else {}
        return lambda item, _: act(self.bench, name, item, **more)

    async def _send(self, item: OrderItem, number: int) -> None:
        items = await self.items()
        confirmed = number % 3 == 0
        await bulk(self.bench, "send", *(items if number % 2 else [item]), resend_confirmed=confirmed)

    async def _turn(self, item: OrderItem, number: int) -> None:
        del number
        if item.submission_id is None:
            return
        submission = await self.bench.submission(item.submission_id)
        clock = self.bench.shop.clock
        clock.now = max(clock.now, submission.not_before, submission.lease_until or START)
        await self.bench.turn(submission.id)

    async def _fault(self, item: OrderItem, number: int) -> None:
        del item
        call = ("submit", "find", "fetch", "confirm", "cancel")[number % 5]
        fault = Overlooks() if call == "find" and number % 2 else FAULTS[number % len(FAULTS)]
        self.bench.provider.next_call(fault, of=call)

    async def _move_on(self, item: OrderItem, number: int) -> None:
        stages = (Stage.IN_PRODUCTION, Stage.STUCK, Stage.DONE, Stage.CANCELED, Stage.ACCEPTED)
        for order in self.bench.provider.orders.values():
            if item.id.hex in order.lines and not order.draft:
                order.lines[item.id.hex] = stages[number % len(stages)]
        if number % 7 == 0:
            self.bench.provider.ship(f"1Z{number}", only=[item.id.hex])

    async def _news(self, item: OrderItem, number: int) -> None:
        del number
        if item.submission_id is not None:
            await tracked(self.bench, item)

    async def _webhook(self, item: OrderItem, number: int) -> None:
        del number
        if item.submission_id is not None:
            await tracked(self.bench, item, webhook=True)

    async def _store(self, item: OrderItem, number: int) -> None:
        del item
        self.minutes += 1
        chosen = 1 + number % 3
        order = self.orders[chosen]
        first, *rest = order.lines
        news: list[dict[str, Any]] = [
            {"lines": (evolve(first, quantity=(number // 5) % 4), *rest)},
            {"note": f"note {number}"},
            {"on_hold": "" if order.on_hold else "fraud"},
            {"ship_to": evolve(order.ship_to, line2=f"Apt {number}") if order.ship_to else None},
            {"cancelled_at": START} if number % 11 == 0 else {},
        ]
        await self._tell(chosen, later(order, self.minutes, **news[number % 5]))

    async def _wait(self, number: int) -> None:
        self.bench.shop.clock.advance(minutes=number % 40)
        await swept(self.bench)

    def _watch_calls(self, name: str, before: Mapping[OrderItemId, OrderItem], calls: Counter[str]) -> None:
        """Invariant 2: nobody but a sender places orders, and only for what was Sending."""
        placed = Counter(self.bench.provider.calls)["submit"] - calls["submit"]
        assert placed == 0 or name.startswith("turn")
        if not placed:
            return
        for order in list(self.bench.provider.orders.values())[-1:]:
            known = self.called.count(order.ref.id)
            self.called.append(order.ref.id)
            lively = {before[line.item_id].status for line in order.members if line.item_id in before}
            assert known or lively == {Status.SENDING}, lively

    async def _learn(self, before: Mapping[OrderItemId, OrderItem]) -> None:
        """Keep each new request as it was first, and see that its members fit together (invariant 8)."""
        for item in await self.items():
            if item.submission_id is None or item.submission_id in self.submissions:
                continue
            submission = await self.bench.submission(item.submission_id)
            self.submissions[submission.id] = submission.request
            async with self.bench.shop.store.begin(SHOP) as work:
                ids = [line.item_id for line in submission.request.lines]
                cases = await load_cases(work, self.bench.providers, ids)
            assert 1 == len({same_parcel(case.candidate()) for case in cases.values()})

    # What always holds

    async def check(self, *, all_of_it: bool) -> None:
        """Look at the items, and, where that is wanted, at everything that is kept of them."""
        items = await self.items()
        for item in items:
            _check_files(item)
        self._check_quantities(items)
        if not all_of_it:
            return
        await self._check_submissions(items)
        for item in items:
            await self._check_timeline(item)
        await self._check_list(items)
        await self._check_payloads()

    async def _check_submissions(self, items: list[OrderItem]) -> None:
        """Invariant 1: at most one live submission per item, and it is the one that the item names."""
        async with self.bench.shop.store.begin(SHOP) as work:
            for item in items:
                living = [known for known in await work.submissions.of_item(item.id) if known.holds(item.id)]
                assert len(living) <= 1
                assert not item.live or [item.submission_id] == [known.id for known in living]

    async def _check_payloads(self) -> None:
        """Invariant 1: an equal external id is an equal payload, here and at the provider."""
        for id_, first in self.submissions.items():
            now = (await self.bench.submission(id_)).request
            assert evolve(first, notes={}) == evolve(now, notes={})
        for order in self.bench.provider.orders.values():
            sent = self.submissions[order.request.id]
            assert evolve(sent, notes={}) == evolve(order.request, notes={})

    async def _check_timeline(self, item: OrderItem) -> None:
        """Invariants 4, 6: one entry per move, with actor and reason, and forward unless a person leads back."""
        entries = await timeline(self.bench, item)
        (placed,) = [entry.event for entry in entries if isinstance(entry.event, ItemPlaced)]
        told = await moves(self.bench, item)
        path = [placed.status, *(move.after for move in told)]
        assert [move.before for move in told] == path[:-1]
        assert item.status is path[-1]
        assert all(move.stamp.by.name and move.reason for move in told)
        for move in told:
            forward = RANK.get(move.after, 9) >= RANK.get(move.before, -1)
            assert forward or move.action.value in BACKWARD, move

    def _check_quantities(self, items: list[OrderItem]) -> None:
        """Invariant 5: what is printed of a line is what the store wants, unless a person was told."""
        lines = {line.ref: line.quantity for order in self.orders.values() for line in order.lines}
        called_off = {order.ref for order in self.orders.values() if order.cancelled_at}
        for item in items:
            over = item.underlying in {Status.CANCELED, Status.FULFILLED} or item.reprint_of or called_off
            wanted = lines[item.line]
            assert over or wanted == item.quantity or Flag.QUANTITY_CHANGED in item.flags

    async def _check_list(self, items: list[OrderItem]) -> None:
        """Invariant 7: an item is listed, or archived, and never both or neither."""
        queries = self.bench.shop.queries
        listed = {row.id async for row in queries.rows(SHOP, ItemFilter())}
        archived = {row.id async for row in queries.rows(SHOP, ItemFilter(statuses=[Status.ARCHIVED]))}
        assert not listed & archived
        assert {item.id for item in items} == listed | archived
        assert {item.id for item in items if item.status is Status.ARCHIVED} == archived


def _fits(name: str, item: OrderItem) -> bool:
    """Tell whether *item* is one that *name* is mostly done to, so that walks get far."""
    if name.startswith("turn"):
        return item.status is Status.SENDING
    if name in {"move on", "news", "webhook", "ask"}:
        return item.live
    return True


def _check_files(item: OrderItem) -> None:
    """Invariant 3: a ready item has the files of its present design, one for every required area."""
    if item.status is Status.READY_TO_FULFILL:
        assert item.design_version == item.files_version
        assert {area.key for area in item.print_areas if area.required} <= {file.area for file in item.files}


LENGTH = 48
STEPS = (
    *BY_HAND, *("render", "redesign", "send", "turn", "move on", "news") * 2, *("send", "turn", "move on") * 3,
    *("turn again", "fault", "webhook", "ask", "store", "watch", "news", "news"),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(int(os.environ.get("WALKS", "8"))))
async def test_every_walk_keeps_the_invariants(workshop: Workshop, seed: int) -> None:
    """Invariants 1 to 8 (D.7) hold after every step, whatever people, store and provider do and lose."""
    chance = random.Random(seed)
    walk = Walk(Dispatch(shop=workshop))
    await walk.begin()
    for turn in range(LENGTH):
        await walk.step(chance.choice(STEPS), chance.randrange(200))
        # What is only ever added to can be looked at now and then.
        await walk.check(all_of_it=turn % 8 == 7)


@pytest.mark.parametrize("seed", range(6))
async def test_shuffled_and_repeated_news_end_in_one_state(workshop: Workshop, seed: int) -> None:
    """Invariant 4: what a provider told on the way, in any order and number, ends where the last news ends."""
    bench = Dispatch(shop=workshop)
    await bench.open()
    submission, items = await bench.accepted(*two_orders())
    told: list[ProviderReport] = []
    for stage in (Stage.ACCEPTED, Stage.IN_PRODUCTION, Stage.PACKED):
        bench.provider.advance(stage)
        told.extend([await bench.provider.fetch(order.ref) for order in submission.provider_orders])
    for number, item in enumerate(items):
        bench.provider.ship(f"1Z{number}", only=[item.id.hex])
        told.extend([await bench.provider.fetch(order.ref) for order in submission.provider_orders])
    random.Random(seed).shuffle(told)

    stamp = Stamp(at=START, by=Actor.provider("printify"))
    for report in (*told, *told[:3]):
        async with workshop.store.begin(SHOP) as work:
            await apply(work, submission.id, [report], stamp)

    ended = [await workshop.item(item.id) for item in items]
    assert [Status.FULFILLED] * 2 == [item.status for item in ended]
    assert [Stage.DONE] * 2 == [item.provider_stage for item in ended]
    assert [["1Z0"], ["1Z1"]] == [[parcel.number for parcel in item.shipments] for item in ended]
    for item in ended:
        assert [Status.BEING_FULFILLED, Status.FULFILLED] == [
            move.after for move in (await moves(bench, item))[-2:]
        ]
