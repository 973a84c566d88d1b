"""What came for a page that was disconnected before it was taken in: it waits for the page.

What comes later, while the page is nobody's, waits at the door instead (`door`).
"""

from __future__ import annotations

from django.utils.timezone import now

from channels.arrivals import TAKE_GROUPS
from channels.facebook.models import FacebookPage
from channels.models import InboundRecord, InboundRecordQuerySet
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue_once
from tickets.models import Channel

Status = InboundRecord.Status


def parked(page_id: str) -> InboundRecordQuerySet:
    """What waits for a page."""
    found = InboundRecord.objects.filter(status=Status.PARKED, channel=Channel.FACEBOOK)
    return found.filter(recipients__contains=[page_id])


@act()
def park(record: InboundRecord, page_ids: set[str]) -> FacebookPage | None:
    """Put a record aside until its page is connected; returns the page if it is so by now.

    Behind the page's lock: who connects it either finds the record or is seen here.
    """
    pages = FacebookPage.objects.select_for_update(no_key=True).filter(page_id__in=page_ids)
    for page in pages:
        if page.state != FacebookPage.State.DISCONNECTED:
            return page
    InboundRecord.objects.filter(pk=record.pk, status=Status.RECEIVED).update(
        status=Status.PARKED, error="the page is not connected"
    )
    return None


@act()
def resume(page_id: str) -> int:
    """The page is connected: what waited counts from when it came. Returns how many records."""
    found = parked(page_id).update(status=Status.RECEIVED, attempts=0, next_try_at=now(), error="")
    if found:
        wakeups.ask(Wakeup.Kind.INBOX, now())
        enqueue_once(TAKE_GROUPS)
    return found
