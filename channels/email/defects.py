"""What can be wrong with a mail, in words an agent may read (translated where they are shown)."""


def gettext_noop(message: str) -> str:
    """Mark a text for translation, which its reader does: the parser knows no Django."""
    return message


UNREADABLE = gettext_noop("This mail could not be read")
HEADER_CUT = gettext_noop("Header cut: too large")
NO_SENDER = gettext_noop("No readable sender")
SEVERAL_SENDERS = gettext_noop("More than one sender")
TOO_DEEP = gettext_noop("Nested too deeply: inner parts were not opened")
TOO_MANY_PARTS = gettext_noop("Too many parts: not all were opened")
NO_BOUNDARY = gettext_noop("Parts without a boundary: shown as one text")
DAMAGED_ENCODING = gettext_noop("Damaged transfer encoding")
UNKNOWN_CHARSET = gettext_noop("Unknown character set: some letters may be wrong")
TEXT_CUT = gettext_noop("Text cut: too long")
HTML_CUT = gettext_noop("HTML cut: too large")
HTML_DROPPED = gettext_noop("HTML too complex: shown as plain text")
ENCRYPTED = gettext_noop("Encrypted: the content is in the attachment only")
