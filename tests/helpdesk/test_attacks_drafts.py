"""Drafts stay in the browser, and a browser may serve several people one after the other."""

from __future__ import annotations

import re

from django.urls import reverse

from tests.factories import AgentFactory, CustomerFactory, open_ticket


def names_of_drafts(client, user, address):
    client.force_login(user)
    return set(re.findall(r'data-draft="([^"]+)"', client.get(address).content.decode()))


def test_on_the_desk_nobody_finds_another_persons_draft(client, tenant):
    address = reverse("desk:ticket", args=[open_ticket(CustomerFactory()).number])

    seen = [names_of_drafts(client, AgentFactory(), address) for _ in range(2)]

    assert all(seen)
    assert not seen[0] & seen[1]


def test_in_the_portal_nobody_finds_another_persons_draft(client, tenant):
    address = reverse("portal:new_ticket")

    seen = [names_of_drafts(client, CustomerFactory(), address) for _ in range(2)]

    assert all(seen)
    assert not seen[0] & seen[1]
