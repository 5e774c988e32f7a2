"""Invented paid orders of personalized products: every case that a shop meets in its first month.

Persons are fictional; addresses of e-mail and the web are reserved for examples, telephone numbers are fictional ones.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Final

from attrs import evolve, frozen

from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft
from mockspark.adapters.sandbox.shopify_store import Pairs, PostalAddress

NO_WIDTH: Final = "\u200b"


@frozen(kw_only=True)
class SampleVariant:
    """One thing that the invented shops sell; *ours* is False for what others fulfill."""

    sku: str
    product_id: int
    variant_id: int
    title: str
    variant_title: str | None
    price: str
    grams: int
    vendor: str = "Pinewood Prints"
    ours: bool = True


def _variant(
    n: int, sku: str, title: str, option: str | None, price: str, grams: int, **more: object
) -> SampleVariant:
    return SampleVariant(
        sku=sku,
        product_id=7_400_000_000_000 + n // 10,
        variant_id=42_600_000_000_000 + n,
        title=title,
        variant_title=option,
        price=price,
        grams=grams,
        vendor=str(more.get("vendor", "Pinewood Prints")),
        ours=bool(more.get("ours", True)),
    )


MUG: Final = _variant(11, "MUG-11-WHT", "Personalized mug", "11 oz / White", "16.90", 420)
MUG_LARGE: Final = _variant(12, "MUG-15-WHT", "Personalized mug", "15 oz / White", "19.90", 540)
SHIRT_M: Final = _variant(21, "TEE-BLK-M", "Custom text tee", "Black / M", "24.00", 190)
SHIRT_XL: Final = _variant(22, "TEE-BLK-XL", "Custom text tee", "Black / XL", "26.00", 220)
POSTER: Final = _variant(31, "POSTER-18X24", "Family poster", '18" x 24"', "29.00", 160)
PHONE_CASE: Final = _variant(41, "CASE-P15", "Photo phone case", "P15 / Glossy", "22.50", 60)
CUSHION: Final = _variant(51, "CUSHION-16", "Pet portrait cushion", '16" x 16"', "31.00", 380)
OUT_OF_STOCK: Final = _variant(61, "HOODIE-GRN-S", "Name hoodie", "Forest green / S", "44.00", 520)
CANDLE: Final = _variant(
    71, "CANDLE-VAN", "Vanilla candle", None, "12.00", 300, vendor="Wick & Co", ours=False
)
BOOK: Final = _variant(
    81, "BOOK-CATS", "A book about cats", None, "18.00", 450, vendor="Paper Fox", ours=False
)
UNMAPPED: Final = _variant(91, "BLANKET-50X60", "Photo blanket", '50" x 60"', "58.00", 900)

SAMPLE_VARIANTS: Final[Sequence[SampleVariant]] = (
    MUG, MUG_LARGE, SHIRT_M, SHIRT_XL, POSTER, PHONE_CASE, CUSHION, OUT_OF_STOCK, CANDLE, BOOK, UNMAPPED,
)  # fmt: skip
"""Everything that `sample_orders` sells. `OUT_OF_STOCK` and `UNMAPPED` are told apart by their SKU only."""


@frozen(kw_only=True)
class _Person:
    first: str
    last: str
    address: PostalAddress
    locale: str = "en"

    @property
    def email(self) -> str:
        plain = f"{self.first}.{self.last}".lower().replace(" ", "-")
        ascii_only = "".join(c for c in plain if c.isascii())
        return f"{ascii_only.strip('.') or 'buyer'}@example.com"


def _us(line: str, city: str, state: str, code: str, post: str, second: str | None = None) -> PostalAddress:
    return PostalAddress(
        address1=line, address2=second, city=city, province=state, province_code=code, zip=post
    )


def _abroad(line: str, city: str, post: str, country: str, code: str) -> PostalAddress:
    return PostalAddress(address1=line, city=city, zip=post, country=country, country_code=code)


def _person(
    first: str, last: str, address: PostalAddress, phone: str | None = None, locale: str = "en"
) -> _Person:
    named = evolve(address, first_name=first, last_name=last, phone=phone)
    return _Person(first=first, last=last, address=named, locale=locale)


_ADA: Final = _person(
    "Ada", "Fernwood", _us("18 Example Drive", "Arlington", "Texas", "TX", "76010"), "+15555550101"
)
_PEOPLE: Final[Sequence[_Person]] = (
    _person("Bruno", "Halvorsen", _us("402 Sample Street", "Portland", "Oregon", "OR", "97205", "Apt 3B")),
    _person("Chidi", "Okwuosa", _us("9 Placeholder Lane", "Columbus", "Ohio", "OH", "43004"), "+15555550102"),
    _person("Dana", "Whitlow", _us("77 Invented Avenue", "Denver", "Colorado", "CO", "80014", "Unit 12")),
    _person(
        "Elif", "Karaova", _us("3100 Fictional Boulevard", "Tampa", "Florida", "FL", "33602"), "+15555550103"
    ),
    _person("Zoë", "Lindqvåg", _abroad("Exempelgatan 4", "Malmö", "211 19", "Sweden", "SE"), None, "sv"),
    _person(
        "José", "Marañilla", _abroad("Calle de Ejemplo 12", "Valencia", "46001", "Spain", "ES"), None, "es"
    ),
    _person(
        "Greta", "Moosbühler", _abroad("Musterstraße 5", "München", "80331", "Germany", "DE"), None, "de"
    ),
    _person("Hugh", "Pemberley-Ash", _abroad("1 Sample Row", "Leeds", "LS1 1AA", "United Kingdom", "GB")),
    _person("ليلى", "حدادين", _us("55 Example Court", "Dearborn", "Michigan", "MI", "48120"), None, "ar"),
    _person(
        "Ivy", "Quillfeather", _us("640 Specimen Road", "Madison", "Wisconsin", "WI", "53703"), "+15555550104"
    ),
    _person("Jonas", "Rademark", _us("12 Dummy Hill", "Burlington", "Vermont", "VT", "05401")),
    _person("Keiko", "Satomura", _us("801 Mock Parkway", "Seattle", "Washington", "WA", "98101", "#1702")),
)
_NAMES: Final = (
    "Milo",
    "Luna",
    "Grandma Jo",
    "Theo & Ines",
    "Ruby",
    "The Halvorsens",
    "Captain Biscuit",
    "Noor",
)
_TEXTS: Final = (
    "Best dad ever",
    "Est. 2019",
    "Home is here",
    "Adventure awaits",
    "Coffee first",
    "Happy 30th!",
)


@frozen(kw_only=True)
class _Shelf:
    """Where a scenario takes its chances and its pictures from."""

    random: Random
    pictures: str

    def picture(self, name: str, width: int = 2400, height: int = 2400, kind: str = "png") -> str:
        return f"{self.pictures}/{width}x{height}/{name}-{self.random.randrange(1_000_000)}.{kind}"

    def person(self) -> _Person:
        return self.random.choice(_PEOPLE)

    def name(self) -> str:
        return self.random.choice(_NAMES)

    def text(self) -> str:
        return self.random.choice(_TEXTS)

    def token(self) -> str:
        return f"{self.random.getrandbits(64):016x}"


def _line(variant: SampleVariant, properties: Pairs = (), quantity: int = 1) -> LineDraft:
    return LineDraft(
        title=variant.title,
        variant_title=variant.variant_title,
        sku=variant.sku,
        product_id=variant.product_id,
        variant_id=variant.variant_id,
        vendor=variant.vendor,
        price=variant.price,
        grams=variant.grams,
        quantity=quantity,
        properties=properties,
    )


def _order(scenario: str, person: _Person, *lines: LineDraft) -> OrderDraft:
    return OrderDraft(
        scenario=scenario,
        lines=lines,
        address=person.address,
        email=person.email,
        phone=person.address.phone,
        first_name=person.first,
        last_name=person.last,
        locale=person.locale,
    )


# -- property shapes -----------------------------------------------------------------------------------------


def own_shape(shelf: _Shelf, **visible: str) -> Pairs:
    """Return properties as our own personalizer leaves them."""
    hidden = (("_design_id", shelf.token()), ("_design_url", shelf.picture("own")))
    return (*visible.items(), *hidden, ("_preview_url", shelf.picture("preview", 600, 600, "jpg")))


def plain_shape(**visible: str) -> Pairs:
    """Return what a theme's input boxes leave: visible answers only."""
    return tuple(visible.items())


def customily_shape(shelf: _Shelf, first: str, second: str) -> Pairs:
    """Return Customily's keys; an option's repeated name is told apart by a character of no width."""
    token = shelf.token()
    return (
        ("Name", first),
        (f"Name{NO_WIDTH}", second),
        ("_customily-preview", shelf.picture("customily-preview", 800, 800, "jpg")),
        ("_customily-thumb", shelf.picture("customily-thumb", 200, 200, "jpg")),
        ("_customily-thumb-id", token),
        ("_customily-production-url", shelf.picture("customily", 2000, 2400)),
        ("_customily-personalization-id", token),
    )


def zepto_shape(shelf: _Shelf, initials: str, text: str) -> Pairs:
    """Return Zepto's keys: `_pplr_preview` names the visible property that holds the picture."""
    return (
        ("Initials", initials),
        ("Custom Text", text),
        ("Preview", shelf.picture("zepto", 2400, 1050, "jpg")),
        ("_pplr_preview", "Preview"),
        ("_pplr_customization_id", shelf.token()),
    )


def teeinblue_shape(shelf: _Shelf, name: str, parent: str) -> Pairs:
    """Return Teeinblue's keys."""
    return (
        ("Pet name", name),
        ("_tib_design_link_1", shelf.picture("teeinblue", 2400, 2400)),
        ("_customization_image", shelf.picture("teeinblue-preview", 700, 700, "jpg")),
        ("_parentKey", parent),
    )


def _add_on(title: str, price: str, *properties: tuple[str, str | None]) -> LineDraft:
    return LineDraft(
        title=title,
        sku="",
        product_id=7_400_000_000_999,
        variant_id=42_600_000_009_990,
        vendor="Pinewood Prints",
        price=price,
        grams=0,
        requires_shipping=False,
        properties=properties,
    )


# -- scenarios -----------------------------------------------------------------------------------------------


def _one_mug(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield _order("own design", shelf.person(), _line(MUG, own_shape(shelf, Name=shelf.name())))


def _mixed(shelf: _Shelf) -> Iterator[OrderDraft]:
    lines = (_line(CANDLE), _line(SHIRT_M, own_shape(shelf, Text=shelf.text())), _line(BOOK, quantity=2))
    yield _order("mixed with foreign products", shelf.person(), *lines)


def _only_foreign(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield _order("foreign products only", shelf.person(), _line(CANDLE, quantity=3))


def _quantities(shelf: _Shelf) -> Iterator[OrderDraft]:
    design = own_shape(shelf, Name=shelf.name())
    yield _order("quantities", shelf.person(), _line(MUG, design, 4), _line(POSTER, own_shape(shelf), 2))


def _same_customer(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield _order("two orders of one customer", _ADA, _line(MUG, own_shape(shelf, Name="Ada")))
    yield _order("two orders of one customer", _ADA, _line(MUG_LARGE, own_shape(shelf, Name="Sam"), 2))


def _same_door(shelf: _Shelf) -> Iterator[OrderDraft]:
    written = (
        _us("220 Example Terrace", "Boulder", "Colorado", "CO", "80302", "Apt. 5"),
        _us("220  EXAMPLE TERRACE", "boulder", "Colorado", "CO", "80302", "apt 5"),
        _us("220 Example Terrace, Apt 5", "Boulder", "Colorado", "CO", "80302"),
    )
    for address in written:
        person = _person("Lena", "Thornbury", address)
        yield _order(
            "one door, spelled differently", person, _line(SHIRT_XL, own_shape(shelf, Text=shelf.text()))
        )


def _near_miss(shelf: _Shelf) -> Iterator[OrderDraft]:
    for apartment in ("Apt 5", "Apt 6"):
        address = _us("31 Example Mews", "Boulder", "Colorado", "CO", "80302", apartment)
        yield _order(
            "neighbors", _person("Omar", "Vance", address), _line(MUG, own_shape(shelf, Name=shelf.name()))
        )


def _sold_out(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield _order("out of stock", shelf.person(), _line(OUT_OF_STOCK, own_shape(shelf, Name=shelf.name())))


def _missing(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield _order("missing personalization", shelf.person(), _line(MUG))
    yield _order("blank personalization", shelf.person(), _line(SHIRT_M, plain_shape(Text="", Font="")))


def _difficult_text(shelf: _Shelf) -> Iterator[OrderDraft]:
    for text in (
        "Zoë & Søren ♥ 2026",
        "🐶 Captain Biscuit 🎉",
        "عائلة حدادين",
        "Line one\r\nLine two",
        "Łukasz — Ærø",
    ):
        yield _order("difficult text", shelf.person(), _line(SHIRT_M, plain_shape(Text=text)))


def _customily(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield _order(
        "Customily", shelf.person(), _line(POSTER, customily_shape(shelf, shelf.name(), shelf.name()))
    )


def _zepto(shelf: _Shelf) -> Iterator[OrderDraft]:
    lines = (
        _line(MUG, zepto_shape(shelf, "AB", "This is a\r\ntest")),
        _add_on("Item Personalization", "3.00", ("_Customization For", MUG.title)),
    )
    yield _order("Zepto with a price add-on", shelf.person(), *lines)


def _teeinblue(shelf: _Shelf) -> Iterator[OrderDraft]:
    parent = shelf.token()
    lines = (
        _line(CUSHION, teeinblue_shape(shelf, shelf.name(), parent)),
        _add_on("Gift wrap", "4.50", ("_parentKey", parent)),
    )
    yield _order("Teeinblue with a price add-on", shelf.person(), *lines)


def _test_order(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield evolve(_order("test order", shelf.person(), _line(MUG, own_shape(shelf, Name="Test"))), test=True)


def _free(shelf: _Shelf) -> Iterator[OrderDraft]:
    free = evolve(_line(MUG, own_shape(shelf, Name=shelf.name())), price="0.00")
    yield evolve(_order("zero total", shelf.person(), free), shipping_price="0.00")


def _unmapped(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield _order("unmapped SKU", shelf.person(), _line(UNMAPPED, own_shape(shelf, Name=shelf.name())))


def _photos(shelf: _Shelf) -> Iterator[OrderDraft]:
    low = (("Photo", shelf.picture("small-photo", 120, 160, "jpg")),)
    broken = (("Photo", shelf.picture("broken-upload", 1, 1)),)
    sharp = (("Photo", shelf.picture("photo", 2000, 3000, "jpg")),)
    yield _order("low-resolution photo", shelf.person(), _line(PHONE_CASE, low))
    yield _order("broken photo", shelf.person(), _line(PHONE_CASE, broken))
    yield _order("photo", shelf.person(), _line(PHONE_CASE, sharp))


def _noted(shelf: _Shelf) -> Iterator[OrderDraft]:
    yield evolve(
        _order("gift note", shelf.person(), _line(CUSHION, own_shape(shelf, Name=shelf.name()))),
        note="Please no invoice in the parcel, it is a gift 🎁",
        note_attributes=(("gift", "yes"), ("_ga", "GA1.2.3")),
        tags=("gift", "rush"),
    )


def _three_lines(shelf: _Shelf) -> Iterator[OrderDraft]:
    lines = [_line(v, own_shape(shelf, Name=shelf.name())) for v in (MUG, SHIRT_XL, POSTER)]
    yield _order("three products of ours", shelf.person(), *lines)


_SCENARIOS: Final[Sequence[Callable[[_Shelf], Iterator[OrderDraft]]]] = (
    _one_mug, _mixed, _quantities, _same_customer, _sold_out, _missing, _difficult_text, _customily, _zepto,
    _teeinblue, _test_order, _free, _unmapped, _same_door, _near_miss, _photos, _noted, _three_lines, _only_foreign,
)  # fmt: skip
_EVERYDAY: Final[Mapping[Callable[[_Shelf], Iterator[OrderDraft]], int]] = {
    _one_mug: 5,
    _mixed: 2,
    _quantities: 2,
    _customily: 2,
    _three_lines: 2,
    _zepto: 1,
    _teeinblue: 1,
}


def sample_orders(
    seed: int, count: int, *, pictures: str = "http://127.0.0.1:4000/cdn"
) -> tuple[OrderDraft, ...]:
    """Return *count* invented orders, equal for an equal *seed*: each special case first, then everyday ones.

    *pictures* is where the simulator serves them, without a trailing slash. `OrderDraft.scenario` says what an
    order is for; no shop ever tells it.
    """
    shelf = _Shelf(random=Random(f"sample-orders/{seed}"), pictures=pictures)
    drafts = [draft for scenario in _SCENARIOS for draft in scenario(shelf)]
    while len(drafts) < count:
        (scenario,) = shelf.random.choices(list(_EVERYDAY), list(_EVERYDAY.values()))
        drafts.extend(scenario(shelf))
    return tuple(drafts[:count])
