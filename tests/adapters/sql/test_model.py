"""The store against a dictionary: any sequence of acts leaves both telling the same."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mockspark.adapters.testing.stores import (
    NOW,
    STAMP,
    a_connection,
    a_shop,
    a_submission,
    all_pages,
    an_item,
    an_order,
    item_of,
    keep,
)
from mockspark.application.errors import Conflict
from mockspark.application.filters import ItemFilter
from mockspark.domain.contact import Customer
from mockspark.domain.events import StatusChanged
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Connection
from mockspark.domain.status import LIFECYCLE, Action, Status
from mockspark.domain.submission import Submission, SubmissionState
from tests.store import OpenStore, open_store

T = TypeVar("T")
EVERY = frozenset(Status)


class StoreMachine(RuleBasedStateMachine):
    """Two shops on one SQLite file, and what should be in them."""

    items = Bundle("items")

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._stack = AsyncExitStack()
        self._seconds = 0
        self.items_: dict[OrderItemId, OrderItem] = {}
        self.orders: dict[ShopId, Order] = {}
        self.submissions: dict[OrderItemId, Submission] = {}

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @initialize()
    def open(self) -> None:
        url = f"sqlite:///{Path(self._folder.name) / 'mockspark.db'}"
        self.store: OpenStore = self.do(self._stack.enter_async_context(open_store(url, few=0)))
        self.accounts: dict[ShopId, Connection] = {}
        for _ in range(2):
            shop = self.do(a_shop(self.store))
            order, account = an_order(shop, email="0@example.com"), a_connection(shop)
            self.do(keep(self.store, shop, order, account))
            self.orders[shop] = evolve(order, version=1, events=())
            self.accounts[shop] = account

    def teardown(self) -> None:
        self.do(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()

    @rule(target=items, which=st.integers(0, 1), title=st.sampled_from(["Mug", "Red mug", "Poster"]))
    def place(self, which: int, title: str) -> OrderItemId:
        shop = list(self.orders)[which]
        self._seconds += 1
        created = NOW + timedelta(seconds=self._seconds)
        item = an_item(self.orders[shop], title=title, created_at=created)
        self.do(keep(self.store, shop, item))
        self.items_[item.id] = evolve(item, version=1, events=())
        return item.id

    @rule(id_=items, action=st.sampled_from(Action), branch=st.integers(0, 6))
    def move(self, id_: OrderItemId, action: Action, branch: int) -> None:
        item = self.items_[id_]
        ways = LIFECYCLE[item.status].get(action, ())
        if not ways:
            return
        moved = item._move(action, STAMP, to=ways[branch % len(ways)], reason="test")
        self.do(keep(self.store, item.shop_id, moved))
        self.items_[id_] = evolve(moved, version=item.version + 1, events=())

    @rule(id_=items)
    def save_a_stale_one(self, id_: OrderItemId) -> None:
        item = self.items_[id_]
        stale = evolve(item, version=item.version + 1, status=Status.CANCELED)
        with pytest.raises(Conflict):
            self.do(keep(self.store, item.shop_id, stale))

    @rule(id_=items)
    def fail_midway(self, id_: OrderItemId) -> None:
        with pytest.raises(LookupError):
            self.do(self._rename_and_fail(self.items_[id_]))

    async def _rename_and_fail(self, item: OrderItem) -> None:
        async with self.store.store.begin(item.shop_id) as work:
            await work.items.save(evolve(item, product_title="Ghost", status=Status.FULFILLED))
            raise LookupError

    @rule(which=st.integers(0, 1), email=st.sampled_from(["1@example.com", "2@example.com"]))
    def sync(self, which: int, email: str) -> None:
        shop = list(self.orders)[which]
        order = self.orders[shop]
        changed = evolve(order, snapshot=evolve(order.snapshot, customer=Customer(email=email)))
        self.do(keep(self.store, shop, changed))
        self.orders[shop] = evolve(changed, version=order.version + 1)

    @rule(id_=items)
    def submit(self, id_: OrderItemId) -> None:
        item = self.items_[id_]
        submission = a_submission(self.accounts[item.shop_id], item)
        if id_ in self.submissions:
            with pytest.raises(Conflict):
                self.do(keep(self.store, item.shop_id, submission))
            return
        self.do(keep(self.store, item.shop_id, submission))
        self.submissions[id_] = evolve(submission, version=1, events=())

    @rule(id_=items)
    def settle(self, id_: OrderItemId) -> None:
        submission = self.submissions.pop(id_, None)
        if submission is not None:
            ended = submission.end_attempt(SubmissionState.REFUSED, STAMP, outcome="refused")
            self.do(keep(self.store, submission.shop_id, ended))

    @invariant()
    def every_item_is_as_it_should_be(self) -> None:
        for item in self.items_.values():
            assert item == self.do(item_of(self.store, item.shop_id, item.id))

    @invariant()
    def the_list_shows_each_shop_its_items(self) -> None:
        for shop, order in self.orders.items():
            mine = [item for item in reversed(self.items_.values()) if item.shop_id == shop]
            self._finds(shop, ItemFilter(statuses=EVERY), mine)
            self._finds(shop, ItemFilter(email=order.snapshot.customer.email, statuses=EVERY), mine)
            mugs = [item for item in mine if "mug" in item.product_title.casefold()]
            self._finds(shop, ItemFilter(title="MUG", statuses=EVERY), mugs)
            self._finds(shop, ItemFilter(title="ghost", statuses=EVERY), [])
            held = [item for item in mine if item.status is Status.ON_HOLD]
            self._finds(shop, ItemFilter(statuses=frozenset({Status.ON_HOLD})), held)

    def _finds(self, shop: ShopId, wanted: ItemFilter, expected: list[OrderItem]) -> None:
        assert [item.id for item in expected] == [
            row.id for row in self.do(all_pages(self.store, shop, wanted))
        ]

    @invariant()
    def the_counters_equal_the_counts(self) -> None:
        for shop in self.orders:
            kept = self.do(self.store.queries.counters(shop))
            counted = Counter(item.status for item in self.items_.values() if item.shop_id == shop)
            assert dict(counted) == {status: count for status, count in kept.items() if count}

    @invariant()
    def the_timeline_leads_to_where_the_item_stands(self) -> None:
        for item in self.items_.values():
            entries = self.do(self.store.queries.timeline(item.shop_id, item.id, limit=1000))
            stands = Status.GENERATING
            for entry in reversed(entries):
                if isinstance(entry.event, StatusChanged):
                    assert stands is entry.event.before
                    stands = entry.event.after
            assert stands is item.status


def test_the_store_is_a_dictionary_that_lasts() -> None:
    """Whatever is done in whatever order, rows, list, counts and timeline agree with the model."""
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=max(1, settings().max_examples // 10), stateful_step_count=15, deadline=None
        ),
    )
