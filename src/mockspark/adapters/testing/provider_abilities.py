"""What a fulfillment provider promises with each ability that it declares."""

import pytest
from attrs import evolve

from mockspark.adapters.testing.provider_bench import HOOK_URL, ProviderBench, able
from mockspark.adapters.testing.scenarios import Outage, Scenario
from mockspark.application.errors import NotAuthorized, Rejected, Unavailable
from mockspark.application.forms import read_form
from mockspark.application.ports.fulfillment import (
    AsksMore,
    Cancels,
    ChecksAccount,
    ChecksStock,
    Confirms,
    ListsCatalog,
    Prepares,
    Quotes,
    ReceivesReports,
    SubscribesReports,
    WebhookDelivery,
)


class EveryAbility(ProviderBench):
    """The promises of the optional abilities; one that is not declared is skipped by name."""

    async def test_preparing_twice_makes_nothing_twice(self) -> None:
        """What the stored notes remember is not made again, and the order can be placed with them."""
        async with self.opened() as at:
            preparing = able(at.provider, Prepares)
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
            await able(at.provider, Confirms).confirm(ref)

            assert at.wire.writes

    async def test_confirming_twice_prints_once(self) -> None:
        """An order that is on the press already is confirmed without a word."""
        ref = await self._ref()
        async with self.opened(Scenario.PRINTS) as at:
            await able(at.provider, Confirms).confirm(ref)

    async def test_a_waiting_order_can_be_canceled(self) -> None:
        """Before production a cancellation is granted, and afterwards it still is."""
        ref = await self._ref()
        for scenario in (Scenario.ACCEPTS, Scenario.CANCELED):
            async with self.opened(scenario) as at:
                answer = await able(at.provider, Cancels).cancel(ref)

            assert answer.cancelled

    async def test_a_cancellation_that_comes_too_late_is_refused_in_words(self) -> None:
        """On the press nothing is canceled, and the provider's words tell why."""
        self._skip_offline("stands beside the printer")
        ref = await self._ref()
        async with self.opened(Scenario.PRINTS) as at:
            answer = await able(at.provider, Cancels).cancel(ref)

        assert not answer.cancelled
        assert answer.words

    async def test_a_quote_has_prices(self) -> None:
        """A quote names at least one way to ship, and no negative price."""
        async with self.opened() as at:
            quote = await able(at.provider, Quotes).quote(self.order)

        prices = [*quote.shipping.values(), *([quote.items] if quote.items else [])]
        assert quote.shipping
        assert all(price.minor >= 0 for price in prices)

    async def test_asking_for_a_price_orders_nothing(self) -> None:
        """A quote that fails is no riddle: it can simply be asked again."""
        self._skip_offline("asks nobody")
        for outage in (Outage.SILENT, Outage.BROKEN):
            async with self.opened(outage=outage) as at:
                with pytest.raises(Unavailable):
                    await able(at.provider, Quotes).quote(self.order)

    async def test_a_narrowed_dialog_still_fits(self) -> None:
        """The dialog for a parcel asks what the provider asks, and its defaults are answers."""
        async with self.opened() as at:
            form = await able(at.provider, AsksMore).form(self.order)

        known = {field.name for field in self.plugin.facts.options_form.fields}
        assert form.fields
        assert {field.name for field in form.fields} <= known
        read_form(self.plugin.options, {f.name: f.default for f in form.fields if f.default is not None})

    async def test_stock_is_told_for_each_variant(self) -> None:
        """Answers come in the order of the questions; what the provider does not know is not available."""
        async with self.opened() as at:
            here = await able(at.provider, ChecksStock).available([self.keys, self.keys])
            nothing = await able(at.provider, ChecksStock).available([])
        async with self.opened(Scenario.KNOWS_NOTHING) as at:
            gone = await able(at.provider, ChecksStock).available([self.keys])

        assert (list(here), list(nothing), list(gone)) == ([True, True], [], [False])

    async def test_the_catalogue_names_its_blanks(self) -> None:
        """Every blank has a title and the keys that a listing needs; a search narrows."""
        async with self.opened() as at:
            catalogue = able(at.provider, ListsCatalog)
            blanks = [blank async for blank in catalogue.catalog()]
            none = [blank async for blank in catalogue.catalog("zzz no such blank zzz")]

        assert blanks
        assert all(blank.title and set(blank.keys) <= set(self.keys) for blank in blanks)
        assert none == []

    async def test_an_account_introduces_itself(self) -> None:
        """Checking says something about the account when it works."""
        async with self.opened() as at:
            assert (await able(at.provider, ChecksAccount).check()).strip()

    async def test_an_account_that_is_locked_out_says_so(self) -> None:
        """Checking refused credentials raises NotAuthorized."""
        self._skip_offline("has no credentials")
        async with self.opened(outage=Outage.LOCKED_OUT) as at:
            with pytest.raises(NotAuthorized):
                await able(at.provider, ChecksAccount).check()

    async def test_a_genuine_report_is_a_hint(self) -> None:
        """A signed delivery tells its id and which orders to look at, each time the same."""
        async with self.opened() as at:
            reading = able(at.provider, ReceivesReports)
            hints = [reading.read_webhook(self._delivery()) for _ in range(2)]

            assert hints[0] == hints[1]
            assert hints[0].delivery_id
            assert {self.plugin.key} == {ref.system for ref in hints[0].refs}
            assert not at.wire.asked

    async def test_a_forged_report_is_refused(self) -> None:
        """A changed body, a missing signature, another account's secret and no secret at all are refused."""
        async with self.opened() as at:
            reading = able(at.provider, ReceivesReports)
            if not self.signed:
                pytest.skip(f"{self.plugin.title} does not sign its reports")
            genuine = self._delivery()
            _refused(reading, evolve(genuine, body=genuine.body + b" "))
            _refused(reading, evolve(genuine, headers={}))
        for other in ("another secret", ""):
            async with self.opened(hook_secret=other) as at:
                _refused(able(at.provider, ReceivesReports), self._delivery())

    async def test_a_signed_report_that_makes_no_sense_is_rejected(self) -> None:
        """Whoever signs nonsense is told so, and nothing crashes."""
        async with self.opened() as at:
            reading = able(at.provider, ReceivesReports)
            for body in (b"", b"nonsense", b"[]", b'{"id": 1}', b"\xff"):
                with pytest.raises(Rejected) as refusal:
                    reading.read_webhook(self._delivery(body))
                assert not isinstance(refusal.value, NotAuthorized)

    async def test_reports_are_ordered_at_our_address(self) -> None:
        """Subscribing tells the provider where its reports shall go."""
        async with self.opened() as at:
            await able(at.provider, SubscribesReports).subscribe(HOOK_URL, self.hook_secret)

            assert any(HOOK_URL in request.content.decode() for request in at.wire.writes)

    async def test_subscribing_again_changes_nothing(self) -> None:
        """Where reports come already, no second subscription is made."""
        async with self.opened(Scenario.SUBSCRIBED) as at:
            await able(at.provider, SubscribesReports).subscribe(HOOK_URL, self.hook_secret)

            assert "POST" not in {request.method for request in at.wire.asked}


def _refused(reading: ReceivesReports, delivery: WebhookDelivery) -> None:
    with pytest.raises(NotAuthorized):
        reading.read_webhook(delivery)
