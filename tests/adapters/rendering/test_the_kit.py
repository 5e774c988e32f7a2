"""Our renderers keep the promises of the kit, and a careless one does not."""

import io

import pytest
from PIL import Image

from mockspark.adapters.memory.renderer import SolidRenderer
from mockspark.adapters.rendering.pillow import PillowRenderer
from mockspark.adapters.testing.renderers import FileConformance, RendererConformance
from mockspark.application.ports.rendering import RenderedArea, Renderer, RenderJob
from mockspark.domain.design import ImageLayer


class TestPillow(RendererConformance):
    """The renderer that draws production files."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        return PillowRenderer()


class TestPillowWithThreads(RendererConformance):
    """The same one, with bands drawn side by side."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        return PillowRenderer(threads=3)


class TestSolid(FileConformance):
    """The stand-in for tests of everything else."""

    @pytest.fixture
    def renderer(self) -> Renderer:
        return SolidRenderer()


class CarelessRenderer:
    """What one writes first: rotate, paste, save."""

    async def render(self, job: RenderJob) -> RenderedArea:
        area = job.area
        canvas = Image.new("RGBA", (area.width_px, area.height_px))
        for layer in job.design.on(area.key):
            if isinstance(layer, ImageLayer):
                self._paste(canvas, layer, job.assets[layer.asset])
        out = io.BytesIO()
        canvas.save(out, "PNG", dpi=(area.dpi, area.dpi))
        return RenderedArea(
            area=area.key,
            content=out.getvalue(),
            width_px=area.width_px,
            height_px=area.height_px,
            dpi=area.dpi,
            preview=b"",
        )

    def _paste(self, canvas: Image.Image, layer: ImageLayer, content: bytes) -> None:
        x, y, w, h = (
            round(n * 300 / 25_400) for n in (layer.box.x, layer.box.y, layer.box.width, layer.box.height)
        )
        # Band by band, as a tool does that knows nothing of transparency.
        bands = Image.open(io.BytesIO(content)).convert("RGBA").split()
        picture = Image.merge("RGBA", [band.resize((w, h), Image.Resampling.BICUBIC) for band in bands])
        turned = picture.rotate(-layer.box.turn / 1000, expand=True)
        at = (x + (w - turned.width) // 2, y + (h - turned.height) // 2)
        canvas.alpha_composite(turned, (max(at[0], 0), max(at[1], 0)))


@pytest.mark.parametrize("turn", [0, 17_000])
async def test_careless_colours_fail_the_kit(turn: int) -> None:
    """Resampling without regard to transparency is caught by the fringes it leaves."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_soft_edge_keeps_its_colour(CarelessRenderer(), turn)


async def test_careless_edges_fail_the_kit() -> None:
    """Rotating without smoothing is caught by the stairs it leaves."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_turned_edge_is_smooth(CarelessRenderer())


async def test_careless_orientation_fails_the_kit() -> None:
    """A photo that lies on its side is caught."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_picture_lies_as_its_camera_says(CarelessRenderer())


async def test_a_careless_blank_fails_the_kit() -> None:
    """A renderer that hands out blank files without a word is caught."""
    with pytest.raises(AssertionError):
        await RendererConformance().test_a_blank_result_blocks(CarelessRenderer())
