"""What stands on a page of the pseudo-locale outside of its brackets."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lxml import html as lxml_html
from lxml.html import HtmlElement

from tests.browser.pseudo_locale import CLOSE, OPEN

# What people wrote, pictures of names, keys of a keyboard, technical words of machines.
DATA_TAGS = {"code", "kbd", "script", "style", "svg", "textarea", "noscript"}
DATA_CLASSES = {"message-body", "quote", "avatar", "prose", "found-text"}
DATA_CLASSES |= {"faq-contents", "faq-diff-text", "faq-lines"}
NAMED = (
    *("title", "placeholder", "aria-label", "alt", "aria-description", "data-kept"),
    *("data-restored", "data-offline", "data-failed", "data-too-big", "data-remove", "data-status"),
    *("data-too-much", "data-too-many", "data-cancel", "data-again", "data-uploading"),
    *("data-arrived", "data-removed", "data-not-removed", "data-signed-out", "data-waits"),
    "data-unsettled",
)


def outside(source: str) -> list[str]:
    """Every piece of text, and of attributes that people see or hear, in order.

    A message may span several elements, so brackets count across them.
    """
    document = lxml_html.document_fromstring(source)
    found, depth = [], 0
    for text in _texts(document):
        rest, depth = _outside(text, depth)
        found += [rest] * _has_letters(rest)
    for element in document.iter(lxml_html.etree.Element):
        # A field for a text in English shows an English one.
        if element.tag == "input" and element.get("lang") == "en":
            continue
        for name in NAMED:
            rest = _outside(element.get(name, ""))[0]
            found += [f"{name}: {rest}"] * _has_letters(rest)
    phrases = json.loads(document.get("data-phrases") or "{}")
    rests = (_outside(one)[0] for one in phrases.values())
    found += [f"phrase: {rest}" for rest in rests if _has_letters(rest)]
    return found + [f"brackets do not match: {depth}"] * (depth != 0)


def _has_letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def heading(source: str) -> str:
    return " ".join(one.text_content() for one in lxml_html.document_fromstring(source).iter("h1"))


def _texts(element: HtmlElement) -> Iterator[str]:
    if isinstance(element.tag, str) and not _is_data(element):
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def _is_data(element: HtmlElement) -> bool:
    classes = set((element.get("class") or "").split())
    # What was searched for is marked in what people wrote.
    is_found = element.find("mark") is not None
    return is_found or element.tag in DATA_TAGS or bool(classes & DATA_CLASSES)


def _outside(text: str, depth: int = 0) -> tuple[str, int]:
    rest = []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth == 0 and letter != CLOSE:
            rest.append(letter)
    return " ".join("".join(rest).split()), depth
