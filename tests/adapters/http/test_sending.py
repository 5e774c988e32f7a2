"""From the send dialog to the parcel, over HTTP."""

from datetime import timedelta

from mockspark.domain.status import Status
from tests.world import World, settled

API = "/api/v1"


async def test_a_plan_shows_one_parcel_for_two_orders_and_what_it_saves(world: World) -> None:
    """Two orders to one door travel together, and the price of both ways stands beside it (R7, R8)."""
    items = [await world.ready(world.mug("Ann")), await world.ready(world.mug("Ben"))]
    me = await world.token()

    answer = await world.client.post(
        f"{API}/submissions/plan", json={"items": [str(item.id) for item in items]}, headers=me
    )
    (parcel,) = answer.json()["parcels"]

    assert 200 == answer.status_code
    assert 2 == len(parcel["items"])
    assert parcel["saving"]["minor"] > 0
    assert "printify" == answer.json()["forms"][0]["platform"]


async def test_sending_once_prints_once_however_often_the_button_is_pressed(world: World) -> None:
    """A double click and a repeated request lead to one provider order (D1)."""
    item = await world.ready()
    me = await world.token()
    body = {"items": [str(item.id)]}

    first = await world.client.post(f"{API}/submissions", json=body, headers=me)
    second = await world.client.post(f"{API}/submissions", json=body, headers=me)
    await world.spark.drain()

    assert (202, True) == (first.status_code, first.json()["results"][0]["done"])
    assert not second.json()["results"][0]["done"]
    assert 1 == len(await world.printed())
    assert [Status.BEING_FULFILLED] == [row.status for row in await world.rows()]


async def test_the_same_idempotency_key_gives_the_same_answer(world: World) -> None:
    """The kept answer comes back marked as a replay, and nothing is done again."""
    item = await world.ready()
    me = {**await world.token(), "Idempotency-Key": "send-1"}
    body = {"items": [str(item.id)]}

    first = await world.client.post(f"{API}/submissions", json=body, headers=me)
    again = await world.client.post(f"{API}/submissions", json=body, headers=me)
    other = await world.client.post(f"{API}/submissions", json={**body, "alone": body["items"]}, headers=me)

    assert first.json() == again.json()
    assert "true" == again.headers["idempotent-replayed"]
    assert 422 == other.status_code


async def test_a_send_can_be_undone_while_the_grace_lasts(world: World) -> None:
    """Nobody calls the provider meanwhile, and the item is ready again (T10)."""
    rules = {"grace_s": 60}
    me = await world.token()
    await world.client.put(f"{API}/shop/rules", json=rules, headers=me)
    item = await world.ready()
    body = {"items": [str(item.id)]}

    await world.client.post(f"{API}/submissions", json=body, headers=me)
    await world.spark.drain()
    undone = await world.client.post(f"{API}/submissions/undo", json=body, headers=me)
    await world.spark.drain()

    assert undone.json()["results"][0]["done"]
    assert [] == await world.printed()
    assert [Status.READY_TO_FULFILL] == [row.status for row in await world.rows()]


async def test_tracking_reaches_the_item_and_the_store(world: World) -> None:
    """The provider's parcel ends the item, and the store's order has a fulfilment with its number (R47, D21)."""
    item = await world.ready()
    me = await world.token()
    await world.client.post(f"{API}/submissions", json={"items": [str(item.id)]}, headers=me)
    await world.spark.drain()
    (order,) = await world.printed()
    world.stand_ins.printify.advance_order(order["id"], "fulfilled")
    world.stand_ins.advance(timedelta(hours=1).total_seconds())

    sent = (await world.spark.show_item(world.shop, item.id)).fulfillment
    assert sent is not None
    await world.spark.track(world.shop, sent.submission_id)
    await world.spark.drain()
    shown = (await world.client.get(f"{API}/items/{item.id}", headers=me)).json()

    assert "fulfilled" == shown["row"]["status"]
    (shipment,) = shown["fulfillment"]["shipments"]
    assert shipment["published"] is not None
    await settled(lambda: world.stand_ins.shop.store.orders)
    (placed,) = world.stand_ins.shop.store.orders.values()
    assert [shipment["number"]] == [told.number for sent in placed.fulfillments for told in sent.tracking]


async def test_an_item_that_cannot_go_says_why(world: World) -> None:
    """The row is refused with words that name the fix, and stays where it is."""
    item = await world.ready()
    me = await world.token()
    body = {"items": [str(item.id)]}
    await world.client.post(f"{API}/items/actions/archive", json=body, headers=me)

    (row,) = (await world.client.post(f"{API}/submissions", json=body, headers=me)).json()["results"]

    assert not row["done"]
    assert "archived" in row["refusal"]
