"""Telling agents that a promise runs out or has been missed: rows first, mails later.

Whom: the ticket's assignee; without one its team, and for what has been missed the team's leads
too; without a team everybody's leads, and where there are none the tenant's administrators.
Each person is told once of each thing. `channels/` mails what is due, collected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from sla.calendar import ZeroHoursError
from sla.models import Notice, Promise
from sla.tiers import default_tier, version_for
from tenants import live, wakeups
from tenants.models import Wakeup
from tenants.queue import enqueue

# What is noticed this soon after closing time may still be mailed: the due moment itself is
# business time, and the sweep comes half a minute later.
CLOSING_GRACE = timedelta(minutes=5)

INSERT = """
WITH members AS (
    SELECT membership.team_id, membership.user_id, membership.is_lead
    FROM accounts_teammembership AS membership
    JOIN accounts_user AS person ON person.id = membership.user_id
    WHERE person.is_active AND person.role <> 'customer'
), everybodys_leads AS (
    SELECT DISTINCT user_id FROM members WHERE is_lead
), last_resort AS (
    SELECT user_id FROM everybodys_leads
    UNION
    SELECT id FROM accounts_user
    WHERE role = 'admin' AND is_active AND NOT EXISTS (SELECT FROM everybodys_leads)
)
INSERT INTO sla_notice (user_id, promise_id, kind, at, made_at, mail_at)
SELECT audience.user_id, told.promise_id, told.kind, told.at, %(now)s, %(mail_at)s
FROM unnest(%(promises)s::bigint[], %(tickets)s::bigint[], %(kinds)s::text[],
            %(moments)s::timestamptz[]) AS told (promise_id, ticket_id, kind, at)
JOIN tickets_ticket AS ticket ON ticket.id = told.ticket_id
LEFT JOIN accounts_user AS assignee ON assignee.id = ticket.assignee_id AND assignee.is_active
CROSS JOIN LATERAL (
    SELECT assignee.id AS user_id WHERE assignee.id IS NOT NULL
    UNION ALL
    SELECT member.user_id FROM members AS member
    WHERE assignee.id IS NULL AND member.team_id = ticket.team_id
      AND (NOT member.is_lead OR told.kind IN ('breached', 'missed')
           OR NOT EXISTS (SELECT FROM members AS other
                          WHERE other.team_id = ticket.team_id AND NOT other.is_lead))
    UNION ALL
    SELECT user_id FROM last_resort
    WHERE assignee.id IS NULL
      AND NOT EXISTS (SELECT FROM members AS other WHERE other.team_id = ticket.team_id)
) AS audience
ON CONFLICT (user_id, promise_id, kind) DO NOTHING
RETURNING user_id
"""


class Told(NamedTuple):
    """One thing to tell: of which promise, what, and its moment."""

    promise: int
    ticket: int
    kind: str
    at: datetime


def tell(things: Sequence[Told], now: datetime) -> None:
    """Write down for everybody concerned what they are to be told; inside an act."""
    if not things:
        return
    mail_at = mail_moment(now)
    promises, tickets, kinds, moments = (list(column) for column in zip(*things, strict=True))
    values: dict[str, Any] = {
        "promises": promises,
        "tickets": tickets,
        "kinds": kinds,
        "moments": moments,
        "now": now,
        "mail_at": mail_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        is_anybody_told = cursor.rowcount > 0
    if is_anybody_told:
        wakeups.ask(Wakeup.Kind.OUTBOX, mail_at)
        live.announce("notices")
        if mail_at <= now:
            enqueue("channels.mail_notices")


def tell_at_once(promise: Promise, now: datetime) -> None:
    """Tell what a promise that was made late or is open again has come to while nobody watched.

    It is missed already, or a warning's moment has passed; what has been told is not told again.
    """
    if promise.breached_at is not None:
        kind = Notice.Kind.BREACHED if promise.is_guaranteed else Notice.Kind.MISSED
        moment = promise.due_at
    elif promise.due_at < now:
        return  # the sweep flags it, and tells
    elif promise.warn_minutes_at is not None and promise.warn_minutes_at <= now:
        kind, moment = Notice.Kind.MINUTES, promise.warn_minutes_at
    elif promise.warn_percent_at is not None and promise.warn_percent_at <= now:
        kind, moment = Notice.Kind.PERCENT, promise.warn_percent_at
    else:
        return
    tell([Told(promise.pk, promise.ticket_id, kind, moment)], now)


def settle(promise: Promise, at: datetime) -> None:
    """Nobody need look any more: the promise has been answered or has ended."""
    promise.notices.unseen().update(seen_at=at)


def mail_moment(at: datetime) -> datetime:
    """`at` in the tenant's business hours, else when they begin again: nobody is woken at night."""
    hours = version_for(default_tier(), at).hours
    if hours.is_open(at) or hours.is_open(at - CLOSING_GRACE):
        return at
    try:
        return hours.next_opening(at)
    except ZeroHoursError:
        return at
