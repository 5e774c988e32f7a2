"""What an installation decides: from `MOCKSPARK_*` variables, or a TOML file under the same names."""

import contextlib
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from attrs import Attribute, field, fields, frozen

from mockspark.adapters.sql.engine import dialect_of
from mockspark.application.errors import FormInvalid, Unavailable
from mockspark.application.forms import read_form
from mockspark.domain.errors import InvalidValue

PREFIX: Final = "MOCKSPARK_"
CONFIG: Final = "MOCKSPARK_CONFIG"
KEY_FILE: Final = "secret.key"
SHORTEST_KEY: Final = 32

T = TypeVar("T")


def variable(name: str) -> str:
    """Return the environment variable of the setting *name*."""
    return f"{PREFIX}{name.upper().replace('-', '_')}"


def _url(_: object, attribute: "Attribute[str]", value: str) -> None:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise InvalidValue(
            f"{variable(attribute.name)} is an http(s) address such as https://print.example.com"
        )


def _not_negative(_: object, attribute: "Attribute[int]", value: int) -> None:
    if value < 0:
        raise InvalidValue(f"{variable(attribute.name)} is a whole number from 0, not {value}")


def _positive(_: object, attribute: "Attribute[int]", value: int) -> None:
    if value < 1:
        raise InvalidValue(f"{variable(attribute.name)} is a whole number above zero, not {value}")


@frozen(kw_only=True)
class Settings:
    """One installation.

    *public_url* is where shops, providers and people reach it; providers fetch files there.
    *old_keys* still open what they sealed. *private_hosts* (`host:port`) may serve pictures although their
    addresses are private: local stand-ins only. *render_threads* share each drawing; *render_cache_mb* is how much of
    what was drawn is kept on disk for the next. A worker that is not heard of for *lease_s* seconds loses its jobs
    to the others; every *sweep_s* seconds each worker looks for work that was left lying. *renderer* and
    *blob_store* name plug-ins; *plugged* holds the settings of those two, such as `s3_bucket`. With
    *shopify_client_id* and *shopify_client_secret* merchants install the app themselves; *shopify_url* is a
    stand-in for all of Shopify.
    """

    database_url: str = field()
    data_dir: Path
    secret_key: str = field(repr=False)
    old_keys: tuple[str, ...] = field(default=(), repr=False)
    public_url: str = field(default="http://127.0.0.1:8000", validator=_url)
    private_hosts: frozenset[str] = frozenset()
    render_processes: int = field(default=0, validator=_not_negative)
    render_threads: int = field(default=1, validator=_positive)
    render_cache_mb: int = field(default=2_000, validator=_not_negative)
    lease_s: int = field(default=30, validator=_positive)
    sweep_s: int = field(default=20, validator=_positive)
    renderer: str = "pillow"
    blob_store: str = "directory"
    plugged: Mapping[str, str] = field(factory=dict, repr=False)
    shopify_client_id: str = ""
    shopify_client_secret: str = field(default="", repr=False)
    shopify_url: str = field(default="", validator=_url)

    @database_url.validator
    def _database(self, _: object, value: str) -> None:
        _dialect(value)

    @secret_key.validator
    def _long_enough(self, _: object, value: str) -> None:
        if len(value) < SHORTEST_KEY or len(set(value)) < SHORTEST_KEY // 4:
            raise InvalidValue(
                f"MOCKSPARK_SECRET_KEY needs {SHORTEST_KEY} or more random characters; "
                'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )

    def of_plugin(self, key: str, kind: type[T]) -> T:
        """Return the settings of the plug-in *key*; raises InvalidValue naming every variable that is wrong."""
        prefix = _prefix(key)
        told = {
            name.removeprefix(prefix): value
            for name, value in self.plugged.items()
            if name.startswith(prefix)
        }
        try:
            return read_form(kind, told)
        except FormInvalid as wrong:
            words = "; ".join(f"{variable(prefix + name)}: {problem}" for name, problem in wrong.problems)
            raise InvalidValue(f"{words} (settings of the plug-in {key})") from wrong

    @property
    def renderers(self) -> int:
        """Return how many processes render at once: as many as there are cores unless told otherwise."""
        return self.render_processes or len(os.sched_getaffinity(0))


def read_settings(
    environment: Mapping[str, str] | None = None, /, **given: str | int | Path | frozenset[str]
) -> Settings:
    """Collect settings: *given* wins over the environment, the environment over the TOML file.

    Without a database the data folder holds one; without a key such an installation makes its own, once.
    Raises InvalidValue naming the variable that is wrong.
    """
    environment = os.environ if environment is None else environment
    file, variables = _from_file(environment), _from_environment(environment)
    ours = _prefixes({**file, **variables, **given})
    _ensure_known(file, ours, environment.get(CONFIG, "mockspark.toml"))
    named = {name: value for name, value in variables.items() if name in _NAMES or name.startswith(ours)}
    told = {**file, **named, **given}
    data_dir = Path(str(told.pop("data_dir", "mockspark-data"))).expanduser().resolve()
    database_url = str(told.pop("database_url", "")) or f"sqlite:///{data_dir / 'mockspark.db'}"
    secret_key = str(told.pop("secret_key", "")) or _own_key(data_dir, database_url)
    plugged = {name: str(told.pop(name)) for name in sorted(set(told) - _NAMES)}
    return Settings(
        database_url=database_url,
        data_dir=data_dir,
        secret_key=secret_key,
        plugged=plugged,
        **{name: _read(name, value) for name, value in told.items()},
    )


def make_folder(data_dir: Path) -> None:
    """Have the data folder; raises Unavailable where it cannot be made."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Unavailable(
            f"the folder {data_dir} cannot be had ({problem.strerror}): name another with {variable('data_dir')}"
        ) from problem


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    named = environment.get(CONFIG, "")
    path = Path(named or "mockspark.toml")
    if not path.is_file():
        if named:
            raise InvalidValue(f"{CONFIG} names {named}, which is no file")
        return {}
    try:
        return tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InvalidValue(f"{path} is no TOML: {problem}") from problem


def _ensure_known(told: Mapping[str, Any], ours: tuple[str, ...], file: str) -> None:
    unknown = sorted(name for name in set(told) - _NAMES if not name.startswith(ours))
    if unknown:
        raise InvalidValue(f"{file} has unknown settings: {', '.join(unknown)}")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value
    }


def _prefixes(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how the settings of the chosen plug-ins begin."""
    return tuple(_prefix(str(told.get(group, ""))) for group in ("renderer", "blob_store") if told.get(group))


def _prefix(key: str) -> str:
    return f"{key.lower().replace('-', '_')}_"


def _read(name: str, value: Any) -> Any:
    match name:
        case "old_keys":
            return tuple(_words(value))
        case "private_hosts":
            return frozenset(_words(value))
        case "render_processes" | "render_threads" | "render_cache_mb" | "lease_s" | "sweep_s":
            return _number(name, value)
        case _:
            return str(value).rstrip("/") if name.endswith("_url") else str(value)


def _words(value: Any) -> list[str]:
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    return [str(part) for part in parts]


def _number(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as problem:
        raise InvalidValue(f"{variable(name)} is a whole number, not {value!r}") from problem


def _dialect(database_url: str) -> str:
    try:
        return dialect_of(database_url)
    except InvalidValue as problem:
        raise InvalidValue(f"{variable('database_url')}: {problem}") from problem


def _own_key(data_dir: Path, database_url: str) -> str:
    """Keep a key beside the database that it seals; a database elsewhere needs a key given to every process."""
    if _dialect(database_url) != "sqlite":
        raise InvalidValue(
            "MOCKSPARK_SECRET_KEY is missing: it seals the tokens in the database, and every process needs the same; "
            'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    path = data_dir / KEY_FILE
    make_folder(data_dir)
    if not path.exists():
        _keep(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def _keep(path: Path, key: str) -> None:
    # Linked into place whole: a process that starts at the same moment reads this key or the other, never half.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


_NAMES: Final = frozenset(attribute.name for attribute in fields(Settings)) - {"plugged"}
