"""mail-parser-reply, called only inside the confined process: its expressions can be made to run
for minutes.
"""

from mailparser_reply import EmailReplyParser

_parser = EmailReplyParser(languages=["de", "en"])


def latest_reply(text: str) -> str:
    """Return the text above the first quote header that the library finds."""
    return _parser.parse_reply(text) or ""
