"""Every command, run as a script would run it, against the local Shopify and Printify."""

import csv
import json
import shlex
import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import frozen

from mockspark.adapters.sandbox.shopify_orders import OrderDraft
from mockspark.adapters.sandbox.shopify_samples import MUG
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.entrypoints.cli import main, parser
from mockspark.entrypoints.cli.output import Exit
from tests.entrypoints.background import Background, stand_ins_in_background
from tests.world import HOME, line

SHOP = "demo-shop.myshopify.com"
COMMANDS = [
    "serve --host 127.0.0.1 --port 8000",
    "worker",
    "sandbox",
    "demo",
    "migrate",
    "check",
    "doctor",
    f"import-orders --shop {SHOP}",
    f"send --shop {SHOP} --all",
    f"export --shop {SHOP} items.csv",
    "plugins",
    f"tokens create --shop {SHOP} --scope items:read",
    "connect shopify --shop acme.myshopify.com --client-id a --client-secret b",
    "connect shopify --shop acme.myshopify.com --client-id a --client-secret b --access-token c --api-url http://x",
    f"connect printify --shop {SHOP} --token t --provider-shop 42 --api-url http://127.0.0.1:4001",
    f"connect printify --shop {SHOP} --token t --provider-shop 42",
    f"connect manual --shop {SHOP}",
    f"listings import products.csv --shop {SHOP}",
    f"fonts list --shop {SHOP}",
    f"fonts add Brand.woff2 --shop {SHOP}",
    f"fonts delete sha256:1f3a --shop {SHOP}",
    f"import-design shirt.json --format fabric --area front=300x400 --canvas 500x600 --shop {SHOP}",
    f"import-design shirt.svg --format svg --area front=300x400 --shop {SHOP}",
    "reference docs/reference",
]


@frozen(kw_only=True)
class Spoken:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@frozen
class Terminal:
    """Somebody at a terminal of one installation."""

    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> Spoken:
        self.capsys.readouterr()
        code = main(words)
        told = self.capsys.readouterr()
        return Spoken(code=code, out=told.out, err=told.err)


@pytest.fixture(scope="module")
def background() -> Generator[Background]:
    with stand_ins_in_background() as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, background: Background) -> Generator[Path]:
    """Yield the folder of an installation that the environment describes."""
    folder = tmp_path_factory.mktemp("installation")
    hosts = urlsplit(background.stand_ins.shopify_url).netloc
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOCKSPARK_DATA_DIR", str(folder))
        environment.setenv("MOCKSPARK_PRIVATE_HOSTS", hosts)
        environment.setenv("MOCKSPARK_RENDER_PROCESSES", "1")
        environment.delenv("MOCKSPARK_DATABASE_URL", raising=False)
        yield folder


@pytest.fixture
def terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    assert folder.exists()
    return Terminal(capsys)


@pytest.fixture(scope="module")
def connected(folder: Path, background: Background) -> Background:
    """Return the stand-ins, connected by the commands that `mockspark sandbox` prints."""
    assert folder.exists()
    for told in (background.stand_ins.connect_shopify, background.stand_ins.connect_printify):
        program, *words = shlex.split(told)
        assert "mockspark" == program
        assert Exit.DONE == main(words), told
    return background


@pytest.fixture(scope="module")
def stocked(connected: Background, folder: Path) -> Background:
    """Return the stand-ins of a shop whose mug is mapped and ordered twice."""
    products = folder / "products.csv"
    products.write_text(
        "match,key,connection,areas,blueprint_id,print_provider_id,variant_id\n"
        f"variant,{MUG.variant_id},printify,front:300x200@300,68,9,33719\n"
    )
    assert Exit.DONE == main(["listings", "import", str(products), "--shop", SHOP])
    for name in ("Zoe", "Ada"):
        draft = OrderDraft(lines=(line(MUG, {"Name": name}),), address=HOME, email="dana@example.com")
        connected.do(lambda stand_ins, draft=draft: stand_ins.merchant.place(draft))  # type: ignore[misc]
    assert Exit.DONE == main(["import-orders", "--shop", SHOP, "--days", "2"])
    return connected


def connect_other(terminal: Terminal) -> None:
    words = ("--shop", "other.myshopify.com", "--client-id", "a", "--client-secret", "b", "--no-check")
    assert Exit.DONE == terminal.run("connect", "shopify", *words).code


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_keeps_its_name(words: str) -> None:
    """People script these; a name that is gone breaks their nights."""
    assert callable(parser().parse_args(words.split()).run)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_can_answer_a_program(words: str) -> None:
    """Each command takes --json."""
    assert parser().parse_args([*words.split(), "--json"]).json


def test_the_printed_commands_connect_the_stand_ins(connected: Background, terminal: Terminal) -> None:
    """What `mockspark sandbox` prints is enough: no public address is needed on this machine."""
    program, *words = shlex.split(connected.stand_ins.connect_shopify)

    told = terminal.run(*words, "--json")

    assert (Exit.DONE, "mockspark") == (told.code, program)
    assert [True, True] == [account["works"] for account in told.json["accounts"]]


def test_refused_credentials_are_no_success(connected: Background, terminal: Terminal) -> None:
    """A token that the provider refuses ends the command with its own code, and says whose it is."""
    url = connected.stand_ins.printify_url
    words = ("--shop", "other.myshopify.com", "--token", "wrong", "--provider-shop", "1", "--api-url", url)
    connect_other(terminal)

    told = terminal.run("connect", "printify", *words, "--json")

    assert Exit.NOT_CONNECTED == told.code
    assert any(not account["works"] for account in told.json["accounts"])


@pytest.mark.usefixtures("connected")
def test_connecting_our_own_print_room(terminal: Terminal) -> None:
    """The manual provider needs no credentials."""
    told = terminal.run("connect", "manual", "--shop", SHOP, "--no-check", "--json")

    assert (Exit.DONE, SHOP, False) == (told.code, told.json["shop"], told.json["checked"])


@pytest.mark.usefixtures("connected")
def test_a_token_is_shown_once(terminal: Terminal) -> None:
    """The token stands alone on standard output, and no list shows it again."""
    made = terminal.run("tokens", "create", "--shop", SHOP, "--scope", "items:read", "--name", "night job")
    listed = terminal.run("tokens", "list", "--shop", SHOP, "--json")

    assert Exit.DONE == made.code
    assert made.out.startswith("ms_")
    assert 1 == len(made.out.split())
    assert made.out.strip() not in listed.out
    assert "night job" in {token["name"] for token in listed.json}


@pytest.mark.usefixtures("connected")
def test_a_token_comes_as_one_document(terminal: Terminal) -> None:
    """A program reads the token and its rights from one JSON document."""
    told = terminal.run(
        "tokens", "create", "--shop", SHOP, "--scope", "items:read", "--scope", "items:write", "--json"
    )

    assert told.json["token"].startswith("ms_")
    assert ["items:read", "items:write"] == told.json["scopes"]


@pytest.mark.usefixtures("connected")
def test_a_font_is_added_listed_and_deleted(terminal: Terminal, tmp_path: Path) -> None:
    """What the command says of it is what a design names, and what deletes it."""
    file = tmp_path / "Brand.ttf"
    file.write_bytes(FontBook().face("Space Mono Bold", {}).content)

    added = terminal.run("fonts", "add", str(file), "--shop", SHOP, "--json").json
    listed = terminal.run("fonts", "list", "--shop", SHOP, "--json").json
    deleted = terminal.run("fonts", "delete", added["name"], "--shop", SHOP)
    gone = terminal.run("fonts", "delete", added["name"], "--shop", SHOP)

    assert ("Space Mono", "Bold") == (added["family"], added["style"])
    assert [added["name"]] == [font["name"] for font in listed if font["own"]]
    assert [Exit.DONE, Exit.NOT_FOUND] == [deleted.code, gone.code]


@pytest.mark.usefixtures("connected")
def test_a_design_of_another_program_is_written_as_a_document(terminal: Terminal, tmp_path: Path) -> None:
    """The document lies in the file that was asked for; what is not as it was is told."""
    drawing, document = tmp_path / "logo.svg", tmp_path / "logo.json"
    drawing.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/><text/></svg>'
    )
    words = ("import-design", str(drawing), "--format", "svg", "--area", "front=90x90", "--shop", SHOP)

    told = terminal.run(*words, "--output", str(document), "--json").json
    spoken = terminal.run(*words).out

    assert told["document"] == json.loads(document.read_text())
    assert {"w": 90_000, "h": 90_000} == told["document"]["areas"]["front"]
    assert ["text"] == [note["feature"] for note in told["notes"] if note["lost"]]
    assert "text: left out: convert text to outlines" in spoken


@pytest.mark.usefixtures("connected")
def test_a_token_is_revoked_by_the_beginning_of_its_digest(terminal: Terminal) -> None:
    """What the list shows is enough to name one; what names none is not found."""
    made = terminal.run("tokens", "create", "--shop", SHOP, "--scope", "items:read", "--json").json

    assert Exit.DONE == terminal.run("tokens", "revoke", made["digest"][:12], "--shop", SHOP).code
    assert Exit.NOT_FOUND == terminal.run("tokens", "revoke", "no-such-digest", "--shop", SHOP).code


@pytest.mark.usefixtures("stocked")
def test_products_are_mapped_from_a_file(terminal: Terminal) -> None:
    """The imported product is in the list."""
    told = terminal.run("listings", "list", "--shop", SHOP, "--json")

    assert [str(MUG.variant_id)] == [listing["key"] for listing in told.json]


@pytest.mark.usefixtures("connected")
def test_a_wrong_row_is_named_and_the_rest_is_saved(terminal: Terminal, tmp_path: Path) -> None:
    """A row that is refused is told with its number; the command says that not everything went in."""
    connect_other(terminal)
    products = tmp_path / "products.csv"
    products.write_text("match,key,areas\nsku,GOOD-1,front:10x10\nsmell,BAD-1,front:10x10\n")

    told = terminal.run("listings", "import", str(products), "--shop", "other.myshopify.com", "--json")

    assert (Exit.PARTLY, 1, [2]) == (
        told.code,
        told.json["created"],
        [each["row"] for each in told.json["problems"]],
    )


@pytest.mark.usefixtures("stocked")
def test_orders_are_taken_in_once(terminal: Terminal) -> None:
    """Reading the store again finds the same orders and nothing new."""
    told = terminal.run("import-orders", "--shop", SHOP, "--days", "2", "--json")

    assert (Exit.DONE, 2, 0) == (told.code, told.json["seen"], told.json["fresh"])


def test_sending_shows_the_parcels_first(stocked: Background, terminal: Terminal) -> None:
    """--dry-run plans and sends nothing; both orders go to one door, so they share a parcel."""
    before = stocked.do(lambda stand_ins: len(stand_ins.printify.orders()))
    planned = terminal.run("send", "--shop", SHOP, "--all", "--dry-run", "--json")
    after = stocked.do(lambda stand_ins: len(stand_ins.printify.orders()))

    assert Exit.DONE == planned.code
    assert [2] == [len(parcel["items"]) for plan in planned.json for parcel in plan["parcels"]]
    assert before == after


@pytest.mark.usefixtures("stocked")
def test_everything_ready_is_sent(terminal: Terminal) -> None:
    """--all sends each ready item once; a second call finds nothing left."""
    first = terminal.run("send", "--shop", SHOP, "--all", "--json")
    second = terminal.run("send", "--shop", SHOP, "--all", "--json")

    assert (Exit.DONE, 2) == (first.code, len(first.json["results"]))
    assert (Exit.DONE, 0) == (second.code, len(second.json["results"]))


@pytest.mark.usefixtures("stocked")
def test_items_are_exported_as_csv(terminal: Terminal, tmp_path: Path) -> None:
    """The file has one row per item."""
    told = terminal.run("export", "--shop", SHOP, str(tmp_path / "items.csv"), "--json")

    with (tmp_path / "items.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert (Exit.DONE, 3) == (told.code, len(rows))
    assert (tmp_path / "items.csv").stat().st_size == told.json["bytes"]


@pytest.mark.usefixtures("stocked")
def test_production_files_are_exported_as_zip(terminal: Terminal, tmp_path: Path) -> None:
    """The archive opens and holds a picture for each item."""
    told = terminal.run("export", "--shop", SHOP, str(tmp_path / "files.zip"))

    with zipfile.ZipFile(tmp_path / "files.zip") as archive:
        assert archive.testzip() is None
        pictures = [name for name in archive.namelist() if name.endswith(".png")]
    assert (Exit.DONE, 2) == (told.code, len(pictures))


@pytest.mark.usefixtures("connected")
def test_check_says_what_is_in_use(terminal: Terminal) -> None:
    """The renderer, the file store and every account are named; an address of this machine alone is pointed at."""
    told = terminal.run("check", "--json")

    found = {finding["subject"]: finding for finding in told.json}
    assert "directory" == found["files"]["words"]
    assert found["renderer"]["words"].startswith("pillow, files deflated by ")
    assert found[f"{SHOP}: shopify"]["fine"]
    assert "MOCKSPARK_PUBLIC_URL" in found["address"]["words"]
    assert Exit.PARTLY == told.code


@pytest.mark.usefixtures("stocked")
def test_doctor_counts_and_mends(terminal: Terminal) -> None:
    """The doctor tells where the items stand, and --mend says what it queued again."""
    told = terminal.run("doctor", "--mend", "--json")

    subjects = [finding["subject"] for finding in told.json]
    assert SHOP in subjects
    assert "mended" in subjects


def test_migrating_twice_is_harmless(terminal: Terminal) -> None:
    """A database that is up to date stays as it is."""
    assert [Exit.DONE, Exit.DONE] == [terminal.run("migrate", "--json").code for _ in range(2)]


def test_migrating_makes_what_is_missing(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first command on a new machine may be migrate, with a key of one's own and no folder yet."""
    monkeypatch.setenv("MOCKSPARK_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setenv("MOCKSPARK_SECRET_KEY", "k3J9x0PqW7sV2bN5mL8tR4yU6iO1aZcE")

    assert Exit.DONE == terminal.run("migrate").code
    assert (tmp_path / "new" / "mockspark.db").exists()


def test_plugins_of_all_four_kinds_are_listed(terminal: Terminal) -> None:
    """Channels, providers, renderers and file stores are plug-ins alike."""
    told = terminal.run("plugins", "--json")

    assert {
        ("channel", "shopify"),
        ("provider", "manual"),
        ("provider", "printify"),
        ("renderer", "pillow"),
        ("file store", "directory"),
        ("file store", "s3"),
    } <= {(each["kind"], each["name"]) for each in told.json}


WRONG: Sequence[tuple[Exit, str, str, str]] = [
    (Exit.WRONG_USE, "wrong_use", "serve --port many", "invalid int value"),
    (Exit.WRONG_USE, "wrong_use", "fly", "invalid choice"),
    (Exit.WRONG_USE, "wrong_use", f"send --shop {SHOP} not-an-id", "invalid UUID value"),
    (Exit.WRONG_USE, "wrong_use", "connect printify --shop a.myshopify.com --token t", "--provider-shop"),
    (Exit.WRONG_USE, "wrong_use", "tokens create --shop a.b --scope items:eat", "items:read"),
    (Exit.WRONG_USE, "invalid_value", f"send --shop {SHOP}", "--all"),
    (Exit.WRONG_USE, "invalid_value", f"export --shop {SHOP} items.pdf", ".csv or .zip"),
    (Exit.WRONG_USE, "invalid_value", f"listings import no-such.csv --shop {SHOP}", "no-such.csv"),
    (Exit.WRONG_USE, "invalid_value", f"fonts add no-such.ttf --shop {SHOP}", "no-such.ttf"),
    (Exit.WRONG_USE, "invalid_value", f"import-design no-such.svg --format svg --shop {SHOP}", "no-such.svg"),
    (
        Exit.WRONG_USE,
        "wrong_use",
        f"import-design a.svg --format svg --area front=wide --shop {SHOP}",
        "front=wide",
    ),
    (Exit.WRONG_USE, "invalid_value", f"connect manual --shop {SHOP} --connection five", "mockspark connect"),
    (Exit.WRONG_USE, "form_invalid", "connect manual --shop a.b --api-url nowhere", "http(s)"),
    (Exit.NOT_FOUND, "not_found", "tokens create --shop nobody.example --scope items:read", "nobody.example"),
    (Exit.NOT_FOUND, "not_found", "import-orders --shop nobody.example", "nobody.example"),
    (Exit.NOT_FOUND, "not_found", "send --shop nobody.example --all", "nobody.example"),
    (Exit.NOT_FOUND, "not_found", "export --shop nobody.example items.csv", "nobody.example"),
    (Exit.NOT_FOUND, "not_found", "connect manual --shop nobody.example", "nobody.example"),
]


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(("code", "name", "words", "said"), WRONG)
def test_an_error_says_what_to_do(terminal: Terminal, code: Exit, name: str, words: str, said: str) -> None:
    """A wrong command ends with the code of its kind; a program reads the error as JSON from standard error."""
    told = terminal.run(*words.split(), "--json")

    assert (code, "") == (told.code, told.out)
    error = json.loads(told.err)["error"]
    assert (name, True) == (error["code"], said in error["message"]), error


def test_a_person_reads_the_error_in_words(terminal: Terminal) -> None:
    """Without --json the error is one sentence and, where the words were wrong, how the command is used."""
    told = terminal.run("send", "--shop")

    assert Exit.WRONG_USE == told.code
    assert told.err.startswith("error: argument --shop: expected one argument\nusage: mockspark send")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MOCKSPARK_DATABASE_URL", "postgresql://nobody:x@127.0.0.1:9/none", "database"),
        ("MOCKSPARK_DATA_DIR", "/dev/null/here", "MOCKSPARK_DATA_DIR"),
    ],
)
def test_a_store_that_is_away_has_a_code_of_its_own(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    """A script may try again later: nothing was wrong with the command."""
    monkeypatch.setenv("MOCKSPARK_SECRET_KEY", "k3J9x0PqW7sV2bN5mL8tR4yU6iO1aZcE")
    monkeypatch.setenv(variable, value)

    told = terminal.run("doctor")

    assert Exit.UNAVAILABLE == told.code, told
    assert said in told.err
