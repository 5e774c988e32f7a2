"""The Admin API's door: checks a document, weighs it against the bucket, answers, words errors as the real one."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSyntaxError,
    IntValueNode,
    OperationDefinitionNode,
    StringValueNode,
    VariableNode,
    build_schema,
    execute_sync,
    parse,
    print_ast,
    validate,
)

from mockspark.adapters.sandbox.shopify_cost import MAX_COST, Price
from mockspark.adapters.sandbox.shopify_mutations import MUTATIONS
from mockspark.adapters.sandbox.shopify_queries import QUERIES, check_access
from mockspark.adapters.sandbox.shopify_store import Bucket
from mockspark.adapters.sandbox.shopify_views import Call

Answer = dict[str, Any]
SCHEMA_FILE: Final = "shopify_admin.graphql"
_LIMITS_PAGE: Final = "https://shopify.dev/api/usage/rate-limits"
BUCKET_SECONDS: Final = 20


@cache
def own_schema() -> GraphQLSchema:
    """Return the part of the Admin schema that the sandbox answers."""
    return build_schema((files("mockspark.adapters.sandbox") / SCHEMA_FILE).read_text("utf-8"))


def full_schema(path: Path) -> GraphQLSchema:
    """Return the real schema from an SDL file, for judging documents only."""
    return build_schema(path.read_text("utf-8"), assume_valid=True)


@frozen(kw_only=True)
class Admin:
    """Answers GraphQL requests; with the *full* schema a document must be valid there first."""

    schema: GraphQLSchema
    full: GraphQLSchema | None = None

    def answer(
        self, call: Call, bucket: Bucket, query: str, variables: Mapping[str, Any], name: str | None
    ) -> Answer:
        """Return the body of the answer; the HTTP status is always 200."""
        try:
            document = parse(query)
        except GraphQLSyntaxError as e:
            return {
                "errors": [_worded(e, "PARSE_ERROR", e.message.replace("Syntax Error: ", "syntax error, "))]
            }
        operation = _pick(document, name)
        if isinstance(operation, str):
            return {"errors": [{"message": operation}]}
        problems = self._problems(document, operation)
        if problems:
            return {"errors": problems}
        return self._weighed(call, bucket, document, operation, variables)

    def execute(self, call: Call, document: DocumentNode) -> ExecutionResult:
        """Answer a checked document without weighing it."""
        return execute_sync(self.schema, document, context_value=call, field_resolver=resolve)

    def _problems(self, document: DocumentNode, operation: OperationDefinitionNode) -> list[Answer]:
        if self.full is not None:
            found = validate(self.full, document)
            if found:
                return [_translated(error, operation) for error in found]
        found = validate(self.schema, document)
        if found and self.full is not None:
            return [_unsupported(error) for error in found]
        return [_translated(error, operation) for error in found]

    def _weighed(
        self,
        call: Call,
        bucket: Bucket,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> Answer:
        price = price_of(self.schema, document, operation, variables)
        requested = price.requested()
        now = call.world.now()
        if requested > MAX_COST:
            return _too_dear(requested)
        if requested > bucket.available(now):
            return _throttled(bucket, requested, call)
        call.idempotency_key = _idempotency_key(operation, variables)
        result = execute_sync(
            self.schema,
            document,
            context_value=call,
            variable_values=dict(variables),
            operation_name=operation.name.value if operation.name else None,
            field_resolver=resolve,
        )
        refused = _bad_variables(result, operation)
        if refused:
            return {"errors": refused}
        actual = price.actual(result.data)
        bucket.take(actual, now)
        return _complete(result, call, {"requestedQueryCost": requested, "actualQueryCost": actual}, bucket)


def new_bucket(rate: float, now: datetime) -> Bucket:
    """Return a full bucket; the size is twenty seconds of its rate."""
    size = rate * BUCKET_SECONDS
    return Bucket(size=size, rate=rate, level=size, at=now)


def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """Resolve any field: scopes first, then a root resolver or a view's entry."""
    call: Call = info.context
    parent, name = info.parent_type.name, info.field_name
    check_access(call, parent, name)
    root = _ROOTS.get(parent)
    if root is not None:
        return root[name](call, **arguments)
    value = source.get(name) if isinstance(source, Mapping) else getattr(source, name)
    return value(info, **arguments) if callable(value) else value


_ROOTS: Final[Mapping[str, Mapping[str, Callable[..., Any]]]] = {"QueryRoot": QUERIES, "Mutation": MUTATIONS}


def for_bulk(call: Call) -> Call:
    """Return the call with pages as long as they need to be."""
    return evolve(call, bulk=True, searches=[])


# -- reading a request -------------------------------------------------------------------------------------


def _pick(document: DocumentNode, name: str | None) -> OperationDefinitionNode | str:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name:
        named = [op for op in operations if op.name and op.name.value == name]
        return named[0] if named else f'No operation named "{name}"'
    if len(operations) != 1:
        return "An operation name is required"
    return operations[0]


def price_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> Price:
    """Return what prices an operation; page sizes may stand in variables or in their defaults."""
    given = {name: value for name, value in variables.items() if value is not None}
    return Price(
        schema=schema, document=document, operation=operation, variables=_defaults(operation) | given
    )


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        variable.variable.name.value: int(variable.default_value.value)
        for variable in operation.variable_definitions or ()
        if isinstance(variable.default_value, IntValueNode)
    }


def _idempotency_key(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> str | None:
    for node in operation.selection_set.selections:
        for directive in node.directives or ():
            if directive.name.value != "idempotent":
                continue
            for argument in directive.arguments or ():
                if isinstance(argument.value, StringValueNode):
                    return argument.value.value
                if isinstance(argument.value, VariableNode):
                    return variables.get(argument.value.name.value)
    return None


# -- wording errors ----------------------------------------------------------------------------------------


def _places(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]


def _worded(error: GraphQLError, code: str, message: str, **more: str) -> Answer:
    return {"message": message, "locations": _places(error), "extensions": {"code": code, **more}}


# The library's own wording differs between its minor versions: where two patterns mean the same, both are needed.
_WORDS: Final[Sequence[tuple[re.Pattern[str], str, str]]] = (
    (
        re.compile(r"Cannot query field '(\w+)' on type '(\w+)'"),
        "undefinedField",
        "Field '{0}' doesn't exist on type '{1}'",
    ),
    (
        re.compile(r"Unknown argument '(\w+)' on field '\w+\.(\w+)'"),
        "argumentNotAccepted",
        "Field '{1}' doesn't accept argument '{0}'",
    ),
    (
        re.compile(r"Field '(\w+)' argument '(\w+)' of type '.+' is required"),
        "missingRequiredArguments",
        "Field '{0}' is missing required arguments: {1}",
    ),
    (
        re.compile(r"Argument '\w+\.(\w+)\((\w+):\)' of type '.+' is required"),
        "missingRequiredArguments",
        "Field '{0}' is missing required arguments: {1}",
    ),
    (
        re.compile(r"Expected value of type '(\w+)' to include required field '(\w+)'"),
        "missingRequiredInputObjectAttribute",
        "Argument '{1}' on InputObject '{0}' is required.",
    ),
    (
        re.compile(r"Expected value of type '(\w+)' not to include unknown field '(\w+)'"),
        "argumentNotAccepted",
        "InputObject '{0}' doesn't accept argument '{1}'",
    ),
    (
        re.compile(r"Field '(\w+)\.(\w+)' of required type '(.+?)' was not provided"),
        "missingRequiredInputObjectAttribute",
        "Argument '{1}' on InputObject '{0}' is required. Expected type {2}",
    ),
    (
        re.compile(r"Field '(\w+)' is not defined by type '(\w+)'"),
        "argumentNotAccepted",
        "InputObject '{1}' doesn't accept argument '{0}'",
    ),
    (
        re.compile(r"Variable '\$(\w+)' is never used in operation '(\w+)'"),
        "variableNotUsed",
        "Variable ${0} is declared by {1} but not used",
    ),
    (
        re.compile(r"Unknown type '(\w+)'"),
        "undefinedType",
        "No such type {0}, so it can't be a fragment condition",
    ),
)


def _translated(error: GraphQLError, operation: OperationDefinitionNode) -> Answer:
    label = (
        f"{operation.operation.value} {operation.name.value}" if operation.name else operation.operation.value
    )
    for pattern, code, words in _WORDS:
        match = pattern.search(error.message)
        if match:
            return _worded(error, code, words.format(*match.groups())) | {"path": [label]}
    return _worded(error, "argumentLiteralsIncompatible", error.message) | {"path": [label]}


def _unsupported(error: GraphQLError) -> Answer:
    """Say that the real store would answer and the sandbox cannot: no code of Shopify's may be mistaken for it."""
    return _worded(error, "SANDBOX_UNSUPPORTED", f"The sandbox does not answer this: {error.message}")


_VARIABLE: Final = re.compile(r"^Variable '\$(\w+)'")


def _bad_variables(result: ExecutionResult, operation: OperationDefinitionNode) -> list[Answer]:
    if result.data is not None or not result.errors:
        return []
    types = {v.variable.name.value: print_ast(v.type) for v in operation.variable_definitions or ()}
    refused = []
    for error in result.errors:
        match = _VARIABLE.match(error.message)
        if match is None:
            return []
        words = f"Variable ${match[1]} of type {types.get(match[1], '?')} was provided invalid value"
        refused.append(_worded(error, "INVALID_VARIABLE", f"{words} ({error.message})"))
    return refused


def _too_dear(requested: int) -> Answer:
    return {
        "errors": [
            {
                "message": f"Query cost is {requested}, which exceeds the single query max cost limit ({MAX_COST}).",
                "extensions": {
                    "code": "MAX_COST_EXCEEDED",
                    "cost": requested,
                    "maxCost": MAX_COST,
                    "documentation": _LIMITS_PAGE,
                },
            }
        ]
    }


def _throttle(bucket: Bucket, call: Call) -> Answer:
    return {
        "maximumAvailable": bucket.size,
        "currentlyAvailable": int(bucket.available(call.world.now())),
        "restoreRate": bucket.rate,
    }


def _throttled(bucket: Bucket, requested: int, call: Call) -> Answer:
    cost = {
        "requestedQueryCost": requested,
        "actualQueryCost": None,
        "throttleStatus": _throttle(bucket, call),
    }
    return {
        "errors": [
            {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": _LIMITS_PAGE}}
        ],
        "extensions": {"cost": cost},
    }


def _complete(result: ExecutionResult, call: Call, cost: Answer, bucket: Bucket) -> Answer:
    answer: Answer = {}
    if result.errors:
        answer["errors"] = [_told(error) for error in result.errors]
    answer["data"] = result.data
    answer["extensions"] = {"cost": cost | {"throttleStatus": _throttle(bucket, call)}}
    if call.searches:
        answer["extensions"]["search"] = call.searches
    return answer


def _told(error: GraphQLError) -> Answer:
    """Word an error of a resolver; a fault of the sandbox itself is not dressed up as an answer."""
    original = error.original_error
    if original is not None and not isinstance(original, GraphQLError):
        raise original
    told: Answer = {"message": error.message, "locations": _places(error), "path": list(error.path or ())}
    if error.extensions:
        told["extensions"] = dict(error.extensions)
    return told
