"""Answers over the Send API: each part once, whatever Meta says or does not say."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from channels import outbox
from channels.facebook import connecting, files, outbound, parts
from channels.models import FacebookObject, FacebookPage, FacebookPerson
from tests.factories import CustomerFactory, open_ticket
from tickets import changing, writing
from tickets.delivery import CLAIM_LASTS
from tickets.models import Message, Ticket
from tickets.recording import File
from tickets.states import State

Status = Message.Status
TOKEN_DEAD = "Zugriffstoken"


@pytest.fixture
def ticket(facebook) -> Ticket:
    """Eva has asked, and her confirmation has left."""
    facebook.write("Wo ist mein Paket?")
    facebook.send()
    facebook.arrive()
    return Ticket.objects.get()


@pytest.fixture
def answer(ticket, agent):
    """Answers the ticket; call it with a text."""

    def write(text="Es kommt morgen.", **more):
        return writing.reply(ticket, author=agent, text=text, **more)

    return write


def reread(message):
    message.refresh_from_db()
    return message


def answers(facebook):
    """What Eva has got after the confirmation."""
    return facebook.received()[1:]


def kept(attachment):
    with attachment.file.open("rb") as file:
        return file.read()


def later(**time):
    return time_machine.travel(now() + timedelta(**time), tick=True)


def windows_began(**ago):
    FacebookPerson.objects.update(last_inbound_at=now() - timedelta(**ago))


def test_an_answer_arrives_and_keeps_the_promise(facebook, ticket, answer):
    message = answer()

    facebook.send()

    assert answers(facebook) == ["Es kommt morgen."]
    assert reread(message).status == Status.SENT
    assert ticket.promises.get().is_kept
    facebook.arrive()
    assert ticket.messages.filter(kind="outbound", is_automatic=False).count() == 1


def test_the_confirmation_leaves_as_well(facebook, ticket):
    confirmation = ticket.messages.get(is_automatic=True)

    assert confirmation.status == Status.SENT
    assert facebook.received() == [confirmation.text]
    assert ticket.promises.get().is_open


def test_a_long_answer_arrives_in_parts_on_ends_of_sentences(facebook, ticket, answer):
    text = "Das ist ein Satz mit Umlauten äöü und 😀. " * 120

    facebook.send()
    message = answer(text)
    facebook.send()

    got = answers(facebook)
    assert len(got) == 3
    assert all(one.endswith(".") and parts.length(one) <= 2000 for one in got)
    assert " ".join(got) == text.strip()
    assert reread(message).status == Status.SENT


def test_attachments_follow_the_text(facebook, ticket, answer):
    answer(
        files=[
            File("bild.png", "image/png", b"\x89PNG"),
            File("rechnung.pdf", "application/pdf", b"%PDF"),
        ]
    )

    facebook.send()

    assert answers(facebook) == ["Es kommt morgen.", "image", "file"]
    kept = facebook.standin.world.files.values()
    assert {b"\x89PNG", b"%PDF"} <= {one.content for one in kept}


def test_too_large_a_file_is_refused_before_anything_leaves(facebook, ticket, answer, monkeypatch):
    monkeypatch.setattr(outbound, "LARGEST_IMAGE", 3)
    message = answer(files=[File("bild.png", "image/png", b"\x89PNG")])

    facebook.send()

    assert answers(facebook) == []
    assert reread(message).status == Status.FAILED
    assert "bild.png ist zu groß" in message.error
    assert ticket.promises.get().is_open


@pytest.mark.parametrize(
    ("ago", "arrives", "tag"),
    [
        ({"hours": 23, "minutes": 59}, True, ""),
        ({"hours": 24, "minutes": 1}, True, "HUMAN_AGENT"),
        ({"days": 6, "hours": 23}, True, "HUMAN_AGENT"),
        ({"days": 7, "minutes": 1}, False, None),
    ],
    ids=["within a day", "after a day", "within a week", "after a week"],
)
def test_an_answer_leaves_as_what_the_time_allows(facebook, ticket, answer, ago, arrives, tag):
    windows_began(**ago)
    facebook.standin.clock.advance(timedelta(**ago).total_seconds() - 30)
    message = answer()

    facebook.send()

    assert (reread(message).status == Status.SENT) == arrives
    sent = [one for one in facebook.standin.world.messages.values() if one.from_page][1:]
    assert [one.tag for one in sent] == ([tag] if arrives else [])
    if not arrives:
        assert "Zeit, in der Facebook" in message.error
        assert ticket.promises.get().is_open


def test_what_nobody_wrote_never_leaves_as_a_humans(facebook):
    facebook.write("Hallo")
    windows_began(hours=25)

    facebook.send()

    confirmation = Message.objects.get(is_automatic=True)
    assert confirmation.status == Status.FAILED
    assert facebook.received() == []


def test_metas_own_clock_has_the_last_word(facebook, ticket, answer):
    facebook.standin.clock.advance(8 * 24 * 3600)
    message = answer()

    facebook.send()

    assert reread(message).status == Status.FAILED
    assert "10/2018278" in message.error


def test_who_has_blocked_the_page_cannot_be_answered(facebook, ticket, answer):
    facebook.standin.people.block(facebook.page.page_id, facebook.eva)
    message = answer()

    facebook.send()

    assert reread(message).status == Status.FAILED
    assert "551/1545041" in message.error
    assert FacebookPerson.objects.get().unreachable_at is not None
    assert FacebookPage.objects.get().is_active


@pytest.mark.parametrize("after", [False, True], ids=["nothing was done", "it was done"])
@pytest.mark.parametrize(
    "failure", [{"kind": "error", "code": 2, "status": 500}, {"kind": "cut"}, {"kind": "html"}]
)
def test_without_an_answer_of_metas_nobody_knows_and_nothing_is_sent_twice(
    facebook, ticket, answer, failure, after
):
    facebook.standin.deliveries.hold()
    message = answer()
    facebook.standin.failures.plan(on="messages", after=after, **failure)

    facebook.send()
    with later(hours=3):
        facebook.send()

    assert reread(message).status == Status.UNCLEAR
    assert answers(facebook) == ["Es kommt morgen."] * after
    promise = ticket.promises.get()
    assert promise.answered_at is not None
    assert not promise.is_kept
    facebook.standin.deliveries.release()
    facebook.arrive()
    assert (reread(message).status == Status.SENT) == after
    assert ticket.promises.get().is_kept == after
    assert len(answers(facebook)) == after


def test_an_echo_may_come_before_the_answer_of_the_send_api(facebook, ticket, answer):
    facebook.standin.staff.set_app(echoes_first=True)
    message = answer("Eins. " * 500)
    facebook.send()

    facebook.arrive()

    assert reread(message).status == Status.SENT
    assert ticket.messages.filter(kind="outbound", is_automatic=False).count() == 1


def test_the_rest_of_a_long_answer_is_sent_once_the_doubt_is_settled(facebook, ticket, answer):
    message = answer("Ein Satz. " * 300)
    facebook.standin.failures.plan(on="messages", kind="cut", after=True)

    facebook.send()
    assert reread(message).status == Status.UNCLEAR
    facebook.arrive()
    assert reread(message).status == Status.QUEUED
    facebook.send()

    assert reread(message).status == Status.SENT
    assert " ".join(answers(facebook)) == ("Ein Satz. " * 300).strip()


def test_an_agent_says_that_it_has_arrived(facebook, ticket, answer):
    message = answer()
    facebook.standin.failures.plan(on="messages", kind="cut")
    facebook.send()

    outbox.settle(reread(message), has_arrived=True, by=message.author)

    assert reread(message).status == Status.SENT
    assert ticket.promises.get().is_kept


def test_an_agent_has_it_sent_again(facebook, ticket, answer):
    message = answer()
    facebook.standin.failures.plan(on="messages", kind="cut")
    facebook.send()

    outbox.settle(reread(message), has_arrived=False, by=message.author)
    facebook.send()

    assert reread(message).status == Status.SENT
    assert answers(facebook) == ["Es kommt morgen."]


@pytest.mark.parametrize("was_sent", [True, False])
def test_a_worker_that_died_while_sending_leaves_nothing_sent_twice(
    facebook, ticket, answer, was_sent, monkeypatch
):
    class KilledError(BaseException):
        pass

    send = outbound.pages.call

    def die(*args, **more):
        if was_sent:
            send(*args, **more)
        raise KilledError

    facebook.standin.deliveries.hold()
    message = answer()
    monkeypatch.setattr(outbound.pages, "call", die)
    with pytest.raises(KilledError):
        facebook.send()
    monkeypatch.undo()

    with later(minutes=CLAIM_LASTS.total_seconds() / 60 + 1):
        facebook.send()

    assert answers(facebook) == ["Es kommt morgen."] * was_sent
    assert reread(message).status == (Status.SENT if was_sent else Status.UNCLEAR)


def test_when_facebook_is_not_there_it_goes_later(facebook, ticket, answer, settings):
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"
    message = answer()

    facebook.send()

    assert reread(message).status == Status.QUEUED
    settings.FACEBOOK_GRAPH_URL = facebook.standin.base_url
    with later(minutes=2):
        facebook.send()
    assert reread(message).status == Status.SENT
    assert answers(facebook) == ["Es kommt morgen."]


@pytest.mark.parametrize("code", [4, 32, 613, 80001])
def test_a_used_up_limit_pauses_the_page_for_as_long_as_meta_says(facebook, ticket, answer, code):
    usage = '{"1":[{"call_count":100,"estimated_time_to_regain_access":40}]}'
    facebook.standin.failures.plan(
        on="messages", code=code, status=403, headers={"X-Business-Use-Case-Usage": usage}
    )
    message, before = answer(), now()

    facebook.send()

    assert reread(message).status == Status.QUEUED
    until = FacebookPage.objects.get().paused_until
    assert timedelta(minutes=39) < until - before < timedelta(minutes=41)
    assert message.next_try_at == until
    with later(minutes=42):
        facebook.send()
    assert reread(message).status == Status.SENT


def test_near_a_limit_the_page_slows_down(facebook, ticket, answer):
    facebook.standin.calls.usage.page = 85
    answer()

    facebook.send()

    assert FacebookPage.objects.get().paused_until > now()


def test_a_dead_token_stops_the_page_and_keeps_the_answer(facebook, ticket, answer):
    facebook.standin.staff.revoke(facebook.page.page_id)
    message = answer()

    facebook.send()

    page = FacebookPage.objects.get()
    assert (page.state, page.error_code, page.error_subcode) == ("failing", 190, 460)
    assert reread(message).status == Status.QUEUED
    assert TOKEN_DEAD in message.error
    assert page.token not in f"{page.error_message} {message.error}"
    connecting.connect(facebook.standin.staff.grant(page.page_id))
    facebook.send()
    assert reread(message).status == Status.SENT


def test_a_missing_permission_stops_the_page_and_says_which(facebook, ticket, answer):
    facebook.standin.staff.lose_permission(facebook.page.page_id, "pages_messaging")
    message = answer()

    facebook.send()

    page = FacebookPage.objects.get()
    assert page.state == "failing"
    assert "pages_messaging" in page.error_message
    assert reread(message).status == Status.QUEUED


def test_a_restricted_page_tries_later(facebook, ticket, answer):
    facebook.standin.staff.restrict(facebook.page.page_id)
    message = answer()

    facebook.send()

    assert reread(message).status == Status.QUEUED
    assert FacebookPage.objects.get().is_active
    assert FacebookPage.objects.get().paused_until > now()


def test_a_conversation_that_another_app_holds_is_not_written_to(facebook, ticket, answer):
    facebook.standin.people.hand_over(facebook.page.page_id, facebook.eva)
    message = answer()

    facebook.send()

    assert reread(message).status == Status.FAILED
    assert "andere App" in message.error
    assert FacebookPage.objects.get().is_active


def test_a_page_that_was_disconnected_answers_nobody(facebook, ticket, answer):
    connecting.disconnect(facebook.page)
    message = answer()

    facebook.send()

    assert reread(message).status == Status.FAILED
    assert "nicht mehr verbunden" in message.error
    ticket.refresh_from_db()
    assert ticket.state == State.OPEN


def test_who_is_not_on_facebook_cannot_be_written_to_there(facebook, agent):
    ticket = open_ticket(CustomerFactory())
    changing.change_channel(ticket, "facebook", by=agent)
    message = writing.reply(ticket, author=agent, text="Hallo")

    facebook.send()

    assert reread(message).status == Status.FAILED


def test_a_file_is_fetched_at_once_and_shown(facebook):
    picture = {
        "type": "image",
        "name": "kaputt.png",
        "content_type": "image/png",
        "content": base64.b64encode(b"\x89PNG").decode(),
    }

    facebook.write("Sehen Sie:", attachments=[picture, picture, picture])
    facebook.follow_up()

    message = Message.objects.get(kind="inbound")
    found = [(one.content_type, kept(one)) for one in message.attachments.all()]
    assert found == [("image/png", b"\x89PNG")] * 3
    assert FacebookObject.objects.get(message=message).fetch_at is None


def test_a_file_that_two_workers_fetch_is_there_once(facebook, monkeypatch):
    picture = {"type": "image", "content": base64.b64encode(b"x").decode()}
    facebook.write("Sehen Sie:", attachments=[picture])
    download = files.download

    def slower_than_the_claim(url, kind):
        monkeypatch.setattr(files, "download", download)
        FacebookObject.objects.filter(fetch_at__isnull=False).update(fetch_at=now())
        facebook.follow_up()
        return download(url, kind)

    monkeypatch.setattr(files, "download", slower_than_the_claim)
    facebook.follow_up()

    assert Message.objects.get(kind="inbound").attachments.count() == 1
    assert not FacebookObject.objects.filter(fetch_at__isnull=False).exists()


def test_a_file_whose_link_has_ended_is_named_in_the_message(facebook):
    facebook.standin.staff.set_app(link_seconds=1)
    picture = {"type": "image", "content": base64.b64encode(b"x").decode()}
    facebook.write("Sehen Sie:", attachments=[picture])
    facebook.standin.clock.advance(60)

    facebook.follow_up()

    text = Message.objects.get(kind="inbound").text
    assert text.startswith("Sehen Sie:\n(Eine Datei konnte nicht von Facebook geholt werden: image")


def test_the_name_is_asked_for_once_and_stands_wherever_the_placeholder_stood(facebook):
    facebook.write("Hallo")

    facebook.follow_up()

    ticket = Ticket.objects.get()
    assert str(ticket.requester) == str(ticket.organisation) == "Eva Muster"
    assert Ticket.objects.matching("Muster").get() == ticket
    asked = len(facebook.standin.calls.seen)
    facebook.write("Hallo?")
    facebook.follow_up()
    assert len(facebook.standin.calls.seen) == asked


@pytest.mark.parametrize("reason", ["none", "consent"])
def test_a_name_that_meta_does_not_tell_is_not_asked_for_each_time(facebook, reason):
    facebook.standin.people.refuse_profile(facebook.eva, reason)
    facebook.write("Hallo")

    facebook.follow_up()
    asked = len(facebook.standin.calls.seen)
    facebook.follow_up()

    assert len(facebook.standin.calls.seen) == asked
    assert str(Ticket.objects.get().requester).startswith("Facebook-Nutzer …")
    assert FacebookPage.objects.get().is_active


def test_many_large_files_are_fetched_in_turns_and_each_comes_once(facebook, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_TURN", 4)
    picture = {"type": "image", "content": base64.b64encode(b"\x89PNG").decode()}
    facebook.write("Sehen Sie:", attachments=[picture] * 5)
    stored = FacebookObject.objects.get(message__kind="inbound")
    seen = []
    for _ in range(4):
        files.fetch(stored.pk)
        seen.append(stored.message.attachments.count())

    stored.refresh_from_db()
    assert seen == [2, 4, 5, 5]
    assert (stored.files, stored.fetch_at) == ([], None)


def test_a_turn_ends_before_another_worker_may_take_it():
    assert files.CLAIM_LASTS.total_seconds() > files.LONGEST_TURN + files.LONGEST
