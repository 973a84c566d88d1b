"""How updates reach the webhook: signed, batched, tried again, given up."""

from __future__ import annotations

import json

import pytest

from graph_standin.signing import webhook_signature
from tests.graph_standin.conftest import SECRET


def test_webhook_is_verified_before_the_first_update(standin, app, page, eva, webhook):
    standin.people.write(page, eva, "Hallo")

    assert standin.deliveries.settle()
    assert [question["hub.mode"] for question in webhook.questions] == ["subscribe"]
    assert len(webhook.bodies) == 1


def test_nothing_is_sent_to_a_webhook_that_failed_verification(standin, app, page, eva, webhook):
    webhook.answers_challenge = False

    standin.wall.post(page, eva, "Hallo")

    assert standin.deliveries.settle()
    assert webhook.bodies == []
    assert standin.deliveries.log()[0]["outcome"] == "dropped"


def test_signature_is_of_the_very_bytes(standin, app, page, eva, webhook):
    standin.people.write(page, eva, "Grüße/Straße 🙂")

    assert standin.deliveries.settle()
    assert rb"Gr\u00fc\u00dfe\/Stra\u00dfe \ud83d\ude42" in webhook.bodies[0]
    assert webhook.signatures == [webhook_signature(SECRET, webhook.bodies[0])]


def test_refused_body_comes_again_byte_for_byte(standin, app, page, eva, webhook):
    webhook.statuses = [500, 403, 302]

    standin.people.write(page, eva, "Hallo")

    assert standin.deliveries.settle()
    assert len(webhook.bodies) == 4
    assert len(set(webhook.bodies)) == 1
    assert standin.deliveries.log()[0]["statuses"] == [500, 403, 302, 200]


def test_others_do_not_wait_for_a_refused_body(standin, app, page, eva, webhook):
    standin.deliveries.pace = 1
    webhook.statuses = [500, 500, 500, 500]
    standin.people.write(page, eva, "bleibt liegen")
    while len(webhook.bodies) < 4:
        standin.deliveries.settle(0.01)

    standin.people.write(page, eva, "kommt durch")
    while len(webhook.bodies) < 5:
        standin.deliveries.settle(0.01)

    assert b"kommt durch" in webhook.bodies[-1]


def test_messenger_unsubscribes_after_an_hour_of_failures(standin, app, page, eva, webhook):
    webhook.statuses = [500] * 100

    standin.people.write(page, eva, "Hallo")

    assert standin.deliveries.settle()
    log = standin.deliveries.log()[0]
    assert log["outcome"] == "disabled"
    assert log["failing_for"] >= 3600
    assert app.get(f"/{page}/subscribed_apps")["data"] == []


def test_wall_is_tried_for_36_hours_and_stays_subscribed(standin, app, page, eva, webhook):
    webhook.statuses = [500] * 100

    standin.wall.post(page, eva, "Hallo")

    assert standin.deliveries.settle()
    log = standin.deliveries.log()[0]
    assert log["outcome"] == "dropped"
    assert log["failing_for"] == pytest.approx(36 * 3600, rel=0.1)
    assert app.get(f"/{page}/subscribed_apps")["data"] != []


def test_batch_holds_several_pages_and_never_more_than_1000(standin, app, page, eva, webhook):
    other = standin.staff.add_page("Andere Seite")["id"]
    standin.world.pages[other].fields = ["messages", "feed"]
    standin.deliveries.hold()
    for number in range(600):
        standin.people.write(page, eva, f"eins {number}")
        standin.people.write(other, eva, f"zwei {number}")
    standin.wall.post(page, eva, "Wand")

    assert standin.deliveries.release(batch=5000) == 2
    assert standin.deliveries.settle()
    bodies = [json.loads(body) for body in webhook.bodies]
    counts = [
        sum(len(e.get("messaging", [])) + len(e.get("changes", [])) for e in body["entry"])
        for body in bodies
    ]
    assert counts == [1000, 201]
    assert {entry["id"] for entry in bodies[0]["entry"]} == {page, other}


def test_held_updates_come_reversed_and_twice(standin, app, page, eva, webhook):
    standin.deliveries.hold()
    for text in "abc":
        standin.people.write(page, eva, text)

    standin.deliveries.release(order="reversed", copies=2)

    assert standin.deliveries.settle()
    assert [one["message"]["text"] for one in webhook.updates()] == list("ccbbaa")


def test_last_body_is_repeated(standin, app, page, eva, webhook):
    standin.people.write(page, eva, "Hallo")
    assert standin.deliveries.settle()

    standin.deliveries.repeat()

    assert standin.deliveries.settle()
    assert webhook.bodies[0] == webhook.bodies[1]


@pytest.mark.parametrize(("signature", "got"), [("sha256=00", "sha256=00"), ("", None)])
def test_payload_of_ones_own_with_a_wrong_signature(standin, app, webhook, signature, got):
    answer = standin.deliveries.send({"object": "page", "entry": []}, signature)

    assert answer["status"] == 200
    assert webhook.signatures == [got]
