"""What happens at the same time ends in one state, also where writers do not wait for each other."""

import asyncio

import pytest

from mockspark.application.errors import Conflict
from mockspark.application.ports.blobs import BlobKey
from mockspark.domain.status import Status
from tests.application.intake import ANA, SHOP, Workshop, a_line, an_order, later

pytestmark = pytest.mark.postgres


async def test_an_order_told_eight_times_at_once_is_one_order(crowded: Workshop) -> None:
    """D1, D2: the loser of the race reads again and merges; no line has two items."""
    await crowded.list_mug()
    order = an_order(lines=(a_line(1), a_line(2)))

    tellings = await asyncio.gather(*[crowded.receive(order) for _ in range(8)])

    assert 1 == len({received.order_id for received in tellings})
    assert 1 == sum(received.fresh for received in tellings)
    assert 2 == len(await crowded.items(tellings[0]))


async def test_news_and_a_redesign_at_once_lose_neither(crowded: Workshop) -> None:
    """I8: the store's quantity and the merchant's design both stand, or the merchant is told to look again."""
    await crowded.list_mug()
    item = await crowded.only_item(await crowded.receive(an_order()))
    news = later(an_order(), lines=(a_line(quantity=3),))

    _, saved = await asyncio.gather(
        crowded.receive(news),
        crowded.redesign(SHOP, item.id, design=item.design, by=ANA),
        return_exceptions=True,
    )

    kept = await crowded.item(item.id)
    told = isinstance(saved, Conflict)
    assert (3, 1 if told else 2) == (kept.quantity, kept.design_version)


async def test_two_renderers_of_one_design_make_one_set_of_files(crowded: Workshop) -> None:
    """I20: a frozen worker that comes back changes nothing, and no file of the ready item is missing."""
    await crowded.list_mug()
    item = await crowded.only_item(await crowded.receive(an_order()))

    await asyncio.gather(*[crowded.generate_files(SHOP, item.id, 1) for _ in range(2)])

    ready = await crowded.item(item.id)
    assert (Status.READY_TO_FULFILL, 1) == (
        ready.status,
        (await crowded.kinds(ready)).count("item.files_rendered"),
    )
    assert await crowded.blobs.get(BlobKey(ready.files[0].key))
