"""What a simulator has put off: run in the order in which it falls due by the one clock of the sandbox."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.domain.errors import InvalidValue

Act = Callable[[], None]


class Agenda:
    """Keeps acts until their moment; several simulators, each with its agenda, may share one clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self._due: list[tuple[datetime, int, Act]] = []
        self._put_off = 0
        self._watchers: list[Act] = []

    def exact(self) -> datetime:
        """Return the present with its fractions of a second."""
        return self.clock()

    def now(self) -> datetime:
        """Return the present in whole seconds."""
        return self.clock().replace(microsecond=0)

    def later(self, delay: timedelta, act: Act) -> None:
        """Run *act* once *delay* has passed."""
        self.at(self.clock() + delay, act)

    def at(self, moment: datetime, act: Act) -> None:
        """Run *act* at *moment*; of two that fall due together the earlier asked for goes first."""
        self._put_off += 1
        heapq.heappush(self._due, (moment, self._put_off, act))
        self.wake()

    def run_due(self) -> None:
        """Run all that has fallen due."""
        while self._due and self._due[0][0] <= self.clock():
            heapq.heappop(self._due)[2]()

    def advance(self, seconds: float) -> datetime:
        """Move the clock on; whatever falls due on the way sees its own moment as the present."""
        if seconds < 0:
            raise InvalidValue("a clock is moved ahead only")
        goal = self.clock() + timedelta(seconds=seconds)
        while self._due and self._due[0][0] <= goal:
            self._move_to(self._due[0][0])
            self.run_due()
        self._move_to(goal)
        self.wake()
        return self.now()

    def _move_to(self, moment: datetime) -> None:
        self.clock.advance(max((moment - self.clock()).total_seconds(), 0.0))

    def wait(self) -> float | None:
        """Return the seconds until the next act falls due; None when nothing was put off."""
        if not self._due:
            return None
        return max((self._due[0][0] - self.clock()).total_seconds(), 0.0)

    def clear(self) -> None:
        """Drop everything that was put off."""
        self._due.clear()

    def watch(self, act: Act) -> None:
        """Call *act* whenever something was put off or the clock was moved from here."""
        self._watchers.append(act)

    def wake(self) -> None:
        """Tell the watchers."""
        for act in self._watchers:
            act()
