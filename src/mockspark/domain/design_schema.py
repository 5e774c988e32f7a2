"""The shape of a design document as a JSON Schema (2020-12), its words for people included.

What the schema cannot say, `Design.of` checks besides: ids are distinct, gradients run upwards, and a document has at
most 200 layers. Members that are not named here are allowed everywhere and survive.
"""

from collections.abc import Mapping
from typing import Any, Final

from mockspark.domain.layers import Blend

Schema = Mapping[str, Any]

_MOST: Final = 100_000_000


def _number(words: str, least: int = -_MOST, most: int = _MOST, default: int | None = None) -> Schema:
    usual = {} if default is None else {"default": default}
    return {"type": "integer", "minimum": least, "maximum": most, "description": words, **usual}


def _share(words: str, default: int = 1000) -> Schema:
    return _number(words, 0, 1000, default)


def _choice(words: str, choices: tuple[str, ...], default: str) -> Schema:
    return {"enum": list(choices), "default": default, "description": words}


def _word(words: str, default: str | None = "", least: int = 0) -> Schema:
    usual = {} if default is None else {"default": default}
    return {"type": "string", "minLength": least, "description": words, **usual}


def _flag(words: str) -> Schema:
    return {"type": "boolean", "default": False, "description": words}


def _words(words: str, most: int) -> Schema:
    return {"type": "array", "items": _word("one"), "maxItems": most, "description": words}


def _colour(words: str, default: str = "") -> Schema:
    return {"type": "string", "pattern": "^(#[0-9a-fA-F]{6})?$", "default": default, "description": words}


def _path(words: str) -> Schema:
    return {
        "type": "string",
        "pattern": r"^([MLQCZ]|-?\d+(\.\d+)?|[ ,]+)*$",
        "description": f"{words}: SVG path data of absolute M, L, Q, C and Z only, in micrometres of the box",
    }


def _paint(words: str) -> Schema:
    return {"anyOf": [_colour(words, "#000000"), {"$ref": "#/$defs/gradient"}], "description": words}


def _object(title: str, words: str, members: Mapping[str, Any], *required: str) -> Schema:
    return {
        "title": title,
        "type": "object",
        "description": words,
        "properties": dict(members),
        "required": list(required),
    }


_BOX: Final[Mapping[str, Any]] = {
    "x": _number("from the area's (or group's) left edge to the box, µm", default=0),
    "y": _number("from its top edge to the box, µm", default=0),
    "w": _number("width of the box, µm", 1),
    "h": _number("height of the box, µm; 0 leaves it open to what is in it", 0, default=0),
    "rot": _number("clockwise turn about the middle of the box, millidegrees", default=0),
}

_COMMON: Final[Mapping[str, Any]] = {
    "id": _word("names the layer in findings and to editors; `L1`, `L2`… by place without one", None, 1),
    "name": {"description": "what people call the layer"},
    "area": _word("the print area that it lies on; in a group, the group's", None, 1),
    **_BOX,
    "opacity": _share("how much it covers, ‰"),
    "blend": _choice("how it mixes with what lies below", tuple(Blend), "normal"),
    "shadow": {"$ref": "#/$defs/shadow"},
    "mask": {"$ref": "#/$defs/mask"},
    "placeholder": _flag("still shows what the customer was to replace: blocks printing"),
    "hidden": _flag("left out of print"),
    "locked": _flag("an editor does not move it"),
    "lock": {"$ref": "#/$defs/lock"},
}


def _layer(kind: str, words: str, members: Mapping[str, Any], *required: str) -> Schema:
    kinds = {"type": {"const": kind, "description": f"`{kind}`"}}
    return _object(kind, words, {**kinds, **_COMMON, **members}, "type", "w", *required)


_ASSET: Final = _word("`sha256:…` of an upload, or the address of a picture, which is fixed when first read")
_FIT: Final = _choice("how it fills the box", ("contain", "cover", "stretch"), "contain")
_FLIP: Final = _choice("mirrored left and right, top and bottom", ("", "h", "v", "hv"), "")
_RULE: Final = _choice("what is inside where outlines cross", ("nonzero", "evenodd"), "nonzero")
_STROKE: Final[Mapping[str, Any]] = {
    "stroke": _colour("colour of the line; empty for none"),
    "stroke_width": _number("width of the line, µm", 0, default=0),
}

_IMAGE: Final[Mapping[str, Any]] = {
    "asset": _ASSET,
    "crop": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 1000},
        "minItems": 4,
        "maxItems": 4,
        "default": [0, 0, 1000, 1000],
        "description": "left, top, right, bottom of the part that is used, ‰ of the picture",
    },
    "fit": _FIT,
    "flip": _FLIP,
    "linear": _flag("scale it in linear light, which keeps the brightness of fine patterns"),
}

_TEXT: Final[Mapping[str, Any]] = {
    "text": _word("what it says; lines end with a line feed"),
    "font": _word("name of a font, or `sha256:…` of an uploaded one", "default", 1),
    "fallback": _words("fonts that are asked before the built-in ones for what the first lacks", 8),
    "size": _number("em, µm", 100, default=10_000),
    "align": _choice("where lines lie in the box", ("left", "center", "right", "justify"), "center"),
    "valign": _choice("where the lines together lie", ("top", "middle", "bottom"), "top"),
    "leading": _number("from line to line, ‰ of the em", 500, default=1200),
    "tracking": _number("added between letters, ‰ of the em", default=0),
    "direction": _choice(
        "reading direction; `auto` follows the first strong letter", ("auto", "ltr", "rtl"), "auto"
    ),
    "language": _word("BCP 47 tag, for letters whose shape depends on it"),
    "arc": _number(
        "bends lines over so many millidegrees; above 0 the middle is highest", -360_000, 360_000, 0
    ),
    "path": _path("an outline that the line follows instead of a straight one"),
    "fill": _paint("colour of the letters; empty for none"),
    "stroke": _colour("colour of the line around the letters, below them; empty for none"),
    "stroke_width": _number("how far that line reaches out of the letters, µm", 0, default=0),
    "fit": _choice(
        "`shrink`: one size at which it fits; `wrap`: lines break at the box; `overflow`: neither",
        ("wrap", "shrink", "overflow"),
        "shrink",
    ),
}

_SHAPE: Final[Mapping[str, Any]] = {
    "shape": _choice("what is drawn in the box", ("rect", "ellipse", "path"), "rect"),
    "radius": _number("radius of a rectangle's corners, µm", 0, default=0),
    "d": _path("the outline of a `path`"),
    "rule": _RULE,
    "fill": _paint("colour inside; empty for none"),
    **_STROKE,
    "join": _choice("corners of the line", ("miter", "round", "bevel"), "miter"),
    "cap": _choice("ends of the line", ("butt", "round", "square"), "butt"),
    "dash": {
        "type": "array",
        "items": _number("a length", 1),
        "maxItems": 8,
        "default": [],
        "description": "lengths of dashes and gaps in turn, µm",
    },
    "cut": _flag("a line to cut along (CutContour in PDF), which leaves no ink"),
}

_CLIPART: Final[Mapping[str, Any]] = {
    "asset": _word("`sha256:…` of an uploaded SVG"),
    "colors": {
        "type": "object",
        "propertyNames": {"pattern": "^#[0-9a-fA-F]{6}$"},
        "additionalProperties": _colour("the new colour"),
        "default": {},
        "description": "colours of the drawing that are replaced, and by what",
    },
    "fit": _FIT,
    "flip": _FLIP,
}

_GROUP: Final[Mapping[str, Any]] = {
    "layers": {
        "type": "array",
        "items": {"$ref": "#/$defs/layer"},
        "maxItems": 200,
        "default": [],
        "description": "what is in it, lowest first, measured from the group's top left corner",
    }
}

LAYERS: Final[Mapping[str, Schema]] = {
    "image": _layer("image", "A picture.", _IMAGE),
    "text": _layer("text", "Words.", _TEXT),
    "shape": _layer("shape", "A rectangle, an ellipse or an outline.", _SHAPE),
    "clipart": _layer("clipart", "A drawing of outlines.", _CLIPART),
    "group": _layer("group", "Layers that turn, fade and blend as one.", _GROUP),
}

AREA: Final = _object(
    "area",
    "A print area as the design was made for it.",
    {
        "w": _number("width, µm", 1),
        "h": _number("height, µm", 1),
        "background": _colour("colour under all layers; empty for none"),
        "approved": _word(
            "`sha256:…` of the flat picture that the customer approved; the print is compared with it"
        ),
    },
    "w",
    "h",
)

PARTS: Final[Mapping[str, Schema]] = {
    "gradient": _object(
        "gradient",
        "Colours over the box of a layer.",
        {
            "type": _choice("from edge to edge, or from the middle outwards", ("linear", "radial"), "linear"),
            "angle": _number(
                "direction of a linear one: 0 to the right, 90000 down, millidegrees", default=0
            ),
            "stops": {
                "type": "array",
                "minItems": 2,
                "maxItems": 16,
                "description": "in order: offset ‰, colour, and opacity ‰ where it is not full",
                "items": {
                    "type": "array",
                    "minItems": 2,
                    "maxItems": 3,
                    "prefixItems": [_share("offset"), _colour("colour"), _share("opacity")],
                },
            },
        },
        "stops",
    ),
    "shadow": _object(
        "shadow",
        "A blurred copy below the layer.",
        {
            "dx": _number("to the right, µm", default=0),
            "dy": _number("down, µm", default=0),
            "blur": _number(
                "width of the soft edge (twice the standard deviation, as in CSS), µm", 0, default=0
            ),
            "color": _colour("its colour", "#000000"),
            "opacity": _share("how much it covers, ‰", 500),
        },
    ),
    "mask": _object(
        "mask",
        "What of the layer is seen: the inside of `d`, or where the picture `asset`, stretched over the box, covers.",
        {"d": _path("the outline"), "rule": _RULE, "asset": _word("`sha256:…` of an upload")},
    ),
    "lock": _object(
        "lock",
        "What a template lets people change.",
        {
            "may": {
                "type": "array",
                "maxItems": 5,
                "items": {"enum": ["text", "font", "fill", "image", "move"]},
                "description": "what may be changed",
            },
            "fonts": _words("the fonts to choose from; none for all", 100),
            "colors": {
                "type": "array",
                "maxItems": 100,
                "items": _colour("a colour"),
                "description": "the colours to choose from; none for all",
            },
            "max_chars": _number("the most characters; 0 for no limit", 0, default=0),
            "chars": _word("the characters that are allowed; empty for all"),
        },
    ),
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a design document."""
    one_of = [{"$ref": f"#/$defs/{kind}"} for kind in LAYERS]
    members = {
        "schema": {"const": 1, "description": "version of this format"},
        "areas": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/area"},
            "description": "the print areas by key",
        },
        "layers": {
            "type": "array",
            "items": {"$ref": "#/$defs/layer"},
            "maxItems": 200,
            "description": "all layers, lowest first",
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_object("Design document", "What is printed, in whole numbers.", members),
        "$defs": {"area": AREA, "layer": {"oneOf": one_of}, **LAYERS, **PARTS},
    }
