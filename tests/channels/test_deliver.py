"""manage.py deliver: the same intake from standard input, with the codes of sysexits.h."""

from __future__ import annotations

import io
import os
import sys
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django_tenants.utils import schema_context

from channels import arrivals, raw
from channels.email import signed
from channels.management.commands import deliver as command
from channels.models import InboundRecord
from tests.channels.mail import EVA, SUPPORT, written

BETA = "support@beta.localhost"


@pytest.fixture
def deliver(tenant, monkeypatch):
    """Run the command with these bytes on its standard input; returns its exit code."""

    def run(content: bytes, *arguments: str) -> int:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        try:
            call_command("deliver", *arguments)
        except CommandError as error:
            return error.returncode
        return 0

    return run


def test_a_mail_for_the_recipient_of_the_envelope_is_stored(deliver):
    mail = written()

    code = deliver(mail, "--recipient", SUPPORT, "--sender", EVA)

    record = InboundRecord.objects.get()
    assert code == 0
    assert raw.read(record.sha256) == mail
    assert (record.envelope_from, record.recipients) == (EVA, [SUPPORT])


def test_a_signed_address_leads_to_its_mailbox(deliver):
    address = signed.address(SUPPORT, "t", 7)

    assert deliver(written(), "--recipient", address) == 0
    assert InboundRecord.objects.get().recipients == [address]


def test_an_empty_sender_is_the_null_return_path(deliver):
    deliver(written(), "--recipient", SUPPORT, "--sender", "")

    assert InboundRecord.objects.get().envelope_from == ""


@pytest.mark.parametrize(
    ("top", "sender"),
    [
        (b"", EVA),
        (b"Return-Path: <ole@x.example>\r\n", "ole@x.example"),
        (b"Return-Path: <>\n", ""),
    ],
)
def test_without_a_sender_the_mail_tells_it(deliver, top, sender):
    deliver(top + written(), "--recipient", SUPPORT)

    assert InboundRecord.objects.get().envelope_from == sender


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To"])
def test_without_a_recipient_the_mail_tells_it(deliver, header):
    mail = f"From: {EVA}\r\n{header}: Hilfe <{SUPPORT}>, ole@x.example\r\n\r\nText".encode()

    assert deliver(mail) == 0
    assert InboundRecord.objects.get().recipients == [SUPPORT]


def test_a_mail_for_two_tenants_is_stored_in_both(deliver, other_tenant):
    assert deliver(written(to=f"{SUPPORT}, {BETA}")) == 0

    assert InboundRecord.objects.get().recipients == [SUPPORT]
    with schema_context(other_tenant.schema_name):
        assert InboundRecord.objects.get().recipients == [BETA]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--recipient", "niemand@alpha.localhost"],
        ["--recipient", SUPPORT, "--recipient", "niemand@alpha.localhost"],
        ["--recipient", "kein Empfänger"],
    ],
)
def test_an_unknown_recipient_is_told_to_the_mail_server(deliver, arguments):
    assert deliver(written(), *arguments) == os.EX_NOUSER
    assert InboundRecord.objects.count() == 0


def test_a_mail_that_names_none_of_us_has_no_user_here(deliver):
    assert deliver(written(to="ole@x.example")) == os.EX_NOUSER


def test_an_empty_mail_with_a_recipient_is_stored(deliver):
    assert deliver(b"", "--recipient", SUPPORT, "--sender", EVA) == 0
    assert InboundRecord.objects.get().size == 0


def test_a_mail_too_large_is_a_fault_of_its_content(deliver, monkeypatch):
    monkeypatch.setattr(command, "LARGEST_MAIL", 1000)

    assert deliver(b"x" * 1001, "--recipient", SUPPORT) == os.EX_DATAERR
    assert deliver(b"x" * 1000, "--recipient", SUPPORT) == 0


@pytest.mark.parametrize("error", [OperationalError("away"), raw.StorageFullError("full")])
def test_what_cannot_be_stored_now_is_to_be_tried_again(deliver, monkeypatch, error):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(arrivals, "accept", fail)

    assert deliver(written(), "--recipient", SUPPORT) == os.EX_TEMPFAIL
