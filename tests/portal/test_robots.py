"""What search engines are told, and that it agrees with who may see what."""

import re
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django_tenants.utils import schema_context

from forum import writing
from forum.models import Category, Topic
from forum.writing import Draft
from portal.views import robots
from tests.factories import AgentFactory

NAME = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def locations(client, path):
    response = client.get(path)
    assert response["Content-Type"] == "application/xml"
    return [found.text for found in ET.fromstring(response.content).iterfind(".//s:loc", NAME)]


def topic(title="Etikett"):
    category = Category.objects.first() or Category.objects.create(name="Fragen", slug="fragen")
    author = AgentFactory()
    return writing.open_topic(category, author=author, title=title, draft=Draft("Guten Tag."))


def test_the_map_names_all_that_is_public_on_this_host(client, other_tenant):
    shown, hidden = topic(), topic("Geheim")
    Topic.objects.filter(pk=hidden.pk).update(is_hidden=True)
    with schema_context(other_tenant.schema_name):
        topic("Fremd")

    parts = locations(client, "/sitemap.xml")
    pages = [page for part in parts for page in locations(client, part.partition("localhost")[2])]

    assert all(page.startswith("http://alpha.localhost/") for page in [*parts, *pages])
    assert "http://alpha.localhost/" in pages
    assert [page for page in pages if "/forum/" in page and page.count("/") > 5] == [
        f"http://alpha.localhost/forum/{shown.category.slug}/{shown.key}/"
    ]


def test_a_long_map_has_parts(client, monkeypatch):
    monkeypatch.setattr(robots.TopicMap, "limit", 2)
    for number in range(5):
        topic(f"Etikett {number}")

    parts = [part for part in locations(client, "/sitemap.xml") if "forum" in part]

    assert [part.partition("?")[2] for part in parts] == ["", "p=2", "p=3"]
    assert len(locations(client, "/sitemap-forum.xml?p=3")) == 1
    assert client.get("/sitemap-forum.xml?p=4").status_code == 404
    assert client.get("/sitemap-forum.xml?p=x").status_code == 404
    assert client.get("/sitemap-anderes.xml").status_code == 404


def test_robots_leave_alone_what_needs_a_sign_in(client):
    text = client.get("/robots.txt").content.decode()
    closed = re.findall(r"^Disallow: (.+)$", text, re.M)

    assert "Sitemap: http://alpha.localhost/sitemap.xml" in text
    for path in paths():
        is_open = any(path.startswith(start) for start in closed)
        assert client.get(path).status_code == 200 or is_open, path
    for page in locations(client, "/sitemap-seiten.xml"):
        path = page.removeprefix("http://alpha.localhost")
        assert not any(path.startswith(start) for start in closed)
        assert Client(headers={"host": "alpha.localhost"}).get(path).status_code == 200


def paths():
    """All addresses of the portal that need no value."""
    portal = next(
        entry
        for entry in get_resolver().url_patterns
        if getattr(entry, "namespace", "") == "portal"
    )
    for pattern in portal.url_patterns:
        if isinstance(pattern, URLPattern) and "<" not in str(pattern.pattern):
            path = "/" + str(pattern.pattern)
            if path not in {"/marke.css", "/marke/logo.png"}:
                yield path


@pytest.mark.parametrize("path", ["/", "/supportlevel/", "/forum/"])
def test_a_public_page_names_its_own_address_and_says_what_it_is(client, path):
    page = client.get(path + "?utm_source=x").content.decode()

    assert f'<link rel="canonical" href="http://alpha.localhost{path}">' in page
    assert page.count('rel="canonical"') == 1
    assert page.count('name="description"') == 1


def test_what_needs_a_sign_in_names_no_address(client, customer):
    client.force_login(customer)

    assert 'rel="canonical"' not in client.get(reverse("portal:tickets")).content.decode()
