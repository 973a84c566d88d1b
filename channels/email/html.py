"""HTML of a mail: made safe to show, and turned into text."""

import re
import secrets
from html import unescape

import nh3
from inscriptis import get_text  # type: ignore[import-untyped]
from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]
from lxml.etree import LxmlError

from channels.email import confined
from channels.email.charsets import clean_text

# Worst case at these sizes: 0.25 s (misnested formatting elements multiply). Beyond them the work
# is done in the confined process, which is killed when its time is up.
MAX_TAGS_HERE = 1000
MAX_CHARS_HERE = 60_000
MAX_TAGS = 100_000
MAX_CLEAN_CHARS = 3_000_000
MAX_LAID_OUT_CHARS = 400_000
MAX_LEVELS = 250  # libxml2 gives up below 256 levels and drops what is there

_LAYOUT = ParserConfig(css=CSS_PROFILES["strict"])  # the relaxed one indents each nested div
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_SKIPPED = re.compile(r"<(script|style|head|title|template)(?=[\s/>])")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_BREAKING = re.compile(
    r"</?(?:p|div|br|tr|table|li|ul|ol|h[1-6]|blockquote|hr|pre|section|article)\b", re.I
)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


class _Blocked:
    """Marks addresses of remote images while nh3 works; no mail can contain the random mark."""

    def __init__(self) -> None:
        self.mark = f"blocked-{secrets.token_hex(8)}:"
        self.cleaner = nh3.Cleaner(
            url_schemes=_SCHEMES,
            url_relative="deny",
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
            attribute_filter=self._filter,
        )

    def _filter(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute != "src":
            return value
        if tag == "img" and value[:4].lower() == "cid:":
            return value
        is_remote = tag == "img" and value[:8].lower().startswith(("http://", "https://"))
        return self.mark + value if is_remote else None


_blocked = _Blocked()


def sanitise_here(html: str) -> str:
    """Return HTML without anything active; remote images load nothing (see data-remote-src)."""
    clean = _blocked.cleaner.clean(html.replace(_blocked.mark, ""))
    return clean.replace(f'src="{_blocked.mark}', 'data-remote-src="')


def text_here(html: str) -> str:
    """Return the visible text as inscriptis lays it out, or without tags where it loses text."""
    if len(html) > MAX_LAID_OUT_CHARS:
        return strip_tags(html)
    try:
        text = clean_text(get_text(html, _LAYOUT))
    except (ValueError, LxmlError, RecursionError, AssertionError):
        return strip_tags(html)
    text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip(
        "\n"
    )
    if html.count("<") <= MAX_LEVELS:
        return text
    stripped = strip_tags(html)
    return text if len(text.strip()) * 2 >= len(stripped) else stripped


def sanitise(html: str, budget: confined.Budget) -> str | None:
    """Return sanitised HTML, or None when it is too complex to be done in the time left."""
    if _is_small(html):
        return sanitise_here(html)
    clean = confined.run("sanitise", html, budget) if html.count("<") <= MAX_TAGS else None
    return clean if clean is not None and len(clean) <= MAX_CLEAN_CHARS else None


def to_text(html: str, budget: confined.Budget) -> str:
    """Return the visible text; of a document too complex for the time left, without layout."""
    if _is_small(html):
        return text_here(html)
    text = confined.run("text", html, budget) if html.count("<") <= MAX_TAGS else None
    return strip_tags(html) if text is None else text


def _is_small(html: str) -> bool:
    return len(html) <= MAX_CHARS_HERE and html.count("<") <= MAX_TAGS_HERE


def strip_tags(html: str) -> str:
    """Return what stands between the tags, in one linear pass, without script, style and head."""
    lower = html.translate(_LOWER)
    pieces: list[str] = []
    position = 0
    unclosed: set[str] = set()  # elements known to have no end tag further on
    while (opening := html.find("<", position)) >= 0:
        pieces.append(html[position:opening])
        if _BREAKING.match(html, opening):
            pieces.append("\n")
        position = _behind_tag(lower, opening, unclosed)
    pieces.append(html[position:])
    text = clean_text(unescape("".join(pieces)))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _behind_tag(html: str, opening: int, unclosed: set[str]) -> int:
    """Return where the text goes on: behind a tag, or behind a whole element that is unseen."""
    name, end_mark = "", ">"
    if html.startswith("<!--", opening):
        name = end_mark = "-->"
    elif skipped := _SKIPPED.match(html, opening):
        name = end_mark = f"</{skipped[1]}"
    if name and name not in unclosed:
        closing = html.find(end_mark, opening)
        if closing >= 0:
            return closing + len(end_mark) if name == "-->" else _behind(html, closing)
        unclosed.add(name)
    return _behind(html, opening)


def _behind(html: str, opening: int) -> int:
    closing = html.find(">", opening)
    return closing + 1 if closing >= 0 else len(html)
