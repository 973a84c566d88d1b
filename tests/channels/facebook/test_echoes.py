"""Echoes: our own prove an arrival, a human's elsewhere is an answer, an automation's is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from channels.facebook import parts
from channels.models import FacebookObject
from tests.channels.facebook.hooks import PAGE, PSID, START, batch, event, said, taken
from tickets import changing, writing
from tickets.models import Message, Ticket
from tickets.states import State

AT = datetime.fromtimestamp(START / 1000, UTC)
SECOND = 1000
OURS, INBOX, BOT = 1234567890, 263902037430900, 555


@pytest.fixture(autouse=True)
def soon_after(page):
    with time_machine.travel(AT + timedelta(hours=1), tick=False) as traveller:
        yield traveller


def echo(text="Kommt morgen.", mid="m_e", at=START + SECOND, app=INBOX, **more):
    message = {"mid": mid, "text": text, "is_echo": True, **more}
    if app:
        message["app_id"] = app
    return {
        "sender": {"id": PAGE},
        "recipient": {"id": PSID},
        "timestamp": at,
        "message": message,
    }


def opened() -> Ticket:
    taken(batch(said("Wo ist mein Paket?")))
    return Ticket.objects.get()


def outbound(ticket):
    return ticket.messages.filter(kind=Message.Kind.OUTBOUND, recipient=None) | (
        ticket.messages.filter(kind=Message.Kind.OUTBOUND, is_automatic=False)
    )


def test_a_humans_answer_in_metas_inbox_keeps_the_promise(page):
    ticket = opened()

    taken(batch(echo()))

    answer = outbound(ticket).get()
    ticket.refresh_from_db()
    assert (answer.text, answer.status, answer.author) == ("Kommt morgen.", "sent", None)
    assert ticket.state == State.WAITING
    assert ticket.promises.get().is_kept


@pytest.mark.parametrize("app", [BOT, None, OURS], ids=["a bot", "unnamed", "our app, unmarked"])
def test_what_no_human_is_known_to_have_written_keeps_no_promise(page, app):
    ticket = opened()

    taken(batch(echo(app=app)))

    answer = outbound(ticket).get()
    ticket.refresh_from_db()
    assert answer.is_automatic
    assert ticket.promises.get().is_open
    assert ticket.state == State.NEW
    assert not ticket.has_been_answered


def test_an_answer_is_written_down_once(page):
    ticket = opened()

    taken(batch(echo()), batch(echo(), event(read={"watermark": 1})))

    assert outbound(ticket).count() == 1


def test_a_late_echo_does_not_answer_what_was_written_after_it(page):
    ticket = opened()
    taken(batch(echo(mid="m_e1")))
    taken(batch(said("Und meine Rechnung?", "m_2", START + 10 * SECOND)))
    second = ticket.promises.order_by("-pk").first()

    taken(batch(echo("Gern geschehen", "m_e2", START + 5 * SECOND)))

    second.refresh_from_db()
    ticket.refresh_from_db()
    assert second.is_open
    assert ticket.state == State.OPEN
    assert outbound(ticket).count() == 2


def test_an_answer_to_the_first_of_two_messages_leaves_the_ticket_open(page):
    ticket = opened()
    taken(batch(said("Und noch etwas!", "m_2", START + 10 * SECOND)))

    taken(batch(echo(at=START + 5 * SECOND)))

    ticket.refresh_from_db()
    first, following = ticket.promises.order_by("pk")
    assert first.is_kept
    assert following.is_open
    assert ticket.state != State.WAITING


def test_an_answer_whose_echo_comes_before_the_message_is_kept_for_it(page):
    [record] = taken(batch(echo()))
    assert record.status == "ignored"
    assert Ticket.objects.count() == 0

    ticket = opened()

    assert outbound(ticket).get().text == "Kommt morgen."
    assert ticket.promises.get().is_kept


def test_an_automation_that_writes_to_a_stranger_makes_nobody(page):
    [record] = taken(batch(echo(app=BOT)))

    assert record.status == "ignored"
    assert FacebookObject.objects.count() == 0


def test_an_answer_after_the_due_moment_is_late(page, soon_after):
    ticket = opened()
    promise = ticket.promises.get()
    late = promise.due_at + timedelta(minutes=1)
    soon_after.move_to(late + timedelta(hours=1))

    taken(batch(echo(at=int(late.timestamp() * 1000))))

    promise.refresh_from_db()
    assert (promise.answered_at, promise.breached_at) == (late, promise.due_at)


def test_our_own_echo_is_no_message_and_proves_the_arrival(page, agent):
    ticket = opened()
    message = writing.reply(ticket, author=agent, text="Morgen.")
    part = FacebookObject.objects.create(
        page=page,
        kind="message",
        message=message,
        is_own=True,
        part=0,
        text="Morgen.",
        delivery=FacebookObject.Delivery.SENDING,
    )
    Message.objects.filter(pk=message.pk).update(status=Message.Status.UNCLEAR)
    assert not ticket.promises.get().is_kept

    taken(batch(echo("Morgen.", app=OURS, metadata=parts.mark(part.pk))))

    message.refresh_from_db()
    part.refresh_from_db()
    assert message.status == Message.Status.SENT
    assert (part.delivery, part.external_id) == ("sent", "m_e")
    assert ticket.promises.get().is_kept
    assert ticket.messages.filter(kind=Message.Kind.OUTBOUND, is_automatic=False).count() == 1


@pytest.mark.parametrize("mark", ["hd:msg:{}", "hd:msg:{}.0000000000000000", "hd:msg:x", ""])
def test_a_mark_that_is_not_ours_proves_nothing(page, agent, mark):
    ticket = opened()
    message = writing.reply(ticket, author=agent, text="Morgen.")
    part = FacebookObject.objects.create(
        page=page, kind="message", message=message, is_own=True, part=0, delivery="sending"
    )

    taken(batch(echo("Morgen.", app=OURS, metadata=mark.format(part.pk))))

    part.refresh_from_db()
    assert part.delivery == FacebookObject.Delivery.SENDING


def test_an_answer_whose_echo_comes_before_a_later_message_counts_once_that_is_there(page):
    ticket = opened()
    taken(batch(echo(mid="m_e1")))
    taken(batch(echo("Gern.", "m_e2", START + 12 * SECOND)))

    taken(batch(said("Und meine Rechnung?", "m_2", START + 10 * SECOND)))

    ticket.refresh_from_db()
    assert [promise.is_kept for promise in ticket.promises.order_by("pk")] == [True, True]
    assert ticket.state == State.WAITING


def test_an_answer_whose_echo_came_before_a_new_tickets_message_goes_there(page, agent, soon_after):
    old = opened()
    taken(batch(echo(mid="m_e1")))
    changing.change_state(old, State.SOLVED, by=agent)
    days = 30 * 24 * 3600 * SECOND
    soon_after.shift(timedelta(days=31))
    taken(batch(echo("Gern.", "m_e2", START + days + 12 * SECOND)))

    taken(batch(said("Neue Frage", "m_2", START + days + 10 * SECOND)))

    new = Ticket.objects.exclude(pk=old.pk).get()
    assert outbound(new).get(author=None, is_automatic=False).text == "Gern."
    assert new.promises.get().is_kept
    assert new.events.filter(what="elsewhere").count() == 1


def test_an_early_echo_does_not_answer_what_was_written_after_it(page):
    ticket = opened()
    taken(batch(echo(mid="m_e1")))
    taken(batch(echo("Gern.", "m_e2", START + 5 * SECOND)))

    taken(batch(said("Und meine Rechnung?", "m_2", START + 10 * SECOND)))

    assert ticket.promises.order_by("pk").last().is_open


def test_an_automations_early_echo_answers_nothing(page):
    ticket = opened()
    taken(batch(echo(mid="m_e1")))
    taken(batch(echo("Bip.", "m_e2", START + 12 * SECOND, app=BOT)))

    taken(batch(said("Und meine Rechnung?", "m_2", START + 10 * SECOND)))

    assert ticket.promises.order_by("pk").last().is_open
