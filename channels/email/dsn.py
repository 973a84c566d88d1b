"""Reports on delivery (RFC 3464), and the bounces of servers that write none."""

import email
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.utils import getaddresses

from flufl.bounce import all_failures

from channels.email import confined
from channels.email.addresses import parse_addresses
from channels.email.automatic import Reason
from channels.email.charsets import clean_line, decode_header_bytes
from channels.email.headers import Headers, message_ids, split
from channels.email.mime import Part

MAX_REPORT_BYTES = 64 * 1024
MAX_BLOCKS = 100
MAX_HEURISTIC_BYTES = 64 * 1024
MAX_DIAGNOSTIC_CHARS = 500

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_UNDELIVERABLE = re.compile(
    r"\s*(?:Unzustellbar|(?:Nachricht )?nicht zugestellt|Zustellung fehlgeschlagen"
    r"|Undeliver(?:able|ed)|Non[- ]?deliver|(?:Mail )?Delivery (?:has )?fail|Returned mail"
    r"|Delivery Status Notification \(Failure\)|failure notice)",
    re.I,
)
_DELAYED = re.compile(r"delay|verz(?:ö|oe)ger|warning: could not send", re.I)
_SERVERS_OWN = (Reason.REPORT, Reason.NULL_RETURN_PATH, Reason.MAILER_DAEMON)
_GRAVITY = {"failed": 0, "delayed": 1}
_UNKNOWN_ADDRESS = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of a mail of ours.

    `action` is failed, delayed, delivered, relayed or expanded; `is_permanent` says that this mail
    will not arrive any more; `original_message_id` has its angle brackets, or is ''.
    """

    recipient: str
    status: str
    is_permanent: bool
    diagnostic: str
    original_message_id: str
    action: str

    @property
    def is_address_unknown(self) -> bool:
        """Whether this address reaches nobody and should get no more mail (RFC 3463)."""
        return self.is_permanent and self.status in _UNKNOWN_ADDRESS


def bounce(
    root: Part, subject: str, text: str, why: Reason | None, budget: confined.Budget
) -> Bounce | None:
    """Return what a report says, worst recipient first, or None when an automatic mail is not about
    delivery.

    `why` is the reason for which the mail counts as automatic; a mail written by a person is never
    a bounce.
    """
    if why is None:
        return None
    leaves = list(root.leaves())
    original_id = _original_message_id(root, leaves)
    reports = [leaf for leaf in leaves if leaf.content_type == "message/delivery-status"]
    found = [one for report in reports for one in _reported(report, original_id)]
    if found:
        return min(found, key=lambda one: _GRAVITY.get(one.action, len(_GRAVITY)))
    return _guessed(root, subject, text, why, budget, original_id)


def _reported(report: Part, original_id: str) -> Iterator[Bounce]:
    """Yield one Bounce for each recipient block of a message/delivery-status part."""
    content = report.content(MAX_REPORT_BYTES)[0].replace(b"\r\n", b"\n")
    for block in content.split(b"\n\n", MAX_BLOCKS)[:MAX_BLOCKS]:
        block = block.lstrip(b"\n")
        fields = split(block, 0, len(block)).headers
        action = re.sub(r"[^a-z].*", "", fields.token("action"))
        if "final-recipient" not in fields and "original-recipient" not in fields:
            continue
        yield _bounce_of(
            fields, "failed" if action in ("error", "failure", "") else action, original_id
        )


def _bounce_of(fields: Headers, action: str, original_id: str) -> Bounce:
    diagnostic = re.sub(r"^smtp\s*;\s*", "", fields.text("diagnostic-code"), flags=re.I)[
        :MAX_DIAGNOSTIC_CHARS
    ]
    status = _STATUS.search(fields.text("status")) or _STATUS.search(diagnostic)
    recipient = _recipient(fields.text("original-recipient")) or _recipient(
        fields.text("final-recipient")
    )
    code = status[1] if status else ""
    is_permanent = action == "failed" and not code.startswith("2")
    return Bounce(recipient, code, is_permanent, diagnostic, original_id, action)


def _recipient(value: str) -> str:
    """Return the address of 'rfc822; eva@example.de'."""
    found = parse_addresses(value.rpartition(";")[2])
    return found[0].address if found else ""


def _original_message_id(root: Part, leaves: list[Part]) -> str:
    """Return the Message-ID of the mail that a report quotes or answers, or ''."""
    for leaf in leaves:
        if leaf.content_type in (
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global",
        ):
            content = leaf.content(MAX_REPORT_BYTES)[0].lstrip(b"\r\n")
            if ids := message_ids(split(content, 0, len(content)).headers.raw("message-id")):
                return ids[0]
    ids = message_ids(root.headers.raw("in-reply-to")) or message_ids(
        root.headers.raw("references")
    )
    return ids[-1] if ids else ""


def _guessed(
    root: Part, subject: str, text: str, why: Reason, budget: confined.Budget, original_id: str
) -> Bounce | None:
    """Judge a mail without a report by its headers, its subject and the forms of old servers."""
    failed = [
        one.address
        for one in parse_addresses(decode_header_bytes(root.headers.raw("x-failed-recipients")))
    ]
    is_delayed = _DELAYED.search(subject) is not None and why in _SERVERS_OWN
    is_refused = _UNDELIVERABLE.match(subject) is not None and why in (
        *_SERVERS_OWN,
        Reason.AUTO_SUBMITTED,
    )
    if not (failed or is_delayed or is_refused):
        return None
    temporary, permanent = ([], failed) if failed else _heuristic(root, budget)
    is_permanent = bool(permanent) or (not temporary and not is_delayed)
    status = _STATUS.search(text[:MAX_REPORT_BYTES])
    return Bounce(
        recipient=next(iter([*permanent, *temporary]), ""),
        status=status[1] if status else "",
        is_permanent=is_permanent,
        diagnostic=clean_line(subject, MAX_DIAGNOSTIC_CHARS),
        original_message_id=original_id,
        action="failed" if is_permanent else "delayed",
    )


def _heuristic(root: Part, budget: confined.Budget) -> tuple[list[str], list[str]]:
    answer = confined.run("bounce", root.raw[:MAX_HEURISTIC_BYTES].decode("latin-1"), budget)
    if answer is None:
        return [], []
    temporary, permanent = json.loads(answer)
    return temporary, permanent


def heuristic_recipients(text: str) -> tuple[list[str], list[str]]:
    """Return the temporary and permanent failures that flufl.bounce sees; for the helper only."""
    message = email.message_from_bytes(text.encode("latin-1", "replace"), policy=policy.compat32)
    if not getaddresses(
        [str(message.get("from", ""))]
    ):  # one of its detectors takes it for granted
        del message["from"]
        message["From"] = "mailer-daemon@invalid"
    temporary, permanent = all_failures(message)
    return sorted(one.decode("ascii") for one in temporary), sorted(
        one.decode("ascii") for one in permanent
    )
