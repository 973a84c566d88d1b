"""Answers to the wall: in public or in private as their writer chose, and each at most once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from channels import outbox
from channels.facebook import moderation, outbound, settling, wall_answers, wall_own
from channels.facebook.errors import GraphError
from channels.facebook.wall_answers import Way
from channels.models import FacebookObject, FacebookPerson
from desk import answering
from sla.services import open_promise
from tickets import outcomes
from tickets.delivery import CLAIM_LASTS
from tickets.models import Message, Ticket
from tickets.states import State

Status = Message.Status


@pytest.fixture
def news(facebook):
    """A post of the page's own."""
    page = facebook.page.page_id
    post = facebook.standin.wall.post(page, page, "Unser neuer Tee ist da.")
    facebook.arrive()
    return post


@pytest.fixture
def comment(facebook, news):
    """Eva asks below it."""
    comment = facebook.standin.wall.comment(news, facebook.eva, "Gibt es den lose?")
    facebook.arrive()
    return comment


@pytest.fixture
def ticket(comment) -> Ticket:
    return Ticket.objects.get()


@pytest.fixture
def answer(ticket, agent):
    """Answers the ticket as the desk does."""

    def write(way, text="Ja, im Laden.", on=ticket):
        choice = wall_answers.choice_of(on)
        refusal = wall_answers.why_not(choice, way, text, has_files=False)
        assert refusal == ""
        return answering.answer(
            on,
            by=agent,
            text=text,
            files=[],
            state=State.WAITING,
            last_seen=None,
            prepare=lambda message: wall_answers.write_down(choice, message, way),
        )

    return write


def reread(message):
    message.refresh_from_db()
    return message


def below(facebook, entry):
    """What the page has commented below a post or comment."""
    entries = facebook.standin.world.entries.values()
    return [one.message for one in entries if one.parent_id == entry and one.is_own]


def later(**time):
    return time_machine.travel(now() + timedelta(**time), tick=True)


def test_a_public_answer_is_a_comment_and_keeps_the_promise(facebook, ticket, comment, answer):
    message = answer(Way.PUBLIC)

    facebook.send()

    assert below(facebook, comment) == ["Ja, im Laden."]
    assert facebook.received() == []
    assert reread(message).status == Status.SENT
    assert ticket.promises.get().is_kept


def test_our_own_comment_that_comes_back_is_no_new_message(facebook, ticket, comment, answer):
    answer(Way.PUBLIC)
    facebook.send()

    [record] = facebook.arrive()

    assert record.status == "duplicate"
    assert ticket.messages.count() == 2


def test_a_private_answer_goes_to_the_writer_and_goes_on_in_the_ticket(facebook, ticket, answer):
    message = answer(Way.PRIVATE)
    facebook.send()
    facebook.arrive()
    facebook.write("Danke! Was kostet er?")

    assert reread(message).status == Status.SENT
    assert facebook.received() == ["Ja, im Laden."]
    assert Ticket.objects.get() == ticket
    assert ticket.messages.count() == 3
    person = FacebookPerson.objects.get()
    assert (person.psid, bool(person.author_id)) == (facebook.psid, True)


def test_once_they_write_to_each_other_private_answers_are_direct_messages(
    facebook, ticket, answer
):
    answer(Way.PRIVATE)
    facebook.send()
    facebook.write("Was kostet er?")

    choice = wall_answers.choice_of(ticket)
    assert (choice.usual, choice.is_conversation) == (Way.PRIVATE, True)
    answer(Way.PRIVATE, "Vier Euro.")
    facebook.send()

    assert facebook.received() == ["Ja, im Laden.", "Vier Euro."]


def test_a_second_private_answer_waits_for_theirs(facebook, ticket, answer):
    answer(Way.PRIVATE)
    facebook.send()

    choice = wall_answers.choice_of(ticket)

    assert "schon privat geantwortet" in choice.why_not_private


@pytest.mark.parametrize(("days", "can"), [(6.99, True), (7.01, False)])
def test_after_seven_days_there_is_no_private_answer(facebook, ticket, days, can):
    with later(days=days):
        choice = wall_answers.choice_of(ticket)

    assert (choice.why_not_private == "") is can


def test_facebook_may_refuse_a_private_answer_beforehand(facebook, ticket, comment, answer):
    facebook.standin.world.entries[comment].was_answered_privately = True
    message = answer(Way.PRIVATE)

    facebook.send()

    assert reread(message).status == Status.FAILED
    assert "nicht mehr privat antworten" in message.error
    assert "messages" not in [one["name"] for one in facebook.standin.calls.seen]
    assert open_promise(ticket) is not None


def test_a_comment_waits_for_its_permission_and_stops_nothing_else(
    facebook, ticket, comment, answer
):
    facebook.standin.staff.lose_permission(facebook.page.page_id, "pages_manage_engagement")
    message = answer(Way.PUBLIC)

    facebook.send()

    assert reread(message).status == Status.QUEUED
    assert "pages_manage_engagement" in message.error
    facebook.page.refresh_from_db()
    assert facebook.page.state == "active"
    assert not below(facebook, comment)


def test_an_answer_that_nobody_chose_a_way_for_never_becomes_public(facebook, ticket, agent):
    message = answering.answer(
        ticket, by=agent, text="Privates", files=[], state=State.WAITING, last_seen=None
    )

    facebook.send()

    assert reread(message).status == Status.FAILED
    entries = facebook.standin.world.entries.values()
    assert [one.message for one in entries if one.is_own] == ["Unser neuer Tee ist da."]


def test_a_private_answer_may_be_one_message_only(facebook, ticket):
    choice = wall_answers.choice_of(ticket)

    assert wall_answers.why_not(choice, Way.PRIVATE, "x" * 2000, has_files=False) == ""
    assert "2000" in wall_answers.why_not(choice, Way.PRIVATE, "x" * 2001, has_files=False)
    assert wall_answers.why_not(choice, Way.PRIVATE, "x", has_files=True)
    assert wall_answers.why_not(choice, Way.PUBLIC, "x", has_files=True)


@pytest.mark.parametrize("kind", ["cut", "html"])
def test_after_a_lost_answer_of_facebook_the_comment_is_looked_for(
    facebook, ticket, comment, answer, kind
):
    facebook.standin.deliveries.hold()
    message = answer(Way.PUBLIC)
    facebook.standin.failures.plan(on="comments", kind=kind, after=True)

    facebook.send()
    assert reread(message).status == Status.UNCLEAR
    with later(hours=3):
        facebook.send()
    assert below(facebook, comment) == ["Ja, im Laden."]
    facebook.standin.deliveries.release()
    facebook.arrive()

    assert reread(message).status == Status.SENT
    assert below(facebook, comment) == ["Ja, im Laden."]
    assert ticket.messages.count() == 2
    assert ticket.promises.get().is_kept


@pytest.mark.parametrize("was_sent", [True, False])
def test_a_worker_killed_while_sending_never_comments_twice(
    facebook, ticket, comment, answer, monkeypatch, was_sent
):
    facebook.standin.deliveries.hold()
    message, send = answer(Way.PUBLIC), wall_answers.send

    def killed(*values, **more):
        if was_sent:
            send(*values, **more)
        raise SystemExit

    monkeypatch.setattr(outbound.wall_answers, "send", killed)
    with pytest.raises(SystemExit):
        outbox.send_message(message.pk)
    monkeypatch.undo()
    with later(seconds=CLAIM_LASTS.total_seconds() + 60):
        facebook.send()

    assert below(facebook, comment) == ["Ja, im Laden."] * was_sent
    assert reread(message).status == (Status.SENT if was_sent else Status.UNCLEAR)


def test_sent_again_by_an_agent_what_is_there_already_is_found(facebook, ticket, comment, answer):
    facebook.standin.deliveries.hold()
    message = answer(Way.PUBLIC)
    facebook.standin.failures.plan(on="comments", kind="cut", after=True)
    facebook.send()

    settling.settle(reread(message), has_arrived=False, at=now())
    facebook.send()

    assert below(facebook, comment) == ["Ja, im Laden."]
    assert reread(message).status == Status.SENT


def test_the_echo_of_a_private_answer_in_doubt_settles_it(facebook, ticket, answer):
    facebook.standin.deliveries.hold()
    message = answer(Way.PRIVATE)
    facebook.standin.failures.plan(on="messages", kind="cut", after=True)
    facebook.send()
    assert reread(message).status == Status.UNCLEAR
    facebook.standin.deliveries.release()
    facebook.arrive()

    facebook.write("Danke")

    assert reread(message).status == Status.SENT
    assert Ticket.objects.get() == ticket
    assert facebook.received() == ["Ja, im Laden."]


def test_hiding_is_done_at_facebook_and_stands_in_the_history(facebook, ticket, comment, agent):
    stored = FacebookObject.objects.get(external_id=comment)

    moderation.hide(stored, is_hidden=True, by=agent)
    facebook.arrive()

    assert facebook.standin.world.entries[comment].is_hidden
    stored.refresh_from_db()
    assert stored.state == "hidden"
    [event] = ticket.events.filter(what="hidden")
    assert event.actor == agent
    moderation.hide(stored, is_hidden=False, by=agent)
    assert not facebook.standin.world.entries[comment].is_hidden


def test_what_facebook_does_not_hide_is_not_said_to_be_hidden(facebook, ticket, comment, agent):
    facebook.standin.staff.lose_permission(facebook.page.page_id, "pages_manage_engagement")
    stored = FacebookObject.objects.get(external_id=comment)

    with pytest.raises(GraphError):
        moderation.hide(stored, is_hidden=True, by=agent)

    stored.refresh_from_db()
    assert stored.state == "visible"
    # Direct messages go on.
    facebook.page.refresh_from_db()
    assert facebook.page.state == "active"


def test_what_the_page_says_cannot_be_hidden(facebook, news, agent):
    with pytest.raises(moderation.CannotHideError):
        moderation.hide(FacebookObject.objects.get(external_id=news), is_hidden=True, by=agent)


def test_a_comment_from_elsewhere_keeps_the_promise_once_somebody_vouches(
    facebook, ticket, comment, agent
):
    facebook.standin.wall.comment(comment, facebook.page.page_id, "Ja, im Laden.")
    facebook.arrive()
    stored = FacebookObject.objects.get(is_own=True, kind="comment")

    assert wall_own.vouch(stored, by=agent)
    assert not wall_own.vouch(stored, by=agent)

    promise = ticket.promises.get()
    assert promise.is_kept
    assert promise.answered_at == stored.message.sent_at
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING
    assert ticket.events.get(what="vouched").actor == agent


def test_a_comment_that_nobody_vouched_for_takes_no_refused_answers_place(
    facebook, ticket, comment, answer
):
    facebook.standin.wall.comment(comment, facebook.page.page_id, "Schau ins FAQ! (Bot)")
    facebook.arrive()
    message = answer(Way.PUBLIC)

    outcomes.mark_failed(message, cause="refused")

    assert ticket.promises.get().is_open
    ticket.refresh_from_db()
    assert not ticket.has_been_answered


def test_a_comment_that_somebody_vouched_for_counts_as_a_humans(facebook, ticket, comment, agent):
    facebook.standin.wall.comment(comment, facebook.page.page_id, "Ja, im Laden.")
    facebook.arrive()
    assert not ticket.has_been_answered

    wall_own.vouch(FacebookObject.objects.get(is_own=True, kind="comment"), by=agent)

    assert ticket.has_been_answered
