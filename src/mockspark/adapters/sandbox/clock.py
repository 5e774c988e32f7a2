"""The simulators' time: it runs as given and can be moved ahead."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from attrs import define

from mockspark.domain.errors import InvalidValue


def system_time() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.now(UTC)


@define
class SandboxClock:
    """Tells *source*'s time plus what it was moved ahead: a constant source makes a clock that only jumps."""

    source: Callable[[], datetime] = system_time
    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time now."""
        return self.source() + self.ahead

    def advance(self, seconds: float) -> None:
        """Move the clock ahead; time never runs backwards."""
        if seconds < 0:
            raise InvalidValue("a clock is moved ahead only")
        self.ahead += timedelta(seconds=seconds)
