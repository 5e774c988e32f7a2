"""Drawing in tests: every drawing on an empty shelf, so that nothing is right only because it was kept."""

from attrs import evolve

from mockspark.adapters.rendering import pillow
from mockspark.adapters.rendering.pillow import PillowRenderer
from mockspark.adapters.rendering.shelf import Shelf
from mockspark.adapters.rendering.workshop import Workshop
from mockspark.application.ports.rendering import RenderedArea, RenderJob
from mockspark.entrypoints.drawing import workshop


def fresh() -> Workshop:
    """Return a workshop with an empty shelf."""
    return evolve(workshop(), shelf=Shelf())


def draw(job: RenderJob, threads: int = 1) -> RenderedArea:
    """Draw *job* on an empty shelf."""
    return pillow.draw(job, fresh, threads)


def renderer(threads: int = 1) -> PillowRenderer:
    """Return a renderer that begins each time with an empty shelf."""
    return PillowRenderer(fresh, threads=threads)
