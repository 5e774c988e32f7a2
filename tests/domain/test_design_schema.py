"""The JSON Schema and the reader agree on what a design document is."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mockspark.domain.design import Design
from mockspark.domain.design_schema import LAYERS, schema
from mockspark.domain.errors import InvalidValue

VALIDATOR = Draft202012Validator(schema())


def of(part: Any) -> st.SearchStrategy[Any]:
    """Return values that a part of the schema allows, as far as the reader's further rules do."""
    if "$ref" in part:
        return PARTS[part["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in part:
        return st.one_of([of(one) for one in part["anyOf"]])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    return {"integer": integers, "boolean": lambda _: st.booleans(), "string": strings, "array": lists}[
        part["type"]
    ](part)


def integers(part: Any) -> st.SearchStrategy[int]:
    return st.integers(part["minimum"], part["maximum"])


def lists(part: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(of(part["items"]), max_size=min(part["maxItems"], 3))


def strings(part: Any) -> st.SearchStrategy[str]:
    pattern = part.get("pattern", "")
    if "#" in pattern:
        return st.sampled_from(["#1c3f66", "#FFFFFF"])
    if "MLQCZ" in pattern:
        return st.sampled_from(["M0 0L10 0L10 10Z", "M0,0Q5 5 10 0C1 2 3 4 5 6"])
    return st.text(min_size=part["minLength"], max_size=5)


PARTS: dict[str, st.SearchStrategy[Any]] = {
    "gradient": st.fixed_dictionaries({"stops": st.just([[0, "#000000"], [1000, "#ffffff", 500]])}),
    "shadow": st.fixed_dictionaries({}, optional={"dx": st.integers(-9, 9), "blur": st.integers(0, 9)}),
    "mask": st.sampled_from([{"d": "M0 0L9 0L9 9Z"}, {"asset": "sha256:ab"}]),
    "lock": st.fixed_dictionaries({}, optional={"may": st.just(["text", "move"]), "max_chars": st.just(9)}),
}
LEFT_OUT = frozenset({"type", "crop", "layers", "d", "colors", "name", "hidden", "id", "area"})


def layer(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    members = {key: of(part) for key, part in LAYERS[kind]["properties"].items() if key not in LEFT_OUT}
    given = {
        "type": st.just(kind),
        "area": st.just("front"),
        "d": st.just("M0 0L9 0L9 9Z"),
        "w": members.pop("w"),
    }
    return st.fixed_dictionaries(given, optional=members)


PLAIN = st.one_of([layer(kind) for kind in ("image", "text", "shape", "clipart")])
GROUPS = st.builds(
    lambda group, inner: {**group, "layers": inner}, layer("group"), st.lists(PLAIN, max_size=2)
)


def document(layers: list[Any]) -> dict[str, Any]:
    return {"schema": 1, "areas": {"front": {"w": 100, "h": 50}}, "layers": layers}


@settings(max_examples=150)
@given(st.lists(PLAIN | GROUPS, max_size=3))
def test_what_the_schema_allows_is_read(layers: list[dict[str, Any]]) -> None:
    """A document that validates is a design, members and all."""
    VALIDATOR.validate(document(layers))

    assert len(layers) == len(Design.of(document(layers)).layers)


@settings(max_examples=150)
@given(
    PLAIN,
    st.sampled_from(["opacity", "x", "w", "rot", "size", "fit", "fill", "blend"]),
    st.sampled_from([1.5, -1, "x", None, [], {}]),
)
def test_what_is_read_is_allowed_by_the_schema(one: dict[str, Any], member: str, value: Any) -> None:
    """The reader lets nothing through that the schema forbids."""
    changed = document([{**one, member: value}])
    try:
        Design.of(changed)
    except InvalidValue:
        return

    assert [] == [problem.message for problem in VALIDATOR.iter_errors(changed)]


def test_the_schema_is_one() -> None:
    """It is valid itself."""
    Draft202012Validator.check_schema(schema())
