"""Settings / Facebook: a page connected through Facebook's dialog or by a token, and its health."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels.facebook import door, graph, login, pages, permissions
from channels.models import FacebookPage
from tests.channels.facebook.hooks import SECRET, VERIFY, here
from tests.channels.facebook.meta import meta

ALL = [*permissions.WANTED]
LIST = "desk:facebook"


@pytest.fixture(autouse=True)
def app(settings):
    settings.FACEBOOK_APP_ID = "1234567890"
    settings.FACEBOOK_APP_SECRET = SECRET
    settings.FACEBOOK_VERIFY_TOKEN = VERIFY
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"
    yield
    graph.close()


@pytest.fixture
def facebook(tenant, settings):
    """Meta, with a page that is connected already and one that is not."""
    with meta(settings) as found:
        settings.FACEBOOK_DIALOG_URL = found.standin.base_url
        found.other = found.standin.staff.add_page("Teehaus Süd")["id"]
        yield found


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def text(response):
    return " ".join(response.content.decode().split())


def url(name, *args):
    return reverse(f"desk:{name}", args=args)


def told(response):
    return [str(message) for message in response.context["messages"]]


def to_facebook(boss):
    """Press the button; where it leads, as Facebook sees it."""
    page = boss.post(url("facebook_connection"))
    assert page.status_code == 200
    assert (
        f'content="0;url={page.context["target"]}"'.replace("&", "&amp;") in page.content.decode()
    )
    return page.context["target"]


def consent(target, page_ids, granted=ALL, decision="allow"):
    """Answer Facebook's dialog; the address to which it leads back."""
    asked = dict(parse_qsl(urlsplit(target).query))
    form = {**asked, "decision": decision, "page": page_ids, "permission": list(granted)}
    with httpx.Client(verify=False) as browser:
        answer = browser.post(target.partition("?")[0], data=form)
    return answer.headers["location"]


def handed_over(back):
    """Through the one address of the installation; where on the tenant's host it leads."""
    parts = urlsplit(back)
    with here():
        answer = Client().get(f"{parts.path}?{parts.query}", headers={"host": parts.netloc})
    assert answer.status_code == 302, answer.content
    assert answer["Location"].startswith("http://alpha.localhost/desk/einstellungen/facebook/")
    return answer["Location"]


def through_facebook(boss, page_ids, granted=ALL, **more):
    """The whole way; the page one comes back to."""
    location = handed_over(consent(to_facebook(boss), page_ids, granted, **more))
    return boss.get(location.removeprefix("http://alpha.localhost"), follow=True)


def test_a_page_is_connected_through_the_dialog(facebook, boss):
    back = through_facebook(boss, [facebook.other])
    assert "Teehaus Süd" in text(back)
    assert back.redirect_chain[-1][0] == url("facebook_choice")

    done = boss.post(url("facebook_choice"), {"page": [facebook.other]}, follow=True)

    page = FacebookPage.objects.get(page_id=facebook.other)
    assert (page.name, page.state, page.token_expires_at) == ("Teehaus Süd", "active", None)
    assert page.granted_by in facebook.standin.world.accounts
    assert "EAAB" not in page.sealed_token
    assert facebook.standin.world.pages[facebook.other].fields
    assert "“Teehaus Süd” is connected" in told(done)[0]


def test_several_pages_are_connected_at_once_and_one_again(facebook, boss):
    before = facebook.page.sealed_token
    ids = [facebook.page.page_id, facebook.other]
    assert "tick it to renew its token" in text(through_facebook(boss, ids))

    boss.post(url("facebook_choice"), {"page": ids})

    assert FacebookPage.objects.filter(state="active", page_id__in=ids).count() == 2
    facebook.page.refresh_from_db()
    assert facebook.page.sealed_token != before


def test_permissions_are_shown_one_by_one_with_what_they_are_for(facebook, boss):
    granted = ["pages_show_list", "pages_messaging", "pages_manage_metadata"]

    back = through_facebook(boss, [facebook.other], granted)

    shown = {one.name: one.is_granted for one in back.context["permissions"]}
    assert shown == {name: name in granted for name in ALL}
    assert "Comment as the page, hide and delete comments" in text(back)


def test_a_needed_permission_that_was_not_granted_is_named(facebook, boss):
    through_facebook(boss, [facebook.other], ["pages_show_list", "pages_manage_metadata"])

    back = boss.post(url("facebook_choice"), {"page": [facebook.other]}, follow=True)

    assert not FacebookPage.objects.filter(page_id=facebook.other).exists()
    [said] = told(back)
    assert "pages_messaging (Read direct messages and answer them)" in said


def test_without_the_list_of_pages_it_says_why_there_is_none(facebook, boss):
    back = through_facebook(boss, [facebook.other], ["pages_messaging"])

    assert "Facebook shows us no page" in text(back)


def test_saying_no_at_facebook_changes_nothing(facebook, boss):
    back = through_facebook(boss, [], decision="deny")

    assert told(back) == ["You did not agree at Facebook. Nothing has changed."]
    assert back.redirect_chain[-1][0] == url("facebook")


def test_a_page_of_another_tenant_is_refused_without_naming_it(facebook, boss, other_tenant):
    with schema_context(other_tenant.schema_name):
        door.claim(facebook.other, "Teehaus Süd")
    back = through_facebook(boss, [facebook.other])
    assert "Connected to another helpdesk already" in text(back)

    done = boss.post(url("facebook_choice"), {"page": [facebook.other]}, follow=True)

    assert not FacebookPage.objects.filter(page_id=facebook.other).exists()
    assert "another helpdesk" in told(done)[0]
    for shown in (back, done):
        assert "Beta" not in shown.content.decode()


def test_what_facebook_did_not_offer_cannot_be_chosen(facebook, boss):
    through_facebook(boss, [facebook.other])

    boss.post(url("facebook_choice"), {"page": ["999"]}, follow=True)

    assert FacebookPage.objects.count() == 1


def test_the_way_through_facebook_counts_once(facebook, boss):
    location = handed_over(consent(to_facebook(boss), [facebook.other]))
    boss.get(location.removeprefix("http://alpha.localhost"))

    again = boss.get(location.removeprefix("http://alpha.localhost"), follow=True)

    assert told(again) == ["That took too long or came twice. Please begin again."]


def test_it_counts_only_in_the_browser_that_began_it(facebook, boss, admin):
    location = handed_over(consent(to_facebook(boss), [facebook.other]))
    other = Client(headers={"host": "alpha.localhost", "accept-language": "en"})
    other.force_login(admin)

    back = other.get(location.removeprefix("http://alpha.localhost"), follow=True)

    assert told(back) == ["That took too long or came twice. Please begin again."]


def test_there_are_ten_minutes_for_it(facebook, boss):
    back = urlsplit(consent(to_facebook(boss), [facebook.other]))

    with here(), time_machine.travel(now() + timedelta(minutes=11), tick=True):
        answer = Client().get(f"{back.path}?{back.query}", headers={"host": back.netloc})

    assert answer.status_code == 400
    assert "zu lange gedauert" in answer.content.decode()


@pytest.mark.parametrize("query", ["", "?state=x", "?state=x:y:z&code=1"])
def test_a_state_that_is_not_ours_leads_nowhere(tenant, query):
    with here():
        answer = Client().get(f"{login.CALLBACK_PATH}{query}", headers={"host": "egal.example"})

    assert answer.status_code == 400
    assert "Location" not in answer


def test_another_tenants_hand_over_is_worth_nothing_here(facebook, boss, other_tenant):
    nonce = "n" * 32
    with schema_context(other_tenant.schema_name):
        target = login.dialog_url(back_to="http://beta.localhost/", nonce=nonce)
    state = dict(parse_qsl(urlsplit(target).query))["state"]
    signed = login.handed_over({"state": state, "code": "abc"}).partition("uebergabe=")[2]

    with pytest.raises(login.TooLateError):
        login.code_of(signed, nonce)


def test_the_choice_needs_the_way_through_facebook(facebook, boss):
    assert boss.get(url("facebook_choice")).status_code == 302


def test_a_page_is_connected_by_its_token(facebook, boss):
    token = facebook.standin.staff.grant(facebook.other)

    done = boss.post(url("facebook_token"), {"token": f" {token} "}, follow=True)

    page = FacebookPage.objects.get(page_id=facebook.other)
    assert page.is_active
    assert done.redirect_chain[-1][0] == url("facebook_page", page.pk)
    assert token not in done.content.decode()


def test_a_token_that_is_none_is_refused_with_the_reason(facebook, boss):
    user_token = login.token_for(
        dict(parse_qsl(urlsplit(consent(to_facebook(boss), [])).query))["code"]
    )

    for token in ("", "EAAnichts", user_token, "x" * 2000):
        answer = boss.post(url("facebook_token"), {"token": token})

        assert answer.status_code == 422
        assert answer.context["form"].errors["token"]
        assert user_token not in answer.content.decode()
    assert FacebookPage.objects.count() == 1


def test_a_token_without_a_needed_permission_is_refused_by_its_name(facebook, boss):
    token = facebook.standin.staff.grant(facebook.other, permissions=["pages_manage_metadata"])

    answer = boss.post(url("facebook_token"), {"token": token})

    assert "pages_messaging" in text(answer)
    assert answer.status_code == 422


def test_the_list_says_how_each_page_is(facebook, boss):
    facebook.standin.staff.revoke(facebook.page.page_id, 460)
    boss.post(url("facebook_check", facebook.page.pk))

    page = text(boss.get(url("facebook")))

    assert "Needs attention" in page
    assert "has changed their password at Facebook" in page


def test_check_now_says_what_is_wrong_and_later_that_all_is_well(facebook, boss):
    facebook.standin.staff.lose_permission(facebook.page.page_id, "pages_messaging")
    checked = boss.post(url("facebook_check", facebook.page.pk), follow=True)
    assert "Something is still wrong" in told(checked)[0]
    assert "missing: without it nothing works" in text(checked)
    assert "code: 200" in text(checked)

    for token in facebook.standin.world.tokens.values():
        token.scopes = [*ALL]
    checked = boss.post(url("facebook_check", facebook.page.pk), follow=True)

    assert told(checked) == ["Everything is as it should be."]


def test_check_now_says_when_facebook_is_away(facebook, boss, settings):
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"

    checked = boss.post(url("facebook_check", facebook.page.pk), follow=True)

    assert "could not be asked" in told(checked)[0]


def test_a_pause_that_facebook_wants_is_told(facebook, boss):
    where = url("facebook_page", facebook.page.pk)
    assert "Answers wait until" not in text(boss.get(where))
    pages.pause(facebook.page, timedelta(hours=1))

    assert "takes no more from this page for now" in text(boss.get(where))


def test_disconnecting_takes_two_steps_and_leaves_the_tickets(facebook, boss):
    facebook.write("Wo ist mein Paket?")
    page = boss.get(url("facebook_disconnection", facebook.page.pk))
    assert "All tickets of this page" in text(page)
    assert FacebookPage.objects.get().is_active

    done = boss.post(url("facebook_disconnection", facebook.page.pk), follow=True)

    found = FacebookPage.objects.get()
    assert (found.state, found.sealed_token) == ("disconnected", "")
    assert facebook.standin.world.pages[found.page_id].fields == []
    assert "Formerly connected" in text(done)
    assert found.objects_known.filter(message__isnull=False).exists()
    assert boss.post(url("facebook_check", found.pk)).status_code == 404


def test_settings_of_a_page_are_saved_and_nothing_else_of_it(facebook, boss):
    where = url("facebook_page", facebook.page.pk)
    sealed = facebook.page.sealed_token

    saved = boss.post(where, {"tickets_from": "none", "solved_hours": "12"})

    page = FacebookPage.objects.get()
    assert saved.status_code == 302
    assert (page.tickets_from, page.solved_hours, page.acknowledges) == ("none", 12, False)
    assert (page.sealed_token, page.state) == (sealed, "active")


@pytest.mark.parametrize(
    "wrong",
    [
        {"solved_hours": "-1"},
        {"solved_hours": "99999"},
        {"solved_hours": ""},
        {"tickets_from": "x"},
    ],
)
def test_wrong_settings_are_refused(facebook, boss, wrong):
    right = {"tickets_from": "all", "solved_hours": "12"}

    answer = boss.post(url("facebook_page", facebook.page.pk), {**right, **wrong})

    assert answer.status_code == 422
    assert FacebookPage.objects.get().solved_hours == 48


def test_without_acknowledgement_a_new_ticket_is_not_confirmed(facebook, boss):
    boss.post(url("facebook_page", facebook.page.pk), {"tickets_from": "all", "solved_hours": "12"})

    facebook.write("Wo ist mein Paket?")
    facebook.send()

    assert facebook.received() == []


def test_not_set_up_says_what_the_operator_must_set(boss, settings):
    settings.FACEBOOK_APP_SECRET = settings.FACEBOOK_VERIFY_TOKEN = ""

    page = text(boss.get(url("facebook")))

    assert "<code>FACEBOOK_APP_SECRET</code>" in page
    assert "<code>FACEBOOK_VERIFY_TOKEN</code>" in page
    assert "<code>FACEBOOK_APP_ID</code>" not in page
    assert login.callback_url() in page
    assert SECRET not in page
    assert boss.post(url("facebook_connection")).status_code == 302
    assert boss.get(url("facebook_token")).status_code == 302


@pytest.mark.parametrize(
    "name", ["facebook", "facebook_connection", "facebook_return", "facebook_choice"]
)
def test_only_administrators_see_it(client, agent, customer, name):
    for user in (agent, customer):
        client.force_login(user)
        assert client.get(url(name)).status_code in {404, 405}
        assert client.post(url(name)).status_code in {404, 405}


def test_only_administrators_change_a_page(facebook, client, agent):
    client.force_login(agent)

    for name in ("facebook_page", "facebook_check", "facebook_disconnection"):
        assert client.post(url(name, facebook.page.pk)).status_code == 404
    assert client.post(url("facebook_token")).status_code == 404
    assert FacebookPage.objects.get().is_active


def test_agents_are_warned_while_a_page_fails(facebook, client, agent):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(agent)
    assert "something is wrong" not in text(client.get(reverse("desk:queue")))
    pages.mark_failing(facebook.page, pages.GraphError(code=190))

    page = text(client.get(reverse("desk:queue")))

    assert "Facebook: something is wrong with Teehaus Nord." in page
    assert "Your administrators have been told." in page
    pages.mark_well(facebook.page)
    assert "something is wrong" not in text(client.get(reverse("desk:queue")))


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_runs_a_fixed_number_of_queries(boss, django_assert_num_queries, count):
    for number in range(count):
        FacebookPage.objects.create(page_id=str(number), name=f"Seite {number}")

    with django_assert_num_queries(7):
        page = boss.get(url("facebook"))

    assert len(page.context["rows"]) == count
