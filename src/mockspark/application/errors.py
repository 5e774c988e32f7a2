"""What goes wrong between the application and the world.

MockSparkError
├─ FormInvalid        a form was filled in wrongly; one problem per field, all at once
├─ NotFound           no such thing in this shop
├─ Conflict           somebody else was faster
├─ NotConnected       the shop has no working connection to that channel or provider
└─ PortError          somebody outside failed us
   ├─ Unavailable     nothing happened: try again
   ├─ Rejected        understood and refused: a person has to act
   │  └─ NotAuthorized  refused because of our credentials
   └─ OutcomeUnknown  it may have happened: look before repeating
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from mockspark.domain.errors import MockSparkError
from mockspark.domain.holds import HoldReason


class FormInvalid(MockSparkError):
    """A form was filled in wrongly; *problems* maps a field to what is wrong with it."""

    code: ClassVar[str] = "form_invalid"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" if name else problem for name, problem in problems))
        self.problems = tuple(problems)


class NotFound(MockSparkError):
    """No such thing in this shop; *fix* says what to do about it."""

    code: ClassVar[str] = "not_found"

    def __init__(self, kind: str, id: object, *, fix: str = "") -> None:  # noqa: A002 - the field's name
        where = "is connected" if kind == "shop" else "in this shop"
        super().__init__(f"no {kind} {id} {where}{': ' if fix else ''}{fix}")
        self.kind = kind
        self.id = str(id)


class Conflict(MockSparkError):
    """Somebody else was faster; read again and decide again."""

    code: ClassVar[str] = "conflict"

    def __init__(self, kind: str, id: object) -> None:  # noqa: A002 - the field's name
        super().__init__(f"{kind} {id} was changed meanwhile; load it again and repeat")
        self.kind = kind
        self.id = str(id)


class NotConnected(MockSparkError):
    """The shop has no working connection to that channel or provider."""

    code: ClassVar[str] = "not_connected"


class PortError(MockSparkError):
    """Somebody outside failed us."""

    code: ClassVar[str] = "outside_failure"


class Unavailable(PortError):
    """Nothing happened outside: the same call may be made again after *retry_after*."""

    code: ClassVar[str] = "unavailable"

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(PortError):
    """Understood and refused: repeating changes nothing, a person has to act.

    *reason* is the hold reason that names the fix; *code* of the other side is kept in *remote_code*.
    """

    code: ClassVar[str] = "rejected"

    def __init__(
        self, message: str, *, reason: HoldReason = HoldReason.PROVIDER_REJECTED, remote_code: str = ""
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.remote_code = remote_code


class NotAuthorized(Rejected):
    """Refused because of our credentials."""

    code: ClassVar[str] = "not_authorized"


class OutcomeUnknown(PortError):
    """It may have happened: look before repeating."""

    code: ClassVar[str] = "outcome_unknown"
