"""What a person newly wrote: a text without the mail it answers and without the signature.

Plain linear rules find the usual forms. What they leave open goes to mail-parser-reply in the
confined process, because its expressions can be made to run for minutes. When in doubt everything
is shown: the full text is kept in any case.
"""

import re

from channels.email import confined

MAX_LINES = 1000
MAX_CHARS = 100_000
MAX_LINE_CHARS = 2000
MIN_REPLY_CHARS = 3
MAX_SIGNATURE_LINES = 15  # below a '--' that has lost its space
_LOOKED_AT = 400  # characters of a line that decide what it is

_FORWARD_SUBJECT = re.compile(r"\s*(?:WG|Fwd?|Wtr|TR|Weitergeleitet)\s*:", re.I)
_FORWARD_LINE = re.compile(
    r"\s*(?:-{2,}\s*(?:Weitergeleitete|Forwarded) (?:Nachricht|E-?Mail|message)"
    r"|(?:Anfang der weitergeleiteten Nachricht|Begin forwarded message)\s*:)",
    re.I,
)
_SEPARATOR = re.compile(
    r"\s*-{3,}\s*(?:Urspr(?:ü|ue)ngliche|Original)[ -]?(?:Nachricht|E-?Mail|Message|Mail)"
    r"\s*-{3,}\s*$",
    re.I,
)
_RULE = re.compile(r"\s*[_-]{20,}\s*$")
_FIELD = re.compile(
    r"\s*[*_]{0,2}(Von|From|Gesendet|Sent|Datum|Date|An|To|Cc|Kopie|Betreff|Subject)[*_]{0,2}\s*:",
    re.I,
)
_SENDER_FIELDS = {"von", "from"}
_OTHER_FIELDS = {"gesendet", "sent", "datum", "date", "betreff", "subject"}
_ATTRIBUTION = re.compile(r"\b(?:schrieb|wrote)\b.{0,200}:\s*$", re.I)
# 'Am Montag schrieb ich Ihnen:' is a sentence of the answer itself.
_OWN_SENTENCE = re.compile(
    r"\bschrieb\b.*\b(?:ich|wir|er|sie|es|man|mir|uns|ihnen|folgende\w*"
    r"|(?:mein|unser)(?:e[mnrs]?)?)\b"
    r"|\b(?:I|we|he|she|they)\s+wrote\b|\bwrote\s+(?:me|us|to)\b",
    re.I,
)
_ADDRESS_OR_MOMENT = re.compile(r"@|\b\d{1,2}:\d{2}\b|\b20\d\d\b|\b\d{1,2}\.\d{1,2}\.\d{2}\b")
_MOBILE = re.compile(
    r"\s*(?:Von meinem .{1,40} (?:gesendet|aus)|Gesendet (?:von|mit|über) .{1,80}"
    r"|Sent (?:from|with|via) .{1,80}|Get Outlook for .{1,60}|Holen Sie sich Outlook .{1,60}"
    r"|(?:Diese Nachricht wurde|This message was sent) (?:von mein|from my).{1,80})\s*$",
    re.I,
)
_WEAK_HINT = re.compile(r"^[> \t]*(?:(?:Am|On)\s|-{5,}|_{20,}|\[?Original Message)", re.I | re.M)
_WROTE = re.compile(r"schrieb|wrote", re.I)


def reply_text(text: str, subject: str, budget: confined.Budget) -> str:
    """Return the newly written part; the whole text of a forwarded mail or when little is left."""
    lines = text.split("\n", MAX_LINES)
    if _FORWARD_SUBJECT.match(subject):
        return text
    start = _history_start(lines)
    if start is None:
        start = _library_start(text, lines, budget)
    if _is_forward(lines[:start]):
        return text
    kept = lines if start is None else lines[:start]
    reply = "\n".join(_without_signature(kept)).strip()
    return reply if len(reply) >= MIN_REPLY_CHARS else text


def _is_forward(lines: list[str]) -> bool:
    return any(_FORWARD_LINE.match(line) for line in lines if "-" in line or ":" in line)


def _history_start(lines: list[str]) -> int | None:
    """Return the line at which the answered mail begins, or None when no rule is sure of one."""
    for number, line in enumerate(lines):
        head = line[:_LOOKED_AT].lstrip()
        if not head:
            continue
        if head[0] == ">":
            return number if _is_quoted_to_the_end(lines, number) else None
        if (found := _attribution(lines, number)) and (
            start := _start_of_attributed(lines, number, *found)
        ) is not None:
            return start
        if _SEPARATOR.match(head) or _is_field_block(lines, number):
            return _with_rule_above(lines, number)
    return None


def _attribution(lines: list[str], number: int) -> tuple[int, str] | None:
    """Return how many lines 'Am … schrieb …:' takes from here and its text, or None."""
    head = lines[number][:_LOOKED_AT].lstrip()
    is_dated_first = head.startswith(("Am ", "On "))
    if not is_dated_first and "schrieb" not in head and "wrote" not in head:
        return None
    joined = ""
    for length, line in enumerate(lines[number : number + (4 if is_dated_first else 2)], 1):
        if not line.strip():
            return None
        joined += " " + line[:_LOOKED_AT].strip()
        if _ATTRIBUTION.search(joined):
            return length, joined
    return None


def _start_of_attributed(
    lines: list[str], number: int, length: int, attribution: str
) -> int | None:
    """Return where the history begins: behind the last line when the answer is in or below it."""
    below = next((i for i in range(number + length, len(lines)) if lines[i].strip()), None)
    if below is not None and lines[below].lstrip().startswith(">"):
        return number if _is_quoted_to_the_end(lines, below) else len(lines)
    return number if _is_surely_attribution(attribution) else None


def _is_surely_attribution(text: str) -> bool:
    """Whether a line above unmarked text names a sender or a moment and is no own sentence."""
    return _ADDRESS_OR_MOMENT.search(text) is not None and _OWN_SENTENCE.search(text) is None


def _is_quoted_to_the_end(lines: list[str], number: int) -> bool:
    """Whether nothing new follows the first quoted line."""
    for line in _without_signature(lines[number:]):
        head = line.lstrip()[:1]
        if head and head != ">" and not _RULE.match(line):
            return False
    return True


def _is_field_block(lines: list[str], number: int) -> bool:
    """Whether a block like Von:/Gesendet:/An:/Betreff: begins here, as Outlook and GMX write it."""
    if not _FIELD.match(lines[number][:_LOOKED_AT]):
        return False
    names: set[str] = set()
    for line in lines[number : number + 10]:
        if found := _FIELD.match(line[:_LOOKED_AT]):
            names.add(found[1].lower())
        elif not line.strip() and len(names) > 1:
            break
    return len(names) >= 3 and bool(names & _SENDER_FIELDS) and bool(names & _OTHER_FIELDS)


def _with_rule_above(lines: list[str], number: int) -> int:
    """Take a line of underscores directly above the block into the quote."""
    above = next((i for i in range(number - 1, max(number - 4, -1), -1) if lines[i].strip()), None)
    return above if above is not None and _RULE.match(lines[above]) else number


def _without_signature(lines: list[str]) -> list[str]:
    """Return the lines without what follows '-- ' and without a line naming the device."""
    quoted = max((i for i, line in enumerate(lines) if line.lstrip().startswith(">")), default=-1)
    for number in range(quoted + 1, len(lines)):
        is_short = len(lines) - number <= MAX_SIGNATURE_LINES
        if lines[number] == "-- " or (lines[number].rstrip() == "--" and is_short):
            lines = lines[:number]
            break
    last = next((i for i in range(len(lines) - 1, -1, -1) if lines[i].strip()), None)
    if last is not None and _MOBILE.match(lines[last][:_LOOKED_AT]):
        return lines[:last]
    return lines


def _library_start(text: str, lines: list[str], budget: confined.Budget) -> int | None:
    """Ask mail-parser-reply about a text with hints that the rules could not settle."""
    looked_at = text[:MAX_CHARS]
    if not _WEAK_HINT.search(looked_at) or not (
        _WROTE.search(looked_at) or "--" in looked_at or "__" in looked_at
    ):
        return None
    if any(line.lstrip().startswith(">") for line in lines) or any(
        len(line) > MAX_LINE_CHARS for line in lines
    ):
        return None
    short = re.sub(r"\n\s*\n\s*\n+", "\n\n", "\n".join(lines[:MAX_LINES])[:MAX_CHARS])
    reply = confined.run("reply", short, budget)
    return None if reply is None else _line_behind(lines, reply)


def _line_behind(lines: list[str], reply: str) -> int | None:
    """Return the line that follows the library's answer, which has other white space."""
    wanted = [line.strip() for line in reply.split("\n") if line.strip()]
    found = 0
    for number, line in enumerate(lines):
        if found == len(wanted):
            return number if found and _is_surely_history(lines, number) else None
        if line.strip() == wanted[found]:
            found += 1
        elif line.strip() and not _RULE.match(line):
            return None
    return None


def _is_surely_history(lines: list[str], number: int) -> bool:
    head = " ".join(lines[number : number + 4])[: 4 * _LOOKED_AT]
    fields = sum(1 for line in lines[number : number + 8] if _FIELD.match(line[:_LOOKED_AT]))
    return fields > 1 or _is_surely_attribution(head)
