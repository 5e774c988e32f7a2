"""Shopify's ids: a number in webhooks, `gid://shopify/Order/1` in GraphQL, an `ExternalRef` with us."""

import re
from typing import Final

from mockspark.application.errors import Rejected
from mockspark.domain.identity import ExternalRef

SYSTEM: Final = "shopify"

Number = int | float | str | None
"""An id as bodies spell it: mostly a whole number beyond 2^53, sometimes text, in rounded copies a float."""

_GID: Final = re.compile(r"gid://shopify/(\w+)/([^?]+)(\?.*)?")
_DIGITS: Final = re.compile(r"[0-9]{1,32}")


def reference(number: Number) -> ExternalRef | None:
    """Return our name for an id of a webhook body; None for a missing one or zero."""
    text = str(int(number)) if isinstance(number, float) and number.is_integer() else str(number or "")
    text = text.strip()
    return ExternalRef(SYSTEM, text) if _DIGITS.fullmatch(text) and text != "0" else None


def required(number: Number, what: str) -> ExternalRef:
    """Return our name for an id that must be there; raises Rejected."""
    ref = reference(number)
    if ref is None:
        raise Rejected(f"the message has no usable id of {what}")
    return ref


def gid(kind: str, ref: ExternalRef) -> str:
    """Return the name by which GraphQL knows *ref*, which may be such a name already."""
    return ref.id if ref.id.startswith("gid://") else f"gid://shopify/{kind}/{ref.id}"


def parsed(name: str) -> tuple[str, ExternalRef]:
    """Return the kind and our name of a GraphQL id; raises Rejected for what is none."""
    match = _GID.fullmatch(name)
    if match is None:
        raise Rejected(f"{name!r} is no id of the store")
    return match[1], ExternalRef(SYSTEM, match[2])


def short(name: str) -> ExternalRef:
    """Return our name for a GraphQL id."""
    return parsed(name)[1]
