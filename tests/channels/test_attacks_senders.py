"""Mails that want to be taken for somebody else's."""

from __future__ import annotations

import pytest

from tests.channels.mail import EVA, taken_in, ticket_of, written
from tests.factories import CustomerFactory, organisation

ID = "<eins@kunden.example>"
EDGE = "mx.alpha.localhost"
# The edge looked at the sender whose domain has no policy, or passes.
PASSED = f"Authentication-Results: {EDGE}; dmarc=pass header.from=x.example\r\n"


@pytest.mark.parametrize(
    "senders",
    [f"From: {EVA}, mallory@x.example\r\n", f"From: {EVA}\r\nFrom: mallory@x.example\r\n"],
)
def test_one_of_several_senders_is_nobody_the_edge_has_checked(tenant, settings, senders):
    settings.TRUSTED_AUTHSERV_IDS = (EDGE,)
    CustomerFactory(email=EVA, organisation=organisation(booked="Gold"))
    ticket = ticket_of(taken_in(written(message_id=ID)))

    reply = written("Bitte an mich.", sender="", in_reply_to=ID)
    forged = ticket_of(taken_in((PASSED + senders).encode() + reply))

    assert forged != ticket
    assert not forged.is_verified
    assert f"#{ticket.number}" in forged.hint
