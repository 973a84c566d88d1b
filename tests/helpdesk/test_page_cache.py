"""Public pages from the cache: right for each reader, new after each change, nobody else's."""

import gzip

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction
from django.template import engines
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from helpdesk import page_cache
from sla.models import SupportTier
from tenants import public_changes
from tenants.models import Tenant

URL = "/supportlevel/"


@pytest.fixture(autouse=True)
def _empty_cache(tenant):
    cache.clear()


def read(host="alpha.localhost", path=URL, **headers):
    return Client(headers={"host": host, **headers}).get(path)


def rename(name="Platin"):
    SupportTier.objects.filter(name="Gold").update(name=name)


def test_a_second_stranger_gets_the_page_that_the_first_had_made(client):
    first = read()
    rename()

    assert read().content == first.content
    assert first["Cache-Control"] == "public, no-cache"
    assert {"Cookie", "Accept-Language"} <= set(first["Vary"].split(", "))


def test_a_change_is_seen_by_the_next_reader(client, django_capture_on_commit_callbacks):
    read()
    with django_capture_on_commit_callbacks(execute=True) as made:
        tier = SupportTier.objects.get(name="Gold")
        tier.name = "Platin"
        tier.save()
        public_changes.touch()

    assert len(made) == 1
    assert "Platin" in read().content.decode()


def test_a_change_taken_back_counts_for_nothing(client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as made:
        with transaction.atomic():
            public_changes.touch()
            transaction.set_rollback(True)
        public_changes.touch()

    assert len(made) == 1


def test_a_signed_in_view_is_never_kept_and_never_shared(client, customer):
    client.force_login(customer)

    mine = client.get(URL)
    theirs = read()

    assert mine["Cache-Control"] == "private, no-cache"
    assert customer.email in mine.content.decode()
    assert customer.email not in theirs.content.decode()
    assert client.get(URL).content != theirs.content


def test_a_session_of_nobody_is_no_strangers_page(client):
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "x" * 32

    assert client.get(URL)["Cache-Control"] == "private, no-cache"


def test_each_language_has_its_page(client):
    german, english = read(), read(**{"accept-language": "en"})
    chosen = Client(headers={"host": "alpha.localhost"})
    chosen.post(reverse("set_language"), {"language": "en", "next": "/"})

    assert 'lang="de"' in german.content.decode()
    assert 'lang="en"' in english.content.decode()
    assert 'lang="en"' in chosen.get(URL).content.decode()


def test_each_tenant_has_its_page(client, other_tenant):
    read()
    with schema_context(other_tenant.schema_name):
        rename("Fremd")

    theirs = read("beta.localhost").content.decode()

    assert "Beta AG" in theirs
    assert "Alpha GmbH" not in theirs
    assert "Fremd" in theirs
    assert "Fremd" not in read().content.decode()


def test_a_page_that_still_holds_is_not_sent_again(client):
    page = read(**{"accept-encoding": "gzip"})

    again = read(**{"accept-encoding": "gzip", "if-none-match": page["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "public, no-cache"
    assert "Cookie" in again["Vary"]


def test_who_takes_it_gets_the_page_compressed(client):
    plain, packed = read(), read(**{"accept-encoding": "gzip, br"})

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] != plain["ETag"]


@pytest.mark.parametrize("query", ["?next=//boese.example", "?utm_source=x"])
def test_an_address_that_the_page_does_not_know_is_answered_and_not_kept(client, query):
    read(path=URL + query)
    rename()

    assert "Platin" in read(path=URL + query).content.decode()


@pytest.mark.parametrize("is_rendered", [True, False])
def test_a_page_with_a_forms_token_is_never_kept(client, is_rendered):
    request = client.get("/suche/").wsgi_request
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
    page = engines["django"].from_string("{% csrf_token %}")

    @page_cache.cached_for_strangers()
    def view(request):
        response = TemplateResponse(request, page)
        return response.render() if is_rendered else response

    response = view(request)

    assert b"csrfmiddlewaretoken" in response.content
    assert not response.has_header("Cache-Control")


def test_public_pages_of_strangers_hold_no_token(client):
    for path in ("/", URL):
        page = read(path=path)
        assert "csrfmiddlewaretoken" not in page.content.decode()
        assert not page.cookies


def test_a_part_is_not_the_page(client):
    page = read(**{"hx-request": "true"})

    assert page["Cache-Control"] == "private, no-cache"
    assert "HX-Request" in page["Vary"]


def test_a_boosted_page_is_the_page_itself(client):
    boosted = read(**{"hx-request": "true", "hx-boosted": "true"})
    rename()

    assert read().content == boosted.content
    assert boosted["Cache-Control"] == "public, no-cache"
    assert "HX-Boosted" in boosted["Vary"]


def test_a_kept_page_asks_the_database_for_the_tenant_alone(client, django_assert_num_queries):
    read()

    # Besides it, the connection is set to the public schema.
    with django_assert_num_queries(2) as asked:
        read()

    assert "tenants_domain" in asked[-1]["sql"]


def test_the_language_of_somebody_signed_in_needs_their_form(customer, tenant):
    browser = Client(headers={"host": "alpha.localhost"}, enforce_csrf_checks=True)
    url = reverse("set_language")
    assert browser.post(url, {"language": "en", "next": "/"}).status_code == 302
    browser.force_login(customer)

    assert browser.post(url, {"language": "de", "next": "/"}).status_code == 403
    assert Tenant.current() == tenant
