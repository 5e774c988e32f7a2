"""A design names a font; what the font lacks comes from others that fit it."""

import io
from pathlib import Path

import pytest
import uharfbuzz as hb
from fontTools.ttLib import TTCollection, TTFont

from mockspark.adapters.typesetting import packaged
from mockspark.adapters.typesetting.faces import Face, one_of
from mockspark.adapters.typesetting.fonts import FontBook, guessed_language
from mockspark.application.errors import Rejected

BOOK = FontBook()
UBUNTU = BOOK.face("Ubuntu", {}).content
THAI = BOOK.face("Noto Sans Thai", {}).content
CHINESE = 0x4E2D
THAI_KO_KAI = 0x0E01
FACE_WITH_TEARS = 0x1F602


def test_a_font_is_found_by_its_name_in_any_case() -> None:
    """The last word of a regular font may be left out."""
    found = {BOOK.face(name, {}) for name in ("Ubuntu", "UBUNTU regular", " ubuntu  Regular ")}

    assert ["Ubuntu Regular"] == [face.name for face in found]


def test_every_listed_name_is_known() -> None:
    """What the list offers, a design may use."""
    assert all(BOOK.knows(name) for name in BOOK.names)
    assert BOOK.knows("default")
    assert not BOOK.knows("Comic Sans")


def test_the_same_name_gives_the_same_face() -> None:
    """Whoever keeps something per face finds it again."""
    assert BOOK.chain("default", (), {}) == FontBook().chain("default", (), {})
    assert BOOK.face("Noto Sans Thai Bold", {}) is FontBook().face("noto sans thai bold", {})


def test_the_named_fonts_come_first_in_their_order() -> None:
    """A font, then its fallback, then everything else."""
    chain = BOOK.chain("Ubuntu", ("FiraGO Bold", "Noto Sans Thai"), {})

    assert ["Ubuntu Regular", "FiraGO Bold", "Noto Sans Thai"] == [face.name for face in chain[:3]]
    assert len(set(chain)) == len(chain)


def test_bold_fonts_are_filled_up_with_bold_ones() -> None:
    """A bold name with a Thai word in it is bold throughout."""
    han = first(("Ubuntu Bold",), CHINESE)

    assert first(("Ubuntu Bold",), THAI_KO_KAI).bold
    assert {"wght": 700.0} == dict(han.variations)
    assert not first(("Ubuntu",), CHINESE).bold


def test_italic_fonts_are_filled_up_with_italic_ones() -> None:
    """Letters that an italic font lacks are italic where there are such."""
    assert first(("Space Mono Italic",), ord("Ω")).italic


def test_a_variable_font_stands_at_its_regular_weight() -> None:
    """Some variable fonts are hairline thin unless they are told otherwise."""
    assert {"wght": 400.0} == dict(BOOK.face("Noto Sans CJK JP", {}).variations)


@pytest.mark.parametrize(
    ("language", "region"),
    [
        ("ja", "JP"),
        ("ja-JP", "JP"),
        ("ko", "KR"),
        ("zh", "SC"),
        ("zh-Hans", "SC"),
        ("zh-Hant", "TC"),
        ("zh_TW", "TC"),
        ("zh-HK", "HK"),
        ("", "SC"),
        ("de", "SC"),
    ],
)
def test_han_characters_look_as_their_language_writes_them(language: str, region: str) -> None:
    """Japanese, Korean and Chinese share characters, not their shapes."""
    assert f"Noto Sans CJK {region}" == first(("Ubuntu",), CHINESE, language=language).name


@pytest.mark.parametrize(
    ("text", "language"),
    [("こんにちは世界", "ja"), ("세계", "ko"), ("ㄅㄆㄇ世", "zh-Hant"), ("世界", ""), ("world", "")],
)
def test_letters_give_the_language_away(text: str, language: str) -> None:
    """Kana are Japanese, hangul is Korean; Han characters alone say nothing."""
    assert language == guessed_language(text)


def test_emoji_are_in_colour() -> None:
    """Of two fonts with an emoji the one in colours comes first."""
    assert first(("Ubuntu Bold",), FACE_WITH_TEARS).colour
    assert not BOOK.face("Noto Emoji", {}).colour


def test_a_file_in_the_folder_is_a_font_of_its_name(tmp_path: Path) -> None:
    """It counts as soon as it lies there, before packaged ones of that name, and until it is taken away."""
    book = FontBook(str(tmp_path))
    assert not book.knows("Brand Bold")

    file = tmp_path / "Brand Bold.ttf"
    file.write_bytes(UBUNTU)
    assert "Brand Bold" in book.names
    assert UBUNTU == book.face("brand bold", {}).content
    assert "Brand Bold" in [face.name for face in book.chain("default", (), {})]

    file.unlink()
    assert not book.knows("Brand Bold")


def test_the_weights_of_a_variable_font_are_names(tmp_path: Path) -> None:
    """`Brand SemiBold` is the file `Brand.ttf` at 600; a weight that it lacks is no name."""
    (tmp_path / "Brand.ttf").write_bytes(THAI)
    book = FontBook(str(tmp_path))

    assert {"wght": 600.0} == dict(book.face("Brand SemiBold", {}).variations)
    assert "Brand Bold" in book.names
    assert not book.knows("Brand Thin")


def test_the_fonts_of_a_collection_go_by_their_own_names(tmp_path: Path) -> None:
    """Each can be used as a font of its own: the same tables, nothing of its neighbours."""
    (tmp_path / "two.ttc").write_bytes(collection())
    book = FontBook(str(tmp_path))
    whole = TTCollection(io.BytesIO(collection()))

    content = book.face("Noto Sans Thai", {}).content
    alone = TTFont(io.BytesIO(content), checkChecksums=2)
    assert {tag: whole.fonts[1].reader[tag] for tag in whole.fonts[1].reader.keys()} == {  # noqa: SIM118
        tag: alone.reader[tag]
        for tag in alone.reader.keys()  # noqa: SIM118
    }
    assert hb.Face(one_of(collection(), 0)).glyph_count == hb.Face(UBUNTU).glyph_count


def test_an_uploaded_font_goes_by_its_digest() -> None:
    """So does an installed one: an emoji says which file it is from."""
    digest = BOOK.face("Ubuntu", {}).id
    colour = BOOK.face("Noto Color Emoji", {})

    assert UBUNTU == BOOK.face("sha256:1", {"sha256:1": UBUNTU}).content
    assert BOOK.face(digest, {}) is BOOK.face("Ubuntu", {})
    assert BOOK.face(colour.id, {}) is colour
    assert not BOOK.knows("sha256:1")


@pytest.mark.parametrize("name", ["Comic Sans", "sha256:1"])
def test_a_font_that_is_not_there_is_refused(name: str) -> None:
    """As first font and as fallback alike; the words say what to do."""
    with pytest.raises(Rejected, match="choose another font, or upload it"):
        BOOK.chain(name, (), {})
    with pytest.raises(Rejected, match="is not there"):
        BOOK.chain("Ubuntu", (name,), {})


def test_a_file_that_is_no_font_is_refused() -> None:
    """The store may hand out something else under that digest."""
    with pytest.raises(Rejected, match="is no font"):
        BOOK.chain("sha256:1", (), {"sha256:1": b"\x89PNG no font"})


def test_every_packaged_font_says_what_its_licence_is() -> None:
    """Only the Ubuntu fonts leave that to the file beside them."""
    silent = {face.name for face in BOOK.faces if not face.licence}

    assert {"Ubuntu"} == {name.split()[0] for name in silent}


def test_without_the_extra_there_are_the_core_fonts() -> None:
    """A package that is not installed has no fonts."""
    assert [] == list(packaged._font_files("a-package-that-nobody-installed"))
    assert {"Noto Sans Regular", "FiraGO Bold"} <= {face.name for face in packaged.core().values()}


def first(fonts: tuple[str, ...], character: int, *, language: str = "") -> Face:
    chain = BOOK.chain(fonts[0], fonts[1:], {}, language=language)
    return next(face for face in chain if character in face.characters)


def collection() -> bytes:
    made = TTCollection()
    made.fonts = [TTFont(io.BytesIO(UBUNTU)), TTFont(io.BytesIO(THAI))]
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()
