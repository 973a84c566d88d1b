"""What a customer is told about tiers, hours and moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.utils.timezone import now

from accounts.models import User
from sla.calendar import Calendar, CalendarError, Step
from sla.history import changes_of
from sla.models import Promise, SupportTier
from sla.services import open_promise
from sla.tiers import default_version, tier_of, version_for
from tenants.models import Route, Tenant
from tickets.models import Channel, Ticket


@dataclass(frozen=True, slots=True)
class Hours:
    """Whether somebody is there now; the moments are aware, None where there is none."""

    is_open: bool
    closes_at: datetime | None
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a request sent now in the portal would be promised."""

    tier: SupportTier
    due_at: datetime
    is_guaranteed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The open promise of a ticket, and how its due moment came about."""

    promise: Promise | None
    steps: list[Step]
    changes: list[Promise]

    @property
    def seconds(self) -> int:
        return sum(step.seconds for step in self.steps)


def is_confirmed(user: User) -> bool:
    """True once the address is proven to be theirs; before, nothing is said about tiers."""
    proofs = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return bool(proofs.exists())


def hours(at: datetime | None = None) -> Hours | None:
    """The tenant's business hours at a moment; None when they are never open."""
    moment = at or now()
    return hours_of(default_version(moment).hours, moment)


def hours_of(calendar: Calendar, moment: datetime) -> Hours | None:
    """Whether somebody is there by a calendar; None when it is never open."""
    try:
        if calendar.is_open(moment):
            return Hours(is_open=True, closes_at=calendar.closing(moment), opens_at=None)
        return Hours(is_open=False, closes_at=None, opens_at=calendar.next_opening(moment))
    except CalendarError:
        return None


def tier(user: User) -> SupportTier | None:
    """The tier of a confirmed person's organisation."""
    organisation = user.organisation
    if organisation is None or not is_confirmed(user):
        return None
    return tier_of(organisation)


def support_address() -> str:
    """The address that takes mail for this tenant; empty without one."""
    try:
        return Tenant.current().mailbox
    except Route.DoesNotExist:
        return ""


def mail_instead(tier: SupportTier | None) -> str:
    """Where to write by mail with a tier that does not allow the portal; empty where it does.

    Without any address the portal stays open: nobody is left without a way to reach us.
    """
    is_open = tier is None or Channel.PORTAL in tier.allowed_channels
    return "" if is_open else support_address()


def outlook(user: User, at: datetime | None = None) -> Outlook | None:
    """What a confirmed person would be promised for a request sent now."""
    in_force = tier(user)
    if in_force is None:
        return None
    span = timedelta(minutes=in_force.first_response_minutes)
    due_at = version_for(in_force).hours.add(at or now(), span)
    return Outlook(in_force, due_at, in_force.guarantees(Channel.PORTAL))


def told(ticket: Ticket, user: User) -> Told:
    """The promise as this customer may see it: all of it, or nothing while unconfirmed."""
    promise = open_promise(ticket) if is_confirmed(user) else None
    if promise is None:
        return Told(None, [], [])
    return Told(promise, promise.explanation(), changes_of(ticket))
