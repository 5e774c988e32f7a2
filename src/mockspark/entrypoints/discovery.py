"""Finds installed plug-ins: names without importing, one broken plug-in never hides a healthy one."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Generic, TypeVar

from attrs import Factory, define, frozen

from mockspark.adapters.plugins import (
    BLOB_STORES,
    CHANNELS,
    PROVIDERS,
    RENDERERS,
    BlobStorePlugin,
    ChannelPlugin,
    ProviderPlugin,
    RendererPlugin,
)
from mockspark.domain.errors import MockSparkError

P = TypeVar("P")


class PluginBroken(MockSparkError):
    """A plug-in is announced and cannot be used; the message names it and its distribution."""

    code: ClassVar[str] = "plugin_broken"


@frozen(kw_only=True)
class Announcement:
    """What a distribution says it brings along; nothing is imported yet."""

    name: str
    value: str
    distribution: str
    point: EntryPoint

    def __str__(self) -> str:
        return f"{self.name} ({self.value} of {self.distribution})"


@define
class Plugins(Generic[P]):
    """The plug-ins of one group, loaded on first use."""

    kind: type[P]
    announced: Mapping[str, tuple[Announcement, ...]]
    _loaded: dict[str, P] = Factory(dict)

    def names(self) -> tuple[str, ...]:
        """Return every announced key, without importing anything."""
        return tuple(sorted(self.announced))

    def load(self, name: str) -> P:
        """Return the plug-in called *name*; raises PluginBroken for one that is unknown, doubled or broken."""
        if name not in self._loaded:
            self._loaded[name] = self._import(name)
        return self._loaded[name]

    def healthy(self) -> Mapping[str, P]:
        """Return every plug-in that can be used."""
        return {name: self.load(name) for name in self.names() if not self._problem(name)}

    def problems(self) -> tuple[str, ...]:
        """Say of every other one what is wrong with it."""
        return tuple(problem for name in self.names() if (problem := self._problem(name)))

    def _problem(self, name: str) -> str:
        try:
            self.load(name)
        except PluginBroken as broken:
            return str(broken)
        return ""

    def _import(self, name: str) -> P:
        announcement = self._only(name)
        try:
            found = announcement.point.load()
        except Exception as problem:
            # Foreign code is imported here: whatever it raises is that plug-in's problem alone.
            raise PluginBroken(f"{announcement} cannot be imported: {problem}") from problem
        if not isinstance(found, self.kind):
            raise PluginBroken(f"{announcement} is no {self.kind.__name__}")
        key = getattr(found, "key", name)
        if key != name:
            raise PluginBroken(f"{announcement} calls itself {key}")
        return found

    def _only(self, name: str) -> Announcement:
        claims = self.announced.get(name, ())
        if not claims:
            raise PluginBroken(f"no plug-in is called {name}; there are {', '.join(self.names()) or 'none'}")
        if len(claims) > 1:
            raise PluginBroken(f"{name} is claimed twice: {' and '.join(map(str, claims))}")
        return claims[0]


def discover(group: str, kind: type[P], points: Iterable[EntryPoint] | None = None) -> Plugins[P]:
    """Return the plug-ins announced under *group*, of the whole environment unless *points* are given."""
    announced: dict[str, tuple[Announcement, ...]] = {}
    for point in entry_points(group=group) if points is None else points:
        claim = _announcement(point)
        known = announced.get(point.name, ())
        if all((claim.value, claim.distribution) != (old.value, old.distribution) for old in known):
            announced[point.name] = (*known, claim)
    return Plugins(kind, announced)


def providers() -> Plugins[ProviderPlugin[Any]]:
    """Return the installed fulfillment providers."""
    return discover(PROVIDERS, ProviderPlugin)


def channels() -> Plugins[ChannelPlugin]:
    """Return the installed sales channels."""
    return discover(CHANNELS, ChannelPlugin)


def renderers() -> Plugins[RendererPlugin[Any]]:
    """Return the installed renderers."""
    return discover(RENDERERS, RendererPlugin)


def blob_stores() -> Plugins[BlobStorePlugin[Any]]:
    """Return the installed places for files."""
    return discover(BLOB_STORES, BlobStorePlugin)


def everything() -> Mapping[str, Plugins[Any]]:
    """Return the installed plug-ins of every kind, under the kind's name."""
    return {
        "channel": channels(),
        "provider": providers(),
        "renderer": renderers(),
        "file store": blob_stores(),
    }


def _announcement(point: EntryPoint) -> Announcement:
    distribution = point.dist.name if point.dist is not None else "an unknown distribution"
    return Announcement(name=point.name, value=point.value, distribution=distribution, point=point)
