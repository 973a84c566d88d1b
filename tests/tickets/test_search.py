"""Finding tickets by what was said in them."""

from __future__ import annotations

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from helpdesk.fulltext import fold
from tests.factories import CustomerFactory, open_ticket
from tickets import writing
from tickets.models import Ticket


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("Die Lieferung nach Köln fehlt", "Köln"),
        ("Die Lieferung nach Köln fehlt", "koeln"),
        ("Die Lieferung nach Koeln fehlt", "KÖLN"),
        ("Unsere Straße ist falsch", "strasse"),
        ("STRASSE", "Straße"),
        ("Ein Cafe\u0301 am Platz", "cafe"),
        ("Die Rechnungen stimmen nicht", "Rechnung"),
        ("Eine Rechnung", "Rechnungen"),
        ("Der Drucker druckte nichts", "druckt drucker"),
        ("Überweisung über 20 €", "überweisung"),
        ("Fehler 0x80070005 beim Start", "0x80070005"),
        ("Bestellung AB-2026-118 storniert", "AB-2026-118"),
        ("Import der Artikelliste bricht ab", '"Import der Artikelliste"'),
        ("Import der Artikelliste bricht ab", "Import -Rechnung"),
    ],
)
def test_words_are_found_whatever_their_form(tenant, written, wanted):
    ticket = open_ticket(subject="Frage", text=written)

    assert list(Ticket.objects.matching(wanted)) == [ticket]


@pytest.mark.parametrize(
    "wanted", ['"Artikelliste Import"', "Import -Artikelliste", "Gutschrift", "", "   "]
)
def test_what_does_not_match_is_not_found(tenant, wanted):
    open_ticket(subject="Frage", text="Import der Artikelliste bricht ab")

    assert not Ticket.objects.matching(wanted).exists()


def test_subject_name_and_organisation_are_searched_too(tenant):
    customer = CustomerFactory(name="Gülsüm Yıldız", email="gy@teehaus-nord.example")
    ticket = open_ticket(customer, subject="Etikettendruck", from_address=customer.email)

    for wanted in ("etikettendruck", "Gülsüm", "gy@teehaus-nord.example"):
        assert list(Ticket.objects.matching(wanted)) == [ticket]


def test_number_finds_its_ticket_with_and_without_its_sign(tenant):
    ticket = open_ticket()

    assert list(Ticket.objects.matching(f"#{ticket.number}")) == [ticket]
    assert list(Ticket.objects.matching(f" {ticket.number} ")) == [ticket]
    assert not Ticket.objects.matching("9" * 30).exists()


def test_answers_and_notes_are_found_and_the_ticket_only_once(tenant, agent):
    ticket = open_ticket(text="Frage zum Zebrastreifen")
    writing.add_note(ticket, author=agent, text="Zebrastreifen: siehe Handbuch")
    writing.reply(ticket, author=agent, text="Der Zebrastreifen ist weiß.")

    assert list(Ticket.objects.matching("Zebrastreifen")) == [ticket]
    assert list(Ticket.objects.matching("Handbuch")) == [ticket]


def test_search_stays_in_its_tenant(tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        open_ticket(text="Quarzglas")

    assert not Ticket.objects.matching("Quarzglas").exists()


def test_text_of_a_megabyte_and_words_without_end_can_be_stored(tenant):
    ticket = open_ticket(text="wort" * 300_000 + " \x00 nadel".replace("\x00", ""))

    assert ticket.messages.get().text.endswith("nadel")


MESSAGES = """
INSERT INTO tickets_message (ticket_id, kind, channel, author_id, is_automatic, from_address, text,
    reply_text, html, sent_at, message_id, in_reply_to, "references", search, status,
    attempts, error)
SELECT ticket_id, kind, channel, author_id, is_automatic, from_address, text,
    reply_text, html, sent_at, '', '', '', to_tsvector('german', 'Heu ' || n), status, 0, ''
FROM tickets_message, generate_series(1, 5000) AS n
"""


def test_search_reads_the_inverted_index(tenant):
    ticket = open_ticket(text="Nadel")
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES)
        # What waits in the index's pending list makes the planner shy away from it.
        cursor.execute("SELECT gin_clean_pending_list('message_search')")
        cursor.execute("ANALYZE tickets_message")

    plan = Ticket.objects.matching("nadel").explain()

    assert list(Ticket.objects.matching("nadel")) == [ticket]
    assert "Bitmap Index Scan on message_search" in plan
    assert "Seq Scan on tickets_message" not in plan


def test_folding_is_stable():
    assert fold("Ärger mit Öl, Übel & Maß — Łódź") == "aerger mit oel, uebel & mass — łodz"
    assert fold(fold("Füße")) == fold("Füße") == "fuesse"
