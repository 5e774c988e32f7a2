"""The API's own description, and a viewer that asks no other server for anything."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.params import FromPath

import mockspark
from mockspark.adapters.http.security import ALSO_BASIC

PATH: Final = "/api/docs"
# The page starts its script inline; everything that it loads comes from here.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_ASSETS: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-standalone-preset.js": "text/javascript",
}
_DESCRIPTION: Final = (
    "Order-Items of personalized products, from the paid order to the parcel. Every call needs a token of one shop "
    "(`mockspark tokens create`) as `Authorization: Bearer ...`; the shop comes from the token alone. "
    "Errors are RFC 9457 problems with a stable `code`. Lists page by cursor: give `next` as `after`. "
    "A POST with an `Idempotency-Key` is done once, however often it is sent. Items carry an `ETag`; "
    "send it as `If-Match`, or item versions in `versions`, and nobody's change is overwritten unseen."
)


def openapi_config() -> OpenAPIConfig:
    """Describe the API at `/api/docs/openapi.json`, with a viewer at `/api/docs` where the extra `apidocs` is there."""
    return OpenAPIConfig(
        title="MockSpark",
        version=mockspark.__version__,
        description=_DESCRIPTION,
        create_examples=True,
        random_seed=7,
        security=[{"token": []}],
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="A shop's token.")
            }
        ),
        tags=[Tag(name=name, description=words) for name, words in _TAGS],
        render_plugins=_plugins(),
        openapi_router=Router(
            PATH,
            route_handlers=[_asset],
            opt={ALSO_BASIC: True},
            response_headers={"Content-Security-Policy": _POLICY},
            include_in_schema=False,
        ),
    )


_TAGS: Final = (
    ("Items", "The list and the page of one item."),
    ("Actions", "Acts on many items: one result per item."),
    ("Sending", "To the platforms, in as few parcels as possible."),
    ("Exports", "CSV and production files."),
    ("Import log", "What was left out of orders, and why."),
    ("Listings", "Which product is printed on which blank."),
    ("Assets", "Pictures for designs."),
    ("Shop", "Rules, accounts, tokens."),
    ("Webhooks", "News from shops and providers."),
)


def _plugins() -> Sequence[OpenAPIRenderPlugin]:
    plain = JsonRenderPlugin(path="/openapi.json")
    if _folder() is None:
        return [JsonRenderPlugin(path=["/", "/openapi.json"])]
    viewer = SwaggerRenderPlugin(
        path="/",
        js_url=f"{PATH}/assets/swagger-ui-bundle.js",
        css_url=f"{PATH}/assets/swagger-ui.css",
        standalone_preset_js_url=f"{PATH}/assets/swagger-ui-standalone-preset.js",
        favicon="",
    )
    return [viewer, plain]


def _folder() -> Path | None:
    found = find_spec("swagger_ui")
    return Path(found.origin).parent / "static" if found and found.origin else None


@get("/assets/{name:str}", include_in_schema=False)
async def _asset(name: FromPath[str]) -> Response[bytes]:
    folder = _folder()
    if folder is None or name not in _ASSETS:
        raise NotFoundException
    return Response((folder / name).read_bytes(), media_type=_ASSETS[name])
