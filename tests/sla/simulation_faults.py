"""Faults that a first-response engine may have, each planted on purpose, with a story it spoils."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.db.models import F
from django.utils.timezone import now

from sla import changes, outcome
from sla import services as promising
from sla.calendar import Calendar
from sla.models import CalendarVersion, Promise, PromiseQuerySet, SupportTier
from sla.services import Terms
from sla.tiers import tier_of
from tenants.acts import act
from tests.sla import simulation_desk, simulation_stored
from tests.sla.simulation_desk import Desk
from tests.sla.simulation_stories import SPRING
from tickets import changing, writing
from tickets.models import Ticket
from tickets.states import DONE

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Fault:
    spoils: str
    plant: Plant
    is_beat_down: bool = False


def one_second_late(patch: pytest.MonkeyPatch) -> None:
    add = Calendar.add
    patch.setattr(Calendar, "add", lambda *args: add(*args) + timedelta(seconds=1))


def calendar_with(**spec: object) -> Plant:
    """Count with a calendar that has something else than the stored one."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        hours = property(lambda version: Calendar.from_spec({**version.spec, **spec}))
        patch.setattr(CalendarVersion, "hours", hours)

    return plant


def answered_by(
    acts: ModuleType, act_name: str, *, only: Callable[..., bool] = lambda *_: True
) -> Plant:
    """Take an act of the desk for an answer."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = getattr(acts, act_name)

        def acting(ticket: Ticket, *args: Any, **kwargs: Any) -> Any:
            done = original(ticket, *args, **kwargs)
            if only(*args):
                waiting = Promise.objects.open().filter(ticket=ticket)
                waiting.update(answered_at=now(), accepted_at=now(), next_check_at=None)
            return done

        patch.setattr(acts, act_name, acting)

    return plant


def after(module: Any, name: str, then: Callable[..., object]) -> Plant:
    """Do more than a function should, right after it."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = getattr(module, name)

        def doing(*args: Any, **kwargs: Any) -> Any:
            done = original(*args, **kwargs)
            then(*args)
            return done

        patch.setattr(module, name, doing)

    return plant


def instead(module: Any, name: str, function: Callable[..., object]) -> Plant:
    return lambda patch: patch.setattr(module, name, function)


def unless(cause: str) -> Plant:
    """Let nothing end a promise for this cause."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        end = outcome.end
        patch.setattr(
            outcome, "end", lambda ticket, why, at: None if why == cause else end(ticket, why, at)
        )

    return plant


def promised_anew(promises: Any, **terms: Any) -> None:
    """Put other terms in the place of promises that are open."""
    with act():
        for old in promises.with_terms().select_related("ticket"):
            said: dict[str, Any] = {
                "kind": old.kind,
                "reason": Promise.Reason.UPGRADED,
                "tier": old.tier,
                "started_at": old.started_at,
                "minutes": old.minutes,
                "is_guaranteed": old.is_guaranteed,
                "priority": old.priority,
            }
            new = promising.promised(old.ticket, Terms(**said | terms), now())
            promising.replace(old.ticket, old, new, now())


def loosened(tickets: list[int], tier: SupportTier, at: datetime) -> int:
    waiting = Promise.objects.open().filter(ticket__in=tickets)
    promised_anew(
        waiting,
        tier=tier,
        started_at=at,
        minutes=tier.first_response_minutes,
        is_guaranteed=tier.is_guaranteed,
        priority=tier.priority,
    )
    return len(tickets)


def downgrade_applied(organisation: Any, tier: SupportTier) -> None:
    worse = Promise.objects.open().filter(ticket__organisation=organisation)
    promised_anew(
        worse.filter(priority__gt=tier.priority),
        tier=tier,
        minutes=tier.first_response_minutes,
        is_guaranteed=tier.is_guaranteed,
        priority=tier.priority,
    )


def edit_applied(desk: Desk, *_: object) -> None:
    promised_anew(Promise.objects.open())


def late_when_due(_ticket: Ticket, message: object) -> None:
    Promise.objects.filter(answer=message, answered_at=F("due_at")).update(breached_at=F("due_at"))


def kept_at_once(_ticket: Ticket, message: object) -> None:
    Promise.objects.filter(answer=message).update(accepted_at=now())


def restarted(ticket: Ticket, *_: object) -> None:
    promised_anew(Promise.objects.open().filter(ticket=ticket), started_at=now())


def withdrawn_by_agents(ticket: Ticket, to: str) -> None:
    Promise.objects.open().filter(ticket=ticket, ticket__state__in=DONE).update(
        ended_at=now(), end_cause=Promise.End.WITHDRAWN, next_check_at=None
    )


def follow_up_restarts(patch: pytest.MonkeyPatch) -> None:
    follow_up = promising.follow_up

    def restarting(ticket: Ticket, *, since: datetime) -> bool:
        restarted(ticket)
        return follow_up(ticket, since=since)

    patch.setattr(promising, "follow_up", restarting)


def confirmation_counts_from_itself(patch: pytest.MonkeyPatch) -> None:
    better = changes.better
    patch.setattr(
        changes,
        "better",
        lambda old, tier, version, since, *reason: better(old, tier, version, now(), *reason),
    )


def starts_when_taken_in(patch: pytest.MonkeyPatch) -> None:
    first_response = promising.first_response
    patch.setattr(
        promising, "first_response", lambda ticket, **_: first_response(ticket, since=now())
    )


def guaranteed_follow_up(patch: pytest.MonkeyPatch) -> None:
    make = promising.make

    def making(ticket: Ticket, terms: Terms, *, at: datetime | None = None) -> Promise:
        return make(ticket, replace(terms, is_guaranteed=terms.tier.is_guaranteed), at=at)

    patch.setattr(promising, "make", making)


def replaced_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("sla.models.WITHOUT_OUTCOME", (Promise.End.SPAM,))


def only_flagged_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Promise, "is_broken", lambda promise, at=None: promise.breached_at is not None)
    patch.setattr(
        PromiseQuerySet, "broken", lambda promises, at=None: promises.exclude(breached_at=None)
    )


def dated_to_its_discovery(promise: Promise) -> datetime | None:
    return promise.noticed_at if promise.is_broken() else None


ALL_WEEK = {str(day): [["09:00", "17:00"]] for day in range(7)}
FAULTS = {
    "a due moment one second late": Fault("answered in time", one_second_late),
    "a holiday counted": Fault("over Easter", calendar_with(country="", subdivision="")),
    "a weekend counted": Fault("over a weekend", calendar_with(weekly=ALL_WEEK)),
    "the hour of the clock change missed": Fault(
        "over the clock change", calendar_with(zone="Etc/GMT-1")
    ),
    "local times read as UTC": Fault("before opening", calendar_with(zone="UTC")),
    "an acknowledgement counted as an answer": Fault(
        "acknowledged", answered_by(writing, "acknowledge")
    ),
    "a note counted as an answer": Fault("noted", answered_by(writing, "add_note")),
    "a status change counted as an answer": Fault(
        "closed unanswered", answered_by(changing, "change_state")
    ),
    "a ticket closed unanswered called fine": Fault(
        "closed unanswered", after(changing, "change_state", withdrawn_by_agents)
    ),
    "an upgrade that loosened": Fault(
        "upgraded shortly before", instead(changes, "upgrade", loosened)
    ),
    "an upgrade that changed nothing": Fault("upgraded", instead(changes, "upgrade", lambda *_: 0)),
    "a downgrade applied to an old promise": Fault(
        "downgraded", after(simulation_desk, "assign_tier", downgrade_applied)
    ),
    "a calendar edit applied to made promises": Fault(
        "hours edited", after(Desk, "announce", edit_applied)
    ),
    "a breach dated to when it was noticed": Fault(
        "never answered", instead(simulation_stored, "breach_of", dated_to_its_discovery)
    ),
    "a bounced answer left kept": Fault("bounced", instead(outcome, "take_back", lambda *_: None)),
    "a refused answer that restarts the promise": Fault(
        "refused", after(outcome, "take_back", restarted)
    ),
    "an answer kept before its first hop took it": Fault(
        "on its way", after(outcome, "answer", kept_at_once)
    ),
    "an answer at the very due moment called late": Fault(
        "answered when due", after(outcome, "answer", late_when_due)
    ),
    "spam counted as broken": Fault("spam", unless(Promise.End.SPAM)),
    "unmarked spam promised anew": Fault("no spam", instead(outcome, "restore", lambda *_: None)),
    "a withdrawal counted as broken": Fault("withdrawn", unless(Promise.End.WITHDRAWN)),
    "a Facebook ticket guaranteed": Fault(
        "on Facebook", instead(SupportTier, "guarantees", lambda tier, channel: tier.is_guaranteed)
    ),
    "a promise counted twice after an upgrade": Fault("upgraded too late", replaced_counted),
    "a missed promise not counted because beat was down": Fault(
        "never answered", only_flagged_counted, is_beat_down=True
    ),
    "an unknown sender given the tier before the confirmation": Fault(
        "nobody known",
        instead(promising, "_tier", lambda ticket, _at: (tier_of(ticket.organisation), True)),
    ),
    "a confirmed sender's promise counted from the confirmation": Fault(
        "confirmed", confirmation_counts_from_itself
    ),
    "a first response restarted by a follow-up": Fault("wrote again before", follow_up_restarts),
    "a follow-up's target called a guarantee": Fault("wrote again after", guaranteed_follow_up),
    "a promise that starts when the mail was taken in": Fault(
        "taken in late", starts_when_taken_in
    ),
}
BEAT_NEVER_UP = ((SPRING.start, "2026-05-01 00:00"),)
