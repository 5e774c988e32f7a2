"""One clock for all simulators: what was put off happens in order, each thing at its own moment."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from mockspark.adapters.sandbox.agenda import Agenda
from mockspark.domain.errors import InvalidValue
from tests.adapters.sandbox.running import NOON, still_clock


def test_acts_see_their_own_moment_while_time_jumps() -> None:
    """A jump over several moments stops at each."""
    agenda, seen = Agenda(still_clock()), list[tuple[str, datetime]]()
    agenda.later(timedelta(seconds=30), lambda: seen.append(("late", agenda.now())))
    agenda.later(timedelta(seconds=10), lambda: seen.append(("early", agenda.now())))
    assert NOON + timedelta(minutes=1) == agenda.advance(60)
    assert [("early", NOON + timedelta(seconds=10)), ("late", NOON + timedelta(seconds=30))] == seen


def test_an_act_may_put_off_another_within_the_same_jump() -> None:
    """What falls due on the way is done on the way."""
    agenda, seen = Agenda(still_clock()), list[datetime]()

    def again() -> None:
        seen.append(agenda.now())
        agenda.later(timedelta(seconds=20), again)

    agenda.later(timedelta(seconds=20), again)
    agenda.advance(60)
    assert [NOON + timedelta(seconds=s) for s in (20, 40, 60)] == seen


def test_equal_moments_keep_the_order_of_asking() -> None:
    """Of two acts that fall due together the earlier asked for goes first."""
    agenda, seen = Agenda(still_clock()), list[str]()
    for name in ("one", "two", "three"):
        agenda.later(timedelta(seconds=5), partial(seen.append, name))
    agenda.advance(5)
    assert ["one", "two", "three"] == seen


def test_two_agendas_share_a_clock() -> None:
    """Whoever moves the clock moves it for all; the other's acts happen when it looks."""
    clock = still_clock()
    first, second, seen = Agenda(clock), Agenda(clock), list[str]()
    second.later(timedelta(seconds=5), lambda: seen.append("second"))
    first.advance(10)
    second.run_due()
    assert ["second"] == seen
    assert first.now() == second.now()


def test_time_does_not_run_backwards() -> None:
    """A negative step is refused and changes nothing."""
    agenda = Agenda(still_clock())
    with pytest.raises(InvalidValue):
        agenda.advance(-1)
    assert NOON == agenda.now()


def test_what_was_cleared_never_happens() -> None:
    """A reset drops everything that was put off."""
    agenda, seen = Agenda(still_clock()), list[str]()
    agenda.later(timedelta(seconds=5), lambda: seen.append("never"))
    agenda.clear()
    agenda.advance(10)
    assert [] == seen
