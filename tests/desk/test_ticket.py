from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from accounts.models import Team
from desk.forms import ReplyForm
from desk.ticket_page import current_promise
from sla.sweep import sweep_tenant
from tests.factories import AgentFactory, CustomerFactory, open_ticket, organisation
from tickets import assigning, changing, outcomes, writing
from tickets.models import Message, Ticket
from tickets.recording import Content
from tickets.states import State

ACTS = ["reply", "note", "assignment", "team", "state"]
HTMX = {"hx-request": "true"}


def url(name, ticket):
    return reverse(f"desk:{name}", args=[ticket.number])


def last_message(ticket):
    return ticket.messages.order_by("-pk").first()


def customer_writes(ticket, text="Noch etwas."):
    return writing.add_customer_message(
        ticket,
        author=ticket.requester,
        content=Content(text=text),
        channel=ticket.channel,
        received_at=now(),
    )


def test_ticket_shows_thread_customer_promise_and_history(desk):
    customer = CustomerFactory(name="Anna Berg", organisation=organisation(booked="Gold"))
    ticket = open_ticket(customer, subject="Lagerbestand weicht ab", text="Seit heute früh.")

    response = desk.get(url("ticket", ticket))

    page = response.content.decode()
    assert all(text in page for text in ["Lagerbestand weicht ab", "Seit heute früh.", "Anna Berg"])
    assert response.context["promise"].tier.name == "Gold"
    assert response.context["tier"].name == "Gold"
    assert [(line.kind, line.what) for line in response.context["events"]][-1][0] == "opened"
    assert [m.text for m in response.context["thread"] if not m.is_automatic] == [
        "Seit heute früh."
    ]


def test_ticket_runs_a_fixed_number_of_queries(desk, django_assert_num_queries):
    ticket = open_ticket()
    for _ in range(8):
        customer_writes(ticket)
        writing.add_note(ticket, author=AgentFactory(), text="Notiz")
        open_ticket(CustomerFactory(organisation=ticket.organisation))

    with django_assert_num_queries(22):
        desk.get(url("ticket", ticket))


def test_an_open_page_gets_the_parts_but_not_what_is_being_written(desk, ticket):
    response = desk.get(url("ticket", ticket), headers=HTMX)

    page = response.content.decode()
    assert 'id="thread"' in page
    assert 'id="composer"' not in page


@pytest.mark.parametrize("name", ["ticket", "explanation"])
def test_ticket_of_another_tenant_is_not_there(desk, other_tenant, name):
    with schema_context(other_tenant.schema_name):
        Ticket.objects.filter(pk=open_ticket().pk).update(number=777)

    assert desk.get(reverse(f"desk:{name}", args=[777])).status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_nothing_can_be_done_to_a_ticket_of_another_tenant(desk, other_tenant, name):
    with schema_context(other_tenant.schema_name):
        Ticket.objects.filter(pk=open_ticket().pk).update(number=777)

    response = desk.post(reverse(f"desk:{name}", args=[777]), {"text": "x", "state": "closed"})

    assert response.status_code == 404
    with schema_context(other_tenant.schema_name):
        theirs = Ticket.objects.get(number=777)
        assert theirs.state == State.NEW
        assert not theirs.messages.filter(is_automatic=False).exclude(kind="inbound").exists()


@pytest.mark.parametrize("name", ["ticket", "explanation"])
def test_customers_cannot_read_on_the_desk(client, customer, name):
    client.force_login(customer)

    assert client.get(url(name, open_ticket(customer))).status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_customers_cannot_act_on_the_desk(client, customer, name):
    client.force_login(customer)
    ticket = open_ticket(customer)

    response = client.post(url(name, ticket), {"text": "x", "state": "closed", "assignee": ""})

    assert response.status_code == 404
    ticket.refresh_from_db()
    assert ticket.state == State.NEW
    assert not ticket.messages.exclude(kind="inbound").filter(is_automatic=False).exists()


@pytest.mark.parametrize("name", ACTS)
def test_looking_changes_nothing(desk, ticket, name):
    assert desk.get(url(name, ticket)).status_code == 405


def test_a_number_beyond_all_numbers_is_not_there(desk):
    assert desk.get(f"/desk/tickets/{'9' * 40}/").status_code == 404


def test_reply_answers_the_customer_and_the_promise(desk, agent, ticket):
    response = desk.post(
        url("reply", ticket),
        {
            "text": "Guten Tag,\r\nhier ist sie.\r\n",
            "state": "solved",
            "last_message": last_message(ticket).pk,
            "files": SimpleUploadedFile("Rechnung Ä.pdf", b"%PDF", "application/pdf"),
        },
    )

    message = ticket.messages.get(kind=Message.Kind.OUTBOUND, is_automatic=False)
    assert response.status_code == 302
    assert response.url == f"{url('ticket', ticket)}#message-{message.pk}"
    assert (message.text, message.author) == ("Guten Tag,\nhier ist sie.", agent)
    file = message.attachments.get()
    assert (file.filename, file.content_type, file.size) == ("Rechnung Ä.pdf", "application/pdf", 4)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.queue_band) == (State.SOLVED, None)
    assert current_promise(ticket).answer == message


@pytest.mark.parametrize("text", ["", "  \n ", "\x00"])
def test_reply_without_a_text_says_so_and_sends_nothing(desk, ticket, text):
    response = desk.post(url("reply", ticket), {"text": text, "state": "waiting"})

    assert response.status_code == 422
    assert response.context["reply_form"].errors["text"]
    assert not ticket.messages.filter(kind="outbound", is_automatic=False).exists()


def test_reply_keeps_the_text_when_something_else_is_wrong(desk, ticket):
    response = desk.post(url("reply", ticket), {"text": "Lange getippt.", "state": "erledigt"})

    assert response.status_code == 422
    assert "Lange getippt." in response.content.decode()
    assert not ticket.messages.filter(kind="outbound", is_automatic=False).exists()


def test_reply_to_a_ticket_that_moved_on_shows_what_came_and_asks_again(desk, ticket):
    form = {"text": "Meine Antwort.", "state": "waiting", "last_message": last_message(ticket).pk}
    newer = customer_writes(ticket, "Hat sich erledigt!")

    asked = desk.post(url("reply", ticket), form)

    assert asked.status_code == 422
    assert asked.context["newer"] == [newer]
    page = asked.content.decode()
    assert "Meine Antwort." in page
    assert "Hat sich erledigt!" in page
    assert not ticket.messages.filter(kind="outbound", is_automatic=False).exists()

    form["last_message"] = asked.context["reply_form"]["last_message"].value()
    sent = desk.post(url("reply", ticket), form)

    assert sent.status_code == 302
    assert ticket.messages.get(kind="outbound", is_automatic=False).text == "Meine Antwort."


def test_a_confirmation_sent_meanwhile_does_not_hold_an_answer_back(desk, ticket):
    seen = last_message(ticket).pk
    writing.acknowledge(ticket, text="Ihre Nachricht ist da.")

    desk.post(url("reply", ticket), {"text": "Antwort.", "state": "open", "last_message": seen})

    assert ticket.messages.filter(kind="outbound", is_automatic=False).count() == 1


@pytest.mark.parametrize(("name", "kind"), [("reply", "outbound"), ("note", "note")])
def test_a_second_click_sends_nothing_twice(desk, ticket, name, kind):
    form = {"text": "Einmal.", "state": "waiting", "last_message": last_message(ticket).pk}

    first, second = desk.post(url(name, ticket), form), desk.post(url(name, ticket), form)

    assert first.url == second.url
    assert ticket.messages.filter(kind=kind, is_automatic=False).count() == 1


def test_spam_is_not_answered_before_it_is_opened(desk, agent, ticket):
    changing.change_state(ticket, State.SPAM, by=agent)

    response = desk.post(url("reply", ticket), {"text": "Hallo", "state": "waiting"}, follow=True)

    assert "This ticket is spam." in response.content.decode()
    assert response.context["reply_form"] is None
    assert not ticket.messages.filter(kind="outbound", is_automatic=False).exists()


def test_a_closed_ticket_can_be_answered_and_stays_closed(desk, agent, ticket):
    changing.change_state(ticket, State.CLOSED, by=agent)
    offered = desk.get(url("ticket", ticket)).context["reply_form"].fields["state"].choices

    desk.post(url("reply", ticket), {"text": "Nachtrag.", "state": "closed"})

    assert [state for state, _label in offered] == ["open", "closed"]
    ticket.refresh_from_db()
    assert ticket.state == State.CLOSED
    assert ticket.messages.filter(kind="outbound", is_automatic=False).count() == 1


def test_note_stays_inside(desk, agent, ticket):
    response = desk.post(url("note", ticket), {"text": "Bitte zweimal hinsehen."})

    note = ticket.messages.get(kind=Message.Kind.NOTE)
    assert response.url == f"{url('ticket', ticket)}#message-{note.pk}"
    assert (note.text, note.author, note.status) == ("Bitte zweimal hinsehen.", agent, "received")
    ticket.refresh_from_db()
    assert ticket.queue_band is not None


def test_note_without_a_text_opens_the_note_form_again(desk, ticket):
    response = desk.post(url("note", ticket), {"text": " "})

    assert response.status_code == 422
    assert response.context["open_form"] == "note"
    assert not ticket.messages.filter(kind="note").exists()


def test_assignment_is_given_and_taken_back(desk, ticket):
    colleague = AgentFactory(name="Mia Sand")

    desk.post(url("assignment", ticket), {"assignee": colleague.pk})
    ticket.refresh_from_db()
    assert ticket.assignee == colleague

    desk.post(url("assignment", ticket), {"assignee": ""})
    ticket.refresh_from_db()
    assert ticket.assignee is None


@pytest.mark.parametrize("who", ["customer", "gone", "nonsense"])
def test_only_agents_who_are_here_can_be_given_tickets(desk, ticket, who):
    people = {
        "customer": ticket.requester.pk,
        "gone": AgentFactory(is_active=False).pk,
        "nonsense": "abc",
    }

    response = desk.post(url("assignment", ticket), {"assignee": people[who]}, headers=HTMX)

    assert response.status_code == 422
    assert "This person cannot be given tickets." in response.content.decode()
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_team_is_given_and_taken_back_and_the_history_says_so(desk, ticket):
    team = Team.objects.create(name="Versand")

    given = desk.post(url("team", ticket), {"team": team.pk}, headers=HTMX).content.decode()
    ticket.refresh_from_db()
    assert ticket.team == team
    assert "Team: Versand." in given
    assert "Team: – → Versand" in given
    assert f'<option value="{team.pk}" selected>Versand</option>' in given

    taken = desk.post(url("team", ticket), {"team": ""}, follow=True).content.decode()
    ticket.refresh_from_db()
    assert ticket.team is None
    assert "The ticket has no team now." in taken
    assert "Team: Versand → –" in taken


@pytest.mark.parametrize("typed", ["0", "abc", "99999999999999999999"])
def test_a_team_that_is_not_there_gets_no_ticket(desk, ticket, typed):
    Team.objects.create(name="Versand")

    response = desk.post(url("team", ticket), {"team": typed}, headers=HTMX)

    assert response.status_code == 422
    assert "This team does not exist any more." in response.content.decode()
    ticket.refresh_from_db()
    assert ticket.team is None


def test_team_that_is_removed_in_the_same_moment_gets_no_ticket(desk, ticket, monkeypatch):
    def removed(*_given, **_named):
        raise Team.DoesNotExist

    team = Team.objects.create(name="Versand")
    monkeypatch.setattr(assigning, "assign_team", removed)

    response = desk.post(url("team", ticket), {"team": team.pk}, headers=HTMX)

    assert response.status_code == 422
    assert "This team does not exist any more." in response.content.decode()


def test_without_any_team_there_is_nothing_to_choose(desk, ticket):
    assert url("team", ticket) not in desk.get(url("ticket", ticket)).content.decode()


def test_state_changes_and_the_page_gets_its_new_parts(desk, agent, ticket):
    response = desk.post(url("state", ticket), {"state": "spam"}, headers=HTMX)

    assert response.status_code == 200
    assert response.context["ticket"].state == State.SPAM
    ticket.refresh_from_db()
    assert (ticket.state, ticket.queue_band) == (State.SPAM, None)


def test_state_goes_only_where_there_is_a_way(desk, agent, ticket):
    changing.change_state(ticket, State.CLOSED, by=agent)

    response = desk.post(url("state", ticket), {"state": "solved"}, headers=HTMX)

    assert response.status_code == 422
    assert "The ticket cannot go to this state from here." in response.content.decode()
    ticket.refresh_from_db()
    assert ticket.state == State.CLOSED


def test_a_wrong_state_without_htmx_leads_back_to_the_page(desk, ticket):
    response = desk.post(url("state", ticket), {"state": "unknown"})

    assert (response.status_code, response.url) == (302, url("ticket", ticket))


def test_explanation_adds_up_to_what_was_promised(desk):
    ticket = open_ticket(CustomerFactory(organisation=organisation(booked="Silber")))

    whole = desk.get(url("explanation", ticket))
    part = desk.get(url("explanation", ticket), headers=HTMX)

    assert whole.context["seconds"] == 8 * 3600
    assert part.content.decode().lstrip().startswith("<div")
    assert "8 h" in part.content.decode()


def test_an_answer_that_did_not_arrive_is_pointed_out(desk, agent, ticket):
    answer = writing.reply(ticket, author=agent, text="Hier.")
    outcomes.mark_failed(answer, cause="550 no such user")

    response = desk.get(url("ticket", ticket))

    assert response.context["failed"] == answer
    assert "550 no such user" in response.content.decode()


def test_an_answer_that_waits_for_too_long_is_pointed_out(desk, agent, ticket):
    answer = writing.reply(ticket, author=agent, text="Hier.")

    assert desk.get(url("ticket", ticket)).context["slow"] is None

    Message.objects.filter(pk=answer.pk).update(sent_at=now() - timedelta(minutes=16))
    assert desk.get(url("ticket", ticket)).context["slow"] == answer


def test_a_hint_stands_on_the_ticket(desk, ticket):
    Ticket.objects.filter(pk=ticket.pk).update(hint="Antwortet auf #7, gehört aber nicht dazu.")

    assert "gehört aber nicht dazu" in desk.get(url("ticket", ticket)).content.decode()


def test_what_a_customer_writes_is_shown_as_text(desk):
    ticket = open_ticket(subject="<b>fett</b>", text="<script>alert(1)</script>")

    page = desk.get(url("ticket", ticket)).content.decode()

    assert "<script>alert" not in page
    assert "<b>fett</b>" not in page


def test_answer_to_a_ticket_that_is_moved_in_the_same_moment_is_kept_in_its_form(
    desk, ticket, monkeypatch
):
    """The customer closes it between the form's check and the answer."""
    is_valid = ReplyForm.is_valid

    def closed_meanwhile(form):
        valid = is_valid(form)
        changing.change_state(ticket, State.CLOSED, by=ticket.requester)
        return valid

    monkeypatch.setattr(ReplyForm, "is_valid", closed_meanwhile)

    response = desk.post(url("reply", ticket), {"text": "Lange getippt.", "state": "waiting"})

    assert response.status_code == 422
    assert "Lange getippt." in response.content.decode()
    offered = response.context["reply_form"].fields["state"].choices
    assert [state for state, _label in offered] == ["open", "closed"]
    assert not ticket.messages.filter(kind="outbound", is_automatic=False).exists()


@pytest.mark.parametrize(
    ("state", "by_customer", "said"),
    [(State.CLOSED, True, "Guarantee missed"), (State.SPAM, False, "Marked as spam")],
)
def test_ticket_that_ended_unanswered_is_not_called_answered(desk, agent, state, by_customer, said):
    customer = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = open_ticket(customer, received_at=now() - timedelta(days=10))
    sweep_tenant(now())
    changing.change_state(ticket, state, by=customer if by_customer else agent)

    page = desk.get(url("ticket", ticket)).content.decode()

    assert "Answered after the due moment" not in page
    assert said in page
