"""The slots a customer may choose from: those up to what is promised first, later ones after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.timezone import now

from accounts.models import Organisation
from channels.callback.models import CallBack, CallSettings
from channels.callback.slots import DAY, Slot, by_day, slots
from sla.calendar import CalendarError
from sla.models import SupportTier
from sla.services import open_promise
from sla.tiers import default_version, tier_of, version_for
from tickets.models import Channel, Ticket

DEFAULT_REGION = "DE"


@dataclass(frozen=True, slots=True)
class Promised:
    """By when an answer is owed; `due_at` None where nobody waits for one."""

    due_at: datetime | None
    is_guaranteed: bool = False

    def is_ahead(self, at: datetime) -> bool:
        return self.due_at is not None and self.due_at >= at


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen. `soon` keeps what is promised, `later` comes after it."""

    promised: Promised
    zone: ZoneInfo
    soon: tuple[Slot, ...]
    later: tuple[Slot, ...]

    def __contains__(self, slot: Slot) -> bool:
        return slot in self.soon or slot in self.later

    def find(self, key: str) -> Slot | None:
        return next((slot for slot in (*self.soon, *self.later) if slot.key == key), None)

    @property
    def soon_by_day(self) -> list[tuple[date, list[Slot]]]:
        return by_day(list(self.soon), self.zone)

    @property
    def later_by_day(self) -> list[tuple[date, list[Slot]]]:
        return by_day(list(self.later), self.zone)


def is_open_to(tier: SupportTier | None) -> bool:
    """True for a tier that includes calls."""
    return tier is not None and Channel.CALLBACK in tier.allowed_channels


def opening_tiers() -> list[SupportTier]:
    """The tiers that include calls and can be had."""
    return [tier for tier in SupportTier.objects.filter(is_offered=True) if is_open_to(tier)]


def region() -> str:
    """The country of a number that is typed without one: that of the tenant's business hours."""
    return str(default_version().spec.get("country") or DEFAULT_REGION)


def promised_for(ticket: Ticket, at: datetime) -> Promised:
    """What is owed on a ticket, or what will be once its customer asks for a call."""
    promise = open_promise(ticket)
    if promise is not None:
        return Promised(promise.due_at, promise.is_guaranteed)
    tier = tier_of(ticket.organisation)
    return _from_now(tier, tier.next_response_minutes or tier.first_response_minutes, at)


def promised_for_new(organisation: Organisation, at: datetime) -> Promised:
    """What a ticket opened now by a request for a call would be promised."""
    tier = tier_of(organisation)
    is_guaranteed = tier.guarantees(Channel.CALLBACK)
    return _from_now(tier, tier.first_response_minutes, at, is_guaranteed=is_guaranteed)


def offer(
    organisation: Organisation,
    promised: Promised,
    *,
    settings: CallSettings | None = None,
    at: datetime | None = None,
    without: CallBack | None = None,
) -> Offer:
    """The slots with a free place; a call that is to be moved (`without`) takes none.

    The last slot before the promised moment is always kept: whoever is owed an answer by then gets
    a call in it, however many have one there.
    """
    moment, rules = at or now(), settings or CallSettings.current()
    hours = version_for(tier_of(organisation), moment).hours
    since, until = moment + timedelta(minutes=rules.lead_minutes), moment + rules.days_ahead * DAY
    found = slots(hours, since, until, rules.slot_minutes)
    due_at = promised.due_at if promised.is_ahead(moment) else None
    soon = [slot for slot in found if due_at is None or slot.end <= due_at]
    kept = soon[-1:] if due_at is not None else []
    free = set(_with_a_place(found, rules.capacity, without)) | set(kept)
    return Offer(
        promised,
        hours.zone,
        tuple(slot for slot in soon if slot in free),
        tuple(slot for slot in found[len(soon) :] if slot in free),
    )


def _with_a_place(found: Sequence[Slot], capacity: int, without: CallBack | None) -> list[Slot]:
    if not found:
        return []
    calls = CallBack.objects.all().within(found[0].start, found[-1].end)
    if without is not None:
        calls = calls.exclude(pk=without.pk)
    taken = [call.slot for call in calls.only("slot_start", "slot_end")]
    return [slot for slot in found if _calls_in(slot, taken) < capacity]


def _calls_in(slot: Slot, taken: Sequence[Slot | None]) -> int:
    return sum(one is not None and slot.overlaps(one.start, one.end) for one in taken)


def _from_now(
    tier: SupportTier, minutes: int, at: datetime, *, is_guaranteed: bool = False
) -> Promised:
    try:
        due_at = version_for(tier, at).hours.add(at, timedelta(minutes=minutes))
    except CalendarError:
        return Promised(None)
    return Promised(due_at, is_guaranteed)
