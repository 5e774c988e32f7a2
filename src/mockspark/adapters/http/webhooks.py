"""Where shops and providers tell their news: verified, stored, answered; worked off later."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, SkipValidation

from mockspark.adapters.http.problems import problem
from mockspark.adapters.http.security import PUBLIC
from mockspark.application.errors import NotAuthorized, NotFound, Rejected
from mockspark.application.facade import MockSpark
from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.application.ports.system import Clock
from mockspark.domain.identity import ConnectionId

MOST_BYTES: Final = 2 * 1024 * 1024
_ANSWERS: Final = {"spreadconnect": (202, "[accepted]")}
"""What a sender insists on hearing; everybody else is content with an empty 200."""


@frozen(kw_only=True)
class FrontDoor:
    """What takes a delivery in; one dependency, because the framework starts a task for each of several."""

    spark: MockSpark
    clock: Clock

    async def delivery(self, request: Request[Any, Any, Any]) -> WebhookDelivery:
        """Return *request* as it arrived."""
        # A signed header that stands twice is nobody's: joined, it cannot match.
        headers: dict[str, str] = {}
        for name, value in request.headers.multi_items():
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
        return WebhookDelivery(headers=headers, body=await request.body(), received_at=self.clock())


Door = NamedDependency[SkipValidation[FrontDoor]]


@post(
    "/webhooks/{channel:str}",
    opt={PUBLIC: True},
    status_code=200,
    request_max_body_size=MOST_BYTES,
    tags=("Webhooks",),
    security=[{}],
    summary="News from a sales channel, signed over the raw body",
)
async def channel_news(
    channel: FromPath[str],
    request: Request[Any, Any, Any],
    front_door: Door,
) -> Response[Any]:
    """Answer 200 once the delivery is durable; 401 for one that is not believed, with nothing kept of it."""
    delivery = await front_door.delivery(request)
    try:
        await front_door.spark.accept_webhook(channel, delivery)
    except (NotAuthorized, NotFound):
        return Response(b"", status_code=401)
    except Rejected as refusal:
        return _malformed(refusal)
    return Response(b"", status_code=200)


@post(
    "/webhooks/{provider:str}/{connection:uuid}",
    opt={PUBLIC: True},
    status_code=200,
    request_max_body_size=MOST_BYTES,
    tags=("Webhooks",),
    security=[{}],
    summary="News from a fulfillment provider",
)
async def provider_news(
    provider: FromPath[str],
    connection: FromPath[UUID],
    request: Request[Any, Any, Any],
    front_door: Door,
    secret: FromQuery[str] = "",
) -> Response[Any]:
    """Answer once the delivery is durable; it is only a hint to look at the order again."""
    delivery = await front_door.delivery(request)
    try:
        await front_door.spark.accept_report(provider, ConnectionId(connection), delivery, secret=secret)
    except (NotAuthorized, NotFound):
        return Response(b"", status_code=401)
    except Rejected as refusal:
        return _malformed(refusal)
    status, words = _ANSWERS.get(provider, (200, ""))
    return Response(words.encode(), status_code=status, media_type="text/plain")


def _malformed(refusal: Rejected) -> Response[Any]:
    """Answer a delivery that is signed but not what its topic promises."""
    return problem(HTTPStatus.BAD_REQUEST, "malformed", str(refusal))
