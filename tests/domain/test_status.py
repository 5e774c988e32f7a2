"""The table of the life cycle, against the process as it is described."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.errors import TransitionNotAllowed
from mockspark.domain.status import LIFECYCLE, Action, Status, actions_from, advance

S, A = Status, Action

# Every arrow of the described process, T1 and T2 apart, which bring an item into being.
ARROWS = {
    (S.GENERATING, A.FINISH_RENDERING, S.READY_TO_FULFILL),  # T3
    (S.GENERATING, A.HOLD, S.ON_HOLD),  # T4, T16, T26
    (S.READY_TO_FULFILL, A.REDESIGN, S.GENERATING),  # T5
    (S.GENERATING, A.REDESIGN, S.GENERATING),  # T5, while the first files are still being made
    (S.ON_HOLD, A.REDESIGN, S.GENERATING),  # T6
    (S.ON_HOLD, A.RELEASE, S.GENERATING),  # T6, retried rendering
    (S.READY_TO_FULFILL, A.SEND, S.SENDING),  # T7
    (S.SENDING, A.ACCEPT, S.BEING_FULFILLED),  # T8
    (S.SENDING, A.HOLD, S.ON_HOLD),  # T9, T26
    (S.SENDING, A.WITHDRAW, S.READY_TO_FULFILL),  # T10
    (S.BEING_FULFILLED, A.COMPLETE, S.FULFILLED),  # T11
    (S.BEING_FULFILLED, A.HOLD, S.ON_HOLD),  # T12
    (S.ON_HOLD, A.RELEASE, S.BEING_FULFILLED),  # T13
    (S.ON_HOLD, A.RELEASE, S.READY_TO_FULFILL),  # T14
    (S.ON_HOLD, A.SEND, S.SENDING),  # T15
    (S.READY_TO_FULFILL, A.HOLD, S.ON_HOLD),  # T16
    (S.GENERATING, A.CANCEL, S.CANCELED),  # T17
    (S.READY_TO_FULFILL, A.CANCEL, S.CANCELED),  # T17
    (S.ON_HOLD, A.CANCEL, S.CANCELED),  # T17, T18
    (S.BEING_FULFILLED, A.CANCEL, S.CANCELED),  # T18
    (S.READY_TO_FULFILL, A.MARK_FULFILLED, S.FULFILLED),  # T20
    (S.ON_HOLD, A.MARK_FULFILLED, S.FULFILLED),  # T20
    (S.BEING_FULFILLED, A.MARK_FULFILLED, S.FULFILLED),  # T20
    (S.GENERATING, A.ARCHIVE, S.ARCHIVED),  # T21
    (S.READY_TO_FULFILL, A.ARCHIVE, S.ARCHIVED),  # T21
    (S.BEING_FULFILLED, A.ARCHIVE, S.ARCHIVED),  # T21
    (S.FULFILLED, A.ARCHIVE, S.ARCHIVED),  # T21
    (S.ON_HOLD, A.ARCHIVE, S.ARCHIVED),  # T21
    (S.CANCELED, A.ARCHIVE, S.ARCHIVED),  # T21
    (S.ARCHIVED, A.HOLD, S.ON_HOLD),  # T23
} | {(S.ARCHIVED, A.UNARCHIVE, before) for before in S if before not in {S.SENDING, S.ARCHIVED}}  # T22


def test_the_table_has_every_arrow_of_the_process_and_no_other() -> None:
    """What is not listed is illegal (D.2)."""
    table = {
        (status, action, after)
        for status, ways in LIFECYCLE.items()
        for action, afters in ways.items()
        for after in afters
    }

    assert ARROWS == table


def test_the_eight_statuses_have_their_names() -> None:
    """The names are what is stored and shown."""
    assert [
        "generating",
        "ready_to_fulfill",
        "sending",
        "being_fulfilled",
        "fulfilled",
        "on_hold",
        "canceled",
        "archived",
    ] == [status.value for status in Status]


def test_every_status_has_a_row() -> None:
    """The table is total."""
    assert set(Status) == set(LIFECYCLE)


@given(st.sampled_from(Status), st.sampled_from(Action), st.none() | st.sampled_from(Status))
def test_advancing_agrees_with_the_table(status: Status, action: Action, to: Status | None) -> None:
    """An arrow is followed exactly where the table has it; several branches have to be named."""
    ways = {after for before, what, after in ARROWS if (before, what) == (status, action)}
    legal = to in ways if to is not None else len(ways) == 1

    if legal:
        assert (to or next(iter(ways))) == advance(status, action, to=to)
    else:
        with pytest.raises(TransitionNotAllowed):
            advance(status, action, to=to)


@given(st.sampled_from(Status))
def test_what_may_happen_is_what_the_table_says(status: Status) -> None:
    """Buttons and rules read the same table."""
    assert {what for before, what, _ in ARROWS if before is status} == set(actions_from(status))


def test_a_refusal_names_the_act_and_the_status() -> None:
    """People read why."""
    with pytest.raises(
        TransitionNotAllowed, match="cannot mark fulfilled an item that is being fulfilled"
    ) as no:
        raise TransitionNotAllowed("being_fulfilled", "mark_fulfilled")

    assert ("being_fulfilled", "mark_fulfilled") == (no.value.status, no.value.action)
