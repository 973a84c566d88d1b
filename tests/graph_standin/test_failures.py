"""Failures on demand."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from tests.graph_standin.conftest import refusal


@pytest.fixture
def send(standin, app, page, eva, psid):
    standin.people.write(page, eva, "Hallo")
    return lambda: app.client.post(
        f"/{page}/messages", json={"recipient": {"id": psid}, "message": {"text": "Antwort"}}
    )


def answers(standin) -> int:
    return sum(one.from_page for one in standin.world.messages.values())


@pytest.mark.parametrize("code", [4, 32, 613, 80001])
def test_rate_limit_with_its_headers(standin, send, code):
    usage = json.dumps({"call_count": 100, "total_time": 10, "total_cputime": 10})
    standin.failures.plan(on="messages", code=code, headers={"X-App-Usage": usage})

    refused, taken = send(), send()

    assert refusal(refused.json()) == (code, None)
    assert json.loads(refused.headers["x-app-usage"])["call_count"] == 100
    assert (taken.status_code, answers(standin)) == (200, 1)


@pytest.mark.parametrize(("after", "sent"), [(False, 0), (True, 1)])
def test_server_error_before_and_after_the_effect(standin, send, after, sent):
    standin.failures.plan(on="messages", code=2, after=after)

    answer = send()

    assert answer.status_code == 500
    assert answer.json()["error"]["is_transient"] is True
    assert answers(standin) == sent


@pytest.mark.parametrize(("after", "sent"), [(False, 0), (True, 1)])
def test_connection_cut_before_and_after_the_effect(standin, send, after, sent):
    standin.failures.plan(on="messages", kind="cut", after=after)

    with pytest.raises(httpx.RemoteProtocolError):
        send()

    assert answers(standin) == sent
    assert send().status_code == 200


def test_timeout_after_the_effect(standin, app, send):
    standin.failures.plan(on="messages", kind="timeout", after=True, seconds=30)
    app.client.timeout = 0.2

    with pytest.raises(httpx.ReadTimeout):
        send()

    assert answers(standin) == 1


def test_end_does_not_wait_for_a_timeout(standin, app, send):
    standin.failures.plan(on="messages", kind="timeout", seconds=30)
    app.client.timeout = 0.2
    with pytest.raises(httpx.ReadTimeout):
        send()

    began = time.monotonic()
    standin.stop()

    assert time.monotonic() - began < 5


def test_proxys_page_is_no_json(standin, send):
    standin.failures.plan(on="messages", kind="html", status=502)

    answer = send()

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")


def test_failure_of_one_page_or_endpoint_leaves_others_alone(standin, app, send, page):
    standin.failures.plan(on="comments")
    standin.failures.plan(on="*", page="999")

    assert send().status_code == 200
    assert len(standin.failures.list()) == 2
    standin.failures.clear()
    assert standin.failures.list() == []


def test_several_times(standin, send):
    standin.failures.plan(on="messages", times=2, code=368)

    assert [send().status_code for _ in range(3)] == [403, 403, 200]


@pytest.mark.parametrize(("whose", "code"), [("app", 4), ("page", 80006)])
def test_full_usage_refuses(standin, send, whose, code):
    setattr(standin.calls.usage, whose, 100)

    assert refusal(send().json()) == (code, None)


def test_usage_headers_on_every_answer(standin, app, page):
    standin.calls.usage.app, standin.calls.usage.page = 50, 85
    standin.calls.usage.minutes = 7

    headers = app.client.get("/me").headers

    assert json.loads(headers["x-app-usage"])["call_count"] == 50
    business = json.loads(headers["x-business-use-case-usage"])[page][0]
    assert (business["call_count"], business["estimated_time_to_regain_access"]) == (85, 7)
