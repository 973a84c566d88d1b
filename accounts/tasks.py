from celery import shared_task

from accounts import exporting
from accounts import sweep as accounts_sweep
from tenants.queue import TenantTask


@shared_task(
    name="accounts.export",
    base=TenantTask,
    soft_time_limit=exporting.PACKING_SECONDS,
    time_limit=exporting.PACKING_SECONDS + 30,
)
def export(pk: int) -> None:
    """Pack a person's own data; running this twice packs it once."""
    exporting.pack(pk)


@shared_task(name="accounts.sweep")
def sweep() -> None:
    """Remove old exports, and find lost ones, in every tenant; runs in the public schema."""
    accounts_sweep.sweep()
