"""Every operation of the API, read from its own description, with a request that makes sense."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
from attrs import evolve, field, frozen

from tests.world import World

DOCUMENT: Final = "/api/docs/openapi.json"
NOBODY: Final = "018f9a6e-0000-7000-8000-000000000000"
_ASKED: Final = {"format": "finished", "listing": "{listing}"}
"""What is asked for behind the question mark, by those who can ask."""


@frozen(kw_only=True)
class Operation:
    """One operation and what to send to it; without *scope* it asks for no token."""

    id: str
    method: str
    path: str
    scope: str
    body: Any = None
    content: bytes | None = None
    values: Mapping[str, str] = field(factory=dict)

    def about(self, **values: Any) -> "Operation":
        """Fill in ids: of the path, and wherever the body names one."""
        return evolve(
            self,
            values={**self.values, **{name: str(value) for name, value in values.items()}},
            body=_filled(self.body, values),
        )

    async def call(self, client: httpx.AsyncClient, headers: Mapping[str, str]) -> httpx.Response:
        """Make the call."""
        address = self.path
        for name, value in self.values.items():
            address = address.replace(f"{{{name}}}", value)
        return await client.request(
            self.method, address, json=self.body, content=self.content, headers=dict(headers)
        )


async def document(world: World) -> dict[str, Any]:
    """Return the API's description."""
    answer = await world.client.get(DOCUMENT, headers=await world.token())
    told: dict[str, Any] = answer.json()
    return told


async def operations(world: World) -> list[Operation]:
    """Return every operation that the description names."""
    return list(_operations(await document(world)))


def _operations(described: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in described["paths"].items():
        for method, told in item.items():
            names = [one["name"] for one in told.get("parameters", ()) if one["in"] == "path"]
            asked = [one["name"] for one in told.get("parameters", ()) if one["name"] in _ASKED]
            content = told.get("requestBody", {}).get("content", {})
            example = content.get("application/json", {}).get("example")
            yield Operation(
                id=told["operationId"],
                method=method.upper(),
                path=path + "?" * bool(asked) + "&".join(f"{name}={_ASKED[name]}" for name in asked),
                scope=next(iter(told["security"][0].get("token", ())), ""),
                body=example,
                content=b"match,key\n" if content and example is None else None,
                values=dict.fromkeys((*names, *asked), NOBODY),
            )


def _filled(body: Any, values: Mapping[str, Any]) -> Any:
    if not isinstance(body, dict):
        return body
    item, connection, listing = values.get("item"), values.get("connection"), values.get("listing")
    filled = dict(body)
    if "items" in filled and item is not None:
        filled["items"] = [str(item)]
        filled.pop("alone", None)
        filled.pop("versions", None)
    if "options" in filled and connection is not None:
        filled["options"] = {}
        filled["connections"] = {str(item): str(connection)}
    if "connection" in filled and connection is not None:
        filled["connection"] = str(connection)
    if filled.get("provider") and connection is not None:
        filled["connection"] = str(connection)
    if "design" in filled and "area" not in filled and listing is not None:
        filled["listing"] = str(listing)
    return filled
