"""What makes a made promise better: each change is a new row with its reason (law 2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.timezone import now

from accounts.models import Organisation, User
from sla import services
from sla.models import CalendarVersion, Promise, SupportTier, TierAssignment
from sla.services import Terms
from sla.tiers import tier_at, tier_of, version_for
from tenants import live
from tenants.acts import act
from tickets.models import Event, Ticket
from tickets.states import QUEUED


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
    # Tickets first, as every act; then the organisation, which waits for promises being made.
    _unanswered(organisation)
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    # Read here, so that of two at the same time the later one is in force.
    moment = at or now()
    is_upgrade = tier.position > tier_of(organisation).position
    assignment = TierAssignment.objects.create(
        organisation=organisation, tier=tier, valid_from=moment, by=by
    )
    if is_upgrade:
        _upgrade(organisation, tier, moment)
        live.announce("queue")
    return assignment


def confirm(ticket: Ticket, at: datetime) -> None:
    """The sender is known now: the organisation's promise counts, from the arrival."""
    promise = services.open_promise(ticket)
    if promise is not None:
        _improve(promise, _as_confirmed(promise, at), at)


def catch_up(ticket: Ticket, at: datetime) -> None:
    """A promise that is open again gets what it would have been given since it was made.

    A confirmation and upgrades passed it by while its answer was on its way, or while it was taken
    for spam.
    """
    promise = services.open_promise(ticket)
    if promise is None or not ticket.is_verified:
        return
    promise.ticket, since = ticket, promise.made_at
    confirmed = ticket.events.filter(kind=Event.Kind.CONFIRMED, at__gt=since).order_by("at").first()
    if confirmed is not None:
        since = confirmed.at
        promise = _improve(promise, _as_confirmed(promise, since), at)
    passed_by = TierAssignment.objects.filter(
        organisation=ticket.organisation, valid_from__gt=since
    )
    before = tier_at(ticket.organisation, since)
    for assignment in passed_by.select_related("tier").order_by("valid_from", "pk"):
        tier, since = assignment.tier, assignment.valid_from
        if tier.position > before.position:
            version = version_for(tier, since)
            terms = _better(promise, tier, version, since, Promise.Reason.UPGRADED)
            promise = _improve(promise, terms, at)
        before = tier


def _as_confirmed(promise: Promise, at: datetime) -> Terms | None:
    """What a sender confirmed at `at` is promised: the organisation's hours from the arrival.

    The tier is the one at the arrival, if a downgrade came between: that counts for what arrives
    from then on.
    """
    if promise.kind != Promise.Kind.FIRST:
        return None
    organisation, since = promise.ticket.organisation, promise.started_at
    tiers = [tier_at(organisation, since), tier_at(organisation, at)]
    tier = max(tiers, key=lambda tier: tier.position)
    return _better(promise, tier, version_for(tier, at), since, Promise.Reason.CONFIRMED)


def _improve(old: Promise, terms: Terms | None, at: datetime) -> Promise:
    """Put better terms in an open promise's place; returns the promise that counts now."""
    if terms is None:
        return old
    new = services.promised(old.ticket, terms, at)
    services.replace([(old.ticket, old, new)], at)
    return new


def _upgrade(organisation: Organisation, tier: SupportTier, at: datetime) -> None:
    version = version_for(tier, at)
    replaced = []
    for old in _unanswered(organisation):
        terms = _better(old, tier, version, at, Promise.Reason.UPGRADED)
        if terms is not None:
            replaced.append((old.ticket, old, services.promised(old.ticket, terms, at)))
    services.replace(replaced, at)


def _unanswered(organisation: Organisation) -> list[Promise]:
    """The open promises to the known people of an organisation; their tickets are locked."""
    of_organisation = Promise.objects.open().filter(ticket__organisation=organisation)
    waiting = Q(state__in=QUEUED) | Q(pk__in=of_organisation.values("ticket_id"))
    known = Ticket.objects.filter(organisation=organisation, is_verified=True)
    locked = known.filter(waiting).select_for_update().order_by("pk")
    tickets = {ticket.pk: ticket for ticket in locked}
    promises = list(of_organisation.filter(ticket__in=tickets).with_terms().order_by("pk"))
    for promise in promises:
        promise.ticket = tickets[promise.ticket_id]
    return promises


def _better(
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
