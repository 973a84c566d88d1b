"""A page is looked at: what is wrong is found, said once, and mended where we can."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from channels import intake, sweep
from channels.facebook import advice, connecting, health, pages, permissions
from channels.facebook.health import NotCheckedError
from channels.models import FacebookPage
from tests.factories import AdminFactory, AgentFactory

State = FacebookPage.State


@pytest.fixture
def page(facebook) -> FacebookPage:
    return facebook.page


def reread(page):
    page.refresh_from_db()
    return page


def later(**time):
    return time_machine.travel(now() + timedelta(**time), tick=True)


def test_a_page_that_works_is_well_and_looked_at_again_tomorrow(facebook, page, mailoutbox):
    health.check(page)

    assert reread(page).state == State.ACTIVE
    assert page.checked_at is not None
    assert now() + timedelta(hours=23) < page.next_check_at <= now() + timedelta(days=1)
    assert permissions.missing(page.permissions) == []
    assert mailoutbox == []


def test_connecting_asks_for_the_first_look(page):
    due = page.next_check_at

    assert due - now() <= timedelta(days=1)
    assert intake.next_moment() <= due


def test_a_dead_token_is_found_with_its_reason(facebook, page):
    facebook.standin.staff.revoke(page.page_id, 460)

    health.check(page)

    assert reread(page).state == State.FAILING
    assert (page.error_code, page.error_subcode) == (190, 460)
    trouble = advice.trouble_of(page)
    assert "Passwort" in str(trouble.what)
    assert (trouble.code, trouble.needs_connecting) == ("190/460", True)


def test_administrators_are_told_once_and_once_when_it_works_again(facebook, page, mailoutbox):
    boss, _agent = AdminFactory(), AgentFactory()
    facebook.standin.staff.revoke(page.page_id, 460)

    health.check(page)
    health.check(reread(page))

    admins = ["chefin@alpha.localhost", boss.email]
    assert sorted(one for mail in mailoutbox for one in mail.to) == sorted(admins)
    mail = mailoutbox[0]
    assert mail.subject == "Facebook: „Teehaus Nord“ braucht Ihre Hilfe"
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "hat bei Facebook das Passwort geändert" in mail.body
    assert f"/desk/einstellungen/facebook/{page.pk}/" in mail.body
    assert "EAA" not in mail.body

    connecting.connect(facebook.standin.staff.grant(page.page_id))

    assert reread(page).state == State.ACTIVE
    told = [mail.subject for mail in mailoutbox[2:]]
    assert told == ["Facebook: „Teehaus Nord“ funktioniert wieder"] * 2


def test_a_needed_permission_that_was_taken_is_named(facebook, page):
    facebook.standin.staff.lose_permission(page.page_id, "pages_messaging")

    health.check(page)

    assert reread(page).state == State.FAILING
    assert "pages_messaging" in page.error_message
    assert [one.name for one in permissions.missing(page.permissions)] == ["pages_messaging"]


def test_another_permission_that_was_taken_stops_nothing(facebook, page):
    facebook.standin.staff.lose_permission(page.page_id, "pages_manage_engagement")

    health.check(page)

    assert reread(page).state == State.ACTIVE
    [lacking] = permissions.missing(page.permissions)
    assert (lacking.name, lacking.is_needed) == ("pages_manage_engagement", False)


def test_a_subscription_that_meta_dropped_is_taken_up_again(facebook, page):
    facebook.standin.staff.disable_webhook(page.page_id)

    health.check(page)

    assert set(facebook.standin.world.pages[page.page_id].fields) == set(page.subscribed_fields)
    assert reread(page).state == State.ACTIVE
    facebook.write("Seid ihr noch da?")


def test_a_failing_page_is_well_again_once_its_token_lives(facebook, page):
    facebook.standin.staff.revoke(page.page_id, 459)
    health.check(page)
    for token in facebook.standin.world.tokens.values():
        token.dead = None

    health.check(reread(page))
    assert reread(page).state == State.FAILING

    with later(hours=1):
        sweep.process_waiting()
    assert reread(page).state == State.ACTIVE


def test_what_only_an_answer_can_prove_is_for_a_person_to_say(facebook, page):
    pages.mark_failing(page, pages.GraphError(code=368))

    with later(hours=2):
        health.check(reread(page))
        assert reread(page).state == State.FAILING

        health.check(page, is_asked_for=True)
    assert reread(page).state == State.ACTIVE


def test_meta_away_says_nothing_about_the_page(facebook, page, settings):
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"

    with pytest.raises(NotCheckedError):
        health.check(page)

    assert reread(page).state == State.ACTIVE
    assert page.next_check_at <= now() + timedelta(minutes=15)


def test_a_wrong_secret_of_ours_is_no_fault_of_the_page(facebook, page, settings):
    settings.FACEBOOK_APP_SECRET = "falsch"

    with pytest.raises(NotCheckedError):
        health.check(page)

    assert reread(page).state == State.ACTIVE


def test_a_token_sealed_with_a_lost_key_is_a_dead_one(facebook, page, settings):
    settings.SECRET_KEY = "ein anderer Schlüssel"

    health.check(page)

    assert (reread(page).state, page.error_code) == (State.FAILING, 190)


def test_a_refusal_of_an_answer_is_looked_into_at_once(facebook, page):
    facebook.standin.staff.lose_permission(page.page_id, "pages_messaging")

    with pytest.raises(pages.GraphError):
        pages.call(page, "POST", f"{page.page_id}/messages", body={"recipient": {"id": "1"}})

    assert reread(page).state == State.FAILING
    assert page.next_check_at <= now()
    sweep.process_waiting()
    assert "pages_messaging" not in reread(page).permissions


def test_a_disconnected_page_is_not_looked_at(facebook, page):
    connecting.disconnect(page)

    with later(days=2):
        assert list(FacebookPage.objects.all().to_check()) == []
