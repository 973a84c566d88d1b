"""Each act on a ticket: what it stores, what it writes into the history, and that it is one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from django_tenants.utils import schema_context

from accounts.models import User
from tests.factories import AgentFactory, CustomerFactory, open_ticket, organisation
from tickets import changing, opening, outcomes, senders, signals, writing
from tickets.models import Attachment, Event, Message, Ticket
from tickets.opening import NewTicket, NoOrganisationError
from tickets.recording import Content, File
from tickets.states import State, TransitionError

# A Tuesday, 10:00 in Berlin.
MOMENT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)
PDF = File("rechnung.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")


def history(ticket: Ticket, *kinds: str) -> list[tuple[str, str, str, str, str, datetime]]:
    events = ticket.events.exclude(kind=Event.Kind.PROMISE).order_by("pk")
    return [
        (event.kind, event.what, str(event.actor or ""), event.before, event.after, event.at)
        for event in (events.filter(kind__in=kinds) if kinds else events)
    ]


def test_numbers_count_up_and_no_other_tenant_takes_part(tenant, other_tenant):
    first = open_ticket()
    with schema_context(other_tenant.schema_name):
        open_ticket()
        open_ticket()
    second = open_ticket()

    assert second.number == first.number + 1


def test_each_tenant_starts_to_count_at_the_same_number(fresh_tenant):
    assert open_ticket().number == 1001


def test_number_is_known_without_reading_the_ticket_again(tenant):
    new = NewTicket(CustomerFactory(), "Frage", "email", MOMENT)

    ticket, _message = opening.open_ticket(new, Content(text="Hallo"))

    assert isinstance(ticket.number, int)
    assert Ticket.objects.get(number=ticket.number) == ticket


def test_opening_stores_the_ticket_as_it_came(tenant):
    customer = CustomerFactory(name="Anna Berg")
    new = NewTicket(
        requester=customer,
        subject="  Rechnung fehlt  ",
        channel="email",
        received_at=MOMENT,
        mailbox="support@alpha.localhost",
        hint="Bitte zweimal hinsehen",
    )
    content = Content(
        text="Wo ist sie?\n> zitiert",
        reply_text="Wo ist sie?",
        from_address="anna@kunden.example",
        message_id="<1@kunden.example>",
        files=(PDF,),
    )

    ticket, message = opening.open_ticket(new, content)

    ticket.refresh_from_db()
    assert (ticket.subject, ticket.state, ticket.channel) == ("Rechnung fehlt", "new", "email")
    assert (ticket.requester, ticket.organisation) == (customer, customer.organisation)
    assert (ticket.opened_at, ticket.updated_at) == (MOMENT, MOMENT)
    assert (ticket.mailbox, ticket.hint) == ("support@alpha.localhost", "Bitte zweimal hinsehen")
    message.refresh_from_db()
    assert (message.kind, message.author, message.sent_at) == ("inbound", customer, MOMENT)
    assert (message.text, message.reply_text) == ("Wo ist sie?\n> zitiert", "Wo ist sie?")
    assert message.message_id == "<1@kunden.example>"
    assert history(ticket) == [("opened", "", "Anna Berg", "", "email", MOMENT)]


def test_customer_without_organisation_gets_no_ticket(tenant):
    agent = AgentFactory()

    with pytest.raises(NoOrganisationError):
        opening.open_ticket(NewTicket(agent, "Frage", "email", MOMENT), Content(text="?"))

    assert not Ticket.objects.filter(requester=agent).exists()


def test_attachment_keeps_bytes_name_type_size_and_digest(tenant):
    ticket = open_ticket(files=(PDF, File("../../etc/passwd", "image/svg+xml", b"<svg/>")))

    pdf, svg = Attachment.objects.filter(message__ticket=ticket).order_by("pk")
    assert (pdf.filename, pdf.content_type, pdf.size) == ("rechnung.pdf", "application/pdf", 11)
    assert pdf.sha256 == hashlib.sha256(b"%PDF-1.7 \x00\xff").hexdigest()
    with pdf.file.open("rb") as stored:
        assert stored.read() == b"%PDF-1.7 \x00\xff"
    assert svg.filename == "../../etc/passwd"
    assert "passwd" not in svg.file.name
    assert ".." not in svg.file.name
    assert not svg.is_safe_image
    assert tenant.schema_name in pdf.file.path


def test_what_a_customer_adds_opens_a_waiting_ticket_again(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)
    writing.reply(ticket, author=agent, text="So geht es.", at=LATER)
    again = LATER + timedelta(hours=1)

    writing.add_customer_message(
        ticket,
        author=ticket.requester,
        content=Content(text="Danke, und noch etwas"),
        channel="portal_form",
        received_at=again,
    )

    ticket.refresh_from_db()
    name = str(ticket.requester)
    assert ticket.state == State.OPEN
    assert history(ticket)[-2:] == [
        ("message", "inbound", name, "", "", again),
        ("state", "", name, "waiting", "open", again),
    ]
    assert ticket.messages.last().channel == "portal_form"


@pytest.mark.parametrize("state", [State.WAITING, State.SOLVED, State.CLOSED])
def test_automatic_answer_of_a_customers_mailbox_opens_nothing(tenant, agent, state):
    ticket = open_ticket()
    writing.reply(ticket, author=agent, text="So geht es.", state=state)

    writing.add_customer_message(
        ticket,
        author=ticket.requester,
        content=Content(text="Ich bin bis Montag nicht da", is_automatic=True),
        channel="email",
        received_at=now(),
    )

    ticket.refresh_from_db()
    assert ticket.state == state


def test_answer_is_queued_for_the_requester_and_moves_the_ticket(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)

    message = writing.reply(ticket, author=agent, text="So geht es.", files=(PDF,), at=LATER)

    ticket.refresh_from_db()
    assert ticket.state == State.WAITING
    assert ticket.updated_at == LATER
    assert (message.kind, message.author, message.recipient) == (
        "outbound",
        agent,
        ticket.requester,
    )
    assert message.attachments.get().filename == "rechnung.pdf"
    assert history(ticket)[1:3] == [
        ("message", "answer", "Jana Lind", "", "", LATER),
        ("state", "", "Jana Lind", "new", "waiting", LATER),
    ]


def test_answer_may_not_take_a_way_that_does_not_exist(tenant, agent):
    ticket = open_ticket()
    changing.change_state(ticket, State.SPAM, by=agent)

    for state in (State.WAITING, State.SPAM, State.CLOSED):
        with pytest.raises(TransitionError):
            writing.reply(ticket, author=agent, text="Guten Tag", state=state)

    assert ticket.messages.count() == 1


def test_answer_to_a_closed_ticket_may_leave_it_closed(tenant, agent):
    ticket = open_ticket()
    changing.change_state(ticket, State.CLOSED, by=agent)

    writing.reply(ticket, author=agent, text="Nachtrag", state=State.CLOSED)

    ticket.refresh_from_db()
    assert ticket.state == State.CLOSED


def test_note_is_internal(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)

    note = writing.add_note(ticket, author=agent, text="Kennt den Chef.", at=LATER)

    assert note not in ticket.messages.public()
    assert history(ticket)[-1] == ("message", "note", "Jana Lind", "", "", LATER)


def test_state_is_written_down_once_and_closing_has_its_moment(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)

    changing.change_state(ticket, State.CLOSED, by=agent, at=LATER)
    changing.change_state(ticket, State.CLOSED, by=agent, at=LATER)

    ticket.refresh_from_db()
    assert ticket.closed_at == LATER
    assert history(ticket, "state") == [("state", "", "Jana Lind", "new", "closed", LATER)]


def test_delivery_and_its_failure_are_written_down(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)
    message = writing.reply(ticket, author=agent, text="So geht es.", at=LATER)
    delivered_at, failed_at = LATER + timedelta(seconds=4), LATER + timedelta(days=2)

    outcomes.mark_delivered(message, at=delivered_at)
    outcomes.mark_delivered(message, at=failed_at)
    outcomes.mark_failed(message, cause="550 no such user", at=failed_at)
    outcomes.mark_failed(message, cause="550 no such user", at=failed_at)

    message.refresh_from_db()
    ticket.refresh_from_db()
    assert (message.status, message.delivered_at) == ("failed", delivered_at)
    assert message.error == "550 no such user"
    assert ticket.state == State.OPEN
    assert history(ticket, "delivery", "state")[1:] == [
        ("delivery", "sent", "", "", "", delivered_at),
        ("delivery", "failed", "", "", "550 no such user", failed_at),
        ("state", "", "", "waiting", "open", failed_at),
    ]


def test_success_reported_after_the_bounce_does_not_hide_it(tenant, agent):
    ticket = open_ticket()
    message = writing.reply(ticket, author=agent, text="So geht es.")
    outcomes.mark_failed(message, cause="550 no such user")

    outcomes.mark_delivered(message)

    message.refresh_from_db()
    assert message.status == Message.Status.FAILED


@pytest.mark.parametrize("state", [State.SOLVED, State.CLOSED])
def test_ticket_of_an_answer_that_failed_opens_unless_its_customer_closed_it(tenant, agent, state):
    by_agent, by_customer = open_ticket(), open_ticket()
    lost = writing.reply(by_agent, author=agent, text="So geht es.", state=state)
    late = writing.reply(by_customer, author=agent, text="So geht es.")
    changing.change_state(by_customer, state, by=by_customer.requester)

    outcomes.mark_failed(lost, cause="550 no such user")
    outcomes.mark_failed(late, cause="550 no such user")

    by_agent.refresh_from_db()
    by_customer.refresh_from_db()
    assert (by_agent.state, by_customer.state) == (State.OPEN, state)


def test_confirmation_of_receipt_is_automatic_and_in_the_history(tenant):
    ticket = open_ticket(received_at=MOMENT)

    message = writing.acknowledge(ticket, text="Angekommen.", at=LATER)

    assert (message.is_automatic, message.is_answer, message.author) == (True, False, None)
    assert history(ticket)[1] == ("message", "acknowledgement", "", "", "", LATER)


def test_ticket_opened_for_a_customer_waits_for_them(tenant, agent):
    customer = CustomerFactory()
    new = NewTicket(customer, "Ihr Anruf", "callback", MOMENT, "support@alpha.localhost")

    ticket, message = opening.open_for_customer(new, author=agent, text="Wie besprochen …")

    ticket.refresh_from_db()
    assert (ticket.state, ticket.requester) == (State.WAITING, customer)
    assert (message.kind, message.author, message.recipient) == ("outbound", agent, customer)
    assert history(ticket)[0] == ("opened", "", "Jana Lind", "", "callback", MOMENT)


def test_confirmed_sender_takes_their_tickets_to_their_organisation(tenant):
    customer = CustomerFactory(name="Ben Hof")
    new = NewTicket(customer, "Frage", "email", MOMENT, is_verified=False)
    ticket, _message = opening.open_ticket(new, Content(text="?"))
    before = str(ticket.organisation)
    customer.join(organisation("Teehaus Nord GmbH"))
    customer = User.objects.get(pk=customer.pk)

    senders.confirm_sender(customer, at=LATER)
    senders.confirm_sender(customer, at=LATER)

    ticket.refresh_from_db()
    assert ticket.is_verified
    assert str(ticket.organisation) == "Teehaus Nord GmbH"
    assert history(ticket)[1:] == [("confirmed", "", "Ben Hof", before, "Teehaus Nord GmbH", LATER)]


def test_act_without_a_moment_has_one_moment_for_all_it_writes(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)

    with time_machine.travel(LATER, tick=True):
        message = writing.reply(ticket, author=agent, text="So geht es.")

    ticket.refresh_from_db()
    moments = {at for *_, at in history(ticket, "message", "state")}
    assert moments == {message.sent_at, ticket.updated_at}


ACTS = {
    signals.ticket_opened: lambda ticket, agent: open_ticket(),
    signals.customer_wrote: lambda ticket, agent: writing.add_customer_message(
        ticket,
        author=ticket.requester,
        content=Content(text="Noch etwas", files=(PDF,)),
        channel="email",
        received_at=now(),
    ),
    signals.answered: lambda ticket, agent: writing.reply(ticket, author=agent, text="Ja"),
    signals.queued: lambda ticket, agent: writing.reply(ticket, author=agent, text="Ja"),
    signals.state_changed: lambda ticket, agent: changing.change_state(
        ticket, State.SOLVED, by=agent
    ),
    signals.delivered: lambda ticket, agent: outcomes.mark_delivered(
        ticket.messages.get(kind=Message.Kind.OUTBOUND)
    ),
    signals.delivery_failed: lambda ticket, agent: outcomes.mark_failed(
        ticket.messages.get(kind=Message.Kind.OUTBOUND), cause="550"
    ),
}


@pytest.mark.parametrize(
    "signal",
    ACTS,
    ids=[
        "opened",
        "wrote",
        "answered",
        "queued",
        "state",
        "delivered",
        "failed",
    ],
)
def test_receiver_that_fails_takes_the_whole_act_back(tenant, agent, signal):
    def refuse(**_):
        raise IntegrityError("no")

    ticket = open_ticket()
    writing.reply(ticket, author=agent, text="So geht es.", state=State.WAITING)
    stored = _everything()
    signal.connect(refuse)

    try:
        with pytest.raises(IntegrityError, match="no"), transaction.atomic():
            ACTS[signal](ticket, agent)
    finally:
        signal.disconnect(refuse)

    assert _everything() == stored


def _everything() -> list[list[tuple]]:
    return [
        list(model.objects.order_by("pk").values_list())
        for model in (Ticket, Message, Event, Attachment)
    ]
