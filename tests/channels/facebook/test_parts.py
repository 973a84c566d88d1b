"""A text in parts: nothing of it is lost, and no part is too long, whatever Meta calls long."""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context
from hypothesis import given
from hypothesis import strategies as st

from channels.facebook import parts

WORDS = st.text(st.sampled_from("ab .!?\n😀é\u0301\u200d👩‍💻"), max_size=400)


def squeezed(text):
    return "".join(text.split())


@given(WORDS, st.integers(5, 60))
def test_the_parts_say_all_of_it_and_none_is_too_long(text, longest):
    found = parts.split(text, longest)

    assert squeezed("".join(found)) == squeezed(text)
    assert all(0 < parts.length(one) <= longest for one in found)
    assert all(one == one.strip() for one in found)


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 2000, 1), ("a" * 2001, 2), ("😀" * 1000, 1), ("😀" * 1000 + "a", 2), ("", 0)],
)
def test_two_thousand_characters_are_one_part(text, count):
    assert len(parts.split(text)) == count


def test_a_text_is_cut_at_the_end_of_a_sentence():
    text = "Erster Satz. " + "Zweiter Satz! " * 3 + "Dritter, der nicht mehr ganz passt, leider."

    assert parts.split(text, 70)[0] == "Erster Satz. Zweiter Satz! Zweiter Satz! Zweiter Satz!"


def test_a_text_is_rather_cut_at_a_paragraph():
    assert parts.split("Eins. Zwei. Drei.\n\nVier. Fünf. Sechs.", 25) == [
        "Eins. Zwei. Drei.",
        "Vier. Fünf. Sechs.",
    ]


def test_a_word_without_an_end_is_cut_where_it_must_be():
    assert parts.split("x" * 45, 20) == ["x" * 20, "x" * 20, "x" * 5]


def test_no_part_begins_in_the_middle_of_a_letter():
    text = "e\u0301" * 20

    assert all(not one.startswith("\u0301") for one in parts.split(text, 5))


def test_a_mark_means_something_only_where_it_was_made(tenant, other_tenant):
    mark = parts.mark(42)

    assert parts.marked(mark) == 42
    assert parts.marked(mark.replace("42", "43")) is None
    with schema_context(other_tenant.schema_name):
        assert parts.marked(mark) is None
