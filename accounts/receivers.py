"""Proof of a mailbox, whichever way it came, has the same effect."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.email_verification import verify_email_indirectly
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, password_reset
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import services
from accounts.models import User


@receiver(email_confirmed)
def confirm_address(email_address: EmailAddress, **_: Any) -> None:
    services.confirm_address(email_address.user)


@receiver(password_reset)
def confirm_by_reset(request: HttpRequest, user: User, **_: Any) -> None:
    """The link to choose a password was mailed to the address: who used it reads that mailbox."""
    with transaction.atomic():
        EmailAddress.objects.get_or_create(user=user, email=user.email)
        verify_email_indirectly(request, user, user.email)
