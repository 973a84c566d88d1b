"""What the widget loads and asks: no cookie, no user, only websites on the tenant's list."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tenants.utils import schema_context

from channels import raw
from channels.contact_form import limits, stamp, widget
from channels.contact_form.forms import TRAP_FIELD
from channels.contact_form.models import TEXTS
from channels.models import ContactForm
from helpdesk import uploads
from tenants.circuit import circuit
from tests.channels.contact import filled_in, forget_limits, opened
from tests.factories import CustomerFactory
from tickets.models import Ticket
from tickets.states import State

SHOP = "https://www.shop.example"
ENTRY = "/kontakt/widget/"
SCRIPT = "/kontakt/widget.js"


@pytest.fixture(autouse=True)
def _shop(tenant):
    forget_limits()
    ContactForm(pk=1, is_enabled=True, allowed_origins=[SHOP]).save()
    yield
    forget_limits()


@pytest.fixture
def shop(client) -> Client:
    """A browser on the tenant's own website."""
    client.defaults["HTTP_ORIGIN"] = SHOP
    return client


def test_a_form_is_answered_with_its_number_at_once(shop):
    given = shop.get(ENTRY).json()["stamp"]
    assert stamp.read(given).is_too_fast

    response = shop.post(f"{ENTRY}?lang=en", filled_in())

    ticket = Ticket.objects.get()
    assert response.status_code == 200
    assert response.json()["number"] == ticket.number
    assert "open the link" in response.json()["said"]
    assert (ticket.state, ticket.requester.language) == (State.NEW, "en")
    assert response.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in response.headers["Vary"]


def test_the_widget_sets_no_cookie_and_knows_nobody(shop):
    shop.force_login(CustomerFactory(name="Anna Berg"))

    responses = [shop.get(SCRIPT), shop.get(ENTRY), shop.post(ENTRY, filled_in())]

    assert [response.cookies for response in responses if response.cookies] == []
    ticket = Ticket.objects.get()
    assert (ticket.requester.name, ticket.is_verified) == ("Eva Kunz", False)
    assert "Access-Control-Allow-Credentials" not in responses[2].headers


@pytest.mark.parametrize(
    "origin",
    ["null", "", "https://evil.example", "http://www.shop.example", f"{SHOP}.evil.example"],
)
def test_another_website_sends_nothing(client, origin):
    more = {"Origin": origin} if origin else {}

    response = client.post(ENTRY, filled_in(), headers=more)
    asked = client.options(ENTRY, headers=more)

    assert (response.status_code, asked.status_code) == (403, 403)
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Access-Control-Allow-Origin" not in asked.headers
    assert not Ticket.objects.exists()


def test_null_is_no_website_even_on_the_list(client):
    ContactForm(pk=1, is_enabled=True, allowed_origins=["null"]).save()

    assert client.post(ENTRY, filled_in(), headers={"Origin": "null"}).status_code == 403


def test_another_tenants_website_is_not_this_ones(shop, other_tenant):
    with schema_context(other_tenant.schema_name):
        forget_limits()
    response = shop.post(ENTRY, filled_in(), headers={"host": "beta.localhost"})

    assert response.status_code == 403


def test_a_browser_may_ask_beforehand(shop):
    response = shop.options(
        ENTRY, headers={"Access-Control-Request-Method": "POST", "Origin": SHOP}
    )

    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in response.headers["Access-Control-Allow-Methods"]


def test_switched_off_nothing_is_taken_and_the_script_is_empty(shop):
    ContactForm(pk=1, allowed_origins=[SHOP]).save()

    assert shop.post(ENTRY, filled_in()).status_code == 403
    assert "attachShadow" not in shop.get(SCRIPT).content.decode()


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(shop):
    response = shop.post(f"{ENTRY}?lang=en", filled_in(email="eva@", text=" "))

    answer = response.json()
    assert response.status_code == 422
    assert set(answer["fields"]) == {"email", "text"}
    assert answer["error"] == ""
    assert stamp.read(answer["stamp"]).age > stamp.FASTEST


def test_an_expired_form_comes_back_ready_to_be_sent_once_more(shop):
    values = filled_in(stamp=opened(stamp.VALID_FOR + 60))

    expired = shop.post(f"{ENTRY}?lang=en", values)
    again = shop.post(ENTRY, {**values, "stamp": expired.json()["stamp"]})

    assert expired.status_code == 422
    assert "press Send again" in expired.json()["error"]
    assert again.status_code == 200
    assert Ticket.objects.get().state == State.NEW


@pytest.mark.parametrize("wrong", [{TRAP_FIELD: "http://boese.example"}, {"stamp": "fast"}])
def test_a_robots_form_is_taken_in_as_spam(shop, wrong):
    values = filled_in(**wrong)
    if values["stamp"] == "fast":
        values["stamp"] = opened(0.5)

    response = shop.post(ENTRY, values)

    assert response.status_code == 200
    assert Ticket.objects.get().state == State.SPAM


def test_a_file_that_is_too_big_is_said_and_the_text_goes_on(shop, monkeypatch):
    monkeypatch.setattr(uploads, "FILE_LIMIT", 1000)
    file = SimpleUploadedFile("film.mp4", b"x" * 2000)

    response = shop.post(f"{ENTRY}?lang=en", {**filled_in(), "files": [file]})

    assert response.status_code == 413
    assert "film.mp4" in response.json()["fields"]["files"]
    assert not Ticket.objects.exists()


def test_with_a_full_disk_the_sender_is_told_and_keeps_the_text(shop, monkeypatch):
    def full(content):
        raise raw.StorageFullError

    monkeypatch.setattr(raw, "store", full)

    response = shop.post(f"{ENTRY}?lang=en", filled_in())

    assert response.status_code == 503
    assert "try again" in response.json()["error"]


class TestLimits:
    @pytest.mark.parametrize("limit", ["PER_PLACE", "PER_TENANT", "PER_ADDRESS"])
    def test_too_much_is_told_to_wait_with_the_form_ready_again(self, shop, monkeypatch, limit):
        whole = getattr(limits, limit)
        one = limits.Limit(whole.name, most=1, seconds=whole.seconds)
        monkeypatch.setattr(limits, limit, one)
        first = filled_in()
        assert shop.post(ENTRY, first).status_code == 200

        response = shop.post(f"{ENTRY}?lang=en", filled_in(subject="Noch etwas"))

        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= one.seconds
        assert "minute" in response.json()["error"]
        assert stamp.read(response.json()["stamp"])
        assert Ticket.objects.count() == 1

    def test_of_a_flood_not_even_the_text_is_read(self, shop, monkeypatch):
        monkeypatch.setattr(limits, "PER_TENANT", limits.Limit("tenant", most=1, seconds=600))
        answers = [shop.post(ENTRY, filled_in()) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 429, 429, 429]
        assert "stamp" in answers[2].json()
        assert "stamp" not in answers[3].json()
        assert answers[3].headers["Access-Control-Allow-Origin"] == SHOP

    def test_refusing_a_flood_costs_the_tenant_and_its_list_of_websites(
        self, shop, monkeypatch, django_assert_num_queries
    ):
        monkeypatch.setattr(limits, "PER_PLACE", limits.Limit("place", most=0, seconds=600))

        # Each of the two with its search path.
        with django_assert_num_queries(4):
            assert shop.post(ENTRY, filled_in()).status_code == 429

    def test_with_redis_away_forms_go_through_and_limits_hold(self, shop, monkeypatch):
        monkeypatch.setattr(limits, "PER_PLACE", limits.Limit("place", most=1, seconds=600))
        circuit.trip()

        answers = [shop.post(ENTRY, filled_in(subject=one)).status_code for one in "ab"]

        circuit.close()
        assert answers == [200, 429]

    def test_what_one_place_sends_too_much_of_takes_no_others_turn(self, shop, monkeypatch):
        monkeypatch.setattr(limits, "PER_PLACE", limits.Limit("place", most=1, seconds=600))
        monkeypatch.setattr(limits, "PER_TENANT", limits.Limit("tenant", most=2, seconds=600))
        for _ in range(5):
            shop.post(ENTRY, filled_in())

        response = shop.post(ENTRY, filled_in(subject="Woanders"), REMOTE_ADDR="192.0.2.7")

        assert response.status_code == 200

    def test_one_network_of_ipv6_is_one_place(self, shop, monkeypatch):
        monkeypatch.setattr(limits, "PER_PLACE", limits.Limit("place", most=1, seconds=600))
        addresses = ["2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"]

        answers = [
            shop.post(ENTRY, filled_in(subject=one), REMOTE_ADDR=one).status_code
            for one in addresses
        ]

        assert answers == [200, 429, 200]

    def test_an_ipv4_address_inside_an_ipv6_one_is_a_place_of_its_own(self, shop, monkeypatch):
        monkeypatch.setattr(limits, "PER_PLACE", limits.Limit("place", most=1, seconds=600))
        addresses = ["::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"]

        answers = [
            shop.post(ENTRY, filled_in(subject=one), REMOTE_ADDR=one).status_code
            for one in addresses
        ]

        assert answers == [200, 429, 200]

    def test_one_mailbox_is_one_address_however_it_is_spelt(self, shop, monkeypatch):
        monkeypatch.setattr(limits, "PER_ADDRESS", limits.Limit("address", most=1, seconds=600))
        spellings = ["eva.kunz@kunde.example", "EvaKunz+neu@Kunde.example", "eva@kunde.example"]

        answers = [shop.post(ENTRY, filled_in(email=one)).status_code for one in spellings]

        assert answers == [200, 429, 200]


def test_the_script_is_small_and_whole_with_the_longest_texts(shop):
    longest = {name: "ü" * length for name, length in TEXTS.items()}
    ContactForm(pk=1, is_enabled=True, texts={"de": longest, "en": longest}).save()

    response = shop.get(SCRIPT)

    script = response.content
    assert len(script) < widget.MOST_BYTES
    assert script.decode().count("ü" * TEXTS["greeting"]) == 2
    assert "__CONFIG__" not in script.decode()
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for elsewhere in ("http://", "https://", "innerHTML", "document.cookie", "eval("):
        assert elsewhere not in script.decode()


def test_a_tenants_texts_cannot_break_out_of_the_script(tenant):
    wild = '"</script>\\\n`${alert(1)}'
    form = ContactForm(pk=1, is_enabled=True, texts={"de": {"title": wild}})

    script = widget.script(form)

    config = script[script.rindex('})({"trap"') + 3 : script.rindex(", document.currentScript")]
    assert json.loads(config)["words"]["de"]["title"] == wild
