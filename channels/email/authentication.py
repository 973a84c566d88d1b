"""What the trusted edge found out about a sender (RFC 8601)."""

import re

import authres

MAX_CHARS = 4096
MAX_FIELDS = 20
MAX_COMMENTS = 60

_NOTED_RESULT = re.compile(r"\bdmarc\s{0,5}=\s{0,5}([a-z]+)", re.I)


def dmarc_result(fields: tuple[str, ...], authserv_ids: tuple[str, ...]) -> str:
    """Return the DMARC result ('pass', 'fail', 'none', …) that a trusted server wrote, or '' when
    none did.

    `fields` are the Authentication-Results values from the top of the mail down; a mail that came
    through an untrusted server may carry anybody's, so only those of `authserv_ids` count, and the
    topmost of them decides.
    """
    trusted = {identity.lower() for identity in authserv_ids}
    for value in fields[:MAX_FIELDS]:
        if _authserv_id(value) in trusted and (result := _dmarc(value)):
            return result
    return ""


def _authserv_id(value: str) -> str:
    words = value.partition(";")[0].split()
    return words[0].lower() if words else ""


def _dmarc(value: str) -> str:
    """Return the DMARC result of one field; in an unreadable one a noted failure still counts."""
    if "dmarc" not in value.lower():
        return ""
    if value.count("(") <= MAX_COMMENTS:
        try:
            header = authres.AuthenticationResultsHeader.parse(
                f"Authentication-Results: {value[:MAX_CHARS]}"
            )
        except (authres.AuthResError, ValueError):
            header = None
        for result in header.results if header else ():
            if result.method.lower() == "dmarc":
                return str(result.result).lower()
    noted = {result.lower() for result in _NOTED_RESULT.findall(value)}
    return "fail" if "fail" in noted else ""
