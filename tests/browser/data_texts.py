"""python -m tests.browser.data_texts: every text that people or the demo wrote, as JSON.

Runs beside a started helpdesk: all values of all text columns of a tenant, and its own names.
"""

from __future__ import annotations

import json
import sys

import django

APPS = {"accounts", "tickets", "faq", "forum", "sla", "billing", "channels"}


def main(slug: str) -> None:
    django.setup()
    from django.db import connection

    from tenants.domain_claims import DomainClaim
    from tenants.models import Domain, Route, Tenant

    tenant = Tenant.objects.get(slug=slug)
    found = {tenant.name, *Domain.objects.values_list("domain", flat=True)}
    found |= set(Route.objects.values_list("address", flat=True))
    found |= set(DomainClaim.objects.values_list("host", flat=True))
    found.add(tenant.portal_name)
    connection.set_tenant(tenant)
    print(json.dumps(sorted(found | set(_texts()))))


def _texts():
    from django.apps import apps
    from django.db import models

    yield from _of_contact_form()
    yield from _of_devices()
    for model in apps.get_models():
        if model._meta.app_label not in APPS:
            continue
        if model._meta.app_label == "billing":
            yield from _of_parties(model)
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField) and not field.choices:
                yield from filter(None, model._base_manager.values_list(field.name, flat=True))


def _of_contact_form():
    """What a tenant calls its contact form, in each language."""
    from channels.models import ContactForm

    for form in ContactForm.objects.all():
        for chosen in form.texts.values():
            yield from chosen.values()


def _of_devices():
    """What people call their passkeys, and what makers call browsers and systems."""
    from allauth.mfa.models import Authenticator

    from accounts import sessions

    yield from map(str, Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN))
    yield from [*sessions._BROWSERS.values(), *sessions._SYSTEMS.values()]


def _of_parties(model):
    """Who is named on invoices, as pages write it in one line."""
    from billing.parties import Address

    parties = list(model._base_manager.all()) if issubclass(model, Address) else []
    written = [one.snapshot() for one in parties]
    if model.__name__ == "Invoice":
        for one in model._base_manager.all():
            written += [one.supplier, one.customer]
            yield from (line["text"] for line in one.lines)
    for one in written:
        yield from (value for value in one.values() if isinstance(value, str))
        yield f"{one['postcode']} {one['city']}"
        yield f"{one['name']}, {one['city']}"


if __name__ == "__main__":
    main(*sys.argv[1:])
