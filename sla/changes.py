"""What makes a made promise better: each change is a new row with its reason (law 2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Max
from django.utils.timezone import now

from accounts.models import Organisation, User
from sla import services
from sla.models import CalendarVersion, Promise, SupportTier, TierAssignment
from sla.services import Terms
from sla.tiers import settled_tier_of, tier_at, tier_of, version_for
from sla.upgrade import lock_unanswered, upgrade
from tenants import live
from tenants.acts import act
from tickets import recording
from tickets.models import Event, Ticket

# What makes a sender known, and the reason of the promise it leads to.
KNOWN: dict[str, str] = {
    Event.Kind.CONFIRMED: Promise.Reason.CONFIRMED,
    Event.Kind.LINKED: Promise.Reason.LINKED,
}

# With these a customer begins to wait for a first response; other reasons carry a wait on.
BEGINS_A_WAIT = (Promise.Reason.OPENED, Promise.Reason.REOPENED, Promise.Reason.MERGED)


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


def confirm(
    ticket: Ticket,
    at: datetime,
    reason: str = Promise.Reason.CONFIRMED,
    *,
    known_at: datetime | None = None,
) -> None:
    """The sender is known now: the organisation's promise counts, from the arrival (DESIGN §1).

    It had one tier at the arrival, and since then perhaps higher ones, each from its own moment;
    the promise gets what all of them give. A target for a follow-up stays as it is. `known_at` is
    when the sender became known, if that was before.
    """
    promise = _awaited(ticket)
    if promise is None or promise.kind != Promise.Kind.FIRST:
        return
    # Counted from the arrival, a due moment that was put off by choice would be missed at once.
    if promise.reason == Promise.Reason.WISH:
        return
    settled_tier_of(ticket.organisation)
    since = waited_since(ticket) or promise.started_at
    tier = tier_at(ticket.organisation, since)
    promise = _give(promise, tier, version_for(tier, known_at or at), since, reason, at)
    _give_bookings(promise, since, at)


def catch_up(ticket: Ticket, at: datetime) -> None:
    """A promise gets what it would have been given since it began.

    Bookings and a confirmation passed it by: while its message waited to be taken in, while its
    answer was on its way, or while it was taken for spam.
    """
    promise = services.open_promise(ticket)
    if promise is None or not ticket.is_verified:
        return
    # A tier that is being booked at this moment is waited for, or waits for us.
    settled_tier_of(ticket.organisation)
    is_arrival = promise.reason not in services.REPLACING
    since = promise.started_at if is_arrival else promise.made_at
    known = ticket.events.filter(kind__in=KNOWN, at__gt=promise.made_at).order_by("at").first()
    if known is not None:
        confirm(ticket, at, KNOWN[known.kind], known_at=known.at)
        # The confirmation has given a first response every booking; a follow-up has those since.
        promise, since = services.open_promise(ticket) or promise, known.at
    _give_bookings(promise, since, at)
    changed = ticket.events.filter(kind=Event.Kind.CHANNEL, at__gt=promise.made_at).last()
    if changed is not None:
        change_channel(ticket, at, changed_at=changed.at)


def waited_since(ticket: Ticket) -> datetime | None:
    """When the wait for a first response began that is still on, or was on last."""
    begun = ticket.promises.filter(kind=Promise.Kind.FIRST, reason__in=BEGINS_A_WAIT)
    begun = begun.exclude(replaced_by__lt=F("pk"))  # a merge that was undone
    last: datetime | None = begun.aggregate(last=Max("started_at"))["last"]
    return last


def _awaited(ticket: Ticket) -> Promise | None:
    """The open promise for a ticket; where it was merged unanswered, that of where it goes on."""
    if ticket.merged_into_id is None:
        return services.open_promise(ticket)
    last = ticket.promises.order_by("pk").last()
    if last is None or last.replaced_by_id is None:
        return None
    return services.open_promise(recording.locked_itself(ticket.merged_into_id))


def change_channel(ticket: Ticket, at: datetime, *, changed_at: datetime | None = None) -> None:
    """The ticket is answered another way; what the tier guarantees there is guaranteed here too.

    The due moment stays. A channel without a guarantee takes none away (law 2), and a target that
    was missed before becomes no guarantee. `changed_at` is when it was changed, if that was before.
    """
    old = services.open_promise(ticket)
    if old is None or old.is_guaranteed or old.kind != Promise.Kind.FIRST:
        return
    if old.due_at < (changed_at or at) or not old.tier.guarantees(ticket.channel):
        return
    terms = Terms(
        kind=old.kind,
        reason=Promise.Reason.CHANNEL,
        tier=old.tier,
        started_at=old.started_at,
        minutes=old.minutes,
        is_guaranteed=True,
        priority=old.priority,
        version=old.calendar_version,
        due_at=old.due_at,
    )
    services.replace(ticket, old, services.promised(ticket, terms, at), at)


def _give_bookings(promise: Promise, since: datetime, at: datetime) -> None:
    """What higher tiers booked since a moment give, each from the moment of its booking."""
    organisation = promise.ticket.organisation
    before = tier_at(organisation, since)
    booked = TierAssignment.objects.filter(organisation=organisation, valid_from__gt=since)
    for assignment in booked.select_related("tier").order_by("valid_from", "pk"):
        tier, moment = assignment.tier, assignment.valid_from
        if tier.position > before.position:
            version = version_for(tier, moment)
            promise = _give(promise, tier, version, moment, Promise.Reason.UPGRADED, at)
        before = tier


def _give(
    old: Promise,
    tier: SupportTier,
    version: CalendarVersion,
    since: datetime,
    reason: str,
    at: datetime,
) -> Promise:
    """Replace an open promise by what a tier gives from `since` on, if that is better."""
    terms = better(old, tier, version, since, reason)
    if terms is None:
        return old
    successor = services.promised(old.ticket, terms, at)
    services.replace(old.ticket, old, successor, at)
    return successor


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
