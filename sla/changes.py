"""What makes a made promise better: each change is a new row with its reason (law 2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.timezone import now

from accounts.models import Organisation, User
from sla import services
from sla.models import CalendarVersion, Promise, SupportTier, TierAssignment
from sla.services import Terms
from sla.tiers import settled_tier_of, tier_of, version_for
from sla.upgrade import lock_unanswered, upgrade
from tenants import live
from tenants.acts import act
from tickets.models import Ticket


@act()
def assign_tier(
    organisation: Organisation,
    tier: SupportTier,
    *,
    by: User | None = None,
    at: datetime | None = None,
) -> TierAssignment:
    """Put a tier in force; a higher one gives every unanswered ticket the better of both promises.

    A lower tier counts for what arrives from then on; made promises stay as they are.
    """
    tickets = lock_unanswered(organisation)
    # Read here, so that of two at the same time the later one is in force.
    moment = at or now()
    is_upgrade = tier.position > tier_of(organisation).position
    assignment = TierAssignment.objects.create(
        organisation=organisation, tier=tier, valid_from=moment, by=by
    )
    if is_upgrade and upgrade(tickets, tier, moment):
        live.announce("queue")
    return assignment


def confirm(ticket: Ticket, at: datetime) -> None:
    """The sender is known now: the organisation's promise counts, from the ticket's arrival."""
    old = services.open_promise(ticket)
    if old is None or old.kind != Promise.Kind.FIRST:
        return
    tier = tier_of(ticket.organisation)
    reason = Promise.Reason.CONFIRMED
    terms = better(old, tier, version_for(tier, at), ticket.opened_at, reason)
    if terms is not None:
        new = services.promised(ticket, terms, at)
        services.replace([(ticket, old, new)], at)


def catch_up(ticket: Ticket, at: datetime) -> None:
    """A promise that is open again gets what upgrades would have given it since it was made.

    They passed it by while its answer was on its way, or while it was taken for spam.
    """
    promise = services.open_promise(ticket)
    if promise is None or not ticket.is_verified:
        return
    # A tier that is being booked at this moment is waited for, or waits for us.
    settled_tier_of(ticket.organisation)
    passed_by = TierAssignment.objects.filter(
        organisation=ticket.organisation, valid_from__gt=promise.made_at
    )
    for assignment in passed_by.select_related("tier").order_by("valid_from", "pk"):
        tier, since = assignment.tier, assignment.valid_from
        if tier.position > promise.tier.position:
            promise.ticket = ticket
            version = version_for(tier, since)
            terms = better(promise, tier, version, since, Promise.Reason.UPGRADED)
            if terms is not None:
                successor = services.promised(ticket, terms, at)
                services.replace([(ticket, promise, successor)], at)
                promise = successor


def better(
    old: Promise, tier: SupportTier, version: CalendarVersion, since: datetime, reason: str
) -> Terms | None:
    """The better of an open promise and what a tier gives from `since` on; None: the old one is.

    The due moment is the earlier of both. A target that was missed before `since` does not become
    a guarantee that nobody could have kept.
    """
    minutes = tier.first_response_minutes
    is_first = old.kind == Promise.Kind.FIRST
    if not is_first:
        minutes = tier.next_response_minutes or minutes
    gives_guarantee = is_first and tier.guarantees(old.ticket.channel) and old.due_at >= since
    is_guaranteed = old.is_guaranteed or gives_guarantee
    priority = max(old.priority, tier.priority)
    is_earlier = version.hours.add(since, timedelta(minutes=minutes)) < old.due_at
    if not is_earlier and (is_guaranteed, priority) == (old.is_guaranteed, old.priority):
        return None
    return Terms(
        kind=old.kind,
        reason=reason,
        tier=tier,
        started_at=since if is_earlier else old.started_at,
        minutes=minutes if is_earlier else old.minutes,
        is_guaranteed=is_guaranteed,
        priority=priority,
        version=version if is_earlier else old.calendar_version,
        due_at=None if is_earlier else old.due_at,
    )
