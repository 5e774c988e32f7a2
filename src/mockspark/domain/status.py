"""The life cycle of an order item: eight statuses, one table of arrows."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from mockspark.domain.errors import TransitionNotAllowed


class Status(StrEnum):
    """Where an item stands; exactly what the merchant's list shows."""

    GENERATING = "generating"
    READY_TO_FULFILL = "ready_to_fulfill"
    SENDING = "sending"
    BEING_FULFILLED = "being_fulfilled"
    FULFILLED = "fulfilled"
    ON_HOLD = "on_hold"
    CANCELED = "canceled"
    ARCHIVED = "archived"


class Action(StrEnum):
    """What moves an item from one status to another."""

    FINISH_RENDERING = "finish_rendering"
    REDESIGN = "redesign"
    SEND = "send"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"
    COMPLETE = "complete"
    HOLD = "hold"
    RELEASE = "release"
    CANCEL = "cancel"
    MARK_FULFILLED = "mark_fulfilled"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


LIFECYCLE: Final[Mapping[Status, Mapping[Action, tuple[Status, ...]]]] = {
    Status.GENERATING: {
        Action.FINISH_RENDERING: (Status.READY_TO_FULFILL,),
        Action.REDESIGN: (Status.GENERATING,),
        Action.HOLD: (Status.ON_HOLD,),
        Action.CANCEL: (Status.CANCELED,),
        Action.ARCHIVE: (Status.ARCHIVED,),
    },
    Status.READY_TO_FULFILL: {
        Action.SEND: (Status.SENDING,),
        Action.REDESIGN: (Status.GENERATING,),
        Action.HOLD: (Status.ON_HOLD,),
        Action.CANCEL: (Status.CANCELED,),
        Action.MARK_FULFILLED: (Status.FULFILLED,),
        Action.ARCHIVE: (Status.ARCHIVED,),
    },
    Status.SENDING: {
        Action.ACCEPT: (Status.BEING_FULFILLED,),
        Action.WITHDRAW: (Status.READY_TO_FULFILL,),
        Action.HOLD: (Status.ON_HOLD,),
    },
    Status.BEING_FULFILLED: {
        Action.COMPLETE: (Status.FULFILLED,),
        Action.HOLD: (Status.ON_HOLD,),
        Action.CANCEL: (Status.CANCELED,),
        Action.MARK_FULFILLED: (Status.FULFILLED,),
        Action.ARCHIVE: (Status.ARCHIVED,),
    },
    Status.FULFILLED: {Action.ARCHIVE: (Status.ARCHIVED,)},
    Status.ON_HOLD: {
        Action.RELEASE: (Status.GENERATING, Status.READY_TO_FULFILL, Status.BEING_FULFILLED),
        Action.SEND: (Status.SENDING,),
        Action.REDESIGN: (Status.GENERATING,),
        Action.CANCEL: (Status.CANCELED,),
        Action.MARK_FULFILLED: (Status.FULFILLED,),
        Action.ARCHIVE: (Status.ARCHIVED,),
    },
    Status.CANCELED: {Action.ARCHIVE: (Status.ARCHIVED,)},
    Status.ARCHIVED: {
        Action.UNARCHIVE: (
            Status.GENERATING,
            Status.READY_TO_FULFILL,
            Status.BEING_FULFILLED,
            Status.FULFILLED,
            Status.ON_HOLD,
            Status.CANCELED,
        ),
        Action.HOLD: (Status.ON_HOLD,),
    },
}


def advance(status: Status, action: Action, *, to: Status | None = None) -> Status:
    """Follow one arrow; *to* picks the branch where the table offers several.

    Raises TransitionNotAllowed where the table has no such arrow.
    """
    ways = LIFECYCLE[status].get(action, ())
    if to is None and len(ways) == 1:
        return ways[0]
    if to is not None and to in ways:
        return to
    raise TransitionNotAllowed(status, action)


def actions_from(status: Status) -> tuple[Action, ...]:
    """List what may ever happen to an item in *status*."""
    return tuple(LIFECYCLE[status])
