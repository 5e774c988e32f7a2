"""`mockspark reference`: the pages of the documentation that the code itself knows better than any author."""

import argparse
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import NOTHING, fields

from mockspark.adapters.http.problems import status_of
from mockspark.adapters.plugins import ProviderPlugin
from mockspark.application import errors as application
from mockspark.application.forms import Form, FormField, form_of
from mockspark.domain import errors as domain
from mockspark.domain.errors import MockSparkError
from mockspark.domain.events import KINDS, Flag
from mockspark.domain.holds import FIX
from mockspark.domain.status import LIFECYCLE
from mockspark.entrypoints import discovery
from mockspark.entrypoints.cli import reference_design
from mockspark.entrypoints.cli.arguments import Commands, command
from mockspark.entrypoints.cli.output import Exit, Voice, exit_of
from mockspark.entrypoints.cli.tables import table
from mockspark.entrypoints.settings import CONFIG, Settings, variable

_NOTE: Final = "<!-- Written by `make docs`; what is changed here is lost. -->\n"

MEANINGS: Final[Mapping[str, str]] = {
    "database_url": "The database; without one, SQLite in the data folder. "
    "PostgreSQL: `postgresql://user:password@host/name`.",
    "data_dir": "The folder of files, fonts, and of SQLite and its key.",
    "secret_key": "Seals tokens and credentials in the database. SQLite makes its own, once, in `secret.key`; "
    "PostgreSQL needs one, the same for every process.",
    "old_keys": "Earlier keys, separated by spaces: they open what they sealed.",
    "public_url": "Where shops, providers and people reach the server.",
    "private_hosts": "`host:port` that may serve pictures although their address is private: local stand-ins only.",
    "render_processes": "How many files are rendered at once; 0 means one per core.",
    "render_threads": "How many threads share each drawing, where one file is wanted quickly rather than many soon.",
    "render_cache_mb": "Megabytes on disk for bands of files that come again, as when only a name changes; "
    "0 keeps none.",
    "lease_s": "Seconds after which the jobs of a worker that is not heard of go to the others.",
    "sweep_s": "Seconds between two looks for work that was left lying.",
    "renderer": "The plug-in that draws production files.",
    "blob_store": "The plug-in that keeps files.",
    "shopify_client_id": "The client id of a Shopify app that merchants install themselves.",
    "shopify_client_secret": "That app's client secret.",
    "shopify_url": "A stand-in for all of Shopify; for trying things out.",
}


def add(commands: Commands) -> None:
    """Describe the command."""
    made = command(commands, "reference", "Write the generated pages of the documentation.", _write)
    made.add_argument("folder", type=Path, metavar="FOLDER", help="docs/reference")


async def _write(chosen: argparse.Namespace, voice: Voice) -> Exit:
    for name, page in pages().items():
        path = chosen.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    voice.told({"written": sorted(PAGES)}, f"Wrote {len(PAGES)} pages to {chosen.folder}.")
    return Exit.DONE


def pages() -> Mapping[str, str]:
    """Return every generated page under its path, as seen from docs/reference."""
    return {name: page() if name.endswith(".json") else f"{_NOTE}\n{page()}" for name, page in PAGES.items()}


def _lifecycle() -> str:
    arrows = [
        (status.value, action.value, to.value)
        for status, actions in LIFECYCLE.items()
        for action, ways in actions.items()
        for to in ways
    ]
    # Every status can be archived and comes back where it was: one sentence instead of ten arrows.
    drawn = [arrow for arrow in arrows if "archived" not in (arrow[0], arrow[2])]
    diagram = "\n".join(f"    {status} --> {to}: {action.replace('_', ' ')}" for status, action, to in drawn)
    return (
        "# The life cycle of an Order-Item\n\n"
        "An item has one of eight statuses, and moves only along these arrows.\n"
        "What else a single act needs, such as a confirmation, is checked on top of them.\n\n"
        f"```mermaid\nstateDiagram-v2\n    [*] --> generating\n{diagram}\n```\n\n"
        "Archived is left out of the picture: "
        "an item that is archived keeps its former status and returns to it.\n\n"
        f"{table(('from', 'action', 'to'), arrows)}"
    )


def _errors() -> str:
    rows = [
        (
            f"`{error.code}`",
            error.__name__,
            str(status_of(error).value),
            str(int(exit_of(error))),
            _promise(error),
        )
        for error in _family(MockSparkError)
    ]
    exits = [(str(int(one)), one.name.lower().replace("_", " ")) for one in Exit]
    return (
        "# Errors\n\n"
        "Every error has a code that never changes; "
        "the HTTP API sends it in `code`, the command line with `--json` in `error.code`.\n\n"
        f"{table(('code', 'class', 'HTTP', 'exit', 'meaning'), rows)}\n"
        f"## Exit codes of the command line\n\n{table(('code', 'meaning'), exits)}"
    )


def _family(root: type[MockSparkError]) -> Iterator[type[MockSparkError]]:
    known = {
        each for module in (domain, application) for each in vars(module).values() if inspect.isclass(each)
    }
    if root in known:
        yield root
        for child in sorted(root.__subclasses__(), key=lambda each: each.__name__):
            yield from _family(child)


def _events() -> str:
    rows = [
        (f"`{name}`", _promise(kind), ", ".join(f"`{each.name}`" for each in fields(kind)))
        for kind, name in KINDS.items()
    ]
    return (
        "# Events\n\n"
        "What happens is kept as events; the timeline of an item tells them in sentences.\n"
        "The names under which they are stored never change.\n\n"
        f"{table(('name', 'what happened', 'fields'), rows)}\n"
        "## Flags\n\n"
        "A flag wants a person's eye while the status stays as it is.\n\n"
        f"{table(('flag',), [(f'`{flag.value}`',) for flag in Flag])}"
    )


def _holds() -> str:
    rows = [(f"`{reason.value}`", fix) for reason, fix in FIX.items()]
    return (
        "# Hold reasons\n\n"
        "An item that waits for a person has one of these reasons, and each has one thing that mends it.\n\n"
        f"{table(('reason', 'what to do'), rows)}"
    )


def _providers() -> str:
    parts = [_provider(plugin) for plugin in discovery.providers().healthy().values()]
    return "# Fulfillment providers\n\n" + "\n".join(parts)


def _provider(plugin: ProviderPlugin[Any]) -> str:
    facts = plugin.facts
    limits = facts.limits
    told = [
        f"A submission has at most {facts.max_lines} lines.",
        "Calls nobody: people do the work." if facts.offline else "",
        f"{facts.warning}" if facts.warning else "",
        "Prints only Latin letters on labels." if limits.latin_only else "",
        "Needs a phone number." if limits.needs_phone else "",
        "Needs an email address." if limits.needs_email else "",
    ]
    longest = [(f"`{name}`", str(length)) for name, length in limits.max_length.items()]
    return (
        f"## {facts.title} (`{facts.key}`)\n\n"
        + "\n".join(filter(None, told))
        + "\n\n"
        + _form("Settings of an account", facts.settings_form)
        + _form("Options when sending", facts.options_form)
        + (f"### Longest address fields\n\n{table(('field', 'characters'), longest)}" if longest else "")
    )


def _form(title: str, form: Form) -> str:
    rows = [(f"`{field.name}`", field.title, _kind(field), field.help) for field in form.fields]
    listed = table(("name", "title", "kind", "help"), rows) if rows else "None.\n"
    return f"### {title}\n\n{listed}\n"


def _kind(field: FormField) -> str:
    choices = f": {', '.join(value for value, _ in field.choices)}" if field.choices else ""
    default = "" if field.default in (None, "") else f", {str(field.default).lower()} if absent"
    return f"{field.kind.value}{choices}{', required' if field.required else default}"


def _settings() -> str:
    rows = [
        (f"`{variable(one.name)}`", _default(one.default), MEANINGS[one.name])
        for one in fields(Settings)
        if one.name != "plugged"
    ]
    plugged = [
        (f"`{variable(f'{plugin.key}_{field.name}')}`", plugin.key, f"{field.title}. {field.help}".strip())
        for plugins in (discovery.renderers(), discovery.blob_stores())
        for plugin in plugins.healthy().values()
        for field in form_of(plugin.settings).fields
    ]
    return (
        "# Settings\n\n"
        f"Each is an environment variable, or stands in the TOML file that `{CONFIG}` names "
        "(`mockspark.toml` in the working folder without it) under the same name in small letters without "
        "`MOCKSPARK_`.\nThe environment wins over the file.\n\n"
        f"{table(('variable', 'default', 'meaning'), rows)}\n"
        f"## Of plug-ins\n\n{table(('variable', 'plug-in', 'meaning'), plugged)}"
    )


def _default(value: object) -> str:
    if value in (NOTHING, "") or not isinstance(value, (str, int)):
        return "-"
    return f"`{value}`"


def _cli() -> str:
    from mockspark.entrypoints.cli import parser

    return "# Command line\n\nEvery command takes `--json`.\n\n" + "\n".join(_commands(parser()))


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        for inner in action.choices.values():
            if inner.get_default("run"):
                yield _command(inner)
            yield from _commands(inner)


def _command(parser: argparse.ArgumentParser) -> str:
    rows = [
        (f"`{_usage(action)}`", (action.help or "") % {"default": action.default})
        for action in parser._actions
        if action.dest not in {"help", "json"}
    ]
    listed = f"\n{table(('argument', 'meaning'), rows)}" if rows else ""
    return f"## {parser.prog}\n\n{parser.description}\n{listed}"


def _usage(action: argparse.Action) -> str:
    name = action.option_strings[0] if action.option_strings else str(action.metavar or action.dest)
    value = (
        "" if action.nargs == 0 or not action.option_strings else f" {action.metavar or action.dest.upper()}"
    )
    return f"{name}{value}" if action.required or action.nargs == "*" else f"[{name}{value}]"


def _promise(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ").replace("*", "`")


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "../concepts/lifecycle.md": _lifecycle,
    "cli.md": _cli,
    "design-document.md": reference_design.page,
    "design-document.schema.json": reference_design.document_schema,
    "errors.md": _errors,
    "events.md": _events,
    "holds.md": _holds,
    "providers.md": _providers,
    "settings.md": _settings,
}
