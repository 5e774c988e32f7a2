"""The shop's submissions as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.jobs.queue import SqlJobs
from mockspark.adapters.sql.converter import dumps, loads
from mockspark.adapters.sql.faces import face_of_submission
from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.rows import AnyRow, AnySelect, add_all, every, first, put
from mockspark.adapters.sql.tables import provider_orders, submission_items, submissions
from mockspark.adapters.sql.timeline import record
from mockspark.application.errors import NotFound
from mockspark.application.reactions import jobs_of_submission
from mockspark.domain.identity import ConnectionId, ExternalRef, OrderItemId, ShopId, SubmissionId
from mockspark.domain.submission import Submission, SubmissionState

_TO_SEND: Final = frozenset({SubmissionState.WAITING, SubmissionState.SENDING})


class SqlSubmissions:
    """One shop's submissions, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId, jobs: SqlJobs) -> None:
        self._connection = connection
        self._shop = shop
        self._jobs = jobs

    async def get(self, id: SubmissionId) -> Submission:  # noqa: A002 - the field's name
        """Return a submission, or raise NotFound."""
        row = await first(self._connection, self._query().where(submissions.c.id == id))
        if row is None:
            raise NotFound("submission", id)
        return _read(row)

    async def by_provider_order(self, connection: ConnectionId, ref: ExternalRef) -> Submission | None:
        """Return the submission that led to the provider order *ref*."""
        theirs = select(provider_orders.c.submission_id).where(
            provider_orders.c.shop_id == self._shop,
            provider_orders.c.connection_id == connection,
            provider_orders.c.system == ref.system,
            provider_orders.c.ref == ref.id,
        )
        row = await first(self._connection, self._query().where(submissions.c.id.in_(theirs)))
        return None if row is None else _read(row)

    async def of_item(self, id: OrderItemId) -> Sequence[Submission]:  # noqa: A002 - the field's name
        """Return every submission that the item was in, oldest first."""
        theirs = select(submission_items.c.submission_id).where(
            submission_items.c.shop_id == self._shop, submission_items.c.item_id == id
        )
        query = self._query().where(submissions.c.id.in_(theirs)).order_by(submissions.c.id)
        return [_read(row) for row in await every(self._connection, query)]

    async def save(self, submission: Submission) -> None:
        """Write *submission*, its hold on its items, its events and the jobs they lead to."""
        key = {"shop_id": self._shop, "id": submission.id}
        columns = _columns(submission)
        await put(self._connection, submissions, key, submission.version, columns, "submission")
        await self._hold_items(submission)
        await self._name_orders(submission)
        await record(self._connection, self._shop, submission.id, submission.events)
        await self._jobs.put(*jobs_of_submission(submission))

    async def _hold_items(self, submission: Submission) -> None:
        """Let no item be in two live submissions; the database refuses the second."""
        if submission.version == 0:
            rows = [self._part(submission, item) for item in dict.fromkeys(_items(submission))]
            await add_all(self._connection, submission_items, rows, kind="submission", id_=submission.id)
            return
        mine = (submission_items.c.shop_id == self._shop) & (
            submission_items.c.submission_id == submission.id
        )
        held = submission_items.c.item_id.in_([item for item in _items(submission) if submission.holds(item)])
        letting_go = submission_items.update().where(mine, ~held, submission_items.c.live)
        taking_hold = submission_items.update().where(mine, held, ~submission_items.c.live)
        with told("submission", submission.id):
            await self._connection.execute(letting_go.values(live=False))
            await self._connection.execute(taking_hold.values(live=True))

    def _part(self, submission: Submission, item: OrderItemId) -> dict[str, object]:
        return {
            "shop_id": self._shop,
            "submission_id": submission.id,
            "item_id": item,
            "live": submission.holds(item),
        }

    async def _name_orders(self, submission: Submission) -> None:
        if not submission.provider_orders:
            return
        known = await every(
            self._connection,
            select(provider_orders.c.system, provider_orders.c.ref).where(
                provider_orders.c.shop_id == self._shop, provider_orders.c.submission_id == submission.id
            ),
        )
        have = {(row.system, row.ref) for row in known}
        fresh = [order.ref for order in submission.provider_orders]
        rows = [
            {
                "shop_id": self._shop,
                "connection_id": submission.connection_id,
                "system": ref.system,
                "ref": ref.id,
                "submission_id": submission.id,
            }
            for ref in fresh
            if (ref.system, ref.id) not in have
        ]
        await add_all(self._connection, provider_orders, rows, kind="submission", id_=submission.id)

    def _query(self) -> AnySelect:
        return select(submissions.c.version, submissions.c.body).where(submissions.c.shop_id == self._shop)


def _items(submission: Submission) -> Sequence[OrderItemId]:
    return [line.item_id for line in submission.request.lines]


def _columns(submission: Submission) -> dict[str, object]:
    return {
        "connection_id": submission.connection_id,
        "state": submission.state.value,
        "send_at": _send_at(submission),
        "poll_at": submission.next_poll_at if submission.state is SubmissionState.ACCEPTED else None,
        "face": face_of_submission(submission),
        "body": dumps(submission),
    }


def _send_at(submission: Submission) -> datetime | None:
    if submission.state not in _TO_SEND:
        return None
    return max(submission.not_before, submission.lease_until or submission.not_before)


def _read(row: AnyRow) -> Submission:
    return loads(row.body, Submission, version=row.version)
