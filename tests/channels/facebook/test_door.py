"""The webhook: who may speak, whose an event is, and nothing lost before it is acknowledged."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels import arrivals, raw
from channels.facebook import door, events, withdrawals
from channels.facebook.views import LARGEST_BATCH
from channels.models import InboundRecord
from tenants.models import Route, Tenant, Unrouted, Wakeup, Withdrawal
from tests.channels.facebook.hooks import (
    OTHER_PAGE,
    PAGE,
    PSID,
    START,
    URL,
    VERIFY,
    batch,
    event,
    here,
    said,
    send,
    whole,
)

VECTOR = (
    rb'{"object":"page","entry":[{"id":"100200300","time":1790000000000,"messaging":[{"sender":'
    rb'{"id":"777"},"recipient":{"id":"100200300"},"timestamp":1790000000000,"message":'
    rb'{"mid":"m_abc","text":"Gr\u00fc\u00dfe"}}]}]}'
)
VECTOR_SIGNATURE = "sha256=dc3d2498ea258cc9160ba99ba595b5dce59db32600fdff0bb8474f16347a1312"


def challenge(word=VERIFY, mode="subscribe", host="alpha.localhost"):
    query = {"hub.mode": mode, "hub.verify_token": word, "hub.challenge": "1158201444"}
    with here():
        return Client(headers={"host": host}).get(URL, query)


def records(schema=None):
    if schema is None:
        return list(InboundRecord.objects.order_by("pk"))
    with schema_context(schema):
        return records()


@pytest.fixture
def beta(page, other_tenant):
    """Another tenant with a page of its own."""
    with schema_context(other_tenant.schema_name):
        door.claim(OTHER_PAGE, "Beta")
    return other_tenant


def test_the_challenge_comes_back_as_it_was_given(tenant):
    response = challenge()

    assert (response.status_code, response.content) == (200, b"1158201444")
    assert response["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("given", [{"word": "falsch"}, {"word": ""}, {"mode": "x"}, {"word": "ü"}])
def test_who_does_not_know_the_word_gets_no_challenge(tenant, given):
    assert challenge(**given).status_code == 403


def test_without_a_word_of_its_own_an_installation_verifies_nobody(tenant, settings):
    settings.FACEBOOK_VERIFY_TOKEN = ""

    assert challenge(word="").status_code == 403


def test_without_an_app_the_channel_says_that_it_is_not_set_up(tenant, settings):
    settings.FACEBOOK_APP_SECRET = ""

    assert challenge().status_code == send(batch()).status_code == 503
    assert b"not set up" in challenge().content


@pytest.mark.parametrize(
    "host", ["alpha.localhost", "beta.localhost", "hooks.example", "127.0.0.1"]
)
def test_one_address_serves_all_tenants_whatever_the_host(page, host):
    assert challenge(host=host).status_code == 200
    assert send(VECTOR, host).status_code == 200

    assert len(records()) == 1


def test_the_signature_is_over_the_bytes_as_they_came(page):
    assert len(VECTOR) == 213
    assert door.signature(VECTOR) == VECTOR_SIGNATURE
    respelled = json.dumps(json.loads(VECTOR), ensure_ascii=False).encode()

    assert send(VECTOR, signature=VECTOR_SIGNATURE).status_code == 200
    assert send(respelled, signature=VECTOR_SIGNATURE).status_code == 403


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "ü"])
def test_a_wrong_signature_is_refused_and_raises_the_alarm(page, signature, caplog):
    with caplog.at_level(logging.ERROR):
        response = send(VECTOR, signature=signature)

    assert response.status_code == 403
    assert "FACEBOOK_APP_SECRET" in caplog.text
    assert not records()


def test_what_came_is_on_disk_and_on_record_before_the_200(page):
    before = now()

    assert send(VECTOR).status_code == 200

    [record] = records()
    assert raw.read(record.sha256) == VECTOR
    assert (record.channel, record.recipients) == ("facebook", [PAGE])
    assert before <= record.received_at <= now()
    with schema_context("public"):
        assert Wakeup.objects.filter(kind=Wakeup.Kind.INBOX, next_at__lte=now()).exists()


def test_what_cannot_be_stored_is_not_acknowledged(page, monkeypatch):
    def fail(*_):
        raise DatabaseError("voll")

    monkeypatch.setattr(arrivals, "_record", fail)

    assert send(VECTOR).status_code == 503


def test_a_repetition_is_one_record(page):
    assert [send(VECTOR).status_code for _ in range(3)] == [200] * 3

    assert len(records()) == 1


def test_a_batch_of_two_tenants_is_split_before_it_is_stored(page, beta):
    ours, theirs = said("Für Alpha", "m_a"), said("Für Beta", "m_b", page=OTHER_PAGE)
    both = whole({"id": PAGE, "messaging": [ours]}, {"id": OTHER_PAGE, "messaging": [theirs]})

    assert send(both).status_code == 200

    [record] = records()
    [other] = records(beta.schema_name)
    assert b"m_a" in raw.read(record.sha256)
    assert b"m_b" not in raw.read(record.sha256)
    with schema_context(beta.schema_name):
        assert b"m_a" not in raw.read(other.sha256)
        assert other.recipients == [OTHER_PAGE]


def test_both_tenants_have_their_part_or_none_has(page, beta, monkeypatch):
    both = whole(
        {"id": PAGE, "messaging": [said("a", "m_a")]},
        {"id": OTHER_PAGE, "messaging": [said("b", "m_b", page=OTHER_PAGE)]},
    )
    put, calls = arrivals._record, []

    def second_fails(*args):
        calls.append(args)
        if len(calls) == 2:
            raise DatabaseError("weg")
        return put(*args)

    monkeypatch.setattr(arrivals, "_record", second_fails)

    assert send(both).status_code == 503
    assert records() == records(beta.schema_name) == []


def test_a_large_batch_is_stored_in_parts_in_the_order_of_the_events(page):
    many = [said(f"Nummer {n}", f"m_{n}", at=1_790_000_000_000 - n) for n in range(250)]

    assert send(batch(*many)).status_code == 200

    parts = [events.parse(raw.read(record.sha256)) for record in records()]
    assert [len(part) for part in parts] == [100, 100, 50]
    mids = [one.value["mid"] for part in parts for one in part]
    assert mids == [f"m_{n}" for n in reversed(range(250))]


def test_events_of_an_unknown_page_wait_for_its_owner(tenant):
    assert send(VECTOR).status_code == 200
    assert send(VECTOR).status_code == 200
    with schema_context("public"):
        kept = Unrouted.objects.get()
    assert bytes(kept.raw) == VECTOR

    door.claim(PAGE, "Teehaus")
    assert door.adopt(PAGE) == 1

    [record] = records()
    assert record.received_at == kept.received_at
    assert raw.read(record.sha256) == VECTOR
    assert Unrouted.objects.count() == 0
    assert door.adopt(PAGE) == 0


def test_what_met_a_page_in_the_moment_of_its_connection_is_found_by_the_sweep(tenant):
    send(VECTOR)
    door.claim(PAGE, "Teehaus")

    with schema_context("public"):
        door.tidy()

    assert len(records()) == 1


def test_a_page_whose_part_cannot_be_stored_stops_no_other_and_loses_nothing(tenant, monkeypatch):
    send(whole({"id": OTHER_PAGE, "time": START, "messaging": [said("Eins")]}))
    send(VECTOR)
    door.claim(OTHER_PAGE, "Volle Platte")
    door.claim(PAGE, "Teehaus")
    adopt = door.adopt

    def on_a_full_disk(page_id):
        if page_id == OTHER_PAGE:
            raise raw.StorageFullError("full")
        return adopt(page_id)

    monkeypatch.setattr(door, "adopt", on_a_full_disk)

    with schema_context("public"):
        door.tidy(now() + timedelta(days=8))

    assert len(records()) == 1
    assert Unrouted.objects.get().address == OTHER_PAGE


def test_what_nobody_wants_for_seven_days_is_forgotten(tenant):
    send(VECTOR)

    with schema_context("public"):
        door.tidy(now() + timedelta(days=6, hours=23))
        assert Unrouted.objects.count() == 1
        door.tidy(now() + timedelta(days=7, minutes=1))
        assert Unrouted.objects.count() == 0


def test_a_suspended_tenants_events_wait_in_its_schema(page, tenant):
    Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.SUSPENDED)

    assert send(VECTOR).status_code == 200

    [record] = records()
    assert record.status == InboundRecord.Status.RECEIVED


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"page"',
        b'{"object":"user","entry":[]}',
        b'{"object":"page"}',
        b'{"object":"page","entry":{}}',
        b'{"object":"page","entry":[7,{"id":null},{"messaging":[{}]}]}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_signed_but_cannot_be_understood_is_kept_and_acknowledged(page, garbage):
    assert send(garbage).status_code == 200

    with schema_context("public"):
        assert bytes(Unrouted.objects.get().raw) == garbage
    assert records() == []


class Body(BytesIO):
    """A request's body that knows how much of it was read."""

    def __init__(self, content):
        super().__init__(content)
        self.taken = 0

    def read(self, size=-1):
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def send_body(content, signature):
    body = Body(content)
    extra = {"wsgi.input": body, "CONTENT_LENGTH": str(len(content))}
    if signature:
        extra["HTTP_X_HUB_SIGNATURE_256"] = signature
    with here():
        status = Client(headers={"host": "alpha.localhost"}).post(
            URL, b"", content_type="application/json", **extra
        )
    return status.status_code, body.taken


def test_a_thousand_long_messages_are_taken_at_once(page):
    """As many updates as Meta puts into one batch, each with 350 escaped umlauts."""
    updates = [said("ü" * 350, f"m_{number}") for number in range(1000)]
    content = batch(*updates)
    assert len(content) > 2_000_000

    assert send(content).status_code == 200


def test_too_large_a_batch_is_refused_unread_and_the_next_one_is_taken(page, caplog):
    """Meta keeps what was refused and sends it again; the log says what an operator must do."""
    content = b" " * (LARGEST_BATCH + 1) + VECTOR
    with here():
        signature = door.signature(content)

    assert send_body(content, signature) == (413, 0)
    assert "ALARM" in caplog.text
    assert records() == []
    assert send(VECTOR).status_code == 200
    assert len(records()) == 1


@pytest.mark.parametrize("signature", ["", "sha256=", "sha1=" + "0" * 64, "sha256=" + "g" * 64])
def test_what_cannot_be_signed_is_refused_unread(page, signature):
    assert send_body(VECTOR, signature) == (403, 0)
    assert records() == []


def test_a_page_belongs_to_one_tenant(page, other_tenant):
    with schema_context(other_tenant.schema_name):
        assert not door.claim(PAGE, "Gestohlen")
        door.release(PAGE)
    assert door.claim(PAGE, "Teehaus")
    assert Route.objects.get(address=PAGE).tenant.slug == "alpha"


def test_the_door_costs_few_statements(page, django_assert_max_num_queries):
    send(batch(*[event(read={"watermark": 1})]))

    with django_assert_max_num_queries(8):
        send(batch(*[said(f"Nummer {n}", f"m_{n}") for n in range(50)]))


def test_who_is_forgotten_is_forgotten_at_the_door_too_and_nobody_else(tenant):
    both = batch(said("Ich bin Eva", "m_1"), said("Ich auch", "m_2", psid="888"))
    door.accept(both, now())
    door.accept(batch(said("Eva noch einmal", "m_3")), now())
    door.accept(b"Ohne Sinn: " + PSID.encode(), now())
    Withdrawal.objects.create(kind=Withdrawal.Kind.DELETION, subject=PSID, asked_at=now())

    with schema_context("public"):
        withdrawals.work()

    assert Withdrawal.objects.get().has_found
    [left] = Unrouted.objects.all()
    assert left.address == PAGE
    assert [one.value["text"] for one in events.parse(bytes(left.raw))] == ["Ich auch"]
