"""Every error has a status, a code that stays, and words."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from litestar import Litestar, get
from litestar.testing import AsyncTestClient

from mockspark.adapters.http.app import _HANDLERS
from mockspark.adapters.http.problems import _HTTP_CODES, MEDIA_TYPE, status_of
from mockspark.application.errors import Unavailable
from mockspark.domain.errors import MockSparkError
from tests.world import World

API: Final = "/api/v1"
REFERENCE: Final = Path(__file__).parents[3] / "docs" / "reference" / "http-api.md"

_MET: Final = ("mockspark.domain.errors", "mockspark.application.errors")

STATUSES: Final = {
    "confirmation_needed": 409,
    "conflict": 409,
    "currency_mismatch": 409,
    "files_outdated": 409,
    "form_invalid": 422,
    "invalid_value": 422,
    "mockspark_error": 500,
    "not_authorized": 502,
    "not_connected": 409,
    "not_found": 404,
    "not_possible": 409,
    "nothing_to_send": 409,
    "outcome_unknown": 502,
    "outside_failure": 502,
    "rejected": 422,
    "rule_broken": 409,
    "submission_still_live": 409,
    "transition_not_allowed": 409,
    "unavailable": 503,
}
"""The contract with whoever calls: a code, once told, keeps its meaning and its status."""


def every(root: type[MockSparkError] = MockSparkError) -> Iterator[type[MockSparkError]]:
    yield root
    for kind in root.__subclasses__():
        yield from every(kind)


def test_every_error_has_its_status() -> None:
    """The errors that a caller may meet and their statuses are a contract; no class is without a status."""
    met = (kind for kind in every() if kind.__module__ in _MET)

    assert STATUSES == {kind.code: int(status_of(kind)) for kind in met}
    assert all(status_of(kind) for kind in every())


def test_the_reference_lists_every_code_with_its_status() -> None:
    """The table of the reference says what the code says, no line more and none less."""
    written = {
        code: int(status)
        for code, status in re.findall(r"^\| `(\w+)` \| (\d{3}) \|", REFERENCE.read_text(), re.MULTILINE)
    }
    framework = {code: status for status, code in _HTTP_CODES.items()}

    assert {**framework, **STATUSES, "internal_error": 500} == written


@get("/breaks")
async def _breaks() -> None:
    raise RuntimeError("the vault's key is hunter2")


@get("/away")
async def _away() -> None:
    raise Unavailable("the database cannot be used now", retry_after=timedelta(seconds=7.2))


@pytest.fixture
def app() -> Litestar:
    return Litestar([_breaks, _away], exception_handlers=_HANDLERS, openapi_config=None, logging_config=None)


async def test_a_defect_tells_a_reference_and_nothing_of_itself(
    app: Litestar, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns an id; the log has the id with everything that is needed to find the defect."""
    async with AsyncTestClient(app) as client:
        with caplog.at_level(logging.ERROR):
            answer = await client.get("/breaks")
    told = answer.json()

    assert (500, "internal_error", MEDIA_TYPE) == (
        answer.status_code,
        told["code"],
        answer.headers["content-type"],
    )
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    (record,) = [record for record in caplog.records if hasattr(record, "reference")]
    assert (told["reference"], True) == (record.reference, record.exc_info is not None)


async def test_what_is_away_says_when_to_come_again(app: Litestar) -> None:
    """A 503 carries `Retry-After` in whole seconds where we know it."""
    async with AsyncTestClient(app) as client:
        answer = await client.get("/away")

    assert (503, "7") == (answer.status_code, answer.headers["retry-after"])


async def test_every_refusal_sounds_the_same(world: World) -> None:
    """Whether the framework or we refuse: a problem document with code, title, status and detail."""
    me = await world.token()
    asked: list[tuple[str, str, dict[str, Any], int]] = [
        ("GET", "/nowhere", {}, 404),
        ("GET", f"{API}/items/no-uuid", {}, 404),
        ("PATCH", f"{API}/items", {}, 405),
        ("GET", f"{API}/items?limit=a", {}, 400),
        ("POST", f"{API}/items/actions/hold", {"content": b"{"}, 400),
        ("POST", f"{API}/items/actions/hold", {"json": {"items": []}}, 400),
        ("POST", f"{API}/items/actions/hold", {"content": b"x" * (2 * 1024 * 1024 + 1)}, 413),
        ("PUT", f"{API}/items/{'0' * 8}-0000-7000-8000-{'0' * 12}/design", {"json": {}}, 422),
    ]

    for method, path, body, status in asked:
        answer = await world.client.request(method, path, headers=me, **body)
        told = answer.json()
        assert (path, status, MEDIA_TYPE) == (path, answer.status_code, answer.headers["content-type"])
        assert {"type", "code", "title", "status", "detail"} <= set(told)
        assert (f"urn:mockspark:problem:{told['code']}", status) == (told["type"], told["status"])
