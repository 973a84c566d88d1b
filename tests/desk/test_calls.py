import uuid

import pytest
import time_machine
from django.urls import reverse
from django_tenants.utils import schema_context

from channels.models import CallAttempt, CallBack, CallSettings
from tests.channels.callback.arranging import DAY, agreed, ask, customer_of, slot
from tests.factories import open_ticket
from tests.sla.moments import berlin
from tickets import merging
from tickets.models import Ticket

LIST = "/desk/rueckrufe/"
NEW = "/desk/rueckrufe/neu/"
SETTINGS = "/desk/einstellungen/rueckruf/"


@pytest.fixture(autouse=True)
def _nine():
    with time_machine.travel(berlin(f"{DAY} 09:00"), tick=False):
        yield


@pytest.fixture
def call(tenant):
    return ask(customer_of(), slot("10:00", "10:30"))


def of(call, name="call"):
    return reverse(f"desk:{name}", args=[call.pk])


def outcome(value, **values):
    return {"outcome": value, "minutes": "", "note": "", "next_attempt_at": "", **values}


def promise_of(ticket):
    return ticket.promises.get(answered_at=None, ended_at=None)


def test_todays_calls_stand_in_order_with_what_is_overdue_first(desk):
    later = agreed(open_ticket(customer_of(name="A")), slot("09:00", "09:30", "2026-03-11"))
    noon = agreed(open_ticket(customer_of(name="B")), slot("12:00", "12:30"))
    missed = agreed(open_ticket(customer_of(name="C")), slot("09:30", "10:00"))

    with time_machine.travel(berlin(f"{DAY} 10:01"), tick=False):
        shown = desk.get(LIST).context

    assert [(row.call, row.is_overdue) for row in shown["today"]] == [(missed, True), (noon, False)]
    assert [row.call for row in shown["later"]] == [later]


def test_the_number_can_be_clicked(desk, call):
    assert 'href="tel:+4930123456"' in desk.get(LIST).content.decode()
    assert 'href="tel:+4930123456"' in desk.get(of(call)).content.decode()


def test_an_open_page_gets_the_list_alone(desk, call):
    part = desk.get(LIST, headers={"HX-Request": "true"}).content.decode()

    assert part.lstrip().startswith('<section id="calls"')


def test_the_sidebar_counts_todays_calls(desk, call):
    agreed(open_ticket(customer_of(name="A")), slot("09:00", "09:30", "2026-03-11"))

    assert desk.get("/desk/").context["nav"]["calls"] == 1


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_runs_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    for number in range(count):
        agreed(open_ticket(customer_of(name=f"Kunde {number}")))
    desk.get(LIST)

    with django_assert_num_queries(8):
        desk.get(LIST)


def test_reached_answers_the_ticket(desk, agent, call):
    desk.post(of(call, "call_attempt"), outcome("reached", minutes="5", note="Läuft wieder."))

    call.refresh_from_db()
    promise = call.ticket.promises.get()
    assert (call.state, promise.is_kept, promise.answer.author) == ("done", True, agent)
    assert call.attempts.get().seconds == 300


def test_reached_can_solve_the_ticket(desk, call):
    desk.post(of(call, "call_attempt"), outcome("reached", state="solved"))

    call.ticket.refresh_from_db()
    assert call.ticket.state == "solved"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("not_reached", "leider ohne Erfolg"),
        ("voicemail", "auf die Mailbox gesprochen"),
        ("wrong_number", "scheint eine falsche Nummer zu sein. Unter welcher Nummer"),
    ],
)
def test_a_failed_attempt_offers_a_message_that_is_an_answer(desk, call, result, said):
    page = desk.post(of(call, "call_attempt"), outcome(result), follow=True)

    prepared = page.context["reply_form"]
    assert said in prepared["text"].value()
    assert promise_of(call.ticket).is_open
    sent = {
        "text": prepared["text"].value(),
        "state": "waiting",
        "last_message": prepared["last_message"].value(),
    }
    desk.post(reverse("desk:reply", args=[call.ticket.number]), sent)
    assert call.ticket.promises.get().answered_at == berlin(f"{DAY} 09:00")
    # Its slot is still to come: the customer is called then all the same.
    call.refresh_from_db()
    assert call.is_open


def test_the_next_attempt_moves_the_call_in_the_list(desk, call):
    desk.post(of(call, "call_attempt"), outcome("not_reached", next_attempt_at=f"{DAY}T11:45"))

    [row] = desk.get(LIST).context["today"]
    assert row.until == berlin(f"{DAY} 11:45")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (outcome(""), "outcome"),
        (outcome("flown"), "outcome"),
        (outcome("reached", minutes="-1"), "minutes"),
        (outcome("reached", minutes="99999"), "minutes"),
        (outcome("not_reached", next_attempt_at=f"{DAY}T08:00"), "next_attempt_at"),
        (outcome("not_reached", next_attempt_at="bald"), "next_attempt_at"),
        (outcome("reached", state="flown"), "state"),
    ],
)
def test_a_wrong_outcome_is_named_and_logs_nothing(desk, call, values, field):
    response = desk.post(of(call, "call_attempt"), values)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not CallAttempt.objects.exists()


def test_a_second_click_logs_once(desk, call):
    sent = outcome("not_reached", seen="0")
    desk.post(of(call, "call_attempt"), sent)

    page = desk.post(of(call, "call_attempt"), sent, follow=True)

    assert CallAttempt.objects.count() == 1
    assert "Somebody was quicker" in page.content.decode()


def test_an_agent_moves_a_call_and_the_promise_stays(desk, call):
    friday = slot("15:00", "15:30", "2026-03-13")

    desk.post(of(call, "call_slot"), {"number": "030 123456", "slot": f"wish-{friday.key}"})

    call.refresh_from_db()
    assert (call.slot, call.is_wish) == (friday, False)
    assert promise_of(call.ticket).due_at == berlin(f"{DAY} 13:00")
    assert "geändert" in call.ticket.messages.filter(is_automatic=True).last().text


def test_a_slot_without_a_place_is_refused_on_the_desk_too(desk, call):
    CallSettings.objects.update_or_create(pk=1, defaults={"capacity": 1})
    ask(customer_of(name="Andere GmbH"), slot("11:00", "11:30"))

    response = desk.post(
        of(call, "call_slot"), {"number": "030 123456", "slot": slot("11:00", "11:30").key}
    )

    assert response.status_code == 422
    assert "has just been taken" in response.content.decode()


def test_an_agent_cancels_a_call(desk, call):
    desk.post(of(call, "call_cancellation"))
    again = desk.post(of(call, "call_cancellation"), follow=True)

    call.refresh_from_db()
    assert call.state == "cancelled"
    assert "Somebody was quicker" in again.content.decode()
    assert desk.get(of(call, "call_slot"), follow=True).redirect_chain


def new_form(wanted=None, **values):
    return {
        "topic": "Kasse druckt nicht",
        "text": "Am Telefon erzählt.",
        "number": "030 123456",
        "slot": wanted.key if wanted else "soonest",
        "form_id": str(uuid.uuid4()),
        **values,
    }


def test_an_agent_notes_a_call_for_a_customer(desk, agent):
    customer = customer_of()

    response = desk.post(f"{NEW}?email={customer.email}", new_form(slot("10:00", "10:30")))

    call = CallBack.objects.get()
    assert response.url == of(call)
    assert (call.ticket.requester, call.by) == (customer, agent)
    assert promise_of(call.ticket).due_at == berlin(f"{DAY} 13:00")


def test_an_agent_notes_a_call_on_a_ticket(desk):
    ticket = open_ticket(customer_of())

    page = desk.get(f"{NEW}?ticket={ticket.number}")
    desk.post(f"{NEW}?ticket={ticket.number}", new_form())

    assert page.context["form"]["topic"].value() == ticket.subject
    assert CallBack.objects.get().ticket == ticket
    agreed_already = desk.get(f"{NEW}?ticket={ticket.number}")
    assert agreed_already.url == of(CallBack.objects.get())


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("niemand@nirgends.example", "Nobody here has this address."),
        ("x", "Enter a valid email address."),
        ("bronze", "which has no calls"),
    ],
)
def test_a_call_is_noted_only_for_who_may_have_one(desk, email, said):
    if email == "bronze":
        email = customer_of("Bronze").email

    response = desk.get(NEW, {"email": email})

    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_ticket_whose_level_has_no_calls_says_so(desk):
    ticket = open_ticket(customer_of("Basis"))

    page = desk.get(f"{NEW}?ticket={ticket.number}", follow=True)

    assert "which has no calls" in page.content.decode()


def test_the_ticket_page_shows_its_call(desk, call):
    page = desk.get(reverse("desk:ticket", args=[call.ticket.number])).content.decode()

    assert of(call) in page
    assert "Call agreed" in page
    assert "Public answer by E-mail" in page


@pytest.mark.parametrize(("booked", "is_offered"), [("Gold", True), ("Bronze", False)])
def test_noting_a_call_is_offered_where_the_level_has_calls(desk, booked, is_offered):
    ticket = open_ticket(customer_of(booked))

    page = desk.get(reverse("desk:ticket", args=[ticket.number])).content.decode()

    assert (f"{NEW}?ticket={ticket.number}" in page) is is_offered


def test_a_merged_tickets_call_is_shown_where_it_goes_on(desk, agent, call):
    into = open_ticket(call.ticket.requester)
    merging.merge(call.ticket, into=into, by=agent)

    page = desk.get(reverse("desk:ticket", args=[into.number])).content.decode()

    assert of(call) in page
    [row] = desk.get(LIST).context["today"]
    assert row.ticket == into


@pytest.mark.parametrize("name", ["call", "call_attempt", "call_slot", "call_cancellation"])
def test_customers_see_and_do_nothing_here(client, call, name):
    client.force_login(call.ticket.requester)

    assert client.get(of(call, name)).status_code in {404, 405}
    assert client.post(of(call, name)).status_code in {404, 405}
    assert client.get(LIST).status_code == 404
    assert client.get(NEW).status_code == 404


def test_another_tenants_calls_are_not_there(desk, other_tenant):
    with schema_context(other_tenant.schema_name):
        theirs = agreed()
        pk = CallBack.objects.filter(pk=theirs.pk).update(state="done", ended_at=theirs.created_at)
        assert pk == 1

    assert desk.get(of(theirs)).status_code == 404
    assert desk.get(LIST).context["today"] == []


def test_an_admin_sets_the_slots(client, admin):
    client.force_login(admin)

    saved = client.post(
        SETTINGS, {"slot_minutes": "20", "capacity": "3", "days_ahead": "5", "lead_minutes": "0"}
    )

    assert saved.status_code == 302
    rules = CallSettings.current()
    assert (rules.slot_minutes, rules.capacity, rules.days_ahead, rules.lead_minutes) == (
        20,
        3,
        5,
        0,
    )


@pytest.mark.parametrize(
    "wrong", [{"slot_minutes": "7"}, {"capacity": "0"}, {"days_ahead": "0"}, {"lead_minutes": "x"}]
)
def test_slots_that_offer_nothing_are_refused(client, admin, wrong):
    client.force_login(admin)
    right = {"slot_minutes": "20", "capacity": "3", "days_ahead": "5", "lead_minutes": "0"}

    response = client.post(SETTINGS, {**right, **wrong})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)


def test_an_agent_may_not_set_the_slots(desk):
    assert desk.get(SETTINGS).status_code == 404


def test_a_shorter_slot_keeps_what_is_agreed_and_counts_it(desk, call):
    CallSettings.objects.update_or_create(pk=1, defaults={"capacity": 1, "slot_minutes": 15})

    form = desk.get(NEW, {"email": customer_of(name="Andere GmbH").email}).context["form"]

    offered = [one.slot for one in form.soon[0].options]
    assert slot("10:00", "10:15") not in offered
    assert slot("10:15", "10:30") not in offered
    assert slot("10:30", "10:45") in offered
    assert Ticket.objects.count() == 1
