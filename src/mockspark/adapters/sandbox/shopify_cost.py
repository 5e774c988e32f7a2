"""What a document costs: fitted to recorded answers of the live API.

The requested cost is exact for nearly all recorded order operations, the actual one for three of four: what an answer
really cost is near the truth and never above what was requested.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

_FREE: Final = frozenset({"MoneyBag", "MoneyV2", "PageInfo", "Weight"})
_MUTATION: Final = 10
_DEAR: Final[Mapping[str, int]] = {"fulfillmentTrackingInfoUpdate": 50, "refundCreate": 20}
_COUNT: Final = 10
_CONNECTION: Final = 2
MAX_COST: Final = 1000


def sized(count: int) -> int:
    """Return the factor of a connection that asks for *count* nodes."""
    return max(1, math.floor(2 * math.log(count))) if count > 0 else 0


@frozen(kw_only=True)
class Price:
    """Prices one operation before it runs (`requested`) and after (`actual`)."""

    schema: GraphQLSchema
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]

    def requested(self) -> int:
        """Return the points that the bucket must hold."""
        return self._operation(None)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """Return the points that the answer *data* really cost."""
        return min(self._operation(data or {}), self._operation(None))

    def _operation(self, data: Mapping[str, Any] | None) -> int:
        if self.operation.operation is not OperationType.MUTATION:
            root = self.schema.query_type
            return self._children(self.operation.selection_set, root, data) if root else 0
        return sum(self._mutation(node, data) for _, node in self._mutations())

    def _mutations(self) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
        root = self.schema.mutation_type
        if root is not None:
            yield from self._fields(self.operation.selection_set, root)

    def _mutation(self, node: FieldNode, data: Mapping[str, Any] | None) -> int:
        root = self.schema.mutation_type
        points = _DEAR.get(node.name.value, _MUTATION)
        if root is None or node.selection_set is None:
            return points
        payload_type = get_named_type(root.fields[node.name.value].type)
        payload = None if data is None else (data.get(_key(node)) or {})
        for _, child in self._fields(node.selection_set, payload_type):
            if child.selection_set is not None:
                value = None if payload is None else payload.get(_key(child))
                points += self._below(payload_type, child, value, asked=payload is None)
        return points

    def _below(self, parent: GraphQLNamedType, node: FieldNode, value: object, *, asked: bool) -> int:
        kind = get_named_type(_field_type(parent, node.name.value))
        if node.selection_set is None:
            return 0
        if asked:
            return self._children(node.selection_set, kind, None)
        return sum(self._children(node.selection_set, kind, part) for part in _objects(value))

    def _fields(
        self, selection: SelectionSetNode, kind: GraphQLNamedType
    ) -> list[tuple[GraphQLNamedType, FieldNode]]:
        found: list[tuple[GraphQLNamedType, FieldNode]] = []
        for node in selection.selections:
            if isinstance(node, FieldNode):
                found.append((kind, node))
                continue
            condition, inner = self._spread(node, kind)
            found.extend(self._fields(inner, condition))
        return found

    def _spread(self, node: Any, kind: GraphQLNamedType) -> tuple[GraphQLNamedType, SelectionSetNode]:
        if isinstance(node, FragmentSpreadNode):
            fragment = next(
                d
                for d in self.document.definitions
                if isinstance(d, FragmentDefinitionNode) and d.name.value == node.name.value
            )
            return self.schema.type_map[fragment.type_condition.name.value], fragment.selection_set
        condition = node.type_condition
        return (self.schema.type_map[condition.name.value] if condition else kind), node.selection_set

    def _children(self, selection: SelectionSetNode, kind: GraphQLNamedType, data: Any) -> int:
        dearest: dict[str, int] = {}
        for parent, node in self._fields(selection, kind):
            points = self._field(parent, node, data)
            dearest[_key(node)] = max(points, dearest.get(_key(node), 0))
        return sum(dearest.values())

    def _field(self, parent: GraphQLNamedType, node: FieldNode, data: Any) -> int:
        name = node.name.value
        if name.startswith("__") or node.selection_set is None:
            return 0
        kind = get_named_type(_field_type(parent, name))
        if kind.name in _FREE:
            return 0
        if kind.name == "Count":
            return _COUNT if parent is self.schema.query_type else 0
        if kind.name.endswith("Connection"):
            return self._connection(node, kind, None if data is None else (data.get(_key(node)) or {}))
        if data is None:
            return 1 + self._children(node.selection_set, kind, None)
        found = _objects(data.get(_key(node)))
        return max(1, sum(1 + self._children(node.selection_set, kind, part) for part in found))

    def _connection(self, node: FieldNode, kind: GraphQLNamedType, data: Any) -> int:
        if node.selection_set is None:
            return 0
        points = 0
        for parent, child in self._fields(node.selection_set, kind):
            if child.name.value == "nodes":
                points += self._nodes(parent, child, None if data is None else data.get(_key(child)))
            elif child.name.value == "edges" and child.selection_set is not None:
                points += self._edges(parent, child, None if data is None else data.get(_key(child)))
        return _CONNECTION + points * sized(self._size(node) if data is None else _count(data))

    def _nodes(self, parent: GraphQLNamedType, child: FieldNode, found: object) -> int:
        kind = get_named_type(_field_type(parent, child.name.value))
        if child.selection_set is None:
            return 0
        if found is None:
            return 1 + self._children(child.selection_set, kind, None)
        return max(
            (1 + self._children(child.selection_set, kind, part) for part in _objects(found)), default=0
        )

    def _edges(self, parent: GraphQLNamedType, edges: FieldNode, found: object) -> int:
        kind = get_named_type(_field_type(parent, "edges"))
        if edges.selection_set is None:
            return 0
        points = 0
        for edge, child in self._fields(edges.selection_set, kind):
            if child.name.value != "node":
                continue
            parts = None if found is None else [part.get(_key(child)) for part in _objects(found)]
            points += self._nodes(edge, child, parts)
        return points

    def _size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value not in {"first", "last"}:
                continue
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                value = self.variables.get(argument.value.name.value)
                return value if isinstance(value, int) else 1
        return 1


def _count(page: Mapping[str, Any]) -> int:
    """Return how many nodes an answer's page holds, however it names them."""
    return max((len(value) for value in page.values() if isinstance(value, list)), default=0)


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _field_type(parent: GraphQLNamedType, name: str) -> Any:
    if isinstance(parent, GraphQLObjectType) or is_abstract_type(parent):
        return parent.fields[name].type  # type: ignore[union-attr]  # unions have no fields to select
    raise TypeError(f"{parent} has no fields")


def _objects(value: object) -> Sequence[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list):
        return [part for entry in value for part in _objects(entry)]
    return []
