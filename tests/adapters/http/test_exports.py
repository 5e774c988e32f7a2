"""What leaves as a file: the list as CSV, production files as ZIP, one file by a signed address."""

import csv
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import evolve

from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.system import utc_now
from mockspark.application.exports import unguarded
from mockspark.application.ports.blobs import BlobKey
from mockspark.application.targets import Targets
from mockspark.entrypoints.runtime import _file_secret
from tests.world import World

API: Final = "/api/v1"
EVIL: Final = '=HYPERLINK("https://evil.example")'


def table(text: str) -> list[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_the_csv_of_a_search_is_the_list(world: World) -> None:
    """One line per row of the list, in its order, telling the same (I26)."""
    for name in ("Ann", "Ben", "Cleo"):
        world.order(world.mug(name))
    await world.taken_in()
    me = await world.token()

    listed = (await world.client.get(f"{API}/items", headers=me)).json()["rows"]
    answer = await world.client.get(f"{API}/exports/items.csv", headers=me)
    rows = table(answer.text)

    assert "text/csv; charset=utf-8" == answer.headers["content-type"]
    assert [row["id"] for row in listed] == [row["item_id"] for row in rows]
    assert [row["order_name"] for row in listed] == [unguarded(row["order_name"]) for row in rows]
    assert [row["title"] for row in listed] == [row["product_title"] for row in rows]
    assert [row["status"] for row in listed] == [row["status"] for row in rows]


async def test_chosen_items_leave_in_the_order_in_which_they_were_chosen(world: World) -> None:
    """The chosen and no others; one that there is not is said before the file begins."""
    for name in ("Ann", "Ben", "Cleo"):
        world.order(world.mug(name))
    await world.taken_in()
    me = await world.token()
    first, _, third = [str(row.id) for row in await world.rows()]
    stranger = "018f9a6e-0000-7000-8000-000000000001"

    answer = await world.client.post(f"{API}/exports/csv", json={"items": [third, first]}, headers=me)
    missing = await world.client.post(f"{API}/exports/csv", json={"items": [first, stranger]}, headers=me)

    assert [third, first] == [row["item_id"] for row in table(answer.text)]
    assert (404, True) == (missing.status_code, stranger in missing.json()["detail"])


async def test_a_csv_may_begin_with_the_mark_that_spreadsheets_like(world: World) -> None:
    """Asked for, the file begins with a byte order mark, and reads the same."""
    await world.ready()
    me = await world.token()

    plain = await world.client.get(f"{API}/exports/items.csv", headers=me)
    marked = await world.client.get(f"{API}/exports/items.csv", params={"bom": True}, headers=me)

    assert b"\xef\xbb\xbf" + plain.content == marked.content


async def test_what_a_customer_wrote_runs_in_no_spreadsheet(world: World) -> None:
    """A cell that would be a formula begins with an apostrophe, which an import takes off again."""
    item = await world.ready()
    me = await world.token()
    body = {"items": [str(item.id)], "note": EVIL}
    await world.client.post(f"{API}/items/actions/hold", json=body, headers=me)

    (row,) = table((await world.client.get(f"{API}/exports/items.csv", headers=me)).text)

    assert f"'{EVIL}" == row["hold_note"]
    assert EVIL == unguarded(row["hold_note"])


async def test_the_zip_holds_every_file_with_its_digest(world: World, tmp_path: Path) -> None:
    """`zipfile` and `unzip` see the same; names are plain and distinct, and the manifest tells the truth."""
    items = [str((await world.ready(world.mug(name))).id) for name in ("Ann", "../../Ben")]
    me = await world.token()

    answer = await world.client.post(f"{API}/exports/files", json={"items": items}, headers=me)
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    manifest = json.loads(packed.read("manifest.json"))

    assert ("application/zip", None) == (answer.headers["content-type"], packed.testzip())
    names = packed.namelist()
    assert len(names) == len({name.lower() for name in names})
    assert not [name for name in names if "/" in name or "\\" in name or name.startswith(".")]
    assert items == [file["item"] for file in manifest["files"]]
    for file in manifest["files"]:
        assert file["sha256"] == sha256(packed.read(file["name"])).hexdigest()
    assert _unzipped(answer.content, tmp_path) in ({*names}, None)


class Large:
    """Files of a hundred megabytes, given out piece by piece."""

    def __init__(self) -> None:
        self.given = 0

    async def stream(self, key: BlobKey) -> AsyncIterator[bytes]:
        """Yield the pieces, counting those that were taken."""
        for _ in range(100):
            self.given += 1
            yield bytes(1024 * 1024)


async def test_a_large_zip_is_never_in_memory_whole(world: World) -> None:
    """Each piece leaves before the next is read, however large the files are."""
    item = await world.ready()
    files = Large()
    pack = evolve(world.spark.download_files, blobs=files)  # type: ignore[arg-type]  # one method is called

    sizes, lead = [], []
    async for piece in pack(world.shop, Targets.of(item.id)):
        sizes.append(len(piece))
        lead.append(files.given * 1024 * 1024 - sum(sizes))

    assert sum(sizes) > 100 * 1024 * 1024
    assert max(sizes) < 2 * 1024 * 1024
    assert max(lead) < 2 * 1024 * 1024


async def test_a_zip_of_an_item_that_there_is_not_is_refused_at_once(world: World) -> None:
    """The refusal is an answer, not a broken file."""
    me = await world.token()
    stranger = "018f9a6e-0000-7000-8000-000000000001"

    answer = await world.client.post(f"{API}/exports/files", json={"items": [stranger]}, headers=me)

    assert (404, "not_found") == (answer.status_code, answer.json()["code"])


async def test_a_file_is_given_out_by_its_item_only(world: World) -> None:
    """A key of another item, of nothing, and one that climbs are not found."""
    ann, ben = [await world.ready(world.mug(name)) for name in ("Ann", "Ben")]
    me = await world.token()
    shown = await world.spark.show_item(world.shop, ann.id)
    key = shown.files[0].key

    found = await world.client.get(f"{API}/exports/items/{ann.id}/{key}", headers=me)
    answers = [
        await world.client.get(f"{API}/exports/items/{item}/{wanted}", headers=me)
        for item, wanted in (
            (ben.id, key),
            (ann.id, "x.png"),
            (ann.id, "..%2F..%2Fmockspark.db"),
            (ann.id, f"{world.shop}/"),
        )
    ]

    assert (200, "image/png") == (found.status_code, found.headers["content-type"])
    assert shown.files[0].sha256 == sha256(found.content).hexdigest()
    assert [404] * 4 == [answer.status_code for answer in answers]


async def test_a_signed_address_opens_its_file_without_a_token(world: World) -> None:
    """The provider gets the bytes with their type; an altered or expired address is not found."""
    item = await world.ready()
    shown = await world.spark.show_item(world.shop, item.id)
    made = FileLinks("http://files", _file_secret(world.runtime.settings))
    now = utc_now()

    def path(**more: Any) -> str:
        told = {"name": "front.png", "expires": now + timedelta(hours=1), **more}
        return urlsplit(made.url(BlobKey(shown.files[0].key), **told)).path

    _, _, token, _ = path().split("/")
    forged = FileLinks("http://files", b"another secret of enough bytes")
    found = await world.client.get(path())
    answers = {
        name: (await world.client.get(address)).status_code
        for name, address in {
            "renamed": f"/files/{token}/back.png",
            "altered": f"/files/{'A' if token[0] != 'A' else 'B'}{token[1:]}/front.png",
            "cut": f"/files/{token[:-2]}/front.png",
            "empty": "/files/A/front.png",
            "expired": path(expires=now - timedelta(seconds=2)),
            "forged": urlsplit(
                forged.url(BlobKey(shown.files[0].key), name="front.png", expires=now + timedelta(hours=1))
            ).path,
        }.items()
    }

    assert (200, "image/png") == (found.status_code, found.headers["content-type"])
    assert shown.files[0].sha256 == sha256(found.content).hexdigest()
    assert dict.fromkeys(answers, 404) == answers


async def test_a_file_that_is_gone_from_the_disk_is_not_found(world: World, tmp_path: Path) -> None:
    """The address is right and the file is not there: that is an answer, and no broken download."""
    item = await world.ready()
    me = await world.token()
    shown = await world.spark.show_item(world.shop, item.id)
    shutil.rmtree(tmp_path / "files")

    answer = await world.client.get(f"{API}/exports/items/{item.id}/{shown.files[0].key}", headers=me)

    assert (404, "not_found") == (answer.status_code, answer.json()["code"])


def _unzipped(content: bytes, folder: Path) -> set[str] | None:
    """Return what the program `unzip` makes of an archive, None where there is none."""
    program = shutil.which("unzip")
    if program is None:
        return None
    target = folder / "unzipped"
    archive = folder / "files.zip"
    archive.write_bytes(content)
    subprocess.run([program, "-q", str(archive), "-d", str(target)], check=True)
    return {str(path.relative_to(target)) for path in target.rglob("*")}
