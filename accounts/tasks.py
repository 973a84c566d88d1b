from celery import shared_task
from django_tenants.utils import tenant_context

from accounts import exporting
from tenants.models import Tenant
from tenants.queue import TenantTask


@shared_task(name="accounts.export", base=TenantTask)
def export(pk: int) -> None:
    """Pack a person's own data; running this twice packs it once."""
    exporting.pack(pk)


@shared_task(name="accounts.sweep")
def sweep() -> None:
    """Remove old exports, and find lost ones, in every tenant; runs in the public schema."""
    for tenant in Tenant.objects.filter(status=Tenant.Status.READY).iterator():
        with tenant_context(tenant):
            exporting.tidy()
