"""What of a page can stay lines and curves in a file that has them, and what has to become pixels."""

from collections.abc import Iterable, Iterator
from itertools import takewhile

from attrs import evolve

from mockspark.adapters.rendering.nodes import FillNode, GroupNode, Node, Page
from mockspark.domain.layers import Blend


def split(page: Page) -> tuple[Page, tuple[FillNode, ...]]:
    """Return *page* without its highest solid shapes and letters, and those, lowest first.

    Drawn over the pixels of that page, they give what *page* shows: nothing lies above them that is no such shape.
    """
    nodes = tuple(_opened(page.nodes))
    shapes = [*takewhile(lambda node: isinstance(node, FillNode), map(_solid, reversed(nodes)))]
    kept = nodes[: len(nodes) - len(shapes)]
    solid = tuple(shape for shape in reversed(shapes) if shape is not None)
    return evolve(page, nodes=kept), solid


def _solid(node: Node) -> FillNode | None:
    return node if isinstance(node, FillNode) and isinstance(node.paint, str) else None


def _opened(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield *nodes* with what is in a group that changes nothing instead of the group."""
    for node in nodes:
        if isinstance(node, GroupNode) and _plain(node) and not _blends(node):
            yield from _opened(node.nodes)
        else:
            yield node


def _plain(group: GroupNode) -> bool:
    whole = group.shadow is None and group.clip is None
    return whole and group.opacity == 1000 and group.blend is Blend.NORMAL


def _blends(group: GroupNode) -> bool:
    """Tell whether something in *group* mixes with what lies below it, which ends at the group's border."""
    inner = [node for node in group.nodes if isinstance(node, GroupNode)]
    return any(node.blend is not Blend.NORMAL or _blends(node) for node in inner)
