"""Settings: from the environment or a file, wrong ones refused by the name of their variable."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import fields

from mockspark.adapters.blobs.s3 import S3Settings
from mockspark.domain.errors import InvalidValue
from mockspark.entrypoints.cli.reference import MEANINGS
from mockspark.entrypoints.settings import KEY_FILE, Settings, read_settings
from tests.world import SECRET

POSTGRES = "postgresql://mockspark:x@127.0.0.1/mockspark"


def of(folder: Path, **variables: str) -> Settings:
    named = {f"MOCKSPARK_{name}": value for name, value in variables.items()}
    return read_settings({"MOCKSPARK_DATA_DIR": str(folder), **named})


def toml(folder: Path, text: str) -> str:
    path = folder / "settings.toml"
    path.write_text(text)
    return str(path)


def test_a_folder_is_enough(tmp_path: Path) -> None:
    """Without anything else the folder holds a SQLite database, and everything has a default."""
    settings = of(tmp_path)

    assert f"sqlite:///{tmp_path / 'mockspark.db'}" == settings.database_url
    assert ("pillow", "directory", "http://127.0.0.1:8000") == (
        settings.renderer, settings.blob_store, settings.public_url,
    )  # fmt: skip


def test_the_environment_is_read(tmp_path: Path) -> None:
    """Lists are split, numbers are numbers, an address loses its last slash."""
    settings = of(
        tmp_path,
        DATABASE_URL=POSTGRES,
        SECRET_KEY=SECRET,
        OLD_KEYS="one two",
        PUBLIC_URL="https://print.example.com/",
        PRIVATE_HOSTS="127.0.0.1:4000,127.0.0.1:4001",
        RENDER_PROCESSES="3",
    )

    assert POSTGRES == settings.database_url
    assert ("one", "two") == settings.old_keys
    assert "https://print.example.com" == settings.public_url
    assert frozenset({"127.0.0.1:4000", "127.0.0.1:4001"}) == settings.private_hosts
    assert (3, 3) == (settings.render_processes, settings.renderers)


def test_a_file_says_the_same(tmp_path: Path) -> None:
    """TOML takes the names in small letters, with lists and numbers of its own."""
    settings = of(tmp_path, CONFIG=toml(tmp_path, 'render_processes = 2\nprivate_hosts = ["a:1", "b:2"]\n'))

    assert (2, frozenset({"a:1", "b:2"})) == (settings.render_processes, settings.private_hosts)


def test_the_nearest_word_wins(tmp_path: Path) -> None:
    """What a program gives wins over the environment, the environment over the file."""
    file = toml(tmp_path, 'public_url = "http://file.test"\nrender_processes = 1\nlease_s = 7\n')
    environment = {
        "MOCKSPARK_DATA_DIR": str(tmp_path),
        "MOCKSPARK_CONFIG": file,
        "MOCKSPARK_PUBLIC_URL": "http://environment.test",
        "MOCKSPARK_RENDER_PROCESSES": "2",
    }

    settings = read_settings(environment, public_url="http://given.test")

    assert ("http://given.test", 2, 7) == (settings.public_url, settings.render_processes, settings.lease_s)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://somewhere/else"),
        ("PUBLIC_URL", "print.example.com"),
        ("RENDER_PROCESSES", "many"),
        ("RENDER_PROCESSES", "-1"),
        ("LEASE_S", "0"),
        ("SWEEP_S", "soon"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("CONFIG", "no-such-file.toml"),
    ],
)
def test_an_error_names_its_variable(tmp_path: Path, name: str, value: str) -> None:
    """Whoever set it wrongly reads which one it was."""
    with pytest.raises(InvalidValue, match=f"MOCKSPARK_{name}"):
        of(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no toml", "is no TOML"),
        ('colour = "red"', "unknown settings: colour"),
        ('s3_bucket = "a"', "s3_bucket"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A misspelt name in the file is no setting that is silently ignored."""
    with pytest.raises(InvalidValue, match=said):
        of(tmp_path, CONFIG=toml(tmp_path, text))


def test_a_plug_in_has_variables_of_its_own(tmp_path: Path) -> None:
    """`MOCKSPARK_S3_BUCKET` fills the field `bucket` of the plug-in `s3`, from the environment or the file."""
    file = toml(tmp_path, 'blob_store = "s3"\ns3_region = "eu-central-1"\n')
    settings = of(tmp_path, CONFIG=file, S3_BUCKET="prints")

    assert S3Settings(bucket="prints", region="eu-central-1") == settings.of_plugin("s3", S3Settings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "MOCKSPARK_S3_BUCKET: required"),
        ({"S3_BUCKET": "a", "S3_COLOUR": "red"}, "MOCKSPARK_S3_COLOUR: unknown field"),
    ],
)
def test_a_plug_in_names_its_variables_too(tmp_path: Path, given: dict[str, str], said: str) -> None:
    """What a plug-in lacks is told as the variable that a person sets."""
    with pytest.raises(InvalidValue, match=said):
        of(tmp_path, BLOB_STORE="s3", **given).of_plugin("s3", S3Settings)


def test_an_installation_makes_its_key_once(tmp_path: Path) -> None:
    """The key is random, kept beside the database, and readable by its owner alone."""
    first, second = of(tmp_path / "a"), of(tmp_path / "a")

    assert first.secret_key == second.secret_key
    assert first.secret_key != of(tmp_path / "b").secret_key
    assert 0o600 == (tmp_path / "a" / KEY_FILE).stat().st_mode & 0o777
    assert [KEY_FILE] == [path.name for path in (tmp_path / "a").iterdir()]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    """Whoever is first makes the key; nobody reads half of it."""
    program = "from mockspark.entrypoints.settings import read_settings; print(read_settings().secret_key)"
    environment = {"MOCKSPARK_DATA_DIR": str(tmp_path)}

    def started(_: int) -> str:
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        return ran.stdout

    with ThreadPoolExecutor(4) as threads:
        keys = set(threads.map(started, range(4)))

    assert {f"{(tmp_path / KEY_FILE).read_text()}\n"} == keys


def test_postgres_needs_a_key(tmp_path: Path) -> None:
    """Every process of the installation needs the same key, so none makes one of its own."""
    with pytest.raises(InvalidValue, match="MOCKSPARK_SECRET_KEY is missing"):
        of(tmp_path, DATABASE_URL=POSTGRES)
    assert not (tmp_path / KEY_FILE).exists()


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """Settings that end up in a log tell no key."""
    shown = repr(of(tmp_path, SECRET_KEY=SECRET, OLD_KEYS="oldest", BLOB_STORE="s3", S3_SECRET_KEY="hush"))

    assert [] == [secret for secret in (SECRET, "oldest", "hush") if secret in shown]


def test_every_setting_is_explained() -> None:
    """The reference page says of each setting what it means."""
    assert {field.name for field in fields(Settings)} - {"plugged"} == set(MEANINGS)
