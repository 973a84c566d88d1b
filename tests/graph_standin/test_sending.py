"""The Send API: what it takes, what it refuses, and what it tells the webhook."""

from __future__ import annotations

import pytest

from tests.graph_standin.conftest import refusal

HOUR = 3600
DAY = 24 * HOUR


def test_message_is_kept_and_echoed_with_its_metadata(standin, page, eva, psid, send, webhook):
    answer = send(message={"text": "Kommt morgen.", "metadata": "hd:msg:42"})

    assert answer == {"recipient_id": psid, "message_id": answer["message_id"]}
    kept = standin.player.view(page, eva)["messages"][-1]
    assert (kept["is_mine"], kept["text"]) == (False, "Kommt morgen.")
    assert standin.deliveries.settle()
    echo, delivered = webhook.updates()[-2:]
    assert echo["message"] == {
        "mid": answer["message_id"],
        "text": "Kommt morgen.",
        "is_echo": True,
        "app_id": int(standin.world.app.id),
        "metadata": "hd:msg:42",
    }
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (page, psid)
    assert delivered["delivery"]["mids"] == [answer["message_id"]]


def test_echo_may_come_before_the_answer(standin, app, page, psid, send, webhook):
    assert standin.deliveries.settle()
    standin.staff.set_app(echoes_first=True)
    standin.failures.plan(on="messages", kind="cut", after=True)

    with pytest.raises(Exception, match="disconnected"):
        send()

    assert any(one.get("message", {}).get("is_echo") for one in webhook.updates())


def test_same_call_twice_is_two_messages(standin, page, eva, send):
    assert send()["message_id"] != send()["message_id"]
    assert len(standin.player.view(page, eva)["messages"]) == 3


@pytest.mark.parametrize(
    ("values", "seconds", "is_open"),
    [
        ({}, DAY, True),
        ({}, DAY + 1, False),
        ({"messaging_type": "UPDATE"}, DAY + 1, False),
        ({"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}, DAY + 1, True),
        ({"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}, 7 * DAY, True),
        ({"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}, 7 * DAY + 1, False),
    ],
)
def test_windows_to_the_second(standin, send, values, seconds, is_open):
    standin.clock.advance(seconds)

    answer = send(**values)

    if is_open:
        assert "message_id" in answer
    else:
        assert refusal(answer) == (10, 2018278)


def test_seven_days_need_the_feature(standin, send):
    standin.staff.set_app(features=[])
    standin.clock.advance(DAY + 1)

    answer = send(messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT")

    assert refusal(answer) == (10, 2018278)


def test_reaction_and_postback_open_the_window_again(standin, page, eva, send):
    mid = send()["message_id"]
    standin.clock.advance(2 * DAY)
    standin.people.react(mid)
    assert "message_id" in send()
    standin.clock.advance(2 * DAY)
    standin.people.press(page, eva, "Ja", "YES")
    assert "message_id" in send()


def test_somebody_who_never_wrote_cannot_be_written_to(standin, page, send):
    other = standin.people.add("Jonas Klein")["id"]

    assert refusal(send(recipient={"id": standin.people.psid(page, other)})) == (10, 2018278)


@pytest.mark.parametrize(
    "tag", ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE", "ANYTHING", ""]
)
def test_other_tags_are_gone(send, tag):
    assert refusal(send(messaging_type="MESSAGE_TAG", tag=tag)) == (100, None)


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [("ä" * 2000, True), ("🙂" * 2000, True), ("a" * 2001, False), (" ", False)],
)
def test_text_of_at_most_2000_characters(send, text, is_taken):
    assert ("message_id" in send(text)) is is_taken


@pytest.mark.parametrize(
    "recipient", [{}, {"id": "1"}, {"id": "1", "comment_id": "2"}, {"phone_number": "1"}]
)
def test_recipient_must_be_one_that_exists(send, recipient):
    assert refusal(send(recipient=recipient))[0] == 100


def test_id_of_another_page_is_nobody(standin, eva, send):
    other = standin.staff.add_page("Andere Seite")["id"]

    assert refusal(send(recipient={"id": standin.people.psid(other, eva)})) == (100, 2018001)


def test_who_cannot_receive_and_who_may_not_send(standin, page, eva, send):
    standin.people.block(page, eva)
    assert refusal(send()) == (551, 1545041)
    standin.people.block(page, eva, blocked=False)
    standin.staff.restrict(page)
    assert refusal(send()) == (10, 1893063)
    standin.staff.restrict(page, restricted=False)
    assert "message_id" in send()


def test_other_apps_thread_must_be_taken_first(standin, app, page, eva, psid, send):
    standin.people.hand_over(page, eva)

    assert refusal(send()) == (10, 2018300)
    app.post(f"/{page}/take_thread_control", recipient={"id": psid})
    assert "message_id" in send()


def test_lost_task_takes_the_right_to_send(standin, page, send):
    account = next(iter(standin.world.accounts))
    standin.staff.set_tasks(account, page, ["ANALYZE"])

    assert refusal(send()) == (10, None)


def test_quoted_message_must_be_of_this_conversation(standin, page, eva, send):
    mid = standin.people.write(page, eva, "Und?")
    other = standin.people.write(page, standin.people.add("Jonas")["id"], "Hallo")

    assert "message_id" in send(reply_to={"mid": mid})
    assert refusal(send(reply_to={"mid": other})) == (100, None)


def test_private_reply_once_within_seven_days(standin, app, page, send):
    jonas = standin.people.add("Jonas Klein")["id"]
    post = standin.wall.post(page, page, "Neu")
    first, second = (standin.wall.comment(post, jonas, text) for text in ("Preis?", "Und Farbe?"))
    own = standin.wall.comment(post, page, "Gern")

    answer = send(recipient={"comment_id": first})

    assert answer["recipient_id"] == standin.people.psid(page, jonas)
    assert refusal(send(recipient={"comment_id": first})) == (10900, None)
    assert app.get(f"/{first}", fields="can_reply_privately")["can_reply_privately"] is False
    assert refusal(send(recipient={"id": answer["recipient_id"]})) == (10, 2018278)
    assert refusal(send(recipient={"comment_id": own})) == (10, 2018278)
    standin.clock.advance(7 * DAY + 1)
    assert refusal(send(recipient={"comment_id": second})) == (10, 2018278)


def test_visitors_post_can_be_answered_privately(standin, page, eva, send, psid):
    post = standin.wall.post(page, eva, "Frage")

    assert send(recipient={"post_id": post})["recipient_id"] == psid


def test_sender_actions(app, page, psid, send):
    who = {"id": psid}

    typing = app.post(f"/{page}/messages", recipient=who, sender_action="typing_on")
    dancing = app.post(f"/{page}/messages", recipient=who, sender_action="dance")

    assert typing == {"recipient_id": psid}
    assert refusal(dancing) == (100, None)
