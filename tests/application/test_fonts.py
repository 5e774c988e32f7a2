"""A shop brings its own fonts, and its designs are drawn with them."""

from typing import Any

import pytest
from attrs import define, evolve, field

from mockspark.application.errors import NotFound, Rejected
from mockspark.application.ports.fonts import CheckedFont
from mockspark.application.use_cases.fonts import MOST_FONTS, DeleteFont, ListFonts, UploadFont
from mockspark.domain.design import Design
from mockspark.domain.files import Check
from mockspark.domain.fonts import ShopFont
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ShopId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Shop
from mockspark.domain.status import Status
from tests.application.intake import ANA, FONTS, SHOP, START, Workshop, an_order

BRAND = b"brand bold, as it came"


@define
class Cleaner:
    """Cleans by writing in small letters; refuses what shouts."""

    checked: list[bytes] = field(factory=list)

    async def check(self, content: bytes) -> CheckedFont:
        self.checked.append(content)
        if content.isupper():
            raise Rejected("This is no font.", reason=HoldReason.RENDER_FAILED)
        return CheckedFont(
            content=content.lower(),
            family="Brand",
            style=content.split()[1].decode().capitalize().strip(","),
            weight=700,
            licence="Ours alone",
            characters=94,
            scripts=("Latin",),
        )


def upload(workshop: Workshop) -> UploadFont:
    return UploadFont(store=workshop.store, checker=Cleaner(), blobs=workshop.blobs, clock=workshop.clock)


def a_text(**more: Any) -> Design:
    layer = {
        "id": "t",
        "area": "front",
        "type": "text",
        "text": "Bo",
        "x": 0,
        "y": 0,
        "w": 9000,
        "h": 4000,
        **more,
    }
    return Design.of({"schema": 1, "areas": {"front": {"w": 10_160, "h": 5_080}}, "layers": [layer]})


async def drawn(workshop: Workshop, design: Design) -> OrderItem:
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    return await workshop.generate(await workshop.redesign(SHOP, item.id, design=design, by=ANA))


async def test_what_is_kept_is_the_cleaned_font(workshop: Workshop) -> None:
    """Under its own digest: the same font, uploaded twice, is one font."""
    font = await upload(workshop)(SHOP, BRAND.title())
    workshop.clock.advance(days=1)
    again = await upload(workshop)(SHOP, BRAND)

    assert font == again
    assert [BRAND] == list(workshop.blobs.blobs.values())
    assert ("Brand Bold", 700, "Ours alone") == (font.title, font.weight, font.licence)


async def test_what_is_no_font_is_refused_and_not_kept(workshop: Workshop) -> None:
    """Bytes from outside are checked before anything else."""
    with pytest.raises(Rejected):
        await upload(workshop)(SHOP, b"NO FONT")

    assert {} == workshop.blobs.blobs


async def test_a_shop_may_not_keep_fonts_without_end(workshop: Workshop) -> None:
    """One that is kept already does not count twice."""
    font = await upload(workshop)(SHOP, BRAND)
    async with workshop.store.begin(SHOP) as work:
        for number in range(MOST_FONTS - 1):
            await work.fonts.keep(evolve(font, sha256=f"{number:064}"))

    assert font == await upload(workshop)(SHOP, BRAND)
    with pytest.raises(Rejected, match="delete one"):
        await upload(workshop)(SHOP, b"brand thin")


async def test_own_fonts_stand_before_the_installed_ones(workshop: Workshop) -> None:
    """By title, each with its licence; another shop sees none of them."""
    await workshop.directory.save_shop(Shop(id=ShopId("other"), created_at=START))
    fonts = [await upload(workshop)(SHOP, one) for one in (b"brand bold", b"brand black")]
    everything = ListFonts(store=workshop.store, shelf=FONTS)

    mine, theirs = await everything(SHOP), await everything(ShopId("other"))

    assert [fonts[1].source, fonts[0].source] == [font.name for font in mine[:2]]
    assert ["Brand Black", "Brand Bold"] == [font.title for font in mine if font.own]
    assert list(mine[2:]) == list(theirs)
    assert "SIL Open Font License" in next(font.licence for font in theirs if font.name == "FiraGO Bold")


async def test_a_text_is_drawn_with_the_shops_font(workshop: Workshop) -> None:
    """As font or as fallback; each area gets the files of the fonts that it names."""
    bold, black = [await upload(workshop)(SHOP, one) for one in (b"brand bold", b"brand black")]

    item = await drawn(workshop, a_text(font=bold.source, fallback=["FiraGO Bold", black.source]))

    [job] = workshop.renderer.rendered
    assert Status.READY_TO_FULFILL == item.status
    assert {bold.source: b"brand bold", black.source: b"brand black"} == job.fonts


@pytest.mark.parametrize(
    "name",
    ["Comic Sans", f"sha256:{'0' * 64}", "sha256:../../other/fonts/1", "sha256:"],
)
async def test_a_font_that_is_not_there_holds_the_item(workshop: Workshop, name: str) -> None:
    """It is said which text names it; nothing is drawn in another font instead."""
    item = await drawn(workshop, a_text(fallback=[name]))

    assert item.hold is not None
    assert HoldReason.RENDER_FAILED == item.hold.reason
    assert [Check.MISSING_FONT] == [finding.check for finding in item.findings]
    assert (
        f"The font {name!r} of 't' is not there: upload it again, or choose another font." == item.hold.note
    )
    assert [] == workshop.renderer.rendered


async def test_a_font_of_another_shop_is_not_there(workshop: Workshop) -> None:
    """R56, I22: a digest opens no other shop's file."""
    await workshop.directory.save_shop(Shop(id=ShopId("other"), created_at=START))
    theirs = await upload(workshop)(ShopId("other"), BRAND)

    item = await drawn(workshop, a_text(font=theirs.source))

    assert [Check.MISSING_FONT] == [finding.check for finding in item.findings]


async def test_an_installed_font_may_be_named_by_its_digest(workshop: Workshop) -> None:
    """It is not the shop's, so no file of it is handed over."""
    item = await drawn(workshop, a_text(font=FONTS.face("Ubuntu", {}).id))

    assert Status.READY_TO_FULFILL == item.status
    assert {} == workshop.renderer.rendered[0].fonts


async def test_a_deleted_font_is_gone(workshop: Workshop) -> None:
    """The file too; of another shop's fonts nothing is known."""
    font = await upload(workshop)(SHOP, BRAND)
    delete = DeleteFont(store=workshop.store, blobs=workshop.blobs)

    await delete(SHOP, font.sha256)

    assert {} == workshop.blobs.blobs
    with pytest.raises(NotFound):
        await delete(SHOP, font.sha256)
    assert [] == await fonts_of(workshop)


async def fonts_of(workshop: Workshop) -> list[ShopFont]:
    async with workshop.store.read(SHOP) as work:
        return list(await work.fonts.all())
