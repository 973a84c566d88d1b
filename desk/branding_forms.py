"""How the portal looks, as an admin fills it in: name, logo, colours, legal links."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk import brand, colours
from helpdesk.brand import Theme
from helpdesk.texts import one_line
from tenants import logos
from tenants.branding import PORTAL_NAME_LENGTH
from tenants.logos import Logo, LogoError, TooLargeError
from tenants.models import Branding

THEMES: dict[str, Theme] = {"accent_light": brand.LIGHT, "accent_dark": brand.DARK}
# Seconds for which a previewed logo waits to be saved.
DRAFT_AGE = 3600


class BrandingForm(forms.Form):
    """Everything that makes the portal the tenant's own; empty is as the product looks."""

    name = forms.CharField(
        label=gettext_lazy("Name of the portal"), required=False, max_length=PORTAL_NAME_LENGTH
    )
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 1 MB. It is shown 32 pixels high."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Show no logo"), required=False)
    accent_light = forms.CharField(
        label=gettext_lazy("On light pages"),
        required=False,
        max_length=20,
        widget=forms.TextInput({"type": "color"}),
    )
    accent_dark = forms.CharField(
        label=gettext_lazy("On dark pages"),
        required=False,
        max_length=20,
        widget=forms.TextInput({"type": "color"}),
    )
    imprint_url = forms.CharField(
        label=gettext_lazy("Imprint (Impressum)"),
        required=False,
        max_length=300,
        widget=forms.URLInput({"placeholder": "https://"}),
    )
    privacy_url = forms.CharField(
        label=gettext_lazy("Privacy notice (Datenschutz)"),
        required=False,
        max_length=300,
        widget=forms.URLInput({"placeholder": "https://"}),
    )

    def __init__(self, stored: Branding, typed: Any = None, files: Any = None) -> None:
        initial = {
            "name": stored.name,
            "accent_light": stored.accent_light or brand.OWN_LIGHT,
            "accent_dark": stored.accent_dark or brand.OWN_DARK,
            "imprint_url": stored.imprint_url,
            "privacy_url": stored.privacy_url,
        }
        super().__init__(typed, files, initial=initial)
        self.stored = stored
        self.fields["name"].widget.attrs["placeholder"] = _("%(name)s Support") % {
            "name": stored.tenant.name
        }
        if not stored.logo:
            del self.fields["remove_logo"]

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_logo_file(self) -> Logo | None:
        """The logo drawn anew, or the one that was previewed before."""
        typed: UploadedFile | None = self.cleaned_data["logo_file"]
        if not typed:
            draft = self.data.get("logo_draft", "")
            found = cache.get(_draft_key(draft)) if draft else None
            return found if isinstance(found, Logo) else None
        try:
            logo = logos.redrawn(typed.read(logos.MOST_BYTES + 1))
        except TooLargeError as error:
            text = _("The picture is too large: at most 1 MB, and 4000 pixels a side.")
            raise forms.ValidationError(text) from error
        except LogoError as error:
            text = _("This is no picture that we can read. Please take a PNG, JPEG or WebP file.")
            raise forms.ValidationError(text) from error
        cache.set(_draft_key(draft_of(logo)), logo, DRAFT_AGE)
        return logo

    def clean_accent_light(self) -> str:
        return self._accent("accent_light", brand.OWN_LIGHT)

    def clean_accent_dark(self) -> str:
        return self._accent("accent_dark", brand.OWN_DARK)

    def clean_imprint_url(self) -> str:
        return _https(self.cleaned_data["imprint_url"])

    def clean_privacy_url(self) -> str:
        return _https(self.cleaned_data["privacy_url"])

    def proposals(self) -> dict[str, str]:
        """The nearest readable colour for each that was refused."""
        found = {}
        for name, theme in THEMES.items():
            typed = str(self.data.get(name, "")).strip().lower()
            if name in self.errors and colours.is_colour(typed):
                found[name] = theme.proposal(typed)
        return found

    def _accent(self, name: str, own: str) -> str:
        typed = self.cleaned_data[name].strip().lower()
        if typed in {"", own}:
            return ""
        if not colours.is_colour(typed):
            raise forms.ValidationError(_("A colour looks like this: #0b6168"))
        theme = THEMES[name]
        if not theme.is_readable(typed):
            raise forms.ValidationError(
                _(
                    "Text in this colour is hard to read: its contrast is only %(ratio)s, and it "
                    "needs 4.5. The nearest colour that can be read is %(proposal)s."
                ),
                params={
                    # Rounded down: 4.499 is not yet 4.5.
                    "ratio": number_format(int(theme.ratio(typed) * 100) / 100, 2),
                    "proposal": theme.proposal(typed),
                },
            )
        return str(typed)


def draft_of(logo: Logo) -> str:
    """What names a previewed logo in the form."""
    return hashlib.sha256(logo.content).hexdigest()


def _draft_key(draft: str) -> str:
    return f"logo-draft:{hashlib.sha256(draft.encode()).hexdigest()}"


def _https(typed: str) -> str:
    """A web address as it may stand in the footer of every page."""
    if not typed:
        return ""
    text = _("Please give an address that begins with https://")
    URLValidator(schemes=["https"], message=text)(typed)
    # A name before the host could make a reader believe in another one.
    if "@" in typed.split("/")[2] or set(typed) & set("<>\"'`\\"):
        raise forms.ValidationError(text)
    return typed
