"""From the consent dialog to a page's token."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.graph_standin.conftest import SECRET, fetch, refusal

TARGET = "https://helpdesk.example/facebook/zurueck/?a=1"
ASKED = "pages_show_list,pages_messaging,pages_manage_metadata"


def dialog(standin, **values):
    return {
        "client_id": standin.world.app.id,
        "redirect_uri": TARGET,
        "state": "st4te",
        "scope": ASKED,
        **values,
    }


def decide(standin, **values) -> dict[str, list[str]]:
    """Answer the dialog; the parameters with which the app is called back."""
    answer = fetch("POST", f"{standin.base_url}/v26.0/dialog/oauth", data=dialog(standin, **values))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{TARGET}&")
    return parse_qs(urlsplit(answer.headers["location"]).query)


def exchange(standin, **values):
    app = {"client_id": standin.world.app.id, "client_secret": SECRET}
    return fetch(
        "GET", f"{standin.base_url}/v26.0/oauth/access_token", params={**app, **values}
    ).json()


@pytest.fixture
def code(standin, page) -> str:
    allowed = {"decision": "allow", "page": [page], "permission": ASKED.split(",")[:2]}
    return decide(standin, **allowed)["code"][0]


def test_dialog_offers_pages_and_permissions_one_by_one(standin, page):
    answer = fetch("GET", f"{standin.base_url}/v26.0/dialog/oauth", params=dialog(standin))

    assert answer.status_code == 200
    assert f'name="page" value="{page}"' in answer.text
    for permission in ASKED.split(","):
        assert f'name="permission" value="{permission}"' in answer.text
    assert "pages_manage_engagement" not in answer.text


def test_page_names_are_text(standin):
    standin.staff.add_page("<script>Tee</script>")

    answer = fetch("GET", f"{standin.base_url}/v26.0/dialog/oauth", params=dialog(standin))

    assert "<script>Tee" not in answer.text
    assert "&lt;script&gt;Tee" in answer.text


@pytest.mark.parametrize(
    "wrong", [{"client_id": "1"}, {"redirect_uri": "javascript:alert(1)"}, {"redirect_uri": ""}]
)
def test_wrong_app_or_target_leads_nowhere(standin, page, wrong):
    answer = fetch(
        "POST",
        f"{standin.base_url}/v26.0/dialog/oauth",
        data=dialog(standin, decision="allow", **wrong),
    )

    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_target_must_be_among_the_apps_own(standin, page):
    standin.staff.set_app(redirect_urls=["https://other.example/"])

    answer = fetch("GET", f"{standin.base_url}/v26.0/dialog/oauth", params=dialog(standin))

    assert answer.status_code == 400


def test_refusing_leads_back_with_the_reason(standin, page):
    back = decide(standin, decision="deny")

    assert back["error"] == ["access_denied"]
    assert back["error_reason"] == ["user_denied"]
    assert back["state"] == ["st4te"]
    assert "code" not in back


def test_code_becomes_a_token_that_lasts(standin, page, code, callers):
    standin.clock.set(standin.clock.now())
    short = exchange(standin, code=code, redirect_uri=TARGET)
    long = exchange(
        standin, grant_type="fb_exchange_token", fb_exchange_token=short["access_token"]
    )

    assert short["expires_in"] == 2 * 3600
    assert long["expires_in"] == 60 * 86400
    rows = callers(long["access_token"]).get("/me/accounts")["data"]
    assert [(row["id"], row["name"]) for row in rows] == [(page, "Teehaus Nord")]
    assert "MESSAGING" in rows[0]["tasks"]
    token = rows[0]["access_token"]
    worth = callers(token).get("/debug_token", input_token=token)
    assert (worth["data"]["type"], worth["data"]["expires_at"]) == ("PAGE", 0)
    assert worth["data"]["profile_id"] == page


def test_page_token_of_a_short_lived_token_ends_with_it(standin, code, callers):
    user = exchange(standin, code=code, redirect_uri=TARGET)["access_token"]

    token = callers(user).get("/me/accounts")["data"][0]["access_token"]
    standin.clock.advance(2 * 3600 + 1)

    assert refusal(callers(token).get("/me")) == (190, 463)


def test_long_lived_token_brings_another_page_token_without_end(standin, code, callers):
    short = exchange(standin, code=code, redirect_uri=TARGET)["access_token"]
    first = callers(short).get("/me/accounts")["data"][0]["access_token"]
    long = exchange(standin, grant_type="fb_exchange_token", fb_exchange_token=short)

    token, again = (
        callers(long["access_token"]).get("/me/accounts")["data"][0]["access_token"]
        for _ in range(2)
    )
    standin.clock.advance(90 * 86400)

    assert token == again != first
    assert "id" in callers(token).get("/me")


def test_permissions_are_granted_and_declined_one_by_one(standin, code, callers):
    user = callers(exchange(standin, code=code, redirect_uri=TARGET)["access_token"])

    assert user.get("/me/permissions")["data"] == [
        {"permission": "pages_show_list", "status": "granted"},
        {"permission": "pages_messaging", "status": "granted"},
        {"permission": "pages_manage_metadata", "status": "declined"},
    ]


def test_without_the_right_to_list_pages_there_are_none(standin, page, callers):
    allowed = {"decision": "allow", "page": [page], "permission": ["pages_messaging"]}
    code = decide(standin, **allowed)["code"][0]

    user = callers(exchange(standin, code=code, redirect_uri=TARGET)["access_token"])

    assert user.get("/me/accounts")["data"] == []


def test_code_works_once(standin, code):
    exchange(standin, code=code, redirect_uri=TARGET)

    assert refusal(exchange(standin, code=code, redirect_uri=TARGET)) == (100, 36009)


def test_code_is_bound_to_its_target(standin, code):
    assert refusal(exchange(standin, code=code, redirect_uri="https://x.example/")) == (100, 36008)


def test_code_ends_after_ten_minutes(standin, code):
    standin.clock.advance(601)

    assert refusal(exchange(standin, code=code, redirect_uri=TARGET)) == (100, 36007)


def test_secret_must_be_right(standin, code):
    answer = exchange(standin, code=code, redirect_uri=TARGET, client_secret="falsch")

    assert "access_token" not in answer


def test_pages_come_in_portions(standin, page, callers):
    more = [standin.staff.add_page(f"Seite {number}")["id"] for number in range(4)]
    allowed = {"decision": "allow", "page": [page, *more], "permission": ["pages_show_list"]}
    code = decide(standin, **allowed)["code"][0]
    user = callers(exchange(standin, code=code, redirect_uri=TARGET)["access_token"])

    found, after = [], "0"
    while after:
        part = user.get("/me/accounts", limit=2, after=after, fields="id")
        found += [row["id"] for row in part["data"]]
        after = part["paging"]["cursors"]["after"] if "next" in part["paging"] else ""

    assert found == [page, *more]


def test_removing_the_app_kills_its_tokens(standin, page, code, callers):
    user = callers(exchange(standin, code=code, redirect_uri=TARGET)["access_token"])

    assert user.delete("/me/permissions") == {"success": True}
    assert refusal(user.get("/me")) == (190, 458)
