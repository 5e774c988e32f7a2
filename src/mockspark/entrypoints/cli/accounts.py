"""Commands about who is connected: shops, providers, tokens, products, plug-ins."""

import argparse
import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from mockspark.application.errors import FormInvalid, NotFound
from mockspark.application.forms import FieldKind, Form
from mockspark.application.use_cases.accounts import SCOPES, CheckAccounts
from mockspark.application.views import ImportReport
from mockspark.domain.catalog import Listing
from mockspark.domain.errors import InvalidValue
from mockspark.domain.events import Actor
from mockspark.domain.identity import ConnectionId
from mockspark.entrypoints import discovery
from mockspark.entrypoints.cli.arguments import Commands, command, shop
from mockspark.entrypoints.cli.output import Exit, Voice
from mockspark.entrypoints.runtime import open_runtime, open_shop
from mockspark.entrypoints.settings import read_settings

BY: Final = Actor.person("command line")
_CREDENTIALS: Final = ("client_id", "client_secret", "access_token", "old_secret")


def add(commands: Commands) -> None:
    """Describe the commands."""
    connect = commands.add_parser("connect", help="Connect a shop, or a shop to a provider.")
    kinds = connect.add_subparsers(title="what to connect", required=True, metavar="WHAT")
    _add_shopify(kinds)
    for key, plugin in discovery.providers().healthy().items():
        _add_provider(kinds, key, plugin.title, plugin.facts.settings_form)
    _add_tokens(commands)
    _add_listings(commands)
    command(commands, "plugins", "List installed plug-ins, broken ones with the reason.", _plugins)


def _add_shopify(kinds: Commands) -> None:
    made = command(kinds, "shopify", "Connect a Shopify shop.", _connect_shopify)
    shop(made)
    made.add_argument("--client-id", required=True, help="the app's client id")
    made.add_argument("--client-secret", required=True, help="the app's client secret; it signs webhooks")
    made.add_argument("--access-token", default="", help="a token that never expires, where the app has one")
    made.add_argument("--old-secret", default="", help="the secret before the last rotation")
    made.add_argument("--api-url", default="", help="a stand-in to talk to instead of the shop")
    made.add_argument("--timezone", default="", help="the shop's time zone, such as Europe/Berlin")
    made.add_argument(
        "--no-check", action="store_true", help="do not ask the shop whether the credentials work"
    )


def _add_provider(kinds: Commands, key: str, title: str, form: Form) -> None:
    made = command(kinds, key, f"Connect an account at {title}.", _connect_provider)
    shop(made)
    for field in form.fields:
        name = _OPTIONS.get((key, field.name), field.name).replace("_", "-")
        words = field.help or field.title
        needed = field.required and field.kind is not FieldKind.SWITCH
        made.add_argument(
            f"--{name}", dest=f"setting_{field.name}", required=needed, default=None, help=words
        )
    made.add_argument("--title", default="", help="what people call the account")
    made.add_argument("--api-url", default="", help="a stand-in to talk to instead of the provider")
    made.add_argument("--connection", default="", help="the id of the account to change")
    made.add_argument("--no-check", action="store_true", help="do not ask whether the credentials work")
    made.set_defaults(provider=key)


_OPTIONS: Final[Mapping[tuple[str, str], str]] = {("printify", "shop_id"): "provider_shop"}
"""Options whose name says more than the setting's: `--shop` is always our shop."""


def _add_tokens(commands: Commands) -> None:
    tokens = commands.add_parser("tokens", help="Make, list and revoke API tokens.")
    kinds = tokens.add_subparsers(title="what to do", required=True, metavar="WHAT")
    made = command(kinds, "create", "Make a token; it is shown once.", _create_token)
    shop(made)
    made.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=sorted(SCOPES),
        help="a right; may be given several times",
    )
    made.add_argument("--name", default="command line", help="who will use it; the timeline names it")
    listed = command(kinds, "list", "List a shop's tokens.", _list_tokens)
    shop(listed)
    revoked = command(kinds, "revoke", "Let a token act no more.", _revoke_token)
    shop(revoked)
    revoked.add_argument("digest", help="the token's digest, or its beginning, from `tokens list`")


def _add_listings(commands: Commands) -> None:
    listings = commands.add_parser("listings", help="Map products to what they are printed on.")
    kinds = listings.add_subparsers(title="what to do", required=True, metavar="WHAT")
    brought = command(
        kinds, "import", "Map products from a CSV file; docs/reference/listings names its columns.", _import
    )
    brought.add_argument("file", type=Path, metavar="FILE.csv")
    shop(brought)
    listed = command(kinds, "list", "List a shop's products.", _list_listings)
    shop(listed)


async def _connect_shopify(chosen: argparse.Namespace, voice: Voice) -> Exit:
    credentials = {name: getattr(chosen, name) for name in _CREDENTIALS if getattr(chosen, name)}
    _check_url(chosen.api_url)
    async with open_runtime(read_settings()) as runtime:
        await runtime.spark.connect_shop(
            chosen.shop,
            channel="shopify",
            credentials=credentials,
            api_url=chosen.api_url,
            timezone=chosen.timezone,
        )
        voice.say(f"Connected {chosen.shop}.")
        return await _checked(runtime.spark.check_accounts, chosen, voice)


async def _connect_provider(chosen: argparse.Namespace, voice: Voice) -> Exit:
    given = {
        name.removeprefix("setting_"): value
        for name, value in vars(chosen).items()
        if name.startswith("setting_") and value is not None
    }
    _check_url(chosen.api_url)
    async with open_shop(read_settings(), chosen.shop) as runtime:
        connection = await runtime.spark.connect_provider(
            chosen.shop,
            provider=chosen.provider,
            settings=given,
            title=chosen.title,
            api_url=chosen.api_url,
            connection=_connection(chosen.connection),
        )
        voice.say(f"Connected {connection.title} as {connection.id}.")
        return await _checked(runtime.spark.check_accounts, chosen, voice, connection=str(connection.id))


async def _checked(
    check: CheckAccounts, chosen: argparse.Namespace, voice: Voice, *, connection: str = ""
) -> Exit:
    """Ask the outside whether everything works, and tell; what does not work is no success."""
    if chosen.no_check:
        voice.told({"shop": chosen.shop, "connection": connection, "checked": False}, "Not checked.")
        return Exit.DONE
    found = await check(chosen.shop)
    voice.table(
        ("account", "works", "what it says", "mind"),
        [(one.account, "yes" if one.works else "NO", one.words, one.warning) for one in found],
        answer={"shop": chosen.shop, "connection": connection, "checked": True, "accounts": found},
    )
    return Exit.DONE if all(one.works for one in found) else Exit.NOT_CONNECTED


async def _create_token(chosen: argparse.Namespace, voice: Voice) -> Exit:
    async with open_shop(read_settings(), chosen.shop) as runtime:
        made = await runtime.spark.create_token(chosen.shop, name=chosen.name, scopes=chosen.scope)
    voice.told(
        {"token": made.token, "digest": made.kept.digest, "scopes": sorted(made.kept.scopes)}, made.token
    )
    return Exit.DONE


async def _list_tokens(chosen: argparse.Namespace, voice: Voice) -> Exit:
    async with open_shop(read_settings(), chosen.shop) as runtime:
        tokens = await runtime.spark.tokens(chosen.shop)
    voice.table(
        ("digest", "name", "scopes", "made", "last used", "revoked"),
        [
            (
                token.digest[:12],
                token.name,
                " ".join(sorted(token.scopes)),
                _moment(token.created_at),
                _moment(token.last_used_at),
                _moment(token.revoked_at),
            )
            for token in tokens
        ],
        answer=[{"digest": t.digest, "name": t.name, "scopes": sorted(t.scopes)} for t in tokens],
    )
    return Exit.DONE


async def _revoke_token(chosen: argparse.Namespace, voice: Voice) -> Exit:
    async with open_shop(read_settings(), chosen.shop) as runtime:
        known = await runtime.spark.tokens(chosen.shop)
        meant = [token for token in known if token.digest.startswith(chosen.digest)]
        if len(meant) != 1:
            raise NotFound("token", f"{chosen.digest} ({len(meant)} tokens begin so)")
        await runtime.spark.revoke_token(chosen.shop, meant[0].digest)
    voice.told({"revoked": meant[0].digest}, f"{meant[0].name} acts no more.")
    return Exit.DONE


async def _import(chosen: argparse.Namespace, voice: Voice) -> Exit:
    rows = _rows(chosen.file)
    async with open_shop(read_settings(), chosen.shop) as runtime:
        report = await runtime.spark.import_listings(chosen.shop, rows, by=BY)
    voice.told(report, _import_words(report))
    return Exit.PARTLY if report.problems else Exit.DONE


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InvalidValue(f"{file} cannot be read as CSV in UTF-8: {problem}") from problem


def _import_words(report: ImportReport) -> str:
    done = (
        f"{report.created} products mapped, {report.changed} changed, "
        f"{report.rescued} waiting items and lines rescued."
    )
    wrong = [f"  row {problem.row}: {problem.field} {problem.words}" for problem in report.problems]
    return "\n".join([done, *([f"{len(wrong)} rows were left out:", *wrong] if wrong else [])])


async def _list_listings(chosen: argparse.Namespace, voice: Voice) -> Exit:
    async with open_shop(read_settings(), chosen.shop) as runtime:
        found: list[Listing] = []
        while rows := await runtime.spark.listings(
            chosen.shop, after=found[-1].id if found else None, limit=250
        ):
            found.extend(rows)
    voice.table(
        ("match", "key", "title", "printed on", "areas", "available"),
        [
            (
                one.match.value,
                one.key,
                one.title,
                one.provider_variant.title or "-",
                ", ".join(f"{area.key} {area.width_px}x{area.height_px}" for area in one.print_areas),
                "yes" if one.available else "no",
            )
            for one in found
        ],
        answer=[{"id": one.id, "match": one.match, "key": one.key, "title": one.title} for one in found],
    )
    return Exit.DONE


async def _plugins(chosen: argparse.Namespace, voice: Voice) -> Exit:
    del chosen
    every = discovery.everything()
    rows = [(kind, name, "works") for kind, plugins in every.items() for name in plugins.healthy()]
    broken = [(kind, problem, "BROKEN") for kind, plugins in every.items() for problem in plugins.problems()]
    voice.table(
        ("kind", "name", "state"),
        [*rows, *broken],
        answer=[{"kind": kind, "name": name, "state": state} for kind, name, state in (*rows, *broken)],
    )
    return Exit.FAILED if broken else Exit.DONE


def _connection(text: str) -> ConnectionId | None:
    try:
        return ConnectionId(UUID(text)) if text else None
    except ValueError as problem:
        raise InvalidValue(f"{text!r} is no id of a connection: `mockspark connect` printed it") from problem


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.netloc):
        raise FormInvalid([("api-url", f"{url} is no http(s) address")])


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if at else "-"
