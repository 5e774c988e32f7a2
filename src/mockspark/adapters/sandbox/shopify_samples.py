"""Invented orders of personalized products: every case that a shop meets in its first month, and how it should end.

Persons are fictional; addresses of e-mail and the web are reserved for examples, telephone numbers are fictional ones.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from attrs import evolve, frozen

from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft
from mockspark.adapters.sandbox.shopify_store import Pairs, PostalAddress

NO_WIDTH: Final = "\u200b"


@frozen(kw_only=True)
class SampleVariant:
    """One thing that the invented shops sell.

    *ours* is False for what others fulfill, *mapped* for what no provider was chosen for yet, *in_stock* for what
    the provider cannot make now. *text* is the property that a template would be filled from.
    """

    sku: str
    product_id: int
    variant_id: int
    title: str
    variant_title: str | None
    price: str
    grams: int
    vendor: str = "Pinewood Prints"
    ours: bool = True
    mapped: bool = True
    in_stock: bool = True
    text: str = ""


def _variant(
    n: int, sku: str, title: str, option: str | None, price: str, grams: int, **more: Any
) -> SampleVariant:
    return SampleVariant(
        sku=sku,
        product_id=7_400_000_000_000 + n // 10,
        variant_id=42_600_000_000_000 + n,
        title=title,
        variant_title=option,
        price=price,
        grams=grams,
        **more,
    )


MUG: Final = _variant(11, "MUG-11-WHT", "Personalized mug", "11 oz / White", "16.90", 420)
MUG_LARGE: Final = _variant(12, "MUG-15-WHT", "Personalized mug", "15 oz / White", "19.90", 540)
SHIRT_M: Final = _variant(21, "TEE-BLK-M", "Custom text tee", "Black / M", "24.00", 190, text="Text")
SHIRT_XL: Final = _variant(22, "TEE-BLK-XL", "Custom text tee", "Black / XL", "26.00", 220, text="Text")
POSTER: Final = _variant(31, "POSTER-18X24", "Family poster", '18" x 24"', "29.00", 160)
PHONE_CASE: Final = _variant(41, "CASE-P15", "Photo phone case", "P15 / Glossy", "22.50", 60)
CUSHION: Final = _variant(51, "CUSHION-16", "Pet portrait cushion", '16" x 16"', "31.00", 380)
OUT_OF_STOCK: Final = _variant(
    61, "HOODIE-GRN-S", "Name hoodie", "Forest green / S", "44.00", 520, in_stock=False
)
CANDLE: Final = _variant(
    71, "CANDLE-VAN", "Vanilla candle", None, "12.00", 300, vendor="Wick & Co", ours=False
)
BOOK: Final = _variant(
    81, "BOOK-CATS", "A book about cats", None, "18.00", 450, vendor="Paper Fox", ours=False
)
UNMAPPED: Final = _variant(91, "BLANKET-50X60", "Photo blanket", '50" x 60"', "58.00", 900, mapped=False)
E_BOOK: Final = _variant(101, "EBOOK-CARE", "Care guide (download)", None, "5.00", 0, ours=False)

SAMPLE_VARIANTS: Final[Sequence[SampleVariant]] = (
    MUG, MUG_LARGE, SHIRT_M, SHIRT_XL, POSTER, PHONE_CASE, CUSHION, OUT_OF_STOCK, CANDLE, BOOK, UNMAPPED,
    E_BOOK,
)  # fmt: skip
"""Everything that `samples` sells: what a demonstration makes listings of."""

FULFILLED: Final = "fulfilled"
READY: Final = "ready_to_fulfill"
NOT_OURS: Final = "filtered:not_ours"
ADD_ON: Final = "filtered:price_addon"
IGNORED: Final = "ignored"
CANCELED: Final = "canceled"


def held(reason: str) -> str:
    """Return the outcome of an item that waits for *reason*."""
    return f"on_hold:{reason}"


@frozen(kw_only=True)
class Sample:
    """An order, and for each of its lines how it should end once everything ready was sent and shipped.

    Outcomes are an item's last status (`fulfilled`, `canceled`, `ready_to_fulfill` for test orders, which
    are never sent), `on_hold:` with the reason, `filtered:` with why a line became no item,
    `ignored` for an order that is not taken.
    *then* is what the merchant does after a while: `cancel`, `refund` (one unit of the last line), `pay`.
    """

    draft: OrderDraft
    expected: tuple[str, ...]
    then: str = ""

    @property
    def scenario(self) -> str:
        """Return what the order is for; no shop ever tells it."""
        return self.draft.scenario


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
    _person("Leila", "Haddadin", _us("55 Example Court", "Dearborn", "Michigan", "MI", "48120"), None, "ar"),
    _person(
        "Ivy", "Quillfeather", _us("640 Specimen Road", "Madison", "Wisconsin", "WI", "53703"), "+15555550104"
    ),
    _person("Jonas", "Rademark", _us("12 Dummy Hill", "Burlington", "Vermont", "VT", "05401")),
    _person("Keiko", "Satomura", _us("801 Mock Parkway", "Seattle", "Washington", "WA", "98101", "#1702")),
)
_CANADA: Final = PostalAddress(
    address1="71 Example Crescent",
    city="Toronto",
    province="Ontario",
    province_code="ON",
    zip="M4B 1B3",
    country="Canada",
    country_code="CA",
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


_CURRENCIES: Final[Mapping[str, str]] = {"SE": "SEK", "ES": "EUR", "DE": "EUR", "GB": "GBP", "CA": "CAD"}


def _order(
    scenario: str, person: _Person, *lines: LineDraft, expected: Sequence[str] = (), **more: Any
) -> Sample:
    draft = OrderDraft(
        scenario=scenario,
        lines=lines,
        address=person.address,
        email=person.email,
        phone=person.address.phone,
        first_name=person.first,
        last_name=person.last,
        locale=person.locale,
        currency=_CURRENCIES.get(person.address.country_code, "USD"),
    )
    outcomes = tuple(expected) or (FULFILLED,) * len(lines)
    return Sample(draft=evolve(draft, **more), expected=outcomes)


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


def _one_mug(shelf: _Shelf) -> Iterator[Sample]:
    yield _order("own design", shelf.person(), _line(MUG, own_shape(shelf, Name=shelf.name())))


def _mixed(shelf: _Shelf) -> Iterator[Sample]:
    lines = (_line(CANDLE), _line(SHIRT_M, plain_shape(Text=shelf.text())), _line(BOOK, quantity=2))
    expected = (NOT_OURS, FULFILLED, NOT_OURS)
    yield _order("mixed with foreign products", shelf.person(), *lines, expected=expected)


def _only_foreign(shelf: _Shelf) -> Iterator[Sample]:
    lines = (_line(CANDLE, quantity=3),)
    yield _order("foreign products only", shelf.person(), *lines, expected=(NOT_OURS,))


def _quantities(shelf: _Shelf) -> Iterator[Sample]:
    design = own_shape(shelf, Name=shelf.name())
    yield _order("quantities", shelf.person(), _line(MUG, design, 4), _line(POSTER, own_shape(shelf), 2))


def _same_customer(shelf: _Shelf) -> Iterator[Sample]:
    for person in (_ADA, _PEOPLE[0], _PEOPLE[7]):
        for variant, quantity in ((MUG, 1), (MUG_LARGE, 2)):
            line = _line(variant, own_shape(shelf, Name=shelf.name()), quantity)
            yield _order("two orders of one customer", person, line)


def _same_door(shelf: _Shelf) -> Iterator[Sample]:
    written = (
        _us("220 Example Terrace", "Boulder", "Colorado", "CO", "80302", "Apt. 5"),
        _us("220  EXAMPLE TERRACE", "boulder", "Colorado", "CO", "80302", "apt 5"),
        _us("220 Example Terrace, Apt 5", "Boulder", "Colorado", "CO", "80302"),
    )
    for address in written:
        line = _line(SHIRT_XL, plain_shape(Text=shelf.text()))
        yield _order("one door, spelled differently", _person("Lena", "Thornbury", address), line)


def _near_miss(shelf: _Shelf) -> Iterator[Sample]:
    for apartment in ("Apt 5", "Apt 6"):
        address = _us("31 Example Mews", "Boulder", "Colorado", "CO", "80302", apartment)
        line = _line(MUG, own_shape(shelf, Name=shelf.name()))
        yield _order("neighbors", _person("Omar", "Vance", address), line)


def _sold_out(shelf: _Shelf) -> Iterator[Sample]:
    line = _line(OUT_OF_STOCK, own_shape(shelf, Name=shelf.name()))
    yield _order("out of stock", shelf.person(), line, expected=(held("out_of_stock"),))


def _missing(shelf: _Shelf) -> Iterator[Sample]:
    waits = (held("missing_personalization"),)
    yield _order("missing personalization", shelf.person(), _line(MUG), expected=waits)
    blank = _line(SHIRT_M, plain_shape(Text="", Font=""))
    yield _order("blank personalization", shelf.person(), blank, expected=waits)


def _difficult_text(shelf: _Shelf) -> Iterator[Sample]:
    for text in ("Zoë & Søren ♥ 2026", "Line one\r\nLine two", "Łukasz — Мария"):
        yield _order("difficult text", shelf.person(), _line(SHIRT_M, plain_shape(Text=text)))


def _strange_text(shelf: _Shelf) -> Iterator[Sample]:
    waits = (held("missing_glyph"),)
    for text in ("Captain Biscuit \uf8ff", "\ue415 Max"):
        line = _line(SHIRT_M, plain_shape(Text=text))
        yield _order("letters without a shape", shelf.person(), line, expected=waits)


def _customily(shelf: _Shelf) -> Iterator[Sample]:
    design = customily_shape(shelf, shelf.name(), shelf.name())
    yield _order("Customily", shelf.person(), _line(POSTER, design))


def _zepto(shelf: _Shelf) -> Iterator[Sample]:
    lines = (
        _line(MUG, zepto_shape(shelf, "AB", "This is a\r\ntest")),
        _add_on("Item Personalization", "3.00", ("_Customization For", MUG.title)),
    )
    expected = (FULFILLED, ADD_ON)
    yield _order("Zepto with a price add-on", shelf.person(), *lines, expected=expected)


def _teeinblue(shelf: _Shelf) -> Iterator[Sample]:
    parent = shelf.token()
    lines = (
        _line(CUSHION, teeinblue_shape(shelf, shelf.name(), parent)),
        _add_on("Gift wrap", "4.50", ("_parentKey", parent)),
    )
    expected = (FULFILLED, ADD_ON)
    yield _order("Teeinblue with a price add-on", shelf.person(), *lines, expected=expected)


def _test_order(shelf: _Shelf) -> Iterator[Sample]:
    line = _line(MUG, own_shape(shelf, Name="Test"))
    yield _order("test order", shelf.person(), line, expected=(READY,), test=True)


def _free(shelf: _Shelf) -> Iterator[Sample]:
    free = evolve(_line(MUG, own_shape(shelf, Name=shelf.name())), price="0.00")
    yield _order("zero total", shelf.person(), free, shipping_price="0.00")


def _unmapped(shelf: _Shelf) -> Iterator[Sample]:
    line = _line(UNMAPPED, own_shape(shelf, Name=shelf.name()))
    yield _order("unmapped SKU", shelf.person(), line, expected=(held("unmapped_product"),))


def _photos(shelf: _Shelf) -> Iterator[Sample]:
    low = (("Photo", shelf.picture("small-photo", 120, 160, "jpg")),)
    broken = (("Photo", shelf.picture("broken-upload", 1, 1)),)
    sharp = (("Photo", shelf.picture("photo", 2000, 3000, "jpg")),)
    for scenario, photo, outcome in (
        ("low-resolution photo", low, held("low_resolution")),
        ("broken photo", broken, held("render_failed")),
        ("photo", sharp, FULFILLED),
    ):
        yield _order(scenario, shelf.person(), _line(PHONE_CASE, photo), expected=(outcome,))


def _noted(shelf: _Shelf) -> Iterator[Sample]:
    yield _order(
        "gift note",
        shelf.person(),
        _line(CUSHION, own_shape(shelf, Name=shelf.name())),
        note="Please no invoice in the parcel, it is a gift 🎁",
        note_attributes=(("gift", "yes"), ("_ga", "GA1.2.3")),
        tags=("gift", "rush"),
    )


def _three_lines(shelf: _Shelf) -> Iterator[Sample]:
    lines = (
        _line(MUG, own_shape(shelf, Name=shelf.name())),
        _line(SHIRT_XL, plain_shape(Text=shelf.text())),
        _line(POSTER, own_shape(shelf, Name=shelf.name())),
    )
    yield _order("three products of ours", shelf.person(), *lines)


def _with_download(shelf: _Shelf) -> Iterator[Sample]:
    download = evolve(_line(E_BOOK), requires_shipping=False)
    lines = (_line(MUG, own_shape(shelf, Name=shelf.name())), download)
    yield _order("with a download", shelf.person(), *lines, expected=(FULFILLED, NOT_OURS))


def _addresses(shelf: _Shelf) -> Iterator[Sample]:
    lacking = _person("Paula", "Incomplete", _us("", "Boise", "Idaho", "ID", ""))
    abroad = _person("Quentin", "Sainte-Vale", _CANADA)
    line = _line(MUG, own_shape(shelf, Name=shelf.name()))
    yield _order("incomplete address", lacking, line, expected=(held("address_incomplete"),))
    yield _order("another country", abroad, line)


def _unpaid(shelf: _Shelf) -> Iterator[Sample]:
    line = _line(MUG, own_shape(shelf, Name=shelf.name()))
    for status in ("authorized", "pending"):
        yield _order(status, shelf.person(), line, expected=(IGNORED,), financial_status=status)


def _paid_late(shelf: _Shelf) -> Iterator[Sample]:
    line = _line(MUG, own_shape(shelf, Name=shelf.name()))
    yield evolve(_order("paid later", shelf.person(), line, financial_status="authorized"), then="pay")


def _cancelled(shelf: _Shelf) -> Iterator[Sample]:
    line = _line(POSTER, own_shape(shelf))
    yield evolve(_order("cancelled after paying", shelf.person(), line, expected=(CANCELED,)), then="cancel")


def _refunded(shelf: _Shelf) -> Iterator[Sample]:
    lines = (_line(MUG, own_shape(shelf)), _line(CUSHION, own_shape(shelf), 3))
    yield evolve(_order("partially refunded", shelf.person(), *lines), then="refund")


_SCENARIOS: Final[Sequence[Callable[[_Shelf], Iterator[Sample]]]] = (
    _one_mug, _mixed, _quantities, _same_customer, _sold_out, _missing, _difficult_text, _strange_text, _customily,
    _zepto, _teeinblue, _test_order, _free, _unmapped, _same_door, _near_miss, _photos, _noted, _three_lines,
    _only_foreign, _with_download, _addresses, _unpaid, _paid_late, _cancelled, _refunded,
)  # fmt: skip
_EVERYDAY: Final[Mapping[Callable[[_Shelf], Iterator[Sample]], int]] = {
    _one_mug: 5,
    _mixed: 2,
    _quantities: 2,
    _customily: 2,
    _three_lines: 2,
    _zepto: 1,
    _teeinblue: 1,
}


def samples(
    seed: int, count: int = 50, *, pictures: str = "http://127.0.0.1:4000/pictures"
) -> tuple[Sample, ...]:
    """Return *count* invented orders, equal for an equal *seed*: each special case first, then everyday ones.

    *pictures* is where the sandbox serves them, without a trailing slash.
    """
    shelf = _Shelf(random=Random(f"sample-orders/{seed}"), pictures=pictures)
    made = [sample for scenario in _SCENARIOS for sample in scenario(shelf)]
    while len(made) < count:
        (scenario,) = shelf.random.choices(list(_EVERYDAY), list(_EVERYDAY.values()))
        made.extend(scenario(shelf))
    return tuple(made[:count])


def sample_orders(
    seed: int, count: int = 50, *, pictures: str = "http://127.0.0.1:4000/pictures"
) -> tuple[OrderDraft, ...]:
    """Return the orders of `samples` alone."""
    return tuple(sample.draft for sample in samples(seed, count, pictures=pictures))
