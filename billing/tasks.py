from celery import shared_task

from billing import sweep as billing_sweep
from tenants.queue import TenantTask


@shared_task(name="billing.work", base=TenantTask)
def work() -> None:
    """Do what billing has to do for this tenant; running this twice does it once."""
    billing_sweep.work()


@shared_task(name="billing.sweep")
def sweep() -> None:
    """Find what is due in every tenant that asked; runs in the public schema."""
    billing_sweep.sweep()
