"""The intent to send: fenced attempts, one meaning per id, and letting members go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.errors import InvalidValue, NotPossible
from mockspark.domain.events import AttemptEnded, AttemptStarted, ProviderOrderRecorded, SubmissionPlanned
from mockspark.domain.identity import ConnectionId, ExternalRef, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.submission import (
    LIVE,
    ProviderOrder,
    Quoted,
    Submission,
    SubmissionRequest,
    SubmissionState,
    digest,
    ensure_same,
)
from tests.domain.values import AT, AUSTIN, SHOP, a_request, at

LEASE = timedelta(minutes=2)
ORDER = ProviderOrder(ref=ExternalRef("scripted", "S-1"), draft=True)


def planned(*quantities: int, grace: timedelta = timedelta(0)) -> Submission:
    return Submission.plan(
        a_request(*quantities), shop_id=SHOP, connection_id=ConnectionId(UUID(int=81)), stamp=AT, grace=grace
    )


def test_an_intent_waits_for_the_grace_delay() -> None:
    """Nobody may claim it before."""
    submission = planned(grace=timedelta(minutes=1))

    with pytest.raises(NotPossible, match="grace delay"):
        submission.claim(AT, LEASE)
    assert SubmissionState.SENDING is submission.claim(at(1), LEASE).state
    assert [SubmissionPlanned] == [type(event) for event in submission.events]


def test_each_attempt_takes_a_new_fence() -> None:
    """An older attempt can be told from the present one."""
    first = planned().claim(AT, LEASE)
    second = first.claim(at(5), LEASE)

    assert [(1, 1), (2, 2)] == [(turn.attempts, turn.fence) for turn in (first, second)]
    assert AttemptStarted is type(second.events[-1])


def test_a_living_lease_keeps_others_out() -> None:
    """Until it ends; exactly then it may be taken."""
    claimed = planned().claim(AT, LEASE)

    with pytest.raises(NotPossible, match="another sender"):
        claimed.claim(at(1), LEASE)
    assert 2 == claimed.claim(at(2), LEASE).fence


@pytest.mark.parametrize("state", [s for s in SubmissionState if s not in {"waiting", "sending"}])
def test_what_is_over_is_not_claimed(state: SubmissionState) -> None:
    """Accepted, refused, unknown, withdrawn and canceled ones are left alone."""
    with pytest.raises(NotPossible):
        evolve(planned(), state=state).claim(AT, LEASE)


def test_a_wish_is_taken_back_while_nobody_was_called() -> None:
    """The call is noted before it is made, so a claim alone proves nothing was sent."""
    for untouched in (planned(), planned().claim(AT, LEASE)):
        assert SubmissionState.WITHDRAWN is untouched.withdraw(AT).state
    with pytest.raises(NotPossible):
        planned().claim(AT, LEASE).calling().withdraw(AT)


def test_an_attempt_that_ends_lets_go_of_the_lease() -> None:
    """The next may begin at its time."""
    ended = (
        planned()
        .claim(AT, LEASE)
        .end_attempt(SubmissionState.SENDING, AT, outcome="unavailable", words="away", retry_at=at(3).at)
    )

    assert (None, at(3).at, "away") == (ended.lease_until, ended.not_before, ended.words)
    assert "unavailable" == next(event.outcome for event in ended.events if isinstance(event, AttemptEnded))


def test_an_attempt_without_a_turn_does_not_count() -> None:
    """A rate limit costs time only; the fence stays used."""
    back = planned().claim(AT, LEASE).stand_back(at(1).at)

    assert (0, 1, None, at(1).at) == (back.attempts, back.fence, back.lease_until, back.not_before)


def test_provider_orders_are_kept_and_never_dropped() -> None:
    """Known ones are replaced, each is told once."""
    once = planned().record([ORDER], AT)
    twice = once.record([evolve(ORDER, draft=False)], AT).record([], AT)

    assert [False] == [order.draft for order in twice.provider_orders]
    assert 1 == sum(isinstance(event, ProviderOrderRecorded) for event in twice.events)


def test_only_what_is_unknown_is_opened_again() -> None:
    """Same id, and the doubts start anew."""
    unknown = evolve(planned(), state=SubmissionState.UNKNOWN, lookups=4, called=True)

    again = unknown.reopen(at(9))

    assert (SubmissionState.SENDING, 0, True, unknown.id) == (
        again.state,
        again.lookups,
        again.called,
        again.id,
    )
    with pytest.raises(NotPossible):
        planned().reopen(AT)


def test_members_are_released_one_by_one() -> None:
    """With the last one the submission is over."""
    accepted = evolve(planned(1, 1), state=SubmissionState.ACCEPTED)
    first, second = (line.item_id for line in accepted.request.lines)

    left = accepted.let_go([first])
    over = left.let_go([second])

    assert (SubmissionState.ACCEPTED, False, True) == (left.state, left.holds(first), left.holds(second))
    assert (SubmissionState.CANCELED, False) == (over.state, over.holds(second))
    assert left == left.let_go([first])


@pytest.mark.parametrize("state", SubmissionState)
def test_what_is_live_holds_its_items(state: SubmissionState) -> None:
    """A provider has it, or may have it."""
    submission = evolve(planned(), state=state)

    assert (state in LIVE) is submission.holds(submission.request.lines[0].item_id)


# One meaning per id


@pytest.mark.parametrize(
    "change",
    [
        lambda request: evolve(request, ship_to=evolve(AUSTIN, line1="2 Main St")),
        lambda request: evolve(request, email="other@example.com"),
        lambda request: evolve(request, options={"gift": True}),
        lambda request: a_request(3),
        lambda request: a_request(2, id=SubmissionId(UUID(int=901))),
        lambda request: evolve(request, lines=(evolve(request.lines[0], files=()),)),
    ],
)
def test_other_requests_have_other_digests(change: Callable[[Any], SubmissionRequest]) -> None:
    """Equal ids must mean equal bytes (I13)."""
    request = a_request(2)

    assert digest(request) != digest(change(request))
    with pytest.raises(InvalidValue):
        ensure_same(planned(2), change(request))


def test_what_prepare_left_behind_is_no_other_request() -> None:
    """Notes are ours."""
    submission = planned(2).prepared({"upload": "1"})

    assert {"upload": "1"} == submission.request.notes
    ensure_same(submission, submission.request)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_equal_requests_have_equal_digests(quantities: list[int]) -> None:
    """A digest depends on nothing else."""
    assert digest(a_request(*quantities)) == digest(a_request(*quantities))


def test_names_towards_the_provider_fit_every_provider() -> None:
    """32 characters of [0-9a-f], distinct within the order (facts 1.2, 12)."""
    request = a_request(1, 1)
    names = [request.external_id, *(line.key for line in request.lines)]

    assert 3 == len(set(names))
    assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in names)


def test_people_at_the_provider_read_the_orders_names() -> None:
    """Each name once, in order."""
    request = a_request(1, 1)

    assert "#1001, #1002" == request.label
    assert request.lines[1] == request.line(request.lines[1].key)
    assert request.line("nobody") is None


def test_a_saving_needs_both_quotes() -> None:
    """The sum of the separate ones less the combined one."""
    combined = Money.of(14, "USD")

    assert Quoted(combined=combined).saving is None
    assert (
        Money.of(4, "USD")
        == Quoted(combined=combined, separate=(Money.of(8, "USD"), Money.of(10, "USD"))).saving
    )
