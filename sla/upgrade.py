"""A higher tier for everything that waits, in one statement however much that is.

What it gives is the better of both promises (law 2), as `changes.better` says it for one ticket in
Python: from one moment on, so the new tier's due moment is the same for all tickets of a kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import Organisation
from sla import queue
from sla.models import CalendarVersion, Promise, SupportTier
from sla.services import Terms, promised
from sla.tiers import version_for
from tenants import wakeups
from tenants.models import Wakeup
from tickets.models import Ticket
from tickets.states import QUEUED

LOCK = """
SELECT ticket.id FROM tickets_ticket AS ticket
WHERE ticket.organisation_id = %s AND ticket.is_verified
  AND EXISTS (SELECT FROM sla_promise WHERE ticket_id = ticket.id
              AND answered_at IS NULL AND ended_at IS NULL)
ORDER BY ticket.id FOR UPDATE
"""
UNLOCKED = """
SELECT EXISTS (
    SELECT FROM tickets_ticket AS ticket
    JOIN sla_promise ON ticket_id = ticket.id AND answered_at IS NULL AND ended_at IS NULL
    WHERE ticket.organisation_id = %s AND ticket.is_verified AND ticket.id <> ALL (%s)
)
"""
# What a tier gives to tickets that wait, and for which of them that is better. Which tickets is the
# array in place of TICKETS; `preview` reads it too, so that what is shown is what will be done.
TICKETS = "%(tickets)s"
BETTER = f"""
WITH given (kind, minutes, due_at, at_risk_at, warn_percent_at, warn_minutes_at) AS (
    VALUES ('first', %(first_minutes)s, %(first_due_at)s::timestamptz,
            %(first_at_risk_at)s::timestamptz, %(first_warn_percent_at)s::timestamptz,
            %(first_warn_minutes_at)s::timestamptz),
           ('next', %(next_minutes)s, %(next_due_at)s, %(next_at_risk_at)s,
            %(next_warn_percent_at)s, %(next_warn_minutes_at)s)
), compared AS (
    SELECT old.id AS old_id, old.ticket_id, old.kind, ticket.state,
           given.due_at < old.due_at AS is_earlier,
           old.is_guaranteed OR (old.kind = 'first' AND old.due_at >= %(at)s
               AND ticket.channel = ANY (%(guaranteed_channels)s)) AS is_guaranteed,
           GREATEST(old.priority, %(priority)s) AS priority,
           old.is_guaranteed AS was_guaranteed, old.priority AS old_priority, old.breached_at,
           old.noticed_at, LEAST(given.due_at, old.due_at) AS due_at,
           old.minutes AS old_minutes, old.calendar_version_id AS old_version, old.started_at,
           old.at_risk_at AS old_at_risk_at, old.warn_percent_at AS old_warn_percent_at,
           old.warn_minutes_at AS old_warn_minutes_at, given.minutes,
           given.at_risk_at AS new_at_risk_at, given.warn_percent_at AS new_warn_percent_at,
           given.warn_minutes_at AS new_warn_minutes_at
    FROM sla_promise AS old
    JOIN tickets_ticket AS ticket ON ticket.id = old.ticket_id
    JOIN given ON given.kind = old.kind
    WHERE old.ticket_id = ANY ({TICKETS})
      AND old.answered_at IS NULL AND old.ended_at IS NULL
), better AS MATERIALIZED (
    SELECT old_id, ticket_id, kind, state, is_guaranteed, priority, due_at, is_earlier,
           CASE WHEN is_earlier THEN minutes ELSE old_minutes END AS minutes,
           CASE WHEN is_earlier THEN %(version)s ELSE old_version END AS version,
           CASE WHEN is_earlier THEN %(at)s ELSE started_at END AS started_at,
           CASE WHEN is_earlier THEN new_at_risk_at ELSE old_at_risk_at END AS at_risk_at,
           CASE WHEN is_earlier THEN new_warn_percent_at ELSE old_warn_percent_at END
               AS warn_percent_at,
           CASE WHEN is_earlier THEN new_warn_minutes_at ELSE old_warn_minutes_at END
               AS warn_minutes_at,
           CASE WHEN NOT is_earlier AND is_guaranteed = was_guaranteed THEN breached_at END
               AS breached_at,
           CASE WHEN NOT is_earlier AND is_guaranteed = was_guaranteed THEN noticed_at END
               AS noticed_at
    FROM compared
    WHERE is_earlier OR is_guaranteed <> was_guaranteed OR priority <> old_priority
)
"""  # noqa: S608 (a constant)
# One row changes once in a statement, so the successors' ids are drawn before anything is written.
# Where a missed target stands needs a calendar: `queue.age` places those.
UPGRADE = f"""
{BETTER}, numbered AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('sla_promise', 'id')) AS new_id, better.* FROM better
), ended AS (
    UPDATE sla_promise
    SET ended_at = %(at)s, end_cause = 'replaced', next_check_at = NULL, replaced_by_id = new_id
    FROM numbered WHERE id = old_id
    RETURNING id
), told AS (
    -- What was told of a due moment that stays is of the successor now; the rest is settled.
    UPDATE sla_notice
    SET promise_id = CASE WHEN is_earlier THEN old_id ELSE new_id END,
        seen_at = CASE WHEN is_earlier THEN COALESCE(seen_at, %(at)s) ELSE seen_at END
    FROM numbered WHERE promise_id = old_id AND (NOT is_earlier OR seen_at IS NULL)
), made AS (
    INSERT INTO sla_promise (id, ticket_id, kind, reason, tier_id, minutes, calendar_version_id,
        started_at, due_at, is_guaranteed, priority, made_at, breached_at, noticed_at, end_cause,
        at_risk_at, warn_percent_at, warn_minutes_at, next_check_at)
    SELECT new_id, ticket_id, kind, 'upgraded', %(tier)s, minutes, version, started_at, due_at,
        is_guaranteed, priority, %(at)s, breached_at, noticed_at, '', at_risk_at, warn_percent_at,
        warn_minutes_at, CASE WHEN breached_at IS NULL THEN {queue.AHEAD} END
    FROM numbered JOIN ended ON ended.id = old_id
    RETURNING id, next_check_at, NOT is_guaranteed AND due_at < %(at)s AS is_missed_target
), noted AS (
    INSERT INTO tickets_event (ticket_id, kind, at, before, after, what)
    SELECT ticket_id, 'promise', %(at)s, kind, '', 'replaced' FROM better
    UNION ALL
    SELECT ticket_id, 'promise', %(at)s, kind,
           replace(to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '')
               || '+00:00', 'made'
    FROM better
), placed AS (
    UPDATE tickets_ticket AS ticket
    SET due_at = better.due_at, priority = better.priority,
        queue_band = CASE WHEN better.state <> ALL (%(queued)s) THEN NULL
            WHEN is_guaranteed AND better.due_at < %(at)s THEN 0
            WHEN is_guaranteed AND at_risk_at <= %(at)s THEN 1 ELSE 2 END,
        queue_rank = CASE WHEN better.state <> ALL (%(queued)s) THEN 0
            WHEN is_guaranteed AND better.due_at >= %(at)s AND at_risk_at <= %(at)s THEN 0
            ELSE -better.priority END
    FROM better WHERE ticket.id = better.ticket_id
      AND (is_guaranteed OR better.due_at >= %(at)s)
)
SELECT id, next_check_at, is_missed_target FROM made
"""  # noqa: S608 (all parts are constants)


class NewTicketsError(Exception):
    """Tickets came in while the organisation was being locked."""


def lock_unanswered(organisation: Organisation) -> list[int]:
    """Lock the organisation and every ticket of its known people that waits; returns their ids.

    Tickets first, as every act does; then the organisation, which keeps new promises from being
    made. What came in between the two is found, and the locking begun anew: taking it now, in the
    other order, could wait for somebody who waits for us.
    """
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(LOCK, [organisation.pk])
                tickets = [pk for (pk,) in cursor.fetchall()]
                Organisation.objects.select_for_update().get(pk=organisation.pk)
                cursor.execute(UNLOCKED, [organisation.pk, tickets])
                if cursor.fetchone() == (True,):
                    raise NewTicketsError
                return tickets
        except NewTicketsError:
            continue


def upgrade(tickets: list[int], tier: SupportTier, at: datetime) -> int:
    """Give locked tickets the better of both promises; returns how many have a new one."""
    if not tickets:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(UPGRADE, {"tickets": tickets, **terms_of(tier, at, version_for(tier, at))})
        made = cursor.fetchall()
    queue.age([pk for pk, _next, is_missed_target in made if is_missed_target], at)
    moments = [next_check_at for _pk, next_check_at, _is_missed in made if next_check_at]
    if moments:
        wakeups.ask(Wakeup.Kind.PROMISES, min(moments))
    return len(made)


def terms_of(tier: SupportTier, at: datetime, version: CalendarVersion) -> dict[str, Any]:
    """The values of BETTER and UPGRADE: what a tier gives tickets from a moment on."""
    return {
        "at": at,
        "tier": tier.pk,
        "version": version.pk,
        "priority": tier.priority,
        "guaranteed_channels": [way for way in tier.guaranteed_channels if tier.guarantees(way)],
        "queued": [str(state) for state in QUEUED],
        **dict(_given(tier, at, version)),
    }


def _given(tier: SupportTier, at: datetime, version: CalendarVersion) -> Iterator[tuple[str, Any]]:
    """What the tier gives a ticket of each kind from `at` on."""
    first = tier.first_response_minutes
    for kind, minutes in (
        (Promise.Kind.FIRST, first),
        (Promise.Kind.NEXT, tier.next_response_minutes or first),
    ):
        terms = Terms(
            kind=kind,
            reason=Promise.Reason.UPGRADED,
            tier=tier,
            started_at=at,
            minutes=minutes,
            is_guaranteed=tier.is_guaranteed,
            priority=tier.priority,
            version=version,
        )
        promise = promised(Ticket(), terms, at)
        for name in ("minutes", "due_at", "at_risk_at", "warn_percent_at", "warn_minutes_at"):
            yield f"{kind}_{name}", getattr(promise, name)
