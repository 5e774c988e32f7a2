"""The machine's clock, and ids in order."""

from datetime import UTC, timedelta

import pytest

from mockspark.adapters.system import Uuid7, utc_now


def test_now_is_aware() -> None:
    """Times are in UTC and say so."""
    assert timedelta(0) == utc_now().utcoffset()
    assert UTC is utc_now().tzinfo


def test_ids_rise() -> None:
    """Ten thousand ids made in a row are all different and in order."""
    new_id = Uuid7()
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_ids_are_of_version_7() -> None:
    """Version and variant are those of RFC 9562, and the time stands in front."""
    before = int(utc_now().timestamp() * 1000)
    id_ = Uuid7()()
    assert 7 == id_.version
    assert "specified in RFC 4122" == id_.variant
    assert 0 <= (id_.int >> 80) - before < 60_000


def test_ids_rise_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set back makes no id sort before an earlier one."""
    new_id = Uuid7()
    first = new_id()
    monkeypatch.setattr("mockspark.adapters.system.time.time_ns", lambda: 0)
    assert first < new_id() < new_id()
