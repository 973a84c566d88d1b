"""Calls to the Graph API: proofs, refusals and what they mean, limits, and no token in a text."""

from __future__ import annotations

import logging
import pickle
from datetime import timedelta

import pytest
from django.conf import settings as project

from channels.facebook import graph, sealing
from channels.facebook.errors import (
    GraphError,
    Meaning,
    NoAnswerError,
    NotReachedError,
    NotSetUpError,
    meaning_of,
)
from channels.facebook.sealing import SealBrokenError
from channels.models import FacebookPage

TOKEN = "EAABsbCS1iHgBO7ZC"


def test_the_proof_is_the_one_of_the_facts():
    assert graph.proof("EAAB-token") == (
        "f6bc79066af3cb16986e9e7bea0da3d9432be785219d00273b533413f5fad1cb"
    )


@pytest.mark.parametrize(
    ("code", "subcode", "meaning"),
    [
        (1, 0, Meaning.TEMPORARY),
        (2, 0, Meaning.TEMPORARY),
        (1200, 0, Meaning.TEMPORARY),
        (4, 0, Meaning.RATE),
        (4, 2018022, Meaning.RATE),
        (17, 0, Meaning.RATE),
        (32, 0, Meaning.RATE),
        (341, 0, Meaning.RATE),
        (613, 0, Meaning.RATE),
        (613, 2534040, Meaning.RATE),
        (80001, 0, Meaning.RATE),
        (80006, 0, Meaning.RATE),
        (10, 2018278, Meaning.WINDOW),
        (10, 2018065, Meaning.WINDOW),
        (10, 2534022, Meaning.WINDOW),
        (10, 2018108, Meaning.UNREACHABLE),
        (551, 1545041, Meaning.UNREACHABLE),
        (200, 1545041, Meaning.UNREACHABLE),
        (100, 2018001, Meaning.UNREACHABLE),
        (10, 1893063, Meaning.RESTRICTED),
        (10, 0, Meaning.PERMISSION),
        (200, 0, Meaning.PERMISSION),
        (299, 0, Meaning.PERMISSION),
        (100, 0, Meaning.INVALID),
        (100, 2018109, Meaning.TOO_LARGE),
        (190, 0, Meaning.TOKEN),
        *[(190, subcode, Meaning.TOKEN) for subcode in (458, 459, 460, 463, 464, 467)],
        (200, 2018028, Meaning.NOT_APPROVED),
        (200, 2018027, Meaning.NOT_APPROVED),
        (368, 0, Meaning.BLOCKED),
        (506, 0, Meaning.REPEATED),
        (2, 2018344, Meaning.PERMISSION),
        (12345, 0, Meaning.INVALID),
    ],
)
def test_each_code_of_the_facts_has_its_meaning(code, subcode, meaning):
    assert meaning_of(code, subcode) == meaning


def test_what_meta_calls_transient_is_temporary():
    assert meaning_of(12345, 0, is_transient=True) == Meaning.TEMPORARY


def test_without_an_app_nothing_is_asked(settings):
    settings.FACEBOOK_APP_SECRET = ""

    with pytest.raises(NotSetUpError):
        graph.call("GET", "me", TOKEN)


def test_who_is_not_there_was_certainly_not_reached():
    with pytest.raises(NotReachedError):
        graph.call("GET", "me", TOKEN)


@pytest.mark.parametrize(
    "failure",
    [
        {"kind": "cut"},
        {"kind": "html", "status": 502},
        {"kind": "error", "code": 2, "status": 503},
        {"kind": "html", "status": 200},
    ],
)
def test_an_answer_that_tells_nothing_is_none(facebook, failure):
    facebook.standin.failures.plan(on="node", **failure)

    with pytest.raises(NoAnswerError):
        graph.call("GET", facebook.page.page_id, facebook.page.token)


def test_a_slow_answer_is_none(facebook, monkeypatch):
    monkeypatch.setattr(graph, "TIMEOUT", 0.2)
    facebook.standin.failures.plan(on="node", kind="timeout", seconds=2)

    with pytest.raises(NoAnswerError):
        graph.call("GET", facebook.page.page_id, facebook.page.token)


def test_a_refusal_says_what_meta_says_and_never_names_a_token(facebook):
    token = facebook.page.token
    words = f"Bad token {token} or access_token={token}&x"
    facebook.standin.failures.plan(on="node", code=190, subcode=463, message=words)

    with pytest.raises(GraphError) as caught:
        graph.call("GET", facebook.page.page_id, token)

    error = caught.value
    assert (error.code, error.subcode, error.meaning) == (190, 463, Meaning.TOKEN)
    assert "190/463" in str(error)
    assert error.trace
    assert token not in f"{error} {error!r} {error.args} {error.words}"


def test_no_exception_carries_a_token(facebook):
    token = facebook.page.token
    facebook.standin.failures.plan(on="node", kind="cut")

    with pytest.raises(NoAnswerError) as caught:
        graph.call("GET", facebook.page.page_id, token)

    assert token not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_no_log_line_names_a_token(facebook, caplog):
    with caplog.at_level(logging.INFO, logger="channels"):
        graph.call("GET", facebook.page.page_id, facebook.page.token)

    assert project.LOGGING["loggers"]["httpx"]["level"] == "WARNING"
    assert project.LOGGING["loggers"]["httpcore"]["level"] == "WARNING"
    assert facebook.page.token not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("channels")
    )


@pytest.mark.parametrize(
    ("header", "value", "pause"),
    [
        ("X-App-Usage", '{"call_count":28,"total_time":25,"total_cputime":25}', None),
        ("X-App-Usage", '{"call_count":80}', graph.SLOW_DOWN_FOR),
        ("X-App-Usage", '{"call_count":10,"total_cputime":120}', graph.USED_UP_FOR),
        (
            "X-Business-Use-Case-Usage",
            '{"17":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":19}]}',
            timedelta(minutes=19),
        ),
        ("X-App-Usage", "{", None),
        ("X-App-Usage", "[7]", None),
        ("X-App-Usage", '{"call_count":"viel","1":[3,null]}', None),
        ("X-App-Usage", "[" * 5000, None),
    ],
)
def test_the_usage_headers_say_how_long_to_wait(header, value, pause):
    assert graph._pause({header.lower(): value}) == pause


def test_a_token_lies_sealed_in_the_database(page):
    stored = FacebookPage.objects.values_list("sealed_token", flat=True).get()

    assert "EAAB-token" not in stored
    assert FacebookPage.objects.get().token == "EAAB-token"
    assert "EAAB-token" not in f"{page!r} {page}"
    assert b"EAAB-token" not in pickle.dumps(FacebookPage.objects.get())


def test_a_token_sealed_with_an_earlier_key_can_be_opened(settings):
    sealed = sealing.seal(TOKEN)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "ein ganz neuer Schlüssel"

    assert sealing.unseal(sealed) == TOKEN
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SealBrokenError):
        sealing.unseal(sealed)
