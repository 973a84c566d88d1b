"""The control plane over HTTP, and the stand-in as a process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.graph_standin.conftest import fetch


def order(base_url, path, **values):
    return fetch("POST", f"{base_url}/_standin/{path}", json=values)


def test_acts_are_the_same_over_http(standin, app, page, webhook):
    eva = order(standin.base_url, "people/add", name="Eva Muster").json()["result"]["id"]
    mid = order(standin.base_url, "people/write", page=page, person=eva, text="Grüße").json()

    assert order(standin.base_url, "deliveries/settle").json() == {"result": True}
    assert webhook.updates()[0]["message"] == {"mid": mid["result"], "text": "Grüße"}
    looked = fetch("GET", f"{standin.base_url}/_standin/deliveries").json()["result"]
    assert looked[0]["outcome"] == "accepted"


def test_clock_and_usage(standin, app):
    order(standin.base_url, "clock/set", at=1790000000)
    assert order(standin.base_url, "clock/advance", seconds=5).json()["result"] == 1790000005
    order(standin.base_url, "calls/usage", page=90)

    assert standin.calls.usage.page == 90


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("people/write", {"page": "1"}),
        ("people/write", {"page": "1", "person": "2"}),
        ("people/burn", {}),
        ("world/pages", {}),
        ("staff/_account", {"account": "1"}),
        ("failures/plan", {"colour": "red"}),
        ("staff/set_app", {"colour": "red"}),
        ("calls/usage", {"colour": 1}),
    ],
)
def test_order_that_makes_no_sense_says_why(standin, path, values):
    answer = order(standin.base_url, path, **values)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_form_of_a_foreign_page_gives_no_orders(standin):
    answer = fetch("POST", f"{standin.base_url}/_standin/people/add", data={"name": "Eva"})

    assert answer.status_code == 400
    assert standin.world.people == {}


def test_state_shows_no_tokens(standin, app, page):
    state = fetch("GET", f"{standin.base_url}/_standin/state")

    assert page in state.json()["result"]["pages"]
    assert app.token not in state.text
    assert "geheim123" not in state.text


def test_pages_files_have_no_way_out(standin):
    assert fetch("GET", f"{standin.base_url}/static/player.css").status_code == 200
    assert fetch("GET", f"{standin.base_url}/static/%2e%2e/world.py").status_code == 404
    assert fetch("GET", f"{standin.base_url}/static/../world.py").status_code == 400


def test_process_keeps_its_world(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "graph_standin", "--port", "0"]
    command += ["--app-id", "1", "--app-secret", "s", "--verify-token", "v"]
    command += ["--webhook-url", "http://127.0.0.1:9/", "--state", str(tmp_path / "state.json")]
    command += ["--page", "100200300:Teehaus Nord"]
    names = []
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            base_url = process.stdout.readline().split(": ")[1].strip().rstrip("/")
            order(base_url, "people/add", name="Eva Muster")
            state = fetch("GET", f"{base_url}/_standin/state").json()["result"]
            names.append([one["name"] for one in state["people"].values()])
            assert len(state["entries"]) == 1
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0

    assert names == [["Eva Muster"], ["Eva Muster", "Eva Muster"]]
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600
