"""The life of an item: every transition of the process, and no other, whatever comes in which order."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mockspark.domain.errors import (
    ConfirmationNeeded,
    DomainError,
    FilesOutdated,
    NotPossible,
    SubmissionStillLive,
    TransitionNotAllowed,
)
from mockspark.domain.events import (
    Actor,
    Flag,
    HoldPlaced,
    ItemPlaced,
    QuantityChanged,
    ReportIgnored,
    StatusChanged,
)
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import ExternalRef, OrderItemId, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.order_item import ItemCost, ItemShipment, OrderItem
from mockspark.domain.status import LIFECYCLE, Action, Status
from mockspark.domain.submission import Parcel, ParcelState, Stage
from tests.domain.values import (
    AT,
    BLURRED,
    DESIGN,
    SENT,
    a_file,
    a_listing,
    at,
    being_fulfilled,
    in_status,
    news,
    placed,
    ready,
    rendered,
    sending,
)

REST = [status for status in Status if status is not Status.SENDING]


def _held_live() -> OrderItem:
    return being_fulfilled().report(news(Stage.STUCK), AT, hold=HoldReason.OUT_OF_STOCK, words="no mugs")


# Coming into being


def test_t1_a_complete_line_is_rendered_at_once() -> None:
    """Placed, and generating."""
    item = placed()

    assert (Status.GENERATING, None) == (item.status, item.hold)
    assert [ItemPlaced] == [type(event) for event in item.events]


def test_t2_an_incomplete_line_waits_with_a_reason() -> None:
    """On hold from the start; nothing is lost."""
    item = placed(hold=(HoldReason.MISSING_PERSONALIZATION, "no name"))

    assert (Status.ON_HOLD, HoldReason.MISSING_PERSONALIZATION) == (
        item.status,
        item.hold and item.hold.reason,
    )


# Rendering


def test_t3_files_make_an_item_ready() -> None:
    """Every required area, of the present version, nothing blocking."""
    item = ready()

    assert (Status.READY_TO_FULFILL, 1, True) == (item.status, item.files_version, item.files_current)


def test_t4_what_blocks_holds_the_item() -> None:
    """The finding's own words and reason."""
    item = rendered(placed(), (BLURRED,))

    assert (HoldReason.LOW_RESOLUTION, "It prints at 40 DPI.") == (
        item.hold and item.hold.reason,
        item.hold and item.hold.note,
    )


def test_t4_a_missing_area_holds_the_item() -> None:
    """Never ready without every file (D3)."""
    item = placed().rendered(1, files=(a_file(area="back"),), assets=(), findings=(), stamp=AT)

    assert (Status.ON_HOLD, HoldReason.RENDER_FAILED) == (item.status, item.hold and item.hold.reason)


def test_t4_rendering_that_failed_holds_the_item() -> None:
    """After the retries, with words."""
    item = placed().render_failed(1, HoldReason.RENDER_FAILED, "out of memory", AT)

    assert (Status.ON_HOLD, "out of memory") == (item.status, item.hold and item.hold.note)


def test_late_files_change_nothing() -> None:
    """Files of an earlier version come too late."""
    item = ready().redesign(AT, design=DESIGN)

    assert item is item.rendered(1, files=(a_file(),), assets=(), findings=(), stamp=AT)
    assert item is item.render_failed(1, HoldReason.RENDER_FAILED, "late", AT)


@pytest.mark.parametrize("status", [Status.GENERATING, Status.READY_TO_FULFILL, Status.ON_HOLD])
def test_t5_t6_a_redesign_is_a_new_version_to_render(status: Status) -> None:
    """Files become stale at once."""
    item = in_status(status).redesign(AT, design=DESIGN)

    assert (Status.GENERATING, 2, False, None) == (
        item.status,
        item.design_version,
        item.files_current,
        item.hold,
    )


@pytest.mark.parametrize(
    "status",
    [Status.SENDING, Status.BEING_FULFILLED, Status.FULFILLED, Status.CANCELED, Status.ARCHIVED],
)
def test_a_redesign_is_refused_elsewhere(status: Status) -> None:
    """What was sent is what is printed (I16)."""
    with pytest.raises(DomainError):
        in_status(status).redesign(AT, design=DESIGN)


def test_a_redesign_of_a_held_live_order_is_refused() -> None:
    """The provider may print it."""
    with pytest.raises(SubmissionStillLive):
        _held_live().redesign(AT, design=DESIGN)


def test_a_variant_change_takes_the_mapping_along() -> None:
    """Provider variant and areas follow; the store's line stays (A12)."""
    other = a_listing(provider_variant=evolve(a_listing().provider_variant, title="15 oz"))

    item = ready().redesign(AT, listing=other)

    assert item.provider_variant is not None
    assert ("15 oz", "MUG-11", DESIGN) == (item.provider_variant.title, item.sku, item.design)


# Sending


def test_t7_t15_a_sendable_item_is_sent() -> None:
    """From Ready, and from a hold without a live order."""
    for item in (ready(), in_status(Status.ON_HOLD)):
        sent = item.send(SENT, AT)
        assert (Status.SENDING, True, SENT, None) == (sent.status, sent.live, sent.submission_id, sent.hold)


@pytest.mark.parametrize(
    ("item", "error"),
    [
        (evolve(ready(), test=True), NotPossible),
        (evolve(ready(), design_version=2), FilesOutdated),
        (evolve(ready(), files=()), FilesOutdated),
        (evolve(ready(), connection_id=None), NotPossible),
        (_held_live(), SubmissionStillLive),
        (placed(), FilesOutdated),
        (in_status(Status.CANCELED), TransitionNotAllowed),
    ],
)
def test_t7_every_guard_refuses(item: OrderItem, error: type[Exception]) -> None:
    """Test, files, mapping, live order, status."""
    with pytest.raises(error):
        item.send(SENT, AT)


def test_one_item_has_one_live_submission() -> None:
    """Another id is refused while the first may be printed (I1)."""
    unknown = sending().unresolved("nobody knows", AT)

    with pytest.raises(SubmissionStillLive):
        unknown.send(SubmissionId(UUID(int=901)), AT)
    assert Status.SENDING is unknown.send(SENT, AT).status


def test_t8_an_acknowledgement_moves_it_on() -> None:
    """Accepted is Being fulfilled, with its stage (A26)."""
    item = being_fulfilled()

    assert (Status.BEING_FULFILLED, Stage.ACCEPTED, True) == (item.status, item.provider_stage, item.live)


def test_t9_a_refusal_holds_it_without_a_live_order() -> None:
    """It may be mended and sent again."""
    item = sending().refused(HoldReason.OUT_OF_STOCK, "no mugs", AT)

    assert (Status.ON_HOLD, False, HoldOrigin.PROVIDER) == (
        item.status,
        item.live,
        item.hold and item.hold.origin,
    )
    assert item.hold is not None
    assert Status.READY_TO_FULFILL is item.hold.resume


def test_t9_an_unknown_outcome_holds_it_live() -> None:
    """Unknown is not no (I14)."""
    item = sending().unresolved("nobody knows", AT)

    assert (Status.ON_HOLD, True) == (item.status, item.live)
    with pytest.raises(SubmissionStillLive):
        item.release(AT)


def test_t10_a_withdrawal_puts_it_back() -> None:
    """Nothing is live; a waiting wish is carried out (T19)."""
    back = sending().withdrawn(AT)
    canceled = sending().request_cancel(AT).withdrawn(AT)

    assert (Status.READY_TO_FULFILL, False) == (back.status, back.live)
    assert (Status.CANCELED, None) == (canceled.status, canceled.cancel_requested_at)


@pytest.mark.parametrize(
    "end", [lambda item: item.withdrawn(AT), lambda item: item.refused(HoldReason.OTHER, "no", AT)]
)
def test_a_quantity_that_waited_is_followed_when_nothing_is_live_any_more(
    end: Callable[[OrderItem], OrderItem],
) -> None:
    """The store wanted three while it was being sent (A6); what is sent next is three."""
    asked = sending().wanted(3, AT)
    ended = end(asked)
    gone = end(sending().wanted(0, AT))

    assert (2, (Flag.QUANTITY_CHANGED,)) == (asked.quantity, asked.flags)
    assert (3, ()) == (ended.quantity, ended.flags)
    assert Status.CANCELED is gone.status


def test_a_refused_item_that_was_to_be_canceled_is_canceled() -> None:
    """The outcome is known: nothing is live (T19)."""
    item = sending().request_cancel(AT).refused(HoldReason.OTHER, "no", AT)

    assert (Status.CANCELED, False) == (item.status, item.live)


# At the provider


def test_t11_done_is_fulfilled() -> None:
    """Printed and packaged, possibly not shipped."""
    assert Status.FULFILLED is being_fulfilled().report(news(Stage.DONE), AT).status


def test_t12_t13_trouble_holds_and_its_end_frees() -> None:
    """Back to Being fulfilled, by itself."""
    held = _held_live()
    freed = held.report(news(Stage.IN_PRODUCTION), AT)

    assert (Status.ON_HOLD, True, HoldOrigin.PROVIDER) == (
        held.status,
        held.live,
        held.hold and held.hold.origin,
    )
    assert (Status.BEING_FULFILLED, None) == (freed.status, freed.hold)


def test_t14_a_release_returns_to_ready() -> None:
    """Where the files are current; else they are made (T6)."""
    stale = evolve(in_status(Status.ON_HOLD), files_version=0)

    assert Status.READY_TO_FULFILL is in_status(Status.ON_HOLD).release(AT).status
    assert Status.GENERATING is stale.release(AT).status


def test_t14_blocking_findings_need_a_name() -> None:
    """Overridden for this design version only."""
    held = rendered(placed(), (BLURRED,))

    with pytest.raises(NotPossible, match="40 DPI"):
        held.release(AT)
    passed = held.release(AT, override=True, note="he likes it so")
    assert (Status.READY_TO_FULFILL, True) == (passed.status, passed.overridden)
    assert not passed.redesign(AT, design=DESIGN).overridden


@pytest.mark.parametrize("status", [Status.GENERATING, Status.READY_TO_FULFILL])
def test_t16_a_hold_remembers_where_to_return(status: Status) -> None:
    """Unhold goes back where it came from."""
    item = in_status(status).hold_for(HoldReason.MANUAL, HoldOrigin.MERCHANT, stamp=AT)

    assert item.hold is not None
    assert status is item.hold.resume


def test_a_second_reason_replaces_the_first_and_keeps_the_way_back() -> None:
    """One hold at a time; the timeline has both, the same reason again is nothing new."""
    held = in_status(Status.ON_HOLD)
    other = held.hold_for(HoldReason.STORE_HOLD, HoldOrigin.STORE, stamp=at(1), note="fraud")

    assert other.hold is not None
    assert (HoldReason.STORE_HOLD, Status.READY_TO_FULFILL, AT.at) == (
        other.hold.reason,
        other.hold.resume,
        other.hold.since,
    )
    assert other is other.hold_for(HoldReason.STORE_HOLD, HoldOrigin.STORE, stamp=at(2), note="fraud")


@pytest.mark.parametrize("status", [Status.GENERATING, Status.READY_TO_FULFILL, Status.ON_HOLD])
def test_t17_what_is_here_is_canceled(status: Status) -> None:
    """No live order, no question."""
    item = in_status(status).cancel(AT)

    assert (Status.CANCELED, None) == (item.status, item.hold)


def test_t18_a_live_order_is_canceled_by_the_providers_word_only() -> None:
    """Asked first; a refusal is flagged."""
    for item in (being_fulfilled(), _held_live()):
        with pytest.raises(SubmissionStillLive):
            item.cancel(AT)
        gone = item.cancel(AT, at_provider=True)
        assert (Status.CANCELED, False) == (gone.status, gone.live)
    refused = being_fulfilled().request_cancel(AT).cancel_refused("too late", AT)
    assert (Status.BEING_FULFILLED, (Flag.CANCEL_REFUSED,), None) == (
        refused.status,
        refused.flags,
        refused.cancel_requested_at,
    )


def test_t18_the_provider_cancels_by_itself() -> None:
    """From wherever the order is live, Sending included."""
    for item in (sending(), being_fulfilled(), _held_live()):
        assert Status.CANCELED is item.report(news(Stage.CANCELED), AT).status


def test_t19_a_wish_while_sending_waits() -> None:
    """Noted, not executed; noted once."""
    wished = sending().request_cancel(AT)

    assert (Status.SENDING, AT.at) == (wished.status, wished.cancel_requested_at)
    assert wished is wished.request_cancel(at(1))


@pytest.mark.parametrize("make", [ready, being_fulfilled, lambda: in_status(Status.ON_HOLD), _held_live])
def test_t20_it_is_marked_as_fulfilled_by_hand(make: Callable[[], OrderItem]) -> None:
    """Confirmed where an order is live."""
    item = make()
    if item.live:
        with pytest.raises(ConfirmationNeeded):
            item.mark_fulfilled(AT)

    done = item.mark_fulfilled(AT, shipment=ItemShipment(number="H1", quantity=2), confirmed=True)

    assert (Status.FULFILLED, None, ["H1"]) == (done.status, done.hold, [s.number for s in done.shipments])


@pytest.mark.parametrize(
    "status", [Status.GENERATING, Status.SENDING, Status.FULFILLED, Status.CANCELED, Status.ARCHIVED]
)
def test_t20_marking_is_refused_elsewhere(status: Status) -> None:
    """Also with the confirmation, and before asking for it."""
    with pytest.raises(TransitionNotAllowed):
        in_status(status).mark_fulfilled(AT)


@pytest.mark.parametrize("status", [status for status in REST if status is not Status.ARCHIVED])
def test_t21_t22_archiving_is_reversible(status: Status) -> None:
    """Out of sight, and back to where it was."""
    item = in_status(status)
    archived = item.archive(AT, confirmed=True)

    assert (Status.ARCHIVED, status) == (archived.status, archived.underlying)
    assert item.status is archived.unarchive(AT).status


def test_t21_what_is_being_worked_on_is_archived_with_a_confirmation() -> None:
    """And what is being sent is not archived at all."""
    with pytest.raises(ConfirmationNeeded):
        being_fulfilled().archive(AT)
    with pytest.raises(TransitionNotAllowed):
        sending().archive(AT, confirmed=True)


def test_an_archived_hold_comes_back_as_a_hold() -> None:
    """Reason and way back are kept."""
    held = in_status(Status.ON_HOLD)

    back = held.archive(AT).unarchive(AT)

    assert (Status.ON_HOLD, held.hold) == (back.status, back.hold)


def test_t23_trouble_on_a_live_order_brings_it_back() -> None:
    """Hidden trouble is the worst kind."""
    hidden = being_fulfilled().archive(AT, confirmed=True)

    seen = hidden.report(news(Stage.STUCK), AT, hold=HoldReason.OUT_OF_STOCK)

    assert (Status.ON_HOLD, None) == (seen.status, seen.archived_from)
    assert seen.hold is not None
    assert Status.BEING_FULFILLED is seen.hold.resume


@pytest.mark.parametrize("make", [being_fulfilled, _held_live])
def test_a_hidden_item_is_followed_to_its_end(make: Callable[[], OrderItem]) -> None:
    """Background news continues; the item stays out of sight (A22)."""
    hidden = make().archive(AT, confirmed=True)

    done = hidden.report(news(Stage.DONE), AT)

    assert (Status.ARCHIVED, Status.FULFILLED) == (done.status, done.underlying)
    assert Status.FULFILLED is done.unarchive(AT).status


def test_a_hidden_item_is_canceled_with_the_provider() -> None:
    """What was archived while live ends canceled."""
    hidden = being_fulfilled().archive(AT, confirmed=True)

    assert Status.CANCELED is hidden.report(news(Stage.CANCELED), AT).underlying


def test_t24_a_parcel_in_trouble_flags_a_fulfilled_item() -> None:
    """Status stays; a reprint is a new linked item."""
    item = in_status(Status.FULFILLED)
    lost = item.ship(Parcel(number="A", state=ParcelState.ISSUE), 2, AT)
    again = lost.reprint(OrderItemId(UUID(int=2)), quantity=1, stamp=AT)

    assert (Status.FULFILLED, (Flag.SHIPMENT_ISSUE,)) == (lost.status, lost.flags)
    assert (Status.GENERATING, item.id, 1, 1) == (
        again.status,
        again.reprint_of,
        again.quantity,
        again.design_version,
    )


@pytest.mark.parametrize("status", [s for s in Status if s not in {Status.FULFILLED, Status.CANCELED}])
def test_t24_only_what_is_over_is_reprinted(status: Status) -> None:
    """Everything else can still be mended."""
    with pytest.raises(NotPossible):
        in_status(status).reprint(OrderItemId(UUID(int=2)), quantity=1, stamp=AT)


def test_t25_what_ships_although_canceled_is_flagged() -> None:
    """Status stays, the parcel and the cost are recorded."""
    gone = being_fulfilled().cancel(AT, at_provider=True)
    cost = ItemCost(items=Money.of(10, "USD"), shipping=Money.of(4, "USD"))

    late = gone.report(news(Stage.DONE), AT).ship(Parcel(number="A"), 2, AT).charged(cost, AT)

    assert (Status.CANCELED, (Flag.SHIPPED_ALTHOUGH_CANCELED,)) == (late.status, late.flags)
    assert (["A"], cost) == ([shipment.number for shipment in late.shipments], late.cost)


@pytest.mark.parametrize("make", [placed, sending])
def test_t26_the_watchdog_holds_what_takes_too_long(make: Callable[[], OrderItem]) -> None:
    """Generating and Sending end On hold."""
    item = make().hold_for(HoldReason.OTHER, HoldOrigin.SYSTEM, stamp=AT, note="too slow")

    assert Status.ON_HOLD is item.status


# What is not listed


@pytest.mark.parametrize("status", Status)
def test_what_the_table_does_not_list_is_refused_or_changes_no_status(status: Status) -> None:
    """An act moves an item along an arrow of its own, or not at all (I6)."""
    item = in_status(status)
    for action, act in _ACTS.items():
        try:
            after = act(item)
        except DomainError:
            continue
        moves = [event for event in _new(item, after) if isinstance(event, StatusChanged)]
        assert all(move.after in LIFECYCLE[move.before].get(move.action, ()) for move in moves)
        if action not in LIFECYCLE[status] and status is not Status.ARCHIVED:
            assert after.status is status, action


@pytest.mark.parametrize("status", Status)
def test_refusals_and_acts_agree(status: Status) -> None:
    """What is said to be allowed can be done, and what is said to be refused cannot (I10)."""
    for item in (in_status(status), evolve(in_status(status), live=True)):
        for action in (Action.REDESIGN, Action.SEND, Action.CANCEL):
            try:
                _ACTS[action](item)
                done = True
            except DomainError:
                done = False
            if item.status is not Status.ARCHIVED:
                assert item.allows(action) is done, (status, action)


_ACTS: dict[Action, Callable[[OrderItem], OrderItem]] = {
    Action.FINISH_RENDERING: rendered,
    Action.REDESIGN: lambda item: item.redesign(AT, design=DESIGN),
    Action.SEND: lambda item: item.send(SubmissionId(UUID(int=902)), AT),
    Action.ACCEPT: lambda item: item.accepted(AT),
    Action.WITHDRAW: lambda item: item.withdrawn(AT),
    Action.HOLD: lambda item: item.hold_for(HoldReason.OTHER, HoldOrigin.SYSTEM, stamp=AT),
    Action.RELEASE: lambda item: item.release(AT),
    Action.CANCEL: lambda item: item.cancel(AT),
    Action.MARK_FULFILLED: lambda item: item.mark_fulfilled(AT, confirmed=True),
    Action.ARCHIVE: lambda item: item.archive(AT, confirmed=True),
    Action.UNARCHIVE: lambda item: item.unarchive(AT),
}


def _new(before: OrderItem, after: OrderItem) -> Iterable[object]:
    return after.events[len(before.events) :]


# Reports in any order


REPORTS = st.sampled_from(
    [Stage.DRAFT, Stage.ACCEPTED, Stage.IN_PRODUCTION, Stage.PACKED, Stage.DONE, Stage.UNKNOWN]
)


@given(st.lists(REPORTS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_progress_in_any_order_ends_at_the_furthest(stages: list[Stage], random: Any) -> None:
    """Late and repeated news never moves an item back (D19, I18)."""
    shuffled = list(stages)
    random.shuffle(shuffled)
    straight, mixed = being_fulfilled(), being_fulfilled()
    for one, other in zip(stages, shuffled, strict=True):
        straight, mixed = straight.report(news(one), AT), mixed.report(news(other), AT)

    assert (straight.status, straight.provider_stage) == (mixed.status, mixed.provider_stage)


@given(st.lists(REPORTS, max_size=8))
def test_a_rank_never_falls(stages: list[Stage]) -> None:
    """Being fulfilled does not come after Fulfilled."""
    item, ranks = being_fulfilled(), [0]
    for stage in stages:
        item = item.report(news(stage), AT)
        ranks.append(1 if item.status is Status.FULFILLED else 0)

    assert sorted(ranks) == ranks


def test_late_news_is_noted_once() -> None:
    """The timeline says why nothing moved, and says it once."""
    item = in_status(Status.FULFILLED)
    late = item.report(news(Stage.ACCEPTED), AT).report(news(Stage.ACCEPTED), AT)

    assert 1 == sum(isinstance(event, ReportIgnored) for event in late.events)


def test_a_state_that_we_do_not_know_keeps_the_last_one() -> None:
    """The raw word is kept beside it (facts 1.7)."""
    item = being_fulfilled().report(news(Stage.UNKNOWN, "quantum"), AT)

    assert (Status.BEING_FULFILLED, Stage.ACCEPTED, "quantum") == (
        item.status,
        item.provider_stage,
        item.provider_raw,
    )


@given(
    st.permutations(
        [
            ("A", ParcelState.LABEL),
            ("B", ParcelState.IN_TRANSIT),
            ("A", ParcelState.DELIVERED),
            ("A", ParcelState.IN_TRANSIT),
        ]
    )
)
def test_parcels_are_merged_by_number(parcels: list[tuple[str, ParcelState]]) -> None:
    """No number erases another, and a delivered parcel is not in transit again (D19)."""
    item = being_fulfilled()
    for number, state in parcels:
        item = item.ship(Parcel(number=number, state=state), 1, AT)

    assert {"A": ParcelState.DELIVERED, "B": ParcelState.IN_TRANSIT} == {
        s.number: s.state for s in item.shipments
    }


def test_the_stores_answer_is_kept_once() -> None:
    """A parcel is published once; unknown numbers change nothing."""
    item = being_fulfilled().ship(Parcel(number="A"), 2, AT)
    told = item.published("A", ExternalRef("memory", "1"), AT, notified=True)

    assert told is told.published("A", ExternalRef("memory", "2"), AT, notified=True)
    assert item is item.published("B", ExternalRef("memory", "2"), AT, notified=True)


def test_repeated_trouble_leaves_an_archived_item_out_of_sight() -> None:
    """Who archived it knew of that; other trouble brings it back (T23)."""
    hidden = _held_live().archive(AT)

    same = hidden.report(news(Stage.STUCK), AT, hold=HoldReason.OUT_OF_STOCK, words="no mugs")
    other = hidden.report(news(Stage.STUCK), AT, hold=HoldReason.IP_REVIEW, words="a logo")
    failed = hidden.report(news(Stage.FAILED), AT, words="rejected")

    assert [Status.ARCHIVED, Status.ON_HOLD, Status.ON_HOLD] == [same.status, other.status, failed.status]
    assert [True, True, False] == [same.live, other.live, failed.live]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("status", [Status.GENERATING, Status.READY_TO_FULFILL, Status.ON_HOLD])
def test_news_of_an_order_that_is_not_live_moves_nothing(status: Status, stage: Stage) -> None:
    """An earlier order's end is not the item's."""
    assert status is in_status(status).report(news(stage), AT).status


# The store


def test_a_quantity_is_followed_while_nothing_is_sent() -> None:
    """Applied, or canceled at none (A6)."""
    assert 5 == ready().wanted(5, AT).quantity
    assert Status.CANCELED is ready().wanted(0, AT).status
    assert isinstance(ready().wanted(5, AT).events[-1], QuantityChanged)


def test_a_quantity_is_not_changed_silently_after_sending() -> None:
    """Flagged for a person (A6)."""
    item = being_fulfilled().wanted(5, AT)

    assert (2, 5, (Flag.QUANTITY_CHANGED,)) == (item.quantity, item.store_quantity, item.flags)


def test_a_redacted_item_forgets_what_the_customer_entered() -> None:
    """Keys and counts stay (I25)."""
    item = evolve(ready(), personalization=(("Name", "Zoë"),)).redact()

    assert ((), None, (), 2) == (item.personalization, item.design, item.files, item.quantity)


# Any acts in any order


class AnyLife(RuleBasedStateMachine):
    """Whatever is done to an item, in whatever order, its events tell how it got where it is."""

    def __init__(self) -> None:
        super().__init__()
        self.item = placed()
        self.minute = 0
        self.submissions = 1000

    def _do(self, act: Callable[[OrderItem], OrderItem]) -> None:
        self.minute += 1
        try:
            self.item = act(self.item)
        except DomainError:
            return

    @property
    def stamp(self) -> Any:
        return at(self.minute, Actor.system("machine"))

    @rule(blocked=st.booleans())
    def render(self, *, blocked: bool) -> None:
        self._do(lambda item: rendered(item, (BLURRED,) if blocked else ()))

    @rule()
    def redesign(self) -> None:
        self._do(lambda item: item.redesign(self.stamp, design=DESIGN))

    @rule()
    def send(self) -> None:
        self.submissions += 1
        self._do(lambda item: item.send(SubmissionId(UUID(int=self.submissions)), self.stamp))

    @precondition(lambda self: self.item.status is Status.SENDING)
    @rule()
    def accept(self) -> None:
        self._do(lambda item: item.accepted(self.stamp))

    @precondition(lambda self: self.item.status is Status.SENDING)
    @rule()
    def withdraw(self) -> None:
        self._do(lambda item: item.withdrawn(self.stamp))

    @precondition(lambda self: self.item.status is Status.SENDING)
    @rule()
    def refuse(self) -> None:
        self._do(lambda item: item.refused(HoldReason.PROVIDER_REJECTED, "no", self.stamp))

    @precondition(lambda self: self.item.status is Status.SENDING)
    @rule()
    def lose_track(self) -> None:
        self._do(lambda item: item.unresolved("nobody knows", self.stamp))

    @rule(stage=st.sampled_from(Stage), words=st.sampled_from(["", "no mugs"]))
    def hear(self, stage: Stage, words: str) -> None:
        # No report is refused: whatever a provider says, and whenever, is taken in.
        self.minute += 1
        self.item = self.item.report(news(stage), self.stamp, words=words)

    @rule(reason=st.sampled_from(HoldReason), origin=st.sampled_from(HoldOrigin))
    def hold(self, reason: HoldReason, origin: HoldOrigin) -> None:
        self._do(lambda item: item.hold_for(reason, origin, stamp=self.stamp))

    @rule(override=st.booleans())
    def release(self, *, override: bool) -> None:
        self._do(lambda item: item.release(self.stamp, override=override))

    @rule(at_provider=st.booleans())
    def cancel(self, *, at_provider: bool) -> None:
        self._do(lambda item: item.cancel(self.stamp, at_provider=at_provider and item.live))

    @rule()
    def wish_to_cancel(self) -> None:
        self._do(lambda item: item.request_cancel(self.stamp))

    @rule(confirmed=st.booleans())
    def mark(self, *, confirmed: bool) -> None:
        self._do(lambda item: item.mark_fulfilled(self.stamp, confirmed=confirmed))

    @rule(confirmed=st.booleans())
    def archive(self, *, confirmed: bool) -> None:
        self._do(lambda item: item.archive(self.stamp, confirmed=confirmed))

    @rule()
    def unarchive(self) -> None:
        self._do(lambda item: item.unarchive(self.stamp))

    @rule(quantity=st.integers(0, 4))
    def want(self, quantity: int) -> None:
        self._do(lambda item: item.wanted(quantity, self.stamp))

    @rule(number=st.sampled_from("AB"), quantity=st.integers(1, 2))
    def ship(self, number: str, quantity: int) -> None:
        if self.item.live:
            self._do(lambda item: item.ship(Parcel(number=number), quantity, self.stamp))

    @invariant()
    def the_events_replay_to_the_status(self) -> None:
        """The timeline is one unbroken chain from the beginning to now (I7)."""
        status = None
        for event in self.item.events:
            match event:
                case ItemPlaced():
                    status = event.status
                case StatusChanged():
                    assert status is event.before
                    assert event.after in LIFECYCLE[event.before][event.action]
                    status = event.after
                case _:
                    pass
        assert self.item.status is status

    @invariant()
    def a_hold_has_its_reason(self) -> None:
        """Exactly what waits, or was archived waiting, has a reason (I10)."""
        assert (self.item.underlying is Status.ON_HOLD) is (self.item.hold is not None)

    @invariant()
    def ready_is_ready(self) -> None:
        """Ready implies current files for every area (D.7-3)."""
        if self.item.underlying in {Status.READY_TO_FULFILL, Status.SENDING}:
            assert self.item.files_current

    @invariant()
    def what_is_at_a_provider_is_live(self) -> None:
        """Sending and Being fulfilled are live; Generating, Ready and Canceled are not (I1)."""
        if self.item.underlying in {Status.SENDING, Status.BEING_FULFILLED}:
            assert self.item.live
        if self.item.underlying in {Status.GENERATING, Status.READY_TO_FULFILL, Status.CANCELED}:
            assert not self.item.live

    @invariant()
    def the_archive_is_apart(self) -> None:
        """In the list or archived, never both (D.7-7)."""
        assert (self.item.status is Status.ARCHIVED) is (self.item.archived_from is not None)

    @invariant()
    def a_reason_is_told_for_every_hold(self) -> None:
        """Each move to On hold has its own entry with the reason."""
        moves = [e for e in self.item.events if isinstance(e, StatusChanged) and e.action is Action.HOLD]
        told = [e for e in self.item.events if isinstance(e, HoldPlaced)]
        assert len(told) >= len(moves)


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
