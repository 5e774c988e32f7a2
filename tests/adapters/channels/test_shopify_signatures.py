"""Who signed what: webhooks, redirects and session tokens against recorded and made-up vectors."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.channels.shopify_install import (
    authorize_url,
    is_signed_proxy_query,
    is_signed_query,
    read_redirect,
    verify_session,
)
from mockspark.adapters.channels.shopify_webhooks import ShopifyIntake, is_signed, signature
from mockspark.adapters.sandbox.shopify_oauth import signed_query
from mockspark.application.errors import NotAuthorized, Rejected
from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.domain.identity import ShopId
from tests.samples import SAMPLES, needs_samples

FOLDER: Final = SAMPLES / "shopify" / "hmac"
NOW: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET: Final = "a-client-secret-of-thirty-two-bytes"
INTAKE: Final = ShopifyIntake()
Vector = Mapping[str, Any]


def vectors(kind: str) -> list[Vector]:
    path = FOLDER / "vectors.json"
    known: list[Vector] = json.loads(path.read_text("utf-8"))["vectors"] if path.is_file() else []
    return [vector for vector in known if vector["kind"] == kind]


def named(vector: Vector) -> str:
    return str(vector["id"])


def secrets_of(vector: Vector) -> list[str]:
    return [vector["secret"], *([vector["old_secret"]] if "old_secret" in vector else [])]


def body_of(vector: Vector) -> bytes:
    if "body" in vector:
        return str(vector["body"]).encode()
    body: bytes = (FOLDER / vector["body_file"]).read_bytes()
    return body.rstrip() if "transform" in vector else body


def delivery(**changes: str | None) -> WebhookDelivery:
    body = b"{}"
    headers: dict[str, str | None] = {
        "x-shopify-topic": "orders/paid",
        "x-shopify-hmac-sha256": signature(body, SECRET).decode(),
        "x-shopify-shop-domain": "acme.myshopify.com",
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "x-shopify-triggered-at": "2026-11-20T11:59:59.123456789Z",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return WebhookDelivery(
        headers={name: value for name, value in headers.items() if value is not None},
        body=body,
        received_at=NOW,
    )


@needs_samples
@pytest.mark.parametrize("vector", vectors("webhook"), ids=named)
def test_webhook_vectors(vector: Vector) -> None:
    """The signature over the raw bytes is judged as Shopify and its libraries judge it."""
    assert vector["valid"] == is_signed(body_of(vector), vector["header"], secrets_of(vector))


@needs_samples
@pytest.mark.parametrize("vector", vectors("oauth_query"), ids=named)
def test_redirect_vectors(vector: Vector) -> None:
    """The signature of a redirect's query is judged as the official libraries judge it."""
    assert vector["valid"] == is_signed_query(vector["query"], secrets_of(vector))


@needs_samples
@pytest.mark.parametrize("vector", vectors("oauth_query_contested"), ids=named)
@pytest.mark.parametrize("library", ["python", "js"])
def test_contested_redirect_vectors(vector: Vector, library: str) -> None:
    """Where the official libraries spell a value differently, either signature counts, and no third one."""
    signed = f"{vector['query']}&hmac={vector[f'hmac_{library}']}"

    assert is_signed_query(signed, secrets_of(vector))
    assert not is_signed_query(signed.replace("world", "wor1d"), secrets_of(vector))


@needs_samples
@pytest.mark.parametrize("vector", vectors("app_proxy"), ids=named)
def test_app_proxy_vectors(vector: Vector) -> None:
    """What a storefront sends through the app proxy is judged as the official libraries judge it."""
    now = datetime.fromtimestamp(vector["now"], UTC)

    assert vector["valid"] == is_signed_proxy_query(vector["query"], secrets_of(vector), now=now)


@needs_samples
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("vector", vectors("session_token"), ids=named)
def test_session_token_vectors(vector: Vector) -> None:
    """A session token counts for its own app and shop, signed with HS256, for its minute and ten seconds."""
    now = datetime.fromtimestamp(vector["now"], UTC)
    if not vector["valid"]:
        with pytest.raises(NotAuthorized):
            verify_session(
                vector["token"], client_id=vector["client_id"], secrets=secrets_of(vector), now=now
            )
        return
    visitor = verify_session(
        vector["token"], client_id=vector["client_id"], secrets=secrets_of(vector), now=now
    )
    assert ("acme.myshopify.com", "42") == (visitor.shop_id, visitor.user)


@needs_samples
def test_every_vector_kind_is_there() -> None:
    """The 42 vectors that the tests above run over have not silently gone missing."""
    kinds = ("webhook", "oauth_query", "oauth_query_contested", "app_proxy", "session_token")
    assert [15, 8, 1, 10, 8] == [len(vectors(kind)) for kind in kinds]


def test_a_signed_delivery_tells_its_headers() -> None:
    """A good delivery names its shop, its topic and the id that its repetitions share."""
    signed = INTAKE.verify(delivery(), [SECRET])

    assert ShopId("acme.myshopify.com") == signed.shop_id
    assert "orders/paid" == signed.topic
    assert "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043" == signed.delivery_id
    assert datetime(2026, 11, 20, 11, 59, 59, 123456, tzinfo=UTC) == signed.triggered_at


def test_the_new_channel_spells_headers_without_prefix() -> None:
    """Headers without the `X-` are read the same way."""
    known = delivery()
    renamed = {name.removeprefix("x-"): value for name, value in known.headers.items()}

    told = INTAKE.verify(WebhookDelivery(headers=renamed, body=known.body, received_at=NOW), [SECRET])

    assert INTAKE.verify(known, [SECRET]) == told


def test_an_old_secret_counts_until_it_is_gone() -> None:
    """After a rotation the old secret goes on signing: every current secret is tried."""
    assert "orders/paid" == INTAKE.verify(delivery(), ["the-new-secret", SECRET]).topic
    with pytest.raises(NotAuthorized):
        INTAKE.verify(delivery(), ["the-new-secret"])


@pytest.mark.parametrize(
    "changes",
    [
        {"x_shopify_hmac_sha256": None},
        {"x_shopify_hmac_sha256": ""},
        {"x_shopify_hmac_sha256": "ünïcode\udcff"},
        {"x_shopify_hmac_sha256": signature(b"{}", "").decode()},
        {"shopify_hmac_sha256": "another"},
        {"shopify_shop_domain": "evil.myshopify.com"},
        {"x_shopify_shop_domain": "acme.myshopify.com.evil.example"},
        {"x_shopify_shop_domain": "acme.myshopify.com\n"},
        {"x_shopify_shop_domain": None},
    ],
)
def test_what_is_not_surely_from_the_shop_is_refused(changes: Mapping[str, str | None]) -> None:
    """A missing, odd, doubled or foreign header is a refusal, never another error."""
    with pytest.raises(NotAuthorized):
        INTAKE.verify(delivery(**changes), [SECRET, ""])


@pytest.mark.parametrize(
    "changes", [{"x_shopify_topic": None}, {"x_shopify_topic": "orders/paid, orders/paid"}]
)
def test_a_signed_delivery_without_topic_is_rejected(changes: Mapping[str, str | None]) -> None:
    """A signed delivery that does not say what it is cannot be read."""
    with pytest.raises(Rejected):
        INTAKE.verify(delivery(**changes), [SECRET])


def test_a_signed_delivery_without_id_is_rejected() -> None:
    """Without the id a repetition could not be told from news."""
    with pytest.raises(Rejected):
        INTAKE.verify(delivery(x_shopify_webhook_id=None, x_shopify_event_id=None), [SECRET])


@given(body=st.binary(max_size=200), place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_any_change_of_a_body_is_noticed(body: bytes, place: int, flip: int) -> None:
    """One changed byte, wherever it is, is a refusal."""
    claimed = signature(body, SECRET).decode()
    changed = bytearray(body or b"\0")
    changed[place % len(changed)] ^= flip

    assert is_signed(body, claimed, [SECRET])
    assert not is_signed(bytes(changed), claimed, [SECRET])


@given(body=st.binary(max_size=50), claimed=st.text(max_size=60))
def test_any_other_signature_is_refused(body: bytes, claimed: str) -> None:
    """No text but the right one passes, and none makes the comparison fail."""
    assert (signature(body, SECRET).decode() == claimed) == is_signed(body, claimed, [SECRET])


def redirect(**changes: str) -> str:
    values = {
        "code": "c0de",
        "host": "YWRtaW4",
        "shop": "acme.myshopify.com",
        "state": "nonce-1",
        "timestamp": str(int(NOW.timestamp()) - 5),
    }
    return signed_query(SECRET, values | changes)


def test_a_good_redirect_gives_shop_and_code() -> None:
    """The merchant who comes back from the consent page brings the code of the own shop."""
    back = read_redirect(redirect(), secrets=[SECRET], state="nonce-1", now=NOW)

    assert ("acme.myshopify.com", "c0de") == (back.shop_id, back.code)


@pytest.mark.parametrize(
    ("query", "state"),
    [
        (redirect(), "another"),
        (redirect(), ""),
        (redirect(state=""), ""),
        (redirect(shop="evil.example"), "nonce-1"),
        (redirect(timestamp=str(int(NOW.timestamp()) - 91)), "nonce-1"),
        (redirect(timestamp="²"), "nonce-1"),
        (redirect() + "&shop=evil.myshopify.com", "nonce-1"),
        (redirect().replace("c0de", "c0df"), "nonce-1"),
        (redirect().partition("&hmac")[0], "nonce-1"),
    ],
)
def test_a_bad_redirect_is_refused(query: str, state: str) -> None:
    """A redirect that we did not ask for, that is old, doubled or changed, installs nothing."""
    with pytest.raises(NotAuthorized):
        read_redirect(query, secrets=[SECRET], state=state, now=NOW)


def test_a_signed_redirect_that_names_two_shops_is_refused() -> None:
    """One thing said twice is refused even where the signature covers both."""
    at = int(NOW.timestamp())
    text = f"code=c&shop=acme.myshopify.com&shop=evil.myshopify.com&state=nonce-1&timestamp={at}"
    signed = f"{text}&hmac={hmac.new(SECRET.encode(), text.encode(), sha256).hexdigest()}"

    assert is_signed_query(signed, [SECRET])
    with pytest.raises(NotAuthorized, match="twice"):
        read_redirect(signed, secrets=[SECRET], state="nonce-1", now=NOW)


def proxied(*pairs: tuple[str, str], secret: str = SECRET) -> str:
    """Return a query of distinct names, signed as the app proxy signs it."""
    text = "".join(f"{name}={value}" for name, value in sorted(pairs))
    digest = hmac.new(secret.encode(), text.encode(), sha256).hexdigest()
    return urlencode([*pairs, ("signature", digest)])


@pytest.mark.parametrize(
    ("query", "valid"),
    [
        (proxied(("shop", "a.myshopify.com"), ("timestamp", str(int(NOW.timestamp())))), True),
        (proxied(("shop", "a.myshopify.com"), ("timestamp", str(int(NOW.timestamp()) - 91))), False),
        (proxied(("shop", "a.myshopify.com"), ("timestamp", str(int(NOW.timestamp()) + 91))), False),
        (proxied(("shop", "a.myshopify.com")), False),
        (proxied(("timestamp", str(int(NOW.timestamp())))) + "&signature=0", False),
        (proxied(("timestamp", str(int(NOW.timestamp()))), secret="another"), False),
    ],
)
def test_a_proxied_query_is_believed_for_ninety_seconds(query: str, valid: bool) -> None:  # noqa: FBT001
    """A storefront's query counts while it is new, signed once, and signed with a secret of ours."""
    assert valid == is_signed_proxy_query(query, [SECRET, ""], now=NOW)


def test_the_consent_page_is_the_shops_own() -> None:
    """The merchant is sent to the own shop's consent page with what we ask for."""
    url = authorize_url(
        ShopId("acme.myshopify.com"), client_id="id", redirect_uri="https://app.example/back", state="n"
    )

    assert url.startswith(
        "https://acme.myshopify.com/admin/oauth/authorize?client_id=id&scope=read_orders%2C"
    )
    with pytest.raises(NotAuthorized):
        authorize_url(ShopId("evil.example/x"), client_id="id", redirect_uri="https://app.example", state="n")


@pytest.mark.parametrize("token", ["", "a.b.c", "ünïcode", "e30.e30."])
def test_no_token_is_no_visitor(token: str) -> None:
    """What is no session token at all is a refusal like any other."""
    with pytest.raises(NotAuthorized):
        verify_session(token, client_id="id", secrets=[SECRET], now=NOW)


def test_an_unsigned_token_is_no_visitor() -> None:
    """A token that claims to need no signature is refused."""
    at = int(NOW.timestamp())
    claims = {
        "iss": "https://acme.myshopify.com/admin",
        "dest": "https://acme.myshopify.com",
        "aud": "id",
        "sub": "42",
        "nbf": at,
        "exp": at + 60,
    }
    good = jwt.encode(claims, SECRET, algorithm="HS256")
    bare = jwt.encode(claims, "", algorithm="none")

    assert "42" == verify_session(good, client_id="id", secrets=[SECRET], now=NOW).user
    with pytest.raises(NotAuthorized):
        verify_session(bare, client_id="id", secrets=[SECRET], now=NOW)
