"""Save Design: a new version of one item's design, made into files again."""

from uuid import UUID

import pytest
from attrs import evolve

from mockspark.application.errors import Conflict, NotFound
from mockspark.domain.catalog import PrintArea, ProviderVariant
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue, NotPossible, SubmissionStillLive, TransitionNotAllowed
from mockspark.domain.identity import ListingId
from mockspark.domain.status import Status
from tests.application.intake import ANA, SHOP, Workshop, a_line, a_listing, an_order

TEE = ListingId(UUID(int=72))
DESIGN = Design.of(
    {
        "schema": 1,
        "areas": {"front": {"w": 10_160, "h": 5_080}},
        "layers": [
            {"id": "t", "area": "front", "type": "text", "text": "Bo", "x": 0, "y": 0, "w": 9000, "h": 4000}
        ],
    }
)


async def test_a_saved_design_sends_a_ready_item_back_to_be_rendered(workshop: Workshop) -> None:
    """R28, T5: the version rises, the files are stale, a job makes them again."""
    await workshop.list_mug()
    item = await workshop.generate(await workshop.only_item(await workshop.receive(an_order())))
    assert Status.READY_TO_FULFILL == item.status

    saved = await workshop.redesign(SHOP, item.id, design=DESIGN, version=item.version, by=ANA)

    assert (Status.GENERATING, 2, DESIGN, False) == (
        saved.status,
        saved.design_version,
        saved.design,
        saved.files_current,
    )
    assert Status.READY_TO_FULFILL == (await workshop.generate(saved)).status


async def test_an_item_that_missed_its_personalization_goes_on(workshop: Workshop) -> None:
    """A3, D5, T6: the merchant enters what the order lacked."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order(lines=(a_line(personalization=()),))))

    saved = await workshop.redesign(SHOP, item.id, design=DESIGN, by=ANA)

    assert (Status.GENERATING, None) == (saved.status, saved.hold)


async def test_another_variant_brings_its_mapping_and_its_print_areas(workshop: Workshop) -> None:
    """R27, A12: the provider's blank and the areas follow; the store's line is untouched."""
    await workshop.list_mug()
    tee = a_listing(
        id=TEE,
        key="TEE-L",
        title="Tee L",
        provider_variant=ProviderVariant(keys={"blueprint_id": "6"}, title="L / White"),
        print_areas=(PrintArea(key="chest", width_px=300, height_px=400),),
    )
    async with workshop.store.begin(SHOP) as work:
        await work.listings.save(tee)
    item = await workshop.only_item(await workshop.receive(an_order()))

    saved = await workshop.redesign(SHOP, item.id, listing=TEE, by=ANA)

    assert (tee.provider_variant, tee.print_areas, "MUG-11", item.design) == (
        saved.provider_variant,
        saved.print_areas,
        saved.sku,
        saved.design,
    )


async def test_another_variant_takes_the_answers_where_there_is_no_design(workshop: Workshop) -> None:
    """An unmapped line's answers are placed on the variant that the merchant chooses."""
    await workshop.list_mug()
    line = a_line(sku="OLD", personalization=(("_customization_id", "1"), ("Name", "Zoë")))
    item = await workshop.only_item(await workshop.receive(an_order(lines=(line,))))

    saved = await workshop.redesign(SHOP, item.id, listing=a_listing().id, by=ANA)

    assert saved.design is not None
    assert (Status.GENERATING, "Zoë") == (saved.status, saved.design.document["layers"][0]["text"])


async def test_a_design_that_somebody_else_changed_is_a_conflict(workshop: Workshop) -> None:
    """I8: a person never overwrites what they did not see."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await workshop.redesign(SHOP, item.id, design=DESIGN, version=item.version, by=ANA)

    with pytest.raises(Conflict):
        await workshop.redesign(SHOP, item.id, design=DESIGN, version=item.version, by=ANA)


async def test_an_item_at_a_provider_is_not_redesigned(workshop: Workshop) -> None:
    """A11, I16: what may be printed already is not changed any more."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await workshop.keep(evolve(item, status=Status.SENDING, live=True))

    with pytest.raises(SubmissionStillLive):
        await workshop.redesign(SHOP, item.id, design=DESIGN, by=ANA)


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.CANCELED, Status.ARCHIVED])
async def test_an_item_that_ended_is_not_redesigned(workshop: Workshop, status: Status) -> None:
    """A11: only what is still to be made can be changed."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await workshop.keep(evolve(item, status=status, archived_from=Status.READY_TO_FULFILL))

    with pytest.raises(TransitionNotAllowed):
        await workshop.redesign(SHOP, item.id, design=DESIGN, by=ANA)


async def test_a_variant_that_is_not_mapped_cannot_be_chosen(workshop: Workshop) -> None:
    """D14: a choice that could not be sent is refused before anything is lost."""
    await workshop.list_mug()
    async with workshop.store.begin(SHOP) as work:
        await work.listings.save(a_listing(id=TEE, key="TEE-L", title="Tee L", connection_id=None))
    item = await workshop.only_item(await workshop.receive(an_order()))

    with pytest.raises(NotPossible, match="Tee L is not mapped"):
        await workshop.redesign(SHOP, item.id, listing=TEE, by=ANA)


async def test_a_redesign_of_nothing_is_refused(workshop: Workshop) -> None:
    """Saving neither a design nor a variant is a mistake of the caller."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))

    with pytest.raises(InvalidValue):
        await workshop.redesign(SHOP, item.id, by=ANA)


async def test_a_variant_that_there_is_not_is_not_found(workshop: Workshop) -> None:
    """R56: a listing of another shop, or of nobody, is not found."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))

    with pytest.raises(NotFound):
        await workshop.redesign(SHOP, item.id, listing=TEE, by=ANA)


async def test_a_redesign_touches_this_item_only(workshop: Workshop) -> None:
    """D9: two lines of one product keep their own designs."""
    await workshop.list_mug()
    first, second = await workshop.items(await workshop.receive(an_order(lines=(a_line(1), a_line(2)))))

    await workshop.redesign(SHOP, first.id, design=DESIGN, by=ANA)

    kept = await workshop.item(second.id)
    assert (1, second.design) == (kept.design_version, kept.design)
