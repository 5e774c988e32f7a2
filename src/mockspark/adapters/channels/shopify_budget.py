"""Shopify's cost bucket, one per app and shop: how long to wait before a call that would overdraw it."""

from typing import Final

import msgspec
from attrs import define, field

# Left for people who are waiting at a screen while jobs run.
HEADROOM: Final = 0.2


class Throttle(msgspec.Struct, kw_only=True, rename="camel"):
    """How full the bucket is after an answer."""

    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(msgspec.Struct, kw_only=True, rename="camel"):
    """What a call was asked to cost; *actual_query_cost* is null for one that was throttled."""

    requested_query_cost: float
    actual_query_cost: float | None = None
    throttle_status: Throttle


@define(kw_only=True)
class Budget:
    """What is left, as the last answer said and time has restored since; moments in seconds."""

    size: float = 0.0
    level: float = 0.0
    rate: float = 0.0
    at: float = 0.0
    prices: dict[str, float] = field(factory=dict)
    noted: set[str] = field(factory=set)

    def wait(self, operation: str, now: float) -> float:
        """Return the seconds before *operation* may be called; nothing is known before the first answer."""
        price = self.prices.get(operation, 0.0)
        if self.rate <= 0 or not price:
            return 0.0
        needed = min(price + HEADROOM * self.size, self.size)
        return max(needed - self._available(now), 0.0) / self.rate

    def spend(self, operation: str, now: float) -> None:
        """Count a call that is on its way, so that others beside it see less."""
        self.level = self._available(now) - self.prices.get(operation, 0.0)
        self.at = now

    def told(self, operation: str, cost: Cost, now: float) -> None:
        """Believe what an answer says."""
        status = cost.throttle_status
        self.prices[operation] = cost.requested_query_cost
        self.size, self.rate = status.maximum_available, status.restore_rate
        self.level, self.at = status.currently_available, now

    def note(self, word: str) -> bool:
        """Tell whether *word* is news: each thing is said once."""
        if word in self.noted:
            return False
        self.noted.add(word)
        return True

    def _available(self, now: float) -> float:
        return min(self.size, self.level + self.rate * max(now - self.at, 0.0))


def throttled_for(cost: Cost | None) -> float:
    """Return the seconds until a throttled call fits."""
    if cost is None or cost.throttle_status.restore_rate <= 0:
        return 1.0
    short = cost.requested_query_cost - cost.throttle_status.currently_available
    return max(short / cost.throttle_status.restore_rate, 0.1)
