"""What happens to tickets, and what it does to their promises, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.timezone import now

from accounts.models import Organisation, User
from accounts.signals import organisation_created
from sla import changes, merging, outcome, services
from sla.models import Promise, TierAssignment
from sla.tiers import default_tier
from tickets import signals
from tickets.models import Message, Ticket
from tickets.states import DONE, State


@receiver(organisation_created)
def give_default_tier(organisation: Organisation, **_: Any) -> None:
    TierAssignment.objects.create(
        organisation=organisation, tier=default_tier(), valid_from=organisation.created_at
    )


@receiver(signals.ticket_opened)
def promise_first_response(ticket: Ticket, **_: Any) -> None:
    if not services.first_response(ticket):
        changes.catch_up(ticket, now())


@receiver(signals.customer_wrote)
def promise_next_response(ticket: Ticket, message: Message, **_: Any) -> None:
    if not services.follow_up(ticket, since=message.sent_at):
        changes.catch_up(ticket, now())


@receiver(signals.answered)
def answer_promise(ticket: Ticket, message: Message, **_: Any) -> None:
    outcome.answer(ticket, message)


@receiver(signals.delivered)
def accept_answer(message: Message, at: datetime, **_: Any) -> None:
    outcome.accept(message, at)


@receiver(signals.delivery_failed)
def take_answer_back(ticket: Ticket, message: Message, cause: str, at: datetime, **_: Any) -> None:
    outcome.take_back(ticket, message, cause, at)
    merging.take_back(ticket, message, cause, at)
    changes.catch_up(ticket, at)


@receiver(signals.sender_confirmed)
def promise_as_confirmed(ticket: Ticket, at: datetime, **_: Any) -> None:
    changes.confirm(ticket, at)


@receiver(signals.organisation_changed)
def promise_as_linked(ticket: Ticket, at: datetime, **_: Any) -> None:
    changes.confirm(ticket, at, Promise.Reason.LINKED)


@receiver(signals.channel_changed)
def promise_by_channel(ticket: Ticket, at: datetime, **_: Any) -> None:
    changes.change_channel(ticket, at)


@receiver(signals.merged)
def merge_promises(ticket: Ticket, into: Ticket, at: datetime, **_: Any) -> None:
    merging.merge(ticket, into, at)


@receiver(signals.merge_undone)
def part_promises(
    ticket: Ticket, into: Ticket, merged_at: datetime, at: datetime, **_: Any
) -> None:
    merging.undo(ticket, into, merged_at, at)


@receiver(signals.state_changed)
def follow_state(
    ticket: Ticket, before: str, after: str, by: User | None, at: datetime, **_: Any
) -> None:
    """Spam and a customer's withdrawal end a promise; every other state leaves it as it is.

    A rule of ours (`by` is None) acts for the agents.
    """
    is_ours = by is None or by.is_agent
    if after == State.SPAM:
        outcome.end(ticket, Promise.End.SPAM, at)
    elif after in DONE and not is_ours:
        outcome.end(ticket, Promise.End.WITHDRAWN, at)
    elif is_ours:
        if before == State.SPAM:
            outcome.restore(ticket, at)
            changes.catch_up(ticket, at)
        services.keep_waiting(ticket, since=at, reason=Promise.Reason.REOPENED)
