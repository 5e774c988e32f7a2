"""Sixty scripts and every kind of emoji have letters, without a box for a missing one."""

from functools import cache
from typing import Final

import pytest
import uharfbuzz as hb
from fontTools import unicodedata

from mockspark.adapters.typesetting.fonts import Face, FontBook, guessed_language
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter
from mockspark.domain.layers import Box, TextLayer

BOOK: Final = FontBook()
TYPESETTER: Final = HarfBuzzTypesetter(BOOK)
SENTENCES: Final = {
    "Latin": "Grüße aus Łódź và Đà Nẵng",
    "Greek": "Καλημέρα κόσμε, πᾶσα γῆ",
    "Cyrillic": "Привіт, світе! Ґанок",
    "Armenian": "Բարեւ աշխարհ",
    "Georgian": "გამარჯობა მსოფლიო",
    "Hebrew": "שָׁלוֹם עוֹלָם",
    "Arabic": "مَرْحَبًا بِالعَالَم",
    "Arabic of Pakistan": "ہیلو دنیا",
    "Syriac": "ܫܠܡܐ ܥܠܡܐ",
    "Thaana": "ހަލޯ ދުނިޔެ",
    "N’Ko": "ߒߞߏ ߞߊ߲ߜߍ",
    "Adlam": "𞤅𞤢𞤤𞤢𞥄𞤥",
    "Devanagari": "नमस्ते दुनिया, क्षत्रिय",
    "Bengali": "ওহে বিশ্ব",
    "Gurmukhi": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ",
    "Gujarati": "નમસ્તે વિશ્વ",
    "Odia": "ନମସ୍କାର ବିଶ୍ୱ",
    "Tamil": "வணக்கம் உலகம்",
    "Telugu": "నమస్కారం ప్రపంచం",
    "Kannada": "ನಮಸ್ಕಾರ ಪ್ರಪಂಚ",
    "Malayalam": "നമസ്കാരം ലോകം",
    "Sinhala": "ආයුබෝවන් ලෝකය ශ්‍රී",
    "Thai": "สวัสดีชาวโลก",
    "Lao": "ສະບາຍດີຊາວໂລກ",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས།",
    "Burmese": "မင်္ဂလာပါ ကမ္ဘာ",
    "Khmer": "សួស្តីពិភពលោក",
    "Ethiopic": "ሰላም ለዓለም",
    "Cherokee": "ᎣᏏᏲ ᎡᎶᎯ",
    "Inuktitut": "ᐊᐃᓐᖓᐃ ᓄᓇᕐᔪᐊᖅ",
    "Mongolian": "ᠰᠠᠶᠢᠨ ᠪᠠᠶᠢᠨᠠ",
    "Japanese": "こんにちは世界、カタカナ",
    "Chinese, simplified": "你好，世界！简体字",
    "Chinese, traditional": "您好，世界！繁體字",
    "Korean": "안녕하세요 세계",
    "Bopomofo": "ㄋㄧˇ ㄏㄠˇ",
    "Yi": "ꆈꌠꉙ",
    "Tifinagh": "ⴰⵣⵓⵍ ⴰⵎⴰⴹⴰⵍ",
    "Vai": "ꕙꔤ ꕪꔳ",
    "Bamum": "ꚠꚡꚢ ꛀꛣꛦ",
    "Balinese": "ᬒᬁ ᬲ᭄ᬯᬲ᭄ᬢ᭄ᬬᬲ᭄ᬢᬸ",
    "Javanese": "ꦱꦸꦒꦼꦁ ꦫꦮꦸꦃ",
    "Sundanese": "ᮞᮙ᮪ᮕᮥᮛᮞᮥᮔ᮪",
    "Buginese": "ᨅᨔ ᨕᨘᨁᨗ",
    "Batak": "ᯂᯬᯒᯘ᯲",
    "Tagalog": "ᜋᜊᜓᜑᜌ᜔",
    "Cham": "ꨀꨇꩉ ꨌꩌ",
    "Tai Le": "ᥖᥭᥰ ᥘᥫᥴ",
    "New Tai Lue": "ᦑᦱᧉ ᦟᦹᧉ",
    "Tai Tham": "ᨲᩫ᩠ᩅᨾᩮᩬᩥᨦ",
    "Lepcha": "ᰛᰩᰴ ᰛᰧᰶ",
    "Limbu": "ᤕᤰᤌᤢᤱ",
    "Ol Chiki": "ᱡᱚᱦᱟᱨ",
    "Meetei Mayek": "ꯈꯨꯔꯨꯝꯖꯔꯤ",
    "Chakma": "𑄌𑄋𑄴𑄟𑄳𑄦",
    "Lisu": "ꓡꓲꓢꓳ ꓡꓯ",
    "Osage": "𐓏𐓘𐓻𐓘𐓻𐓟",
    "Coptic": "Ⲛⲟⲩⲧⲉ ⲙⲙⲉ",
    "Glagolitic": "Ⰳⰾⰰⰳⱁⰾⱏ",
    "Gothic": "𐌷𐌰𐌹𐌻𐍃",
    "Runic": "ᚠᚢᚦᚨᚱᚲ",
    "Ogham": "ᚑᚌᚐᚋ",
}
EMOJI: Final = (
    *("😀", "😂", "🥰", "🤖", "🎂", "🐶", "🌮", "⚽", "🫶", "☕"),
    *("❤️", "☀️", "✌️", "☎️", "©️"),
    *("👍🏻", "👍🏽", "👍🏿", "🤝🏽", "✌🏾"),
    *("👨‍👩‍👧‍👦", "👩🏽‍🚀", "🧑🏿‍🎄", "👩‍❤️‍💋‍👨", "🧔🏻‍♂️", "🏳️‍🌈", "🏴‍☠️", "🐻‍❄️", "❤️‍🔥"),
    *("🇩🇪", "🇯🇵", "🇧🇷", "🇺🇦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
    *("1️⃣", "#️⃣", "*️⃣", "🔟"),
)
SYMBOLS: Final = "№ ™ € ₹ ₿ ½ ⅔ → ⇒ ∑ ≠ √ ∞ ★ ☺ ♔ ♠ ♫ ✓ ✂ ⌘ ⏻ ⠓⠑⠇⠇⠕ 𝒙 𝄞 ① ◆ ▲ ✝ ☪ ✡ ☯ ♈ ⚓"


def test_they_are_more_than_forty_scripts() -> None:
    """Counted by what Unicode calls a script."""
    scripts = {unicodedata.script(letter) for sentence in SENTENCES.values() for letter in sentence}

    assert 60 <= len(scripts - {"Zyyy", "Zinh"})


@pytest.mark.parametrize("font", ["default", "Ubuntu Bold"])
@pytest.mark.parametrize("script", SENTENCES)
def test_each_script_is_written_without_a_box(script: str, font: str) -> None:
    """Whatever font a design names, each word finds one font that has all of it, and every letter shows."""
    chain = BOOK.chain(font, (), {}, language=guessed_language(SENTENCES[script]))
    for word in SENTENCES[script].split():
        drawn = shaped(found(chain, word), word)

        assert 0 not in [glyph for glyph, _, _ in drawn]
        assert all(any(ink for _, at, ink in drawn if at == cluster) for _, cluster, _ in drawn)


@pytest.mark.parametrize("font", ["default", "Ubuntu Bold"])
@pytest.mark.parametrize("script", SENTENCES)
def test_each_script_is_set_without_a_box(script: str, font: str) -> None:
    """The whole sentence, words of several fonts and all: nothing is missing, and there is ink."""
    laid = TYPESETTER.layout(a_text(SENTENCES[script], font=font), {})

    assert () == laid.missing
    assert laid.ink is not None
    assert any(letter.outline.verbs for letter in laid.letters)


@pytest.mark.parametrize("emoji", EMOJI)
def test_each_emoji_is_set_in_colour(emoji: str) -> None:
    """Between letters, too, and without leaving any of its parts beside it."""
    laid = TYPESETTER.layout(a_text(f"Zoë{emoji}Bo"), {})

    assert () == laid.missing
    assert 1 == len(laid.emoji)
    assert 5 == len(laid.letters)


@pytest.mark.parametrize("emoji", EMOJI)
def test_each_emoji_is_one_picture_in_colour(emoji: str) -> None:
    """A family is no row of people, a flag no pair of letters."""
    face = next(face for face in BOOK.chain("default", (), {}) if face.colour)

    drawn = [glyph for glyph, _, _ in shaped(face, emoji)]
    assert 0 not in drawn
    assert 1 == sum(opened(face).glyph_has_color_paint(glyph) for glyph in drawn)


@pytest.mark.parametrize("symbol", SYMBOLS.split())
def test_each_symbol_has_a_letter(symbol: str) -> None:
    """Currencies, arrows, mathematics, chess, music, signs."""
    drawn = shaped(found(BOOK.chain("default", (), {}), symbol), symbol)

    assert 0 not in [glyph for glyph, _, _ in drawn]


def a_text(text: str, font: str = "default") -> TextLayer:
    return TextLayer(
        id="t", area="front", box=Box(x=0, y=0, width=500_000, height=0), text=text, font=font, fit="wrap"
    )


def found(chain: tuple[Face, ...], word: str) -> Face:
    """Return the first font that has the whole *word*, joiners apart."""
    wanted = {ord(letter) for letter in word if unicodedata.category(letter) != "Cf"}
    return next(face for face in chain if wanted <= face.characters)


def shaped(face: Face, word: str) -> list[tuple[int, int, bool]]:
    """Return the glyphs of *word*, each with its cluster and whether it leaves ink."""
    font = hb.Font(opened(face))
    font.set_variations(dict(face.variations))
    buffer = hb.Buffer()
    buffer.add_str(word)
    buffer.guess_segment_properties()
    hb.shape(font, buffer)
    return [(info.codepoint, info.cluster, inked(font, info.codepoint)) for info in buffer.glyph_infos]


def inked(font: hb.Font, glyph: int) -> bool:
    box = font.get_glyph_extents(glyph)
    return bool(box and box.width and box.height)


@cache
def opened(face: Face) -> hb.Face:
    return hb.Face(face.content)
