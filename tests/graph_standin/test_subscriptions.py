"""Tying the webhook to a page."""

from __future__ import annotations

from tests.graph_standin.conftest import FIELDS, SECRET, fetch, refusal


def test_page_shows_what_it_is_subscribed_to(app, page, standin):
    row = app.get(f"/{page}/subscribed_apps")["data"][0]

    assert row["id"] == standin.world.app.id
    assert row["subscribed_fields"] == FIELDS.split(",")


def test_one_unknown_field_refuses_all(app, page):
    answer = app.post(f"/{page}/subscribed_apps", subscribed_fields="messages,message_edit")

    assert refusal(answer) == (100, None)
    assert "subscribed_fields[1]" in answer["error"]["message"]
    assert len(app.get(f"/{page}/subscribed_apps")["data"][0]["subscribed_fields"]) > 1


def test_messages_need_their_permission_the_wall_does_not(standin, page, callers):
    app = callers(standin.staff.grant(page, ["pages_manage_metadata"]))

    messages = app.post(f"/{page}/subscribed_apps", subscribed_fields="messages")
    feed = app.post(f"/{page}/subscribed_apps", subscribed_fields="feed")

    assert refusal(messages) == (200, None)
    assert feed == {"success": True}


def test_unsubscribed_page_tells_nothing(standin, app, page, eva, webhook):
    app.delete(f"/{page}/subscribed_apps")

    standin.people.write(page, eva, "Hallo")

    assert standin.deliveries.settle()
    assert app.get(f"/{page}/subscribed_apps")["data"] == []
    assert webhook.bodies == []


def test_address_is_set_only_when_it_gives_the_challenge_back(standin, webhook):
    token = f"{standin.world.app.id}|{SECRET}"
    path = f"{standin.base_url}/v26.0/{standin.world.app.id}/subscriptions"
    values = {"object": "page", "callback_url": webhook.url, "access_token": token}

    wrong = fetch("POST", path, data={**values, "verify_token": "falsch"}).json()
    right = fetch("POST", path, data={**values, "verify_token": "pruefwort"}).json()

    assert refusal(wrong) == (2200, None)
    assert right == {"success": True}
    assert webhook.questions[-1]["hub.mode"] == "subscribe"
