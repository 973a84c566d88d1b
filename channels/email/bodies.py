"""What of a mail is shown as text, what as HTML, what is attached (RFC 2046, RFC 2387)."""

import re
from dataclasses import dataclass, field

from channels.email import defects
from channels.email.attachments import Attachment, claimed_filename, content_id, filename
from channels.email.charsets import clean_text, decode, html_charset
from channels.email.mime import Part
from channels.email.pictures import taken_out

MAX_TEXT_CHARS = 500_000
MAX_HTML_CHARS = 1_000_000
MAX_SENT_TEXT_BYTES = 4_000_000

# Text types that people save rather than read.
_SAVED_TEXT = frozenset(
    {
        "calendar",
        "vcard",
        "x-vcard",
        "directory",
        "csv",
        "xml",
        "rfc822-headers",
        "x-amp-html",
        "rtf",
        "css",
    }
)
_NEVER_SHOWN_ALTERNATIVES = frozenset(
    {"text/x-amp-html", "text/enriched", "text/richtext", "text/watch-html"}
)
_ENCRYPTED = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
)
_STUB = re.compile(
    r"kein(?:e|en)? HTML|HTML[- ]?(?:Format|E-?Mail|message|version|compatible|capable)"
    r"|view this (?:e-?mail|message)|nicht (?:richtig|korrekt) (?:dargestellt|angezeigt)",
    re.I,
)
MAX_STUB_CHARS = 300
_CID = re.compile(r"\bcid:([^\"'\s<>)]+)", re.I)


@dataclass(slots=True)
class Block:
    """One stretch of the message in up to two forms; `html` is as sent, not yet sanitised."""

    text: str = ""
    html: str = ""

    @property
    def is_stub(self) -> bool:
        """Whether the text only says that there is HTML."""
        text = self.text.strip()
        return bool(self.html) and (
            not text or (len(text) <= MAX_STUB_CHARS and _STUB.search(text) is not None)
        )


@dataclass(slots=True)
class Contents:
    """All that a mail shows and carries, in order."""

    blocks: list[Block] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    pictures: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    def note(self, defect: str) -> None:
        if defect not in self.defects:
            self.defects.append(defect)

    def attachments(self, html: str) -> tuple[Attachment, ...]:
        """Return the files; one is inline when the given HTML names its Content-ID."""
        shown = {name.lower() for name in _CID.findall(html)}
        files = (self._attachment(part, number, shown) for number, part in enumerate(self.files, 1))
        return (*files, *self.pictures)

    def _attachment(self, part: Part, number: int, shown: set[str]) -> Attachment:
        content, is_sound = part.content()
        if not is_sound:
            self.note(defects.DAMAGED_ENCODING)
        identity = content_id(part)
        is_inline = part.maintype == "image" and bool(identity) and identity.lower() in shown
        return Attachment(filename(part, number), part.content_type, content, identity, is_inline)


def contents(root: Part) -> Contents:
    """Sort the parts of a mail into what is shown and what is attached."""
    found = Contents()
    if root.is_multipart:
        _sort(root, found)
    elif root.maintype == "text" and root.disposition != "attachment" and not _is_saved(root):
        _show(root, found)
    else:
        _attach(root, found)
    return found


def _sort(part: Part, found: Contents) -> None:
    if part.content_type == "multipart/alternative":
        _sort_alternatives(part, found)
    elif part.is_multipart:
        for child in part.children:
            _sort(child, found)
    elif part.maintype == "text" and not _is_file(part):
        _show(part, found)
    else:
        _attach(part, found)


def _sort_alternatives(part: Part, found: Contents) -> None:
    """Make one block of the first plain text and the last HTML; keep every file among them."""
    texts: list[str] = []
    htmls: list[str] = []
    for child in part.children:
        if child.content_type in _NEVER_SHOWN_ALTERNATIVES and len(part.children) > 1:
            continue
        inner = Contents(defects=found.defects, pictures=found.pictures)
        _sort(child, inner)
        found.files += inner.files
        html = joined_html(inner.blocks)
        if html is not None:
            htmls.append(html)
        elif inner.blocks:
            texts.append(joined_text(inner.blocks))
    if texts or htmls:
        text = next((text for text in texts if text.strip()), "")
        found.blocks.append(Block(text, htmls[-1] if htmls else ""))


def _is_file(part: Part) -> bool:
    return part.disposition == "attachment" or _is_saved(part) or bool(claimed_filename(part))


def _is_saved(part: Part) -> bool:
    return part.content_type.partition("/")[2] in _SAVED_TEXT


def _attach(part: Part, found: Contents) -> None:
    if part.content_type in _ENCRYPTED:
        found.note(defects.ENCRYPTED)
    found.files.append(part)


def _show(part: Part, found: Contents) -> None:
    sent, is_sound = part.content(MAX_SENT_TEXT_BYTES)
    is_whole = part.end - part.start <= MAX_SENT_TEXT_BYTES
    if is_whole and not is_sound:
        found.note(defects.DAMAGED_ENCODING)
    is_html = part.content_type == "text/html"
    charset = part.headers.parameter("content-type", "charset") or (
        html_charset(sent) if is_html else ""
    )
    text, is_known = decode(sent, charset)
    if not is_known:
        found.note(defects.UNKNOWN_CHARSET)
    if is_html:
        text, pictures = taken_out(text, len(found.pictures) + 1)
        found.pictures += pictures
    limit = MAX_HTML_CHARS if is_html else MAX_TEXT_CHARS
    if not is_whole or len(text) > limit:
        found.note(defects.HTML_CUT if is_html else defects.TEXT_CUT)
    text = clean_text(text[:limit])
    found.blocks.append(Block(html=text) if is_html else Block(text=_unflowed(part, text)))


def _unflowed(part: Part, text: str) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676), but not quotes and signature."""
    if part.headers.parameter("content-type", "format").lower() != "flowed":
        return text
    joins_without_space = part.headers.parameter("content-type", "delsp").lower() == "yes"
    lines: list[list[str]] = []
    is_open, depth = False, 0
    for line in text.split("\n"):
        own_depth = len(line) - len(line.lstrip(">"))
        body = line[own_depth:].removeprefix(" ")
        is_flowed = body.endswith(" ") and body != "-- "
        kept = body[:-1] if is_flowed and joins_without_space else body
        if is_open and own_depth == depth and body != "-- ":
            lines[-1].append(kept)
        else:
            lines.append([">" * own_depth, " " if own_depth else "", kept])
        is_open, depth = is_flowed, own_depth
    return "\n".join("".join(line) for line in lines)


def joined_text(blocks: list[Block]) -> str:
    """Return the plain texts of all blocks, in order."""
    return "\n\n".join(block.text.strip("\n") for block in blocks if block.text.strip())


def joined_html(blocks: list[Block]) -> str | None:
    """Return all blocks as one HTML source, plain ones escaped; None when none has HTML."""
    if not any(block.html for block in blocks):
        return None
    return "\n<hr>\n".join(
        block.html or plain_as_html(block.text)
        for block in blocks
        if block.html or block.text.strip()
    )


def plain_as_html(text: str) -> str:
    """Return plain text as an HTML fragment with the same lines."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "<p>" + escaped.replace("\n", "<br>") + "</p>"
