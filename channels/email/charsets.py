"""From bytes of a claimed character set to clean text."""

import re
import unicodedata

import webencodings  # type: ignore[import-untyped]

# Names that mail uses and the WHATWG table lacks, or where a superset reads more of what is really
# sent.
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
    "utf-7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "utf-32": "utf-32",
    "cp850": "cp850",
    "cp-850": "cp850",
    "ibm850": "cp850",
    "cp437": "cp437",
    "ibm437": "cp437",
    "cp858": "cp858",
    "cp1252": "cp1252",
    "ansi": "cp1252",
    "windows1252": "cp1252",
    "default": "",
    "unknown-8bit": "",
    "x-unknown": "",
}
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_META_CHARSET = re.compile(
    rb"<meta\b[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?([a-z0-9_:.-]{2,40})", re.I
)
META_SEARCH_BYTES = 4096

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[\s\x00-\x20\x7f-\xa0\u2028\u2029]+")
# Overrides, embeddings and isolates make a name read backwards; the others hide in it. The joiners
# 200C and 200D stay: Persian words and composed emoji need them.
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Canonical ordering is quadratic in a run of combining marks, so long texts are composed in slices.
_SLICE = 512


def codec_name(label: str) -> str | None:
    """Return Python's codec for a label, '' for one without meaning, None for an unknown one."""
    label = label.strip("\"' \t").lower()
    if not label:
        return ""
    if label in _ALIASES:
        return _ALIASES[label]
    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name == "replacement":
        return None
    return "utf-8" if encoding.name == "utf-8" else encoding.codec_info.name


def html_charset(content: bytes) -> str:
    """Return the charset that an HTML document claims in its own meta element, or ''."""
    found = _META_CHARSET.search(content, 0, META_SEARCH_BYTES)
    return found.group(1).decode("ascii") if found else ""


def decode(content: bytes, label: str = "") -> tuple[str, bool]:
    """Decode by BOM, then by the label, then by what fits; return the text and whether the label
    was known.

    Bytes that are valid non-ASCII UTF-8 are read as UTF-8 even when a single-byte set is claimed:
    that mislabelling is common, the coincidence is not.
    """
    for bom, name in _BOMS:
        if content.startswith(bom):
            return content[len(bom) :].decode(name, "replace"), True
    codec = codec_name(label)
    if content.isascii() and codec in ("utf-8", "cp1252", "", None):
        return content.decode("ascii"), codec is not None
    if not codec or _is_single_byte(codec):
        try:
            return content.decode("utf-8"), codec is not None
        except UnicodeDecodeError:
            codec, is_known = codec or "cp1252", codec is not None
            return _decode_with(content, codec), is_known
    return _decode_with(content, codec), True


def _is_single_byte(codec: str) -> bool:
    return codec.startswith(("cp125", "cp8", "cp437", "iso8859", "koi8", "mac-", "tis"))


def _decode_with(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec, "replace")
    except (LookupError, ValueError):  # a codec of webencodings' own, or one that ignores "replace"
        return content.decode("cp1252", "replace")


def decode_header_bytes(content: bytes) -> str:
    """Decode raw 8-bit header bytes: UTF-8 if valid, else Windows-1252."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def clean_text(text: str) -> str:
    """Return text in NFC with \\n line ends and nothing that PostgreSQL or a terminal refuses."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _compose(_CONTROLS.sub("", text))


def clean_line(text: str, limit: int) -> str:
    """Return one line of at most `limit` characters without control or invisible ones."""
    text = text[: limit * 4]
    text = _CONTROLS.sub("", _INVISIBLE.sub("", _SPACES.sub(" ", text)))
    return _compose(text).strip()[:limit].rstrip()


def _compose(text: str) -> str:
    """Return the text in NFC, in time linear in its length."""
    if text.isascii():
        return text
    if len(text) <= _SLICE:
        return unicodedata.normalize("NFC", text)
    return "".join(unicodedata.normalize("NFC", part) for part in _slices(text))


def _slices(text: str) -> list[str]:
    """Cut before a space where there is one, so that no letter is parted from its marks."""
    slices, start = [], 0
    while start < len(text):
        end = start + _SLICE
        found = text.rfind(" ", start + 1, end) if end < len(text) else -1
        found = found if found > start else end
        slices.append(text[start:found])
        start = found
    return slices
