"""Who may call: tokens, their proof, permissions, and the API's version."""

from __future__ import annotations

import pytest

from graph_standin.signing import app_proof
from tests.graph_standin.conftest import SECRET, fetch, refusal


def get(standin, path="/me", version="v26.0", **params):
    return fetch("GET", f"{standin.base_url}/{version}{path}", params=params).json()


def test_proof_is_demanded(standin, app):
    assert refusal(get(standin, access_token=app.token)) == (100, None)


def test_proof_of_another_token_is_refused(standin, app):
    other = app_proof(SECRET, "EAAB-token")

    assert refusal(get(standin, access_token=app.token, appsecret_proof=other)) == (100, None)


def test_app_may_do_without_the_proof_but_not_with_a_wrong_one(standin, app, page):
    standin.staff.set_app(demands_proof=False)

    assert get(standin, access_token=app.token)["id"] == page
    assert refusal(get(standin, access_token=app.token, appsecret_proof="ab")) == (100, None)


def test_token_may_come_in_the_header(standin, app, page):
    answer = fetch(
        "GET",
        f"{standin.base_url}/v26.0/me",
        params={"appsecret_proof": app_proof(SECRET, app.token)},
        headers={"Authorization": f"Bearer {app.token}"},
    )

    assert answer.json()["id"] == page


def test_unknown_token(standin, app):
    assert refusal(get(standin, access_token="EAAB-fremd")) == (190, None)


@pytest.mark.parametrize("subcode", [458, 459, 460, 463, 464, 467])
def test_dead_token_says_why(standin, app, page, subcode):
    standin.staff.revoke(page, subcode)

    answer = app.client.get("/me")

    assert (answer.status_code, refusal(answer.json())) == (401, (190, subcode))


def test_debug_says_what_a_dead_token_was(standin, app, page):
    standin.staff.revoke(page, 460)
    by_app = f"{standin.world.app.id}|{SECRET}"

    worth = get(standin, "/debug_token", input_token=app.token, access_token=by_app)["data"]

    assert worth["is_valid"] is False
    assert (worth["error"]["code"], worth["error"]["subcode"]) == (190, 460)


def test_token_of_another_page_reaches_nothing(standin, app, callers, eva):
    other = standin.staff.add_page("Andere Seite")["id"]
    post = standin.wall.post(other, eva, "Hallo")

    assert refusal(app.get(f"/{other}")) == (100, 33)
    assert refusal(app.get(f"/{post}")) == (100, 33)
    assert refusal(app.get(f"/{other}/subscribed_apps")) == (100, 33)


@pytest.mark.parametrize(
    ("permission", "method", "path"),
    [
        ("pages_manage_metadata", "GET", "subscribed_apps"),
        ("pages_messaging", "POST", "messages"),
        ("pages_read_engagement", "GET", "feed"),
        ("pages_read_user_content", "GET", "feed"),
    ],
)
def test_each_permission_is_needed(standin, app, page, permission, method, path):
    standin.staff.lose_permission(page, permission)

    answer = app.client.request(method, f"/{page}/{path}").json()

    assert refusal(answer) == (200, None)
    assert permission in answer["error"]["message"]


def test_version_is_needed_and_must_be_alive(standin, app, page):
    ends = 1800489600  # 2027-01-21 00:00 UTC
    app.client.base_url = f"{standin.base_url}/v21.0"

    standin.clock.set(ends - 1)
    assert app.get("/me")["id"] == page
    standin.clock.set(ends)
    assert refusal(app.get("/me")) == (2635, None)
    assert refusal(get(standin, access_token=app.token, version="me")) == (2500, None)


def test_unknown_field_is_refused(app, page):
    assert refusal(app.get(f"/{page}", fields="name,shoe_size")) == (100, None)


def test_record_of_calls_keeps_no_secret(standin, app):
    app.get("/me")

    seen = standin.calls.seen[-1]
    assert (seen["method"], seen["path"], seen["status"]) == ("GET", "/v26.0/me", 200)
    assert app.token not in str(standin.calls.seen)
