from celery import shared_task

from sla import sweep as sla_sweep


@shared_task(name="sla.sweep")
def sweep() -> None:
    """Flag what is due in every tenant that has something due; runs in the public schema."""
    sla_sweep.sweep()
