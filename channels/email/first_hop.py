"""The server that mail is handed to first: one SMTP transaction, and what its answers mean."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.utils.translation import gettext

from channels.outbox import RefusedError, TryLaterError


def send(envelope_from: str, recipient: str, raw: bytes) -> None:
    """Hand one mail over; raises RefusedError when it is refused for good, else TryLaterError.

    Only what the server says of this mail is final. A server that cannot be reached or will not
    let us in says nothing of the mail, and a connection lost after the content leaves open whether
    it was taken: it goes again under the same Message-ID.
    """
    try:
        with _session() as hop:
            hop.sendmail(envelope_from, [recipient], raw, _options(hop, envelope_from, recipient))
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _outcome(code, text) from error
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _outcome(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:
        raise TryLaterError(_said(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TryLaterError(f"{type(error).__name__}: {error}") from error


@contextlib.contextmanager
def _session() -> Iterator[smtplib.SMTP]:
    """A session with the configured server, encrypted as EMAIL_URL says."""
    host, port, timeout = settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT
    hop = _connect(host, port, _own_name(), timeout)
    try:
        if settings.EMAIL_USE_TLS:
            hop.starttls(context=ssl.create_default_context())
        if settings.EMAIL_HOST_USER:
            hop.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        yield hop
        # The mail is taken; how the server says goodbye changes nothing.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            hop.quit()
    finally:
        hop.close()


def _connect(host: str, port: int, name: str, timeout: float) -> smtplib.SMTP:
    if settings.EMAIL_USE_SSL:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=context)
    return smtplib.SMTP(host, port, name, timeout=timeout)


@cache
def _own_name() -> str:
    """Who we say we are; the library would ask the name server before each mail."""
    name = socket.getfqdn()
    return name if "." in name else "[127.0.0.1]"


def _options(hop: smtplib.SMTP, envelope_from: str, recipient: str) -> list[str]:
    """What an address beyond ASCII needs (RFC 6531); raises RefusedError where it is not spoken."""
    if (envelope_from + recipient).isascii():
        return []
    hop.ehlo_or_helo_if_needed()
    if not hop.has_extn("smtputf8"):
        raise RefusedError(gettext("The mail server takes no addresses with such letters."))
    return ["SMTPUTF8", "BODY=8BITMIME"]


def _outcome(code: int, text: bytes | str) -> Exception:
    said = _said(code, text)
    return RefusedError(said) if 500 <= code < 600 else TryLaterError(said)


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{code} {' '.join(words.split())}"
