"""The Celery application; tasks carry their tenant's schema in a header."""

import os
from typing import Any

from celery.signals import task_prerun, worker_process_init
from django.conf import settings
from django.db import close_old_connections
from tenant_schemas_celery.app import CeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")


def close_stale_connections(sender: Any, **_signal: object) -> None:
    """As before each request: one too old or broken is closed, and a look at it is due.

    A task run in place works on its caller's connection, which may be within a transaction.
    """
    if not sender.request.is_eager:
        close_old_connections()


# Connected before the tenant's schema is set, so that it is set on the connection the task uses.
task_prerun.connect(close_stale_connections, dispatch_uid="close_stale_connections")


def give_way(**_signal: object) -> None:
    """Let whoever waits for a page or a webhook's answer have the processor first.

    Only the processes of a pool: the sweep, which flags breaches, runs alone and keeps its turn.
    """
    os.nice(settings.WORKER_NICE)


worker_process_init.connect(give_way, dispatch_uid="give_way")

app = CeleryApp("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
