from celery import shared_task

from accounts import exporting
from accounts import sweep as accounts_sweep
from tenants.queue import TenantTask

# Years of somebody's files take longer than any other task may.
PACKING_SECONDS = 900


@shared_task(
    name="accounts.export",
    base=TenantTask,
    soft_time_limit=PACKING_SECONDS,
    time_limit=PACKING_SECONDS + 30,
)
def export(pk: int) -> None:
    """Pack a person's own data; running this twice packs it once."""
    exporting.pack(pk)


@shared_task(name="accounts.sweep")
def sweep() -> None:
    """Remove old exports, and find lost ones, in every tenant; runs in the public schema."""
    accounts_sweep.sweep()
