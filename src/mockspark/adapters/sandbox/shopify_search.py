"""The search syntax of `query:` arguments, with the habit that hurts: an invalid term is dropped and only warned of."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import Factory, define, frozen

from mockspark.adapters.sandbox.shopify_store import FulfillmentOrder, StoredOrder

_TOKEN: Final = re.compile(r"\s*(?:(?P<paren>[()])|(?P<term>(?:'[^']*'|\"[^\"]*\"|[^\s()'\"])+))")
_COMPARISON: Final = re.compile(r"^(>=|<=|>|<)?(.*)$", re.DOTALL)

Facts = Mapping[str, Any]


@frozen(kw_only=True)
class Term:
    """One `field:comparator value` of a query; an empty field searches the default texts."""

    field: str
    comparator: str
    value: str
    negated: bool = False


@define
class Search:
    """A query read once: tests things, and says what it ignored."""

    query: str
    terms: list[list[Term]] = Factory(list)
    warnings: list[dict[str, str]] = Factory(list)

    def matches(self, facts: Facts) -> bool:
        """Tell whether a thing with these *facts* is found."""
        groups = [group for group in self.terms if group]
        return not groups or any(all(_holds(term, facts) for term in group) for group in groups)

    def report(self, path: str) -> dict[str, Any] | None:
        """Return the entry of `extensions.search`, or None when nothing was ignored."""
        if not self.warnings:
            return None
        parsed = [[f"{term.field}:{term.comparator}{term.value}" for term in group] for group in self.terms]
        return {
            "path": [path],
            "query": self.query,
            "parsed": {"or": [{"and": group} for group in parsed]},
            "warnings": self.warnings,
        }


def read_search(query: str | None, known: frozenset[str]) -> Search:
    """Read a query over the *known* fields; alternatives joined by OR, terms by AND or a blank."""
    search = Search(query or "")
    group: list[Term] = []
    search.terms.append(group)
    negated = False
    for match in _TOKEN.finditer(search.query):
        word = match["term"]
        if word is None or word == "AND":
            continue
        if word == "OR":
            group = []
            search.terms.append(group)
            continue
        if word == "NOT":
            negated = True
            continue
        for term in _terms(word, negated=negated):
            _keep(term, known, group, search)
        negated = False
    return search


def _keep(term: Term, known: frozenset[str], group: list[Term], search: Search) -> None:
    if term.field and term.field not in known:
        search.warnings.append(
            {"field": term.field, "message": "Invalid search field for this query.", "code": "invalid_field"}
        )
        return
    group.append(term)


def _terms(word: str, *, negated: bool) -> list[Term]:
    """Split one word; the colons of an unquoted time begin new fields, as they do in the real store."""
    if word.startswith("-") and len(word) > 1:
        word, negated = word[1:], not negated
    name, colon, rest = word.partition(":")
    if not colon or name.startswith(("'", '"')):
        return [Term(field="", comparator="", value=_bare(word), negated=negated)]
    comparison = _COMPARISON.match(rest)
    comparator, value = (comparison[1] or "", comparison[2]) if comparison else ("", rest)
    if value.startswith(("'", '"')):
        return [Term(field=name, comparator=comparator, value=_bare(value), negated=negated)]
    value, more, after = value.partition(":")
    head = Term(field=name, comparator=comparator, value=value, negated=negated)
    return [head, *(_terms(after, negated=False) if more and ":" in after else ())]


def _bare(value: str) -> str:
    return value.strip("'\"")


def _holds(term: Term, facts: Facts) -> bool:
    found = facts.get("default", ()) if not term.field else facts.get(term.field)
    result = (
        any(_one(term, fact) for fact in found) if isinstance(found, (list, tuple)) else _one(term, found)
    )
    return result is not term.negated


def _one(term: Term, fact: object) -> bool:
    if fact is None:
        return False
    if isinstance(fact, datetime):
        wanted = read_moment(term.value)
        return wanted is not None and _COMPARE[term.comparator](fact.timestamp(), wanted.timestamp())
    if isinstance(fact, bool):
        return term.value.lower() == str(fact).lower()
    if isinstance(fact, int):
        digits = term.value.rpartition("/")[2]
        return digits.isdecimal() and _COMPARE[term.comparator](fact, int(digits))
    return _text(term, str(fact))


def _text(term: Term, fact: str) -> bool:
    wanted, have = term.value.casefold(), fact.casefold()
    if not term.field:
        return wanted in have
    return have.startswith(wanted[:-1]) if wanted.endswith("*") else have == wanted


_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "": lambda have, wanted: have == wanted,
    ">": lambda have, wanted: have > wanted,
    ">=": lambda have, wanted: have >= wanted,
    "<": lambda have, wanted: have < wanted,
    "<=": lambda have, wanted: have <= wanted,
}


def read_moment(value: str) -> datetime | None:
    """Read a date or time of a query; None when it is neither."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


ORDER_FIELDS: Final = frozenset(
    {
        "id", "name", "status", "financial_status", "fulfillment_status", "test", "tag", "tag_not", "email",
        "created_at", "updated_at", "processed_at", "sku", "source_name", "confirmation_number", "po_number",
        "customer_id", "risk_level", "cart_token", "checkout_token", "gateway", "channel",
    }
)  # fmt: skip
WORK_FIELDS: Final = frozenset({"id", "status", "assigned_location_id", "updated_at", "request_status"})


def order_facts(order: StoredOrder, fulfillment_status: str) -> Facts:
    """Return what a search can know of an order."""
    status = "cancelled" if order.cancelled_at else "closed" if order.closed_at else "open"
    return {
        "id": order.id,
        "name": [order.name, order.name.removeprefix("#")],
        "status": [status, "any", *(["not_closed"] if status == "open" else [])],
        "financial_status": order.financial_status,
        "fulfillment_status": [fulfillment_status.lower(), *_SHIPPED_WORDS.get(fulfillment_status, ())],
        "test": order.test,
        "tag": list(order.tags),
        "email": order.email,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "processed_at": order.processed_at,
        "sku": [line.sku for line in order.lines if line.sku],
        "source_name": order.source_name,
        "confirmation_number": order.confirmation,
        "po_number": order.po_number,
        "gateway": order.gateway,
        "customer_id": order.buyer.id if order.buyer else None,
        "default": [order.name, order.email or "", order.buyer.last_name if order.buyer else ""],
    }


_SHIPPED_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "UNFULFILLED": ("unshipped",),
    "FULFILLED": ("shipped",),
    "PARTIALLY_FULFILLED": ("partial",),
}


def work_facts(work: FulfillmentOrder) -> Facts:
    """Return what a search can know of a fulfillment order."""
    return {
        "id": work.id,
        "status": work.status.lower(),
        "request_status": work.request_status.lower(),
        "assigned_location_id": work.location_id,
        "updated_at": work.updated_at,
    }
