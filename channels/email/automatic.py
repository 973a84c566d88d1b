"""Whether a machine wrote a mail: no machine may answer it (RFC 3834, MS-OXCMAIL, list headers)."""

import re
from enum import StrEnum

from channels.email.headers import Headers


class Reason(StrEnum):
    """Why a mail counts as automatic, strongest first."""

    REPORT = "report"
    NULL_RETURN_PATH = "null-return-path"
    AUTO_SUBMITTED = "auto-submitted"
    MAILER_DAEMON = "mailer-daemon"
    PRECEDENCE = "precedence"
    AUTO_RESPONSE_SUPPRESS = "auto-response-suppress"
    MAILING_LIST = "mailing-list"
    AUTORESPONDER = "autoresponder"
    LOOP = "loop"
    NO_REPLY = "no-reply"
    SUBJECT = "subject"


_DAEMONS = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|microsoftexchange[0-9a-f]{20,})@", re.I
)
_NO_REPLY = re.compile(
    r"(?:[a-z0-9._+-]*[._+-])?(?:no|do[._-]?not|kein|nicht)[._-]?(?:reply|antwort\w*)\b[^@]*@", re.I
)
_REPORTS = ("multipart/report", "message/delivery-status", "message/disposition-notification")
_LIST_FIELDS = (
    "list-id",
    "list-unsubscribe",
    "list-post",
    "mailing-list",
    "x-mailing-list",
    "feedback-id",
)
_AUTORESPONDER_FIELDS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-mail-autoreply",
    "x-fc-machinegenerated",
)
_SUPPRESSED = re.compile(r"\b(?:dr|autoreply|all|oof)\b", re.I)
_SUBJECT = re.compile(
    r"\s*(?:Automatische (?:Antwort|R(?:ü|ue)ckmeldung)|Abwesen(?:d|heit|heitsnotiz)"
    r"|Out of (?:the )?Office|Auto(?:matic)?[- ]?Reply|Vacation|Nicht im B(?:ü|ue)ro)\b",
    re.I,
)


def reason(headers: Headers, from_address: str, subject: str) -> Reason | None:
    """Return why this mail is automatic, or None for a mail that a person wrote."""
    for why, is_so in (
        (Reason.REPORT, headers.token("content-type") in _REPORTS),
        (Reason.NULL_RETURN_PATH, "<>" in _return_paths(headers)),
        (Reason.AUTO_SUBMITTED, headers.token("auto-submitted") not in ("", "no")),
        (Reason.MAILER_DAEMON, _DAEMONS.match(from_address) is not None),
        (Reason.PRECEDENCE, _has_precedence(headers)),
        (
            Reason.AUTO_RESPONSE_SUPPRESS,
            _SUPPRESSED.search(headers.text("x-auto-response-suppress")) is not None,
        ),
        (Reason.MAILING_LIST, any(name in headers for name in _LIST_FIELDS)),
        (Reason.AUTORESPONDER, _is_autoresponder(headers)),
        (Reason.LOOP, "x-loop" in headers),
        (Reason.NO_REPLY, _NO_REPLY.match(from_address) is not None),
        (Reason.SUBJECT, _SUBJECT.match(subject) is not None and _is_answer(headers)),
    ):
        if is_so:
            return why
    return None


def _return_paths(headers: Headers) -> list[str]:
    return [
        value.replace(b" ", b"").decode("ascii", "replace")
        for value in headers.all("return-path")[:5]
    ]


def _has_precedence(headers: Headers) -> bool:
    return any(
        headers.token(name) in ("bulk", "junk", "list", "auto_reply", "auto-reply")
        for name in ("precedence", "x-precedence")
    )


def _is_autoresponder(headers: Headers) -> bool:
    return (
        any(name in headers for name in _AUTORESPONDER_FIELDS)
        or headers.token("delivered-to") == "autoresponder"
        or headers.token("x-mailer").startswith("vacation")
    )


def _is_answer(headers: Headers) -> bool:
    return "in-reply-to" in headers or "references" in headers
