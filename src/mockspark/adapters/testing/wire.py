"""The far end of the wire: answers as a scenario says, fails as an outage says, remembers what was asked."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx
from attrs import Factory, define

from mockspark.adapters.testing.scenarios import Outage, Scenario

Script = Callable[[httpx.Request, Scenario], httpx.Response]

BUSY_FOR_S: Final = 7
READS: Final = frozenset({"GET", "HEAD"})
UNHEARD_OF: Final = "mockspark_never_seen"


@define(kw_only=True)
class Wire:
    """Plays *scenario*; *outage* strikes the request number *strikes* (from 1), or every one.

    *swollen* adds a field to every object of every JSON answer.
    """

    script: Script
    scenario: Scenario
    outage: Outage | None = None
    strikes: int | None = None
    swollen: bool = False
    asked: list[httpx.Request] = Factory(list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer *request*."""
        self.asked.append(request)
        if self.outage is not None and self.strikes in {None, len(self.asked)}:
            return _strike(self.outage, request)
        response = self.script(request, self.scenario)
        return _swell(response) if self.swollen else response

    @property
    def writes(self) -> Sequence[httpx.Request]:
        """Return the requests that may have changed something."""
        return [request for request in self.asked if request.method not in READS]

    @property
    def last_write(self) -> int:
        """Return the number of the last request that may have changed something."""
        return max(n for n, request in enumerate(self.asked, 1) if request.method not in READS)


def said(request: httpx.Request) -> tuple[str, str, bytes]:
    """Return what makes two requests the same."""
    return request.method, str(request.url), request.content


def _strike(outage: Outage, request: httpx.Request) -> httpx.Response:
    match outage:
        case Outage.UNREACHABLE:
            raise httpx.ConnectError("nobody listens", request=request)
        case Outage.SILENT:
            raise httpx.ReadTimeout("no answer", request=request)
        case Outage.BROKEN:
            return httpx.Response(500, json={})
        case Outage.BUSY:
            return httpx.Response(429, json={}, headers={"Retry-After": str(BUSY_FOR_S)})
        case Outage.LOCKED_OUT:
            return httpx.Response(401, json={})
        case Outage.NONSENSE:
            return httpx.Response(200, text="<html>Everything is fine</html>")


def _swell(response: httpx.Response) -> httpx.Response:
    try:
        told = json.loads(response.content)
    except ValueError:
        return response
    return httpx.Response(response.status_code, json=_swollen(told))


def _swollen(told: Any) -> Any:
    match told:
        case dict():
            return {**{name: _swollen(value) for name, value in told.items()}, UNHEARD_OF: {"x": [1]}}
        case list():
            return [_swollen(value) for value in told]
        case _:
            return told
