"""The reference of the design document, written from its schema."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mockspark.domain.design_schema import AREA, LAYERS, PARTS, schema
from mockspark.entrypoints.cli.tables import table

_KINDS: Final[Mapping[str, str]] = {
    "integer": "number",
    "string": "text",
    "boolean": "yes or no",
    "array": "list",
    "object": "object",
}


def document_schema() -> str:
    """Return the JSON Schema for docs/reference."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def page() -> str:
    """Return the page that says the same to people."""
    parts = {"document": schema(), "area": AREA, **LAYERS, **PARTS}
    return (
        "# The design document\n\n"
        "What is printed is one JSON document of whole numbers: lengths in micrometres (µm), turns in millidegrees "
        "clockwise, shares in per mille (‰).\n"
        "Its canonical form has sorted keys, no blanks and UTF-8; the SHA-256 of those bytes is the design's id.\n"
        "Members that are not named here are kept as they are.\n\n"
        "The same in a form for programs: [design-document.schema.json](design-document.schema.json) "
        "(JSON Schema 2020-12).\n"
        "Layers lie over one another in their order. A layer is first drawn in its box, then masked, given its shadow, "
        "faded, and blended with what lies below.\n\n"
        "```json\n"
        '{"schema": 1, "areas": {"front": {"w": 200000, "h": 85000}},\n'
        ' "layers": [{"type": "text", "area": "front", "text": "Zoë", "x": 10000, "y": 20000, "w": 90000, "h": 30000,\n'
        '             "fill": "#1c3f66", "rot": -4000}]}\n'
        "```\n\n" + "\n".join(_part(name, part) for name, part in parts.items())
    )


def _part(name: str, part: Mapping[str, Any]) -> str:
    required = part.get("required", [])
    common = (
        LAYERS["image"]["properties"].keys()
        & LAYERS["text"]["properties"].keys()
        & LAYERS["group"]["properties"].keys()
    )
    shown = part["properties"].items()
    own = [
        (key, about)
        for key, about in shown
        if name in {"image", *PARTS, "document", "area"} or key not in common
    ]
    rows = [
        (f"`{key}`", _kind(about), _usual(key, about, required), about.get("description", ""))
        for key, about in own
    ]
    more = (
        ""
        if len(own) == len(part["properties"])
        else "\nBesides these, all members of every layer: see `image`.\n"
    )
    return f"## {name}\n\n{part['description']}\n\n{table(('member', 'is', 'default', 'means'), rows)}{more}"


def _kind(about: Mapping[str, Any]) -> str:
    if "$ref" in about:
        return f"[{about['$ref'].rsplit('/', 1)[1]}](#{about['$ref'].rsplit('/', 1)[1]})"
    if "anyOf" in about:
        return " or ".join(_kind(one) for one in about["anyOf"])
    if "enum" in about:
        return ", ".join(f"`{choice}`" for choice in about["enum"] if choice)
    if "const" in about:
        return f"`{about['const']}`"
    if str(about.get("pattern", "")).startswith("^(#"):
        return "colour `#rrggbb`"
    return _KINDS.get(about.get("type", ""), "anything")


def _usual(key: str, about: Mapping[str, Any], required: Sequence[str]) -> str:
    if key in required:
        return "required"
    usual = about.get("default")
    return "" if usual in ("", None) else f"`{json.dumps(usual)}`"
