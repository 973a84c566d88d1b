"""German and English are found in one text, as somebody types, and shown with what was found."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Value

from helpdesk.fulltext import Document, around, excerpt, highlight, query
from tickets.models import Message

TEXT = "Die Rechnungen für Köln; shipping labels are printed. Straße. Automatische Abholung AB-118"


def is_found(text: str, words: str, **options: bool) -> bool:
    """Ask PostgreSQL itself: the vector of one text against the query."""
    vector, values = Document("Titel", text).as_sql(None, connection)
    asked = query(words, **options).resolve_expression(Message.objects.all().query)
    sql, more = Message.objects.all().query.get_compiler("default").compile(asked)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({vector}) @@ ({sql})", [*values, *more])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "words",
    [
        "Rechnung",
        "rechnungen köln",
        "KOELN",
        "koel",
        "strasse",
        "label",
        "shipped print",
        "Rechnung label",
        "automati",
        "AB-118",
        '"shipping label"',
        "Rechnung die",
        "Rechnung -Gutschrift",
        "titel",
    ],
)
def test_words_are_found_in_either_language(tenant, words):
    assert is_found(TEXT, words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "  ",
        "-Rechnung",
        "Rechnung -label",
        "label -Rechnung",
        "Gutschrift",
        "'",
        "& | !",
        "\x00",
    ],
)
def test_what_does_not_match_or_asks_nothing_is_not_found(tenant, words):
    assert not is_found(TEXT, words)


@pytest.mark.parametrize(
    "words", ["a'b", "a\\", "'a':*", "a & b | !c", "(((a", '"a', "-", "<->", ":*", "a" * 5000]
)
def test_no_input_breaks_the_query(tenant, words):
    assert is_found(TEXT, words) in {True, False}


def test_beginning_is_found_only_while_somebody_types(tenant):
    assert is_found(TEXT, "abho")
    assert not is_found(TEXT, "abho", prefix=False)
    assert not is_found(TEXT, "au")


def test_excerpt_shows_the_hit_in_its_surroundings_and_nothing_runs():
    text = "Vorher. " * 60 + "<b>Die Größe</b> der Kartons " + "danach " * 60

    shown = excerpt(text, "groesse")

    assert shown.startswith("… Vorher.")
    assert "&lt;b&gt;Die <mark>Größe</mark>&lt;/b&gt; der Kartons" in shown
    assert shown.endswith(" …")
    assert excerpt("kurz & gut", "nichts") == "kurz &amp; gut"
    assert excerpt("", "nichts") == ""


def test_highlight_marks_every_form_of_a_word():
    assert (
        highlight("Rechnung & Rechnungen", "rechnungen -und")
        == "<mark>Rechnung</mark> &amp; <mark>Rechnungen</mark>"
    )


def test_query_is_read_by_the_search_lookup(tenant):
    assert not Message.objects.filter(search=query("Rechnung -Köln")).annotate(x=Value(1)).exists()


def test_the_part_around_the_first_hit_is_bounded():
    text = "eins " * 500 + "Überweisung " + "zwei " * 500

    part = around(text, "überweisungen", 400)

    assert len(part) == 400
    assert "Überweisung" in part
    assert around("kurz", "nichts", 400) == "kurz"
    assert around(text, "nichts", 400) == text[:400]
