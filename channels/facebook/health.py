"""How a page is: its token, what it may do, and whether Meta tells us of it; looked at every day.

A look asks Meta only, and changes nothing at a customer's. What it finds is on the settings page.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.timezone import now

from channels.facebook import connecting, pages
from channels.facebook.connecting import NotAPageTokenError
from channels.facebook.errors import FacebookError, GraphError, Meaning, meaning_of
from channels.facebook.events import text_of
from channels.facebook.models import FacebookPage
from channels.facebook.permissions import NEEDED
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup

logger = logging.getLogger(__name__)

# A page that fails is looked at more often, and one that could not be asked for soon again.
WHILE_FAILING = timedelta(hours=1)
NOT_ASKED = timedelta(minutes=15)
# A failure stays for so long, so that a page does not change its state with every look.
STAYS_FAILING = timedelta(minutes=30)
PROBE = {"platform": "messenger", "limit": "1", "fields": "id"}


class NotCheckedError(RuntimeError):
    """Meta could not be asked, or not by this app; nothing is known about the page."""


def check_due() -> None:
    """Look at every page of this tenant whose turn it is."""
    for page in FacebookPage.objects.all().to_check():
        check_quietly(page)


def check_quietly(page: FacebookPage) -> None:
    """Look at a page for nobody in particular: what could not be asked is asked again soon."""
    try:
        check(page)
    except NotCheckedError as error:
        logger.warning("Facebook page %s could not be checked: %s", page.page_id, error)


def check(page: FacebookPage, *, is_asked_for: bool = False) -> None:
    """Look at a page now, subscribe to what Meta no longer tells, and write down how it is.

    With `is_asked_for` a person says that they have put it right: if nothing is found, it counts
    as well again. Raises NotCheckedError. Never inside an act.
    """
    was_lacking = _lacking(page.permissions)
    _look_again(page, now() + NOT_ASKED)
    found = _found(page)
    if isinstance(found, GraphError):
        _note(page, found)
        return
    _write_down(page, found)
    if lacking := _lacking(page.permissions):
        _note(page, GraphError(code=200, words=", ".join(lacking)))
        return
    if _works(page) and (is_asked_for or _is_mended(page, was_lacking)):
        pages.mark_well(page)
    _look_again(page, now() + _pause(page))


def _found(page: FacebookPage) -> dict[str, Any] | GraphError:
    """What Meta says about the page's token, or why it is dead; raises NotCheckedError."""
    try:
        token = pages.token_of(page)
    except GraphError as error:
        return error
    try:
        return connecting.checked(token)
    except NotAPageTokenError as error:
        return GraphError(code=190, subcode=error.subcode, words=str(error))
    except FacebookError as error:
        # It was asked with the app's own token: an error says nothing about the page.
        raise NotCheckedError(str(error)) from error


def _works(page: FacebookPage) -> bool:
    """Whether Meta does what the page needs; raises NotCheckedError where it does not say."""
    try:
        _subscribe(page)
        if "pages_read_engagement" in page.permissions:
            pages.call(page, "GET", f"{page.page_id}/conversations", params=PROBE)
    except GraphError as error:
        # What concerns the whole page is written down already.
        logger.warning("Facebook page %s: %s", page.page_id, error)
        return False
    except (FacebookError, NotAPageTokenError) as error:
        raise NotCheckedError(str(error)) from error
    return True


def _subscribe(page: FacebookPage) -> None:
    """Meta drops a subscription after an hour of failing webhooks: take it up again."""
    path = f"{page.page_id}/subscribed_apps"
    rows = pages.call(page, "GET", path).get("data")
    told = _fields(rows if isinstance(rows, list) else [])
    if page.subscribed_fields and set(page.subscribed_fields) <= told:
        return
    logger.warning("Facebook page %s is subscribed again; it had %s", page.page_id, sorted(told))
    page.subscribed_fields = connecting.subscribe(page.page_id, pages.token_of(page))
    page.save(update_fields=["subscribed_fields"])


def _fields(rows: list[Any]) -> set[str]:
    """What our app is told of, among all apps of the page."""
    own = [
        row.get("subscribed_fields")
        for row in rows
        if isinstance(row, dict) and text_of(row, "id") == settings.FACEBOOK_APP_ID
    ]
    return {str(field) for fields in own if isinstance(fields, list) for field in fields}


def _is_mended(page: FacebookPage, was_lacking: list[str]) -> bool:
    """Whether what had failed is proven to be right again.

    A dead token that lives, and a permission that was missing, are proof. What only an answer can
    show (a block, a missing approval) is for a person to say.
    """
    if page.failed_at is None or now() - page.failed_at < STAYS_FAILING:
        return False
    meaning = meaning_of(page.error_code or 0, page.error_subcode or 0)
    return meaning == Meaning.TOKEN or (meaning == Meaning.PERMISSION and bool(was_lacking))


def _note(page: FacebookPage, error: GraphError) -> None:
    FacebookPage.objects.filter(pk=page.pk).update(checked_at=now())
    pages.mark_failing(page, error)
    _look_again(page, now() + WHILE_FAILING)


def _write_down(page: FacebookPage, found: dict[str, Any]) -> None:
    page.permissions, page.granted_by = found["permissions"], found["granted_by"]
    page.token_expires_at, page.checked_at = found["token_expires_at"], now()
    page.save(update_fields=["permissions", "granted_by", "token_expires_at", "checked_at"])


@act()
def _look_again(page: FacebookPage, at: datetime) -> None:
    page.next_check_at = at
    page.save(update_fields=["next_check_at"])
    wakeups.ask(Wakeup.Kind.INBOX, at)


def _pause(page: FacebookPage) -> timedelta:
    return connecting.CHECK_EVERY if page.is_active else WHILE_FAILING


def _lacking(permissions: list[str]) -> list[str]:
    return [name for name in NEEDED if name not in permissions]
