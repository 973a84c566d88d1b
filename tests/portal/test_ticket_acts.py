"""Reopening, the explanation in a list, the PDF, and the cuts of a list."""

import uuid

import pytest
from django.urls import reverse

from sla.models import Promise
from tests.factories import open_ticket
from tickets import outcomes, writing
from tickets.recording import File
from tickets.states import State


@pytest.fixture
def ticket(anna):
    return open_ticket(anna)


def url(name, ticket):
    return reverse(f"portal:{name}", args=[ticket.number])


def test_a_press_opens_a_done_ticket_again_with_a_promise(portal, ticket, agent):
    writing.reply(ticket, author=agent, text="Erledigt.", state=State.SOLVED)
    form = {"form_id": str(uuid.uuid4())}

    portal.post(url("reopening", ticket), form)
    portal.post(url("reopening", ticket), form)

    ticket.refresh_from_db()
    assert ticket.state == State.OPEN
    assert ticket.messages.filter(kind="inbound").count() == 2
    assert ticket.queue_band is not None
    assert Promise.objects.filter(ticket=ticket, answered_at=None, end_cause="").exists()


def test_what_is_open_is_not_opened_again(portal, ticket):
    portal.post(url("reopening", ticket))

    assert ticket.messages.filter(kind="inbound").count() == 1


def test_the_explanation_comes_into_the_list_and_as_a_page(portal, ticket, agent):
    part = portal.get(url("explanation", ticket), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "Due on" in part.content.decode()
    assert "<html" in portal.get(url("explanation", ticket)).content.decode()

    writing.reply(ticket, author=agent, text="Erledigt.", state=State.SOLVED)
    outcomes.mark_delivered(ticket.messages.get(kind="outbound"))
    assert portal.get(url("explanation", ticket)).url == url("ticket", ticket)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"new", "waiting", "solved"}),
        ("?state=open", {"new", "waiting"}),
        ("?state=mine", {"waiting"}),
        ("?state=done", {"solved"}),
        ("?state=xyz&whose=abc", {"new", "waiting", "solved"}),
        ("?q=Birnen", {"solved"}),
        ("?q=Birnen&state=mine", set()),
    ],
)
def test_the_list_is_cut_down(portal, anna, agent, query, expected):
    open_ticket(anna, subject="Äpfel")
    waiting = open_ticket(anna, subject="Quitten")
    writing.reply(waiting, author=agent, text="Und?")
    solved = open_ticket(anna, subject="Birnen")
    writing.reply(solved, author=agent, text="So.", state=State.SOLVED)

    shown = portal.get(f"/tickets/{query}").context["tickets"]

    assert {one.state for one in shown} == expected


def test_pages_keep_what_the_list_is_cut_down_to(portal, anna, monkeypatch):
    monkeypatch.setattr("portal.ticket_list.PAGE", 1)
    for _ in range(2):
        open_ticket(anna, subject="Birnen")

    page = portal.get("/tickets/?q=Birnen&state=open")

    assert "q=Birnen" in page.context["next_page"]
    assert "state=open" in page.context["next_page"]
    assert len(portal.get(page.context["next_page"]).context["tickets"]) == 1


def test_a_ticket_as_pdf_holds_what_is_public(portal, anna, agent):
    files = (File("Plan Größe.pdf", "application/pdf", b"x"),)
    ticket = open_ticket(
        anna, subject="#set page() *Ä* ☃", text="Zeile\n\n" + "x" * 300, files=files
    )
    writing.add_note(ticket, author=agent, text="Geheim")
    writing.reply(ticket, author=agent, text="Antwort")

    response = portal.get(url("ticket_pdf", ticket))

    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert f"{ticket.number}.pdf" in response["Content-Disposition"]


def test_the_pdf_of_a_long_conversation_is_cut(portal, anna, monkeypatch):
    from portal import ticket_pdf

    monkeypatch.setattr(ticket_pdf, "MOST_CHARACTERS", 20)
    ticket = open_ticket(anna, text="a" * 50)

    document = ticket_pdf._document(ticket, ticket_pdf.Supplier.current())

    assert document["messages"][0]["lines"] == ["a" * 20]
    assert document["rest"]


def test_a_form_sent_by_htmx_is_led_to_its_message(portal, ticket):
    form = {"text": "Noch etwas", "form_id": str(uuid.uuid4())}

    here = {
        "HX-Request": "true",
        "HX-Current-URL": f"http://a.test{url('ticket', ticket)}#message-1",
    }
    response = portal.post(url("reply", ticket), form, headers=here)

    assert response.status_code == 204
    # Only the fragment differs: without it the browser would stay where it is.
    assert response["HX-Refresh"] == "true"
    assert f"/tickets/{ticket.number}/#message-" in response["HX-Redirect"]
