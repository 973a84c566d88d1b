"""A tenant's pages: asked, paused, and what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.utils.timezone import now

from channels.facebook import alarms, graph
from channels.facebook.errors import OF_THE_PAGE, GraphError, Meaning, meaning_of
from channels.facebook.models import FacebookPage
from channels.facebook.sealing import SealBrokenError
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue
from tickets.models import Channel, Message

RESTRICTED_FOR = timedelta(hours=1)
RATE_PAUSE = timedelta(minutes=5)
IS_THERE = "channels.has_facebook_page"


def token_of(page: FacebookPage) -> str:
    """The page's token; raises GraphError (190) where it cannot be read any more."""
    try:
        return page.token
    except SealBrokenError as error:
        raise GraphError(code=190, words=str(error)) from error


def call(
    page: FacebookPage, method: str, path: str, *, is_needed: bool = True, **more: Any
) -> dict[str, Any]:
    """Ask Meta as this page, and write down what the answer says about the page as a whole.

    With `is_needed=False` the page works without it: a permission missing for it stops nothing
    else. Raises what `graph.call` raises. Never inside a transaction.
    """
    try:
        answer = graph.call(method, path, token_of(page), **more)
    except GraphError as error:
        # Without the wall's permissions, direct messages still work.
        if is_needed or error.meaning != Meaning.PERMISSION:
            _note_refusal(page, error)
        raise
    if answer.pause:
        pause(page, answer.pause)
    return answer.body


def pause(page: FacebookPage, duration: timedelta) -> None:
    """Leave Meta alone for this page for so long; a longer pause stays."""
    until = now() + duration
    if page.paused_until is None or page.paused_until < until:
        page.paused_until = until
        FacebookPage.objects.filter(pk=page.pk).update(paused_until=until)


def mark_failing(page: FacebookPage, error: GraphError) -> None:
    """The page cannot do its work until somebody puts it right; the first moment stays.

    Administrators are told once, and a look at the page soon says what exactly is missing.
    """
    values: dict[str, Any] = {
        "error_code": error.code,
        "error_subcode": error.subcode,
        "error_message": graph.masked(str(error))[:1000],
    }
    own = FacebookPage.objects.filter(pk=page.pk)
    with act():
        is_new = own.filter(state=FacebookPage.State.ACTIVE).update(
            state=FacebookPage.State.FAILING, failed_at=now(), next_check_at=now(), **values
        )
        own.filter(state=FacebookPage.State.FAILING).update(**values)
        page.refresh_from_db()
        if is_new:
            alarms.tell_failing(page)
            wakeups.ask(Wakeup.Kind.INBOX, now())
            enqueue("channels.check_facebook_page", page.pk)
    cache.delete(IS_THERE)


@act()
def mark_well(page: FacebookPage) -> None:
    """Everything works again: what waited is sent, and who heard of the failure hears of this."""
    own = FacebookPage.objects.filter(pk=page.pk)
    was_failing = own.filter(failed_at__isnull=False).update(failed_at=None)
    own.update(
        state=FacebookPage.State.ACTIVE,
        error_code=None,
        error_subcode=None,
        error_message="",
        paused_until=None,
    )
    page.refresh_from_db()
    if was_failing:
        alarms.tell_well(page)
    waiting = Message.objects.filter(channel=Channel.FACEBOOK, status=Message.Status.QUEUED)
    waiting.update(next_try_at=now())
    wakeups.ask(Wakeup.Kind.OUTBOX, now())
    cache.delete(IS_THERE)


def is_token_gone(page: FacebookPage) -> bool:
    """Whether only connecting it anew can help."""
    return meaning_of(page.error_code or 0, page.error_subcode or 0) == Meaning.TOKEN


def _note_refusal(page: FacebookPage, error: GraphError) -> None:
    if error.meaning in OF_THE_PAGE:
        mark_failing(page, error)
    elif error.meaning == Meaning.RESTRICTED:
        pause(page, error.pause or RESTRICTED_FOR)
    elif error.meaning == Meaning.RATE:
        pause(page, error.pause or RATE_PAUSE)
