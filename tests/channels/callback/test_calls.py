import json
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django_tenants.utils import schema_context

from channels import arrivals, intake
from channels.arrivals import Arrival
from channels.callback import attempts, calls, inbound, offers
from channels.callback.attempts import Attempt
from channels.callback.calls import CallEndedError, CallRequest, SlotTakenError
from channels.callback.numbers import Number
from channels.models import CallAttempt, CallBack, CallSettings, InboundRecord
from sla import consistency
from sla.changes import assign_tier
from sla.models import Promise
from tests.channels.callback.arranging import (
    DAY,
    NUMBER,
    agreed,
    ask,
    customer_of,
    offer_for,
    slot,
)
from tests.factories import open_ticket, tier
from tests.sla.moments import berlin
from tickets import changing, merging, outcomes, writing
from tickets.models import Channel, Message, Ticket
from tickets.states import State

FRIDAY = "2026-03-13"


@pytest.fixture(autouse=True)
def _nine():
    with time_machine.travel(berlin(f"{DAY} 09:00"), tick=False):
        yield


def promise_of(ticket):
    return ticket.promises.get(answered_at=None, ended_at=None)


def mails(ticket):
    return list(ticket.messages.filter(is_automatic=True).order_by("pk"))


def capacity(number):
    CallSettings.objects.update_or_create(pk=1, defaults={"capacity": number})


def test_a_request_opens_a_ticket_with_the_call_and_one_confirmation(tenant):
    customer = customer_of()

    call = ask(customer, slot("10:00", "10:30"))

    ticket = call.ticket
    assert (ticket.channel, ticket.requester, ticket.subject) == (
        Channel.CALLBACK,
        customer,
        "Kasse druckt nicht",
    )
    assert (call.e164, call.slot, call.state) == ("+4930123456", slot("10:00", "10:30"), "agreed")
    assert promise_of(ticket).due_at == berlin(f"{DAY} 13:00")
    [mail] = mails(ticket)
    assert mail.channel == Channel.EMAIL
    assert "zwischen 10:00 und 10:30" in mail.text
    assert "+49 30 123456" in mail.text
    assert "13:00" in mail.text


def test_a_request_is_stored_raw_before_it_is_taken_in(tenant):
    ask(customer_of())

    record = InboundRecord.objects.get()
    assert (record.channel, record.status) == ("callback", "processed")


def test_the_same_form_sent_twice_is_one_call(tenant):
    customer = customer_of()

    first = ask(customer, slot("10:00", "10:30"), form_id="f")
    again = ask(customer, slot("10:00", "10:30"), form_id="f")
    moved = ask(customer, slot("11:00", "11:30"), form_id="f")

    assert first == again == moved
    assert Ticket.objects.count() == CallBack.objects.count() == 1


def test_a_request_about_a_ticket_joins_it(tenant):
    ticket = open_ticket(customer_of())

    call = ask(ticket.requester, slot("10:00", "10:30"), ticket=ticket)

    assert call.ticket == ticket
    assert [one.channel for one in ticket.messages.filter(kind="inbound")] == ["email", "callback"]
    assert promise_of(ticket).reason == "opened"


def test_a_stranger_cannot_join_another_ones_ticket_with_a_request(tenant):
    ticket = open_ticket(customer_of())

    call = ask(customer_of(name="Andere GmbH"), ticket=ticket)

    assert call.ticket != ticket


def test_slots_up_to_the_due_moment_come_first(tenant):
    ticket = open_ticket(customer_of())

    offer = offer_for(ticket, berlin(f"{DAY} 09:00"))

    assert offer.soon[0] == slot("09:30", "10:00")
    assert offer.soon[-1] == slot("12:30", "13:00")
    assert offer.later[0] == slot("13:00", "13:30")
    assert offer.later[-1].end <= berlin("2026-03-17 09:00")


def test_a_full_slot_is_not_offered_and_not_given(tenant):
    capacity(1)
    ask(customer_of(), slot("10:00", "10:30"))
    other = customer_of(name="Andere GmbH")

    with pytest.raises(SlotTakenError):
        ask(other, slot("10:00", "10:30"))

    assert not Ticket.objects.filter(requester=other).exists()
    assert InboundRecord.objects.get(status="ignored").message is None


def test_a_slot_that_is_free_again_is_given_to_the_same_form(tenant):
    capacity(1)
    first = ask(customer_of(), slot("10:00", "10:30"))
    other = customer_of(name="Andere GmbH")
    with pytest.raises(SlotTakenError):
        ask(other, slot("10:00", "10:30"), form_id="form-1")
    calls.cancel(first, by=first.ticket.requester)

    again = ask(other, slot("10:00", "10:30"), form_id="form-1")

    assert again.slot == slot("10:00", "10:30")
    assert Ticket.objects.filter(requester=other).count() == 1


def test_the_last_slot_before_the_due_moment_is_always_kept(tenant):
    capacity(1)
    last = slot("12:30", "13:00")
    ask(customer_of(), last)

    second = ask(customer_of(name="Andere GmbH"), last)

    assert second.slot == last


def test_the_kept_slot_is_kept_for_the_due_moment_alone(tenant):
    capacity(1)
    last = slot("12:30", "13:00")
    ask(customer_of(), last)

    with pytest.raises(SlotTakenError):
        ask(customer_of("Silber", name="Andere GmbH"), last)


def test_a_request_whose_sender_is_gone_is_taken_in_without_its_full_slot(tenant):
    capacity(1)
    ask(customer_of(), slot("10:00", "10:30"))
    ticket = open_ticket(customer_of(name="Andere GmbH"))
    request = CallRequest(NUMBER, "Später verarbeitet", slot("10:00", "10:30"))

    call = calls.agree(ticket, request, by=ticket.requester, must_fit=False)

    assert (call.slot, call.state) == (None, "agreed")


def test_a_slot_chosen_later_by_the_customer_becomes_the_promise(tenant):
    wished = slot("15:00", "15:30", FRIDAY)

    call = ask(customer_of(), wished, is_wish=True)

    promise = promise_of(call.ticket)
    assert (promise.reason, promise.due_at) == ("wish", wished.end)
    [old] = call.ticket.promises.filter(end_cause="replaced")
    assert (old.due_at, old.replaced_by) == (berlin(f"{DAY} 13:00"), promise)
    call.ticket.refresh_from_db()
    assert call.ticket.due_at == wished.end
    assert promise.hours.add(promise.started_at, timedelta(minutes=promise.minutes)) == wished.end
    assert list(consistency.findings(berlin(f"{DAY} 09:00"))) == []


def test_a_later_slot_that_was_not_shown_as_later_loosens_nothing(tenant):
    call = ask(customer_of(), slot("15:00", "15:30"))

    assert (promise_of(call.ticket).reason, call.slot) == ("opened", slot("15:00", "15:30"))


def test_an_agent_cannot_loosen_a_promise(tenant, agent):
    ticket = open_ticket(customer_of())

    agreed(ticket, slot("15:00", "15:30"), by=agent, is_wish=True)

    assert promise_of(ticket).due_at == berlin(f"{DAY} 13:00")


def test_a_nearer_slot_takes_an_earlier_wish_back(tenant):
    call = ask(customer_of(), slot("15:00", "15:30", FRIDAY), is_wish=True)
    customer = call.ticket.requester

    calls.move(call, CallRequest(NUMBER, call.topic, slot("14:00", "14:30")), by=customer)
    thursday = promise_of(call.ticket).due_at
    calls.move(call, CallRequest(NUMBER, call.topic, slot("10:00", "10:30")), by=customer)

    assert thursday == berlin(f"{DAY} 14:30")
    assert promise_of(call.ticket).due_at == berlin(f"{DAY} 13:00")


def test_a_wish_taken_back_after_the_first_due_moment_breaks_nothing(tenant):
    call = ask(customer_of(), slot("15:00", "15:30", FRIDAY), is_wish=True)

    with time_machine.travel(berlin("2026-03-11 10:00"), tick=False):
        calls.move(call, CallRequest(NUMBER, call.topic), by=call.ticket.requester)

        promise = promise_of(call.ticket)
        assert (promise.due_at, promise.is_broken()) == (berlin("2026-03-11 14:00"), False)


def test_a_wish_after_the_due_moment_leaves_the_breach(tenant):
    ticket = open_ticket(customer_of())

    with time_machine.travel(berlin(f"{DAY} 13:01"), tick=False):
        call = ask(ticket.requester, slot("15:00", "15:30"), ticket=ticket, is_wish=True)

        promise = promise_of(ticket)
        assert (promise.reason, promise.is_broken(), call.slot) == (
            "opened",
            True,
            slot("15:00", "15:30"),
        )


def test_a_new_number_alone_moves_no_promise(tenant, agent):
    call = ask(customer_of(), slot("15:00", "15:30", FRIDAY), is_wish=True)
    nearer = CallRequest(NUMBER, call.topic, slot("14:00", "14:30"))
    calls.move(call, nearer, by=agent)

    other = CallRequest(Number("+4930999999"), call.topic, slot("14:00", "14:30"))
    calls.move(call, other, by=call.ticket.requester)

    assert promise_of(call.ticket).due_at == berlin(f"{FRIDAY} 15:30")


def test_an_agent_who_corrects_the_number_leaves_the_wish(tenant, agent):
    call = ask(customer_of(), slot("15:00", "15:30", FRIDAY), is_wish=True)

    calls.move(call, CallRequest(Number("+4930999999"), call.topic, call.slot), by=agent)

    call.refresh_from_db()
    assert (call.is_wish, call.number) == (True, Number("+4930999999"))


def test_a_wish_counts_from_when_it_was_sent_however_late_it_is_taken_in(tenant):
    customer = customer_of()
    form = {
        "user": customer.pk,
        "ticket": None,
        "topic": "Kasse druckt nicht",
        "text": "Bitte anrufen.",
        "e164": "+4930123456",
        "extension": "",
        "slot": [one.isoformat() for one in (berlin(f"{FRIDAY} 15:00"), berlin(f"{FRIDAY} 15:30"))],
        "is_wish": True,
        "form_id": "f",
    }
    raw = json.dumps(form).encode()
    record = arrivals.accept_for_now(Arrival("callback", raw, berlin(f"{DAY} 09:00")))

    with time_machine.travel(berlin(f"{DAY} 14:00"), tick=False):
        intake.process(record)

        promise = promise_of(Ticket.objects.get())
        assert (promise.reason, promise.is_broken()) == ("wish", False)
        assert list(consistency.findings(berlin(f"{DAY} 14:00"))) == []


def test_a_request_taken_in_later_never_waits_for_a_slot_that_is_full(tenant):
    capacity(1)
    ask(customer_of(), slot("10:00", "10:30"))
    customer = customer_of(name="Andere GmbH")
    form = inbound.CallForm(
        customer, CallRequest(NUMBER, "Später", slot("10:00", "10:30")), "Bitte anrufen.", "f"
    )
    written = json.dumps(inbound._written(form)).encode()
    record = arrivals.accept_for_now(Arrival("callback", written, berlin(f"{DAY} 09:00")))

    intake.process(record, is_due=False)

    call = CallBack.objects.get(ticket__requester=customer)
    assert (call.slot, InboundRecord.objects.get(pk=record).status) == (None, "processed")


def test_an_upgrade_pulls_a_wished_moment_nearer_again(tenant):
    customer = customer_of("Silber")
    call = ask(customer, slot("15:00", "15:30", FRIDAY), is_wish=True)

    assign_tier(customer.organisation, tier("Gold"))

    promise = promise_of(call.ticket)
    assert (promise.reason, promise.due_at) == ("upgraded", berlin(f"{DAY} 13:00"))


def test_a_wish_is_not_undone_by_what_was_booked_before_it(tenant):
    call = ask(customer_of(), slot("15:00", "15:30", FRIDAY), is_wish=True)
    ticket, boss = call.ticket, call.ticket.requester

    changing.change_state(ticket, State.SPAM, by=_agent())
    changing.change_state(ticket, State.OPEN, by=_agent())

    promise = promise_of(ticket)
    assert (promise.reason, promise.due_at) == ("wish", berlin(f"{FRIDAY} 15:30"))
    assert boss == ticket.requester


def _agent():
    from tests.factories import AgentFactory

    return AgentFactory()


def test_a_call_logged_as_reached_keeps_the_promise(tenant, agent):
    call = ask(customer_of(), slot("10:00", "10:30"))

    with time_machine.travel(berlin(f"{DAY} 10:10"), tick=False):
        attempts.log(call, Attempt("reached", 240, "Treiber getauscht."), by=agent)

    promise = call.ticket.promises.get(reason="opened")
    call.refresh_from_db()
    assert (promise.is_kept, promise.answered_at) == (True, berlin(f"{DAY} 10:10"))
    assert (call.state, call.ended_at) == ("done", berlin(f"{DAY} 10:10"))
    answer = call.ticket.messages.get(kind="outbound", is_automatic=False)
    assert (answer.channel, answer.status, answer.text) == (
        "callback",
        "sent",
        "Wir haben miteinander telefoniert, 4 Minuten lang.",
    )
    assert call.ticket.messages.get(kind="note").text == "Treiber getauscht."
    call.ticket.refresh_from_db()
    assert (call.ticket.state, call.ticket.due_at) == ("waiting", None)


def test_a_call_after_the_due_moment_answers_late(tenant, agent):
    call = ask(customer_of(), slot("10:00", "10:30"))

    with time_machine.travel(berlin(f"{DAY} 13:10"), tick=False):
        attempts.log(call, Attempt("reached"), by=agent)

    promise = call.ticket.promises.get(reason="opened")
    assert (promise.is_kept, promise.breached_at) == (False, berlin(f"{DAY} 13:00"))


@pytest.mark.parametrize("outcome", ["not_reached", "voicemail", "wrong_number"])
def test_a_failed_attempt_answers_nothing(tenant, agent, outcome):
    call = ask(customer_of(), slot("10:00", "10:30"))
    again = berlin(f"{DAY} 11:00")

    attempts.log(call, Attempt(outcome, next_attempt_at=again), by=agent)

    call.refresh_from_db()
    assert (call.state, call.next_attempt_at) == ("agreed", again)
    assert promise_of(call.ticket).is_open


def test_writing_after_a_failed_attempt_is_an_answer_and_ends_the_call(tenant, agent):
    call = ask(customer_of())
    attempts.log(call, Attempt("not_reached"), by=agent)

    message = writing.reply(call.ticket, author=agent, text="Leider nicht erreicht.")
    outcomes.mark_delivered(message)

    call.refresh_from_db()
    assert (message.channel, call.state) == ("email", "done")
    assert call.ticket.promises.get(reason="opened").is_kept


def test_writing_leaves_a_call_that_is_still_to_be_made(tenant, agent):
    call = ask(customer_of(), slot("10:00", "10:30"))

    writing.reply(call.ticket, author=agent, text="Bis gleich.")

    call.refresh_from_db()
    assert call.is_open


def test_a_second_click_logs_nothing_twice(tenant, agent):
    call = ask(customer_of())
    attempts.log(call, Attempt("not_reached"), by=agent, seen=0)

    with pytest.raises(attempts.LoggedMeanwhileError):
        attempts.log(call, Attempt("not_reached"), by=agent, seen=0)
    attempts.log(call, Attempt("reached"), by=agent, seen=1)
    with pytest.raises(CallEndedError):
        attempts.log(call, Attempt("reached"), by=agent, seen=1)

    assert CallAttempt.objects.count() == 2


def test_cancelling_leaves_the_promise_and_tells_the_customer(tenant):
    call = ask(customer_of(), slot("10:00", "10:30"))

    calls.cancel(call, by=call.ticket.requester)

    call.refresh_from_db()
    assert call.state == "cancelled"
    assert promise_of(call.ticket).due_at == berlin(f"{DAY} 13:00")
    assert "abgesagt" in mails(call.ticket)[-1].text
    with pytest.raises(CallEndedError):
        calls.cancel(call, by=call.ticket.requester)


def test_moving_a_call_to_what_it_is_writes_no_mail(tenant):
    call = ask(customer_of(), slot("10:00", "10:30"))

    calls.move(call, CallRequest(NUMBER, call.topic, call.slot), by=call.ticket.requester)

    assert len(mails(call.ticket)) == 1


def test_who_keeps_their_slot_changes_the_number_however_near_it_is(tenant):
    call = ask(customer_of(), slot("10:00", "10:30"))
    other = Number("+4930999999")

    with time_machine.travel(berlin(f"{DAY} 09:59"), tick=False):
        calls.move(call, CallRequest(other, call.topic, call.slot), by=call.ticket.requester)

    call.refresh_from_db()
    assert (call.number, call.slot) == (other, slot("10:00", "10:30"))


def test_moving_frees_the_place(tenant):
    capacity(1)
    call = ask(customer_of(), slot("10:00", "10:30"))

    calls.move(
        call, CallRequest(NUMBER, call.topic, slot("11:00", "11:30")), by=call.ticket.requester
    )

    assert ask(customer_of(name="Andere GmbH"), slot("10:00", "10:30")).is_open


@pytest.mark.parametrize(("state", "told"), [(State.CLOSED, 2), (State.SPAM, 1)])
def test_a_ticket_that_ends_takes_its_call_along(tenant, agent, state, told):
    call = ask(customer_of(), slot("10:00", "10:30"))

    changing.change_state(call.ticket, state, by=agent)

    call.refresh_from_db()
    assert (call.state, len(mails(call.ticket))) == ("cancelled", told)


def test_solving_with_an_answer_ends_the_call(tenant, agent):
    call = ask(customer_of(), slot("10:00", "10:30"))

    writing.reply(call.ticket, author=agent, text="Gelöst.", state=State.SOLVED)

    call.refresh_from_db()
    assert call.state == "cancelled"


def test_losing_the_tier_keeps_what_is_agreed(tenant):
    call = ask(customer_of(), slot("10:00", "10:30"))

    assign_tier(call.ticket.organisation, tier("Basis"))

    call.refresh_from_db()
    assert call.is_open
    assert not offers.is_open_to(tier("Basis"))


def test_a_call_follows_its_ticket_into_another_one_and_back(tenant, agent):
    call = ask(customer_of(), slot("10:00", "10:30"))
    into = open_ticket(call.ticket.requester)

    merging.merge(call.ticket, into=into, by=agent)
    call = CallBack.objects.get(pk=call.pk)
    assert call.is_open
    assert (call.here, list(CallBack.objects.all().of(into))) == (into, [call])
    merging.undo_merge(call.ticket, by=agent)

    assert not CallBack.objects.all().of(into).exists()


def test_a_reached_call_of_a_merged_ticket_answers_where_it_goes_on(tenant, agent):
    call = ask(customer_of(), slot("10:00", "10:30"))
    into = open_ticket(call.ticket.requester)
    merging.merge(call.ticket, into=into, by=agent)

    attempts.log(CallBack.objects.get(pk=call.pk), Attempt("reached"), by=agent)

    assert into.messages.filter(channel="callback", kind="outbound", author=agent).exists()
    assert not into.promises.filter(answered_at=None, ended_at=None).exists()


def test_the_database_refuses_a_second_open_call_of_a_ticket(tenant):
    call = agreed()

    with pytest.raises(IntegrityError), transaction.atomic():
        CallBack.objects.create(ticket=call.ticket, e164="+4930123456", topic="Noch einer")


def test_a_call_noted_by_an_agent_is_the_customers_request(tenant, agent):
    customer = customer_of()

    call = ask(customer, slot("10:00", "10:30"), noted_by=agent)

    assert call.ticket.requester == customer
    assert promise_of(call.ticket).due_at == berlin(f"{DAY} 13:00")
    assert call.ticket.hint == f"Telefonisch aufgenommen von {agent.name}."
    assert call.by == agent


def test_another_tenants_calls_take_no_places_and_are_not_seen(tenant, other_tenant):
    capacity(1)
    ask(customer_of(), slot("10:00", "10:30"))

    with schema_context(other_tenant.schema_name):
        assert not CallBack.objects.exists()
        assert slot("10:00", "10:30") in offer_for(
            open_ticket(customer_of()), berlin(f"{DAY} 09:00")
        )


def test_the_order_is_that_of_the_moments_by_which_to_call(tenant):
    late = agreed(wanted=slot("11:00", "11:30"))
    soon = agreed(open_ticket(customer_of(name="B")), slot("10:00", "10:30"))
    asap = agreed(open_ticket(customer_of(name="C")))
    tomorrow = agreed(open_ticket(customer_of("Silber", name="D")), slot("14:00", "14:30"))

    assert list(CallBack.objects.all().open().in_order()) == [soon, late, asap, tomorrow]


def test_a_written_answer_to_who_asked_for_a_call_goes_by_mail(tenant, agent):
    call = ask(customer_of())

    message = writing.reply(call.ticket, author=agent, text="Hier steht es.")

    assert (message.channel, message.kind) == (Channel.EMAIL, Message.Kind.OUTBOUND)
    assert Promise.objects.get(answer=message).answered_at == message.sent_at
