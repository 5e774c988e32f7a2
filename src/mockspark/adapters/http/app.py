"""The HTTP application: routes, who may enter, how errors sound."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from attrs import frozen
from litestar import Litestar, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import SkipValidation
from litestar.types import ExceptionHandlersMap

from mockspark.adapters.http.downloads import Downloads, OpenLink, signed_file
from mockspark.adapters.http.idempotency import Idempotency
from mockspark.adapters.http.importing import Imports
from mockspark.adapters.http.items import ImportLog, ItemActions, Items, provide_filter
from mockspark.adapters.http.problems import of_anything, of_http, of_mockspark
from mockspark.adapters.http.proofs import Designs, Proofs, Texts
from mockspark.adapters.http.reference import openapi_config
from mockspark.adapters.http.security import PUBLIC, Doorkeeper, caller, guard_answer, may
from mockspark.adapters.http.sending import Sending
from mockspark.adapters.http.setup import Assets, Fonts, Listings, ShopSettings
from mockspark.adapters.http.shopify_install import Installer, begin_install, finish_install
from mockspark.adapters.http.webhooks import FrontDoor, channel_news, provider_news
from mockspark.application.errors import Unavailable
from mockspark.application.facade import MockSpark
from mockspark.application.ports.blobs import BlobStore
from mockspark.application.ports.fulfillment import Providers
from mockspark.application.ports.storage import Store
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.domain.errors import MockSparkError

PREFIX: Final = "/api/v1"
MOST_BYTES: Final = 2 * 1024 * 1024

Ready = Callable[[], Awaitable[None]]
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@frozen(kw_only=True)
class Parts:
    """What the HTTP application is made of."""

    spark: MockSpark
    store: Store
    providers: Providers
    blobs: BlobStore
    open_link: OpenLink
    ready: Ready
    clock: Clock
    ids: IdGenerator
    installer: Installer | None = None


@frozen(kw_only=True)
class Health:
    """Whether the server lives, or is ready."""

    status: str


def create_app(parts: Parts, *, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    """Build the application; the caller opens and closes *parts*, or does so in *lifespan*."""
    api = Router(
        PREFIX,
        route_handlers=[
            Items,
            ItemActions,
            ImportLog,
            Sending,
            Downloads,
            Proofs,
            Designs,
            Imports,
            Texts,
            Listings,
            Assets,
            Fonts,
            ShopSettings,
        ],
        guards=[may],
        dependencies={"who": Provide(caller, sync_to_thread=False)},
    )
    return Litestar(
        route_handlers=[api, channel_news, provider_news, signed_file, _live, _ready, *_installing(parts)],
        middleware=[
            Doorkeeper(parts.spark.authenticate),
            Idempotency(parts.store, parts.clock),
        ],
        dependencies=_dependencies(parts),
        exception_handlers=_HANDLERS,
        openapi_config=openapi_config(),
        request_max_body_size=MOST_BYTES,
        before_send=[guard_answer],
        lifespan=list(lifespan),
        debug=False,
        logging_config=None,
    )


def _installing(parts: Parts) -> Sequence[HTTPRouteHandler]:
    """Return the ways in by a channel's consent page, where the installation has an app there."""
    return () if parts.installer is None else (begin_install, finish_install)


_HANDLERS: Final[ExceptionHandlersMap] = {
    MockSparkError: of_mockspark,
    HTTPException: of_http,
    Exception: of_anything,
}


def _dependencies(parts: Parts) -> Mapping[str, Provide]:
    given: dict[str, Any] = {
        "spark": parts.spark,
        "providers": parts.providers,
        "blobs": parts.blobs,
        "open_link": parts.open_link,
        "clock": parts.clock,
        "ready": parts.ready,
        "installer": parts.installer,
        "front_door": FrontDoor(spark=parts.spark, clock=parts.clock),
    }
    made = {name: Provide(_giving(value), sync_to_thread=False) for name, value in given.items()}
    new_id = Provide(parts.ids, sync_to_thread=False, use_cache=False)
    return {**made, "new_id": new_id, "item_filter": Provide(provide_filter)}


def _giving(value: Any) -> Callable[[], Any]:
    def give() -> Any:
        return value

    return give


@get("/health/live", opt={PUBLIC: True}, include_in_schema=False)
async def _live() -> Health:
    """Answer as long as the process can."""
    return Health(status="live")


@get("/health/ready", opt={PUBLIC: True}, include_in_schema=False)
async def _ready(ready: NamedDependency[SkipValidation[Ready]]) -> Response[Health]:
    """Answer 200 while the database answers, else 503."""
    try:
        await ready()
    except Unavailable:
        return Response(Health(status="the database does not answer"), status_code=503)
    return Response(Health(status="ready"))
