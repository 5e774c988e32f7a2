"""One key, one act: repetitions are answered and not done."""

import asyncio
from typing import Final

from tests.world import World

API: Final = "/api/v1"
REPRINT: Final = f"{API}/items/actions/reprint"


async def test_of_simultaneous_calls_with_one_key_one_runs(world: World) -> None:
    """The others hear that the first still runs, or its answer; the act happens once."""
    item = await world.ready()
    body = {"items": [str(item.id)]}
    me = {**await world.token(), "Idempotency-Key": "reprint-1"}
    await world.client.post(f"{API}/items/actions/cancel", json=body, headers=me)

    answers = await asyncio.gather(*(world.client.post(REPRINT, json=body, headers=me) for _ in range(6)))
    late = await world.client.post(REPRINT, json=body, headers=me)

    fresh = [a for a in answers if a.status_code == 200 and "idempotent-replayed" not in a.headers]
    assert 1 == len(fresh)
    assert {200, 409} >= {answer.status_code for answer in answers}
    assert fresh[0].content == late.content
    assert 2 == len(await world.rows())


async def test_what_was_refused_may_be_asked_again_under_its_key(world: World) -> None:
    """A refusal is not kept: once the cause is mended, the same key does the act."""
    me = {**await world.token(), "Idempotency-Key": "again"}
    wrong = {"match": "variant", "key": ""}
    right = {"match": "variant", "key": "4711"}

    answers = [
        (await world.client.post(f"{API}/listings", json=body, headers=me)).status_code
        for body in (wrong, right, right)
    ]

    assert [400, 201, 201] == answers
    assert 2 == len(await world.spark.listings(world.shop))


async def test_a_key_belongs_to_one_route_and_one_body(world: World) -> None:
    """The same word elsewhere is another key, and with another body it is an error."""
    item = await world.ready()
    me = {**await world.token(), "Idempotency-Key": "word"}
    body = {"items": [str(item.id)]}

    hold = await world.client.post(f"{API}/items/actions/hold", json=body, headers=me)
    release = await world.client.post(f"{API}/items/actions/release", json=body, headers=me)
    other = await world.client.post(f"{API}/items/actions/hold", json={**body, "note": "x"}, headers=me)

    assert [True, True] == [answer.json()["results"][0]["done"] for answer in (hold, release)]
    assert (422, "invalid_value") == (other.status_code, other.json()["code"])


async def test_reading_needs_no_key_and_keeps_none(world: World) -> None:
    """A plan is always made anew, whatever key is sent with it."""
    item = await world.ready()
    me = {**await world.token(), "Idempotency-Key": "plan"}
    body = {"items": [str(item.id)]}

    first = await world.client.post(f"{API}/submissions/plan", json=body, headers=me)
    again = await world.client.post(f"{API}/submissions/plan", json={**body, "alone": []}, headers=me)

    assert (200, 200) == (first.status_code, again.status_code)
    assert "idempotent-replayed" not in again.headers


async def test_a_kept_answer_is_told_to_nobody_without_the_right(world: World) -> None:
    """Whoever may not act does not hear what the act answered, even with its key."""
    item = await world.ready()
    body = {"items": [str(item.id)]}
    key = {"Idempotency-Key": "mine"}
    reader = await world.token(["items:read"])

    await world.client.post(f"{API}/items/actions/hold", json=body, headers={**await world.token(), **key})
    curious = await world.client.post(f"{API}/items/actions/hold", json=body, headers={**reader, **key})

    assert (403, "not_allowed") == (curious.status_code, curious.json()["code"])


async def test_a_key_has_a_length(world: World) -> None:
    """A key over 255 characters is refused before anything is done."""
    me = {**await world.token(), "Idempotency-Key": "k" * 256}

    answer = await world.client.post(f"{API}/shop/reconcile", headers=me)

    assert 422 == answer.status_code
