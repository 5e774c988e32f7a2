"""Printify's catalogue: blueprints, who prints them, and which variants can be had."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from attrs import field, frozen

from mockspark.adapters.fulfillment.printify_refusals import rejected
from mockspark.adapters.remote import Answer, Remote
from mockspark.application.ports.fulfillment import ProviderProduct
from mockspark.domain.catalog import PrintArea

FRESH_FOR: Final = timedelta(minutes=5)
_MOST_KEPT: Final = 2000

Json = Mapping[str, Any]
Offer = tuple[str, str]
"""Blueprint and print provider."""


@frozen(kw_only=True)
class Catalog:
    """Reads the catalogue; what is in stock is remembered for a few minutes per offer."""

    remote: Remote
    clock: Callable[[], datetime]
    _stock: dict[Offer, tuple[datetime, frozenset[str]]] = field(factory=dict, repr=False)

    async def products(self, search: str) -> AsyncIterator[ProviderProduct]:
        """Yield blank variants whose blueprint has every word of *search*, sold-out ones included."""
        for blueprint in await self._read("/v1/catalog/blueprints.json", _list):
            if not _matches(blueprint, search):
                continue
            for provider in await self._read(f"{_blueprint(blueprint['id'])}/print_providers.json", _list):
                async for product in self._variants(blueprint, provider):
                    yield product

    async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
        """Tell for each variant whether it can be printed now."""
        return [
            key.get("variant_id", "")
            in await self._in_stock((_digits(key, "blueprint_id"), _digits(key, "print_provider_id")))
            for key in keys
        ]

    async def _variants(self, blueprint: Json, provider: Json) -> AsyncIterator[ProviderProduct]:
        offer = (str(blueprint["id"]), str(provider["id"]))
        everything = await self._read(f"{_offer(offer)}/variants.json", _variants, everything=True)
        in_stock = await self._in_stock(offer)
        for variant in everything:
            yield _product(blueprint, provider, variant, available=str(variant["id"]) in in_stock)

    async def _in_stock(self, offer: Offer) -> frozenset[str]:
        known = self._stock.get(offer)
        now = self.clock()
        if known is not None and now - known[0] < FRESH_FOR:
            return known[1]
        # Sold-out variants vanish from the list unless they are asked for.
        found = await self._ids(offer) if all(offer) else frozenset()
        if len(self._stock) >= _MOST_KEPT:
            self._stock.clear()
        self._stock[offer] = (now, found)
        return found

    async def _ids(self, offer: Offer) -> frozenset[str]:
        answer = await self.remote.get(f"{_offer(offer)}/variants.json")
        if answer.status == HTTPStatus.NOT_FOUND:
            return frozenset()
        return frozenset(str(variant["id"]) for variant in _taken(answer).read(_variants))

    async def _read(
        self, path: str, reader: Callable[[Any], Sequence[Json]], *, everything: bool = False
    ) -> Sequence[Json]:
        params = {"show-out-of-stock": 1} if everything else None
        return _taken(await self.remote.get(path, params)).read(reader)


def _taken(answer: Answer) -> Answer:
    if not answer.ok:
        raise rejected(answer)
    return answer


def _matches(blueprint: Json, search: str) -> bool:
    text = " ".join(str(blueprint.get(name) or "") for name in ("id", "title", "brand", "model")).casefold()
    return all(word in text for word in search.casefold().split())


def _product(blueprint: Json, provider: Json, variant: Json, *, available: bool) -> ProviderProduct:
    return ProviderProduct(
        keys={
            "blueprint_id": str(blueprint["id"]),
            "print_provider_id": str(provider["id"]),
            "variant_id": str(variant["id"]),
        },
        title=f"{blueprint['title']}, {variant['title']} ({provider['title']})",
        available=available,
        print_areas=tuple(_area(placeholder) for placeholder in variant.get("placeholders") or ()),
    )


def _area(placeholder: Json) -> PrintArea:
    return PrintArea(
        key=str(placeholder["position"]).lower(),
        width_px=int(placeholder["width"]),
        height_px=int(placeholder["height"]),
        required=False,
    )


def _list(told: Any) -> Sequence[Json]:
    return list(told)


def _variants(told: Any) -> Sequence[Json]:
    return list(told["variants"])


def _digits(keys: Mapping[str, str], name: str) -> str:
    value = keys.get(name, "")
    return value if value.isdecimal() else ""


def _blueprint(number: object) -> str:
    return f"/v1/catalog/blueprints/{int(str(number))}"


def _offer(offer: Offer) -> str:
    return f"{_blueprint(offer[0])}/print_providers/{int(offer[1])}"
