"""Profiles, conversations, and the callbacks about people."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from graph_standin.errors import ControlError
from tests.graph_standin.conftest import SECRET, fetch, refusal


def test_profile_with_a_picture_whose_link_ends(standin, app, psid):
    found = app.get(f"/{psid}", fields="first_name,last_name,profile_pic")

    assert (found["first_name"], found["last_name"]) == ("Eva", "Muster")
    assert fetch("GET", found["profile_pic"]).headers["content-type"] == "image/svg+xml"
    standin.clock.advance(301)
    assert fetch("GET", found["profile_pic"]).status_code == 403


@pytest.mark.parametrize(("reason", "code"), [("none", (100, 2018218)), ("consent", (230, None))])
def test_profile_may_be_refused(standin, app, eva, psid, reason, code):
    standin.people.refuse_profile(eva, reason)

    assert refusal(app.get(f"/{psid}")) == code


def test_profile_needs_the_feature(standin, app, psid):
    standin.staff.set_app(features=["human_agent"])

    assert refusal(app.get(f"/{psid}")) == (10, None)


def test_ids_are_scoped_to_the_page(standin, app, eva, psid):
    other = standin.staff.add_page("Andere Seite")["id"]

    foreign = standin.people.psid(other, eva)

    assert foreign != psid
    assert refusal(app.get(f"/{foreign}")) == (100, 33)


def test_conversations_tell_what_a_webhook_missed(standin, app, page, eva, psid):
    mid = standin.people.write(page, eva, "Hallo")
    gone = standin.people.write(page, eva, "Falsch")
    standin.people.unsend(gone)

    row = app.get(f"/{page}/conversations", platform="messenger")["data"][0]

    assert row["id"] == f"t_{psid}"
    assert [one["id"] for one in row["messages"]["data"]] == [mid]
    assert row["messages"]["data"][0]["from"] == {"id": psid, "name": "Eva Muster"}


def test_deletion_callback_gets_a_signed_request(standin, webhook):
    standin.staff.set_app(deletion_url=webhook.url.replace("/hook", "/loeschen"))

    answer = standin.staff.request_deletion("218471")

    assert answer == {"status": 200, "body": '{"confirmation_code":"abc"}'}
    signature, _, content = webhook.forms[0]["signed_request"].partition(".")
    mac = hmac.new(SECRET.encode(), content.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)) == mac
    said = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    assert (said["user_id"], said["algorithm"]) == ("218471", "HMAC-SHA256")


def test_removing_the_app_kills_tokens_and_calls_back(standin, app, page, webhook):
    standin.staff.set_app(deauthorize_url=webhook.url.replace("/hook", "/abmelden"))

    standin.staff.remove_app(next(iter(standin.world.accounts)))

    assert refusal(app.get("/me")) == (190, 458)
    assert len(webhook.forms) == 1
    assert standin.world.pages[page].fields == []


def test_message_can_be_edited_five_times(standin, app, page, eva):
    mid = standin.people.write(page, eva, "0")
    for number in range(5):
        standin.people.edit(mid, str(number))

    with pytest.raises(ControlError):
        standin.people.edit(mid, "6")
