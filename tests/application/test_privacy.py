"""A person is forgotten on request, a shop on leaving; what is known of a person can be said."""

import json

import pytest
from attrs import evolve
from sqlalchemy import text

from mockspark.adapters.memory.blobs import MemoryBlobStore
from mockspark.adapters.memory.renderer import PngInspector, solid_png
from mockspark.application.errors import Unavailable
from mockspark.application.ports.blobs import BlobKey
from mockspark.application.use_cases.assets import UploadAsset
from mockspark.domain.contact import Address
from mockspark.domain.design import Design
from mockspark.domain.events import Stamp
from mockspark.domain.identity import SubmissionId
from mockspark.domain.order import ChannelOrder
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import (
    FileLink,
    Submission,
    SubmissionLine,
    SubmissionRequest,
    SubmissionState,
)
from tests.application.intake import (
    ANA,
    PICTURE,
    PRINTER,
    SHOP,
    START,
    STORE,
    Workshop,
    a_line,
    an_order,
    later,
    ref,
)

PERSON = ("Zoë", "zoe@example.com", "Main St", "engrave it", "2 Oak Ave", PICTURE)


def an_order_of_zoe() -> ChannelOrder:
    line = a_line(personalization=(("_design_url", PICTURE), ("Name", "Zoë")))
    return an_order(note="engrave it", lines=(line,))


async def made(workshop: Workshop) -> OrderItem:
    """Return an item of a person, rendered."""
    await workshop.list_mug()
    workshop.images.pictures[PICTURE] = solid_png(240, 120)
    received = await workshop.receive(an_order_of_zoe())
    address = an_order().ship_to
    assert address is not None
    await workshop.receive(later(an_order_of_zoe(), ship_to=evolve(address, line1="2 Oak Ave")))
    return await workshop.generate(await workshop.only_item(received))


async def ended(workshop: Workshop, item: OrderItem) -> OrderItem:
    return await workshop.keep(evolve(item, status=Status.FULFILLED))


# The words of a search index cannot be listed; they are those of the items' titles. Jobs hold ids.
_TABLES = {
    "sqlite": """
        SELECT name FROM sqlite_master
        WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE '%_job%'
    """,
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE '%_job%'",
}


async def everything(workshop: Workshop) -> str:
    """Return every text that the database holds, escapes resolved."""
    assert workshop.engine is not None
    found: list[str] = []
    async with workshop.engine.connect() as connection:
        tables = await connection.execute(text(_TABLES[workshop.engine.dialect.name]))
        for (name,) in tables.all():
            rows = await connection.execute(text(f'SELECT * FROM "{name}"'))
            found += [str(cell) for row in rows for cell in row]
    return "\n".join(found).encode().decode("unicode_escape", errors="replace")


async def test_a_person_is_forgotten_in_every_table_and_file(workshop: Workshop) -> None:
    """I25: no text, address, picture or file of the person is left; keys and counts stay."""
    item = await ended(workshop, await made(workshop))

    assert 1 == await workshop.redact_customer(SHOP, [ref(1001)], by=STORE)

    left = await everything(workshop)
    assert [] == [word for word in PERSON if word in left]
    assert {} == workshop.blobs.blobs
    kept = await workshop.item(item.id)
    assert (item.line, 1, True) == (kept.line, kept.quantity, kept.redacted)


async def test_a_person_whose_item_is_being_made_is_not_forgotten_yet(workshop: Workshop) -> None:
    """What is in production keeps what it needs until it ends; the call says so."""
    item = await made(workshop)

    assert 0 == await workshop.redact_customer(SHOP, [ref(1001)], by=STORE)

    assert item == await workshop.item(item.id)
    assert workshop.blobs.blobs


async def test_forgetting_at_once_cancels_what_was_not_sent(workshop: Workshop) -> None:
    """When the store's time is up nothing is made for a person who is not known any more."""
    item = await made(workshop)

    await workshop.redact_customer(SHOP, [ref(1001)], by=STORE, at_once=True)

    kept = await workshop.item(item.id)
    assert (Status.CANCELED, True) == (kept.status, kept.redacted)


async def test_forgetting_at_once_leaves_what_a_provider_makes(workshop: Workshop) -> None:
    """A live order goes on by its keys; the provider has what it needs."""
    item = await workshop.keep(evolve(await made(workshop), status=Status.BEING_FULFILLED, live=True))

    await workshop.redact_customer(SHOP, [ref(1001)], by=STORE, at_once=True)

    kept = await workshop.item(item.id)
    assert (Status.BEING_FULFILLED, True, True) == (kept.status, kept.live, kept.redacted)


async def test_forgetting_twice_is_harmless(workshop: Workshop) -> None:
    """A repeated request finds nothing and says that nothing is left."""
    await ended(workshop, await made(workshop))
    await workshop.redact_customer(SHOP, [ref(1001)], by=STORE)

    assert 2 == await workshop.redact_customer(SHOP, [ref(1001), ref(404)], by=STORE)


async def test_a_forgotten_order_is_not_learned_again(workshop: Workshop) -> None:
    """A late telling of the store brings nobody back."""
    item = await ended(workshop, await made(workshop))
    await workshop.redact_customer(SHOP, [ref(1001)], by=STORE)

    received = await workshop.receive(later(an_order_of_zoe(), 60))

    assert "the order was redacted" == received.ignored
    assert () == (await workshop.item(item.id)).personalization


async def test_an_item_that_is_forgotten_during_rendering_keeps_no_files(workshop: Workshop) -> None:
    """Files that come after the person was forgotten are forgotten too."""
    item = await made(workshop)
    again = await workshop.redesign(SHOP, item.id, design=item.design, by=ANA)
    await workshop.redact_customer(SHOP, [ref(1001)], by=STORE, at_once=True)

    await workshop.generate_files(SHOP, again.id, again.design_version)

    assert {} == workshop.blobs.blobs


async def test_the_templates_pictures_stay(workshop: Workshop) -> None:
    """The shop's own background belongs to the shop and not to who ordered."""
    upload = UploadAsset(inspector=PngInspector(), blobs=workshop.blobs)
    asset = await upload(SHOP, solid_png(240, 120))
    box = {"area": "front", "x": 0, "y": 0, "w": 10_160, "h": 5_080}
    template = Design.of(
        {
            "schema": 1,
            "areas": {"front": {"w": 10_160, "h": 5_080}},
            "layers": [
                {"id": "b", "type": "image", "asset": asset.source, **box},
                {"id": "t", "type": "text", "bind": "Name", **box},
            ],
        }
    )
    await workshop.list_mug(template=template)
    item = await workshop.generate(await workshop.only_item(await workshop.receive(an_order())))
    await ended(workshop, item)

    await workshop.redact_customer(SHOP, [ref(1001)], by=STORE)

    assert [asset.key] == list(workshop.blobs.blobs)


async def test_the_address_that_a_provider_was_given_is_forgotten(workshop: Workshop) -> None:
    """The intent that was sent keeps its digest and its lines, and nobody's address."""
    item = await made(workshop)
    submission = await submitted(workshop, item)
    await ended(workshop, evolve(item, submission_id=submission.id))

    await workshop.redact_customer(SHOP, [ref(1001)], by=STORE)

    async with workshop.store.begin(SHOP) as work:
        kept = await work.submissions.get(submission.id)
    assert (Address(), "", (), submission.digest) == (
        kept.request.ship_to,
        kept.request.email,
        kept.request.lines[0].files,
        kept.digest,
    )


async def test_what_is_just_being_sent_is_waited_for(workshop: Workshop) -> None:
    """I13: a request that may still be repeated keeps its bytes, even when time is up."""
    item = await made(workshop)
    submission = await submitted(workshop, item, SubmissionState.WAITING)

    forgotten = await workshop.redact_customer(SHOP, [ref(1001)], by=STORE, at_once=True)

    async with workshop.store.begin(SHOP) as work:
        kept = await work.submissions.get(submission.id)
    assert (0, submission.request) == (forgotten, kept.request)


async def submitted(
    workshop: Workshop, item: OrderItem, state: SubmissionState = SubmissionState.REFUSED
) -> Submission:
    """Keep what was sent for *item*, long done."""
    order = await workshop.order(item.order_id)
    assert order.snapshot.ship_to is not None
    assert item.provider_variant is not None
    link = FileLink(area="front", url=f"{PICTURE}?x", sha256="ab" * 32, width_px=120, height_px=60)
    line = SubmissionLine(
        item_id=item.id,
        order_id=item.order_id,
        order_name=order.name,
        title=item.product_title,
        quantity=1,
        variant=item.provider_variant,
        files=(link,),
    )
    request = SubmissionRequest(
        id=SubmissionId(workshop.ids()),
        ship_to=order.snapshot.ship_to,
        email=order.snapshot.customer.email,
        lines=(line,),
    )
    stamp = Stamp(at=START, by=ANA)
    plan = Submission.plan(request, shop_id=SHOP, connection_id=PRINTER, stamp=stamp)
    async with workshop.store.begin(SHOP) as work:
        await work.submissions.save(evolve(plan, state=state))
        return await work.submissions.get(plan.id)


async def test_what_is_known_of_a_person_can_be_said(workshop: Workshop) -> None:
    """A data request is answered with plain data, order by order; unknown orders are absent."""
    item = await made(workshop)

    known = await workshop.customer_data(SHOP, [ref(1001), ref(404)])

    said = json.dumps(known, ensure_ascii=False)
    assert ["1001"] == list(known)
    assert [] == [
        word for word in ("Zoë", "zoe@example.com", "2 Oak Ave", PICTURE, str(item.id)) if word not in said
    ]


async def test_a_shop_is_erased_with_all_its_files(workshop: Workshop) -> None:
    """`shop/redact`: nothing of the shop is left, and erasing again is harmless."""
    await made(workshop)

    await workshop.erase_shop(SHOP)
    await workshop.erase_shop(SHOP)

    left = await everything(workshop)
    assert [] == [word for word in (*PERSON, SHOP) if word in left]
    assert ({}, None) == (workshop.blobs.blobs, await workshop.directory.shop(SHOP))


class ClingingBlobs(MemoryBlobStore):
    """Files of a disk that does not let go."""

    async def delete(self, key: BlobKey) -> None:
        raise Unavailable(f"{key} cannot be removed")


async def test_files_that_cannot_be_removed_keep_the_request_open(workshop: Workshop) -> None:
    """A request counts as done only when the files are gone; the rows still name them until then."""
    item = await ended(workshop, await made(workshop))
    broken = evolve(workshop.redact_customer, blobs=ClingingBlobs(workshop.blobs.blobs))

    with pytest.raises(Unavailable):
        await broken(SHOP, [ref(1001)], by=STORE)

    assert item == await workshop.item(item.id)
    assert 1 == await workshop.redact_customer(SHOP, [ref(1001)], by=STORE)
    assert {} == workshop.blobs.blobs
