"""What every fulfillment provider promises, whatever it is able to do."""

import logging
from datetime import timedelta
from typing import Final

import pytest

from mockspark.adapters.testing.provider_bench import SINCE, STRANGER, ProviderBench
from mockspark.adapters.testing.scenarios import Outage, Scenario
from mockspark.adapters.testing.wire import BUSY_FOR_S, said
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, PortError, Rejected, Unavailable
from mockspark.application.forms import answers, read_form
from mockspark.domain.identity import ExternalRef
from mockspark.domain.submission import Stage

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


class EveryProvider(ProviderBench):
    """The promises of `submit`, `find` and `fetch`, and of what a plug-in says of itself."""

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
