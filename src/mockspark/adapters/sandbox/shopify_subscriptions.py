"""Webhook subscriptions: made, refused, matched and trimmed."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import urlsplit

from mockspark.adapters.sandbox.shopify_search import Term, read_search
from mockspark.adapters.sandbox.shopify_shipping import BadId, Refused, World
from mockspark.adapters.sandbox.shopify_store import AppClient, Store, Subscription, gid, number_of

_RESOURCES: Final = (
    "app", "app_subscriptions", "bulk_operations", "shop", "orders", "refunds", "fulfillments", "fulfillment_events",
    "fulfillment_orders", "fulfillment_holds", "products", "customers",
)  # fmt: skip
_PROTECTED: Final = frozenset({"orders", "refunds", "fulfillments", "fulfillment_orders", "customers"})
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_REFUSED_FILTER: Final = (
    "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on."
)
_UNAPPROVED: Final = (
    "This app is not approved to subscribe to webhook topics containing protected customer data. "
    "See https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
)
_ADDRESS: Final = ("webhookSubscription", "callbackUrl")


def topic_of(word: str) -> str:
    """Return `orders/paid` for ORDERS_PAID."""
    lower = word.lower()
    resource = max((r for r in _RESOURCES if lower.startswith(f"{r}_")), key=len)
    return f"{resource}/{lower[len(resource) + 1 :]}"


def subscribe(world: World, store: Store, app: AppClient, word: str, raw: Mapping[str, Any]) -> Subscription:
    """Add a subscription; raises Refused with the store's words."""
    topic = topic_of(word)
    uri = raw.get("uri") or raw.get("callbackUrl") or ""
    if topic.partition("/")[0] in _PROTECTED and not store.protected_data:
        raise Refused(message=_UNAPPROVED, field=("topic",))
    _check(store, app, topic, uri, raw, own=None)
    made = Subscription(
        id=world.numbers(),
        topic=topic,
        uri=uri,
        created_at=world.now(),
        updated_at=world.now(),
        app_id=app.id,
    )
    _fill(made, raw)
    store.subscriptions[made.id] = made
    return made


def resubscribe(
    world: World, store: Store, app: AppClient, subscription_id: str, raw: Mapping[str, Any]
) -> Subscription:
    """Change a subscription."""
    known = _find(store, app, subscription_id)
    uri = raw.get("uri") or raw.get("callbackUrl") or known.uri
    _check(store, app, known.topic, uri, raw, own=known)
    known.uri, known.updated_at = uri, world.now()
    _fill(known, raw)
    return known


def unsubscribe(store: Store, app: AppClient, subscription_id: str) -> str:
    """Remove a subscription."""
    known = _find(store, app, subscription_id)
    del store.subscriptions[known.id]
    return gid("WebhookSubscription", known.id)


def _find(store: Store, app: AppClient, subscription_id: str) -> Subscription:
    number = number_of("WebhookSubscription", subscription_id)
    if number is None:
        raise BadId(f"Invalid id: {subscription_id}")
    known = store.subscriptions.get(number)
    if known is None or known.app_id != app.id or not known.by_api:
        raise Refused(message="Webhook subscription does not exist", field=("id",))
    return known


def _fill(made: Subscription, raw: Mapping[str, Any]) -> None:
    made.format = raw.get("format") or made.format
    made.filter = raw.get("filter", made.filter)
    made.include_fields = tuple(raw.get("includeFields") or made.include_fields)
    made.metafield_namespaces = tuple(raw.get("metafieldNamespaces") or made.metafield_namespaces)
    made.name = raw.get("name", made.name)


def _check(
    store: Store, app: AppClient, topic: str, uri: str, raw: Mapping[str, Any], *, own: Subscription | None
) -> None:
    _check_address(uri)
    others = [s for s in store.subscriptions.values() if s.app_id == app.id and s is not own and s.by_api]
    if any((s.topic, s.uri) == (topic, uri) for s in others):
        raise Refused(message="Address for this topic has already been taken", field=_ADDRESS)
    name = raw.get("name")
    if name is not None and not _NAME.fullmatch(name):
        raise Refused(
            message="Name name field can only contain alphanumeric characters, underscores, and hyphens",
            field=("webhookSubscription", "name"),
        )
    if name is not None and any(s.name == name for s in others):
        raise Refused(
            message="Name already exists, no duplicate allowed", field=("webhookSubscription", "name")
        )
    wish = raw.get("filter")
    if wish and any(not term.field for group in filter_terms(wish) for term in group):
        raise Refused(message=_REFUSED_FILTER, field=("webhookSubscription",))


def _check_address(uri: str) -> None:
    """Refuse what the real store refuses; plain http is let through to loopback, where tests listen."""
    if not uri:
        raise Refused(message="Address can't be blank", field=_ADDRESS)
    parts = urlsplit(uri)
    if not parts.scheme or not parts.netloc:
        raise Refused(message="Address is invalid", field=_ADDRESS)
    if on_loopback(uri):
        return
    if parts.scheme not in {"https", "pubsub"}:
        raise Refused(message=f"Address protocol {parts.scheme}:// is not supported", field=_ADDRESS)


def on_loopback(uri: str) -> bool:
    """Tell whether an address is plain http to this machine, which only the sandbox takes."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def filter_terms(wish: str) -> list[list[Term]]:
    """Read a delivery filter; every field name is taken, a wrong one just never matches."""
    names = frozenset(re.findall(r"([\w.]+):", wish))
    return read_search(wish, names).terms


def passes(subscription: Subscription, body: Mapping[str, Any]) -> bool:
    """Tell whether a body gets through the subscription's filter."""
    if not subscription.filter:
        return True
    groups = [group for group in filter_terms(subscription.filter) if group]
    return any(all(_holds(term, body) for term in group) for group in groups)


def _holds(term: Term, body: Mapping[str, Any]) -> bool:
    found = any(_equal(term, value) for value in _values(body, term.field.split(".")))
    return found is not term.negated


def _equal(term: Term, value: object) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if term.comparator:
        return _compares(term, text)
    return fnmatchcase(text, term.value) if "*" in term.value else text == term.value


def _compares(term: Term, text: str) -> bool:
    try:
        have, wanted = float(text), float(term.value)
    except ValueError:
        return False
    return {">": have > wanted, ">=": have >= wanted, "<": have < wanted, "<=": have <= wanted}[
        term.comparator
    ]


def _values(value: object, path: list[str]) -> Iterator[object]:
    if isinstance(value, list):
        for entry in value:
            yield from _values(entry, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, Mapping):
        yield from _values(value.get(path[0]), path[1:])


def trimmed(subscription: Subscription, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with only the fields that the subscription includes."""
    if not subscription.include_fields:
        return dict(body)
    roots = {name.partition(".")[0] for name in subscription.include_fields}
    return {name: value for name, value in body.items() if name in roots}
