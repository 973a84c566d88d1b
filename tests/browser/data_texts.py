"""python -m tests.browser.data_texts: every text that people or the demo wrote, as JSON.

Runs beside a started helpdesk: all values of all text columns of a tenant, and its own names.
"""

from __future__ import annotations

import json
import sys

import django


def main(slug: str) -> None:
    django.setup()
    from django.db import connection

    from tenants.models import Domain, Route, Tenant

    tenant = Tenant.objects.get(slug=slug)
    found = {tenant.name, *Domain.objects.values_list("domain", flat=True)}
    found |= set(Route.objects.values_list("address", flat=True))
    connection.set_tenant(tenant)
    print(json.dumps(sorted(found | set(_texts()))))


def _texts():
    from django.apps import apps
    from django.db import models

    for model in apps.get_models():
        if model._meta.app_label not in {"accounts", "tickets", "sla", "channels"}:
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField) and not field.choices:
                yield from filter(None, model._base_manager.values_list(field.name, flat=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
