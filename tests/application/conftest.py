"""What the tests of the use cases stand on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.application.dispatch import Dispatch
from tests.application.intake import Workshop
from tests.databases import CHOSEN, POSTGRESQL, SQLITE, prepared_database
from tests.postgres import postgres_server, postgres_url
from tests.store import open_store

__all__ = ["postgres_server", "postgres_url"]


ON_BOTH: Final = frozenset({
    "test_a_paid_order_becomes_one_item_per_line_of_ours", "test_the_same_order_told_at_the_same_time_is_one_order",
    "test_a_repeated_telling_writes_no_second_history", "test_a_cancelled_order_cancels_what_was_not_sent",
    "test_items_for_one_door_travel_in_one_submission", "test_two_clicks_at_once_make_one_submission",
    "test_a_member_that_moved_meanwhile_stays_behind_alone", "test_a_send_is_taken_back_with_the_whole_parcel",
    "test_an_accepted_submission_lets_its_items_be_fulfilled",
    "test_a_lost_answer_is_looked_up_and_not_repeated", "test_a_refused_submission_holds_its_items",
    "test_a_cancel_wish_before_the_call_takes_the_item_out", "test_another_senders_lease_is_respected",
    "test_a_sender_that_was_overtaken_records_nothing", "test_all_of_a_combined_order_are_cancelled_together",
    "test_repeated_and_shuffled_webhooks_end_in_one_state", "test_a_parcel_is_told_once",
    "test_a_lost_answer_is_asked_again_and_told_once", "test_another_tellers_lease_is_respected",
    "test_a_delivery_that_a_killed_worker_held_is_taken_up_again",
    "test_any_multiset_and_order_of_deliveries_ends_in_the_newest_state",
    "test_a_person_is_forgotten_in_every_table_and_file",
})  # fmt: skip
"""What runs on PostgreSQL as well, every time; `MOCKSPARK_TEST_DATABASE=postgresql` runs all of it there."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of ON_BOTH on both databases."""
    if metafunc.function.__name__ in ON_BOTH and CHOSEN == SQLITE:
        kinds = [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)]
        metafunc.parametrize("database_kind", kinds)


@pytest.fixture
def database_kind() -> str:
    """Say which database a test stands on."""
    return CHOSEN


@pytest.fixture
async def workshop(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> AsyncIterator[Workshop]:
    """A shop that is connected to a store in memory and to a printer, over a database of its own."""
    if database_kind == POSTGRESQL:
        request.getfixturevalue("postgres_server")
    with prepared_database(database_kind, tmp_path) as url:
        async with _opened(url) as workshop:
            yield workshop


@pytest.fixture
async def crowded(postgres_url: str) -> AsyncIterator[Workshop]:
    """The same shop on PostgreSQL, where writers do not wait in a row."""
    async with _opened(postgres_url) as workshop:
        yield workshop


@pytest.fixture
async def bench(workshop: Workshop) -> Dispatch:
    """The same shop, with the mug mapped to a print shop in memory."""
    dispatch = Dispatch(shop=workshop)
    await dispatch.open()
    return dispatch


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Workshop]:
    async with open_store(url) as opened:
        workshop = Workshop(
            store=opened.store,
            directory=opened.directory,
            inbox=opened.inbox,
            queries=opened.queries,
            engine=opened.engine,
        )
        await workshop.open()
        yield workshop
