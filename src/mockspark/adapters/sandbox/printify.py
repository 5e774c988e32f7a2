"""A faithful local Printify for many merchants on one server: catalogue, uploads, products, orders, webhooks.

Everything happens in memory, by one clock, with ids that depend on a seed. `printify_app.create_app` serves it.
"""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import attrs
from attrs import evolve

from mockspark.adapters.sandbox import printify_door, printify_progress
from mockspark.adapters.sandbox.agenda import Agenda
from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.adapters.sandbox.deliveries import Deliveries, Delivery, Send
from mockspark.adapters.sandbox.posting import post
from mockspark.adapters.sandbox.printify_catalogue import Json
from mockspark.adapters.sandbox.printify_door import Answered, Asked
from mockspark.adapters.sandbox.printify_faults import Fault, Faults
from mockspark.adapters.sandbox.printify_orders import view
from mockspark.adapters.sandbox.printify_state import (
    SCOPES,
    Account,
    Order,
    Pace,
    Settings,
    Shop,
    Token,
    World,
    all_sold_out,
    find_blank,
    stamp,
)
from mockspark.adapters.sandbox.printify_webhooks import judge
from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue

_FIRST_ACCOUNT: Final = 1337
_FIRST_SHOP: Final = 5432
_KEPT_REQUESTS: Final = 10_000
_FIXED: Final = frozenset({"webhook_retries_s", "webhook_patience_s"})
DISCONNECTED: Final = "disconnected"
"""The sales channel of a shop that was made for the API."""


class PrintifySandbox:
    """Merchants, shops and orders behind one clock and one seed: equal seeds and equal calls give equal answers."""

    def __init__(
        self,
        *,
        seed: int = 1,
        clock: SandboxClock | None = None,
        settings: Settings | None = None,
        send: Send = post,
    ) -> None:
        self._first_settings = settings or Settings()
        self.agenda = Agenda(clock or SandboxClock())
        self.faults = Faults()
        self.requests: deque[Json] = deque(maxlen=_KEPT_REQUESTS)
        self._deliveries = Deliveries(
            self.agenda,
            gaps=[timedelta(seconds=s) for s in self._first_settings.webhook_retries_s],
            within_s=self._first_settings.webhook_patience_s,
            judge=self._judge,
            send=send,
        )
        self.world = self._new_world(seed)

    def _new_world(self, seed: int) -> World:
        self.agenda.clear()
        self._deliveries.clear(seed)
        return World(
            agenda=self.agenda,
            seed=seed,
            settings=self._first_settings,
            deliveries=self._deliveries,
            sold_out=all_sold_out(),
        )

    def _judge(self, delivery: Delivery, ok: bool) -> None:  # noqa: FBT001 - the port's signature
        judge(self.world, delivery, ok=ok)

    # -- merchants -----------------------------------------------------------------------------------------

    def open_account(
        self,
        title: str = "Pinewood Prints",
        *,
        token: str | None = None,
        scopes: frozenset[str] = SCOPES,
        shops: Sequence[str] | None = None,
        sales_channel: str = DISCONNECTED,
    ) -> Account:
        """Make a merchant with a token and at least one shop; *token* fixes the credential's text."""
        account = Account(id=self.world.number("account", _FIRST_ACCOUNT), title=title)
        self.world.accounts[account.id] = account
        self.add_token(account, token=token, scopes=scopes)
        for name in shops or (title,):
            self.add_shop(account, name, sales_channel=sales_channel)
        return account

    def add_token(
        self,
        account: Account,
        *,
        token: str | None = None,
        scopes: frozenset[str] = SCOPES,
        lives_s: float | None = None,
    ) -> Token:
        """Give the merchant one more token, which may run out after a while."""
        if not scopes <= SCOPES:
            raise InvalidValue(f"no such scopes: {', '.join(sorted(scopes - SCOPES))}")
        expires = None if lives_s is None else self.world.now() + timedelta(seconds=lives_s)
        made = Token(value=token or f"pfy_{self.world.id('token')}", scopes=scopes, expires_at=expires)
        account.tokens[made.value] = made
        return made

    def add_shop(self, account: Account, title: str, *, sales_channel: str = DISCONNECTED) -> Shop:
        """Give the merchant one more shop; it approves orders by hand until it is told otherwise."""
        number = self.world.number("shop", _FIRST_SHOP)
        shop = Shop(id=number, title=title, sales_channel=sales_channel, account_id=account.id)
        account.shops[number] = shop
        return shop

    def approve_after(self, shop_id: int, hours: float | None) -> None:
        """Let a shop send orders to production by itself after so many hours; None means by hand."""
        self.shop(shop_id).approval = None if hours is None else timedelta(hours=hours)

    def shop(self, shop_id: int) -> Shop:
        """Return a shop; raises NotFound."""
        for account in self.world.accounts.values():
            if shop_id in account.shops:
                return account.shops[shop_id]
        raise NotFound("Printify shop", shop_id)

    # -- answering -----------------------------------------------------------------------------------------

    async def answer(self, asked: Asked) -> Answered:
        """Answer one request, without any fault."""
        self.agenda.run_due()
        return await printify_door.answer(self.world, asked)

    def note(self, asked: Asked, status: int | None, fault: str = "") -> None:
        """Keep a request for inspection, without credentials; no status means that it was not carried out."""
        self.requests.append(
            {
                "at": stamp(self.agenda.now()),
                "method": asked.method,
                "path": asked.path,
                "query": dict(asked.query),
                "user_agent": asked.headers.get("user-agent", ""),
                "body": asked.body.decode("utf-8", "replace"),
                "status": status,
                "fault": fault,
            }
        )

    # -- orders --------------------------------------------------------------------------------------------

    def find(self, order_id: str) -> tuple[Shop, Order]:
        """Return an order with its shop; raises NotFound."""
        for account in self.world.accounts.values():
            for shop in account.shops.values():
                if order_id in shop.orders:
                    return shop, shop.orders[order_id]
        raise NotFound("Printify order", order_id)

    def orders(self) -> list[Json]:
        """Return every order of every shop as the API would show it, oldest first."""
        return [
            view(shop, order)
            for account in self.world.accounts.values()
            for shop in account.shops.values()
            for order in shop.orders.values()
        ]

    def advance_order(self, order_id: str, to: str, *, lines: Sequence[int] | None = None) -> Json:
        """Bring an order to a status now and return it; *lines* limits it to some, counted from 0."""
        shop, order = self.find(order_id)
        if any(not 0 <= n < len(order.lines) for n in lines or ()):
            raise InvalidValue("the order has no such line")
        printify_progress.advance(self.world, shop, order, to, lines=lines)
        return view(shop, order)

    def tick(self, order_id: str | None = None) -> int:
        """Let one order, or every order, make its next natural move now; return how many moved."""
        known = [self.find(order_id)] if order_id else [self.find(o["id"]) for o in self.orders()]
        return sum(printify_progress.step(self.world, shop, order) for shop, order in known)

    def trouble(self, key: str | int, status: str | None) -> None:
        """Let orders with this SKU or variant run into *status*; None ends the trouble."""
        if status is None:
            self.world.troubles.pop(str(key), None)
        else:
            self.world.troubles[str(key)] = status

    def stock(self, blueprint: int, print_provider: int, variant: int, *, available: bool) -> None:
        """Put a blank in stock, or sell it out."""
        if find_blank(blueprint, print_provider, variant) is None:
            raise NotFound("Printify variant", f"{blueprint}/{print_provider}/{variant}")
        change = self.world.sold_out.discard if available else self.world.sold_out.add
        change((blueprint, print_provider, variant))

    # -- time, faults, webhooks ----------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Move the clock on, never back; each thing that falls due sees its own moment."""
        if seconds < 0:
            raise InvalidValue("a clock is moved ahead only")
        self.agenda.advance(seconds)

    def fail(self, kind: str, **more: Any) -> Fault:
        """Let the next calls that match fail."""
        fault = Fault(kind=kind, **more)
        self.faults.waiting.append(fault)
        return fault

    def set(self, **changes: Any) -> Settings:
        """Change settings; raises InvalidValue for one that does not exist or holds from the start."""
        known = {each.name for each in attrs.fields(Settings)} - _FIXED
        if not set(changes) <= known:
            raise InvalidValue(f"there is no setting {', '.join(sorted(set(changes) - known))}")
        if isinstance(changes.get("pace"), dict):
            changes["pace"] = evolve(self.world.settings.pace, **changes["pace"])
        self.world.settings = evolve(self.world.settings, **changes)
        return self.world.settings

    @property
    def pace(self) -> Pace:
        """Return how fast orders move."""
        return self.world.settings.pace

    async def settle(self) -> None:
        """Return when everything that is due was done and sent."""
        await self._deliveries.settle()

    async def run(self) -> None:
        """Keep doing and sending what falls due, over every reset, until canceled."""
        await self._deliveries.run()

    def reset(self, seed: int | None = None) -> None:
        """Forget all that happened; merchants keep their tokens and empty shops."""
        old = self.world
        self.world = self._new_world(old.seed if seed is None else seed)
        self.faults.waiting.clear()
        self.requests.clear()
        for known in old.accounts.values():
            self._reopen(known)

    def _reopen(self, known: Account) -> None:
        made = Account(
            id=self.world.number("account", _FIRST_ACCOUNT), title=known.title, tokens=known.tokens
        )
        self.world.accounts[made.id] = made
        for shop in known.shops.values():
            again = self.add_shop(made, shop.title, sales_channel=shop.sales_channel)
            again.approval = shop.approval
