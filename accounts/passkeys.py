"""What people type about their passkeys: a name, and nothing else."""

from __future__ import annotations

from allauth.mfa.webauthn import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 60


class AddPasskeyForm(allauth_forms.AddWebAuthnForm):  # type: ignore[misc]  # the package is untyped
    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        required=False,
        help_text=_("To recognise it later, for example the name of the device."),
    )


class EditPasskeyForm(allauth_forms.EditWebAuthnForm):  # type: ignore[misc]  # the package is untyped
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
