"""What comes by the contact form: a stranger's word until the address is proven (DESIGN §1)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils.timezone import now

from accounts import services as accounts
from channels.contact_form import proof, stamp
from channels.models import InboundRecord
from sla.models import Promise
from sla.services import open_promise
from tests.channels.contact import link_in, sent
from tests.channels.mail import EVA, bounce, last_out, parsed, send_all, taken_in
from tests.factories import AgentFactory, CustomerFactory, organisation, tier
from tickets import changing, writing
from tickets.models import Channel, Event, Message, Ticket
from tickets.recording import File
from tickets.states import State

PASSWORDS = {"password1": "ein-gutes-Kennwort", "password2": "ein-gutes-Kennwort"}
MONDAY = "2026-11-23T10:00:00+01:00"


def mail_to(hop, address=EVA):
    send_all()
    mails = [one for one in hop.mails if one.recipients == [address]]
    return parsed(mails[-1].raw) if mails else None


def gold_customer(**values):
    return CustomerFactory(
        email=EVA, name="Eva Kunz", organisation=organisation(booked="Gold"), **values
    )


def test_a_form_becomes_a_ticket_with_its_files(tenant):
    ticket = sent(files=(File("log.txt", "text/plain", b"08:02 Fehler"),))

    message = ticket.messages.get(kind="inbound")
    assert (ticket.subject, ticket.channel) == ("Wo ist meine Rechnung?", Channel.CONTACT_FORM)
    assert (ticket.requester.email, ticket.requester.name) == (EVA, "Eva Kunz")
    assert not ticket.is_verified
    assert message.text == "Guten Tag, ich finde sie nicht."
    with message.attachments.get().file.open("rb") as file:
        assert file.read() == b"08:02 Fehler"
    assert InboundRecord.objects.get().channel == Channel.CONTACT_FORM


def test_the_same_form_sent_twice_is_one_ticket(tenant):
    first = sent(form_id="eins")
    again = sent(form_id="eins", suspicion="fast")

    assert again == first
    assert Ticket.objects.get().messages.filter(kind="inbound").count() == 1


def test_a_double_click_is_one_ticket(fresh_tenant):
    tickets = []

    def send() -> None:
        connection.set_tenant(fresh_tenant)
        tickets.append(sent(form_id="eins"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(tickets) == 4
    assert set(tickets) == {Ticket.objects.get()}
    assert Ticket.objects.get().messages.filter(kind="inbound").count() == 1


def test_a_form_sent_again_with_other_words_is_another_message(tenant):
    assert sent(form_id="eins") != sent(form_id="eins", text="Und noch etwas.")


def test_until_the_address_is_proven_a_gold_customer_gets_basis(tenant):
    gold_customer()

    ticket = sent()

    promise = open_promise(ticket)
    assert (promise.tier.name, promise.is_guaranteed) == ("Basis", False)
    assert ticket.requester.organisation.name == "Teehaus Nord GmbH"


def test_the_mail_to_an_unproven_address_has_no_word_that_was_typed(tenant, hop):
    gold_customer()
    ticket = sent(subject="GEWINNSPIEL", name="Prinz", text="Klicken Sie auf http://boese.example")

    mail = mail_to(hop)

    text = mail.get_content()
    whole = mail.as_string()
    for word in ("GEWINNSPIEL", "Prinz", "boese.example", "Eva Kunz", "Gold", "garantiert"):
        assert word not in whole
    assert f"#{ticket.number}" in text
    assert "Alpha GmbH" in mail["Subject"]
    assert mail["Auto-Submitted"] == "auto-replied"
    assert proof.ticket_of(link_in(text).rstrip("/").rpartition("/")[2]) == ticket


def test_no_other_mail_to_an_unproven_address_has_the_name_that_was_typed(tenant, client):
    sent(name="Gewinn abholen: http://boese.example")
    mail.outbox.clear()

    client.post(reverse("account_reset_password"), {"email": EVA})
    client.post(
        reverse("account_signup"), {"email": EVA, "name": "http://boese.example", **PASSWORDS}
    )

    assert mail.outbox
    assert not [one.body for one in mail.outbox if "boese.example" in one.body]


def test_agents_see_that_the_mail_left_but_not_its_link(tenant, hop):
    ticket = sent()
    send_all()

    message = last_out(ticket)
    assert message.status == Message.Status.SENT
    assert "/kontakt/" not in message.text


def test_once_proven_the_organisations_promise_counts_from_when_the_form_was_sent(tenant):
    gold_customer()
    with time_machine.travel(MONDAY, tick=False):
        ticket = sent()
        arrived = now()
    with time_machine.travel("2026-11-23T11:30:00+01:00", tick=False):
        proof.confirm(ticket)

        ticket.refresh_from_db()
        promise = open_promise(ticket)
    assert ticket.is_verified
    assert (promise.tier.name, promise.is_guaranteed) == ("Gold", True)
    assert promise.due_at == arrived + timedelta(hours=4)
    assert promise.reason == Promise.Reason.CONFIRMED


def test_proof_is_for_the_one_form_and_the_others_wait(tenant):
    """Somebody else may have used the address: its owner says it of each."""
    first, second, third = sent(), sent(subject="Noch etwas"), sent(subject="Fremd")

    proof.confirm(first)
    assert list(proof.waiting(first.requester)) == [third, second]
    proof.confirm(second)

    verified = {ticket.subject for ticket in Ticket.objects.filter(is_verified=True)}
    assert verified == {first.subject, second.subject}


def test_what_somebody_else_wrote_is_put_aside_and_never_becomes_the_owners(tenant):
    gold_customer()
    own, foreign = sent(), sent(subject="Bitte Konto ändern")

    proof.disown(foreign)
    proof.confirm(own)
    accounts.confirm_address(own.requester)

    foreign.refresh_from_db()
    assert (foreign.state, foreign.is_verified) == (State.SPAM, False)
    assert foreign.events.filter(kind=Event.Kind.CONFIRMED, what="disowned").exists()
    assert open_promise(foreign) is None
    assert not proof.waiting(own.requester).exists()


def test_what_is_done_already_is_disowned_without_another_move(tenant, agent):
    ticket = sent()
    changing.change_state(ticket, State.CLOSED, by=agent)

    proof.disown(ticket)
    proof.disown(ticket)

    ticket.refresh_from_db()
    assert ticket.state == State.CLOSED
    assert ticket.events.filter(what="disowned").count() == 1


def test_a_password_chosen_without_proof_opens_nothing_afterwards(tenant):
    """Somebody signed up with another's address, and waits for them to click a link."""
    customer = gold_customer(password="geheim-geheim")
    EmailAddress.objects.create(user=customer, email=EVA, primary=True)

    proof.confirm(sent())

    customer.refresh_from_db()
    assert not customer.has_usable_password()
    assert EmailAddress.objects.get(user=customer).verified


def test_whose_address_is_proven_already_keeps_the_password(tenant):
    customer = gold_customer(password="geheim-geheim")
    EmailAddress.objects.create(user=customer, email=EVA, verified=True, primary=True)
    ticket = sent()
    assert not ticket.is_verified

    proof.confirm(ticket)

    customer.refresh_from_db()
    ticket.refresh_from_db()
    assert ticket.is_verified
    assert customer.check_password("geheim-geheim")


def test_a_link_is_for_one_tenant_one_address_and_two_weeks(tenant, other_tenant, monkeypatch):
    ticket = sent()
    token = proof.token(ticket)
    assert proof.ticket_of(token) == ticket

    with pytest.raises(proof.LinkInvalidError):
        proof.ticket_of(token[:-1] + ("A" if token[-1] != "A" else "B"))
    with (
        time_machine.travel(now() + timedelta(days=15), tick=False),
        pytest.raises(proof.LinkInvalidError),
    ):
        proof.ticket_of(token)
    ticket.requester.email = "andere@kunden.example"
    ticket.requester.save()
    with pytest.raises(proof.LinkInvalidError):
        proof.ticket_of(token)
    monkeypatch.setattr("channels.contact_form.proof.connection", other_tenant)
    with pytest.raises(proof.LinkInvalidError, match="damaged"):
        proof.ticket_of(token)


def test_a_signed_in_customer_is_recognised(tenant, hop):
    customer = gold_customer()

    ticket = sent(user=customer.pk, is_verified=True)

    assert ticket.requester == customer
    assert open_promise(ticket).is_guaranteed
    text = mail_to(hop).get_body(("plain",)).get_content()
    assert "spätestens" in text


def test_one_address_is_asked_once_in_a_quarter_of_an_hour(tenant):
    first = sent()
    second = sent(subject="Noch etwas")

    assert last_out(first) is not None
    assert last_out(second) is None


def test_where_mail_came_back_one_more_try_a_day_is_made(tenant, hop):
    gold_customer(undeliverable_at=now() - timedelta(days=3))
    ticket = sent()
    later = now() + timedelta(hours=1)

    assert mail_to(hop) is not None
    with time_machine.travel(later, tick=False):
        assert last_out(sent(subject="Noch etwas")) is None
    proof.confirm(ticket)
    ticket.requester.refresh_from_db()
    assert ticket.requester.undeliverable_at is None


@pytest.mark.parametrize("suspicion", ["trap", "fast"])
def test_what_looks_like_a_robots_is_kept_as_spam_without_any_mail(tenant, suspicion):
    ticket = sent(suspicion=suspicion)

    assert ticket.state == State.SPAM
    assert "Roboter" in ticket.hint
    assert last_out(ticket) is None
    assert open_promise(ticket) is None
    assert ticket.messages.get().text == "Guten Tag, ich finde sie nicht."
    moved = ticket.events.get(kind=Event.Kind.STATE)
    assert (moved.actor, moved.after) == (None, State.SPAM)


def test_an_agent_takes_a_robots_form_back_with_its_promise(tenant):
    ticket = sent(suspicion="trap")

    changing.change_state(ticket, State.OPEN, by=AgentFactory())

    ticket.refresh_from_db()
    assert open_promise(ticket).started_at == ticket.opened_at
    assert ticket.queue_band is not None


def test_who_was_taken_for_a_robot_gets_the_link_once_an_agent_has_looked(tenant):
    ticket, agent = sent(suspicion="fast"), AgentFactory()

    changing.change_state(ticket, State.OPEN, by=agent)
    changing.change_state(ticket, State.SPAM, by=agent)
    changing.change_state(ticket, State.OPEN, by=agent)

    assert ticket.messages.filter(is_automatic=True).count() == 1
    assert last_out(ticket).text == proof.text(ticket)


def test_a_tier_without_the_form_takes_the_guarantee_never_the_message(tenant):
    gold = tier("Gold")
    gold.allowed_channels = ["email"]
    gold.save()
    customer = gold_customer()

    ticket = sent(user=customer.pk, is_verified=True)

    assert (open_promise(ticket).tier, open_promise(ticket).is_guaranteed) == (gold, False)


def test_an_answer_leaves_by_mail_and_a_reply_joins(tenant, hop):
    ticket = sent()
    writing.reply(ticket, author=AgentFactory(name="Jana Lind"), text="Unter Belege.")
    mail = mail_to(hop)
    reply = (
        f"From: {EVA}\r\nTo: {mail['Reply-To'].addresses[0].addr_spec}\r\nSubject: Re\r\n"
        f"In-Reply-To: {mail['Message-ID']}\r\n\r\nGefunden, danke!\r\n"
    )

    record = taken_in(reply.encode(), recipients=(mail["Reply-To"].addresses[0].addr_spec,))

    assert "Unter Belege." in mail.get_body(("plain",)).get_content()
    assert record.message.ticket == ticket
    assert not open_promise(ticket) or open_promise(ticket).kind == Promise.Kind.NEXT


def test_a_bounced_answer_is_taken_back(tenant, hop):
    ticket = sent()
    answer = writing.reply(ticket, author=AgentFactory(), text="Unter Belege.")
    send_all()
    answer.refresh_from_db()
    raw = next(one for one in hop.mails if answer.message_id.encode() in one.raw)

    taken_in(
        bounce(raw.raw, to=raw.envelope_from), envelope_from="", recipients=(raw.envelope_from,)
    )

    answer.refresh_from_db()
    assert answer.status == Message.Status.FAILED
    assert open_promise(ticket).kind == Promise.Kind.FIRST


def test_a_comma_in_the_tenants_name_breaks_no_sender(tenant, hop):
    tenant.name = "Teehaus, Nord & Söhne"
    tenant.save()

    sent()

    [sender] = mail_to(hop)["From"].addresses
    assert sender.addr_spec == "support@alpha.localhost"


def test_a_stamp_says_how_old_a_form_is_and_keeps_its_name(tenant, other_tenant, monkeypatch):
    with time_machine.travel(MONDAY, tick=False) as clock:
        text = stamp.new()
        assert stamp.read(text).is_too_fast
        clock.shift(5)
        assert not stamp.read(text).is_too_fast
        clock.shift(stamp.VALID_FOR)
        with pytest.raises(stamp.ExpiredError) as expired:
            stamp.read(text)
        again = stamp.read(stamp.new(expired.value.form_id, is_reopened=True))
        assert not again.is_too_fast
        assert again.form_id == expired.value.form_id
        for wrong in ("", "a", text[:-2], "é:x:y"):
            with pytest.raises(stamp.StampError):
                stamp.read(wrong)
        fresh = stamp.new()
        monkeypatch.setattr("channels.contact_form.stamp.connection", other_tenant)
        with pytest.raises(stamp.StampError):
            stamp.read(fresh)
