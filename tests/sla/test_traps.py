"""What others get wrong about deadlines: one test for each trap, named after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from sla import sweep as sweeping
from sla.models import Promise, SupportTier
from sla.sweep import earliest, sweep, sweep_tenant
from sla.tiers import default_calendar
from tests.factories import AgentFactory
from tests.sla.arranging import answer, opened, promise_of, write_again
from tests.sla.moments import THURSDAY, TUESDAY, WEDNESDAY, berlin
from tickets import assigning, changing, outcomes, writing
from tickets.models import Ticket
from tickets.recording import Content
from tickets.states import State

# A Gold ticket that arrived on Tuesday at 9:00.
DUE = berlin(f"{TUESDAY} 13:00")
SECOND = timedelta(seconds=1)
TERMS = [field.name for field in Promise._meta.fields if field.name not in Promise.OUTCOME]


def terms(ticket: Ticket) -> dict[str, object]:
    return ticket.promises.values(*TERMS).get()


def swept(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return sweep_tenant(at)


def close_wednesday(valid_from: datetime) -> None:
    """Edit the calendar: the day on which a promise was to end becomes a closure."""
    calendar = default_calendar()
    version = calendar.versions.latest("number")
    spec = version.spec | {"days": {WEDNESDAY: {"name": "Inventur", "intervals": []}}}
    calendar.versions.create(number=version.number + 1, valid_from=valid_from, spec=spec)


def places_on_disk() -> list[tuple[str, str]]:
    """Where the rows of tickets and promises lie: each UPDATE, even to the same, moves one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'ticket', ctid::text FROM tickets_ticket"
            " UNION ALL SELECT 'promise', ctid::text FROM sla_promise ORDER BY 1, 2"
        )
        return cursor.fetchall()


def test_deadline_recomputed_on_save(tenant, agent):
    """Whatever is saved later, and whatever would be computed by then: the promise stays."""
    ticket = opened("Bronze")
    made, due = terms(ticket), ticket.due_at
    SupportTier.objects.filter(name="Bronze").update(first_response_minutes=60)

    with time_machine.travel(berlin(f"{TUESDAY} 15:00"), tick=False):
        close_wednesday(berlin(f"{TUESDAY} 12:00"))
        ticket.subject = "Doch etwas anderes"
        ticket.save()
        assigning.assign(ticket, to=agent, by=agent)
        changing.change_state(ticket, State.WAITING, by=agent)
        changing.change_state(ticket, State.OPEN, by=agent)
        writing.add_note(ticket, author=agent, text="Ich sehe nach.")
        promise_of(ticket).save()
    write_again(ticket, f"{TUESDAY} 16:00")

    ticket.refresh_from_db()
    assert (terms(ticket), ticket.due_at) == (made, due)
    assert due == berlin(f"{WEDNESDAY} 13:00")


def test_promise_moved_by_an_edit_of_the_schedule(tenant):
    ticket = opened("Bronze")
    made, due = terms(ticket), berlin(f"{WEDNESDAY} 13:00")

    close_wednesday(berlin(f"{TUESDAY} 10:00"))
    swept(due + SECOND)

    assert terms(ticket) == made
    assert promise_of(ticket).breached_at == due
    later = opened("Bronze", at=f"{TUESDAY} 11:00")
    assert promise_of(later).due_at == berlin(f"{THURSDAY} 15:00")


def confirm_receipt(ticket: Ticket, agent) -> None:
    outcomes.mark_delivered(writing.acknowledge(ticket, text="Wir haben Ihre Nachricht."))


def out_of_office(ticket: Ticket, agent) -> None:
    writing.add_customer_message(
        ticket,
        author=ticket.requester,
        content=Content(text="Ich bin im Urlaub.", is_automatic=True),
        channel=ticket.channel,
        received_at=timezone.now(),
    )


def moved_to(state: State) -> Callable[[Ticket, object], None]:
    def move(ticket: Ticket, agent) -> None:
        changing.change_state(ticket, state, by=agent)

    return move


@pytest.mark.parametrize(
    "act",
    [
        *[moved_to(state) for state in (State.OPEN, State.WAITING, State.SOLVED, State.CLOSED)],
        confirm_receipt,
        out_of_office,
    ],
    ids=["open", "waiting", "solved", "closed", "acknowledgement", "out of office"],
)
def test_status_change_or_automatic_reply_that_counts_as_an_answer(tenant, agent, act):
    ticket = opened("Gold")

    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        act(ticket, agent)
    swept(DUE + SECOND)

    promise = promise_of(ticket)
    assert (promise.answered_at, promise.accepted_at, promise.breached_at) == (None, None, DUE)


def test_naive_local_times(tenant):
    """Friday 16:00 and 12 hours, over the change of the clocks, seen from another zone."""
    with timezone.override("America/New_York"):
        ticket = opened("Bronze", at="2026-03-27 16:00")

    promise = promise_of(ticket)
    assert promise.due_at.isoformat() == "2026-03-31T10:00:00+00:00"
    assert promise.due_at == berlin("2026-03-31 12:00")
    with pytest.raises(ValueError, match="has no time zone"):
        promise.hours.add(datetime(2026, 3, 27, 16), 60)  # noqa: DTZ001  (the trap itself)


def test_hourly_breach_job(tenant):
    """Beat comes every 30 seconds, and the first round after the due moment finds the breach."""
    ticket = opened("Gold")
    [every] = [
        entry["schedule"]
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if entry["task"] == "sla.sweep"
    ]

    with time_machine.travel(DUE + timedelta(seconds=every), tick=False):
        sweep()

    assert every == 30
    promise = promise_of(ticket)
    assert promise.breached_at == DUE
    assert promise.noticed_at == DUE + timedelta(seconds=30)


def test_policy_of_a_first_response_that_never_ends(tenant, agent):
    """Answered is answered: nothing runs on, and years later the sweep has nothing to look at.

    Only the customer's next message starts something again, and that ends with its answer too.
    """
    ticket = opened("Gold")

    answer(ticket, agent, f"{TUESDAY} 10:00")
    after_first = (ticket.promises.open().exists(), earliest())
    write_again(ticket, f"{TUESDAY} 11:00")
    target = promise_of(ticket)
    answer(ticket, agent, f"{TUESDAY} 12:00")

    assert after_first == (False, None)
    assert (target.kind, target.is_guaranteed) == (Promise.Kind.NEXT, False)
    assert (ticket.promises.open().exists(), earliest()) == (False, None)
    assert swept(berlin("2029-01-02 10:00")) == 0
    assert Promise.objects.kept().count() == 2
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.queue_band) == (None, None)


def test_nightly_calendar_sync_that_touches_every_ticket(tenant, agent):
    """Neither a new version nor a night writes to any ticket, and no job is needed for holidays."""
    waiting = opened("Bronze")
    answer(opened("Gold"), agent, f"{TUESDAY} 10:00")
    before = places_on_disk()

    close_wednesday(berlin(f"{TUESDAY} 12:00"))
    swept(berlin(f"{WEDNESDAY} 00:00"))
    swept(berlin(f"{WEDNESDAY} 00:30"))

    assert places_on_disk() == before
    periodic = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert [task for task in periodic if not task.endswith(".sweep")] == []
    christmas = promise_of(waiting).hours.holidays(2031)[-2:]
    assert [holiday.day for holiday in christmas] == [date(2031, 12, 25), date(2031, 12, 26)]
    assert promise_of(opened("Gold", at="2031-12-24 16:00")).due_at == berlin("2031-12-29 12:00")


@pytest.mark.parametrize("answered_at", [f"{TUESDAY} 10:00", f"{TUESDAY} 13:00"])
def test_escalation_although_answered(tenant, answered_at):
    """An answer in time ends it, on its way or arrived; the very due moment is in time."""
    ticket = opened("Gold")
    with time_machine.travel(berlin(answered_at), tick=False):
        message = writing.reply(ticket, author=AgentFactory(), text="So geht es.")

    found = swept(DUE + timedelta(hours=1))
    outcomes.mark_delivered(message, at=DUE + timedelta(hours=2))
    found += swept(DUE + timedelta(days=1))

    promise = ticket.promises.get()
    assert (found, promise.breached_at, promise.is_kept) == (0, None, True)
    ticket.refresh_from_db()
    assert ticket.queue_band is None
    assert not ticket.events.filter(what="breached").exists()


def test_escalation_although_answered_while_the_sweep_was_on_its_way(tenant, agent):
    """The sweep had read that the ticket was due; the answer came before its flag."""
    ticket = opened("Gold")
    read = list(Promise.objects.open().values_list("ticket_id", flat=True))

    answer(ticket, agent, f"{TUESDAY} 13:00")

    assert sweeping._sweep_tickets(read, DUE + SECOND) == 0
    assert ticket.promises.get().breached_at is None
