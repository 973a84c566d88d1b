"""Read a mail: one function that never raises, whatever the bytes, and is done within seconds."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from channels.email import (
    authentication,
    automatic,
    bodies,
    confined,
    defects,
    dsn,
    html,
    mime,
    quotes,
)
from channels.email.addresses import addresses
from channels.email.attachments import Attachment
from channels.email.charsets import clean_line, decode_header_bytes
from channels.email.dsn import Bounce
from channels.email.headers import Headers, message_ids, split

__all__ = ["Attachment", "Bounce", "ParsedMail", "dmarc_failed", "parse", "read"]

MAX_DATE_CHARS = 100
MAX_TRACE_FIELDS = 20
MAX_TRACE_CHARS = 4096
_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_CUTS = frozenset({defects.TEXT_CUT, defects.HTML_CUT, defects.HTML_DROPPED})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail as the intake sees it. All text is NFC without control characters; message ids keep
    their angle brackets.

    `text` is everything visible, `reply_text` the part newly written, `html` sanitised (remote
    images blocked: their address is in data-remote-src; `cid:` images stay) or None. `from_address`
    is '' when no sender could be read. `defects` say what could not be read; their texts are
    message ids for gettext.
    """

    subject: str = ""
    from_name: str = ""
    from_address: str = ""
    text: str = ""
    reply_text: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    date_header: str = ""
    is_automatic: bool = False
    automatic_reason: str = ""
    loop_ids: tuple[str, ...] = ()
    bounce: Bounce | None = None
    defects: tuple[str, ...] = ()
    body_truncated: bool = False
    authentication_results: tuple[str, ...] = field(default=(), repr=False)

    def dmarc_result(self, authserv_ids: tuple[str, ...]) -> str:
        """Return the DMARC result ('pass', 'fail', 'none', …) that such a server wrote, or ''."""
        return authentication.dmarc_result(self.authentication_results, authserv_ids)


def dmarc_failed(raw: bytes, trusted: Sequence[str]) -> bool:
    """Whether a server of these names found the sender's domain to be forged (RFC 7489, RFC 8601).

    Only the servers of our own edge may be named: anybody can write such a result into a mail.
    """
    if not trusted:
        return False
    fields = _values(split(raw, 0, len(raw)).headers, "authentication-results")
    return authentication.dmarc_result(fields, tuple(trusted)) == "fail"


def parse(raw: bytes) -> ParsedMail:
    """Read a mail of any bytes within seconds, never raising; `defects` say what is missing."""
    try:
        return read(raw)
    except Exception:  # the outermost edge: one mail never stops the mails behind it
        logger.exception("A mail of %d bytes could not be parsed", len(raw))
        return ParsedMail(defects=(defects.UNREADABLE,))


def read(raw: bytes) -> ParsedMail:
    """Read a mail as `parse` does, but let a fault of the parser itself be seen."""
    budget = confined.Budget()
    root, found_defects = mime.read(raw)
    mail = _from_headers(root)
    shown = bodies.contents(root)
    html_source = bodies.joined_html(shown.blocks)
    text = _text(shown, budget)
    clean_html = html.sanitise(html_source, budget) if html_source is not None else None
    if html_source is not None and clean_html is None:
        shown.note(defects.HTML_DROPPED)
    why = automatic.reason(root.headers, mail.from_address, mail.subject)
    return replace(
        mail,
        text=text,
        reply_text=quotes.reply_text(text, mail.subject, budget),
        html=clean_html,
        attachments=shown.attachments(html_source or ""),
        is_automatic=why is not None,
        automatic_reason=why or "",
        bounce=dsn.bounce(root, mail.subject, text, why, budget),
        defects=tuple(dict.fromkeys([*mail.defects, *found_defects, *shown.defects])),
        body_truncated=not _CUTS.isdisjoint(shown.defects),
    )


def _text(shown: bodies.Contents, budget: confined.Budget) -> str:
    """Return all visible text; of HTML that has no plain text beside it, its text."""
    for block in shown.blocks:
        if block.html and (block.is_stub or not block.text.strip()):
            block.text = html.to_text(block.html, budget) or block.text
    text = bodies.joined_text(shown.blocks)
    if len(text) > bodies.MAX_TEXT_CHARS:
        shown.note(defects.TEXT_CUT)
    return text[: bodies.MAX_TEXT_CHARS]


def _from_headers(root: mime.Part) -> ParsedMail:
    headers = root.headers
    senders = addresses(headers, "from")
    ids = message_ids(headers.raw("message-id"))
    return ParsedMail(
        subject=headers.text("subject"),
        from_name=senders[0].name if senders else "",
        from_address=senders[0].address if senders else "",
        message_id=ids[0] if ids else "",
        in_reply_to=message_ids(headers.raw("in-reply-to")),
        references=message_ids(headers.raw("references")),
        reply_to=_plain(headers, "reply-to"),
        sender=next(iter(_plain(headers, "sender")), ""),
        to=_plain(headers, "to"),
        cc=_plain(headers, "cc"),
        delivered_to=tuple(one for name in _DELIVERED_TO for one in _plain(headers, name)),
        date_header=headers.text("date")[:MAX_DATE_CHARS],
        loop_ids=_values(headers, "x-loop"),
        authentication_results=_values(headers, "authentication-results"),
        defects=_sender_defects(headers, len(senders)),
    )


def _plain(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(one.address for one in addresses(headers, name))


def _values(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(
        clean_line(decode_header_bytes(value), MAX_TRACE_CHARS)
        for value in headers.all(name)[:MAX_TRACE_FIELDS]
    )


def _sender_defects(headers: Headers, senders: int) -> tuple[str, ...]:
    if not senders:
        return (defects.NO_SENDER,)
    is_ambiguous = senders > 1 or len(headers.all("from")) > 1
    return (defects.SEVERAL_SENDERS,) if is_ambiguous else ()
