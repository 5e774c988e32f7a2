"""Webhooks on their way: sent one after another over real HTTP, repeated with growing gaps, kept for inspection."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Protocol

from attrs import Factory, define

from mockspark.adapters.sandbox.agenda import Agenda
from mockspark.adapters.sandbox.posting import post
from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue

_LONGEST_SLEEP_S: Final = 0.25
_ORDERS: Final = ("as_sent", "reversed", "shuffled")


class Send(Protocol):
    """Posts a body and returns the status of the answer."""

    def __call__(
        self, url: str, body: bytes, headers: Mapping[str, str], *, within_s: float
    ) -> Awaitable[int]:
        """Post; raises OSError when no answer came in time."""


@define(kw_only=True)
class Attempt:
    """One try: the status of the answer, or what went wrong where none came."""

    at: datetime
    status: int | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


@define(kw_only=True)
class Delivery:
    """One message to one address; `waiting` until it is `delivered`, has `failed` for good or was `dropped`."""

    number: int
    topic: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    due: datetime
    owner: int | None = None
    state: str = "waiting"
    attempts: list[Attempt] = Factory(list)

    def as_json(self) -> dict[str, Any]:
        """Return it for inspection."""
        tries = [{"at": a.at.isoformat(), "status": a.status, "problem": a.problem} for a in self.attempts]
        return {
            "number": self.number,
            "topic": self.topic,
            "url": self.url,
            "headers": dict(self.headers),
            "body": self.body.decode(),
            "state": self.state,
            "attempts": tries,
        }


Judge = Callable[[Delivery, bool], None]


class Deliveries:
    """Sends what is due; a refused delivery is repeated after each of *gaps*, then it has failed."""

    def __init__(
        self,
        agenda: Agenda,
        *,
        gaps: Sequence[timedelta],
        within_s: float,
        judge: Judge,
        send: Send = post,
        seed: int = 0,
    ) -> None:
        self._agenda = agenda
        self._gaps = gaps
        self._within_s = within_s
        self._judge = judge
        self._send = send
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        agenda.watch(self._woken.set)
        self.clear(seed)

    def clear(self, seed: int = 0) -> None:
        """Forget every delivery, sent or not, and send as usual again."""
        self.all: list[Delivery] = []
        self.copies = 1
        self.paused = False
        self._ready: deque[Delivery] = deque()
        self._random = Random(f"deliveries/{seed}")

    def add(
        self, *, topic: str, url: str, headers: Mapping[str, str], body: bytes, owner: int | None = None
    ) -> Delivery:
        """Take a message to be sent at once."""
        made = [self._made(topic, url, headers, body, owner) for _ in range(self.copies)]
        return made[0]

    def _made(
        self, topic: str, url: str, headers: Mapping[str, str], body: bytes, owner: int | None
    ) -> Delivery:
        delivery = Delivery(
            number=len(self.all) + 1,
            topic=topic,
            url=url,
            headers=headers,
            body=body,
            due=self._agenda.exact(),
            owner=owner,
        )
        self.all.append(delivery)
        self._ready.append(delivery)
        self._agenda.wake()
        return delivery

    def find(self, number: int) -> Delivery:
        """Return a delivery by its number; raises NotFound."""
        if not 0 < number <= len(self.all):
            raise NotFound("delivery", number)
        return self.all[number - 1]

    def again(self, number: int) -> Delivery:
        """Send a delivery once more with the same headers and body: a duplicate for the receiver."""
        known = self.find(number)
        return self._made(known.topic, known.url, known.headers, known.body, known.owner)

    def pause(self) -> None:
        """Keep everything back until `release`."""
        self.paused = True

    def release(self, order: str = "as_sent") -> None:
        """Send what was kept back: as_sent, reversed or shuffled."""
        if order not in _ORDERS:
            raise InvalidValue(f"an order of delivery is one of {', '.join(_ORDERS)}")
        kept = list(self._ready)
        if order == "reversed":
            kept.reverse()
        if order == "shuffled":
            self._random.shuffle(kept)
        self._ready, self.paused = deque(kept), False
        self._agenda.wake()

    def drop(self, owners: Iterable[int]) -> None:
        """Give up what is still to be sent for *owners*."""
        gone = set(owners)
        for delivery in self.all:
            if delivery.owner in gone and delivery.state == "waiting":
                delivery.state = "dropped"

    async def settle(self) -> None:
        """Run what has fallen due and send until nothing is left to be sent now."""
        async with self._turn:
            self._agenda.run_due()
            while self._ready and not self.paused:
                await self._attempt(self._ready.popleft())
                self._agenda.run_due()

    async def run(self) -> None:
        """Keep sending until canceled."""
        while True:
            self._woken.clear()
            await self.settle()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience()):
                    await self._woken.wait()

    def _patience(self) -> float | None:
        """Return how long to sleep at most; somebody else may move a shared clock meanwhile."""
        wait = self._agenda.wait()
        return None if wait is None else min(wait, _LONGEST_SLEEP_S)

    async def _attempt(self, delivery: Delivery) -> None:
        if delivery.state != "waiting":
            return
        attempt = await self._tried(delivery)
        delivery.attempts.append(attempt)
        if attempt.ok:
            delivery.state = "delivered"
        self._judge(delivery, attempt.ok)
        if delivery.state == "waiting":
            self._put_off(delivery)

    async def _tried(self, delivery: Delivery) -> Attempt:
        at = delivery.due.replace(microsecond=0)
        try:
            status = await self._send(delivery.url, delivery.body, delivery.headers, within_s=self._within_s)
        except OSError as e:
            return Attempt(at=at, problem=type(e).__name__)
        return Attempt(at=at, status=status)

    def _put_off(self, delivery: Delivery) -> None:
        tried = len(delivery.attempts)
        if tried > len(self._gaps):
            delivery.state = "failed"
            return
        delivery.due += self._gaps[tried - 1]
        self._agenda.at(delivery.due, lambda: self._ready.append(delivery))
