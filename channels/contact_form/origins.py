"""Websites as browsers name them: scheme, host and port, nothing else (RFC 6454)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# As many as a tenant may list.
MOST = 50
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 1123 §2.1, after IDNA; an IPv6 address comes without its brackets.
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+", re.A)


class OriginError(ValueError):
    """The text names no website."""


def clean(text: str) -> str:
    """The origin of what somebody typed, as a browser sends it.

    "https://www.Müller.de:443/kontakt" gives "https://www.xn--mller-kva.de", "müller.de" gives
    https. Raises OriginError.
    """
    typed = text.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host, port = (parts.hostname or "").encode("idna").decode("ascii").lower(), parts.port
    except (UnicodeError, ValueError) as error:
        raise OriginError(text) from error
    is_plain = parts.scheme in _DEFAULT_PORTS and "@" not in parts.netloc
    if not is_plain or not _HOST.fullmatch(host.rstrip(".")):
        raise OriginError(text)
    shown = f"[{host}]" if ":" in host else host
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if is_default else f":{port}")
