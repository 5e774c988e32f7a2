"""Forms as data: a provider declares an attrs class, people get a dialog, programs get it checked."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, TypeVar, get_type_hints

import attrs
from attrs import NOTHING, frozen
from cattrs import BaseValidationError, Converter, transform_error

from mockspark.application.errors import FormInvalid

T = TypeVar("T")


class FieldKind(StrEnum):
    """How a field is shown."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"


@frozen(kw_only=True)
class FormField:
    """One question of a dialog."""

    name: str
    title: str
    kind: FieldKind
    required: bool
    default: str | int | bool | None = None
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    secret: bool = False
    max_length: int | None = None


@frozen(kw_only=True)
class Form:
    """A dialog: its questions in the order of declaration."""

    fields: tuple[FormField, ...] = ()

    def field(self, name: str) -> FormField | None:
        """Return the question called *name*."""
        return next((field for field in self.fields if field.name == name), None)


def option(
    title: str,
    *,
    default: Any = NOTHING,
    help: str = "",  # noqa: A002 - the field's name
    titles: Mapping[str, str] | None = None,
    max_length: int | None = None,
    secret: bool = False,
    converter: Callable[[Any], Any] | None = None,
) -> Any:
    """Declare one field of a form; the result is an attrs field."""
    told = {"title": title, "help": help, "titles": titles or {}, "max_length": max_length}
    return attrs.field(
        default=default,
        repr=not secret,
        converter=converter,
        metadata={"mockspark": told},
        validator=attrs.validators.max_len(max_length) if max_length else None,
    )


def form_of(kind: type[Any]) -> Form:
    """Derive the dialog from an attrs class whose fields were made with `option`."""
    hints = get_type_hints(kind)
    return Form(fields=tuple(_field(attribute, hints[attribute.name]) for attribute in attrs.fields(kind)))


def read_form(kind: type[T], raw: Mapping[str, object]) -> T:
    """Turn answers into *kind*; raises FormInvalid with every problem, unknown fields included."""
    problems = _too_much(kind, raw)
    if problems:
        raise FormInvalid(problems)
    try:
        return _CONVERTER.structure(dict(raw), kind)
    except BaseValidationError as wrong:
        raise FormInvalid([_problem(line) for line in transform_error(wrong)]) from wrong


def answers(form: "attrs.AttrsInstance") -> dict[str, str | int | bool]:
    """Return a filled-in form as plain values."""
    return {attribute.name: _plain(getattr(form, attribute.name)) for attribute in attrs.fields(type(form))}


def _field(attribute: "attrs.Attribute[Any]", hint: Any) -> FormField:
    told = attribute.metadata.get("mockspark", {})
    has_default = attribute.default is not NOTHING
    return FormField(
        name=attribute.name,
        title=told.get("title", attribute.name.replace("_", " ").capitalize()),
        kind=_kind(hint),
        required=not has_default,
        default=_plain(attribute.default) if has_default else None,
        choices=_choices(hint, told.get("titles", {})),
        help=told.get("help", ""),
        secret=not attribute.repr,
        max_length=told.get("max_length"),
    )


def _kind(hint: Any) -> FieldKind:
    if hint is bool:
        return FieldKind.SWITCH
    if isinstance(hint, type) and issubclass(hint, Enum):
        return FieldKind.CHOICE
    return FieldKind.NUMBER if hint is int else FieldKind.TEXT


def _choices(hint: Any, titles: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if not (isinstance(hint, type) and issubclass(hint, Enum)):
        return ()
    return tuple(
        (str(member.value), titles.get(str(member.value), str(member.value).replace("_", " ").capitalize()))
        for member in hint
    )


def _plain(value: Any) -> str | int | bool:
    if isinstance(value, Enum):
        return str(value.value) if isinstance(value.value, str) else int(value.value)
    return value if isinstance(value, (bool, int)) else str(value)


def _too_much(kind: type[Any], raw: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    known = {attribute.name for attribute in attrs.fields(kind)}
    missing = {
        attribute.name
        for attribute in attrs.fields(kind)
        if attribute.default is NOTHING and raw.get(attribute.name) in (None, "")
    }
    return [
        *((name, "unknown field") for name in sorted(set(raw) - known)),
        *((name, "required") for name in sorted(missing)),
    ]


def _problem(line: str) -> tuple[str, str]:
    words, _, path = line.rpartition(" @ ")
    return path.removeprefix("$.").removeprefix("."), words


def _read_bool(value: object, _: type[bool]) -> bool:
    match value:
        case bool():
            return value
        case "true" | "on" | "yes" | "1" | 1:
            return True
        case "false" | "off" | "no" | "0" | "" | 0:
            return False
        case _:
            raise ValueError(f"{value!r} is neither yes nor no")


_CONVERTER = Converter(forbid_extra_keys=True)
_CONVERTER.register_structure_hook(bool, _read_bool)
