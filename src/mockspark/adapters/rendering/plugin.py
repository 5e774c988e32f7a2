"""Pillow as a plug-in; apart from the drawing, so that rendering processes load no more than they need."""

from typing import Final

from mockspark.adapters.plugins import NoOptions, RendererPlace, RendererPlugin
from mockspark.adapters.rendering.pillow import PillowRenderer


def _build(place: RendererPlace[NoOptions]) -> PillowRenderer:
    return PillowRenderer(place.workshop, place.run, place.threads)


PLUGIN: Final = RendererPlugin(key="pillow", title="Pillow", settings=NoOptions, build=_build)
