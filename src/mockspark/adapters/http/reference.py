"""The API's own description, and a viewer that asks no other server for anything."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.params import FromPath
from litestar.routes import HTTPRoute

import mockspark
from mockspark.adapters.http.examples import EXAMPLES
from mockspark.adapters.http.problems import MEDIA_TYPE
from mockspark.adapters.http.security import ALSO_BASIC, NEEDS

PATH: Final = "/api/docs"
# The viewer sets styles by script; everything that it loads comes from here.
_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ASSETS: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_DESCRIPTION: Final = (
    "Order-Items of personalized products, from the paid order to the parcel. Every call needs a token of one shop "
    "(`mockspark tokens create`) as `Authorization: Bearer ...`; the shop comes from the token alone. "
    "Errors are RFC 9457 problems with a stable `code`. Lists page by cursor: give `next` as `after`. "
    "A POST with an `Idempotency-Key` is done once, however often it is sent. Items carry an `ETag`; "
    "send it as `If-Match`, or item versions in `versions`, and nobody's change is overwritten unseen."
)
_PAGE: Final = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MockSpark API</title>
<link rel="icon" href="{PATH}/assets/favicon-32x32.png">
<link rel="stylesheet" href="{PATH}/assets/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="{PATH}/assets/swagger-ui-bundle.js"></script>
<script src="{PATH}/assets/start.js"></script>
</body>
</html>
"""
_START: Final = f"""SwaggerUIBundle({{
  url: location.origin + "{PATH}/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
}});
"""
_PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Programs look at `code`; `detail` is for people.",
    "required": ["type", "code", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:mockspark:problem:conflict"]},
        "code": {"type": "string", "examples": ["conflict"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reference": {"type": "string", "description": "Of a defect: what to tell support."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
_ERROR: Final[Mapping[str, Any]] = {
    "description": "A problem; the reference of the API lists every code with its status.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_FILES: Final = {
    "uploadAsset": "application/octet-stream",
    "importListings": "text/csv",
    "channelNews": "application/json",
    "providerNews": "application/json",
}
"""Bodies that are taken as they come."""
_TAGS: Final = (
    ("Items", "The list and the page of one item."),
    ("Actions", "Acts on many items: one result per item."),
    ("Sending", "To the platforms, in as few parcels as possible."),
    ("Exports", "CSV and production files."),
    ("Proofs", "What would be printed, seen before it is."),
    ("Import log", "What was left out of orders, and why."),
    ("Listings", "Which product is printed on which blank."),
    ("Assets", "Pictures for designs."),
    ("Designs", "Designs of other programs, taken in."),
    ("Shop", "Rules, accounts, tokens."),
    ("Webhooks", "News from shops and providers."),
)


class _Description(JsonRenderPlugin):
    """The document, with what the framework cannot know of it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the completed document as JSON."""
        return self.render_json(request, completed(openapi_schema, _needs(request.app)))


def openapi_config() -> OpenAPIConfig:
    """Describe the API at `/api/docs/openapi.json`, with a viewer at `/api/docs` where the extra `apidocs` is there."""
    return OpenAPIConfig(
        title="MockSpark",
        version=mockspark.__version__,
        description=_DESCRIPTION,
        operation_id_creator=_operation_id,
        security=[{"token": []}],
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="A shop's token.")
            }
        ),
        tags=[Tag(name=name, description=words) for name, words in _TAGS],
        render_plugins=[_Description(path=_description_paths())],
        openapi_router=Router(
            PATH,
            route_handlers=[_asset] if _folder() is None else [_page, _asset],
            opt={ALSO_BASIC: True},
            response_headers={"Content-Security-Policy": _POLICY},
            include_in_schema=False,
        ),
    )


def completed(document: Mapping[str, Any], needs: Mapping[str, str]) -> dict[str, Any]:
    """Return *document* with the scope that each call *needs*, the problem that any may answer, and examples."""
    components = document["components"]
    schemas = {**components["schemas"], "Problem": _PROBLEM}
    responses = {"Problem": _ERROR}
    return {
        **document,
        "components": {**components, "schemas": schemas, "responses": responses},
        "paths": {path: dict(_operations(item, needs)) for path, item in document["paths"].items()},
    }


def _operations(item: Mapping[str, Any], needs: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for method, operation in item.items():
        # The framework documents its own form of a refusal, which no caller of ours ever sees.
        answers = {code: answer for code, answer in operation["responses"].items() if code[0] == "2"}
        answers["default"] = {"$ref": "#/components/responses/Problem"}
        right = needs.get(operation["operationId"])
        allowed = {"security": [{"token": [right]}]} if right else {}
        yield method, {**operation, "responses": answers, **allowed, **_body(operation)}


def _body(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    name = operation["operationId"]
    if name in _FILES:
        return {"requestBody": {"required": True, "content": {_FILES[name]: {}}}}
    if name not in EXAMPLES:
        return {}
    body = operation["requestBody"]
    content = {media: {**told, "example": EXAMPLES[name]} for media, told in body["content"].items()}
    return {"requestBody": {**body, "content": content}}


def _needs(app: Litestar) -> Mapping[str, str]:
    handlers = (
        handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler, _ in route.route_handler_map.values()
    )
    return {_name(handler): handler.opt[NEEDS] for handler in handlers if NEEDS in handler.opt}


def _operation_id(handler: HTTPRouteHandler, method: str, path: Sequence[Any]) -> str:
    del method, path  # one function, one operation
    return _name(handler)


def _name(handler: HTTPRouteHandler) -> str:
    return re.sub("_(.)", lambda found: found[1].upper(), handler.handler_name)


def _description_paths() -> list[str]:
    return ["/", "/openapi.json"] if _folder() is None else ["/openapi.json"]


def _folder() -> Path | None:
    found = find_spec("swagger_ui")
    return Path(found.origin).parent / "static" if found and found.origin else None


@get("/", media_type=MediaType.HTML)
async def _page() -> str:
    return _PAGE


@get("/assets/{name:str}")
async def _asset(name: FromPath[str]) -> Response[bytes]:
    folder = _folder()
    if name == "start.js":
        return Response(_START.encode(), media_type="text/javascript")
    if folder is None or name not in _ASSETS:
        raise NotFoundException
    return Response((folder / name).read_bytes(), media_type=_ASSETS[name])
