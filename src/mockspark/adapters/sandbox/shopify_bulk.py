"""Bulk operations: a query over everything, answered as a file of lines."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_list_type,
    parse,
    validate,
)
from graphql import get_nullable_type as nullable

from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox.shopify_shipping import Refused
from mockspark.adapters.sandbox.shopify_store import BulkOperation, gid, number_of
from mockspark.adapters.sandbox.shopify_views import Call

MOST_AT_ONCE: Final = 5
MOST_CONNECTIONS: Final = 5
DEEPEST: Final = 2
LARGEST: Final = 65_535
DELAY: Final = timedelta(seconds=2)


def run(call: Call, query: str, *, grouped: bool) -> BulkOperation:
    """Begin an operation; it is complete when the stage's clock has moved on."""
    document = _checked(call, query)
    running = [op for op in call.store.bulk.values() if op.status in {"CREATED", "RUNNING"}]
    if len(running) >= MOST_AT_ONCE:
        names = ", ".join(gid("BulkOperation", op.id) for op in running)
        raise Refused(
            message=f"A bulk query operation for this app and shop is already in progress: {names}.",
            code="OPERATION_IN_PROGRESS",
        )
    operation = BulkOperation(
        id=call.world.numbers(), query=query, created_at=call.world.now(), grouped=grouped
    )
    call.store.bulk[operation.id] = operation
    call.world.later(DELAY, lambda: _finish(call, operation, document))
    return operation


def cancel(call: Call, operation_id: str) -> BulkOperation:
    """Stop an operation that runs."""
    operation = call.store.bulk.get(number_of("BulkOperation", operation_id) or 0)
    if operation is None:
        raise Refused(message="Bulk operation does not exist", field=("id",))
    if operation.status not in {"CREATED", "RUNNING"}:
        raise Refused(message=f"A bulk operation cannot be canceled when it is {operation.status.lower()}")
    operation.status = "CANCELED"
    operation.completed_at = call.world.now()
    return operation


def _finish(call: Call, operation: BulkOperation, document: DocumentNode) -> None:
    if operation.status != "CREATED":
        return
    result = call.answer(document)
    if result.errors:
        operation.status, operation.error_code = "FAILED", _error_code(result.errors[0])
    else:
        _write(operation, result.data or {})
        operation.status = "COMPLETED"
    operation.completed_at = call.world.now()
    call.world.tell(
        call.store, "bulk_operations/finish", bodies.bulk_body(operation), event=call.world.event()
    )


def _error_code(error: GraphQLError) -> str:
    denied = (error.extensions or {}).get("code") == "ACCESS_DENIED"
    return "ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR"


def _write(operation: BulkOperation, data: Mapping[str, Any]) -> None:
    roots, children = _rows(data)
    rows = _grouped(roots, children) if operation.grouped else [*roots, *children]
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    operation.content = "".join(f"{line}\n" for line in lines).encode()
    operation.objects, operation.roots = len(rows), len(roots)


def _rows(data: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    roots: list[dict[str, Any]] = []
    children: list[dict[str, Any]] = []
    for value in data.values():
        for node in _nodes(value):
            plain, below = _without_connections(node)
            roots.append(plain)
            children.extend(below)
    return roots, children


def _nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and isinstance(value.get("edges"), list):
        for edge in value["edges"]:
            yield edge["node"]


def _without_connections(node: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    plain = {
        name: value for name, value in node.items() if not (isinstance(value, dict) and "edges" in value)
    }
    below = []
    for value in node.values():
        for child in _nodes(value):
            row, deeper = _without_connections(child)
            below.append(row | {"__parentId": node["id"]})
            below.extend(deeper)
    return plain, below


def _grouped(roots: list[dict[str, Any]], children: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for root in roots:
        rows.append(root)
        rows.extend(child for child in children if child["__parentId"] == root.get("id"))
    return rows


# -- what an inner query may be ----------------------------------------------------------------------------


def _invalid(message: str) -> Refused:
    return Refused(message=message, field=("query",), code="INVALID")


def _checked(call: Call, query: str) -> DocumentNode:
    size = len(query.encode())
    if size > LARGEST:
        raise _invalid(f"Query is too large ({size} bytes; maximum is {LARGEST} bytes)")
    try:
        document = parse(query)
    except GraphQLSyntaxError as e:
        raise _invalid(f"Invalid bulk query: syntax error, {e.message.removeprefix('Syntax Error: ')}") from e
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1:
        raise _invalid("Invalid bulk query: one operation is expected")
    if operations[0].operation is not OperationType.QUERY:
        raise _invalid("Invalid operation type. Only `query` operations are supported.")
    problems = validate(call.schema, document)
    if problems:
        raise _invalid(f"Invalid bulk query: {problems[0].message}")
    _Inspection(call.schema, document).judge(operations[0])
    return document


class _Inspection:
    """Counts the connections of an inner query and how deep they nest."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self.connections: list[str] = []
        self.deepest = 0

    def judge(self, operation: OperationDefinitionNode) -> None:
        root = self.schema.query_type
        if root is None:
            return
        for node in self._fields(operation.selection_set):
            if node.name.value == "node":
                raise _invalid("Bulk queries cannot contain a top level `node` field.")
        self._walk(operation.selection_set, root, depth=0, in_list=False)
        if not self.connections:
            raise _invalid("Bulk queries must contain at least one connection.")
        if len(self.connections) > MOST_CONNECTIONS:
            raise _invalid(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
        if self.deepest > DEEPEST:
            raise _invalid(
                f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}."
            )

    def _fields(self, selection: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield node
            elif hasattr(node, "selection_set"):
                yield from self._fields(node.selection_set)
            else:
                yield from self._fields(self.fragments[node.name.value].selection_set)  # type: ignore[attr-defined]

    def _walk(
        self, selection: SelectionSetNode, parent: GraphQLNamedType, *, depth: int, in_list: bool
    ) -> None:
        if not isinstance(parent, GraphQLObjectType):
            return
        for node in self._fields(selection):
            definition = parent.fields.get(node.name.value)
            if definition is None or node.selection_set is None:
                continue
            kind = get_named_type(definition.type)
            if kind.name.endswith("Connection"):
                self._connection(node, kind, depth=depth, in_list=in_list)
                continue
            listed = in_list or is_list_type(nullable(definition.type))
            self._walk(node.selection_set, kind, depth=depth, in_list=listed)

    def _connection(self, node: FieldNode, kind: GraphQLNamedType, *, depth: int, in_list: bool) -> None:
        name = node.name.value
        if in_list:
            raise _invalid(
                "Queries that contain a connection field within a list field are not currently supported."
            )
        if node.selection_set is None or not isinstance(kind, GraphQLObjectType):
            return
        inner = {child.name.value: child for child in self._fields(node.selection_set)}
        if "nodes" in inner:
            raise _invalid(
                "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
                f"'{name} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. "
                f"Invalid connection fields: '{name}'."
            )
        self.connections.append(name)
        self.deepest = max(self.deepest, depth)
        edges = inner.get("edges")
        if edges is None or edges.selection_set is None:
            return
        edge_kind = get_named_type(kind.fields["edges"].type)
        for child in self._fields(edges.selection_set):
            if child.name.value == "node" and child.selection_set is not None:
                self._node(name, child, edge_kind, depth=depth)

    def _node(self, name: str, node: FieldNode, edge_kind: GraphQLNamedType, *, depth: int) -> None:
        if node.selection_set is None or not isinstance(edge_kind, GraphQLObjectType):
            return
        kind = get_named_type(edge_kind.fields["node"].type)
        before = len(self.connections)
        self._walk(node.selection_set, kind, depth=depth + 1, in_list=False)
        selects_id = any(f.name.value == "id" and f.alias is None for f in self._fields(node.selection_set))
        if len(self.connections) > before and not selects_id:
            raise _invalid(
                "The parent 'node' field for a nested connection must select the 'id' field without an alias and must "
                f"be of 'ID' return type. Connection fields without 'id': {name}."
            )
