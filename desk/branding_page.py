"""What the page about the portal's look shows, and keeping what was typed."""

from __future__ import annotations

import base64

from django.core.files.storage import default_storage
from django.db import transaction

from desk.branding_forms import BrandingForm, draft_of
from helpdesk import brand
from tenants import logos, public_changes
from tenants.logos import Logo
from tenants.models import Branding


def with_proposals(form: BrandingForm) -> BrandingForm:
    """The form with each refused colour replaced by the nearest readable one."""
    typed = {**form.data.dict(), **form.proposals()}  # type: ignore[attr-defined]  # a QueryDict
    for file in form.files.values():
        file.seek(0)  # type: ignore[union-attr]  # the form has one field for one file
    return BrandingForm(form.stored, typed, form.files)


def save(form: BrandingForm) -> None:
    """Keep what was typed; every public page shows it from now on."""
    values, stored = form.cleaned_data, form.stored
    logo: Logo | None = values["logo_file"]
    if logo is not None:
        logos.store(logo)
    with transaction.atomic():
        before = stored.logo
        for name in ("name", "accent_light", "accent_dark", "imprint_url", "privacy_url"):
            setattr(stored, name, values[name])
        if logo is not None:
            stored.logo, stored.logo_width, stored.logo_height = logo.name, logo.width, logo.height
        elif values.get("remove_logo"):
            stored.logo, stored.logo_width, stored.logo_height = "", 0, 0
        Branding.objects.update_or_create(
            tenant=stored.tenant, defaults={name: getattr(stored, name) for name in FIELDS}
        )
        public_changes.touch()
        if before and before != stored.logo:
            transaction.on_commit(lambda: default_storage.delete(before), robust=True)


FIELDS = (
    "name",
    "logo",
    "logo_width",
    "logo_height",
    "accent_light",
    "accent_dark",
    "imprint_url",
    "privacy_url",
)


def context(form: BrandingForm, *, is_previewed: bool) -> dict[str, object]:
    """The form, and the portal as it would look with what was typed as far as it is right."""
    stored, values = form.stored, getattr(form, "cleaned_data", {})
    logo: Logo | None = values.get("logo_file")
    shown: dict[str, object] = {
        name: values.get(name, getattr(stored, name))
        for name in ("name", "accent_light", "accent_dark", "imprint_url", "privacy_url")
    }
    content = logo.content if logo else None
    if content is None and stored.logo and not values.get("remove_logo"):
        content = logos.read(stored.logo)
    return {
        "form": form,
        "is_previewed": is_previewed,
        "has_proposals": bool(form.is_bound and form.proposals()),
        "draft": draft_of(logo) if logo else "",
        "shown": shown | {"logo": _as_data(content)},
        "own": {"light": brand.OWN_LIGHT, "dark": brand.OWN_DARK},
    }


def _as_data(content: bytes | None) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}" if content else ""
