"""The conformance kit for fulfillment providers: subclass it, say how the API answers, run pytest.

    class TestAcme(FulfillmentProviderConformance):
        plugin = PLUGIN
        settings = {"token": "s3cret-token"}

        def remote(self, request, scenario):
            ...

Every test stands for one promise of the port. Abilities that the provider does not have are skipped by name.
"""

import logging
import traceback
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import UUID

import httpx
import pytest
from attrs import evolve, frozen

from mockspark.adapters.plugins import ProviderPlugin
from mockspark.adapters.remote import Pool
from mockspark.adapters.testing.scenarios import Outage, Scenario
from mockspark.adapters.testing.wire import BUSY_FOR_S, Wire, said
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, PortError, Rejected, Unavailable
from mockspark.application.forms import answers, read_form
from mockspark.application.ports.fulfillment import (
    AsksMore,
    Cancels,
    ChecksAccount,
    ChecksStock,
    Confirms,
    FulfillmentProvider,
    ListsCatalog,
    Prepares,
    Quotes,
    ReceivesReports,
    SubscribesReports,
    WebhookDelivery,
)
from mockspark.domain.catalog import ProviderVariant
from mockspark.domain.contact import Address
from mockspark.domain.identity import ExternalRef, OrderId, OrderItemId, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.submission import (
    FileLink,
    ProviderOrder,
    ProviderReport,
    Stage,
    SubmissionLine,
    SubmissionRequest,
)

C = TypeVar("C")

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SINCE: Final = NOW - timedelta(hours=1)
HOOK_URL: Final = "https://mockspark.test/hooks/kit"
STRANGER: Final = SubmissionId(UUID(int=0xBAD))

_AFTER_A_WRITE: Final = [
    (Outage.UNREACHABLE, Unavailable),
    (Outage.SILENT, OutcomeUnknown),
    (Outage.BROKEN, OutcomeUnknown),
    (Outage.BUSY, Unavailable),
    (Outage.LOCKED_OUT, NotAuthorized),
    (Outage.NONSENSE, OutcomeUnknown),
]
_AFTER_A_READ: Final = [
    (outage, NotAuthorized if outage is Outage.LOCKED_OUT else Unavailable) for outage in Outage
]


@frozen(kw_only=True)
class Opened:
    """A provider with the far end of its wire."""

    provider: FulfillmentProvider
    wire: Wire


class FulfillmentProviderConformance:
    """What every fulfillment provider promises.

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

    # What is true of every provider

    async def test_an_accepted_submission_names_its_orders(self) -> None:
        """Accepting means telling under which ids the provider keeps it, each once and in its own name."""
        async with self.opened() as at:
            orders = await at.provider.submit(self.order)

        refs = [order.ref for order in orders]
        assert refs
        assert len(set(refs)) == len(refs)
        assert {self.plugin.key} == {ref.system for ref in refs}

    async def test_the_order_carries_our_names(self) -> None:
        """Our id for the order and for every line travel along, so that both can be recognised later."""
        self._skip_offline("asks nobody")
        async with self.opened() as at:
            await at.provider.submit(self.order)
            asked = "".join(f"{request.url}{request.content.decode()}" for request in at.wire.writes)
            sent = asked.replace("-", "")

        assert self.order.external_id in sent
        assert all(line.key in sent for line in self.order.lines)

    async def test_the_same_submission_is_asked_in_the_same_words(self) -> None:
        """A repetition after a crash sends the same bytes, so that the provider can see that it is one."""
        self._skip_offline("asks nobody")
        last: list[tuple[str, str, bytes]] = []
        for _ in range(2):
            async with self.opened() as at:
                await at.provider.submit(self.order)
                last.append(said(at.wire.writes[-1]))

        assert last[0] == last[1]

    async def test_an_order_that_exists_is_adopted(self) -> None:
        """When the provider has the order already, submitting it again returns that order."""
        async with self.opened() as at:
            first = await at.provider.submit(self.order)
        async with self.opened(Scenario.KNOWS_IT_ALREADY) as at:
            second = await at.provider.submit(self.order)

        assert [order.ref for order in first] == [order.ref for order in second]

    async def test_a_refusal_is_final_and_says_why(self) -> None:
        """A refused order raises Rejected with words for a person, and is not tried again at once."""
        self._skip_offline("refuses nothing")
        async with self.opened(Scenario.REFUSES) as at:
            with pytest.raises(Rejected) as refusal:
                await at.provider.submit(self.order)

        assert not isinstance(refusal.value, NotAuthorized)
        assert str(refusal.value).strip()
        assert len({said(request) for request in at.wire.writes}) == len(at.wire.writes)

    @pytest.mark.parametrize(("outage", "expected"), _AFTER_A_WRITE)
    async def test_a_failed_submission_says_what_may_be_done_next(
        self, outage: Outage, expected: type[PortError]
    ) -> None:
        """Placing an order fails as Unavailable only when nothing can have happened."""
        self._skip_offline("asks nobody")
        placing = await self._placing()
        async with self.opened(outage=outage, strikes=placing) as at:
            with pytest.raises(PortError) as failure:
                await at.provider.submit(self.order)

        assert expected is type(failure.value)
        assert placing == at.wire.last_write
        if outage is Outage.BUSY:
            assert timedelta(seconds=BUSY_FOR_S) == getattr(failure.value, "retry_after", None)

    @pytest.mark.parametrize(("outage", "expected"), _AFTER_A_READ)
    async def test_a_failed_look_changes_nothing(self, outage: Outage, expected: type[PortError]) -> None:
        """Finding and fetching can be repeated, and never pass a failure off as an empty result."""
        self._skip_offline("asks nobody")
        async with self.opened(outage=outage) as at:
            with pytest.raises(PortError) as finding:
                await at.provider.find(self.order.id, since=SINCE)
            with pytest.raises(PortError) as fetching:
                await at.provider.fetch(await self._ref())

        assert (expected, expected) == (type(finding.value), type(fetching.value))

    async def test_a_placed_order_is_found_by_our_id(self) -> None:
        """After a lost answer the look-up returns what the submission led to."""
        placed = await self._placed()
        async with self.opened() as at:
            found = await at.provider.find(self.order.id, since=SINCE)

        assert {order.ref for order in placed} == {order.ref for order in found}

    async def test_an_unknown_id_is_not_found(self) -> None:
        """What never arrived is not found, and nobody else's order is taken for it."""
        self._skip_offline("loses nothing, so it finds everything")
        async with self.opened(Scenario.KNOWS_NOTHING) as at:
            missing = await at.provider.find(self.order.id, since=SINCE)
        async with self.opened() as at:
            strange = await at.provider.find(STRANGER, since=SINCE)

        assert (list(missing), list(strange)) == ([], [])

    async def test_a_report_speaks_of_the_order_and_its_lines(self) -> None:
        """A report names the order that was asked for and calls its lines by our names, told twice the same."""
        ref = await self._ref()
        async with self.opened() as at:
            reports = [await at.provider.fetch(ref) for _ in range(2)]

        report = reports[0]
        assert report == reports[1]
        assert ref == report.ref
        assert report.stage in {Stage.DRAFT, Stage.ACCEPTED}
        assert {line.key for line in report.lines} <= {line.key for line in self.order.lines}

    async def test_progress_is_told_in_our_words(self) -> None:
        """On the press, shipped and canceled are told apart, with the provider's own word beside them."""
        self._skip_offline("tells nothing of progress")
        expected = {
            Scenario.PRINTS: Stage.IN_PRODUCTION,
            Scenario.SHIPS: Stage.DONE,
            Scenario.CANCELED: Stage.CANCELED,
        }
        reports = {scenario: await self._report(scenario) for scenario in expected}

        assert expected == {scenario: report.stage for scenario, report in reports.items()}
        assert all(report.raw for report in reports.values())

    async def test_lines_follow_their_order(self) -> None:
        """Lines that the provider reports are as far as the order when all of it is."""
        self._skip_offline("tells nothing of progress")
        shipped = await self._report(Scenario.SHIPS)
        canceled = await self._report(Scenario.CANCELED)

        assert {line.stage for line in shipped.lines} <= {Stage.DONE}
        assert {line.stage for line in canceled.lines} <= {Stage.CANCELED}

    async def test_a_shipped_order_tells_its_parcels(self) -> None:
        """A parcel has a number, and what it says of its content fits the order."""
        self._skip_offline("tells nothing of parcels")
        report = await self._report(Scenario.SHIPS)
        ordered = {line.key: line.quantity for line in self.order.lines}

        assert report.parcels
        assert all(parcel.number for parcel in report.parcels)
        told = [content for parcel in report.parcels for content in parcel.lines]
        assert all(0 < quantity <= ordered.get(key, 0) for key, quantity in told)

    async def test_an_order_that_waits_for_a_person_says_so(self) -> None:
        """A stuck order is no progress and no end: it names the reason that tells a person what to do."""
        self._skip_offline("gets stuck nowhere but at your desk")
        report = await self._report(Scenario.STUCK)

        assert report.stage in {Stage.STUCK, Stage.FAILED}
        assert report.hold is not None

    async def test_a_new_word_is_kept_and_does_no_harm(self) -> None:
        """Vocabularies grow: an unheard status is passed on as UNKNOWN with the raw word."""
        self._skip_offline("says nothing new")
        report = await self._report(Scenario.SAYS_SOMETHING_NEW)

        assert Stage.UNKNOWN is report.stage
        assert report.raw

    async def test_an_order_that_is_gone_is_refused(self) -> None:
        """Asking for an order that the provider does not know is Rejected, not a crash."""
        self._skip_offline("forgets nothing")
        async with self.opened(Scenario.KNOWS_NOTHING) as at:
            with pytest.raises(Rejected):
                await at.provider.fetch(ExternalRef(self.plugin.key, "never-heard-of"))

    async def test_unknown_fields_are_ignored(self) -> None:
        """Fields that the provider adds later change nothing."""
        self._skip_offline("reads nothing")
        plain, swollen = [await self._everything(swollen=more) for more in (False, True)]

        assert plain == swollen

    async def test_secrets_stay_in_headers(self, caplog: pytest.LogCaptureFixture) -> None:
        """No secret shows in a repr, an address, an error, its causes or the log."""
        caplog.set_level(logging.DEBUG)
        told: list[str] = []
        for outage in (None, *Outage):
            async with self.opened(outage=outage) as at:
                told.append(await self._talk(at))
                told.extend(str(request.url) for request in at.wire.asked)

        shown = "\n".join((repr(self.plugin), *told, caplog.text))
        assert not [name for name, secret in self._secrets() if secret in shown]

    def test_dialogs_describe_themselves(self) -> None:
        """Every question has a title, no secret has a default, and the defaults are answers."""
        facts = self.plugin.facts
        fields = (*facts.settings_form.fields, *facts.options_form.fields)

        assert facts.title
        assert facts.max_lines > 0
        assert all(field.title for field in fields)
        assert not [field.name for field in fields if field.secret and field.default]
        defaults = {field.name: field.default for field in facts.options_form.fields if not field.required}
        read_form(self.plugin.options, {**defaults, **self.options})

    def test_settings_survive_being_stored(self) -> None:
        """Settings are stored as text and read again as what they were."""
        kind = self.plugin.settings
        once = read_form(kind, self.settings)
        stored = {name: str(value) for name, value in answers(once).items()}

        assert once == read_form(kind, stored)

    # What is true of those who have the ability

    async def test_preparing_twice_makes_nothing_twice(self) -> None:
        """What the stored notes remember is not made again, and the order can be placed with them."""
        async with self.opened() as at:
            preparing = _able(at.provider, Prepares)
            notes = await preparing.prepare(self.order)
            made = len(at.wire.writes)
            prepared = evolve(self.order, notes=notes)
            again = await preparing.prepare(prepared)

            assert made == len(at.wire.writes)
            assert {**notes, **again} == dict(notes)
            assert await at.provider.submit(prepared)

    async def test_a_draft_is_confirmed(self) -> None:
        """Confirming asks the provider to print."""
        ref = await self._ref()
        async with self.opened() as at:
            await _able(at.provider, Confirms).confirm(ref)

            assert at.wire.writes

    async def test_confirming_twice_prints_once(self) -> None:
        """An order that is on the press already is confirmed without a word."""
        ref = await self._ref()
        async with self.opened(Scenario.PRINTS) as at:
            await _able(at.provider, Confirms).confirm(ref)

    async def test_a_waiting_order_can_be_canceled(self) -> None:
        """Before production a cancellation is granted, and afterwards it still is."""
        ref = await self._ref()
        for scenario in (Scenario.ACCEPTS, Scenario.CANCELED):
            async with self.opened(scenario) as at:
                answer = await _able(at.provider, Cancels).cancel(ref)

            assert answer.cancelled

    async def test_a_cancellation_that_comes_too_late_is_refused_in_words(self) -> None:
        """On the press nothing is canceled, and the provider's words tell why."""
        self._skip_offline("stands beside the printer")
        ref = await self._ref()
        async with self.opened(Scenario.PRINTS) as at:
            answer = await _able(at.provider, Cancels).cancel(ref)

        assert not answer.cancelled
        assert answer.words

    async def test_a_quote_has_prices(self) -> None:
        """A quote names at least one way to ship, and no negative price."""
        async with self.opened() as at:
            quote = await _able(at.provider, Quotes).quote(self.order)

        prices = [*quote.shipping.values(), *([quote.items] if quote.items else [])]
        assert quote.shipping
        assert all(price.minor >= 0 for price in prices)

    async def test_asking_for_a_price_orders_nothing(self) -> None:
        """A quote that fails is no riddle: it can simply be asked again."""
        self._skip_offline("asks nobody")
        for outage in (Outage.SILENT, Outage.BROKEN):
            async with self.opened(outage=outage) as at:
                with pytest.raises(Unavailable):
                    await _able(at.provider, Quotes).quote(self.order)

    async def test_a_narrowed_dialog_still_fits(self) -> None:
        """The dialog for a parcel asks what the provider asks, and its defaults are answers."""
        async with self.opened() as at:
            form = await _able(at.provider, AsksMore).form(self.order)

        known = {field.name for field in self.plugin.facts.options_form.fields}
        assert form.fields
        assert {field.name for field in form.fields} <= known
        read_form(self.plugin.options, {f.name: f.default for f in form.fields if f.default is not None})

    async def test_stock_is_told_for_each_variant(self) -> None:
        """Answers come in the order of the questions; what the provider does not know is not available."""
        async with self.opened() as at:
            here = await _able(at.provider, ChecksStock).available([self.keys, self.keys])
            nothing = await _able(at.provider, ChecksStock).available([])
        async with self.opened(Scenario.KNOWS_NOTHING) as at:
            gone = await _able(at.provider, ChecksStock).available([self.keys])

        assert (list(here), list(nothing), list(gone)) == ([True, True], [], [False])

    async def test_the_catalogue_names_its_blanks(self) -> None:
        """Every blank has a title and the keys that a listing needs; a search narrows."""
        async with self.opened() as at:
            catalogue = _able(at.provider, ListsCatalog)
            blanks = [blank async for blank in catalogue.catalog()]
            none = [blank async for blank in catalogue.catalog("zzz no such blank zzz")]

        assert blanks
        assert all(blank.title and set(blank.keys) <= set(self.keys) for blank in blanks)
        assert none == []

    async def test_an_account_introduces_itself(self) -> None:
        """Checking says something about the account when it works."""
        async with self.opened() as at:
            assert (await _able(at.provider, ChecksAccount).check()).strip()

    async def test_an_account_that_is_locked_out_says_so(self) -> None:
        """Checking refused credentials raises NotAuthorized."""
        self._skip_offline("has no credentials")
        async with self.opened(outage=Outage.LOCKED_OUT) as at:
            with pytest.raises(NotAuthorized):
                await _able(at.provider, ChecksAccount).check()

    async def test_a_genuine_report_is_a_hint(self) -> None:
        """A signed delivery tells its id and which orders to look at, each time the same."""
        async with self.opened() as at:
            reading = _able(at.provider, ReceivesReports)
            hints = [reading.read_webhook(self._delivery()) for _ in range(2)]

            assert hints[0] == hints[1]
            assert hints[0].delivery_id
            assert {self.plugin.key} == {ref.system for ref in hints[0].refs}
            assert not at.wire.asked

    async def test_a_forged_report_is_refused(self) -> None:
        """A changed body, a missing signature, another account's secret and no secret at all are refused."""
        async with self.opened() as at:
            reading = _able(at.provider, ReceivesReports)
            if not self.signed:
                pytest.skip(f"{self.plugin.title} does not sign its reports")
            genuine = self._delivery()
            _refused(reading, evolve(genuine, body=genuine.body + b" "))
            _refused(reading, evolve(genuine, headers={}))
        for other in ("another secret", ""):
            async with self.opened(hook_secret=other) as at:
                _refused(_able(at.provider, ReceivesReports), self._delivery())

    async def test_a_signed_report_that_makes_no_sense_is_rejected(self) -> None:
        """Whoever signs nonsense is told so, and nothing crashes."""
        async with self.opened() as at:
            reading = _able(at.provider, ReceivesReports)
            for body in (b"", b"nonsense", b"[]", b'{"id": 1}', b"\xff"):
                with pytest.raises(Rejected) as refusal:
                    reading.read_webhook(self._delivery(body))
                assert not isinstance(refusal.value, NotAuthorized)

    async def test_reports_are_ordered_at_our_address(self) -> None:
        """Subscribing tells the provider where its reports shall go."""
        async with self.opened() as at:
            await _able(at.provider, SubscribesReports).subscribe(HOOK_URL, self.hook_secret)

            assert any(HOOK_URL in request.content.decode() for request in at.wire.writes)

    async def test_subscribing_again_changes_nothing(self) -> None:
        """Where reports come already, no second subscription is made."""
        async with self.opened(Scenario.SUBSCRIBED) as at:
            await _able(at.provider, SubscribesReports).subscribe(HOOK_URL, self.hook_secret)

            assert "POST" not in {request.method for request in at.wire.asked}

    # How the kit does it

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
            return repr(at.provider) + "".join(traceback.format_exception(failure)) + _causes(failure)
        return repr(at.provider) + repr(orders)


def _causes(failure: BaseException | None) -> str:
    return repr(failure) + _causes(failure.__cause__ or failure.__context__) if failure is not None else ""


def _able(provider: FulfillmentProvider, ability: Callable[..., C]) -> C:
    # A protocol cannot be named as type[C]: it is abstract.
    declared = cast("type[C]", ability)
    if not isinstance(provider, declared):
        pytest.skip(f"{type(provider).__name__} does not declare {declared.__name__}")
    return provider


def _refused(reading: ReceivesReports, delivery: WebhookDelivery) -> None:
    with pytest.raises(NotAuthorized):
        reading.read_webhook(delivery)
