"""Sending items to their platforms: what it would do, doing it, taking it back."""

from uuid import UUID

from litestar import Controller, post
from litestar.params import FromPath, JSONBody

from mockspark.adapters.http.items import READ, WRITE, Spark, Who, targets
from mockspark.adapters.http.schemas import Chosen, PlanBody, SendBody, SettleBody
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.application.views import BulkReport, SubmissionPlan
from mockspark.domain.identity import ConnectionId, ExternalRef, OrderItemId, SubmissionId


class Sending(Controller):
    """The send dialog and its outcome."""

    path = "/submissions"
    tags = ("Sending",)

    @post(
        "/plan",
        opt=READ,
        status_code=200,
        summary="What sending would do: parcels, questions, cost, who stays",
    )
    async def plan_submissions(self, spark: Spark, who: Who, data: JSONBody[PlanBody]) -> SubmissionPlan:
        chosen = Targets.of(*(OrderItemId(id_) for id_ in data.items))
        alone = frozenset(OrderItemId(id_) for id_ in data.alone)
        return await spark.plan_submissions(who.shop, chosen, alone=alone)

    @post(opt=WRITE, status_code=202, summary="Send items to fulfill; each has its own result")
    async def send_items(self, spark: Spark, who: Who, data: JSONBody[SendBody]) -> BulkReport:
        order = SendOrder(
            targets=targets(data),
            alone=frozenset(OrderItemId(id_) for id_ in data.alone),
            options={ConnectionId(id_): answers for id_, answers in data.options.items()},
            connections={OrderItemId(id_): ConnectionId(to) for id_, to in data.connections.items()},
            resend_confirmed=data.resend_confirmed,
        )
        return await spark.send_to_fulfill(who.shop, order, by=who.actor)

    @post("/undo", opt=WRITE, status_code=200, summary="Take items back before anybody calls the provider")
    async def undo_send(self, spark: Spark, who: Who, data: JSONBody[Chosen]) -> BulkReport:
        return await spark.undo_send(who.shop, targets(data), by=who.actor)

    @post(
        "/{submission:uuid}/settle",
        opt=WRITE,
        status_code=200,
        summary="Settle a send whose outcome is unknown",
    )
    async def settle_unknown(
        self, spark: Spark, who: Who, submission: FromPath[UUID], data: JSONBody[SettleBody]
    ) -> BulkReport:
        adopt = None if data.adopt is None else ExternalRef("provider", data.adopt)
        return await spark.settle_unknown(who.shop, SubmissionId(submission), adopt=adopt, by=who.actor)
