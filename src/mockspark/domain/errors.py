"""What the rules refuse.

MockSparkError
└─ DomainError               the request contradicts the rules
   ├─ InvalidValue           a value object refused its input
   ├─ TransitionNotAllowed   the life cycle has no such arrow
   ├─ FilesOutdated          the production files belong to another design version
   ├─ SubmissionStillLive    a provider may still print the earlier submission
   ├─ NothingToSend          no member of the group is left
   ├─ ConfirmationNeeded     the act has consequences outside; repeat it with the confirmation
   ├─ CurrencyMismatch       two amounts of different currencies met
   └─ NotPossible            the rules forbid it now, for the reason given
"""

from typing import ClassVar


class MockSparkError(Exception):
    """The root of everything MockSpark raises on purpose."""

    code: ClassVar[str] = "mockspark_error"


class DomainError(MockSparkError):
    """The request contradicts the rules."""

    code: ClassVar[str] = "rule_broken"


class InvalidValue(DomainError):
    """A value object refused its input."""

    code: ClassVar[str] = "invalid_value"


class TransitionNotAllowed(DomainError):
    """The life cycle has no arrow for *action* from *status*."""

    code: ClassVar[str] = "transition_not_allowed"

    def __init__(self, status: str, action: str) -> None:
        super().__init__(f"cannot {action.replace('_', ' ')} an item that is {status.replace('_', ' ')}")
        self.status = status
        self.action = action


class FilesOutdated(DomainError):
    """The production files belong to another design version."""

    code: ClassVar[str] = "files_outdated"


class SubmissionStillLive(DomainError):
    """A provider may still print the earlier submission."""

    code: ClassVar[str] = "submission_still_live"


class NothingToSend(DomainError):
    """No member of the group is left to send."""

    code: ClassVar[str] = "nothing_to_send"


class ConfirmationNeeded(DomainError):
    """The act has consequences outside; repeat it with `confirmed`."""

    code: ClassVar[str] = "confirmation_needed"


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies met."""

    code: ClassVar[str] = "currency_mismatch"


class NotPossible(DomainError):
    """The rules forbid it now; the message says why and what to do."""

    code: ClassVar[str] = "not_possible"
