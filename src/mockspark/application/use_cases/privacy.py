"""Forget a person, forget a shop, and say what is known of a person."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen
from cattrs.preconf.json import make_converter

from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.application.ports.storage import Directory, Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.reapply import reapply
from mockspark.domain.contact import Address
from mockspark.domain.design import Design
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.identity import ExternalRef, ShopId
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import Submission, SubmissionState

_ENDED: Final = frozenset({Status.FULFILLED, Status.CANCELED})
# Whoever sends, or looks whether it was sent, needs the very request.
_NEEDED: Final = frozenset({SubmissionState.WAITING, SubmissionState.SENDING, SubmissionState.UNKNOWN})
_PLAIN: Final = make_converter()
_PLAIN.register_unstructure_hook(Design, lambda design: design.document)


@frozen(kw_only=True)
class RedactCustomer:
    """Forget who ordered: names, addresses, answers, pictures and files; keys and counts stay."""

    store: Store
    blobs: BlobStore
    clock: Clock

    async def __call__(
        self, shop: ShopId, orders: Sequence[ExternalRef], *, by: Actor, at_once: bool = False
    ) -> int:
        """Return how many of *orders* nothing is known of now.

        An order with an item that has not ended keeps what its production needs and is not counted, unless
        *at_once*: then what was not sent is cancelled first, and only what is just being sent is waited for.
        """
        stamp = Stamp(at=self.clock(), by=by)
        return sum([await self._forget(shop, ref, stamp, at_once=at_once) for ref in orders])

    async def _forget(self, shop: ShopId, ref: ExternalRef, stamp: Stamp, *, at_once: bool) -> bool:
        async with self.store.read(shop) as work:
            keys = await _files_to_forget(work, ref, at_once=at_once)
        if keys is None:
            return False
        # Files go first: after a crash in between, the rows still tell which files they were.
        for key in keys:
            await self.blobs.delete(key)
        await reapply(self.store, shop, lambda work: _redact(work, ref, stamp))
        return True


@frozen(kw_only=True)
class EraseShop:
    """Forget a shop and everything of it, for good; doing it again is harmless."""

    directory: Directory
    blobs: BlobStore

    async def __call__(self, shop: ShopId) -> None:
        """Erase rows first, so that nothing writes files after the files are gone."""
        await self.directory.erase_shop(shop)
        await self.blobs.delete_shop(shop)


@frozen(kw_only=True)
class CustomerData:
    """Say everything that is kept of a person's orders."""

    store: Store

    async def __call__(self, shop: ShopId, orders: Sequence[ExternalRef]) -> Mapping[str, object]:
        """Return plain data by the store's order id; orders that are not known are absent."""
        known: dict[str, object] = {}
        async with self.store.read(shop) as work:
            for ref in orders:
                order = await work.orders.by_ref(ref)
                if order is not None:
                    known[ref.id] = _told(order, await work.items.of_order(order.id))
        return known


async def _files_to_forget(work: UnitOfWork, ref: ExternalRef, *, at_once: bool) -> Sequence[BlobKey] | None:
    """Return the files that go with an order; None while it is in production."""
    order = await work.orders.by_ref(ref)
    if order is None:
        return ()
    items = await work.items.of_order(order.id)
    if not at_once and any(item.underlying not in _ENDED for item in items):
        return None
    if any(submission.state in _NEEDED for submission in await _submissions(work, items)):
        return None
    return [BlobKey(key) for item in items for key in await _personal_files(work, item)]


async def _redact(work: UnitOfWork, ref: ExternalRef, stamp: Stamp) -> None:
    order = await work.orders.by_ref(ref)
    if order is None or order.redacted:
        return
    items = await work.items.of_order(order.id)
    for item in items:
        await work.items.save(_ended(item, stamp).redact())
    for submission in await _submissions(work, items):
        await work.submissions.save(_without_person(submission))
    await work.orders.save(order.redact(stamp))


def _ended(item: OrderItem, stamp: Stamp) -> OrderItem:
    if item.live or item.underlying in _ENDED:
        return item
    return item.cancel(stamp, reason="the customer's data was erased")


async def _submissions(work: UnitOfWork, items: Sequence[OrderItem]) -> Sequence[Submission]:
    found = {s.id: s for item in items for s in await work.submissions.of_item(item.id)}
    return tuple(found.values())


def _without_person(submission: Submission) -> Submission:
    # The digest stays: it proves what was asked without saying it.
    lines = tuple(evolve(line, files=()) for line in submission.request.lines)
    return evolve(submission, request=evolve(submission.request, ship_to=Address(), email="", lines=lines))


async def _personal_files(work: UnitOfWork, item: OrderItem) -> Sequence[str]:
    shared = await _template_pictures(work, item)
    made = [key for file in item.files for key in (file.key, file.preview_key) if key]
    return [*made, *(asset.key for asset in item.assets if asset.source not in shared)]


async def _template_pictures(work: UnitOfWork, item: OrderItem) -> frozenset[str]:
    """Return the pictures that belong to the shop's template and stay."""
    listings = await work.listings.of_connection(item.connection_id) if item.connection_id else ()
    return frozenset(
        str(layer.get("asset"))
        for listing in listings
        if listing.template is not None
        for layer in listing.template.document.get("layers", [])
    )


def _told(order: Order, items: Sequence[OrderItem]) -> Mapping[str, Any]:
    return {
        "order": _PLAIN.unstructure(order.snapshot),
        "items": [_item(item) for item in items],
    }


def _item(item: OrderItem) -> Mapping[str, Any]:
    return {
        "id": str(item.id),
        "title": item.product_title,
        "quantity": item.quantity,
        "status": item.status.value,
        "personalization": [list(answer) for answer in item.personalization],
        "design": item.design.document if item.design else None,
        "files": [file.key for file in item.files],
        "parcels": [shipment.number for shipment in item.shipments],
    }
