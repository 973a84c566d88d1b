import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError, connection
from django.shortcuts import redirect
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver, reverse
from django_htmx.middleware import HtmxMiddleware

from helpdesk import http
from helpdesk.live import tokens


@pytest.fixture
def request_of():
    def build(host="alpha.localhost:8000", **extra):
        return RequestFactory().get("/", headers={"host": host}, **extra)

    return build


def test_health_answers_without_a_tenant(tenant):
    response = Client(headers={"host": "10.0.0.7"}).get("/health/")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_health_says_when_the_database_is_away(tenant, monkeypatch):
    def away():
        raise OperationalError("could not connect")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", away)
        response = Client(headers={"host": "10.0.0.7"}).get("/health/")

    assert response.status_code == 503


def test_an_unknown_host_is_not_found_and_names_nobody(tenant):
    response = Client(headers={"host": "unbekannt.example"}).get("/")

    assert response.status_code == 404
    assert "Alpha" not in response.content.decode()


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_unknown_page_is_not_found(client, customer, signed_in):
    if signed_in:
        client.force_login(customer)

    response = client.get("/gibt/es/nicht/")

    assert response.status_code in ({404} if signed_in else {302, 404})


def test_pages_allow_their_own_host_and_the_live_process_alone(client, settings):
    policy = dict(
        part.split(" ", 1)
        for part in client.get("/").headers["Content-Security-Policy"].split("; ")
    )

    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' http://alpha.localhost:{settings.LIVE_PORT}"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert not any("unsafe" in sources or "*" in sources for sources in policy.values())


def test_pages_carry_what_keeps_them_to_one_reader(client, customer):
    client.force_login(customer)

    headers = client.get("/").headers

    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_no_page_has_a_script_or_style_inside(client, agent):
    client.force_login(agent)

    page = client.get(reverse("desk:queue")).content.decode()

    assert "<script>" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


@pytest.mark.parametrize(
    ("host", "setting", "url"),
    [
        ("alpha.localhost:8000", "", "http://alpha.localhost:8001/events"),
        ("alpha.localhost", "", "http://alpha.localhost:8001/events"),
        ("[::1]:8000", "", "http://[::1]:8001/events"),
        ("alpha.localhost", "/live", "/live/events"),
        ("alpha.localhost", "https://live.example/", "https://live.example/events"),
    ],
)
def test_live_process_is_on_its_own_port_or_where_a_proxy_serves_it(
    request_of, settings, host, setting, url
):
    settings.LIVE_PORT = 8001
    settings.LIVE_URL = setting

    assert http.live_url(request_of(host)) == url


def test_only_agents_pages_carry_a_token(client, agent, customer, tenant):
    client.force_login(customer)
    assert client.get("/").context["live"] is None

    client.force_login(agent)
    live = client.get("/").context["live"]

    entry = tokens.read(live["token"])
    assert (entry.schema, entry.user_id, entry.is_agent, entry.origin) == (
        tenant.schema_name,
        agent.pk,
        True,
        "http://alpha.localhost",
    )


def test_the_token_is_renewed_with_todays_rights(client, agent):
    client.force_login(agent)
    response = client.get(reverse("desk:live_token"))

    assert response.headers["Cache-Control"] == "no-store"
    assert tokens.read(response.context["live"]["token"]).user_id == agent.pk

    agent.is_active = False
    agent.save()
    assert client.get(reverse("desk:live_token")).status_code == 302


def test_the_language_is_chosen_by_a_post(client):
    response = client.post(reverse("set_language"), {"language": "en", "next": "/"})

    assert response.url == "/"
    assert client.get("/").headers["Content-Language"] == "en"


def test_the_language_is_kept_for_the_mails_of_who_is_signed_in(client, customer):
    client.force_login(customer)

    for chosen, kept in [("en", "en"), ("tlh", "en"), ("../../etc", "en"), ("de", "de")]:
        client.post(reverse("set_language"), {"language": chosen, "next": "/"})
        customer.refresh_from_db()
        assert customer.language == kept


def test_choosing_a_language_leads_nowhere_else(client):
    response = client.post(
        reverse("set_language"), {"language": "en", "next": "https://anders.example/"}
    )

    assert "anders.example" not in response.url


def test_german_is_the_language_unless_the_browser_prefers_english(client):
    assert client.get("/").headers["Content-Language"] == "de"
    english = client.get("/", headers={"accept-language": "en"})
    assert english.headers["Content-Language"] == "en"


def test_only_what_was_decided_is_open_to_strangers(tenant):
    is_open = {
        pattern.name
        for pattern in patterns(get_resolver("helpdesk.urls").url_patterns)
        if getattr(pattern.callback, "login_required", True) is False
    }

    assert {name for name in is_open if not name.startswith("account_")} == {
        # The tenant's colours and logo.
        "brand_colours",
        "brand_logo",
        # The contact form: its page, what comes after it, and the widget's two addresses.
        "contact",
        "contact_confirmation",
        "contact_sent",
        "entry",
        # What Meta calls, and the way back from its sign-in.
        "facebook_connected",
        "facebook_deauthorised",
        "facebook_deletion",
        "facebook_deletion_status",
        "facebook_webhook",
        "script",
        # Articles and topics that are public, and what a stranger may say of an article.
        "faq",
        "faq_article",
        "faq_file",
        "faq_solution",
        "faq_suggestions",
        "faq_vote",
        "forum",
        "forum_category",
        "forum_category_feed",
        "forum_feed",
        "forum_history",
        "forum_picture",
        "forum_topic",
        "forum_topic_feed",
        "forum_unfollow",
        "health",
        "home",
        "html_with_remote",
        "inline_image",
        "levels",
        # The way in, and links of mails that are their own proof.
        "mfa_authenticate",
        "mfa_login_webauthn",
        # Asked by a page that may have outlived its session: it tells a stranger nothing.
        "news_count",
        "rating_link",
        "robots",
        "search",
        "sitemap",
        "sitemap_part",
        "set_language",
        "team_invitation",
        "unsubscribe",
    }


def test_static_files_that_pages_name_are_there():
    assert finders.find("css/tokens.css")
    assert finders.find("js/live.js")


def patterns(items):
    for item in items:
        if isinstance(item, URLPattern):
            yield item
        else:
            yield from patterns(item.url_patterns)


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_page_htmx_asks_for_is_told_of_an_anchor_it_has_moved_to(header):
    view = HtmxMiddleware(http.keep_anchor(lambda _request: redirect("/faq/#drucker")))
    build = RequestFactory().get

    told = view(build("/", headers={"HX-Request": "true", header: "true"}))
    part = view(build("/", headers={"HX-Request": "true"}))
    plain = view(build("/"))

    assert (told.status_code, told.headers["HX-Redirect"]) == (204, "/faq/#drucker")
    assert "Location" not in told.headers
    for moved in (part, plain):
        assert (moved.status_code, moved.headers["Location"]) == (302, "/faq/#drucker")
    assert all(header in response.headers["Vary"] for response in (told, part, plain))


def test_a_page_that_has_moved_elsewhere_is_followed_as_ever(client):
    response = client.get("/tickets/", headers={"HX-Request": "true", "HX-Boosted": "true"})

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/konto/anmelden/")
