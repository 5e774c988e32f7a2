"""The kit passes a provider that keeps every promise, and fails one that breaks a single one."""

import inspect
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

import pytest
from attrs import evolve, frozen

from mockspark.adapters.testing.fulfillment import FulfillmentProviderConformance
from mockspark.adapters.testing.scenarios import Outage
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, PortError, Rejected, Unavailable
from mockspark.application.forms import FieldKind as Kind
from mockspark.application.forms import Form, FormField, form_of, option
from mockspark.application.ports.fulfillment import (
    CancelAnswer,
    Hint,
    ProviderProduct,
    Quote,
    WebhookDelivery,
)
from mockspark.domain.identity import ExternalRef, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.submission import Parcel, ProviderOrder, ProviderReport, Stage, SubmissionRequest
from tests.adapters.testing.workshop import PLUGIN, Workshop, WorkshopKit, orders, taken


class TestWorkshop(WorkshopKit):
    """A provider with every ability, and no test is skipped."""


class NamesNothing(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        await super().submit(request)
        return []


class NamesItTwice(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        return [*await super().submit(request), *await super().submit(request)]


class SpeaksForAnother(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        return [ProviderOrder(ref=ExternalRef("acme", o.ref.id)) for o in await super().submit(request)]


class LeavesOurNameOut(Workshop):
    def body(self, request: SubmissionRequest, notes: Mapping[str, str]) -> dict[str, Any]:
        return {**super().body(request, notes), "name": "an order"}


class LeavesLinesNameless(Workshop):
    async def make(self, key: str) -> str:
        return await super().make("something")

    def body(self, request: SubmissionRequest, notes: Mapping[str, str]) -> dict[str, Any]:
        return {
            **super().body(request, notes),
            "lines": [{"quantity": line.quantity} for line in request.lines],
        }


class NeverSaysTheSame(Workshop):
    def body(self, request: SubmissionRequest, notes: Mapping[str, str]) -> dict[str, Any]:
        return {**super().body(request, notes), "nonce": str(uuid4())}


class DoesNotAdopt(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        notes = {**request.notes, **await self.prepare(request)}
        return taken(await self.account.remote.post("/orders", self.body(request, notes))).read(orders)


class CallsARefusalTemporary(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except Rejected as refusal:
            raise Unavailable("try again") from refusal


class TriesARefusalAgain(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except Rejected:
            return await super().submit(request)


class RefusesWithoutWords(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except Rejected as refusal:
            raise Rejected("") from refusal


class TakesEveryErrorForSuccess(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except PortError:
            return [ProviderOrder(ref=ExternalRef("workshop", "W-1"))]


class RepeatsBlindly(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except OutcomeUnknown:
            await super().submit(request)
            raise


class ForgetsWhenToComeBack(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except Unavailable as busy:
            raise Unavailable(str(busy)) from busy


class CallsALockADecision(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except NotAuthorized as locked:
            raise Rejected("refused") from locked


class DoesNotReadTheAnswer(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        notes = {**request.notes, **await self.prepare(request)}
        await self.account.remote.post("/orders", self.body(request, notes))
        return [ProviderOrder(ref=ExternalRef("workshop", "W-1"))]


class FindsNothingInTrouble(Workshop):
    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        try:
            return await super().find(id, since=since)
        except PortError:
            return []


class FindsNothing(Workshop):
    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        return []


class FindsAnybodys(Workshop):
    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        return taken(await self.account.remote.get("/orders", {"name": id.hex})).read(orders)


def changed(**more: Any) -> type[Workshop]:
    """Return a provider whose reports say something else."""

    class Changed(Workshop):
        async def fetch(self, ref: ExternalRef) -> ProviderReport:
            return evolve(await super().fetch(ref), **more)

    return Changed


class CrashesOnNewWords(Workshop):
    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        report = await super().fetch(ref)
        return evolve(report, stage=Stage(report.raw))


class CallsNewWordsProgress(Workshop):
    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        report = await super().fetch(ref)
        return evolve(report, stage=Stage.ACCEPTED) if report.stage is Stage.UNKNOWN else report


class LeavesLinesBehind(Workshop):
    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        report = await super().fetch(ref)
        return evolve(report, lines=tuple(evolve(line, stage=Stage.ACCEPTED) for line in report.lines))


class InventsAnOrder(Workshop):
    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        try:
            return await super().fetch(ref)
        except Rejected:
            return ProviderReport(ref=ref)


class AllowsNothingNew(Workshop):
    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        answer = taken(await self.account.remote.get("/orders", {"name": id.hex}))
        if set(answer.json()) != {"orders"}:
            raise Rejected("there is a field that nobody ordered")
        return await super().find(id, since=since)


class ShowsItsToken(Workshop):
    def __repr__(self) -> str:
        return f"Workshop({self.account.settings.token})"


class LogsItsToken(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        logging.getLogger(__name__).debug("using %s", self.account.settings.token)
        return await super().submit(request)


class SendsItsTokenInTheAddress(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        await self.account.remote.get("/account", {"token": self.account.settings.token})
        return await super().submit(request)


class TellsItsTokenInErrors(Workshop):
    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        try:
            return await super().submit(request)
        except NotAuthorized as locked:
            raise NotAuthorized("denied") from ValueError(f"{locked}: {self.account.settings.token}")


@frozen(kw_only=True)
class TalkativeSettings:
    token: str = option("Token", secret=True, default="s3cret-token")


@frozen(kw_only=True)
class NamelessOptions:
    method: str = option("", default="standard")


@frozen(kw_only=True)
class ForgetfulSettings:
    token: str = option("Token", secret=True, converter=lambda text: text if isinstance(text, str) else "")
    copies: int = option("Copies", default=1, converter=lambda count: int(count) + 1)


class PreparesAgain(Workshop):
    async def prepare(self, request: SubmissionRequest) -> Mapping[str, str]:
        return {line.key: await self.make(line.key) for line in request.lines}


class ConfirmsInSilence(Workshop):
    async def confirm(self, ref: ExternalRef) -> None:
        return None


class StumblesOverTheSecondConfirmation(Workshop):
    async def confirm(self, ref: ExternalRef) -> None:
        taken(await self.account.remote.post(f"/orders/{ref.id}/confirm"))


class NeverCancels(Workshop):
    async def cancel(self, ref: ExternalRef) -> CancelAnswer:
        return CancelAnswer(cancelled=False, words="no")


class AlwaysCancels(Workshop):
    async def cancel(self, ref: ExternalRef) -> CancelAnswer:
        return CancelAnswer(cancelled=True)


class RefusesToCancelWithoutWords(Workshop):
    async def cancel(self, ref: ExternalRef) -> CancelAnswer:
        return evolve(await super().cancel(ref), words="")


class GivesMoney(Workshop):
    async def quote(self, request: SubmissionRequest) -> Quote:
        return Quote(shipping={"standard": Money(minor=-1, currency="USD")})


class KnowsNoPrice(Workshop):
    async def quote(self, request: SubmissionRequest) -> Quote:
        return Quote()


class CallsAQuestionAnOrder(Workshop):
    async def quote(self, request: SubmissionRequest) -> Quote:
        return taken(await self.account.remote.post("/prices", {})).read(
            lambda told: Quote(shipping={"standard": Money(minor=told["standard"], currency="USD")})
        )


class AsksWhatItDoesNotTake(Workshop):
    async def form(self, request: SubmissionRequest) -> Form:
        extra = FormField(name="colour", title="Colour", kind=Kind.TEXT, required=False, default="red")
        return Form(fields=(*form_of(PLUGIN.options).fields, extra))


class HasEverything(Workshop):
    async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
        return [True for _ in keys]


class AnswersOnce(Workshop):
    async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
        return (await super().available(keys))[:1]


class ShowsAnEmptyShelf(Workshop):
    async def catalog(self, search: str = "") -> AsyncIterator[ProviderProduct]:
        blanks: list[ProviderProduct] = []
        for blank in blanks:
            yield blank


class IgnoresTheSearch(Workshop):
    async def catalog(self, search: str = "") -> AsyncIterator[ProviderProduct]:
        async for blank in super().catalog():
            yield blank


class NamesBlanksItsOwnWay(Workshop):
    async def catalog(self, search: str = "") -> AsyncIterator[ProviderProduct]:
        async for blank in super().catalog(search):
            yield evolve(blank, keys={"nickname": "mug"})


class SaysNothing(Workshop):
    async def check(self) -> str:
        return " "


class PretendsToBeFine(Workshop):
    async def check(self) -> str:
        return "fine"


class ForgetsTheDelivery(Workshop):
    def read_webhook(self, delivery: WebhookDelivery) -> Hint:
        return evolve(super().read_webhook(delivery), delivery_id="")


class BelievesEverybody(Workshop):
    def genuine(self, delivery: WebhookDelivery) -> bool:
        return True


class BelievesWhoKnowsNoSecret(Workshop):
    def genuine(self, delivery: WebhookDelivery) -> bool:
        return not self.account.hook_secret or super().genuine(delivery)


class ChokesOnNonsense(Workshop):
    def read_webhook(self, delivery: WebhookDelivery) -> Hint:
        if not self.genuine(delivery):
            raise NotAuthorized("the signature is wrong")
        told = json.loads(delivery.body)
        return Hint(delivery_id=str(told["delivery"]), refs=(ExternalRef("workshop", told["order"]),))


class OrdersNoReports(Workshop):
    async def subscribe(self, url: str, secret: str) -> None:
        await self.account.remote.get("/hooks")


class SubscribesAgain(Workshop):
    async def subscribe(self, url: str, secret: str) -> None:
        taken(await self.account.remote.post("/hooks", {"url": url, "secret": secret}))


READ_FAILURES = [(outage, NotAuthorized if outage is Outage.LOCKED_OUT else Unavailable) for outage in Outage]
UNKNOWN_LINE = Parcel(number="P", lines=(("somebody", 1),))

BITES: list[tuple[str, object, tuple[object, ...]]] = [
    ("test_an_accepted_submission_names_its_orders", NamesNothing, ()),
    ("test_an_accepted_submission_names_its_orders", NamesItTwice, ()),
    ("test_an_accepted_submission_names_its_orders", SpeaksForAnother, ()),
    ("test_the_order_carries_our_names", LeavesOurNameOut, ()),
    ("test_the_order_carries_our_names", LeavesLinesNameless, ()),
    ("test_the_same_submission_is_asked_in_the_same_words", NeverSaysTheSame, ()),
    ("test_an_order_that_exists_is_adopted", DoesNotAdopt, ()),
    ("test_a_refusal_is_final_and_says_why", CallsARefusalTemporary, ()),
    ("test_a_refusal_is_final_and_says_why", TriesARefusalAgain, ()),
    ("test_a_refusal_is_final_and_says_why", RefusesWithoutWords, ()),
    (
        "test_a_failed_submission_says_what_may_be_done_next",
        TakesEveryErrorForSuccess,
        (Outage.UNREACHABLE, Unavailable),
    ),
    ("test_a_failed_submission_says_what_may_be_done_next", RepeatsBlindly, (Outage.SILENT, OutcomeUnknown)),
    ("test_a_failed_submission_says_what_may_be_done_next", RepeatsBlindly, (Outage.BROKEN, OutcomeUnknown)),
    (
        "test_a_failed_submission_says_what_may_be_done_next",
        ForgetsWhenToComeBack,
        (Outage.BUSY, Unavailable),
    ),
    (
        "test_a_failed_submission_says_what_may_be_done_next",
        CallsALockADecision,
        (Outage.LOCKED_OUT, NotAuthorized),
    ),
    (
        "test_a_failed_submission_says_what_may_be_done_next",
        DoesNotReadTheAnswer,
        (Outage.NONSENSE, OutcomeUnknown),
    ),
    *(("test_a_failed_look_changes_nothing", FindsNothingInTrouble, row) for row in READ_FAILURES),
    ("test_a_placed_order_is_found_by_our_id", FindsNothing, ()),
    ("test_an_unknown_id_is_not_found", FindsAnybodys, ()),
    ("test_a_report_speaks_of_the_order_and_its_lines", changed(ref=ExternalRef("workshop", "W-2")), ()),
    ("test_a_report_speaks_of_the_order_and_its_lines", changed(stage=Stage.DONE), ()),
    ("test_progress_is_told_in_our_words", changed(stage=Stage.ACCEPTED), ()),
    ("test_progress_is_told_in_our_words", changed(raw=""), ()),
    ("test_lines_follow_their_order", LeavesLinesBehind, ()),
    ("test_a_shipped_order_tells_its_parcels", changed(parcels=()), ()),
    ("test_a_shipped_order_tells_its_parcels", changed(parcels=(UNKNOWN_LINE,)), ()),
    ("test_an_order_that_waits_for_a_person_says_so", changed(hold=None), ()),
    ("test_an_order_that_waits_for_a_person_says_so", changed(stage=Stage.IN_PRODUCTION), ()),
    ("test_a_new_word_is_kept_and_does_no_harm", CrashesOnNewWords, ()),
    ("test_a_new_word_is_kept_and_does_no_harm", CallsNewWordsProgress, ()),
    ("test_an_order_that_is_gone_is_refused", InventsAnOrder, ()),
    ("test_unknown_fields_are_ignored", AllowsNothingNew, ()),
    ("test_secrets_stay_in_headers", ShowsItsToken, ()),
    ("test_secrets_stay_in_headers", LogsItsToken, ()),
    ("test_secrets_stay_in_headers", SendsItsTokenInTheAddress, ()),
    ("test_secrets_stay_in_headers", TellsItsTokenInErrors, ()),
    ("test_dialogs_describe_themselves", evolve(PLUGIN, options=NamelessOptions), ()),
    ("test_dialogs_describe_themselves", evolve(PLUGIN, settings=cast("Any", TalkativeSettings)), ()),
    ("test_dialogs_describe_themselves", evolve(PLUGIN, title=""), ()),
    ("test_settings_survive_being_stored", evolve(PLUGIN, settings=cast("Any", ForgetfulSettings)), ()),
    ("test_preparing_twice_makes_nothing_twice", PreparesAgain, ()),
    ("test_a_draft_is_confirmed", ConfirmsInSilence, ()),
    ("test_confirming_twice_prints_once", StumblesOverTheSecondConfirmation, ()),
    ("test_a_waiting_order_can_be_canceled", NeverCancels, ()),
    ("test_a_cancellation_that_comes_too_late_is_refused_in_words", AlwaysCancels, ()),
    ("test_a_cancellation_that_comes_too_late_is_refused_in_words", RefusesToCancelWithoutWords, ()),
    ("test_a_quote_has_prices", GivesMoney, ()),
    ("test_a_quote_has_prices", KnowsNoPrice, ()),
    ("test_asking_for_a_price_orders_nothing", CallsAQuestionAnOrder, ()),
    ("test_a_narrowed_dialog_still_fits", AsksWhatItDoesNotTake, ()),
    ("test_stock_is_told_for_each_variant", HasEverything, ()),
    ("test_stock_is_told_for_each_variant", AnswersOnce, ()),
    ("test_the_catalogue_names_its_blanks", ShowsAnEmptyShelf, ()),
    ("test_the_catalogue_names_its_blanks", IgnoresTheSearch, ()),
    ("test_the_catalogue_names_its_blanks", NamesBlanksItsOwnWay, ()),
    ("test_an_account_introduces_itself", SaysNothing, ()),
    ("test_an_account_that_is_locked_out_says_so", PretendsToBeFine, ()),
    ("test_a_genuine_report_is_a_hint", ForgetsTheDelivery, ()),
    ("test_a_forged_report_is_refused", BelievesEverybody, ()),
    ("test_a_forged_report_is_refused", BelievesWhoKnowsNoSecret, ()),
    ("test_a_signed_report_that_makes_no_sense_is_rejected", ChokesOnNonsense, ()),
    ("test_reports_are_ordered_at_our_address", OrdersNoReports, ()),
    ("test_subscribing_again_changes_nothing", SubscribesAgain, ()),
]


@pytest.mark.parametrize(
    ("promise", "wrong", "row"), BITES, ids=lambda value: getattr(value, "__name__", None)
)
async def test_the_kit_bites(
    promise: str, wrong: Any, row: tuple[object, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """A provider that breaks one promise fails the test that stands for it."""
    plugin = evolve(PLUGIN, build=wrong) if isinstance(wrong, type) else wrong
    kit = type("Kit", (WorkshopKit,), {"plugin": plugin})()
    test = getattr(kit, promise)
    arguments = [caplog] if "caplog" in inspect.signature(test).parameters else list(row)

    try:
        outcome = test(*arguments)
        if inspect.isawaitable(outcome):
            await outcome
    except pytest.skip.Exception as skipped:
        raise AssertionError(f"the kit skipped {promise}") from skipped
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever it fails with, it fails
        return
    raise AssertionError(f"{wrong} passes {promise}")


def test_every_promise_can_be_broken() -> None:
    """A test of the kit that nobody can fail is deleted."""
    promises = {name for name in dir(FulfillmentProviderConformance) if name.startswith("test_")}

    assert promises == {promise for promise, _, _ in BITES}


def test_every_promise_is_a_sentence() -> None:
    """The page about the kit is made of the tests' docstrings."""
    kit = FulfillmentProviderConformance
    tests = [getattr(kit, name) for name in dir(kit) if name.startswith("test_")]

    assert all((test.__doc__ or "").strip().endswith(".") for test in tests)
