"""Telling a tenant's administrators that a page has failed, and that it works again: once each.

The mails are rows of the same transaction as the page's new state.
"""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.adapter import AUTOMATIC
from accounts.models import User
from channels.facebook import advice
from channels.facebook.models import FacebookPage
from sla.tiers import zone
from tenants import live
from tenants.models import Tenant


def tell_failing(page: FacebookPage) -> None:
    """Say what is wrong and what to do. Inside an act only."""
    _tell(page, "channels/facebook/failing.txt", lambda: _("Facebook: “%(page)s” needs your help"))


def tell_well(page: FacebookPage) -> None:
    """Say that it is over. Inside an act only."""
    _tell(page, "channels/facebook/well.txt", lambda: _("Facebook: “%(page)s” works again"))


def _tell(page: FacebookPage, template: str, subject: Callable[[], str]) -> None:
    tenant = Tenant.current()
    base, sender = tenant.url(""), formataddr((tenant.name, tenant.mailbox))
    for user in User.objects.agents().filter(role=User.Role.ADMIN).order_by("pk"):
        if not user.has_address or user.undeliverable_at is not None:
            continue
        language = user.language or settings.LANGUAGE_CODE
        with translation.override(language), timezone.override(zone()):
            context = {
                "user": user,
                "tenant": tenant,
                "page": page,
                "trouble": advice.trouble_of(page),
                "base": base,
            }
            EmailMessage(
                subject=subject() % {"page": page},
                body=render_to_string(template, context),
                from_email=sender,
                to=[user.email],
                headers=AUTOMATIC,
            ).send()
    live.announce("queue")
