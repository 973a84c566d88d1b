"""The sweep of intake and outbox: what a lost task forgot, and what is due for another try.

It only tells the workers that a tenant has something waiting. One task for all of it, not one for
each message: however long the workers are away, no heap of tasks grows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from channels import groups, intake, notices, outbox
from channels.facebook import door, files, health, withdrawals
from channels.models import InboundRecord, SystemMail
from channels.rating import mails as rating_mails
from forum import mails as forum_mails
from tenants import wakeups
from tenants.models import Wakeup
from tenants.queue import enqueue
from tickets.models import Message

logger = logging.getLogger(__name__)

# What one task works on, and how long; the rest follows with the next visit.
MOST_AT_ONCE = 1000
MOST_SECONDS = 60
# Seconds; the next visit sends the task again. While the workers are away none pile up.
EXPIRES = 25


def sweep() -> None:
    """Wake the workers for every tenant that asked to be looked at."""
    _visit(Wakeup.Kind.INBOX, "channels.process_waiting", intake.next_moment)
    _visit(Wakeup.Kind.OUTBOX, "channels.send_waiting", outbox.next_moment)
    # Last: what came for pages that nobody had keeps nobody waiting.
    door.tidy()
    withdrawals.wake()


def process_waiting() -> None:
    """Take in what waits in this tenant, the longest waiting first."""
    groups.take_waiting(MOST_SECONDS / 2)
    waiting = InboundRecord.objects.all().unprocessed().order_by("next_try_at")
    _work(intake.process, waiting.values_list("pk", flat=True)[:MOST_AT_ONCE])
    files.fetch_waiting()
    health.check_due()


def send_waiting() -> None:
    """Send what waits in this tenant, the longest waiting first."""
    notices.mail_due()
    for unsent, send in (
        (Message.objects.all().unsent(), outbox.send_message),
        (SystemMail.objects.all().unsent(), outbox.send_mail),
    ):
        _work(send, unsent.order_by("next_try_at").values_list("pk", flat=True)[:MOST_AT_ONCE])
    forum_mails.mail_due()
    rating_mails.mail_due()


def _visit(kind: str, task: str, next_moment: Callable[[], datetime | None]) -> None:
    for tenant in wakeups.due_tenants(kind):
        try:
            enqueue(task, expires=EXPIRES)
            wakeups.settle(kind, next_moment)
        except Exception:
            # One tenant's trouble must not keep the others waiting; its row stays due.
            logger.exception("The %s sweep of %s failed", kind, tenant)


def _work(work: Callable[[int], object], ids: Iterable[int]) -> None:
    started = time.monotonic()
    for pk in list(ids):
        if time.monotonic() - started > MOST_SECONDS:
            break
        work(pk)
