"""What is somebody's is found in an answer and replaced; the rest stays letter by letter."""

from __future__ import annotations

import pytest

from faq.anonymise import pieces, without_people
from tests.factories import CustomerFactory, open_ticket, organisation
from tickets import writing


@pytest.fixture
def ticket(tenant, agent):
    person = CustomerFactory(
        name="Anna von Berg",
        email="anna@teehaus.example",
        organisation=organisation("Teehaus Nord GmbH & Co. KG"),
    )
    ticket = open_ticket(person)
    writing.reply(ticket, author=agent, text="Hallo")
    return ticket


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("Guten Tag Frau Berg,", "Guten Tag Frau [Name],"),
        ("Hallo ANNA VON BERG!", "Hallo [Name]!"),
        ("Bergs Lager", "[Name] Lager"),
        ("Bergbau bleibt, von Hand", "Bergbau bleibt, von Hand"),
        ("an anna@teehaus.example gesendet", "an [E-Mail-Adresse] gesendet"),
        ("Rufen Sie 0221 / 49 12 345 an", "Rufen Sie [Telefonnummer] an"),
        ("für Teehaus Nord und Teehaus Nord GmbH & Co. KG", "für [Firma] und [Firma]"),
        ("DE89 3704 0044 0532 0130 00", "[Kontonummer]"),
        ("Viele Grüße\nJana Lind", "Viele Grüße\n[Name]"),
        ("Stellen Sie 24 Stunden und 3 Kopien ein.", "Stellen Sie 24 Stunden und 3 Kopien ein."),
    ],
)
def test_people_are_replaced(ticket, written, proposed):
    assert without_people(written, ticket) == proposed
    assert "".join(piece.text for piece in pieces(written, ticket)) == written


def test_number_of_the_ticket_is_replaced(ticket):
    ticket.number = 100412

    assert without_people("Ticket #100412, also 100412.", ticket) == (
        "Ticket [Ticketnummer], also [Ticketnummer]."
    )
