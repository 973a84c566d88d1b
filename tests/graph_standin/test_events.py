"""Every kind of event, as it is documented."""

from __future__ import annotations

import base64

import pytest

from tests.graph_standin.conftest import fetch

AT = 1790000000.5
MS = 1790000000500


@pytest.fixture
def told(standin, app, webhook):
    """What the webhook was told."""
    standin.clock.set(AT)

    def updates():
        assert standin.deliveries.settle()
        return webhook.updates()

    return updates


def event(page, psid, **part):
    return {"sender": {"id": psid}, "recipient": {"id": page}, "timestamp": MS, **part}


def test_message_with_quote_and_quick_reply(standin, page, eva, psid, told):
    first = standin.people.write(page, eva, "Wo ist mein Paket?")
    second = standin.people.write(page, eva, "Das", reply_to=first, quick_reply="STATUS")

    assert told() == [
        event(page, psid, message={"mid": first, "text": "Wo ist mein Paket?"}),
        event(
            page,
            psid,
            message={
                "mid": second,
                "text": "Das",
                "reply_to": {"mid": first, "is_self_reply": False},
                "quick_reply": {"payload": "STATUS"},
            },
        ),
    ]


def test_edit(standin, page, eva, psid, told):
    mid = standin.people.write(page, eva, "Paket?")
    standin.people.edit(mid, "Päckchen?")
    standin.people.edit(mid, "Brief?", number=2)

    assert told()[1:] == [
        event(page, psid, message_edit={"mid": mid, "text": "Päckchen?", "num_edit": "1"}),
        event(page, psid, message_edit={"mid": mid, "text": "Brief?", "num_edit": 2}),
    ]


def test_unsend(standin, page, eva, psid, told):
    mid = standin.people.write(page, eva, "Falsch")
    standin.people.unsend(mid)

    assert told()[1] == event(page, psid, message={"mid": mid, "is_deleted": True})


def test_reaction(standin, page, eva, psid, told):
    mid = standin.people.answer_by_hand(page, eva, "Kommt morgen.")
    standin.people.react(mid)
    standin.people.react(mid, "")

    love = {"mid": mid, "action": "react", "reaction": "love", "emoji": "❤"}
    assert told()[1:] == [
        event(page, psid, reaction=love),
        event(page, psid, reaction={"mid": mid, "action": "unreact"}),
    ]


def test_read_postback_and_answer_in_metas_inbox(standin, page, eva, psid, told):
    mid = standin.people.answer_by_hand(page, eva, "Kommt morgen.")
    standin.people.read(page, eva)
    pressed = standin.people.press(page, eva, "Los geht's", "GET_STARTED")

    echo = {"mid": mid, "text": "Kommt morgen.", "is_echo": True, "app_id": 263902037430900}
    assert told() == [
        {"sender": {"id": page}, "recipient": {"id": psid}, "timestamp": MS, "message": echo},
        event(page, psid, read={"watermark": MS}),
        event(
            page,
            psid,
            postback={"mid": pressed, "title": "Los geht's", "payload": "GET_STARTED"},
        ),
    ]


def test_other_apps_thread_stands_in_standby(standin, page, eva, psid, told, webhook):
    standin.people.hand_over(page, eva)
    mid = standin.people.write(page, eva, "Hallo")
    pressed = standin.people.press(page, eva, "Los", "START")

    taken = {
        "previous_owner_app_id": standin.world.app.id,
        "new_owner_app_id": "263902037430900",
    }
    assert told() == [
        event(page, psid, take_thread_control=taken),
        event(page, psid, message={"mid": mid, "text": "Hallo"}),
        event(page, psid, postback={"mid": pressed, "title": "Los"}),
    ]
    assert [b'"standby":' in body for body in webhook.bodies] == [False, True, True]


def test_thread_is_passed_back(standin, page, eva, psid, told):
    standin.people.hand_over(page, eva)
    standin.people.hand_over(page, eva, "")
    mid = standin.people.write(page, eva, "Hallo")

    ours = standin.world.app.id
    passed = {"previous_owner_app_id": "263902037430900", "new_owner_app_id": ours}
    assert told()[1:] == [
        event(page, psid, pass_thread_control=passed),
        event(page, psid, message={"mid": mid, "text": "Hallo"}),
    ]


def test_any_other_event(standin, page, eva, psid, told):
    referral = {"ref": "flyer", "source": "SHORTLINK", "type": "OPEN_THREAD"}
    standin.world.pages[page].fields.append("messaging_referrals")
    standin.people.cause(page, eva, "messaging_referrals", {"referral": referral})

    assert told() == [event(page, psid, referral=referral)]


@pytest.mark.parametrize(("old", "kind"), [(True, "image"), (False, "sticker")])
def test_sticker_old_and_new(standin, page, eva, told, old, kind):
    standin.people.write(page, eva, sticker=369239263222822, old_sticker=old)

    attachment = told()[0]["message"]["attachments"][0]
    assert attachment["type"] == kind
    assert attachment["payload"]["sticker_id"] == 369239263222822


def test_attachments_link_ends(standin, page, eva, told):
    content = base64.b64encode(b"%PDF").decode()
    one = {"name": "a.pdf", "content_type": "application/pdf", "content": content}
    standin.people.write(page, eva, attachments=[one])

    url = told()[0]["message"]["attachments"][0]["payload"]["url"]
    found = fetch("GET", url)
    standin.clock.advance(301)
    assert (found.content, found.headers["content-type"]) == (b"%PDF", "application/pdf")
    assert fetch("GET", url).status_code == 403


def test_player_sees_attachments_for_good(standin, page, eva, app):
    content = base64.b64encode(b"%PDF").decode()
    standin.people.write(page, eva, attachments=[{"name": "a.pdf", "content": content}])
    standin.clock.advance(301)

    attachment = standin.player.view(page, eva)["messages"][0]["attachments"][0]

    assert fetch("GET", standin.base_url + attachment["payload"]["url"]).content == b"%PDF"


def test_ready_attachment_goes_through_as_it_is(standin, page, eva, told):
    odd = {"type": "fallback", "title": "Ein Link", "url": "https://x.example/"}
    standin.people.write(page, eva, attachments=[odd])

    assert told()[0]["message"]["attachments"] == [odd]


def test_visitors_post_comment_and_reply(standin, page, eva, told):
    wall = standin.wall
    post = wall.post(page, eva, "Wann habt ihr offen?")
    comment = wall.comment(post, eva, "Morgen?")
    reply = wall.comment(comment, page, "Ab 9 Uhr.")
    deeper = wall.comment(reply, eva, "Danke!")

    values = [one["value"] for one in told()]
    wall_id = values[0]["from"]["id"]
    assert values[0] == {
        "item": "post",
        "verb": "add",
        "post_id": post,
        "from": {"id": wall_id, "name": "Eva Muster"},
        "created_time": int(AT),
        "message": "Wann habt ihr offen?",
    }
    assert [value["parent_id"] for value in values[1:]] == [post, comment, comment]
    assert [value["comment_id"] for value in values[1:]] == [comment, reply, deeper]
    assert values[2]["from"] == {"id": page, "name": "Teehaus Nord"}
    assert wall_id not in {eva, standin.people.psid(page, eva)}


def test_pages_own_post_is_a_status(standin, page, told):
    standin.wall.post(page, page, "Neu im Sortiment")

    value = told()[0]["value"]
    assert (value["item"], value["from"]["id"]) == ("status", page)


def test_edit_hide_and_remove_on_the_wall(standin, page, eva, told):
    wall = standin.wall
    comment = wall.comment(wall.post(page, page, "Neu"), eva, "Toll")
    wall.edit(comment, "Sehr toll")
    wall.hide(comment)
    wall.hide(comment, hidden=False)
    wall.like(comment, eva)
    wall.remove(comment)

    values = [one["value"] for one in told()][2:]
    assert [(v["item"], v["verb"]) for v in values] == [
        ("comment", "edited"),
        ("comment", "hide"),
        ("comment", "unhide"),
        ("reaction", "add"),
        ("comment", "remove"),
    ]
    assert "message" not in values[-1]


def test_missing_permission_leaves_fields_out(standin, page, eva, told):
    post = standin.wall.post(page, page, "Neu")
    standin.wall.comment(post, eva, "Toll", without=["from", "message", "parent_id"])

    assert not {"from", "message", "parent_id"} & told()[1]["value"].keys()


def test_mention_elsewhere(standin, page, eva, told, app):
    post = standin.wall.mention(page, eva, "Beim Teehaus Nord gibt es guten Tee")

    update = told()[0]
    assert (update["field"], update["value"]["post_id"]) == ("mention", post)
    assert app.get(f"/{page}/feed")["data"] == []
    assert app.get(f"/{post}", fields="message")["message"].startswith("Beim Teehaus")


def test_times_are_milliseconds_in_messages_and_seconds_on_the_wall(
    standin, page, eva, told, webhook
):
    standin.people.write(page, eva, "Hallo")
    standin.wall.post(page, eva, "Hallo")

    told()
    assert f'"time":{MS},"messaging"'.encode() in webhook.bodies[0]
    assert f'"time":{int(AT)},"changes"'.encode() in webhook.bodies[1]
