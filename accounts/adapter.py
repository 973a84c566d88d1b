"""How django-allauth behaves here: whose mails it sends, whom it lets in, where they land."""

from __future__ import annotations

from email.utils import formataddr
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import has_verified_email, user_pk_to_url_str
from allauth.core import context as current
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from accounts.tokens import PasswordTokenGenerator
from tenants.models import Route, Tenant

# In the session of whoever gave the right password of a person whose address is not confirmed.
PASSWORD_KNOWN = "accounts_password_known"  # noqa: S105  (the name of a key)
# A machine wrote it, and no other machine shall answer (RFC 3834 §5, MS-OXCMAIL; law 9).
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the package is untyped
    # Coming in.

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        """Create the person of a sign-up: a customer, alone until the address is confirmed."""
        person = User.objects.create_unproven(
            form.cleaned_data["email"], form.cleaned_data.get("name", "")
        )
        person.set_password(form.cleaned_data["password1"])
        person.language = translation.get_language() or ""
        person.save()
        return person

    def respond_email_verification_sent(
        self, request: HttpRequest, user: AbstractBaseUser | None
    ) -> HttpResponseBase:
        if user is not None:
            request.session[PASSWORD_KNOWN] = user.pk
        response: HttpResponseBase = super().respond_email_verification_sent(request, user)
        return response

    @transaction.atomic
    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark an address as confirmed, and see to it that its owner has chosen the password.

        Somebody else may have signed up with the address. Whoever opens the link without having
        given the password in the same browser therefore chooses one now.
        """
        user = email_address.user
        if request.session.get(PASSWORD_KNOWN) != user.pk:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        return bool(super().confirm_email(request, email_address))

    # Where they land.

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        is_agent = isinstance(request.user, User) and request.user.is_agent
        return resolve_url(settings.DESK_URL if is_agent else settings.LOGIN_REDIRECT_URL)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        if not email_address.user.has_usable_password():
            return self._password_path(email_address.user)
        return str(super().get_email_verification_redirect_url(email_address))

    # What they are written.

    def get_from_email(self) -> str:
        tenant = Tenant.current()
        return formataddr((tenant.name, tenant.mailbox))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of templates/account/email/ in its reader's language; needs no request.

        Nothing goes to the address of a ticket or of a message: what comes there is read in the
        ticket, and whoever wrote that could prove an address with it which is not theirs.
        """
        if _is_of_a_ticket(email):
            return
        reader = context.get("user") or User.objects.with_address(email).first()
        language = getattr(reader, "language", "") or translation.get_language()
        with translation.override(language or settings.LANGUAGE_CODE):
            tenant = Tenant.current()
            own = {"email": email, "user": reader, "tenant": tenant}
            own["greeted"] = _name_of(reader)
            self.render_mail(template_prefix, email, {**own, **context}, AUTOMATIC).send()

    def send_account_already_exists_mail(self, email: str) -> None:
        """Answer a sign-up with an address that is known; the page says the same to all."""
        user = User.objects.with_address(email).first()
        if user is None:
            return
        if not user.is_active:
            self.send_mail("account/email/account_inactive", email, {"user": user})
        elif user.is_invited:
            self.send_mail("account/email/invitation_pending", email, {"user": user})
        elif user.has_usable_password() and has_verified_email(user, email):
            super().send_account_already_exists_mail(email)
        else:
            url = current.request.build_absolute_uri(self._password_path(user))
            context = {"user": user, "password_reset_url": url}
            self.send_mail("account/email/password_choose", email, context)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        if user.is_invited:
            self.send_mail("account/email/invitation_pending", email, {"user": user})
        elif not user.has_usable_password():
            self.send_mail("account/email/password_choose", email, context)
        else:
            super().send_password_reset_mail(user, email, context)

    @staticmethod
    def _password_path(user: User) -> str:
        key = PasswordTokenGenerator().make_token(user)
        return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])


def _is_of_a_ticket(email: str) -> bool:
    """True for a mailbox of a tenant's with an extension: those are made by us alone."""
    return "+" in email.rpartition("@")[0] and Route.objects.for_address(email).exists()


def _name_of(reader: User | None) -> str:
    """How a mail greets its reader; nobody whose address is not confirmed.

    Anybody may have typed that name, with whatever they want a stranger to read in our mail.
    """
    if reader is None or not (reader.is_agent or has_verified_email(reader, reader.email)):
        return ""
    return str(reader.name)
