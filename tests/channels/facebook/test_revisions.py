"""Edited, taken back, reacted to: before or after the message itself, and always once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from channels.models import FacebookObject, FacebookPerson
from tests.channels.facebook.hooks import START, batch, event, said, taken
from tickets import recording
from tickets.models import Attachment, Event, Message, Ticket
from tickets.recording import File

AT = datetime.fromtimestamp(START / 1000, UTC)


@pytest.fixture(autouse=True)
def soon_after(page):
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        yield


def edited(text, number, at=START + 1000, mid="m_1", **more):
    return event(at, message_edit={"mid": mid, "text": text, "num_edit": number}, **more)


def unsent(mid="m_1", **more):
    return event(START + 5000, message={"mid": mid, "is_deleted": True}, **more)


def reacted(mid="m_1", at=START + 1000, action="react", **more):
    return event(at, reaction={"mid": mid, "action": action, "reaction": "love", **more})


def shown():
    return Message.objects.get(kind=Message.Kind.INBOUND).text


def history(what):
    return list(Event.objects.filter(what=what).order_by("pk").values_list("before", "after"))


@pytest.mark.parametrize("number", [1, "1"])
def test_an_edit_shows_the_new_text_and_keeps_the_old(page, number):
    taken(batch(said("Wo ist es?")))
    taken(batch(edited("Wo ist mein Paket?", number)))

    assert shown() == "Wo ist mein Paket?"
    assert history("edited") == [("Wo ist es?", "Wo ist mein Paket?")]
    versions = FacebookObject.objects.get(external_id="m_1").edits
    assert versions == [[0, START, "Wo ist es?"], [1, START + 1000, "Wo ist mein Paket?"]]


def test_the_new_text_is_found_and_the_old_is_not(page):
    taken(batch(said("Waschmaschine"), edited("Kühlschrank", 1)))

    assert Ticket.objects.matching("Kühlschrank").exists()
    assert not Ticket.objects.matching("Waschmaschine").filter(subject="x").exists()


def test_the_same_edit_again_changes_nothing(page):
    taken(batch(said("a"), edited("b", 1)))
    [again] = taken(batch(edited("b", "1", at=START + 2000)))

    assert again.status == "duplicate"
    assert len(history("edited")) == 1


def test_an_older_edit_that_comes_late_is_kept_and_not_shown(page):
    taken(batch(said("a"), edited("c", 2, START + 2000)))
    taken(batch(edited("b", 1)))

    assert shown() == "c"
    numbers = [one[0] for one in FacebookObject.objects.get(external_id="m_1").edits]
    assert numbers == [0, 1, 2]


def test_an_edit_may_come_before_its_message(page):
    [early] = taken(batch(edited("neu", 1)))
    assert early.status == "ignored"
    assert Ticket.objects.count() == 0

    taken(batch(said("alt")))

    assert shown() == "neu"
    assert [one[2] for one in FacebookObject.objects.get(external_id="m_1").edits] == ["alt", "neu"]


def test_nobody_edits_what_somebody_else_wrote(page):
    taken(batch(said("meins")))
    [record] = taken(batch(edited("deins", 1, psid="888")))

    assert record.status == "ignored"
    assert shown() == "meins"


def test_what_is_taken_back_loses_its_text_and_its_files(page):
    taken(batch(said("geheim")))
    message = Message.objects.get(kind=Message.Kind.INBOUND)
    recording.attach(message, File("a.png", "image/png", b"x"))

    taken(batch(unsent()))

    assert shown() == "(Der Absender hat diese Nachricht zurückgenommen.)"
    assert Attachment.objects.count() == 0
    assert len(history("taken_back")) == 1
    [again] = taken(batch(unsent(), event(read={"watermark": 1})))
    assert again.status == "duplicate"
    assert Ticket.objects.count() == 1


def test_what_was_taken_back_before_it_came_makes_no_ticket(page):
    taken(batch(unsent()))
    taken(batch(said("geheim")))

    assert Ticket.objects.count() == 0


def test_a_reaction_is_a_line_in_the_history_and_opens_the_time_for_answers(page):
    taken(batch(said("Danke")))

    taken(batch(reacted(emoji="\u2764")))

    assert Message.objects.filter(kind=Message.Kind.INBOUND).count() == 1
    assert history("reaction") == [("", "\u2764")]
    assert FacebookPerson.objects.get().last_inbound_at == AT + timedelta(seconds=1)


def test_a_reaction_is_noted_once_and_can_be_taken_back(page):
    taken(batch(said("Danke"), reacted()))
    taken(batch(reacted(), event(read={"watermark": 1})))
    taken(batch(reacted(at=START + 3000, action="unreact")))
    taken(batch(reacted(at=START + 2000)))

    assert history("reaction") == [("", "❤"), ("", "")]


def test_a_reaction_to_nothing_we_know_is_ignored(page):
    [record] = taken(batch(reacted("m_x")))

    assert record.status == "ignored"
