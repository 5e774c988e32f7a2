"""SVG files that are made to hurt."""

import gzip
from collections.abc import Iterator
from typing import Final

_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
)
_XML: Final = '<?xml version="1.0"?>'
_DOT: Final = '<rect width="9" height="9"/>'
_LEVELS: Final = 30


def hostile() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each."""
    for name, text in _texts():
        yield f"svg {name}", text.encode()
    yield "svg packed", gzip.compress(f"{_HEAD}{' ' * 50_000_000}</svg>".encode(), 1)
    yield "svg in 16 bits", f"{_XML}{_HEAD}{_DOT}</svg>".encode("utf-16")
    yield "svg in an unknown alphabet", f'<?xml version="1.0" encoding="utf-7"?>{_HEAD}{_DOT}</svg>'.encode()
    yield "svg cut short", f"{_HEAD}{_DOT}<path d='M0 0".encode()
    yield "svg with garbage in it", _HEAD.encode() + b"\xff\xfe\0\x01" + b"</svg>"


def _texts() -> Iterator[tuple[str, str]]:
    yield "of a thousand million laughs", _entities(_laughs())
    yield "of one long laugh", _entities(f'<!ENTITY a "{"ha" * 50_000}">', "&a;" * 20_000)
    yield "that reads our files", _entities('<!ENTITY a SYSTEM "file:///etc/passwd">')
    yield "that asks another server", _entities('<!ENTITY a SYSTEM "http://127.0.0.1:9/secret">')
    yield "with hidden entities", _entities('<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;', "")
    yield (
        "with another's rules",
        f'{_XML}<!DOCTYPE svg SYSTEM "http://127.0.0.1:9/svg.dtd">{_HEAD}{_DOT}</svg>',
    )
    include = (
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    )
    yield "that includes our files", f"{_HEAD}<text>{include}</text></svg>"
    yield "that uses itself", f'{_HEAD}<g id="a"><use xlink:href="#a"/></g></svg>'
    yield (
        "that uses itself by way of another",
        f'{_HEAD}<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></svg>',
    )
    yield "that doubles itself", _doubling()
    yield (
        "with a picture from elsewhere",
        f'{_HEAD}<image xlink:href="http://127.0.0.1:9/a.png" width="9" height="9"/></svg>',
    )
    yield (
        "with our files as a picture",
        f'{_HEAD}<image href="file:///etc/passwd" width="9" height="9"/></svg>',
    )
    inner = "data:image/svg+xml;base64,PHN2Zy8+"
    yield "with a drawing as a picture", f'{_HEAD}<image href="{inner}" width="9" height="9"/></svg>'
    yield "with a program", f"{_HEAD}<script>alert(1)</script>{_DOT}</svg>"
    yield "that acts when it is seen", f'{_HEAD}<rect width="9" height="9" onload="alert(1)"/></svg>'
    yield (
        "with a page in it",
        f'{_HEAD}<foreignObject><iframe src="http://127.0.0.1:9/"/></foreignObject></svg>',
    )
    yield (
        "with rules from elsewhere",
        f"{_HEAD}<style>@import url(http://127.0.0.1:9/a.css);</style>{_DOT}</svg>",
    )
    yield (
        "with paint from elsewhere",
        f'{_HEAD}<rect width="9" height="9" fill="url(http://127.0.0.1:9/#a)"/></svg>',
    )
    yield "50,000 groups deep", f"{_HEAD}{'<g>' * 50_000}{_DOT}{'</g>' * 50_000}</svg>"
    yield "with 200,000 shapes", f"{_HEAD}{_DOT * 200_000}</svg>"
    yield (
        "of endless size",
        f'<svg xmlns="http://www.w3.org/2000/svg" width="1e308" height="1e308">{_DOT}</svg>',
    )
    yield "with numbers beyond all", f'{_HEAD}<path d="M1e999 -1e999L{"9" * 9_000} nan"/></svg>'
    yield "with a path of 200,000 points", f'{_HEAD}<path d="M0 0{"l1 1-1-1" * 100_000}"/></svg>'
    yield (
        "with a thousand dashes",
        f'{_HEAD}<path d="M0 0H9" stroke="red" stroke-dasharray="{"0.000001 " * 1_000}"/></svg>',
    )
    yield (
        "turned by nothing",
        f'{_HEAD}<g transform="matrix(0 0 0 0 0 0) rotate(nan) scale(1e300)">{_DOT}</g></svg>',
    )
    yield (
        "with a pattern of itself",
        f'{_HEAD}<pattern id="p" width="1" height="1">{_PATTERN}</pattern>{_PATTERN}</svg>',
    )
    yield (
        "cut by itself",
        f'{_HEAD}<clipPath id="c" clip-path="url(#c)">{_DOT}</clipPath><g clip-path="url(#c)">{_DOT}</g></svg>',
    )
    yield (
        "blurred without end",
        f'{_HEAD}<filter id="f"><feGaussianBlur stdDeviation="1e9"/></filter><g filter="url(#f)">{_DOT}</g></svg>',
    )
    yield (
        "with a gradient of itself",
        f'{_HEAD}<linearGradient id="l" href="#l"/><rect fill="url(#l)" width="9" height="9"/></svg>',
    )
    yield (
        "with 100,000 attributes",
        f"{_HEAD}<g {_attributes()}/></svg>",
    )
    yield (
        "of another world",
        '<svg xmlns="urn:nothing" width="9" height="9"><rect width="9" height="9"/></svg>',
    )
    yield "of nothing", "<svg/>"


_PATTERN: Final = '<rect width="9" height="9" fill="url(#p)"/>'


def _entities(told: str, used: str = "&a;") -> str:
    return f"{_XML}<!DOCTYPE svg [{told}]>{_HEAD}<text>{used}</text></svg>"


def _laughs() -> str:
    first = '<!ENTITY l0 "ha">'
    more = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    return f'{first}{more}<!ENTITY a "&l9;">'


def _doubling() -> str:
    groups = "".join(
        f'<g id="g{level}"><use href="#g{level - 1}"/><use href="#g{level - 1}"/></g>'
        for level in range(1, _LEVELS)
    )
    return f'{_HEAD}<g id="g0">{_DOT}</g>{groups}</svg>'


def _attributes() -> str:
    return " ".join(f'a{number}="1"' for number in range(100_000))
