"""Which words on the wall ask for an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.facebook.questions import is_question


@pytest.mark.parametrize(
    "text",
    [
        "Wann habt ihr offen?",
        "wann habt ihr offen",
        "Hallo liebes Team, wie lange dauert der Versand",
        "Guten Tag. Könnt ihr mir sagen ob das Etikett gedruckt wird",
        "Für wen ist das gedacht ?",
        "Hilfe",
        "HILFE!!! Nichts geht mehr",
        "Ich habe ein Problem mit der Rechnung.",
        "Der Import geht nicht",
        "Störung bei der Schnittstelle",
        "When do you open",
        "Hi, is it possible to pay by invoice",
        "It doesn't work",
        "Please help",
        "¿Qué？",
    ],
)
def test_who_asks_or_needs_help_asks_a_question(text):
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "Super, danke euch!",
        "Tolle Sache. Gefällt mir sehr.",
        "https://example.com/?id=5",
        "Schaut mal www.example.com/seite?x=1",
        "Was",
        "Ich war gestern bei euch, sehr nett",
        "Great product, love it",
        "Endlich ist das da",
    ],
)
def test_praise_and_addresses_are_none(text):
    assert not is_question(text)


@given(st.text())
def test_a_question_mark_makes_any_words_a_question(text):
    assert is_question(f"{text} ?")


@given(st.text())
def test_neither_case_nor_space_around_it_matters(text):
    assert is_question(text.upper()) == is_question(f"  {text.upper().lower()}\n") or "?" in text
