"""What people type about themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from allauth.account.fields import SetPasswordField
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class NameField(forms.CharField):
    """One line: our mails begin with it, and who signs up may have given another's address."""

    def to_python(self, value: object) -> str:
        return " ".join(str(super().to_python(value) or "").split())


def name_field(*, required: bool) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "name"})
    return NameField(label=_("Name"), max_length=120, required=required, widget=widget)


class InOurWords:
    """Asks for an address and a password as our other forms do: a label, and nothing in the field.

    For German the package's own words are ours; its English says it otherwise.
    """

    fields: dict[str, forms.Field]
    LABELS: ClassVar = {
        "login": _("E-mail address"),
        "email": _("E-mail address"),
        "remember": _("Stay signed in"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class LoginForm(InOurWords, allauth_forms.LoginForm):  # type: ignore[misc]  # the package is untyped
    """Sign-in with address and password."""


class ResetPasswordForm(InOurWords, allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # untyped
    """Asks where to send the link for a new password."""


class SignupForm(InOurWords, allauth_forms.SignupForm):  # type: ignore[misc]  # the package is untyped
    """Sign-up as a customer: address, password and, if they like, a name."""

    account_already_exists: bool
    name = name_field(required=False)
    field_order = ("name", "email", "password1")

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponseBase | None]:
        """Create the person, or act as if, when the address is known: (user, response)."""
        if self.account_already_exists:
            # A new person costs the hashing of a password; so does a known one, or the clock tells.
            make_password(self.cleaned_data["password1"])
            return self._try_save(request)
        try:
            with transaction.atomic():
                return self._try_save(request)
        except IntegrityError:
            # The same address came in at the same moment, by mail or by a second click.
            self.account_already_exists = True
            return self._try_save(request)

    def _try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponseBase | None]:
        user, response = super().try_save(request)
        return user, response


class InvitationForm(forms.Form):
    """What an invited agent says of themselves: name and password."""

    name = name_field(required=True)
    password1 = SetPasswordField(label=_("Password"), autocomplete="new-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = user.name
        # The password is compared with what is known of them.
        self.fields["password1"].user = user  # type: ignore[attr-defined]  # allauth's field
