"""A sender must belong (law 5), and nothing crosses a tenant (law 4)."""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context

from channels.email import signed
from tests.channels.mail import EVA, SUPPORT, send_all, taken_in, ticket_of, written
from tests.factories import AgentFactory, CustomerFactory, open_ticket, organisation
from tickets import changing, writing
from tickets.models import Ticket
from tickets.states import State

ID = "<eins@kunden.example>"
EDGE = "Authentication-Results"


def opened() -> Ticket:
    return ticket_of(taken_in(written(message_id=ID)))


def from_mallory(**headers) -> bytes:
    return written("Was steht da?", sender="Mallory <mallory@x.example>", **headers)


def test_a_stranger_with_the_signed_address_opens_a_ticket_with_a_hint(tenant):
    ticket = opened()
    address = signed.address(SUPPORT, "t", ticket.number)

    other = ticket_of(taken_in(from_mallory(to=address), recipients=(address,)))

    assert other != ticket
    assert f"#{ticket.number}" in other.hint
    assert other.requester.email == "mallory@x.example"
    assert ticket.messages.filter(kind="inbound").count() == 1


def test_a_stranger_with_a_message_id_opens_a_ticket_with_a_hint(tenant):
    ticket = opened()

    other = ticket_of(taken_in(from_mallory(in_reply_to=ID)))

    assert other != ticket
    assert f"#{ticket.number}" in other.hint


def test_a_colleague_is_no_participant(tenant):
    team = organisation("Teehaus Nord GmbH", booked="Gold")
    CustomerFactory(email=EVA, organisation=team)
    CustomerFactory(email="ole@kunden.example", organisation=team)
    ticket = opened()

    other = ticket_of(taken_in(written(sender="ole@kunden.example", in_reply_to=ID)))

    assert other != ticket
    assert other.organisation == ticket.organisation == team
    assert f"#{ticket.number}" in other.hint


def test_the_participant_joins_whatever_the_case_of_the_address(tenant):
    ticket = opened()

    record = taken_in(written("Nachtrag", sender=f"EVA KUNZ <{EVA.upper()}>", in_reply_to=ID))

    assert ticket_of(record) == ticket


def test_a_forged_ticket_number_in_the_subject_opens_a_ticket_with_a_hint(tenant):
    ticket = opened()

    other = ticket_of(taken_in(from_mallory(subject=f"Re: Drucker [#{ticket.number}]")))

    assert other != ticket
    assert f"#{ticket.number}" in other.hint


def test_a_number_in_the_subject_is_no_proof_for_the_participant_either(tenant):
    ticket = opened()

    other = ticket_of(taken_in(written("Neu.", subject=f"Re: Drucker [#{ticket.number}]")))

    assert other != ticket
    assert f"#{ticket.number}" in other.hint


@pytest.mark.parametrize("signature", ["", ".aaaaaaaaaaaaaaaaaaaa", ".22222222222222222222"])
def test_an_address_with_a_forged_signature_opens_a_ticket(tenant, signature):
    ticket = opened()
    address = f"support+t{ticket.number}{signature}@alpha.localhost"

    other = ticket_of(taken_in(written("Nachtrag", to=address), recipients=(address,)))

    assert other != ticket
    assert f"#{ticket.number}" in other.hint


def test_an_unknown_number_earns_no_hint(tenant):
    ticket = ticket_of(taken_in(written(subject="Re: Drucker [#987654321]")))

    assert ticket.hint == ""


def test_a_bounce_address_leads_to_no_ticket(tenant):
    ticket = opened()
    address = signed.address(SUPPORT, "b", ticket.number)

    other = ticket_of(taken_in(written("Ich bin ein Mensch."), recipients=(address,)))

    assert other != ticket


def test_a_reply_to_a_ticket_of_another_tenant_opens_a_ticket_here(tenant, other_tenant):
    """Fails when the signature does not cover the schema: both tenants have a ticket 1."""
    here = opened()
    with schema_context(other_tenant.schema_name):
        there = open_ticket(CustomerFactory(email=EVA))
        Ticket.objects.filter(pk=there.pk).update(number=here.number)
        foreign = signed.address("support@beta.localhost", "t", here.number)
    address = foreign.replace("beta", "alpha")

    for recipient in (foreign, address):
        record = taken_in(written("Nachtrag", to=recipient, x_n=recipient), recipients=(recipient,))
        assert ticket_of(record) != here

    assert here.messages.filter(kind="inbound").count() == 1
    with schema_context(other_tenant.schema_name):
        assert there.messages.count() == 1


def test_a_message_id_of_another_tenant_leads_nowhere(tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        open_ticket(CustomerFactory(email=EVA), message_id=ID)

    record = taken_in(written("Nachtrag", in_reply_to=ID))

    assert ticket_of(record).hint == ""
    assert Ticket.objects.count() == 1


def test_another_tenants_bounce_address_fails_nothing_here(tenant, other_tenant):
    ticket = opened()
    message = writing.reply(ticket, author=AgentFactory(), text="Bitte.")
    with schema_context(other_tenant.schema_name):
        foreign = signed.address(SUPPORT, "b", message.pk)

    assert signed.read(signed.address(SUPPORT, "b", message.pk), "b") == message.pk
    assert signed.read(foreign, "b") is None


def test_a_reply_reopens_a_solved_ticket(tenant):
    ticket = opened()
    changing.change_state(ticket, State.SOLVED, by=AgentFactory())

    taken_in(written("Doch nicht.", in_reply_to=ID))

    ticket.refresh_from_db()
    assert ticket.state == State.OPEN


def test_a_reply_to_spam_opens_a_ticket_of_its_own(tenant):
    ticket = opened()
    changing.change_state(ticket, State.SPAM, by=AgentFactory())

    other = ticket_of(taken_in(written("Hallo?", in_reply_to=ID)))

    assert other != ticket
    assert f"#{ticket.number}" in other.hint


def failing(authserv_id: str) -> bytes:
    header = f"{EDGE}: {authserv_id}; dmarc=fail header.from=kunden.example\r\n"
    return header.encode() + written("Ich bin es wirklich.", in_reply_to=ID, x_n=authserv_id)


def test_a_sender_whom_the_trusted_edge_found_forged_joins_nothing(tenant, settings):
    settings.TRUSTED_AUTHSERV_IDS = ("mx.alpha.localhost",)
    CustomerFactory(email=EVA, organisation=organisation(booked="Gold"))
    ticket = opened()

    forged = ticket_of(taken_in(failing("mx.alpha.localhost")))

    assert forged != ticket
    assert not forged.is_verified
    assert f"#{ticket.number}" in forged.hint
    promise = forged.promises.get()
    assert (promise.tier.name, promise.is_guaranteed) == ("Basis", False)
    assert ticket.promises.get().tier.name == "Gold"


def test_a_forged_sender_is_told_nothing_of_deadlines(tenant, settings, hop):
    settings.TRUSTED_AUTHSERV_IDS = ("mx.alpha.localhost",)
    customer = CustomerFactory(email=EVA, organisation=organisation(booked="Gold"), language="en")

    ticket = ticket_of(taken_in(failing("mx.alpha.localhost")))
    send_all()

    text = hop.mails[-1].raw.decode()
    assert ticket.requester == customer
    assert f"#{ticket.number}" in text
    assert "One of us will read it" in text
    assert "20" + str(ticket.due_at.year)[2:] not in text.split("\r\n\r\n", 1)[1]


def test_a_forged_stranger_gets_into_no_organisation_by_the_domain(tenant, settings):
    settings.TRUSTED_AUTHSERV_IDS = ("mx.alpha.localhost",)
    owner = organisation("Kunden GmbH", booked="Gold")
    owner.domains.create(domain="kunden.example")

    forged = ticket_of(taken_in(failing("mx.alpha.localhost")))

    assert forged.organisation != owner


def test_a_strangers_domain_finds_the_organisation_that_owns_it(tenant):
    owner = organisation("Kunden GmbH", booked="Gold")
    owner.domains.create(domain="kunden.example")

    ticket = opened()

    assert ticket.organisation == owner
    assert ticket.promises.get().tier.name == "Gold"


def test_a_result_that_anybody_could_have_written_counts_for_nothing(tenant, settings):
    settings.TRUSTED_AUTHSERV_IDS = ("mx.alpha.localhost",)
    ticket = opened()

    record = taken_in(failing("mx.mallory.example"))

    assert ticket_of(record) == ticket
