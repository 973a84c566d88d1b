"""Odd requests that a browser never makes."""

from __future__ import annotations

import pytest
from django.urls import reverse


@pytest.mark.parametrize("language", ["fr", "zh-hans", "de-ch", "x" * 90])
def test_only_a_language_of_ours_can_be_chosen(client, customer, language):
    client.force_login(customer)

    response = client.post(reverse("set_language"), {"language": language, "next": "/"})

    customer.refresh_from_db()
    assert response.status_code == 400
    assert customer.language == ""


@pytest.mark.parametrize(
    "path",
    [
        "/konto/passwort/neu/zzzzzzzzzzzzz-abc/",
        "/konto/passwort/neu/0-set-password/",
        "/konto/einladung/%00/",
        "/konto/bestaetigen/abc:def/",
        "/desk/bilder/%00/",
        "/desk/nachrichten/mit-bildern/abc:def:ghi/",
        "/tickets/99999999999999999999999999/",
        "/?after=9.9.9",
    ],
)
def test_a_made_up_address_is_answered(client, path):
    assert client.get(path).status_code < 500
