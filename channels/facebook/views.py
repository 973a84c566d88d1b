"""The one address at which Meta tells this installation what happens on its tenants' pages."""

from __future__ import annotations

import hmac
import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.facebook import door, graph
from channels.raw import StorageFullError

logger = logging.getLogger(__name__)

# As many updates as Meta puts into one batch, a thousand, with four kilobytes each: 600 escaped
# characters and what stands around them. Anybody may send us something here.
LARGEST_BATCH = 4 * 1024 * 1024
PLAIN = "text/plain; charset=utf-8"


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest) -> HttpResponse:
    """Answer Meta's challenge, and take batches of events; knows no tenant."""
    if not graph.is_set_up():
        return _said("Facebook is not set up here: FACEBOOK_APP_ID, FACEBOOK_APP_SECRET.", 503)
    return _challenge(request) if request.method == "GET" else _batch(request)


def _challenge(request: HttpRequest) -> HttpResponse:
    """Meta asks whether this address wants its events; only who knows the word may answer."""
    expected, given = settings.FACEBOOK_VERIFY_TOKEN, request.GET.get("hub.verify_token", "")
    is_known = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    if not (expected and is_known and request.GET.get("hub.mode") == "subscribe"):
        return _said("The verify token is another one.", 403)
    return _said(request.GET.get("hub.challenge", ""), 200)


def _batch(request: HttpRequest) -> HttpResponse:
    """200 once the batch is durable, whatever is in it; everything else is done later."""
    received_at, given = now(), request.headers.get("X-Hub-Signature-256", "")
    if not door.is_signature(given):
        # Whatever it is, nobody could have signed it: it is not even read.
        return _unsigned(given)
    if _length(request) > LARGEST_BATCH:
        logger.error(
            "ALARM: refused a Facebook webhook of more than %s bytes. If Meta sent it, it comes "
            "again for 36 hours and is lost then.",
            LARGEST_BATCH,
        )
        return _said(f"A batch may have {LARGEST_BATCH} bytes.", 413)
    raw = request.read(LARGEST_BATCH)
    if not door.is_signed(raw, given):
        return _unsigned(given)
    try:
        door.accept(raw, received_at)
    except (StorageFullError, DatabaseError, InterfaceError):
        logger.exception("A Facebook batch could not be stored; Meta will send it again")
        return _said("Not stored. Please send it again.", 503)
    return _said("EVENT_RECEIVED", 200)


def _unsigned(given: str) -> HttpResponse:
    # Meta unsubscribes pages from an app that refuses for an hour: a changed secret is urgent.
    logger.error(
        "ALARM: refused a Facebook webhook %s. If Meta sent it, FACEBOOK_APP_SECRET is wrong.",
        "with a wrong signature" if given else "without a signature",
    )
    return _said("The signature is wrong.", 403)


def _length(request: HttpRequest) -> int:
    """How long the sender says that the body is; Django reads no more of it than that."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return int(length) if length.isascii() and length.isdecimal() else 0


def _said(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, content_type=PLAIN, status=status)
