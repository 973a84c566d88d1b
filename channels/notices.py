"""Mailing agents what the promise engine has noticed: one mail for all of it, and not often.

A notice is a row before it is mailed (`sla.notices`); here those that are due are collected. A
hundred breaches at once are one mail to each person concerned.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Max, Min
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.timezone import now
from django.utils.translation import ngettext

from accounts.adapter import AUTOMATIC
from accounts.models import User
from sla.models import MISSES, WITHOUT_OUTCOME, Notice, NoticeQuerySet
from sla.notices import mail_moment
from tenants import wakeups
from tenants.acts import act
from tenants.models import Tenant, Wakeup

# At most one such mail to a person in this time; what comes meanwhile is in the next one.
PAUSE = timedelta(minutes=15)
# A mail names so many; the rest is in the queue.
MOST_NAMED = 50


def mail_due() -> int:
    """Mail each person what is due to be mailed; returns the number of mails."""
    due = Notice.objects.filter(mail_at__lte=now())
    people = list(due.order_by("user_id").values_list("user_id", flat=True).distinct())
    return sum(_mail(person) for person in people)


def next_moment() -> datetime | None:
    """When the next notice of this tenant is due to be mailed."""
    found: datetime | None = Notice.objects.all().unmailed().aggregate(next=Min("mail_at"))["next"]
    return found


@act()
def _mail(person: int) -> bool:
    """Mail one person everything that waits, or put it off; running twice mails once."""
    user = User.objects.get_queryset().select_for_update(no_key=True).get(pk=person)
    moment = now()
    waiting = Notice.objects.filter(user=user, mail_at__isnull=False)
    last = Notice.objects.filter(user=user).aggregate(last=Max("mailed_at"))["last"]
    earliest = mail_moment(max(moment, last + PAUSE) if last else moment)
    if earliest > moment:
        waiting.filter(mail_at__lt=earliest).update(mail_at=earliest)
        wakeups.ask(Wakeup.Kind.OUTBOX, earliest)
        return False
    shown = _worth_telling(waiting) if user.is_active else []
    waiting.update(mail_at=None)
    if not shown:
        return False
    Notice.objects.filter(pk__in=[notice.pk for notice in shown]).update(mailed_at=moment)
    _compose(user, shown).send()
    return True


def _worth_telling(waiting: NoticeQuerySet) -> list[Notice]:
    """Without warnings that an answer or an end has overtaken, and without what was spam."""
    notices = waiting.select_related(
        "promise__ticket__organisation", "promise__tier", "promise__calendar_version"
    ).order_by("promise__due_at", "pk")
    return [
        one
        for one in notices
        if one.promise.is_open or (one.is_miss and one.promise.end_cause not in WITHOUT_OUTCOME)
    ]


def _compose(user: User, notices: list[Notice]) -> EmailMessage:
    tenant, zone = Tenant.current(), notices[0].promise.hours.zone
    language = user.language or settings.LANGUAGE_CODE
    missed = [notice for notice in notices if notice.kind in MISSES]
    near = [notice for notice in notices if notice.kind not in MISSES]
    with translation.override(language), timezone.override(zone):
        context = {
            "user": user,
            "tenant": tenant,
            "missed": missed[:MOST_NAMED],
            "near": near[: max(0, MOST_NAMED - len(missed))],
            "more": max(0, len(notices) - MOST_NAMED),
            "base": tenant.url(""),
        }
        return EmailMessage(
            subject=_subject(len(missed), len(near)),
            body=render_to_string("channels/notices.txt", context),
            from_email=formataddr((tenant.name, tenant.mailbox)),
            to=[user.email],
            headers=AUTOMATIC,
        )


def _subject(missed: int, near: int) -> str:
    parts = []
    if missed:
        parts.append(
            ngettext("%(n)d promise missed", "%(n)d promises missed", missed) % {"n": missed}
        )
    if near:
        parts.append(
            ngettext("%(n)d answer due soon", "%(n)d answers due soon", near) % {"n": near}
        )
    return ", ".join(parts)
