"""What people ask for at Facebook itself: to have their data deleted, to be left alone by the app.

Meta names a person, no tenant: every tenant is looked through, suspended ones too, one after the
other. Each look is repeatable, so nothing is lost where a worker ends in the middle.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac
from django.utils.timezone import now
from django_tenants.utils import tenant_context

from channels.facebook import door, erasure, health
from channels.facebook.models import FacebookPage
from channels.facebook.signed import Signed
from tenants.models import Tenant, Withdrawal
from tenants.queue import enqueue

logger = logging.getLogger(__name__)

TASK = "channels.facebook_withdrawals"
# Seconds: one task works so long, the next one goes on where it ended.
MOST_SECONDS = 60
EXPIRES = 25
CODE_LENGTH = 20
# So long somebody can see how their request ended.
SHOWN_FOR = timedelta(days=365)

Kind = Withdrawal.Kind
# Who asked, and when; returns whether the current tenant had anything of them.
Work = Callable[[str, datetime], bool]


def ask(kind: str, signed: Signed) -> Withdrawal:
    """Write down what somebody asks for, once while it is not done; in the public schema.

    The very same request sent again, by whoever has got hold of it, does nothing once it is done.
    """
    code = _code_of(kind, signed)
    found = Withdrawal.objects.filter(code=code).first()
    if found is None:
        found, _is_new = Withdrawal.objects.get_or_create(
            kind=kind,
            subject=signed.user_id,
            done_at=None,
            defaults={"asked_at": signed.issued_at, "code": code},
        )
    enqueue(TASK, expires=EXPIRES)
    return found


def wake() -> None:
    """Have what is not done yet gone on with; in the public schema."""
    if Withdrawal.objects.all().waiting().exists():
        enqueue(TASK, expires=EXPIRES)


def work() -> None:
    """Do what was asked for, in every tenant; in the public schema."""
    Withdrawal.objects.filter(done_at__lt=now() - SHOWN_FOR).delete()
    end = time.monotonic() + MOST_SECONDS
    for withdrawal in Withdrawal.objects.all().waiting():
        _carry_out(withdrawal, end)


def _carry_out(withdrawal: Withdrawal, end: float) -> None:
    own = Withdrawal.objects.filter(pk=withdrawal.pk)
    # Before the tenants: what a page's owner has taken from the door by then is found there.
    if withdrawal.kind == Kind.DELETION and door.forget(withdrawal.subject):
        own.update(has_found=True)
    tenants = Tenant.objects.exclude(schema_name="public").filter(
        schema_name__gt=withdrawal.reached
    )
    for tenant in tenants.order_by("schema_name"):
        if time.monotonic() > end:
            return
        try:
            with tenant_context(tenant):
                found = WORK[withdrawal.kind](withdrawal.subject, withdrawal.asked_at)
        except Exception:
            # One tenant's trouble must not keep the others waiting; it is tried again.
            logger.exception("%s of %s in %s failed", withdrawal.kind, withdrawal.code, tenant)
            own.update(has_failed=True)
            found = False
        own.update(reached=tenant.schema_name, **({"has_found": True} if found else {}))
    withdrawal.refresh_from_db()
    if withdrawal.has_failed:
        own.update(reached="", has_failed=False)
        return
    # Who it was need not be known any longer.
    own.update(done_at=now(), subject="")


def _code_of(kind: str, signed: Signed) -> str:
    """The code of a request: not to be guessed, and the same for the same request.

    By it a request is known again when nobody knows any more who it was.
    """
    asked = f"{kind} {signed.user_id} {signed.issued_at.isoformat()}"
    digest = salted_hmac("channels.facebook.withdrawal", asked, algorithm="sha256").digest()
    return base64.b32encode(digest).decode("ascii")[:CODE_LENGTH]


def _delete(user_id: str, asked_at: datetime) -> bool:
    return erasure.erase(user_id)


def _leave(user_id: str, asked_at: datetime) -> bool:
    """The tokens that somebody gave are dead: look at their pages, and say so there."""
    pages = list(FacebookPage.objects.all().connected().filter(granted_by=user_id))
    for page in pages:
        health.check(page)
    return bool(pages)


WORK: dict[str, Work] = {Kind.DELETION: _delete, Kind.DEAUTHORISATION: _leave}
