"""Direct messages become one conversation in one ticket, whatever order they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from channels.facebook import direct
from channels.models import FacebookObject, FacebookPerson, InboundRecord
from tests.channels.facebook.hooks import START, batch, event, said, taken, whole
from tickets import changing, writing
from tickets.models import Message, Ticket
from tickets.states import State

AT = datetime.fromtimestamp(START / 1000, UTC)
SECOND = 1000
HOUR = 3600 * SECOND
THUMB = "369239263222822"


@pytest.fixture(autouse=True)
def soon_after(page):
    """The door's clock stands a minute after the first message."""
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        yield


def texts(ticket):
    inbound = ticket.messages.filter(kind=Message.Kind.INBOUND).order_by("sent_at", "pk")
    return list(inbound.values_list("text", flat=True))


def attached(**one):
    return event(message={"mid": "m_1", "attachments": [one]})


def test_a_direct_message_opens_a_ticket_with_a_target(page):
    [record] = taken(batch(said("Wo ist mein Paket?")))

    ticket = Ticket.objects.get()
    assert record.status == InboundRecord.Status.PROCESSED
    assert (ticket.channel, ticket.subject) == ("facebook", "Wo ist mein Paket?")
    assert texts(ticket) == ["Wo ist mein Paket?"]
    promise = ticket.promises.get()
    assert promise.started_at == record.received_at
    assert not promise.is_guaranteed


def test_a_stranger_is_a_customer_of_their_own_without_an_address(page):
    taken(batch(said("Hallo")))

    person = FacebookPerson.objects.get()
    assert (person.psid, str(person.user)) == ("777", "Facebook-Nutzer …777")
    assert not person.user.has_address
    assert person.user.organisation.name == "Facebook-Nutzer …777"
    assert person.last_inbound_at == AT


def test_one_persons_messages_are_one_ticket_in_the_order_they_were_written(page):
    three = [said(f"Nummer {n}", f"m_{n}", START + n * SECOND) for n in (3, 1, 2)]

    taken(batch(*three))

    assert texts(Ticket.objects.get()) == ["Nummer 1", "Nummer 2", "Nummer 3"]


def test_a_message_that_comes_late_stands_where_it_was_written(page):
    taken(batch(said("Zweitens", "m_2", START + SECOND)))
    [record] = taken(batch(said("Erstens", "m_1", START)))

    ticket = Ticket.objects.get()
    assert texts(ticket) == ["Erstens", "Zweitens"]
    assert ticket.promises.get().started_at <= record.received_at
    assert FacebookPerson.objects.get().last_inbound_at == AT + timedelta(seconds=1)


def test_two_people_have_two_tickets(page):
    taken(batch(said("Ich", "m_1"), said("Ich auch", "m_2", psid="888")))

    assert Ticket.objects.count() == 2


def test_the_same_message_in_another_batch_is_a_duplicate(page):
    taken(batch(said("Hallo")))
    [again] = taken(batch(said("Hallo"), event(read={"watermark": START})))

    assert again.status == InboundRecord.Status.DUPLICATE
    assert Message.objects.filter(kind=Message.Kind.INBOUND).count() == 1


def test_processing_a_part_twice_takes_it_in_once(page):
    [record] = taken(batch(said("Eins", "m_1"), said("Zwei", "m_2")))
    InboundRecord.objects.update(status=InboundRecord.Status.RECEIVED)

    taken(None, record)

    assert Message.objects.filter(kind=Message.Kind.INBOUND).count() == 2


def test_an_event_that_fails_stops_no_other_and_is_set_apart(page, monkeypatch):
    read = direct.contents.read

    def fail(body):
        if body.get("text") == "kaputt":
            raise ValueError("unlesbar")
        return read(body)

    monkeypatch.setattr(direct.contents, "read", fail)
    taken(batch(said("kaputt", "m_1"), said("Zwei", "m_2"), said("Drei", "m_3")))

    assert texts(Ticket.objects.get()) == ["Zwei", "Drei"]
    whole_part, alone = InboundRecord.objects.order_by("pk")
    assert whole_part.status == InboundRecord.Status.PROCESSED
    assert (alone.status, alone.received_at) == ("received", whole_part.received_at)
    monkeypatch.undo()

    taken(None, alone)

    assert "kaputt" in texts(Ticket.objects.get())


def test_after_a_worker_died_each_event_goes_on_by_itself(page):
    [record] = taken(batch(said("Eins", "m_1"), said("Zwei", "m_2")), process=False)
    InboundRecord.objects.update(attempts=1)

    taken(None, record)
    assert Ticket.objects.count() == 0
    taken(None, *InboundRecord.objects.exclude(pk=record.pk).order_by("pk"))

    assert texts(Ticket.objects.get()) == ["Eins", "Zwei"]


@pytest.mark.parametrize(
    ("hours", "tickets"), [(47.9, 1), (48.1, 2)], ids=["soon enough", "too long ago"]
)
def test_a_solved_ticket_goes_on_for_as_long_as_the_page_says(page, agent, hours, tickets):
    taken(batch(said("Hallo")))
    changing.change_state(Ticket.objects.get(), State.SOLVED, by=agent)

    with time_machine.travel(AT + timedelta(hours=hours + 1), tick=False):
        at = START + 60 * SECOND + int(hours * HOUR)
        taken(batch(said("Noch etwas", "m_2", at)))

    assert Ticket.objects.count() == tickets
    assert Ticket.objects.order_by("pk").last().state in {State.NEW, State.OPEN}


def test_an_answered_ticket_goes_on_however_late(page, agent):
    taken(batch(said("Hallo")))
    writing.reply(Ticket.objects.get(), author=agent, text="Guten Tag")

    with time_machine.travel(AT + timedelta(days=90), tick=False):
        taken(batch(said("Wieder da", "m_2", START + 90 * 24 * HOUR)))

    assert Ticket.objects.get().state == State.OPEN


def test_spam_takes_no_more_messages(page, agent):
    taken(batch(said("Kredite!")))
    changing.change_state(Ticket.objects.get(), State.SPAM, by=agent)

    taken(batch(said("Mehr Kredite!", "m_2")))

    old, new = Ticket.objects.order_by("pk")
    assert old.state == State.SPAM
    assert str(old.number) in new.hint


def test_a_page_has_its_own_people(page, tenant):
    """Meta's ids of people are a page's own: the same number elsewhere is somebody else."""
    second = type(page).objects.create(page_id="999", name="Zweite")
    from channels.facebook import door

    door.claim(second.page_id, second.name)
    taken(batch(said("Hier")), batch(said("Dort", "m_2", page="999"), page="999"))

    assert FacebookPerson.objects.count() == 2
    assert Ticket.objects.count() == 2


def test_a_reply_shows_what_it_answers(page):
    taken(batch(said("Wann kommt es?")))
    taken(batch(said("Schon gut", "m_2", START + 1, reply_to={"mid": "m_1"})))

    reply = Message.objects.get(facebook_objects__external_id="m_2")
    assert reply.shown_text == "Schon gut"
    assert reply.text == "> Wann kommt es?\n\nSchon gut"


@pytest.mark.parametrize(
    "attachment",
    [
        {"type": "sticker", "payload": {"sticker_id": 369239263222822, "url": "https://x.example"}},
        {"type": "image", "payload": {"sticker_id": THUMB, "url": "https://x.example"}},
    ],
    ids=["since August 2026", "before"],
)
def test_the_thumb_is_a_thumb(page, attachment):
    taken(batch(attached(**attachment)))

    assert texts(Ticket.objects.get()) == ["👍"]


@pytest.mark.parametrize(
    ("attachment", "shown"),
    [
        (
            {"type": "fallback", "title": "Shop", "url": "https://s.example"},
            "Shop https://s.example",
        ),
        ({"type": "fallback"}, "(Inhalt, der hier nicht gezeigt werden kann: fallback)"),
        ({"type": "reel", "payload": {"url": "https://r.example"}}, "https://r.example"),
        (
            {
                "type": "location",
                "title": "Büro",
                "payload": {"coordinates": {"lat": 1, "long": 2}},
            },
            "Büro https://www.openstreetmap.org/?mlat=1.000000&mlon=2.000000",
        ),
        ({"type": "hologramm"}, "(Inhalt, der hier nicht gezeigt werden kann: hologramm)"),
        ({}, "(Inhalt, der hier nicht gezeigt werden kann: ?)"),
    ],
)
def test_what_is_no_file_is_a_line_of_text(page, attachment, shown):
    taken(batch(attached(**attachment)))

    assert texts(Ticket.objects.get()) == [shown]


def test_a_postback_says_its_title(page):
    pressed = event(postback={"mid": "m_6", "title": "Wo ist mein Paket?", "payload": "WHERE"})

    taken(batch(pressed))

    assert texts(Ticket.objects.get()) == ["Wo ist mein Paket?"]


def test_opening_the_conversation_says_nothing_yet(page):
    pressed = event(postback={"mid": "m_6", "title": "Los geht's", "payload": "GET_STARTED"})

    [record] = taken(batch(pressed))

    assert record.status == InboundRecord.Status.IGNORED
    assert Ticket.objects.count() == 0
    assert FacebookPerson.objects.get().last_inbound_at == AT


@pytest.mark.parametrize(
    "other",
    [
        {"read": {"watermark": START}},
        {"delivery": {"mids": ["m_5"], "watermark": START}},
        {"referral": {"ref": "x"}},
        {"optin": {"ref": "x"}},
        {"pass_thread_control": {"new_owner_app_id": 1}},
        {"take_thread_control": {}},
        {"request_thread_control": {}},
        {"etwas_neues": {"x": 1}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_says_nothing_is_kept_and_touches_no_ticket(page, other):
    [record] = taken(batch(event(**other)))

    assert record.status == InboundRecord.Status.IGNORED
    assert next(iter(other)) in record.error
    assert Ticket.objects.count() == 0


def test_what_another_app_holds_is_read_and_never_answered_by_itself(page):
    taken(batch(said("Hallo"), under="standby"))

    ticket = Ticket.objects.get()
    assert texts(ticket) == ["Hallo"]
    assert "andere App" in ticket.hint
    assert not ticket.messages.filter(is_automatic=True).exists()


def test_events_of_a_page_that_is_disconnected_wait_for_it(page):
    type(page).objects.update(state="disconnected")

    [record] = taken(batch(said("Hallo")))

    assert record.status == InboundRecord.Status.PARKED


def test_a_confirmation_says_that_it_is_automatic_and_when_to_expect_an_answer(page):
    taken(batch(said("Hallo")))

    ticket = Ticket.objects.get()
    confirmation = ticket.messages.get(is_automatic=True)
    assert confirmation.channel == "facebook"
    assert f"#{ticket.number}" in confirmation.text
    assert "automatische" in confirmation.text
    assert "Mail" not in confirmation.text


def test_a_person_gets_no_second_confirmation_within_a_quarter_of_an_hour(page, agent):
    taken(batch(said("Hallo")))
    changing.change_state(Ticket.objects.get(), State.SPAM, by=agent)
    taken(batch(said("Hallo?", "m_2", START + SECOND)))

    assert Ticket.objects.count() == 2
    assert Message.objects.filter(is_automatic=True).count() == 1


def test_what_comes_a_day_late_gets_no_confirmation(page):
    with time_machine.travel(AT + timedelta(hours=25), tick=False):
        taken(batch(said("Hallo")))

    assert Ticket.objects.count() == 1
    assert not Message.objects.filter(is_automatic=True).exists()


@pytest.mark.parametrize(
    "odd",
    [
        event(message={}),
        event(message=None),
        event(message={"mid": 7, "text": 8}),
        event(message={"mid": "m_9", "attachments": {"type": "image"}}),
        event(message={"mid": "m_9", "attachments": [None, 3, {"payload": 7}]}),
        event(message={"mid": "m_9", "text": "x", "reply_to": {"mid": "weg"}}),
        event("gestern", message={"mid": "m_9", "text": "x"}),
        event(10**30, message={"mid": "m_9", "text": "x"}),
        event(message={"mid": "m" * 400, "text": "x\0y"}),
        {"message": {"mid": "m_9", "text": "ohne Absender"}},
        {"sender": [], "message": {"mid": "m_9"}},
        {"sender": {"id": "100200300"}, "message": {"mid": "m_9"}},
        {"reaction": {}},
        {"message_edit": 5},
    ],
)
def test_odd_events_go_to_no_quarantine(page, odd):
    [record] = taken(batch(odd))

    assert record.status in {"processed", "ignored"}


def test_one_verified_batch_of_all_documented_events_is_taken_in(page):
    """The example of the facts, as it stands there."""
    taken(
        whole(
            {
                "id": "100200300",
                "time": START + 1000,
                "messaging": [
                    said("Wo ist mein Paket?", "m_1", START, quick_reply={"payload": "STATUS"}),
                    said("Das hier", "m_2", START + 100, reply_to={"mid": "m_1"}),
                    event(
                        START + 200,
                        message={
                            "mid": "m_3",
                            "attachments": [
                                {"type": "image", "payload": {"url": "https://scontent.example/x"}}
                            ],
                        },
                    ),
                    event(
                        START + 300,
                        message={
                            "mid": "m_4",
                            "attachments": [{"type": "sticker", "payload": {"sticker_id": 1}}],
                        },
                    ),
                    event(
                        START + 500,
                        message_edit={"mid": "m_1", "text": "Wo ist es?", "num_edit": "1"},
                    ),
                    event(
                        START + 600,
                        reaction={"mid": "m_1", "action": "react", "reaction": "love"},
                    ),
                    event(START + 700, postback={"mid": "m_6", "title": "Ja", "payload": "JA"}),
                    event(START + 800, read={"watermark": START}),
                    event(delivery={"mids": ["m_5"], "watermark": START}),
                ],
            }
        )
    )

    ticket = Ticket.objects.get()
    assert texts(ticket)[0] == "Wo ist es?"
    assert FacebookObject.objects.filter(message__ticket=ticket, part=None).count() == 5
