"""The ways between the states, as they stand in one table."""

from __future__ import annotations

from itertools import product

import pytest
from django.utils import translation

from tests.factories import open_ticket
from tickets import changing
from tickets.models import Event, Ticket
from tickets.states import TRANSITIONS, State, TransitionError, check

POSSIBLE = {
    ("new", "open"),
    ("new", "waiting"),
    ("new", "solved"),
    ("new", "closed"),
    ("new", "spam"),
    ("open", "waiting"),
    ("open", "solved"),
    ("open", "closed"),
    ("open", "spam"),
    ("waiting", "open"),
    ("waiting", "solved"),
    ("waiting", "closed"),
    ("waiting", "spam"),
    ("solved", "open"),
    ("solved", "closed"),
    ("solved", "spam"),
    ("closed", "open"),
    ("spam", "open"),
}


def test_table_names_every_way():
    assert {(before, after) for before in TRANSITIONS for after in TRANSITIONS[before]} == POSSIBLE


@pytest.mark.parametrize(("before", "after"), list(product(State.values, repeat=2)))
def test_state_changes_along_the_table_and_nowhere_else(tenant, agent, before, after):
    ticket = open_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(state=before)

    if (before, after) in POSSIBLE or before == after:
        changing.change_state(ticket, State(after), by=agent)
    else:
        with pytest.raises(TransitionError, match=f"{before} → {after}"):
            changing.change_state(ticket, State(after), by=agent)

    ticket.refresh_from_db()
    reached = after if (before, after) in POSSIBLE else before
    assert ticket.state == reached
    assert (ticket.closed_at is not None) == (reached in {"closed", "spam"} and before != reached)


def test_check_says_which_step_is_impossible():
    with pytest.raises(TransitionError) as error:
        check("spam", "closed")

    assert (error.value.before, error.value.after) == ("spam", "closed")


@pytest.mark.parametrize(("language", "word"), [("en", "Call"), ("de", "Rückruf")])
def test_the_history_names_a_call_as_its_page_does(language, word):
    with translation.override(language):
        assert Event.Kind.CALL.label == word
