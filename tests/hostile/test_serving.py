"""What strangers uploaded is never given out as something that a browser would run."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.system import utc_now
from mockspark.application.blob_names import media_type_of, upload_key
from mockspark.entrypoints.runtime import _file_secret
from tests.hostile import corpus
from tests.world import World, open_world

_POLYGLOTS = [file for file in corpus.files() if "behind it" in file.name and file.words == corpus.TAKEN]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def test_a_picture_with_a_page_behind_it_is_given_out_as_bytes(world: World) -> None:
    """Its type is that of bytes, browsers must not guess another, and nothing in it may run."""
    me = {**await world.token(), "Content-Type": "application/octet-stream"}
    links = FileLinks("http://files", _file_secret(world.runtime.settings))

    for file in _POLYGLOTS:
        taken = await world.client.post("/api/v1/assets", content=file.content, headers=me)
        key = upload_key(world.shop, taken.json()["source"].removeprefix("sha256:"))
        name = key.rpartition("/")[2]
        address = links.url(key, name=name, expires=utc_now() + timedelta(hours=1))
        given = await world.client.get(urlsplit(address).path)

        assert (file.content, "application/octet-stream") == (given.content, given.headers["content-type"])
        assert "nosniff" == given.headers["x-content-type-options"]
        assert given.headers["content-security-policy"].startswith("default-src 'none'")


def test_no_file_of_ours_has_a_type_that_runs() -> None:
    """Whatever a file's name ends in, its type is one of those we make, or bytes."""
    endings = ("html", "svg", "xml", "js", "xhtml", "htm", "swf", "bin", "", "PNG.html")

    assert {"application/octet-stream"} == {media_type_of(f"file.{ending}") for ending in endings}
