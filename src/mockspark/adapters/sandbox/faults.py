"""What goes wrong on request: for calls that match, a number of times."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

import attrs
from attrs import define, field, validators

from mockspark.domain.errors import InvalidValue

BEFORE: Final = frozenset({"status", "too_many", "throttled", "timeout_before"})
AFTER: Final = frozenset({"status_after_commit", "timeout_after_commit", "slow", "malformed"})


@define(kw_only=True)
class Fault:
    """One way to fail: *match* is a part of an operation's name, a root field or a path; empty matches all.

    Kinds in `BEFORE` keep the call from being carried out, those in `AFTER` spoil only its answer.
    """

    kind: str = field(validator=validators.in_(BEFORE | AFTER))
    match: str = ""
    times: int = 1
    status: int = 503
    seconds: float = 30.0
    body: str = ""

    @property
    def after(self) -> bool:
        """Tell whether the call is carried out all the same."""
        return self.kind in AFTER


def read_fault(raw: dict[str, Any]) -> Fault:
    """Read a fault from JSON; raises InvalidValue."""
    return fault_of(Fault, raw)


class _Repeated(attrs.AttrsInstance, Protocol):
    times: int


F = TypeVar("F", bound=_Repeated)


def fault_of(kind: type[F], fields: Mapping[str, Any]) -> F:
    """Make a fault of *fields*; raises InvalidValue for fields or values that its kind does not know."""
    known = {each.name for each in attrs.fields(kind)}
    if not set(fields) <= known:
        raise InvalidValue(f"a fault knows only {', '.join(sorted(known))}")
    try:
        return kind(**fields)
    except (TypeError, ValueError) as e:
        raise InvalidValue(f"no such fault: {e}") from e


def used_up(waiting: list[F], meant: Callable[[F], bool]) -> F | None:
    """Return the first that is *meant*, used up by one; it leaves *waiting* when that was its last time."""
    found = next(filter(meant, waiting), None)
    if found is None:
        return None
    found.times -= 1
    if found.times <= 0:
        waiting.remove(found)
    return found


@define
class Faults:
    """The faults that are still to happen, first come first served."""

    waiting: list[Fault] = field(factory=list)

    def add(self, fault: Fault) -> None:
        """Let *fault* happen to the next calls that match."""
        self.waiting.append(fault)

    def take(self, names: Iterable[str]) -> Fault | None:
        """Return the fault that befalls a call known by *names*, used up by one."""
        known = tuple(names)
        return used_up(self.waiting, lambda fault: any(fault.match in name for name in known))
