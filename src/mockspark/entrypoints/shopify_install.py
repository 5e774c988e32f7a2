"""Taking a shop in by Shopify's own consent page: what is signed, swapped and connected."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from attrs import field, frozen

from mockspark.adapters.channels.shopify import PLUGIN, stand_in_headers
from mockspark.adapters.channels.shopify_install import authorize_url, read_redirect, shop_named
from mockspark.adapters.channels.shopify_tokens import Grants
from mockspark.adapters.http.shopify_install import CALLBACK, Begun, Installed
from mockspark.adapters.remote import Pool
from mockspark.application.errors import NotAuthorized
from mockspark.application.facade import MockSpark
from mockspark.application.ports.system import Clock
from mockspark.domain.identity import ShopId
from mockspark.domain.shop import Installation

LIFE: Final = timedelta(minutes=10)
"""How long a merchant may take to consent."""


@frozen(kw_only=True)
class ShopifyInstaller:
    """One app of Shopify's; *api_url* stands in for all of Shopify, *key* signs what a browser keeps for us."""

    spark: MockSpark
    pool: Pool
    clock: Clock
    client_id: str
    client_secret: str = field(repr=False)
    key: bytes = field(repr=False)
    public_url: str
    api_url: str = ""

    def begin(self, shop: str) -> Begun:
        """Return the consent page of *shop*; raises NotAuthorized for what is no shop of Shopify's."""
        known = shop_named(shop)
        state = secrets.token_urlsafe(32)
        url = authorize_url(
            known,
            client_id=self.client_id,
            redirect_uri=f"{self.public_url}{CALLBACK}",
            state=state,
            origin=self.api_url,
        )
        ends = str(int((self.clock() + LIFE).timestamp()))
        kept = f"{state}.{ends}.{self._seal(state, ends, known)}"
        return Begun(url=url, kept=kept, secure=self.public_url.startswith("https:"))

    async def finish(self, query: str, kept: str) -> Installed:
        """Take in the shop that a return's raw *query* speaks for, and have its news sent to us.

        Raises NotAuthorized unless Shopify signed it, just now, for what *kept* says was begun here.
        """
        state, _, rest = kept.partition(".")
        redirect = read_redirect(query, secrets=[self.client_secret], state=state, now=self.clock())
        self._ensure_begun_here(state, rest, redirect.shop_id)
        granted = await self._swapped(redirect.shop_id, redirect.code)
        await self.spark.connect_shop(
            redirect.shop_id, channel=PLUGIN.key, credentials=granted, api_url=self.api_url
        )
        store, *_ = await self.spark.check_accounts(redirect.shop_id)
        words = " ".join(filter(None, (store.words, store.warning)))
        return Installed(shop=redirect.shop_id, words=words)

    def _ensure_begun_here(self, state: str, rest: str, shop: ShopId) -> None:
        ends, _, seal = rest.partition(".")
        ours = hmac.compare_digest(self._seal(state, ends, shop).encode(), seal.encode())
        if not ours or self.clock().timestamp() > int(ends):
            raise NotAuthorized("the installation was not started here just now: start it again")

    async def _swapped(self, shop: ShopId, code: str) -> Mapping[str, str]:
        app = {"client_id": self.client_id, "client_secret": self.client_secret}
        access = Installation(shop_id=shop, credentials=app, api_url=self.api_url)
        remote = self.pool.remote(
            title=PLUGIN.title,
            base_url=self.api_url or PLUGIN.base_url(access),
            account=f"{PLUGIN.key}:{shop}",
            clock=self.clock,
        )
        grants = Grants(remote=remote, clock=self.clock, headers=stand_in_headers(access))
        return await grants.by_code(app, code)

    def _seal(self, state: str, ends: str, shop: ShopId) -> str:
        return hmac.new(self.key, f"{state}.{ends}.{shop}".encode(), hashlib.sha256).hexdigest()
