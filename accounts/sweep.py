"""The clock of people's own data: what is too old goes, what got lost is packed."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError
from django_tenants.utils import tenant_context

from accounts import exporting
from tenants.models import Tenant

logger = logging.getLogger(__name__)


def sweep() -> None:
    """Look after the exports of every tenant; there are few, so it asks all of them."""
    for tenant in Tenant.objects.filter(status=Tenant.Status.READY).order_by("pk"):
        try:
            with tenant_context(tenant):
                exporting.tidy()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One tenant's trouble must not keep the others waiting; the next visit tries again.
            logger.exception("The sweep of exports of %s failed", tenant)
