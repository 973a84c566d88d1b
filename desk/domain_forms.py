"""A host name as an admin types it."""

from __future__ import annotations

import ipaddress

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import domains
from tenants.domains import DomainTakenError, TooManyClaimsError
from tenants.models import DomainClaim, Tenant


class DomainForm(forms.Form):
    """Asks for a host name."""

    host = forms.CharField(
        label=gettext_lazy("Host name"),
        max_length=300,
        widget=forms.TextInput(
            {
                "placeholder": "hilfe.firma.de",
                "spellcheck": "false",
                "autocapitalize": "off",
                "autocomplete": "off",
                "inputmode": "url",
            }
        ),
    )

    def clean_host(self) -> str:
        """As the DNS knows it: small letters, without protocol and path, umlauts as xn--."""
        typed = self.cleaned_data["host"].strip().lower().removeprefix("https://")
        typed = typed.removeprefix("http://").rstrip("/").rstrip(".")
        if typed.startswith("www."):
            raise forms.ValidationError(
                _("Please leave out www: under the name without it, both lead here.")
            )
        host = _ascii(typed)
        if not domains.HOST.fullmatch(host) or _is_address(host):
            raise forms.ValidationError(_("A host name looks like this: hilfe.firma.de"))
        return host

    def ask(self, tenant: Tenant) -> DomainClaim | None:
        """Ask for the host; an error that only the other tenants know goes to the field."""
        try:
            return domains.claim(tenant, self.cleaned_data["host"])
        except DomainTakenError:
            self.add_error("host", _("This name is in use already, here or by somebody else."))
        except TooManyClaimsError:
            text = _("At most %(most)d names can wait. Please prove or give up one of them first.")
            self.add_error("host", text % {"most": domains.MOST_CLAIMS})
        return None


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
