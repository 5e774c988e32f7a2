"""The list, the page of one item, and acts on many."""

from uuid import uuid4

from mockspark.adapters.sandbox.shopify_samples import CANDLE
from mockspark.domain.status import Status
from tests.world import World, line

API = "/api/v1"


async def test_the_list_shows_what_a_search_finds_page_by_page(world: World) -> None:
    """Pages join without a gap and without a repetition; the last one has no cursor."""
    for name in ("Ann", "Ben", "Cleo"):
        world.order(world.mug(name))
    await world.taken_in()
    me = await world.token()

    first = (await world.client.get(f"{API}/items", params={"limit": 2}, headers=me)).json()
    rest = (await world.client.get(f"{API}/items", params={"after": first["next"]}, headers=me)).json()

    assert 2 == len(first["rows"])
    assert 1 == len(rest["rows"])
    assert "" == rest["next"]
    assert 3 == len({row["id"] for row in first["rows"] + rest["rows"]})


async def test_each_filter_finds_its_items_and_no_others(world: World) -> None:
    """Order name and e-mail match whole, the title in part, platform and status by choice (R13-R19)."""
    await world.ready()
    me = await world.token()
    queries: list[tuple[dict[str, str | list[str]], int]] = [
        ({"order_name": "#1001"}, 1),
        ({"order_name": "1002"}, 0),
        ({"title": "sonalized MU"}, 1),
        ({"title": "100%"}, 0),
        ({"email": " DANA@example.com "}, 1),
        ({"email": "dana"}, 0),
        ({"platform": "printify"}, 1),
        ({"platform": "manual"}, 0),
        ({"status": ["ready_to_fulfill", "on_hold"]}, 1),
        ({"status": "archived"}, 0),
        ({"attention": "true"}, 0),
    ]

    for query, found in queries:
        rows = (await world.client.get(f"{API}/items", params=query, headers=me)).json()["rows"]
        count = (await world.client.get(f"{API}/items/count", params=query, headers=me)).json()
        csv = (await world.client.get(f"{API}/exports/items.csv", params=query, headers=me)).text
        assert (query, found, {"count": found, "more": False}) == (query, len(rows), count)
        assert (query, found) == (query, len(csv.splitlines()) - 1)


async def test_a_date_range_reaches_back_ninety_days_and_no_further(world: World) -> None:
    """An older start is refused with what to do, by the list, the count and the export alike (R14)."""
    me = await world.token()

    for path in ("items", "items/count", "exports/items.csv"):
        answer = await world.client.get(
            f"{API}/{path}", params={"created_from": "2020-01-01T00:00:00Z"}, headers=me
        )
        assert (path, 422) == (path, answer.status_code)
        assert "90 days" in answer.json()["detail"]


async def test_what_cannot_be_searched_by_is_refused(world: World) -> None:
    """A page over the limit, a cursor that nobody gave, a date without zone and an unknown status are errors."""
    me = await world.token()
    queries = [
        {"limit": "251"},
        {"limit": "0"},
        {"after": "guessed"},
        {"created_from": "2026-11-01T00:00:00"},
        {"status": "lost"},
    ]

    for query in queries:
        answer = await world.client.get(f"{API}/items", params=query, headers=me)
        told = answer.json()
        assert (query, True, True) == (query, answer.status_code in {400, 422}, bool(told["code"]))


async def test_a_call_names_at_most_five_hundred_items(world: World) -> None:
    """More than one call may name is refused as a whole, before anything is done."""
    me = await world.token()
    body = {"items": [str(uuid4()) for _ in range(501)]}

    for path in ("items/actions/archive", "submissions/plan", "submissions", "exports/csv"):
        answer = await world.client.post(f"{API}/{path}", json=body, headers=me)
        assert (path, 400, "malformed") == (path, answer.status_code, answer.json()["code"])


async def test_rows_that_changed_since_they_were_seen_are_refused(world: World) -> None:
    """A bulk act with the versions that were seen does not touch what somebody changed meanwhile."""
    item = await world.ready()
    me = await world.token()
    seen = (await world.client.get(f"{API}/items/{item.id}", headers=me)).json()["version"]
    body = {"items": [str(item.id)], "versions": {str(item.id): seen}, "note": "seen"}

    first = await world.client.post(f"{API}/items/actions/hold", json=body, headers=me)
    second = await world.client.post(f"{API}/items/actions/archive", json={**body, "note": ""}, headers=me)
    late = {key: value for key, value in body.items() if key != "note"}
    third = await world.client.post(f"{API}/items/actions/archive", json=late, headers=me)

    assert [True] == [row["done"] for row in first.json()["results"]]
    assert 400 == second.status_code
    assert [(False, "conflict")] == [(row["done"], row["code"]) for row in third.json()["results"]]


async def test_a_tag_that_is_none_is_refused(world: World) -> None:
    """`If-Match` is the tag that came with the item; `*` matches whatever there is."""
    item = await world.ready()
    me = await world.token()
    design = (await world.client.get(f"{API}/items/{item.id}", headers=me)).json()["design"]

    answers = [
        await world.client.put(
            f"{API}/items/{item.id}/design", json={"design": design}, headers={**me, "If-Match": tag}
        )
        for tag in ('"seven"', "*")
    ]

    assert [400, 200] == [answer.status_code for answer in answers]


async def test_the_page_of_an_item_shows_both_sides_and_its_actions(world: World) -> None:
    """Store, design, files and the reasons for what is refused stand in one answer."""
    item = await world.ready()
    me = await world.token()

    answer = await world.client.get(f"{API}/items/{item.id}", headers=me)
    shown = answer.json()
    actions = {action["action"]: action for action in shown["actions"]}

    assert f'"{shown["version"]}"' == answer.headers["etag"]
    assert "front" == shown["files"][0]["area"]
    assert actions["send"]["allowed"]
    assert "only a fulfilled" in actions["reprint"]["refusal"]


async def test_a_redesign_needs_the_version_that_was_seen(world: World) -> None:
    """The slower of two people is told, and nothing of the faster one's work is lost."""
    item = await world.ready()
    me = await world.token()
    seen = await world.client.get(f"{API}/items/{item.id}", headers=me)
    design = seen.json()["design"]
    with_tag = {**me, "If-Match": seen.headers["etag"]}
    design["layers"][0]["text"] = "Faster"

    faster = await world.client.put(
        f"{API}/items/{item.id}/design", json={"design": design}, headers=with_tag
    )
    slower = await world.client.put(
        f"{API}/items/{item.id}/design", json={"design": design}, headers=with_tag
    )

    assert (200, "generating") == (faster.status_code, faster.json()["row"]["status"])
    assert (409, "conflict") == (slower.status_code, slower.json()["code"])


async def test_an_impossible_design_is_refused_by_the_name_of_its_member(world: World) -> None:
    """The answer names the wrong member of the document."""
    item = await world.ready()
    me = await world.token()
    wrong = {"schema": 1, "areas": {"front": {"w": 1.5, "h": 10}}, "layers": []}

    answer = await world.client.put(f"{API}/items/{item.id}/design", json={"design": wrong}, headers=me)

    assert 422 == answer.status_code
    assert "whole number" in answer.json()["detail"]


async def test_a_bulk_act_reports_each_item_and_is_never_all_or_nothing(world: World) -> None:
    """One unknown item does not keep the others from being held (A23)."""
    item = await world.ready()
    me = await world.token()
    stranger = str(uuid4())

    answer = await world.client.post(
        f"{API}/items/actions/hold", json={"items": [str(item.id), stranger], "note": "wait"}, headers=me
    )
    results = answer.json()["results"]

    assert [(True, ""), (False, "not_found")] == [(row["done"], row["code"]) for row in results]
    assert [Status.ON_HOLD] == [row.status for row in await world.rows()]


async def test_every_manual_action_can_be_done_over_http(world: World) -> None:
    """Hold, release, comment, confirm, flags, archive, unarchive, mark fulfilled and reprint follow each other."""
    item = await world.ready()
    me = await world.token()
    steps: list[tuple[str, dict[str, object], str]] = [
        ("hold", {"reason": "manual"}, "on_hold"),
        ("release", {"note": "go"}, "ready_to_fulfill"),
        ("comment", {"text": "a gift"}, "ready_to_fulfill"),
        ("confirm-address", {"note": "by phone"}, "ready_to_fulfill"),
        ("clear-flags", {"flags": ["store_changed"]}, "ready_to_fulfill"),
        ("archive", {}, "archived"),
        ("unarchive", {}, "ready_to_fulfill"),
        ("mark-fulfilled", {"shipment": {"number": "T1", "carrier": "DHL"}}, "fulfilled"),
    ]
    for name, more, expected in steps:
        body = {"items": [str(item.id)], **more}
        result = (await world.client.post(f"{API}/items/actions/{name}", json=body, headers=me)).json()
        assert (name, True, expected) == (name, result["results"][0]["done"], result["results"][0]["status"])
    again = await world.client.post(
        f"{API}/items/actions/reprint", json={"items": [str(item.id)]}, headers=me
    )

    assert again.json()["results"][0]["done"]
    assert 2 == len(await world.rows())
    entries = (await world.client.get(f"{API}/items/{item.id}/timeline", headers=me)).json()
    assert {"Ana"} <= {entry["actor"] for entry in entries}


async def test_an_unknown_field_is_refused_by_its_name(world: World) -> None:
    """A misspelt field never passes silently."""
    item = await world.ready()
    me = await world.token()
    answer = await world.client.post(
        f"{API}/items/actions/hold", json={"items": [str(item.id)], "resaon": "manual"}, headers=me
    )

    assert 400 == answer.status_code
    assert "resaon" in answer.text


async def test_a_sync_tells_what_differs_field_by_field(world: World) -> None:
    """The store's new note stands in the answer (R25)."""
    placed = world.order()
    await world.taken_in()
    (item,) = await world.rows()
    world.stand_ins.merchant.annotate(placed.id, note="Please hurry")
    me = await world.token()

    report = (await world.client.post(f"{API}/items/{item.id}/sync", headers=me)).json()

    assert ["note"] == [change["field"] for change in report["changes"]]
    assert "Please hurry" == report["changes"][0]["after"]


async def test_lines_left_out_are_shown_with_the_reason(world: World) -> None:
    """The import log explains what became no item (R55)."""
    world.order(world.mug(), line(CANDLE, {}))
    await world.taken_in()
    me = await world.token()

    rows = (await world.client.get(f"{API}/import-log", headers=me)).json()["rows"]

    assert [("Vanilla candle", "not_ours")] == [(row["title"], row["why"]) for row in rows]
    assert rows[0]["words"]
