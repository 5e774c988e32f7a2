"""The documents that a Shopify client sends, from the folder of real payloads."""

from functools import cache

from graphql import DocumentNode, FragmentDefinitionNode, FragmentSpreadNode, Visitor, parse, print_ast, visit

from tests.samples import SAMPLES

FOLDER = SAMPLES / "shopify" / "graphql"
SCHEMA = SAMPLES / "shopify" / "schema" / "admin_2026-10.nodesc.graphql"


@cache
def fragments() -> dict[str, FragmentDefinitionNode]:
    document = parse((FOLDER / "fragments.graphql").read_text("utf-8"))
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


def names() -> list[str]:
    """Return the names of all documents."""
    return sorted(path.stem for path in FOLDER.glob("*.graphql") if path.stem != "fragments")


@cache
def document(name: str) -> str:
    """Return a document with the fragments that it reaches."""
    text = (FOLDER / f"{name}.graphql").read_text("utf-8")
    reached: dict[str, FragmentDefinitionNode] = {}
    todo = _spreads(parse(text))
    while todo:
        fragment = todo.pop()
        if fragment not in reached:
            reached[fragment] = fragments()[fragment]
            todo += _spreads(reached[fragment])
    return text + "\n\n".join(print_ast(reached[key]) for key in sorted(reached))


def _spreads(node: DocumentNode | FragmentDefinitionNode) -> list[str]:
    found: list[str] = []

    class Finder(Visitor):
        def enter_fragment_spread(self, spread: FragmentSpreadNode, *_: object) -> None:
            found.append(spread.name.value)

    visit(node, Finder())
    return found
