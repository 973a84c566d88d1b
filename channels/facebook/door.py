"""The webhook's door: whose an event is, and making it durable before it is acknowledged (law 1).

One batch may hold events of several tenants' pages: it is split first, and all rows of all tenants
are committed together, or none. What nobody owns yet waits in the public schema.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels import arrivals
from channels.arrivals import Arrival
from channels.facebook import events, parking
from channels.facebook.events import Part
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Route, Tenant, Unrouted
from tenants.plans import Statement
from tickets.models import Channel

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
SIGNED = "sha256="

_owners = Statement(
    """
SELECT route.address, tenant.schema_name FROM public.tenants_route route
JOIN public.tenants_tenant tenant ON tenant.id = route.tenant_id
WHERE route.kind = %s AND lower(route.address) = ANY (%s::text[])
""",
    name="owners",
)


def signature(raw: bytes) -> str:
    """X-Hub-Signature-256 of a body, over the bytes as they came."""
    return SIGNED + hmac.digest(settings.FACEBOOK_APP_SECRET.encode(), raw, hashlib.sha256).hex()


def is_signature(given: str) -> bool:
    """Whether this could be a signature of anything."""
    return re.fullmatch(r"sha256=[0-9a-f]{64}", given) is not None


def is_signed(raw: bytes, given: str) -> bool:
    """Whether Meta has signed these bytes; in constant time."""
    return hmac.compare_digest(signature(raw).encode(), given.encode("utf-8", "replace"))


def accept(raw: bytes, received_at: datetime) -> None:
    """Make a verified batch durable, each page's part for its tenant, all of it or nothing.

    A suspended tenant's part waits in its schema until it is back. Raises StorageFullError or a
    DatabaseError, and then nothing may be acknowledged.
    """
    parts = events.split(raw)
    owners = owners_of({part.page_id for part in parts})
    owned = [part for part in parts if part.page_id in owners]
    strays = [part for part in parts if part.page_id not in owners]
    with act():
        arrivals.accept_each(
            (owners[part.page_id], _arrival(part.raw, received_at), [part.page_id])
            for part in owned
        )
        _keep(strays, received_at)


def owners_of(page_ids: Iterable[str]) -> dict[str, str]:
    """The schemas of the tenants to whom pages belong, suspended ones too, by page id."""
    return dict(_owners.rows(Route.Kind.FACEBOOK_PAGE, list(page_ids)))


def adopt(page_id: str) -> int:
    """Take in what waits for a page that is the current tenant's now; returns how many parts.

    That is what came before the tenant had it, and what was not yet taken in when it last had it.

    Each counts from when it came. Running this twice takes it in once.
    """
    waiting = Unrouted.objects.filter(kind=Route.Kind.FACEBOOK_PAGE, address=page_id)
    schema = connection.schema_name
    with act():
        found = list(waiting.select_for_update().order_by("received_at", "pk"))
        arrivals.accept_each(
            (schema, _arrival(bytes(one.raw), one.received_at), [page_id]) for one in found
        )
        waiting.filter(pk__in=[one.pk for one in found]).delete()
        return len(found) + parking.resume(page_id)


def count_waiting(page_id: str) -> int:
    """How many parts would come in if the current tenant connected the page now."""
    unrouted = Unrouted.objects.filter(kind=Route.Kind.FACEBOOK_PAGE, address=page_id)
    return unrouted.count() + parking.parked(page_id).count()


def forget(user_id: str) -> bool:
    """Delete what somebody wrote to pages that nobody owns; True: there was something.

    What others wrote in the same part waits on. In the public schema.
    """
    mark, has_found = user_id.encode(), False
    waiting = Unrouted.objects.filter(kind=Route.Kind.FACEBOOK_PAGE)
    for pk in list(waiting.values_list("pk", flat=True)):
        with act():
            # Behind its lock: whoever connects the page finds either the one or the other.
            part = waiting.select_for_update().filter(pk=pk).first()
            if part is not None and mark in bytes(part.raw):
                _keep(_without(part, mark), part.received_at)
                part.delete()
                has_found = True
    return has_found


def tidy(at: datetime | None = None) -> None:
    """Let pages that are connected now have what waits for them, and forget what is too old.

    Runs in the public schema; covers events that met a page in the very moment of its connection.
    """
    pages = Unrouted.objects.filter(kind=Route.Kind.FACEBOOK_PAGE)
    routed = pages.routed().values_list("address", flat=True).distinct()
    for page_id, schema in owners_of(list(routed)).items():
        try:
            with schema_context(schema):
                adopt(page_id)
        except Exception:
            # One tenant's trouble must not keep the others waiting; it is tried again.
            logger.exception("What came for page %s could not be taken in", page_id)
    unowned = pages.exclude(pk__in=pages.routed().values("pk"))
    unowned.forget_before((at or now()) - KEPT_FOR)


def claim(page_id: str, name: str) -> bool:
    """Make a page the current tenant's; False where another tenant has it."""
    route, _is_new = Route.objects.get_or_create(
        kind=Route.Kind.FACEBOOK_PAGE,
        address=page_id,
        defaults={"tenant": Tenant.current(), "name": name[:120]},
    )
    return bool(route.tenant.schema_name == connection.schema_name)


def release(page_id: str) -> None:
    """The page is the current tenant's no longer."""
    own = Route.objects.filter(tenant__schema_name=connection.schema_name)
    own.filter(kind=Route.Kind.FACEBOOK_PAGE, address=page_id).delete()


def _arrival(raw: bytes, received_at: datetime) -> Arrival:
    return Arrival(Channel.FACEBOOK, raw, received_at)


def _without(part: Unrouted, mark: bytes) -> list[Part]:
    """The events of a part in which somebody is not, each by itself."""
    try:
        found = events.parse(bytes(part.raw))
    except events.NotUnderstoodError:
        return []
    alone = (Part(one.page_id, one.alone()) for one in found)
    return [one for one in alone if mark not in one.raw]


def _keep(strays: Sequence[Part], received_at: datetime) -> None:
    """Keep what has no owner; a repetition is kept once."""
    if not strays:
        return
    pages = sorted({part.page_id or "(none)" for part in strays})
    logger.warning("Facebook events without an owner are kept: pages %s", ", ".join(pages)[:500])
    Unrouted.objects.bulk_create(
        (
            Unrouted(
                kind=Route.Kind.FACEBOOK_PAGE,
                address=part.page_id,
                sha256=hashlib.sha256(part.raw).hexdigest(),
                raw=part.raw,
                received_at=received_at,
            )
            for part in strays
        ),
        ignore_conflicts=True,
    )
