"""The clock of people's own data: what is too old goes, what got lost is packed."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError
from django_tenants.utils import tenant_context

from accounts import exporting, notification_list, signals
from tenants.models import Tenant

logger = logging.getLogger(__name__)


def sweep() -> None:
    """Look after what every tenant keeps for a time: there is little, so all are asked."""
    for tenant in Tenant.objects.filter(status=Tenant.Status.READY).order_by("pk"):
        try:
            with tenant_context(tenant):
                exporting.tidy()
                notification_list.tidy()
                signals.tidying.send(Tenant)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One tenant's trouble must not keep the others waiting; the next visit tries again.
            logger.exception("The sweep of people's own data of %s failed", tenant)
