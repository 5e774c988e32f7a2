"""What goes wrong between a client and the local Printify, on request: for calls that match, a number of times."""

import re
from typing import Any, Final

from attrs import define, field, validators

from mockspark.adapters.sandbox.faults import fault_of, used_up
from mockspark.domain.errors import InvalidValue

KINDS: Final = frozenset({
    "status", "timeout_after_commit", "timeout_before", "reset", "slow", "malformed_json"
})  # fmt: skip
_WITHOUT_WORK: Final = frozenset({"status", "timeout_before", "reset"})


def _pattern(_: object, __: object, value: str) -> None:
    try:
        re.compile(value)
    except re.error as e:
        raise ValueError(f"{value!r} is no pattern") from e


@define(kw_only=True)
class Fault:
    """One way to fail, for *times* calls whose method and path match.

    `status` answers *status* with *body*, `timeout_before` and `timeout_after_commit` never answer (they hang up
    after *seconds*), `reset` breaks the connection, `slow` answers after *seconds*, `malformed_json` breaks the
    answer off in its middle. With *after_commit* also `status` and `reset` come after the call was carried out.
    """

    kind: str = field(validator=validators.in_(KINDS))
    method: str = ""
    path_regex: str = field(default="", validator=_pattern)
    times: int = 1
    status: int = 503
    seconds: float = 30.0
    body: Any = None
    retry_after: int | None = None
    after_commit: bool = False

    @property
    def before_work(self) -> bool:
        """Tell whether the call is never carried out."""
        return self.kind in _WITHOUT_WORK and not self.after_commit

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a call is meant."""
        return self.method.upper() in {"", "*", method} and re.search(self.path_regex, path) is not None


def read_fault(raw: object) -> Fault:
    """Read a fault from JSON, `match` beside or around its method and path; raises InvalidValue."""
    if not isinstance(raw, dict):
        raise InvalidValue("a fault is an object")
    match = raw.get("match") or {}
    fields = {name: value for name, value in raw.items() if name != "match"} | dict(match)
    return fault_of(Fault, fields)


@define
class Faults:
    """The faults that are still to happen, first come first served."""

    waiting: list[Fault] = field(factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that befalls a call, used up by one."""
        return used_up(self.waiting, lambda fault: fault.matches(method, path))
