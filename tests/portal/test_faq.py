"""The FAQ's pages: for everybody, each article for those it is for."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from faq.models import ArticleUse
from portal.views import faq
from tests.factories import article
from tickets.recording import File

HTML = b"<script>alert(1)</script>"


def sign_in(client, people, who):
    if people[who] is not None:
        client.force_login(people[who])


@pytest.fixture
def people(customer, agent):
    return {"stranger": None, "customer": customer, "agent": agent}


@pytest.mark.parametrize("who", ["stranger", "customer", "agent"])
@pytest.mark.parametrize("visibility", ["public", "customers", "agents", "draft"])
def test_every_address_of_an_article_asks_who_reads(client, people, who, visibility):
    shown = article(
        visibility="public" if visibility == "draft" else visibility,
        is_published=visibility != "draft",
        files=[File("plan.pdf", "application/pdf", b"%PDF-")],
    )
    sign_in(client, people, who)
    may = (
        who
        in {
            "public": {"stranger", "customer", "agent"},
            "customers": {"customer", "agent"},
            "agents": {"agent"},
            "draft": set(),
        }[visibility]
    )

    read = client.get(shown.get_absolute_url())
    stored = client.get(reverse("portal:faq_file", args=[shown.files.get().pk]))
    stored.getvalue()
    voted = client.post(reverse("portal:faq_vote", args=[shown.slug]), {"is_helpful": "True"})
    solved = client.post(reverse("portal:faq_solution", args=[shown.slug]))
    offered = client.get(reverse("portal:faq_suggestions"), {"subject": "Etiketten drucken"})
    listed = client.get(reverse("portal:faq"))

    assert [read.status_code, stored.status_code] == ([200, 200] if may else [404, 404])
    assert [voted.status_code, solved.status_code] == ([302, 302] if may else [404, 404])
    assert (shown.slug in offered.content.decode()) is may
    assert (shown.slug in listed.content.decode()) is may


def test_related_article_that_a_reader_may_not_see_is_not_named(client, tenant):
    hidden = article("Streng intern", visibility="agents")
    shown = article(related=[hidden, article("Auch offen")])

    page = client.get(shown.get_absolute_url()).content.decode()

    assert "Auch offen" in page
    assert "Streng intern" not in page


def test_nothing_that_was_typed_runs(client, tenant):
    shown = article("</script><script>alert(1)</script>", '# <img src=x onerror="a()">\n</script>')

    page = client.get(shown.get_absolute_url()).content.decode()
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)

    assert "<script>alert" not in page
    assert "<img" not in page
    assert json.loads(data[1])["mainEntity"][0]["name"] == "</script><script>alert(1)</script>"


def test_file_of_html_or_svg_is_a_download_in_a_sandbox(client, tenant):
    files = [File("a.html", "text/html", HTML), File("b.svg", "image/svg+xml", HTML)]
    for stored in article(files=files).files.all():
        response = client.get(reverse("portal:faq_file", args=[stored.pk]))

        assert response.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.getvalue() == HTML


def test_stranger_reads_without_a_session(client, tenant):
    shown = article()

    response = client.get(shown.get_absolute_url())

    assert "sessionid" not in response.cookies
    address = f"http://alpha.localhost/faq/{shown.slug}/"
    assert f'<link rel="canonical" href="{address}">' in response.content.decode()


def test_strangers_vote_once_for_each_browser(client, tenant):
    shown = article()
    address = reverse("portal:faq_vote", args=[shown.slug])

    for browser in (client, client, Client(headers={"host": "alpha.localhost"})):
        browser.post(address, {"is_helpful": "True", "comment": "Danke!"})
    client.post(address, {"is_helpful": "False"})

    shown.refresh_from_db()
    assert (shown.helpful_count, shown.not_helpful_count) == (1, 1)
    assert "Danke!" in client.get(shown.get_absolute_url()).content.decode()


def test_customers_vote_needs_the_pages_own_token(tenant, customer):
    shown = article()
    browser = Client(enforce_csrf_checks=True, headers={"host": "alpha.localhost"})
    browser.force_login(customer)

    response = browser.post(reverse("portal:faq_vote", args=[shown.slug]), {"is_helpful": "True"})

    assert response.status_code == 403
    assert not shown.votes.exists()


@pytest.mark.parametrize("posted", [{}, {"is_helpful": "maybe"}, {"comment": "x" * 1001}])
def test_vote_that_says_nothing_is_asked_again(client, tenant, posted):
    response = client.post(reverse("portal:faq_vote", args=[article().slug]), posted)

    assert response.status_code == 422
    assert posted.get("comment", "") in response.content.decode()


def test_reading_from_a_form_and_needing_no_ticket_are_counted(client, tenant):
    shown = article()

    client.get(shown.get_absolute_url())
    page = client.get(f"{shown.get_absolute_url()}?aus=formular").content.decode()
    for _twice in range(2):
        client.post(reverse("portal:faq_solution", args=[shown.slug]))

    shown.refresh_from_db()
    assert "kein Ticket nötig" in page
    assert shown.read_count == 2
    assert sorted(shown.uses.values_list("kind", flat=True)) == [
        ArticleUse.Kind.READ,
        ArticleUse.Kind.SOLVED,
    ]


@pytest.mark.parametrize("name", ["portal:contact", "portal:new_ticket"])
def test_forms_offer_articles(client, customer, name):
    client.force_login(customer)

    page = client.get(reverse(name)).content.decode()

    assert f'hx-get="{reverse("portal:faq_suggestions")}"' in page


def test_suggestions_take_any_input(client, tenant):
    article()
    for words in ["'", "x" * 9000, "\x00", "%", "& | ! :*"]:
        address = reverse("portal:faq_suggestions")
        assert client.get(address, {"subject": words, "text": words}).status_code == 200


def test_suggestions_are_looked_for_so_often_and_no_more(client, customer, monkeypatch):
    """Who types goes on typing: nothing is offered any more, and nothing said."""
    shown = article(title="Etiketten drucken")
    monkeypatch.setattr(faq, "MOST_SUGGESTIONS", 2)

    def offered(place):
        page = client.get(
            reverse("portal:faq_suggestions"), {"subject": "Etiketten drucken"}, REMOTE_ADDR=place
        )
        assert page.status_code == 200
        return shown.slug in page.content.decode()

    assert [offered("198.51.100.8") for _time in range(3)] == [True, True, False]
    assert offered("198.51.100.9")
    client.force_login(customer)
    assert [offered("198.51.100.8") for _time in range(3)] == [True, True, False]


def test_strangers_of_one_place_vote_so_often_and_no_more(tenant, customer):
    shown = article()
    vote = reverse("portal:faq_vote", args=[shown.slug])
    solve = reverse("portal:faq_solution", args=[shown.slug])
    read = f"{shown.get_absolute_url()}?aus=formular"

    def stranger():
        return Client(headers={"host": "alpha.localhost"}, REMOTE_ADDR="198.51.100.77")

    for _one in range(faq.MOST_OF_A_PLACE + 1):
        said = stranger().post(vote, {"is_helpful": "True", "comment": "Meine Worte"})
        stranger().post(solve)
        stranger().get(read)

    shown.refresh_from_db()
    assert said.status_code == 429
    assert "Meine Worte" in said.content.decode()
    assert shown.helpful_count == shown.votes.count() == faq.MOST_OF_A_PLACE
    assert shown.uses.count() == 2 * faq.MOST_OF_A_PLACE
    known = stranger()
    known.force_login(customer)
    assert known.post(vote, {"is_helpful": "True"}).status_code == 302
