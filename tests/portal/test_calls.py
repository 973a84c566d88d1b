import uuid

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.urls import reverse
from django_tenants.utils import schema_context

from channels import raw
from channels.models import CallBack, CallSettings, InboundRecord
from portal.views import calls
from sla.changes import assign_tier
from tests.channels.callback.arranging import DAY, agreed, ask, customer_of, slot
from tests.factories import AgentFactory, CustomerFactory, open_ticket, organisation, tier
from tests.sla.moments import berlin
from tickets import changing
from tickets.models import Ticket
from tickets.states import State

NEW = "/rueckruf/"
LATER = slot("15:00", "15:30", "2026-03-13")


@pytest.fixture(autouse=True)
def _nine():
    with time_machine.travel(berlin(f"{DAY} 09:00"), tick=False):
        yield


def form(wanted=None, **values):
    return {
        "topic": "Kasse druckt nicht",
        "text": "",
        "number": "030 123456",
        "slot": wanted.key if wanted else "soonest",
        "form_id": str(uuid.uuid4()),
        **values,
    }


def of(ticket, name="ticket_call"):
    return reverse(f"portal:{name}", args=[ticket.number])


def complaints(response):
    return {
        name: [str(one) for one in found] for name, found in response.context["form"].errors.items()
    }


def promise_of(ticket):
    return ticket.promises.get(answered_at=None, ended_at=None)


def test_the_page_offers_slots_up_to_the_promise_first(portal):
    shown = portal.get(NEW).context["form"]

    assert [one.slot for one in shown.soon[0].options][-1] == slot("12:30", "13:00")
    assert shown.later[0].options[0].slot == slot("13:00", "13:30")
    assert shown.later[0].options[0].value.startswith("wish-")


def test_a_customer_agrees_a_call(portal, anna):
    wanted = slot("10:00", "10:30")

    response = portal.post(NEW, form(wanted, text="Seit gestern."), follow=True)

    call = CallBack.objects.get()
    assert (call.slot, call.e164, call.ticket.requester) == (wanted, "+4930123456", anna)
    assert call.ticket.messages.get(kind="inbound").text == "Seit gestern."
    assert "We call you today between 10:00 and 10:30" in response.content.decode().replace(
        "Agreed: we", "We"
    )


def test_choosing_a_later_slot_puts_the_promise_off(portal):
    portal.post(NEW, form(slot=f"wish-{LATER.key}"))

    ticket = Ticket.objects.get()
    assert (promise_of(ticket).reason, promise_of(ticket).due_at) == ("wish", LATER.end)
    page = portal.get(f"/tickets/{ticket.number}/").content.decode()
    assert "Friday, 13\u00a0March 2026, 15:30" in page
    assert "The customer has chosen a later slot" in page


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"number": "keine"}, "number", "This is no phone number"),
        ({"number": "112"}, "number", "Emergency and short numbers"),
        ({"number": "0900 1 234567"}, "number", "special rate"),
        ({"number": ""}, "number", "Please give the number"),
        ({"topic": " "}, "topic", "Please say in a few words"),
        ({"slot": ""}, "slot", "Please choose when"),
        ({"slot": "agreed"}, "slot", "has just been taken"),
        ({"slot": "20260310T0300Z"}, "slot", "has just been taken"),
        ({"slot": "wish-x\x00"}, "slot", "Null characters"),
        ({"form_id": "x"}, "form_id", "Enter a valid UUID"),
    ],
)
def test_wrong_input_is_named_and_what_was_typed_is_kept(portal, values, field, said):
    response = portal.post(NEW, form(**{"text": "Mein Text", **values}))

    assert response.status_code == 422
    [complaint] = complaints(response)[field]
    assert said in complaint
    assert list(complaints(response)) == [field]
    assert "Mein Text" in response.content.decode()
    assert not InboundRecord.objects.exists()


def test_a_slot_that_somebody_else_has_just_taken_is_asked_for_again(portal):
    CallSettings.objects.create(pk=1, capacity=1)
    wanted = slot("10:00", "10:30")
    ask(customer_of(name="Andere GmbH"), wanted)

    response = portal.post(NEW, form(wanted, text="Mein Text"))

    page = response.content.decode()
    assert response.status_code == 422
    assert "has just been taken" in page
    assert "Mein Text" in page
    assert "030 123456" in page
    assert wanted not in [one.slot for one in response.context["form"].soon[0].options]


def test_a_slot_taken_between_the_look_and_the_deed_is_asked_for_again(portal, monkeypatch):
    """The race itself: the form's own look still found the slot free."""
    CallSettings.objects.create(pk=1, capacity=1)
    wanted = slot("10:00", "10:30")
    from channels.callback import inbound

    submit = inbound.submit

    def late(asked):
        monkeypatch.setattr(inbound, "submit", submit)
        ask(customer_of(name="Andere GmbH"), wanted)
        return submit(asked)

    monkeypatch.setattr(inbound, "submit", late)

    response = portal.post(NEW, form(wanted, text="Mein Text"))

    assert response.status_code == 422
    assert "has just been taken" in response.content.decode()
    assert "Mein Text" in response.content.decode()
    assert CallBack.objects.count() == 1


def test_the_same_form_sent_twice_is_one_call(portal):
    sent = form(slot("10:00", "10:30"))

    first = portal.post(NEW, sent)
    again = portal.post(NEW, sent)

    assert first.url == again.url
    assert CallBack.objects.count() == 1


def test_without_room_for_the_request_nothing_is_lost_on_the_page(portal, monkeypatch):
    def full(_content):
        raise raw.StorageFullError

    monkeypatch.setattr(raw, "store", full)

    response = portal.post(NEW, form(text="Mein Text"))

    assert response.status_code == 503
    assert "Mein Text" in response.content.decode()


@pytest.mark.parametrize("booked", ["Basis", "Bronze"])
def test_a_level_without_calls_reads_which_ones_have_them(client, booked):
    user = CustomerFactory(organisation=organisation(booked=booked))
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.force_login(user)

    page = client.get(NEW)
    sent = client.post(NEW, form(text="Mein Text"))

    assert [one.name for one in page.context["tiers"]] == ["Silber", "Gold"]
    assert reverse("portal:modules") in page.content.decode()
    assert sent.status_code == 403
    assert "Mein Text" in sent.content.decode()
    assert not CallBack.objects.exists()


def test_who_has_not_confirmed_their_address_is_told_nothing_of_levels(client):
    user = CustomerFactory(organisation=organisation(booked="Gold"))
    client.force_login(user)

    page = client.get(NEW).content.decode()

    assert "Silber" not in page
    assert client.post(NEW, form()).status_code == 403


def test_a_call_about_a_ticket_keeps_its_promise_in_view(portal, anna):
    ticket = open_ticket(anna)

    page = portal.get(of(ticket))
    portal.post(of(ticket), form(slot("10:00", "10:30"), topic=ticket.subject))

    assert page.context["form"]["topic"].value() == ticket.subject
    assert CallBack.objects.get().ticket == ticket
    assert Ticket.objects.count() == 1


def test_the_ticket_shows_the_call_with_change_and_cancellation(portal, anna):
    call = ask(anna, slot("10:00", "10:30"))

    page = portal.get(f"/tickets/{call.ticket.number}/").content.decode()

    assert "+49 30 123456" in page
    assert of(call.ticket) in page
    assert of(call.ticket, "call_cancellation") in page


def test_a_customer_changes_slot_and_number(portal, anna):
    call = ask(anna, slot("10:00", "10:30"))

    response = portal.post(
        of(call.ticket), {"number": "040 666666", "slot": slot("11:00", "11:30").key}
    )

    call.refresh_from_db()
    assert response.status_code == 302
    assert (call.e164, call.slot) == ("+4940666666", slot("11:00", "11:30"))


def test_changing_the_number_alone_keeps_a_wished_slot(portal, anna):
    call = ask(anna, LATER, is_wish=True)

    portal.post(of(call.ticket), {"number": "040 666666", "slot": "agreed"})

    call.refresh_from_db()
    assert (call.e164, call.slot, call.is_wish) == ("+4940666666", LATER, True)
    assert promise_of(call.ticket).due_at == LATER.end


def test_a_change_into_a_slot_without_a_place_keeps_what_is_agreed(portal, anna):
    CallSettings.objects.create(pk=1, capacity=1)
    ask(customer_of(name="Andere GmbH"), slot("11:00", "11:30"))
    call = ask(anna, slot("10:00", "10:30"))

    response = portal.post(
        of(call.ticket), {"number": "030 123456", "slot": slot("11:00", "11:30").key}
    )

    call.refresh_from_db()
    assert (response.status_code, call.slot) == (422, slot("10:00", "10:30"))


def test_a_customer_cancels_and_the_question_stays_open(portal, anna):
    call = ask(anna, slot("10:00", "10:30"))

    portal.post(of(call.ticket, "call_cancellation"))
    again = portal.post(of(call.ticket, "call_cancellation"), follow=True)

    call.refresh_from_db()
    assert call.state == "cancelled"
    assert promise_of(call.ticket).is_open
    assert "no call left" in again.content.decode()


def test_closing_the_ticket_ends_the_call_too(portal, anna):
    call = ask(anna, slot("10:00", "10:30"))

    portal.post(reverse("portal:closure", args=[call.ticket.number]))

    call.refresh_from_db()
    assert call.state == "cancelled"


def test_who_lost_the_level_can_still_change_and_cancel(portal, anna):
    call = ask(anna, slot("10:00", "10:30"))
    assign_tier(anna.organisation, tier("Basis"))

    changed = portal.post(of(call.ticket), {"number": "040 666666", "slot": "agreed"})
    portal.post(of(call.ticket, "call_cancellation"))

    assert changed.status_code == 302
    call.refresh_from_db()
    assert call.state == "cancelled"
    assert "Silber" in portal.get(of(call.ticket)).content.decode()


def test_nobody_agrees_changes_or_cancels_calls_of_anothers_ticket(portal, anna):
    anna.join(anna.organisation, role="admin")
    colleague = CustomerFactory(organisation=anna.organisation)
    theirs = agreed(open_ticket(colleague), slot("10:00", "10:30"))

    for address in (of(theirs.ticket), of(theirs.ticket, "call_cancellation")):
        assert portal.post(address, form()).status_code == 404
    assert portal.get(of(theirs.ticket)).status_code == 404
    page = portal.get(f"/tickets/{theirs.ticket.number}/").content.decode()
    assert "We call you" in page
    assert of(theirs.ticket) not in page


def test_no_call_is_agreed_about_spam(portal, anna):
    ticket = open_ticket(anna)
    changing.change_state(ticket, State.SPAM, by=AgentFactory())

    assert portal.get(of(ticket)).status_code == 404
    assert portal.post(of(ticket), form()).status_code == 404


def test_another_tenants_ticket_is_not_there(portal, other_tenant):
    with schema_context(other_tenant.schema_name):
        number = open_ticket().number + 1000
        Ticket.objects.update(number=number)

    assert portal.get(reverse("portal:ticket_call", args=[number])).status_code == 404


def test_an_agent_is_led_to_the_desk(client, agent):
    client.force_login(agent)

    assert client.get(NEW).url == reverse("desk:queue")


def test_the_front_page_leads_to_calls(portal):
    assert NEW in portal.get("/").content.decode()


def test_the_number_of_the_last_call_is_there_already(portal, anna):
    ask(anna)

    assert portal.get(NEW).context["form"]["number"].value() == "+49 30 123456"


def test_nobody_takes_all_the_slots(portal, anna, monkeypatch):
    monkeypatch.setattr(calls, "MOST_OPEN", 2)
    for _ in range(2):
        portal.post(NEW, form())

    refused = portal.post(NEW, form(text="Noch etwas"))

    assert refused.status_code == 422
    assert "Noch etwas" in refused.content.decode()
    assert complaints(refused)["__all__"]
    assert CallBack.objects.count() == 2

    portal.post(of(CallBack.objects.latest("pk").ticket, "call_cancellation"))
    portal.post(NEW, form())
    assert CallBack.objects.all().open().count() == 2
