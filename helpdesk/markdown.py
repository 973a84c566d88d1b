"""Markdown that people write, as HTML that is safe to show; the packages do both halves.

markdown-it-py reads CommonMark with tables and bare links and never passes HTML through; nh3 then
keeps nothing but the elements named here, whatever came out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from html import unescape
from typing import Any, NamedTuple

import nh3
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

# What is longer is shown as it was typed: reading some constructs costs the square of their length.
LIMIT = 200_000
# Characters of one paragraph that may open something (emphasis, links); more is no human's text.
BUSY = 2_000
NESTING = 20
# How much longer than the text its HTML may be: an empty row of a table is as wide as its head, and
# each quote in a quote costs two elements.
LONGER, AT_LEAST = 8, 100_000
# How many blocks are opened and closed before reading stops. What is typed makes two a character at
# most; beyond that come only the cells that a table's head adds to its shorter rows.
BLOCKS, BLOCKS_ADDED = 2, 10_000
# The level of the outermost headings where the page has an h1 and an h2 above the text.
TOP = 3
LOWEST = 6
PREFIX = "s-"

_ALIGNED = {"text-align:right": "is-right", "text-align:center": "is-center"}
_CELL_CLASSES = set(_ALIGNED.values())
_OPENS = re.compile(r"[*_~\[\]!`<>&@\\]|://|www\.")
# Lines end as a browser sends them, too.
_PARAGRAPHS = re.compile(r"\n[ \t\r]*\n")
_CLEANER = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "a", "img"),
        *("h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    },
    attributes={
        "a": {"href", "title"},
        "img": {"src", "alt", "title", "loading"},
        "ol": {"start"},
        **{f"h{level}": {"id"} for level in range(2, LOWEST + 1)},
    },
    allowed_classes={"th": _CELL_CLASSES, "td": _CELL_CLASSES},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="nofollow ugc noopener",
)


class Heading(NamedTuple):
    level: int
    id: str
    text: str


class _EndlessError(Exception):
    """The text would become far more blocks than it has characters."""


class _Blocks(list[Token]):
    """What the reader has found so far; it stops there, before most of the work is done."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._most = BLOCKS * len(source) + BLOCKS_ADDED

    def append(self, token: Token) -> None:
        if len(self) >= self._most:
            raise _EndlessError
        super().append(token)


def render(source: str, *, top: int = TOP, prefix: str = PREFIX) -> SafeString:
    """Give the text as safe HTML.

    `top` is the level of its outermost headings, `prefix` begins their ids: give each text of a
    page another one. Links are nofollow; an image of another host becomes a link to it.
    """
    tokens = _read(source)
    html = _html(tokens, top, prefix) if tokens is not None else None
    if html is None or _is_too_large(html, source):
        html = f"<pre>{escape(source)}</pre>"
    return mark_safe(_CLEANER.clean(html))  # noqa: S308


def validate(source: str) -> None:
    """For a form's field: say so where the text would become an endless page."""
    if _is_readable(source) and _is_endless(source):
        raise ValidationError(
            _(
                "This would become too large a page: a table with very many cells, or quotes "
                "within quotes. Your text is kept; please make it smaller."
            ),
            code="too_large",
        )


def contents(source: str, *, top: int = TOP, prefix: str = PREFIX) -> list[Heading]:
    """Give the headings as `render` numbers and names them."""
    return list(_headings(_read(source) or [], top, prefix))


def plain(source: str) -> str:
    """Give the words alone, a line for each paragraph: to be searched, or to describe a page."""
    tokens = _read(source)
    if tokens is None:
        return source
    lines = (_text(token) for token in tokens)
    return "\n".join(line for line in lines if line)


def words_of(html: str) -> str:
    """Give the words of what `render` made: far quicker than reading the source once more."""
    return unescape(nh3.clean(html, tags=set())).strip()


def _is_readable(source: str) -> bool:
    if len(source) > LIMIT:
        return False
    return all(len(_OPENS.findall(part)) <= BUSY for part in _PARAGRAPHS.split(source))


def _read(source: str) -> list[Token] | None:
    """Give the blocks of the text; None for what is to be shown as it was typed."""
    if not _is_readable(source):
        return None
    try:
        return _blocks(source)
    except _EndlessError:
        return None


def _blocks(source: str) -> list[Token]:
    state = StateCore(source, _MARKDOWN, {})
    state.tokens = _Blocks(source)
    _MARKDOWN.core.process(state)
    return state.tokens


def _html(tokens: list[Token], top: int, prefix: str) -> str:
    for _heading in _headings(tokens, top, prefix):
        pass
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _is_endless(source: str) -> bool:
    try:
        html = _html(_blocks(source), TOP, PREFIX)
    except _EndlessError:
        return True
    return _is_too_large(html, source)


def _is_too_large(html: str, source: str) -> bool:
    return len(html) > AT_LEAST + LONGER * len(source)


def _headings(tokens: Sequence[Token], top: int, prefix: str) -> Iterator[Heading]:
    """Name the headings and move them below `top`, without a gap between the levels."""
    above: list[int] = []
    taken: dict[str, int] = {}
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        written = int(opening.tag[1])
        while above and above[-1] >= written:
            above.pop()
        above.append(written)
        level = min(top + len(above) - 1, LOWEST)
        opening.tag = closing.tag = f"h{level}"
        text = _text(inline).strip()
        name = _free(prefix + (slugify(text)[:60] or "x"), taken)
        opening.attrSet("id", name)
        yield Heading(level, name, text)


def _free(name: str, taken: dict[str, int]) -> str:
    """The name itself the first time, then with a number: many headings may say the same."""
    free = name
    while free in taken:
        taken[name] += 1
        free = f"{name}-{taken[name]}"
    taken[free] = 1
    return free


def _text(token: Token) -> str:
    if token.type in {"fence", "code_block"}:
        return token.content.strip()
    return "".join(_inline(child) for child in token.children or ())


def _inline(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return token.content if token.type in {"text", "code_inline", "image", "text_special"} else ""


def _image(
    self: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """Show an image of this host; another host would learn who reads, so it is only linked."""
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    if re.match(r"/(?![/\\])", source):
        token.attrSet("loading", "lazy")
        return self.image(tokens, index, options, env)
    return f'<a href="{escape(source)}">{escape(token.content or source)}</a>'


def _cell(
    self: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """A column's side as a class: the policy of our pages lets no style through."""
    style = tokens[index].attrs.pop("style", "")
    if side := _ALIGNED.get(str(style)):
        tokens[index].attrSet("class", side)
    return self.renderToken(tokens, index, options, env)


def _reader() -> MarkdownIt:
    options = {"html": False, "linkify": True, "breaks": True, "maxNesting": NESTING}
    reader = MarkdownIt("commonmark", options).enable(["table", "strikethrough", "linkify"])
    reader.add_render_rule("image", _image)
    reader.add_render_rule("th_open", _cell)
    reader.add_render_rule("td_open", _cell)
    return reader


_MARKDOWN = _reader()
