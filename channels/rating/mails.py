"""The mail some time after a ticket was solved: was the answer good?"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext

from accounts.adapter import AUTOMATIC
from channels.rating import links
from channels.rating.models import RatingMail, RatingSettings
from helpdesk.due_mails import mail_each
from tenants import wakeups
from tenants.acts import act
from tenants.models import Route, Tenant, Wakeup
from tickets.models import Rating, Ticket
from tickets.rating import is_ratable

# What could not be written is tried again after this time.
AGAIN_AFTER = timedelta(hours=1)
# One such question a day is enough for anybody.
PAUSE = timedelta(days=1)


def schedule(ticket: Ticket, at: datetime) -> None:
    """Note that a solved ticket is to be asked about, if the tenant asks; once for a ticket."""
    chosen = RatingSettings.current()
    if not chosen.is_mailed:
        return
    mail_at = at + timedelta(hours=chosen.after_hours)
    row, is_new = RatingMail.objects.get_or_create(ticket=ticket, defaults={"mail_at": mail_at})
    if not is_new and row.mailed_at is None:
        RatingMail.objects.filter(pk=row.pk).update(mail_at=mail_at)
    wakeups.ask(Wakeup.Kind.OUTBOX, mail_at)


def mail_due() -> int:
    """Mail what is due; returns the number of mails."""
    return mail_each(RatingMail.objects.all().due(), _mail, again_after=AGAIN_AFTER)


@act()
def _mail(pk: int) -> bool:
    """Ask about one ticket, or leave it; running twice asks once."""
    row = RatingMail.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None or row.mail_at is None or row.mail_at > now():
        return False
    ticket = Ticket.objects.select_related("requester__membership__organisation").get(
        pk=row.ticket_id
    )
    row.mail_at = None
    is_asked = _may_ask(ticket)
    if is_asked:
        row.mailed_at = now()
        _compose(ticket).send()
    row.save(update_fields=["mail_at", "mailed_at"])
    return is_asked


def _may_ask(ticket: Ticket) -> bool:
    """Only about what is still settled, and whom a mail reaches; nobody twice a day."""
    requester = ticket.requester
    lately = RatingMail.objects.filter(
        ticket__requester=requester, mailed_at__gt=now() - PAUSE
    ).exists()
    return (
        not lately
        and RatingSettings.current().is_mailed
        and ticket.is_verified
        and _is_reachable(ticket)
        and is_ratable(ticket)
        and not Rating.objects.filter(ticket=ticket).exists()
        and Ticket.objects.written_by(requester).filter(pk=ticket.pk).exists()
    )


def _is_reachable(ticket: Ticket) -> bool:
    person = ticket.requester
    is_ours = Route.objects.for_address(person.email).exists()
    return (
        person.is_active
        and person.has_address
        and person.undeliverable_at is None
        and not is_ours
        and Route.objects.filter(tenant=Tenant.current(), kind=Route.Kind.EMAIL).exists()
    )


def _compose(ticket: Ticket) -> EmailMessage:
    tenant = Tenant.current()
    with translation.override(ticket.requester.language or settings.LANGUAGE_CODE):
        context = {"ticket": ticket, "tenant": tenant, "link": links.url(ticket)}
        return EmailMessage(
            subject=gettext("How was our answer? [#%(number)s]") % {"number": ticket.number},
            body=render_to_string("channels/rating.txt", context).strip() + "\n",
            from_email=formataddr((tenant.name, tenant.mailbox)),
            to=[ticket.requester.email],
            headers=AUTOMATIC,
        )
