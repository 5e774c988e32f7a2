"""The stored names of what happened: they never change."""

from datetime import datetime
from typing import get_args

import pytest

from mockspark.domain.errors import InvalidValue
from mockspark.domain.events import KINDS, Actor, ActorKind, Event, Flag, Stamp
from mockspark.domain.holds import FIX, Hold, HoldOrigin, HoldReason
from mockspark.domain.status import Status
from tests.domain.values import ANA, START

GOLDEN = {
    "OrderReceived": "order.received",
    "OrderSynced": "order.synced",
    "OrderRedacted": "order.redacted",
    "ItemPlaced": "item.placed",
    "StatusChanged": "item.status_changed",
    "HoldPlaced": "item.hold_placed",
    "DesignChanged": "item.design_changed",
    "FilesRendered": "item.files_rendered",
    "FindingsOverridden": "item.findings_overridden",
    "AddressConfirmed": "item.address_confirmed",
    "QuantityChanged": "item.quantity_changed",
    "FlagRaised": "item.flag_raised",
    "FlagCleared": "item.flag_cleared",
    "CancelRequested": "item.cancel_requested",
    "CancelRefused": "item.cancel_refused",
    "ReportReceived": "item.report_received",
    "ReportIgnored": "item.report_ignored",
    "ShipmentReported": "item.shipment_reported",
    "ShipmentPublished": "item.shipment_published",
    "CostRecorded": "item.cost_recorded",
    "Commented": "item.commented",
    "SubmissionPlanned": "submission.planned",
    "AttemptStarted": "submission.attempt_started",
    "AttemptEnded": "submission.attempt_ended",
    "ProviderOrderRecorded": "submission.provider_order_recorded",
}


def test_the_stored_names_are_those_of_old_timelines() -> None:
    """A timeline that was written years ago still reads."""
    kinds = {kind.__name__: name for kind, name in KINDS.items()}

    assert GOLDEN.items() <= kinds.items()


def test_every_event_has_a_name_of_its_own() -> None:
    """The table is total and one to one."""
    assert set(get_args(Event)) == set(KINDS)
    assert len(KINDS) == len(set(KINDS.values()))


def test_every_event_ends_with_its_stamp() -> None:
    """Who, when and why stand on every entry (D.7-6)."""
    assert {"stamp"} == {kind.__attrs_attrs__[-1].name for kind in KINDS}


def test_every_hold_reason_names_its_fix() -> None:
    """Each reason has words for a person (I10, D.4)."""
    assert set(HoldReason) == set(FIX)
    assert all(words.endswith(".") for words in FIX.values())


def test_the_reasons_are_the_closed_list() -> None:
    """These names are stored and searched."""
    assert " ".join(_REASONS).split() == [reason.value for reason in HoldReason]


_REASONS = (
    "missing_personalization unmapped_product variant_unavailable out_of_stock render_failed low_resolution",
    "missing_glyph blank_or_placeholder_art address_incomplete address_unverified address_limit",
    "shipping_not_possible payment_at_provider provider_rejected provider_hold provider_unreachable",
    "outcome_unknown store_cancelled_after_send store_changed store_hold customer_proof_pending ip_review",
    "manual other",
)


def test_flags_have_names_of_their_own() -> None:
    """A flag is stored by its value."""
    assert len(Flag) == len({flag.value for flag in Flag})


def test_times_are_aware() -> None:
    """A time without a zone is refused, in stamps and holds."""
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the point of the test

    with pytest.raises(InvalidValue):
        Stamp(at=naive, by=ANA)
    with pytest.raises(InvalidValue):
        Hold(reason=HoldReason.MANUAL, origin=HoldOrigin.MERCHANT, since=naive, resume=Status.GENERATING)


@pytest.mark.parametrize("status", [Status.SENDING, Status.FULFILLED, Status.CANCELED, Status.ON_HOLD])
def test_a_hold_returns_only_to_where_one_can_go_on(status: Status) -> None:
    """Nobody is released into Sending or an end."""
    with pytest.raises(ValueError, match="resume"):
        Hold(reason=HoldReason.MANUAL, origin=HoldOrigin.MERCHANT, since=START, resume=status)


def test_actors_have_kinds() -> None:
    """A person, one of our workers, the store, a provider."""
    makers = (Actor.person, Actor.system, Actor.store, Actor.provider)

    assert list(ActorKind) == [make("x").kind for make in makers]
