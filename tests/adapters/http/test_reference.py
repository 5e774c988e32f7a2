"""The API's description: valid, readable, complete, and shown without asking any other server."""

import asyncio
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from mockspark.adapters.http.examples import EXAMPLES
from tests.adapters.http.operations import document, operations
from tests.world import World

DOCS: Final = "/api/docs"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


async def test_the_description_is_valid(world: World) -> None:
    """It keeps to OpenAPI 3.1, as its own schema says."""
    validator = pytest.importorskip("openapi_spec_validator")

    described = await document(world)
    validator.validate(described)

    assert described["openapi"].startswith("3.1")


async def test_operations_have_names_that_read_well(world: World) -> None:
    """Every name is a distinct lowerCamelCase phrase, and every operation says what it does."""
    described = await document(world)
    known = [told for item in described["paths"].values() for told in item.values()]
    names = [told["operationId"] for told in known]

    assert len(names) == len(set(names))
    assert not [name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)]
    assert {"searchItems", "showItem", "sendItems", "planSubmissions", "downloadFiles"} <= set(names)
    assert all(told["summary"] and told["tags"] for told in known)


async def test_every_operation_may_answer_a_problem(world: World) -> None:
    """Errors are documented once and referred to everywhere; nothing else is said of them."""
    described = await document(world)

    for item in described["paths"].values():
        for told in item.values():
            assert {"$ref": "#/components/responses/Problem"} == told["responses"]["default"]
            assert not [code for code in told["responses"] if code[0] in "45"]


async def test_every_body_has_an_example_that_is_taken(world: World) -> None:
    """The examples are sent as they stand and are understood."""
    me = await world.token()
    known = await operations(world)

    answers = {one.id: await one.call(world.client, me) for one in known if one.body is not None}

    assert set(EXAMPLES) == set(answers)
    assert {} == {
        name: answer.text for name, answer in answers.items() if answer.status_code in {400, 422, 500}
    }
    described = await document(world)
    with_body = {
        told["operationId"]
        for item in described["paths"].values()
        for told in item.values()
        if "application/json" in told.get("requestBody", {}).get("content", {})
    }
    assert with_body - set(EXAMPLES) == {"channelNews", "providerNews"}


async def test_the_viewer_asks_no_other_server(world: World) -> None:
    """The page, its script and its style name no address outside, and its policy would stop one."""
    me = await world.token()
    page = await world.client.get(DOCS, headers=me)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    answers = [await world.client.get(address, headers=me) for address in loaded]
    unknown = await world.client.get(f"{DOCS}/assets/oauth2-redirect.html", headers=me)

    assert "://" not in page.text
    assert {200} == {answer.status_code for answer in answers}
    assert "'unsafe-inline'" not in page.headers["content-security-policy"].split("style-src")[0]
    assert 404 == unknown.status_code


async def test_a_browser_shows_the_description(world: World, tmp_path: Path) -> None:
    """A real browser, given the token as password, draws the operations."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    token = (await world.token())["Authorization"].removeprefix("Bearer ")
    address = str(world.client.base_url).replace("://", f"://me:{token}@") + DOCS

    shown = await _dumped(browser, address, tmp_path)

    assert "Search items by the six filters" in shown


async def _dumped(browser: str, address: str, folder: Path) -> str:
    options = [
        "--headless",
        "--no-sandbox",
        f"--user-data-dir={folder}/profile",
        "--virtual-time-budget=8000",
    ]
    done = await asyncio.to_thread(
        subprocess.run,
        [browser, *options, "--dump-dom", address],
        capture_output=True,
        timeout=60,
        check=True,
    )
    return done.stdout.decode()
