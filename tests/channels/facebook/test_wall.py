"""What people say on the wall becomes tickets, and what happens to it there shows here."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from channels import raw
from channels.facebook import erasure, wall, wall_lookup, wall_people
from channels.models import FacebookObject, FacebookPage, FacebookPerson, InboundRecord
from sla.services import open_promise
from tests.channels.facebook.hooks import batch, taken
from tickets import changing
from tickets.models import Message, Ticket
from tickets.states import State

Status = InboundRecord.Status
ALL, NONE = FacebookPage.TicketsFrom.ALL, FacebookPage.TicketsFrom.NONE


@pytest.fixture
def say(facebook):
    """Says something on the wall, and takes in what Meta tells of it; returns its id."""

    def act(name, *values, **more):
        if name in {"post", "mention"}:
            values = (facebook.page.page_id, *values)
        found = getattr(facebook.standin.wall, name)(*values, **more)
        facebook.records = facebook.arrive()
        return found

    return act


@pytest.fixture
def kim(facebook):
    return facebook.standin.people.add("Kim Beispiel")["id"]


@pytest.fixture
def news(facebook, say):
    """A post of the page's own."""
    return say("post", facebook.page.page_id, "Unser neuer Tee ist da.")


def takes(which):
    FacebookPage.objects.update(tickets_from=which)


def texts(ticket):
    return list(ticket.messages.order_by("sent_at", "pk").values_list("text", flat=True))


def stored(external_id):
    return FacebookObject.objects.get(external_id=external_id)


def outcome(facebook):
    [record] = facebook.records
    return record.status, record.error


def test_a_visitors_post_opens_a_ticket_with_a_target(facebook, say):
    post = say("post", facebook.eva, "Wann habt ihr offen?")

    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.subject) == ("facebook", "Wann habt ihr offen?")
    assert str(ticket.requester) == "Eva Muster"
    assert not ticket.requester.has_address
    assert stored(post).message == ticket.messages.get()
    assert open_promise(ticket).started_at == ticket.opened_at


def test_nothing_is_confirmed_in_public(facebook, say):
    say("post", facebook.eva, "Wann habt ihr offen?")

    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()


def test_the_pages_own_post_is_remembered_and_opens_no_ticket(facebook, news):
    assert outcome(facebook) == (Status.IGNORED, "wall: the page's own post, remembered")
    assert not Ticket.objects.exists()
    assert (stored(news).text, stored(news).is_own) == ("Unser neuer Tee ist da.", True)


def test_each_person_below_a_post_has_one_ticket(facebook, say, news, kim):
    first = say("comment", news, facebook.eva, "Gibt es den auch lose?")
    say("comment", first, kim, "Und in Bio?")
    say("comment", first, facebook.eva, "Oder in Dosen?")
    say("comment", news, facebook.eva, "Danke schon mal")

    evas, kims = Ticket.objects.order_by("number")
    assert texts(evas) == ["Gibt es den auch lose?", "Oder in Dosen?", "Danke schon mal"]
    assert texts(kims) == ["Und in Bio?"]


def test_another_post_is_another_ticket(facebook, say, news):
    say("comment", news, facebook.eva, "Gibt es den auch lose?")
    say("post", facebook.eva, "Wann habt ihr offen?")

    assert Ticket.objects.count() == 2


def test_without_a_question_there_is_no_ticket_but_it_can_be_taken_up(facebook, say, news, agent):
    praise = say("comment", news, facebook.eva, "Schmeckt wunderbar!")
    assert outcome(facebook) == (Status.IGNORED, "wall: no question")
    assert not FacebookPerson.objects.exists()

    message = wall.take_up(stored(praise).pk, by=agent)

    assert message.text == "Schmeckt wunderbar!"
    assert str(message.ticket.requester) == "Eva Muster"
    assert str(agent) in message.ticket.hint
    with pytest.raises(wall.TakenAlreadyError):
        wall.take_up(stored(praise).pk, by=agent)
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(("which", "count"), [(ALL, 1), (NONE, 0)])
def test_the_page_decides_what_becomes_a_ticket(facebook, say, news, which, count):
    takes(which)

    say("comment", news, facebook.eva, "Schmeckt wunderbar! Oder?" if which == NONE else "Lecker")

    assert Ticket.objects.count() == count


def test_what_is_said_later_joins_whatever_the_page_takes(facebook, say):
    post = say("post", facebook.eva, "Wann habt ihr offen?")
    takes(NONE)

    say("comment", post, facebook.eva, "Samstags meine ich.")

    assert texts(Ticket.objects.get()) == ["Wann habt ihr offen?", "Samstags meine ich."]


@pytest.mark.parametrize(("hours", "count"), [(47, 1), (49, 2)])
def test_long_after_the_solution_it_is_a_new_ticket(facebook, say, agent, hours, count):
    post = say("post", facebook.eva, "Wann habt ihr offen?")
    changing.change_state(Ticket.objects.get(), State.SOLVED, by=agent)
    facebook.standin.clock.advance(hours * 3600)

    with time_machine.travel(now() + timedelta(hours=hours), tick=True):
        say("comment", post, facebook.eva, "Und samstags?")

    assert Ticket.objects.count() == count


def test_a_picture_alone_is_a_message_with_its_file(facebook, say, news):
    takes(ALL)
    file = facebook.standin.graph.keep_file("tee.png", "image/png", b"\x89PNG")

    say("comment", news, facebook.eva, photo=facebook.standin.graph.link(file))
    facebook.follow_up()

    ticket = Ticket.objects.get()
    assert ticket.subject == "Bild oder Datei von Eva Muster"
    assert ticket.messages.get().attachments.get().filename == "tee.png"


@pytest.mark.parametrize("lost", ["from", "message", "parent_id", "post_id"])
def test_what_the_webhook_leaves_out_is_asked_for(facebook, say, news, lost):
    comment = say("comment", news, facebook.eva, "Gibt es den lose?")
    reply = say("comment", comment, facebook.eva, "Oder in Dosen?", without=[lost])

    assert texts(Ticket.objects.get()) == ["Gibt es den lose?", "Oder in Dosen?"]
    assert (stored(reply).parent_id, stored(reply).post_id) == (comment, news)


def test_a_writer_whom_facebook_does_not_name_is_somebody(facebook, say, news):
    facebook.standin.staff.lose_permission(facebook.page.page_id, "pages_read_user_content")

    say("comment", news, facebook.eva, "Gibt es den lose?", without=["from"])
    say("comment", news, facebook.eva, "Gibt es den in Dosen?", without=["from"])

    assert {str(one.requester) for one in Ticket.objects.all()} == {"Jemand auf Facebook"}
    # They may be two people: neither may read the other's answers.
    assert Ticket.objects.count() == 2


def test_while_facebook_does_not_answer_it_waits_and_nothing_is_lost(facebook, say, news):
    facebook.standin.failures.plan(on="node", kind="cut")
    say("comment", news, facebook.eva, "Gibt es den lose?", without=["from"])
    [record] = facebook.records
    assert record.status == Status.RECEIVED
    facebook.standin.failures.clear()

    taken(record)

    assert texts(Ticket.objects.get()) == ["Gibt es den lose?"]


def test_the_same_comment_in_another_batch_is_a_duplicate(facebook, say, news):
    say("comment", news, facebook.eva, "Gibt es den lose?")
    facebook.standin.deliveries.repeat()
    again = facebook.arrive()
    value = {"item": "comment", "verb": "add", "from": {"id": "1"}, "message": "Gibt es den lose?"}
    comment = FacebookObject.objects.get(kind="comment")
    value |= {"comment_id": comment.external_id, "post_id": news, "parent_id": news}
    page = facebook.page.page_id
    [other] = taken(batch({"field": "feed", "value": value}, page=page, under="changes"))

    assert again == []
    assert other.status == Status.DUPLICATE
    assert Message.objects.count() == 1


def test_a_mention_elsewhere_is_a_ticket_that_says_so(facebook, say):
    say("mention", facebook.eva, "Kann man @Teehaus empfehlen?")

    ticket = Ticket.objects.get()
    assert texts(ticket) == ["Kann man @Teehaus empfehlen?"]
    assert "Pinnwand" in ticket.hint


def test_a_reaction_is_nothing(facebook, say, news):
    say("like", news, facebook.eva)

    assert outcome(facebook) == (Status.IGNORED, "feed: reaction add")


@pytest.mark.parametrize("verb", ["edit", "edited"])
def test_a_change_shows_and_keeps_what_was_said_before(facebook, say, verb):
    post = say("post", facebook.eva, "Wann habt ihr ofen?")
    say("edit", post, "Wann habt ihr offen?", verb)

    assert texts(Ticket.objects.get()) == ["Wann habt ihr offen?"]
    assert [one[2] for one in stored(post).edits] == ["Wann habt ihr ofen?", "Wann habt ihr offen?"]
    event = Ticket.objects.get().events.get(what="edited")
    assert event.before == "Wann habt ihr ofen?"


def test_a_change_that_comes_first_is_taken_in_once(facebook, say):
    facebook.standin.deliveries.hold()
    post = facebook.standin.wall.post(facebook.page.page_id, facebook.eva, "Wann ofen?")
    facebook.standin.wall.edit(post, "Wann offen?")
    facebook.standin.deliveries.release()
    facebook.standin.deliveries.settle()
    taken(*reversed(facebook.sink.take()))

    assert texts(Ticket.objects.get()) == ["Wann offen?"]
    assert [one[2] for one in stored(post).edits] == ["Wann ofen?"]


def test_what_is_removed_keeps_its_text_here(facebook, say, news):
    comment = say("comment", news, facebook.eva, "Gibt es den lose?")
    reply = say("comment", comment, facebook.eva, "Oder in Dosen?")

    say("remove", comment)

    ticket = Ticket.objects.get()
    assert texts(ticket) == ["Gibt es den lose?", "Oder in Dosen?"]
    assert {stored(comment).state, stored(reply).state} == {"deleted"}
    assert ticket.events.filter(what="removed").count() == 2
    assert ticket.state == State.NEW


def test_hiding_and_showing_at_facebook_shows_here(facebook, say, news):
    comment = say("comment", news, facebook.eva, "Gibt es den lose?")

    say("hide", comment)
    assert stored(comment).state == "hidden"
    say("hide", comment, False)

    assert stored(comment).state == "visible"
    whats = Ticket.objects.get().events.order_by("pk").values_list("what", flat=True)
    assert list(whats)[-2:] == ["hidden", "shown"]


def feed(page, **value):
    return batch({"field": "feed", "value": value}, page=page, under="changes")


def test_what_was_removed_before_it_came_opens_no_ticket(facebook):
    page, comment = facebook.page.page_id, {"item": "comment", "comment_id": "1_2", "post_id": "1"}
    taken(feed(page, **comment, verb="remove"))

    said = {"message": "Hilfe?", "from": {"id": "7", "name": "Eva"}, "parent_id": "1"}
    [record] = taken(feed(page, **comment, **said, verb="add"))

    assert (record.status, record.error) == (Status.IGNORED, "removed before it came")
    assert not Ticket.objects.exists()


def test_what_was_written_before_the_page_was_connected_is_asked_for(facebook, say, news):
    comment = facebook.standin.wall.comment(news, facebook.eva, "Schmeckt gut")
    facebook.standin.deliveries.settle()
    facebook.sink.take()
    FacebookObject.objects.all().delete()
    reply = say("comment", comment, facebook.eva, "Gibt es den lose?")

    wall_lookup.fetch_context(stored(reply).pk)

    assert (stored(news).text, stored(news).is_own) == ("Unser neuer Tee ist da.", True)
    assert (stored(comment).text, stored(comment).author_name) == ("Schmeckt gut", "Eva Muster")


def test_a_comment_from_elsewhere_is_shown_and_keeps_no_promise(facebook, say, news):
    comment = say("comment", news, facebook.eva, "Gibt es den lose?")
    say("comment", comment, facebook.page.page_id, "Ja, im Laden.")

    ticket = Ticket.objects.get()
    answer = ticket.messages.get(kind=Message.Kind.OUTBOUND)
    assert (answer.text, answer.status) == ("Ja, im Laden.", Message.Status.SENT)
    assert open_promise(ticket).is_open
    assert ticket.state == State.NEW


def test_what_somebody_said_is_forgotten_with_or_without_a_ticket(facebook, say, news, kim):
    praise = say("comment", news, facebook.eva, "Schmeckt wunderbar!")
    other = say("comment", news, kim, "Mir auch!")

    assert wall_people.forget(stored(praise).author_id) == 1

    gone = stored(praise)
    assert (gone.author_name, gone.text, gone.state) == ("", "", "deleted")
    assert stored(other).text == "Mir auch!"
    assert wall_people.forget("") == 0


def test_who_only_praised_is_forgotten_at_their_wish_with_what_facebook_sent(facebook, say, news):
    praise = say("comment", news, facebook.eva, "Schmeckt wunderbar!")
    author = stored(praise).author_id
    [record] = facebook.records

    assert erasure.erase(author)

    assert stored(praise).text == ""
    assert not raw.path_of(record.sha256).exists()
    assert not erasure.erase(author)


def test_a_comment_of_the_page_to_nobody_is_remembered(facebook, say, news):
    comment = say("comment", news, facebook.page.page_id, "Nur solange Vorrat reicht.")

    assert outcome(facebook)[0] == Status.IGNORED
    assert stored(comment).is_own
