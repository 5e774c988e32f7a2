"""Leases of seconds instead of minutes, for processes that are killed faster than any operator would.

The relations that keep a sender safe stay: its lease is longer than two calls and the provider's lag.
"""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

CALL: Final = timedelta(seconds=4)
LAG: Final = timedelta(seconds=0.5)
LEASE: Final = 2 * CALL + LAG
SOON: Final = timedelta(seconds=1)

_HASTE: Final[Mapping[str, Mapping[str, Any]]] = {
    "mockspark.application.attempt": {
        "CALL": CALL,
        "LAG": LAG,
        "LEASE": LEASE,
        "RETRIES": tuple(timedelta(seconds=s) for s in (1, 1, 2, 2, 4, 4, 4, 4)),
        "_STORE_PAUSE": SOON,
        "DOUBTS": 8,
    },
    "mockspark.application.use_cases.submit": {"CALL": CALL, "LEASE": LEASE},
    "mockspark.application.use_cases.publish_shipments": {
        "_LEASE": 2 * CALL,
        "_PAUSES": (1, 1, 2, 2),
        "_MOST": 50,
    },
    "mockspark.application.use_cases.deliveries": {"DELAYS": (SOON,) * 50},
    # Whoever kills a process in each of its attempts would have the item held.
    "mockspark.application.use_cases.generate_files": {"MOST_ATTEMPTS": 50, "DELAYS": (SOON,) * 50},
    "mockspark.adapters.sql.inbox": {"LEASE": timedelta(seconds=6)},
}


def hasten() -> None:
    """Shorten the leases of this process."""
    for name, changes in _HASTE.items():
        module = import_module(name)
        for constant, value in changes.items():
            assert hasattr(module, constant), f"{name} has no {constant}"
            setattr(module, constant, value)


def blind() -> None:
    """Take from this process's senders the look-up that keeps them from placing an order twice."""
    from mockspark.application.attempt import Attempt

    async def see_nothing(*_: object) -> tuple[()]:
        return ()

    assert hasattr(Attempt, "_look")
    setattr(Attempt, "_look", see_nothing)  # noqa: B010 - a mutant on purpose
