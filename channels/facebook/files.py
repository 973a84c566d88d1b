"""Attachments that people send: fetched at once, because their links soon end.

The message is there without them; what cannot be fetched is tried again and then named in it.
"""

from __future__ import annotations

import logging
import mimetypes
import re
import time
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext as _

from channels.facebook.models import FacebookObject
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tickets import recording, revising
from tickets.recording import File

logger = logging.getLogger(__name__)

LARGEST_FILE = 25_000_000  # bytes
# Seconds: for each step, and for all of it.
TIMEOUT = httpx.Timeout(10, connect=5)
LONGEST = 30.0
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30))
# A worker that has not reported back after this is taken for dead.
CLAIM_LASTS = timedelta(minutes=3)
# Seconds and bytes for one turn: thirty slow files would outlast the claim and come twice, thirty
# large ones would fill the memory. What is left over has its turn soon after it.
LONGEST_TURN = CLAIM_LASTS.total_seconds() - 2 * LONGEST
LARGEST_TURN = 100_000_000
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")


class GoneError(Exception):
    """The file cannot be had; trying again is of no use."""


class NotNowError(Exception):
    """The file could not be had this time."""


def fetch(pk: int) -> None:
    """Fetch what a message still lacks; running this twice fetches it once. Never in an act."""
    taken = FacebookObject.objects.all().awaiting_files().filter(pk=pk)
    if not taken.update(fetch_at=now() + CLAIM_LASTS):
        return
    known = FacebookObject.objects.get(pk=pk)
    found: list[File] = []
    waiting: list[dict[str, Any]] = []
    remarks: list[str] = []
    ends = time.monotonic() + LONGEST_TURN
    for one in sorted(known.files, key=_tries):
        if time.monotonic() > ends or sum(len(file.content) for file in found) > LARGEST_TURN:
            waiting.append(one)
            continue
        try:
            found.append(download(str(one["url"]), str(one["type"])))
        except GoneError as error:
            remarks.append(_remark(one, str(error)))
        except NotNowError as error:
            tries = _tries(one) + 1
            if tries > len(PAUSES):
                remarks.append(_remark(one, str(error)))
            else:
                waiting.append({**one, "tries": tries})
    _settle(known, found, waiting, remarks)


def fetch_waiting() -> None:
    """Fetch what waits in this tenant."""
    waiting = FacebookObject.objects.all().awaiting_files().order_by("fetch_at")
    for pk in list(waiting.values_list("pk", flat=True)[:100]):
        fetch(pk)


def download(url: str, kind: str) -> File:
    """One file, from Meta's hosts only; raises GoneError or NotNowError."""
    if not is_allowed(url):
        raise GoneError(_("it lies at a place from which nothing is fetched"))
    ends = time.monotonic() + LONGEST
    try:
        with _client().stream("GET", url, timeout=TIMEOUT) as response:
            if response.status_code >= 500 or response.status_code == 429:
                raise NotNowError(f"HTTP {response.status_code}")
            if response.status_code != 200:
                raise GoneError(f"HTTP {response.status_code}")
            content = bytearray()
            for piece in response.iter_bytes():
                content += piece
                if len(content) > LARGEST_FILE:
                    raise GoneError(_("it is too large"))
                if time.monotonic() > ends:
                    raise NotNowError(_("it took too long"))
            return _file(url, kind, response.headers.get("content-type", ""), bytes(content))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotNowError(type(error).__name__) from None


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for the process; a redirect could lead to anywhere."""
    return httpx.Client(follow_redirects=False)


def is_allowed(url: str) -> bool:
    """Whether an address is one of Meta's; of a Graph API of our own, that one too."""
    try:
        parts = urlsplit(url)
        host, graph = parts.hostname or "", urlsplit(settings.FACEBOOK_GRAPH_URL)
    except ValueError:
        return False
    if parts.netloc and parts.netloc == graph.netloc and parts.scheme == graph.scheme:
        return True
    allowed = settings.FACEBOOK_FILE_HOSTS
    is_known = any(host == one or host.endswith(f".{one}") for one in allowed)
    return parts.scheme == "https" and is_known and parts.port in {None, 443}


def _file(url: str, kind: str, content_type: str, content: bytes) -> File:
    declared = content_type.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(declared):
        declared = "application/octet-stream"
    name = unquote(urlsplit(url).path.rpartition("/")[2]).replace("\0", "")[-120:]
    if "." not in name:
        name = f"{name or kind}{mimetypes.guess_extension(declared) or ''}"
    return File(filename=name, content_type=declared, content=content)


def _tries(one: dict[str, Any]) -> int:
    return int(one.get("tries", 0))


def _pause(one: dict[str, Any]) -> timedelta:
    tries = _tries(one)
    return PAUSES[tries - 1] if tries else timedelta()


def _remark(one: dict[str, Any], reason: str) -> str:
    words = _("(A file could not be fetched from Facebook: %(kind)s, %(reason)s.)")
    return words % {"kind": one.get("type") or "?", "reason": reason}


@act()
def _settle(
    known: FacebookObject, found: list[File], waiting: list[dict[str, Any]], remarks: list[str]
) -> None:
    """Write down what came of it, unless the message was taken back meanwhile."""
    if known.message is not None:
        # First, as every act on a ticket does.
        recording.locked(known.message.ticket)
    current = FacebookObject.objects.get(pk=known.pk)
    if current.files != known.files:
        # Slower than its claim lasts: another worker has fetched them, or they were taken back.
        return
    if current.message is None or current.state == FacebookObject.State.DELETED:
        waiting = []
    else:
        at = now()
        if found:
            revising.add_files(current.message, found, at=at)
        if remarks:
            revising.remark(current.message, "\n".join(remarks), at=at)
    fetch_at = None
    if waiting:
        # One file's trouble puts off none that was not tried yet.
        fetch_at = now() + min(_pause(one) for one in waiting)
        wakeups.ask(Wakeup.Kind.INBOX, fetch_at)
    FacebookObject.objects.filter(pk=current.pk).update(files=waiting, fetch_at=fetch_at)
