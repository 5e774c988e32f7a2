"""The bench that a fulfillment provider is tested on: a far end that plays scenarios, and one order."""

import traceback
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import UUID

import httpx
import pytest
from attrs import frozen

from mockspark.adapters.plugins import ProviderPlugin
from mockspark.adapters.remote import Pool
from mockspark.adapters.testing.scenarios import Outage, Scenario
from mockspark.adapters.testing.wire import Wire
from mockspark.application.errors import PortError
from mockspark.application.forms import answers, read_form
from mockspark.application.ports.fulfillment import FulfillmentProvider, WebhookDelivery
from mockspark.domain.catalog import ProviderVariant
from mockspark.domain.contact import Address
from mockspark.domain.identity import ExternalRef, OrderId, OrderItemId, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.submission import (
    FileLink,
    ProviderOrder,
    ProviderReport,
    SubmissionLine,
    SubmissionRequest,
)

C = TypeVar("C")

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SINCE: Final = NOW - timedelta(hours=1)
HOOK_URL: Final = "https://mockspark.test/hooks/kit"
STRANGER: Final = SubmissionId(UUID(int=0xBAD))


@frozen(kw_only=True)
class Opened:
    """A provider with the far end of its wire."""

    provider: FulfillmentProvider
    wire: Wire


class ProviderBench:
    """One provider, opened with the kit at the far end of its wire.

    *settings* fill in the account's form. *keys* name a blank as the provider does, *options* fill in the
    send dialog. *signed* is False for a provider whose webhooks carry no signature.
    """

    pytestmark = pytest.mark.anyio

    plugin: ClassVar[ProviderPlugin[Any]]
    settings: ClassVar[Mapping[str, object]] = {}
    keys: ClassVar[Mapping[str, str]] = {"variant_id": "MUG-11"}
    options: ClassVar[Mapping[str, object]] = {}
    hook_secret: ClassVar[str] = "kit-hook-s3cret"  # noqa: S105 - a test's own
    hook_body: ClassVar[bytes] = b""
    signed: ClassVar[bool] = True

    # What a subclass says

    def remote(self, request: httpx.Request, scenario: Scenario) -> httpx.Response:
        """Answer as the provider's API would; an offline provider has none."""
        raise AssertionError(f"{self.plugin.title} asked {request.url} and has no answer for {scenario}")

    def sign(self, body: bytes) -> Mapping[str, str]:
        """Return the headers, in lower case, with which the provider sends *body*."""
        raise AssertionError(f"{self.plugin.title} receives reports: say how it signs {len(body)} bytes")

    # What the kit offers

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Run on asyncio."""
        return "asyncio"

    @property
    def order(self) -> SubmissionRequest:
        """Return the request that every scenario speaks of: two lines, three pieces."""
        return SubmissionRequest(
            id=SubmissionId(UUID("018f0000-0000-7000-8000-00000000aaaa")),
            ship_to=Address(
                name="Ada Byron", line1="12 Main Street", city="Springfield", region="IL",
                postal_code="62704", country="US", phone="+1 217 555 0100",
            ),
            email="ada@example.com",
            lines=(self._line(0xA1, quantity=1), self._line(0xA2, quantity=2)),
            options=answers(read_form(self.plugin.options, self.options)),
        )  # fmt: skip

    @asynccontextmanager
    async def opened(
        self,
        scenario: Scenario = Scenario.ACCEPTS,
        *,
        outage: Outage | None = None,
        strikes: int | None = None,
        swollen: bool = False,
        hook_secret: str | None = None,
    ) -> AsyncGenerator[Opened]:
        """Open the account with the kit at the far end of the wire."""
        wire = Wire(script=self.remote, scenario=scenario, outage=outage, strikes=strikes, swollen=swollen)
        pool = Pool.open(httpx.MockTransport(wire))
        secret = self.hook_secret if hook_secret is None else hook_secret
        try:
            provider = self.plugin.open(pool, self.settings, hook_secret=secret, clock=lambda: NOW)
            yield Opened(provider=provider, wire=wire)
        finally:
            await pool.aclose()

    def _line(self, number: int, *, quantity: int) -> SubmissionLine:
        return SubmissionLine(
            item_id=OrderItemId(UUID(int=number)),
            order_id=OrderId(UUID(int=0x0D)),
            order_name=f"#{1000 + number}",
            title="Mug",
            sku="MUG-11",
            quantity=quantity,
            variant=ProviderVariant(keys=dict(self.keys), title="Mug 11 oz"),
            files=(
                FileLink(
                    area="front",
                    url=f"https://files.test/{number:064x}.png",
                    sha256=f"{number:064x}",
                    width_px=2475,
                    height_px=1155,
                ),
            ),
            price=Money(minor=1990, currency="USD"),
        )

    def _delivery(self, body: bytes | None = None) -> WebhookDelivery:
        told = self.hook_body if body is None else body
        return WebhookDelivery(headers=self.sign(told), body=told, received_at=NOW)

    def _skip_offline(self, why: str) -> None:
        if self.plugin.offline:
            pytest.skip(f"{self.plugin.title} {why}")

    def _secrets(self) -> list[tuple[str, str]]:
        named = [(field.name, str(self.settings.get(field.name, ""))) for field in self._secret_fields()]
        return [(name, secret) for name, secret in (*named, ("hook_secret", self.hook_secret)) if secret]

    def _secret_fields(self) -> list[Any]:
        return [field for field in self.plugin.facts.settings_form.fields if field.secret]

    async def _placed(self) -> list[ProviderOrder]:
        async with self.opened() as at:
            return list(await at.provider.submit(self.order))

    async def _placing(self) -> int:
        async with self.opened() as at:
            await at.provider.submit(self.order)
            return at.wire.last_write

    async def _ref(self) -> ExternalRef:
        return (await self._placed())[0].ref

    async def _report(self, scenario: Scenario) -> ProviderReport:
        ref = await self._ref()
        async with self.opened(scenario) as at:
            return await at.provider.fetch(ref)

    async def _everything(self, *, swollen: bool) -> tuple[list[ProviderOrder], list[ProviderOrder], object]:
        ref = await self._ref()
        async with self.opened(swollen=swollen) as at:
            return (
                list(await at.provider.submit(self.order)),
                list(await at.provider.find(self.order.id, since=SINCE)),
                await at.provider.fetch(ref),
            )

    async def _talk(self, at: Opened) -> str:
        """Return everything that an account shows of itself and of its failures."""
        try:
            orders = await at.provider.submit(self.order)
        except PortError as failure:
            return repr(at.provider) + "".join(traceback.format_exception(failure)) + causes(failure)
        return repr(at.provider) + repr(orders)


def able(provider: FulfillmentProvider, ability: Callable[..., C]) -> C:
    """Return *provider* as one that has *ability*, or skip the test by its name."""
    # A protocol cannot be named as type[C]: it is abstract.
    declared = cast("type[C]", ability)
    if not isinstance(provider, declared):
        pytest.skip(f"{type(provider).__name__} does not declare {declared.__name__}")
    return provider


def causes(failure: BaseException | None) -> str:
    """Return everything that *failure* and what led to it show of themselves."""
    return repr(failure) + causes(failure.__cause__ or failure.__context__) if failure is not None else ""
