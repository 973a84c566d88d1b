"""Texts that grow when they are made ready to be searched."""

from __future__ import annotations

import time

from helpdesk.fulltext import INDEXED_CHARACTERS, fold
from tests.factories import CustomerFactory, open_ticket
from tickets.models import Ticket


def test_letters_that_unfold_into_words_are_taken_in(tenant):
    # One such sign unfolds into six letters: so many are more than a tsvector holds.
    words = " ".join(chr(0x4E00 + number) + "\u3316" * 110 for number in range(540))

    ticket = open_ticket(CustomerFactory(), subject="Seltsame Zeichen", text=words)

    assert list(Ticket.objects.matching("seltsame")) == [ticket]


def test_a_letter_under_a_tower_of_marks_is_folded_quickly():
    # Putting marks into their order takes time quadratic in the length of their run (UAX #15).
    tower = "a" + "\u0301\u0316" * (INDEXED_CHARACTERS // 2)

    started = time.process_time()
    folded = fold(tower)

    assert folded == "a"
    assert time.process_time() - started < 1


def test_a_long_text_is_folded_as_its_words_are():
    words = ["Köln", "ko\u0308nnen", "Straße", "Café"] * 2000

    assert fold(" ".join(words)).split() == [fold(word) for word in words]
