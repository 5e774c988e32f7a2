"""What proofs are drawn from, and which parts may be asked for."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.memory.renderer import PngInspector, SolidRenderer, solid_png
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter
from mockspark.application.blob_names import font_key
from mockspark.application.errors import Rejected, Unavailable
from mockspark.application.ports.rendering import MockupJob, RenderJob, View
from mockspark.application.use_cases.assets import UploadAsset
from mockspark.application.use_cases.proofs import (
    MOST_TILE_PX,
    MOST_ZOOM,
    CheckDesign,
    LayOutText,
    MockUpDesign,
    Section,
    ShowDesign,
    ShowMockup,
    ShowProof,
)
from mockspark.domain.catalog import PrintArea
from mockspark.domain.errors import InvalidValue, NotPossible
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.identity import ShopId
from tests.application.intake import FONTS, MUG, PICTURE, SHOP, Workshop, a_listing
from tests.application.test_generating import PHOTO, a_design, a_picture, a_text, designed, placed

FRONT = PrintArea(key="front", width_px=240, height_px=120)
ELSEWHERE = solid_png(30, 20, seed="elsewhere")
FAINT = Finding(check=Check.LOW_CONTRAST, level=Level.WARNING, area="front", words="It is hardly seen.")


@define
class Watched(SolidRenderer):
    """Shows everything as the name of what it is; `jobs` tells what was asked."""

    jobs: list[RenderJob] = field(factory=list)
    mockups: list[MockupJob] = field(factory=list)

    async def view(self, job: RenderJob, view: View) -> bytes:
        self.jobs.append(job)
        return f"view {view.zoom_px}".encode()

    async def mockup(self, job: MockupJob) -> bytes:
        self.mockups.append(job)
        return b"mockup"

    async def judge(self, job: RenderJob) -> tuple[Finding, ...]:
        self.jobs.append(job)
        return (FAINT,)


def proof(workshop: Workshop, renderer: SolidRenderer) -> ShowProof:
    return ShowProof(store=workshop.store, renderer=renderer, storeroom=workshop.storeroom, fonts=FONTS)


def draft(workshop: Workshop, renderer: SolidRenderer) -> ShowDesign:
    return ShowDesign(store=workshop.store, renderer=renderer, storeroom=workshop.storeroom)


def check(workshop: Workshop, renderer: SolidRenderer) -> CheckDesign:
    return CheckDesign(store=workshop.store, renderer=renderer, storeroom=workshop.storeroom, fonts=FONTS)


async def uploaded(workshop: Workshop) -> str:
    asset = await UploadAsset(inspector=PngInspector(), blobs=workshop.blobs)(SHOP, PHOTO)
    return asset.source


async def test_a_proof_shows_the_bytes_that_are_printed(workshop: Workshop) -> None:
    """Once a picture is pinned, its address is not asked again, whatever it shows by now."""
    workshop.images.pictures[PICTURE] = PHOTO
    item = await workshop.generate(await placed(workshop, PICTURE))
    workshop.images.pictures[PICTURE] = ELSEWHERE
    renderer = Watched()

    shown = await proof(workshop, renderer)(SHOP, item.id)

    assert b"view 480" == shown.content
    assert {PICTURE: PHOTO} == renderer.jobs[0].assets
    assert [PICTURE] == workshop.images.fetched


async def test_a_proof_before_the_files_keeps_nothing(workshop: Workshop) -> None:
    """A picture that was not fetched yet is fetched for the proof alone; the item stays as it is."""
    workshop.images.pictures[PICTURE] = PHOTO
    item = await placed(workshop, PICTURE)
    renderer = Watched()

    await proof(workshop, renderer)(SHOP, item.id)
    workshop.images.fail(Unavailable("the host is away"))

    with pytest.raises(Unavailable):
        await proof(workshop, renderer)(SHOP, item.id)
    assert {PICTURE: PHOTO} == renderer.jobs[0].assets
    assert ({}, item) == (workshop.blobs.blobs, await workshop.item(item.id))


async def test_an_unsaved_design_asks_no_address(workshop: Workshop) -> None:
    """Only what an item's files were made of is shown beside uploads; a design cannot have us fetch."""
    workshop.images.pictures.update({PICTURE: PHOTO, "https://elsewhere.example/1.png": ELSEWHERE})
    item = await workshop.generate(await placed(workshop, PICTURE))
    design = a_design(
        a_picture(PICTURE),
        a_picture("https://elsewhere.example/1.png", id="q"),
        a_picture("sha256:../x", id="r"),
    )
    renderer = Watched()

    await draft(workshop, renderer)(SHOP, design, FRONT, item=item.id)
    await draft(workshop, renderer)(SHOP, design, FRONT)

    assert [{PICTURE: PHOTO}, {}] == [job.assets for job in renderer.jobs]
    assert [PICTURE] == workshop.images.fetched


async def test_a_check_adds_what_drawing_finds(workshop: Workshop) -> None:
    """Geometry and drawing are told together; what cannot be drawn is not tried."""
    await workshop.list_mug()
    renderer = Watched()

    found = await check(workshop, renderer)(SHOP, a_design(a_text()), MUG)
    missing = await check(workshop, renderer)(SHOP, a_design(a_picture(PICTURE)), MUG)
    by_geometry = await check(workshop, SolidRenderer())(SHOP, a_design(a_text()), MUG)

    assert ([FAINT], []) == (list(found), list(by_geometry))
    assert {Check.MISSING_ASSET} == {finding.check for finding in missing}
    assert 1 == len(renderer.jobs)


async def test_a_renderer_that_only_makes_files_is_told_of(workshop: Workshop) -> None:
    """Views and mockups are abilities; whoever asks for one that lacks reads which setting gives it."""
    corners = {"front": {"corners": [[0, 0], [9, 0], [9, 9], [0, 9]]}}
    picture = await uploaded(workshop)
    item = await designed(workshop, a_design(a_text()), mockup={"picture": picture, "areas": corners})
    plain = SolidRenderer()
    mockup = ShowMockup(store=workshop.store, renderer=plain, storeroom=workshop.storeroom)

    with pytest.raises(NotPossible, match="MOCKSPARK_RENDERER"):
        await proof(workshop, plain)(SHOP, item.id)
    with pytest.raises(NotPossible, match="MOCKSPARK_RENDERER"):
        await mockup(SHOP, item.id)


async def test_a_mockup_has_its_pictures_and_the_prints_that_are_seen(workshop: Workshop) -> None:
    """Areas that the mockup does not show, and areas without ink, are not drawn for it."""
    place = {"corners": [[0, 0], [9, 0], [9, 9], [0, 9]]}
    picture = await uploaded(workshop)
    mockup = {"picture": picture, "garment": f"sha256:{'0' * 64}", "areas": {"front": place, "sleeve": place}}
    back = evolve(FRONT, key="back")
    await workshop.list_mug(mockup=mockup, product_colour="#204080", print_areas=(FRONT, back))
    renderer = Watched()
    show = MockUpDesign(store=workshop.store, renderer=renderer, storeroom=workshop.storeroom)

    await show(SHOP, a_design(a_text(), a_text("back")), MUG, 300)
    await show(SHOP, a_design(a_text("back")), MUG)

    first, second = renderer.mockups
    assert (["front"], []) == ([one.area.key for one in first.prints], list(second.prints))
    assert ({picture: PHOTO}, "#204080", 300, "") == (
        first.assets, first.colour, first.width, first.mockup.garment,
    )  # fmt: skip


async def test_text_is_set_in_the_shops_own_fonts_alone(workshop: Workshop) -> None:
    """A font of another shop is not there."""
    digest = "ab" * 32
    content = FONTS.face("default", {}).content
    await workshop.blobs.put(font_key(ShopId("other.myshopify.com"), digest), content)
    lay = LayOutText(typesetter=HarfBuzzTypesetter(FONTS), blobs=workshop.blobs)
    layer: Mapping[str, Any] = {
        "type": "text",
        "text": "Zoe",
        "w": 9_000,
        "size": 2_000,
        "font": f"sha256:{digest}",
    }

    with pytest.raises(Rejected, match="is not there"):
        await lay(SHOP, layer)
    await workshop.blobs.put(font_key(SHOP, digest), content)

    assert 3 == len((await lay(SHOP, layer)).letters)


async def test_a_long_text_is_set_as_a_short_one_is(workshop: Workshop) -> None:
    """Length decides where it is set, never how."""
    lay = LayOutText(typesetter=HarfBuzzTypesetter(FONTS), blobs=workshop.blobs)
    layer = {"type": "text", "text": "Zoe " * 150, "w": 90_000, "size": 2_000, "fit": "wrap"}

    laid = await lay(SHOP, layer)

    assert (450, False) == (len([one for one in laid.letters if one.outline]), laid.overflows)


@given(
    zoom=st.integers(1, 960),
    left=st.integers(0, 400),
    top=st.integers(0, 200),
    width=st.none() | st.integers(1, MOST_TILE_PX),
    height=st.none() | st.integers(1, MOST_TILE_PX),
)
def test_a_part_is_refused_or_begins_on_its_area(
    zoom: int, left: int, top: int, width: int | None, height: int | None
) -> None:
    """A view has the size that was asked for, else it ends with the area or with a tile."""
    section = Section(zoom_px=zoom, left=left, top=top, width=width, height=height)
    high = max(round(zoom / 2), 1)
    if left >= zoom or top >= high:
        with pytest.raises(InvalidValue, match="lie on the area"):
            section.of(FRONT)
        return

    view = section.of(FRONT)

    assert (zoom, left, top) == (view.zoom_px, view.left, view.top)
    assert view.width == (width or min(zoom - left, MOST_TILE_PX))
    assert view.height == (height or min(high - top, MOST_TILE_PX))


@pytest.mark.parametrize("zoom", [0, -1, FRONT.width_px * MOST_ZOOM + 1])
def test_zoom_has_an_end(zoom: int) -> None:
    """Beyond four pixels for each of the file's there is nothing more to see."""
    with pytest.raises(InvalidValue, match="1 to 960"):
        Section(zoom_px=zoom).of(FRONT)


def test_a_view_without_zoom_is_as_large_as_there_is_something_to_see() -> None:
    """Six hundred pixels, or all that a small area has."""
    large = evolve(FRONT, width_px=4_500, height_px=5_400)

    assert ((600, 720), (600, 300)) == tuple(
        (v.width, v.height) for v in (Section().of(large), Section().of(FRONT))
    )
    assert 120 == Section().of(evolve(FRONT, width_px=30)).zoom_px


def test_a_listing_keeps_no_mockup_that_cannot_be_read() -> None:
    """What is wrong is named when the listing is made, and not when somebody wants to see it."""
    with pytest.raises(InvalidValue, match="areas names where"):
        a_listing(mockup={"picture": "sha256:ab"})
