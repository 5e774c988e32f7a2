"""What happened, and the job it leads to: the whole choreography.

A repository puts these jobs in the transaction that writes the events, so that no reaction is lost and
none runs for something that was rolled back. Jobs carry ids; whoever runs one reads the row again.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from mockspark.application.ports.jobs import Job
from mockspark.domain.events import (
    AttemptEnded,
    CancelRequested,
    ItemPlaced,
    ShipmentReported,
    StatusChanged,
    SubmissionPlanned,
)
from mockspark.domain.identity import OrderId, OrderItemId, ShopId, SubmissionId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import Submission, SubmissionState


class Kind(StrEnum):
    """Every kind of job."""

    RENDER = "item.render"
    CANCEL = "item.cancel"
    PUBLISH = "order.publish"
    STORE_HOLD = "order.store_hold"
    SEND = "submission.send"
    POLL = "submission.poll"
    INBOX = "inbox.work"
    RECONCILE = "shop.reconcile"
    ERASE = "shop.erase"
    SWEEP = "sweep"


def jobs_of_item(item: OrderItem) -> tuple[Job, ...]:
    """Return what the item's new events lead to."""
    return tuple(_of_item(item))


def jobs_of_submission(submission: Submission) -> tuple[Job, ...]:
    """Return what the submission's new events lead to."""
    return tuple(_of_submission(submission))


def render(shop: ShopId, item: OrderItemId, version: int) -> Job:
    """Make the production files of design *version*."""
    return Job(
        kind=Kind.RENDER,
        payload={"shop": shop, "item": item.hex, "version": version},
        dedup=f"render:{item.hex}:{version}",
    )


def cancel(shop: ShopId, item: OrderItemId) -> Job:
    """Carry out the wish to cancel."""
    return Job(kind=Kind.CANCEL, payload={"shop": shop, "item": item.hex}, dedup=f"cancel:{item.hex}")


def publish(shop: ShopId, order: OrderId, number: str) -> Job:
    """Tell the store about the parcels of *order*; *number* is the one that is new."""
    return Job(
        kind=Kind.PUBLISH,
        payload={"shop": shop, "order": order.hex},
        dedup=f"publish:{order.hex}:{number}",
    )


def store_hold(shop: ShopId, order: OrderId) -> Job:
    """Hold the order at the store, or lift our hold, as the shop's rule and the items ask."""
    return Job(
        kind=Kind.STORE_HOLD,
        payload={"shop": shop, "order": order.hex},
        dedup=f"store_hold:{order.hex}",
    )


def erase(shop: ShopId) -> Job:
    """Forget the shop and everything of it."""
    return Job(kind=Kind.ERASE, payload={"shop": shop}, dedup=f"erase:{shop}")


def send(shop: ShopId, submission: SubmissionId, attempts: int, run_at: datetime | None) -> Job:
    """Make the next attempt after *attempts* earlier ones; the count keeps the key apart from a running job's."""
    return Job(
        kind=Kind.SEND,
        payload={"shop": shop, "submission": submission.hex},
        dedup=f"send:{submission.hex}:{attempts}",
        run_at=run_at,
    )


def send_again(shop: ShopId, submission: SubmissionId) -> Job:
    """Look after a submission whose own job may be lost; the lease keeps two senders apart."""
    return Job(
        kind=Kind.SEND,
        payload={"shop": shop, "submission": submission.hex},
        dedup=f"send:{submission.hex}:again",
    )


def reconcile(shop: ShopId) -> Job:
    """Read the store's recent orders again."""
    return Job(kind=Kind.RECONCILE, payload={"shop": shop}, dedup=f"reconcile:{shop}")


def inbox() -> Job:
    """Look after deliveries whose own job may be lost."""
    return Job(kind=Kind.INBOX, dedup="inbox:again")


def poll(shop: ShopId, submission: SubmissionId) -> Job:
    """Look at the submission's provider orders."""
    return Job(
        kind=Kind.POLL,
        payload={"shop": shop, "submission": submission.hex},
        dedup=f"poll:{submission.hex}",
    )


def _of_item(item: OrderItem) -> Iterator[Job]:
    for event in item.events:
        match event:
            case ItemPlaced(status=Status.GENERATING) | StatusChanged(after=Status.GENERATING):
                yield render(item.shop_id, item.id, item.design_version)
            case CancelRequested(waiting=True):
                yield cancel(item.shop_id, item.id)
            case ShipmentReported(number=number):
                yield publish(item.shop_id, item.order_id, number)
            case _:
                continue


def _of_submission(submission: Submission) -> Iterator[Job]:
    again = submission.state in {SubmissionState.WAITING, SubmissionState.SENDING}
    for event in submission.events:
        match event:
            case SubmissionPlanned() | AttemptEnded() if again:
                yield send(submission.shop_id, submission.id, submission.attempts, submission.not_before)
            case _:
                continue
