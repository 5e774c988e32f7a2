"""Our renderers keep the promises of the kit, and a naive one does not."""

import pytest
from PIL import Image

from mockspark.adapters.memory.renderer import SolidRenderer
from mockspark.adapters.testing import goldens
from mockspark.adapters.testing.renderers import FileConformance, RendererConformance
from mockspark.application.ports.rendering import Renderer
from tests.adapters.rendering.making import renderer
from tests.adapters.rendering.naive import NaiveRenderer


class TestPillow(RendererConformance):
    """The renderer that draws production files."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        return renderer()


class TestPillowWithThreads(RendererConformance):
    """The same one, with bands drawn side by side."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        return renderer(threads=3)


class TestSolid(FileConformance):
    """The stand-in for tests of everything else."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        return SolidRenderer()


@pytest.mark.parametrize("turn", [0, 17_000])
async def test_careless_colours_fail_the_kit(turn: int) -> None:
    """Resampling without regard to transparency is caught by the fringes it leaves."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_soft_edge_keeps_its_colour(NaiveRenderer(), turn)


async def test_careless_edges_fail_the_kit() -> None:
    """Rotating without smoothing is caught by the stairs it leaves."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_turned_edge_is_smooth(NaiveRenderer())


async def test_careless_orientation_fails_the_kit() -> None:
    """A photo that lies on its side is caught."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_picture_lies_as_its_camera_says(NaiveRenderer())


async def test_a_careless_blank_fails_the_kit() -> None:
    """A renderer that hands out blank files without a word is caught."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_blank_result_blocks(NaiveRenderer())


@pytest.mark.parametrize(
    "name",
    [
        "picture-larger-turned",
        "picture-fine-checks-linear",
        "picture-rings",
        "soft-edge",
        "soft-edge-turned",
        "blend-multiply",
        "blend-multiply-on-film",
        "group-faded-as-one",
        "group-turned-in-group",
        "mask-path",
        "shadow-soft",
        "shape-ellipses",
        "shape-hairlines",
        "gradient-linear",
        "text-stroked-turned",
        "text-tracked",
    ],
)
async def test_a_naive_renderer_fails_golden_scenes(name: str) -> None:
    """Each of these scenes catches what Pillow's defaults do to it."""
    with pytest.raises(AssertionError, match=name):
        await RendererConformance().test_a_golden_scene_is_drawn_as_it_should_be(NaiveRenderer(), name)


@pytest.mark.parametrize("name", ["picture-smaller", "picture-flipped", "picture-fine-checks"])
async def test_what_naive_renderers_do_well_passes(name: str) -> None:
    """The tolerances are wide enough for another renderer: what Pillow does right by itself is right."""
    await RendererConformance().test_a_golden_scene_is_drawn_as_it_should_be(NaiveRenderer(), name)


@pytest.mark.parametrize("name", goldens.names())
async def test_a_golden_picture_is_near_itself_alone(name: str) -> None:
    """No golden scene is blank or so tolerant that an empty print or one moved by a pixel would pass."""
    golden = goldens.named(name)
    expected = golden.expected()
    moved = expected.transform(expected.size, Image.Transform.AFFINE, (1, 0, -1, 0, 1, 0))

    assert golden.judged(expected) == ()
    assert golden.judged(Image.new("RGBA", expected.size)) != ()
    assert golden.judged(moved) != ()
