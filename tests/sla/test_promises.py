"""What is promised at intake, and what makes it better; nothing ever makes it worse (law 2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction

from sla.changes import assign_tier
from sla.models import CalendarVersion, Priority, Promise
from sla.queue import Band
from sla.tiers import default_calendar, tier_of
from tests.factories import CustomerFactory, open_ticket, tier
from tests.sla.arranging import answer, customer_of, opened, promise_of, write_again
from tests.sla.moments import MONDAY, TUESDAY, WEDNESDAY, berlin
from tickets import changing, opening, outcomes, senders, writing
from tickets.models import Channel, Ticket
from tickets.opening import NewTicket
from tickets.states import State

TERMS = [
    "ticket_id",
    "kind",
    "reason",
    "tier_id",
    "minutes",
    "calendar_version_id",
    "started_at",
    "due_at",
    "is_guaranteed",
    "priority",
    "made_at",
]


def terms(promise: Promise) -> tuple[object, ...]:
    return tuple(getattr(promise, name) for name in TERMS)


@pytest.mark.parametrize(
    ("booked", "channel", "minutes", "due", "is_guaranteed", "priority"),
    [
        ("Basis", Channel.EMAIL, 960, f"{WEDNESDAY} 17:00", False, Priority.NORMAL),
        ("Bronze", Channel.EMAIL, 720, f"{WEDNESDAY} 13:00", True, Priority.MIDDLE),
        ("Silber", Channel.EMAIL, 480, f"{TUESDAY} 17:00", True, Priority.HIGH),
        ("Gold", Channel.EMAIL, 240, f"{TUESDAY} 13:00", True, Priority.HIGHEST),
        ("Gold", Channel.PORTAL, 240, f"{TUESDAY} 13:00", True, Priority.HIGHEST),
        ("Gold", Channel.CONTACT_FORM, 240, f"{TUESDAY} 13:00", True, Priority.HIGHEST),
        ("Bronze", Channel.PORTAL, 720, f"{WEDNESDAY} 13:00", True, Priority.MIDDLE),
        ("Gold", Channel.FACEBOOK, 240, f"{TUESDAY} 13:00", False, Priority.HIGHEST),
        ("Bronze", Channel.FACEBOOK, 720, f"{WEDNESDAY} 13:00", False, Priority.MIDDLE),
        ("Basis", Channel.FACEBOOK, 960, f"{WEDNESDAY} 17:00", False, Priority.NORMAL),
    ],
)
def test_intake_promises_what_the_tier_says_for_the_channel(
    tenant, booked, channel, minutes, due, is_guaranteed, priority
):
    ticket = opened(booked, channel=channel)

    promise = promise_of(ticket)
    assert (promise.kind, promise.reason) == ("first", "opened")
    assert (promise.tier.name, promise.minutes) == (booked, minutes)
    assert (promise.started_at, promise.due_at) == (berlin(f"{TUESDAY} 09:00"), berlin(due))
    assert (promise.is_guaranteed, promise.priority) == (is_guaranteed, priority)
    assert (ticket.due_at, ticket.priority) == (promise.due_at, priority)
    assert (ticket.queue_band, ticket.queue_rank) == (Band.REGULAR, -priority)


def test_facebook_is_guaranteed_once_the_tenants_admin_says_so(tenant):
    gold = tier("Gold")
    gold.guaranteed_channels = [*gold.guaranteed_channels, Channel.FACEBOOK]
    gold.allowed_channels = [*gold.allowed_channels, Channel.FACEBOOK]
    gold.save()

    assert promise_of(opened("Gold", channel=Channel.FACEBOOK)).is_guaranteed
    assert not promise_of(opened("Silber", channel=Channel.FACEBOOK)).is_guaranteed


@pytest.mark.parametrize(
    ("allowed", "covered", "is_guaranteed"),
    [
        ([Channel.EMAIL, Channel.PORTAL], [Channel.EMAIL], True),
        ([Channel.PORTAL], [Channel.EMAIL, Channel.PORTAL], False),
        ([Channel.EMAIL], [Channel.PORTAL], False),
        ([], [Channel.EMAIL], False),
    ],
)
def test_mail_by_a_tier_that_may_not_write_any_is_a_ticket_with_a_target(
    tenant, allowed, covered, is_guaranteed
):
    gold = tier("Gold")
    gold.allowed_channels, gold.guaranteed_channels = allowed, covered
    gold.save()

    promise = promise_of(opened("Gold", channel=Channel.EMAIL))

    assert (promise.tier.name, promise.minutes) == ("Gold", 240)
    assert (promise.is_guaranteed, promise.due_at) == (is_guaranteed, berlin(f"{TUESDAY} 13:00"))


def test_sender_nobody_has_confirmed_gets_the_default_tier(tenant):
    promise = promise_of(opened("Gold", is_verified=False))

    assert (promise.tier.name, promise.is_guaranteed) == ("Basis", False)
    assert promise.due_at == berlin(f"{WEDNESDAY} 17:00")


def test_confirmed_sender_gets_their_organisations_promise_from_the_arrival(tenant):
    customer = customer_of("Gold")
    ticket = opened(requester=customer, is_verified=False)

    with time_machine.travel(berlin(f"{TUESDAY} 10:30"), tick=False):
        senders.confirm_sender(customer)

    old, new = ticket.promises.order_by("pk")
    assert (old.end_cause, old.ended_at) == ("replaced", berlin(f"{TUESDAY} 10:30"))
    assert (new.reason, new.tier.name, new.is_guaranteed) == ("confirmed", "Gold", True)
    assert (new.started_at, new.due_at) == (
        berlin(f"{TUESDAY} 09:00"),
        berlin(f"{TUESDAY} 13:00"),
    )
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.priority) == (new.due_at, Priority.HIGHEST)


def test_confirming_somebody_of_the_default_tier_changes_no_promise(tenant):
    customer = customer_of("Basis")
    ticket = opened(requester=customer, is_verified=False)

    senders.confirm_sender(customer)

    assert ticket.promises.get().reason == "opened"


def test_late_processing_moves_no_start(tenant):
    customer = customer_of("Silber")
    arrived = berlin(f"{TUESDAY} 09:00")

    with time_machine.travel(berlin(f"{TUESDAY} 14:00"), tick=False):
        ticket = open_ticket(customer, received_at=arrived)

    promise = promise_of(ticket)
    assert (promise.started_at, promise.due_at) == (arrived, berlin(f"{TUESDAY} 17:00"))
    assert promise.made_at == berlin(f"{TUESDAY} 14:00")


def test_ticket_taken_in_after_its_due_moment_is_broken_at_once(tenant):
    with time_machine.travel(berlin(f"{WEDNESDAY} 09:00"), tick=False):
        ticket = open_ticket(customer_of("Gold"), received_at=berlin(f"{TUESDAY} 09:00"))

        assert promise_of(ticket).is_broken()
        assert ticket.queue_band == Band.ESCALATED
        assert list(Promise.objects.broken()) == [promise_of(ticket)]


def test_agent_who_opens_a_ticket_has_given_the_first_response(tenant, agent):
    new = NewTicket(customer_of("Gold"), "Ihr Anruf", Channel.CALLBACK, berlin(f"{TUESDAY} 09:00"))

    ticket, message = opening.open_for_customer(new, author=agent, text="Wie besprochen …")
    outcomes.mark_delivered(message)

    ticket.refresh_from_db()
    assert not ticket.promises.exists()
    assert (ticket.due_at, ticket.queue_band) == (None, None)


def test_customers_message_on_a_ticket_that_an_agent_opened_starts_a_target(tenant, agent):
    new = NewTicket(customer_of("Gold"), "Ihr Anruf", Channel.EMAIL, berlin(f"{TUESDAY} 09:00"))
    ticket, _message = opening.open_for_customer(new, author=agent, text="Wie besprochen …")

    write_again(ticket, f"{TUESDAY} 10:00")

    promise = promise_of(ticket)
    assert (promise.kind, promise.is_guaranteed) == ("next", False)


def test_next_message_after_the_answer_starts_a_target_of_the_tiers_hours(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00")

    write_again(ticket, f"{TUESDAY} 15:00")

    promise = promise_of(ticket)
    assert (promise.kind, promise.reason, promise.is_guaranteed) == ("next", "follow_up", False)
    assert (promise.started_at, promise.due_at) == (
        berlin(f"{TUESDAY} 15:00"),
        berlin(f"{WEDNESDAY} 11:00"),
    )
    ticket.refresh_from_db()
    assert (ticket.queue_band, ticket.queue_rank) == (Band.REGULAR, -Priority.HIGHEST)


def test_tenant_may_set_other_hours_for_the_next_response(tenant, agent):
    gold = tier("Gold")
    gold.next_response_minutes = 120
    gold.save()
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00")

    write_again(ticket, f"{TUESDAY} 12:00")

    assert promise_of(ticket).due_at == berlin(f"{TUESDAY} 14:00")


def test_more_messages_before_the_answer_change_no_promise(tenant):
    ticket = opened("Gold")
    before = terms(promise_of(ticket))

    write_again(ticket, f"{TUESDAY} 12:00")
    write_again(ticket, f"{TUESDAY} 12:30")

    assert terms(ticket.promises.get()) == before


def test_ticket_left_open_by_its_answer_stays_in_the_queue_with_a_target(tenant, agent):
    ticket = opened("Silber")

    answer(ticket, agent, f"{TUESDAY} 10:00", state=State.OPEN)

    first, follow = ticket.promises.order_by("pk")
    assert first.is_kept
    assert (follow.kind, follow.reason, follow.is_guaranteed) == ("next", "kept_open", False)
    assert follow.started_at == berlin(f"{TUESDAY} 10:00")
    assert list(Ticket.objects.queued()) == [ticket]


def test_ticket_an_agent_opens_again_gets_a_target(tenant, agent):
    ticket = opened("Silber")
    answer(ticket, agent, f"{TUESDAY} 10:00", state=State.CLOSED)

    with time_machine.travel(berlin(f"{TUESDAY} 11:00"), tick=False):
        changing.change_state(ticket, State.OPEN, by=agent)

    promise = promise_of(ticket)
    assert (promise.kind, promise.reason) == ("next", "reopened")
    assert promise.due_at == berlin(f"{WEDNESDAY} 11:00")


def test_waiting_for_the_customer_hides_no_unanswered_ticket(tenant, agent):
    ticket = opened("Gold")

    changing.change_state(ticket, State.WAITING, by=agent)

    assert list(Ticket.objects.queued()) == [ticket]
    assert promise_of(ticket).due_at == berlin(f"{TUESDAY} 13:00")


# Law 2


@pytest.mark.parametrize(
    ("booked", "then", "upgraded_at", "due", "started"),
    [
        # The new hours are earlier.
        ("Basis", "Gold", f"{TUESDAY} 10:00", f"{TUESDAY} 14:00", f"{TUESDAY} 10:00"),
        ("Bronze", "Silber", f"{TUESDAY} 10:00", f"{WEDNESDAY} 10:00", f"{TUESDAY} 10:00"),
        # The old due moment is earlier.
        ("Silber", "Gold", f"{TUESDAY} 16:00", f"{TUESDAY} 17:00", f"{TUESDAY} 09:00"),
        ("Basis", "Bronze", f"{WEDNESDAY} 15:00", f"{WEDNESDAY} 17:00", f"{TUESDAY} 09:00"),
        # Both are the same: nothing but the rank changes.
        ("Silber", "Gold", f"{TUESDAY} 13:00", f"{TUESDAY} 17:00", f"{TUESDAY} 09:00"),
    ],
)
def test_upgrade_gives_the_earlier_of_both_moments(tenant, booked, then, upgraded_at, due, started):
    ticket = opened(booked)
    old = promise_of(ticket)

    with time_machine.travel(berlin(upgraded_at), tick=False):
        assign_tier(ticket.organisation, tier(then))

    old, new = ticket.promises.order_by("pk")
    assert (old.end_cause, old.ended_at) == ("replaced", berlin(upgraded_at))
    assert (new.reason, new.tier.name) == ("upgraded", then)
    assert (new.due_at, new.started_at) == (berlin(due), berlin(started))
    assert new.is_guaranteed
    assert new.priority == tier(then).priority
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.priority) == (new.due_at, new.priority)
    assert sum(step.seconds for step in new.explanation()) == new.minutes * 60


def test_upgrade_counts_for_a_follow_up_too_and_stays_a_target(tenant, agent):
    ticket = opened("Basis")
    answer(ticket, agent, f"{TUESDAY} 10:00")
    write_again(ticket, f"{TUESDAY} 11:00")

    with time_machine.travel(berlin(f"{TUESDAY} 12:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))

    promise = promise_of(ticket)
    assert (promise.kind, promise.is_guaranteed) == ("next", False)
    assert (promise.due_at, promise.priority) == (berlin(f"{TUESDAY} 16:00"), Priority.HIGHEST)


def test_upgrade_makes_no_guarantee_of_a_target_that_is_past_already(tenant):
    ticket = opened("Basis", at=f"{MONDAY} 09:00")

    with time_machine.travel(berlin(f"{WEDNESDAY} 10:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))

        promise = promise_of(ticket)
        assert (promise.due_at, promise.is_guaranteed) == (berlin(f"{TUESDAY} 17:00"), False)
        ticket.refresh_from_db()
        assert (ticket.queue_band, ticket.queue_rank) == (Band.REGULAR, -Priority.HIGHEST)


def test_upgrade_leaves_answered_tickets_and_strangers_alone(tenant, agent):
    answered = opened("Basis")
    organisation = answered.organisation
    answer(answered, agent, f"{TUESDAY} 10:00")
    claimed = opened(requester=answered.requester, is_verified=False)
    elsewhere = opened("Basis")

    with time_machine.travel(berlin(f"{TUESDAY} 12:00"), tick=False):
        assign_tier(organisation, tier("Gold"))

    for ticket in (answered, claimed, elsewhere):
        assert ticket.promises.get().tier.name == "Basis"


@pytest.mark.parametrize("meanwhile", ["answered", "spam"])
def test_upgrade_counts_for_a_ticket_that_turns_out_unanswered(tenant, agent, meanwhile):
    """The answer was on its way when Gold was booked, and bounced; or it was no spam after all."""
    ticket = opened("Basis")
    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        if meanwhile == "spam":
            changing.change_state(ticket, State.SPAM, by=agent)
        else:
            message = writing.reply(ticket, author=agent, text="So geht es.")
    with time_machine.travel(berlin(f"{TUESDAY} 11:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))

    with time_machine.travel(berlin(f"{TUESDAY} 12:00"), tick=False):
        if meanwhile == "spam":
            changing.change_state(ticket, State.OPEN, by=agent)
        else:
            outcomes.mark_failed(message, cause="550 unbekannt")

    old, new = ticket.promises.order_by("pk")
    assert (old.tier.name, old.end_cause) == ("Basis", Promise.End.REPLACED)
    assert (new.tier.name, new.is_guaranteed, new.reason) == ("Gold", True, "upgraded")
    assert (new.due_at, promise_of(ticket)) == (berlin(f"{TUESDAY} 15:00"), new)
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.priority) == (new.due_at, Priority.HIGHEST)


def test_upgrade_of_a_broken_guarantee_keeps_it_broken_and_counts_it_once(tenant):
    ticket = opened("Bronze", at=f"{MONDAY} 09:00")
    promise = promise_of(ticket)
    Promise.objects.filter(pk=promise.pk).update(
        breached_at=promise.due_at, noticed_at=promise.due_at
    )

    with time_machine.travel(berlin(f"{WEDNESDAY} 10:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))

        assert list(Promise.objects.broken()) == [promise_of(ticket)]
    new = promise_of(ticket)
    assert (new.breached_at, new.is_guaranteed) == (promise.due_at, True)
    ticket.refresh_from_db()
    assert (ticket.queue_band, ticket.queue_rank) == (Band.ESCALATED, -Priority.HIGHEST)


def test_downgrade_counts_for_what_arrives_from_then_on(tenant):
    ticket = opened("Gold")
    before = terms(promise_of(ticket))

    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        assign_tier(ticket.organisation, tier("Basis"))

    assert terms(ticket.promises.get()) == before
    later = opened(requester=ticket.requester, at=f"{TUESDAY} 11:00")
    assert promise_of(later).tier.name == "Basis"


def test_downgrade_whose_hours_would_end_earlier_changes_nothing_either(tenant):
    """An admin may have made the lower tier faster than a promise of the higher one."""
    ticket = opened("Gold", at=f"{TUESDAY} 16:00")
    silber = tier("Silber")
    silber.first_response_minutes = 30
    silber.save()

    with time_machine.travel(berlin(f"{TUESDAY} 16:10"), tick=False):
        assign_tier(ticket.organisation, silber)

    assert ticket.promises.get().tier.name == "Gold"


def test_edit_of_a_tier_or_of_the_calendar_leaves_made_promises_alone(tenant):
    ticket = opened("Gold")
    before = terms(promise_of(ticket))
    gold = tier("Gold")
    gold.first_response_minutes, gold.is_guaranteed, gold.priority = 2400, False, 1
    gold.save()
    old = default_calendar().current()
    closed = {TUESDAY: {"name": "Betriebsausflug", "intervals": []}}
    CalendarVersion.objects.create(
        calendar=old.calendar, number=2, spec={**old.spec, "days": closed}
    )

    write_again(ticket, f"{TUESDAY} 12:00")
    ticket.refresh_from_db()

    assert terms(ticket.promises.get()) == before
    assert ticket.due_at == berlin(f"{TUESDAY} 13:00")
    assert sum(step.seconds for step in promise_of(ticket).explanation()) == 240 * 60


def test_new_calendar_version_counts_for_new_promises_once_it_is_in_force(tenant):
    old = default_calendar().current()
    CalendarVersion.objects.create(
        calendar=old.calendar,
        number=2,
        valid_from=berlin(f"{WEDNESDAY} 00:00"),
        spec={**old.spec, "weekly": {str(day): [["08:00", "20:00"]] for day in range(5)}},
    )
    CalendarVersion.objects.filter(pk=old.pk).update(valid_from=berlin(f"{MONDAY} 00:00"))

    before = promise_of(opened("Gold", at=f"{TUESDAY} 16:00"))
    after = promise_of(opened("Gold", at=f"{WEDNESDAY} 16:00"))

    assert (before.calendar_version.number, after.calendar_version.number) == (1, 2)
    assert before.due_at == berlin(f"{WEDNESDAY} 12:00")
    assert after.due_at == berlin(f"{WEDNESDAY} 20:00")


def test_tier_may_have_a_calendar_of_its_own(tenant):
    calendar = type(default_calendar()).objects.create(name="Rund um die Uhr")
    always = {
        "zone": "Europe/Berlin",
        "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)},
    }
    CalendarVersion.objects.create(calendar=calendar, number=1, spec=always)
    gold = tier("Gold")
    gold.calendar = calendar
    gold.save()

    assert promise_of(opened("Gold", at="2026-03-14 22:00")).due_at == berlin("2026-03-15 02:00")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due_at", berlin(f"{WEDNESDAY} 09:00")),
        ("started_at", berlin(f"{WEDNESDAY} 09:00")),
        ("made_at", berlin(f"{WEDNESDAY} 09:00")),
        ("minutes", 1),
        ("is_guaranteed", False),
        ("priority", 1),
        ("kind", "next"),
        ("reason", "merged"),
        ("ticket_id", None),
        ("tier_id", None),
        ("calendar_version_id", None),
    ],
)
def test_database_refuses_to_change_what_was_promised(tenant, field, value):
    promise = promise_of(opened("Gold"))
    other = promise_of(opened("Silber"))
    if value is None:
        other_version = CalendarVersion.objects.create(
            calendar=default_calendar(), number=2, spec=promise.calendar_version.spec
        )
        new_ticket = opened("Basis")
        new_ticket.promises.update(ended_at=berlin(f"{TUESDAY} 10:00"))
        value = {
            "ticket_id": new_ticket.pk,
            "tier_id": other.tier_id,
            "calendar_version_id": other_version.pk,
        }[field]

    with pytest.raises(IntegrityError, match="are final"), transaction.atomic():
        Promise.objects.filter(pk=promise.pk).update(**{field: value})


def test_breach_can_be_dated_to_nothing_but_the_due_moment(tenant):
    promise = promise_of(opened("Gold"))

    with pytest.raises(IntegrityError, match="promise_breached_when_due"), transaction.atomic():
        Promise.objects.filter(pk=promise.pk).update(
            breached_at=promise.due_at + timedelta(seconds=1)
        )


def test_ticket_has_one_open_promise_at_most(tenant):
    promise = promise_of(opened("Gold"))
    promise.pk = None

    with pytest.raises(IntegrityError, match="promise_one_open"), transaction.atomic():
        promise.save(force_insert=True)


@pytest.mark.parametrize("minutes", [{"first_response_minutes": 0}, {"next_response_minutes": 0}])
def test_tier_without_minutes_cannot_be_stored(tenant, minutes):
    with pytest.raises(DatabaseError, match="tier_has_minutes"), transaction.atomic():
        type(tier("Gold")).objects.filter(name="Gold").update(**minutes)


def test_every_organisation_has_a_tier_from_its_first_moment(tenant):
    customer = CustomerFactory()

    assert tier_of(customer.organisation).name == "Basis"
    assert customer.organisation.tier_assignments.count() == 1


def test_history_says_what_was_promised_and_why_it_changed(tenant):
    ticket = opened("Basis")

    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))

    lines = [
        (event.what, event.before, event.after, event.at)
        for event in ticket.events.filter(kind="promise").order_by("pk")
    ]
    assert lines == [
        ("made", "first", "2026-03-11T16:00:00+00:00", berlin(f"{TUESDAY} 09:00")),
        ("replaced", "first", "", berlin(f"{TUESDAY} 10:00")),
        ("made", "first", "2026-03-10T13:00:00+00:00", berlin(f"{TUESDAY} 10:00")),
    ]


def test_upgrade_of_many_tickets_takes_a_fixed_number_of_statements(
    tenant, django_assert_max_num_queries
):
    customer = customer_of("Basis")
    tickets = [opened(requester=customer) for _ in range(30)]

    with (
        time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False),
        django_assert_max_num_queries(22),
    ):
        assign_tier(customer.organisation, tier("Gold"))

    assert {promise_of(ticket).due_at for ticket in tickets} == {berlin(f"{TUESDAY} 14:00")}
