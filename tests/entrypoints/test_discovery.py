"""Plug-ins are found by their announcements, and one broken plug-in stays alone with its problem."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, PathDistribution
from pathlib import Path
from typing import Any

import pytest

from mockspark.adapters.plugins import PROVIDERS, ProviderPlugin
from mockspark.entrypoints.discovery import (
    PluginBroken,
    Plugins,
    blob_stores,
    channels,
    discover,
    providers,
    renderers,
)

MANUAL = "mockspark.adapters.fulfillment.manual:PLUGIN"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder that packages can be installed into."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def install(site: Path, distribution: str, announced: str, **modules: str) -> None:
    for name, source in modules.items():
        (site / f"{name}.py").write_text(source)
    info = site / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{PROVIDERS}]\n{announced}\n")


def found() -> Plugins[ProviderPlugin[Any]]:
    return discover(PROVIDERS, ProviderPlugin)


def test_our_own_providers_are_announced_like_any_other() -> None:
    """There is no second way in: built-in providers stand in the same group."""
    assert {"manual", "printify"} <= set(providers().names())
    assert () == providers().problems()
    assert "printify" == providers().load("printify").key


def test_every_group_is_healthy() -> None:
    """Whatever this distribution announces can be used."""
    assert [(), (), (), ()] == [
        group.problems() for group in (providers(), channels(), renderers(), blob_stores())
    ]


def test_listing_imports_nothing(site: Path) -> None:
    """A plug-in is imported when it is used, not when it is listed."""
    install(site, "loud-prints", "loud = loud_prints:PLUGIN", loud_prints="raise SystemError('imported')")

    assert "loud" in found().names()
    assert "loud_prints" not in sys.modules


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("raise RuntimeError('no licence')", "cannot be imported: no licence"),
        ("import no_such_module", "cannot be imported: No module named 'no_such_module'"),
        ("", "cannot be imported"),
        ("PLUGIN = 'a provider'", "is no ProviderPlugin"),
        ("from mockspark.adapters.fulfillment.manual import PLUGIN", "calls itself manual"),
    ],
)
def test_a_broken_plug_in_is_named_and_hides_no_other(site: Path, source: str, problem: str) -> None:
    """The problem names the plug-in and its distribution; healthy ones go on working."""
    install(site, "sad-prints", "sad = sad_prints:PLUGIN", sad_prints=source)
    plugins = found()

    (told,) = plugins.problems()

    assert told.startswith("sad (sad_prints:PLUGIN of sad-prints)")
    assert problem in told
    assert {"manual", "printify"} <= set(plugins.healthy())
    with pytest.raises(PluginBroken, match="sad-prints"):
        plugins.load("sad")


def test_two_claims_to_one_key_are_both_named(site: Path) -> None:
    """Nobody may take a provider's name over in silence."""
    install(site, "other-prints", "manual = other_prints:PLUGIN", other_prints="")
    plugins = found()

    (told,) = plugins.problems()

    assert "manual is claimed twice" in told
    assert all(distribution in told for distribution in ("mockspark", "other-prints"))
    assert ("manual" in plugins.healthy(), "printify" in plugins.healthy()) == (False, True)


def test_the_same_claim_twice_is_one(site: Path) -> None:
    """A distribution that is found twice on the path says the same twice."""
    install(site, "twin", "manual = x:y")
    distribution = PathDistribution(site / "twin-1.0.dist-info")
    point = EntryPoint("manual", MANUAL, PROVIDERS)._for(distribution)  # type: ignore[attr-defined]

    plugins = discover(PROVIDERS, ProviderPlugin, [point, point])

    assert () == plugins.problems()
    assert "manual" == plugins.load("manual").key


def test_an_unknown_name_tells_the_known_ones() -> None:
    """A misspelt name is answered with the names that there are."""
    with pytest.raises(PluginBroken, match=r"no plug-in is called printfy; there are .*printify"):
        found().load("printfy")
