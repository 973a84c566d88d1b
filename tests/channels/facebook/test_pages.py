"""A page is connected with a token that Meta confirms, and belongs to one tenant."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django_tenants.utils import schema_context

from channels import groups, intake, ways
from channels.facebook import connecting, pages, parking, permissions
from channels.facebook.connecting import (
    ForeignPageError,
    NotAPageTokenError,
    PermissionMissingError,
)
from channels.facebook.errors import GraphError, NotReachedError
from channels.models import FacebookPage, InboundRecord
from graph_standin import access
from tenants.models import Route
from tests.channels.facebook.hooks import batch, said, send, taken
from tickets.models import Channel, Message, Ticket


def connected(facebook, **more):
    return connecting.connect(facebook.standin.staff.grant(facebook.page.page_id, **more))


def test_a_connected_page_has_its_name_its_permissions_and_its_fields(facebook):
    page = FacebookPage.objects.get()

    assert (page.name, page.state) == ("Teehaus Nord", "active")
    assert set(permissions.NEEDED) <= set(page.permissions)
    assert page.subscribed_fields == list(connecting.FIELDS)
    assert page.token_expires_at is None
    assert facebook.standin.world.pages[page.page_id].fields == list(connecting.FIELDS)
    assert Route.objects.get(kind="facebook_page").address == page.page_id


def test_a_field_that_meta_does_not_know_is_left_out(facebook):
    facebook.standin.staff.set_app(refused_fields=["message_edits", "standby"])

    page = connected(facebook)

    assert set(connecting.FIELDS) - set(page.subscribed_fields) == {"message_edits", "standby"}


def test_connecting_again_replaces_the_token(facebook):
    before = facebook.page.token

    page = connected(facebook)

    assert page.pk == facebook.page.pk
    assert page.token != before


def test_a_token_that_ends_says_when(facebook):
    assert connected(facebook, seconds=3600).token_expires_at is not None


def test_a_token_of_a_user_is_none_of_a_page(facebook):
    account = next(iter(facebook.standin.world.accounts))
    token = access.new_token(
        facebook.standin.graph,
        account,
        list(permissions.NEEDED),
        [facebook.page.page_id],
        seconds=None,
    )

    with pytest.raises(NotAPageTokenError, match="Seite"):
        connecting.connect(token.value)
    with pytest.raises(NotAPageTokenError):
        connecting.connect("EAAquatsch")


def test_a_dead_token_connects_nothing(facebook):
    token = facebook.standin.staff.grant(facebook.page.page_id)
    facebook.standin.staff.revoke(facebook.page.page_id)

    with pytest.raises(NotAPageTokenError) as caught:
        connecting.connect(token)

    assert token not in str(caught.value)


def test_without_the_right_to_subscribe_nothing_is_connected(facebook):
    connecting.disconnect(facebook.page)

    with pytest.raises(PermissionMissingError, match="pages_manage_metadata"):
        connected(facebook, permissions=["pages_messaging"])

    assert FacebookPage.objects.get().state == "disconnected"
    assert not Route.objects.filter(kind="facebook_page").exists()


def test_another_tenants_page_cannot_be_connected(facebook, other_tenant):
    with schema_context(other_tenant.schema_name):
        with pytest.raises(ForeignPageError):
            connected(facebook)
        assert not FacebookPage.objects.exists()


def test_what_came_before_the_page_was_connected_is_taken_in(facebook):
    connecting.disconnect(facebook.page)
    early = batch(said("Zu früh?", page=facebook.page.page_id), page=facebook.page.page_id)
    assert send(early).status_code == 200
    assert not InboundRecord.objects.exists()

    connected(facebook)

    assert InboundRecord.objects.get().recipients == [facebook.page.page_id]


def waiting(facebook, text="Kurz davor"):
    """A message that was at the door before the page was disconnected, and taken up after it."""
    page_id = facebook.page.page_id
    raw = batch(said(text, page=page_id), page=page_id)
    [record] = taken(raw, process=False)
    connecting.disconnect(facebook.page)
    intake.process(record.pk, is_due=False)
    return record, raw


def test_what_came_before_the_page_was_disconnected_is_taken_in_when_it_is_back(facebook):
    record, _raw = waiting(facebook)
    assert not Ticket.objects.exists()

    connected(facebook)
    groups.take_waiting(seconds=10)

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.opened_at) == ("Kurz davor", record.received_at)


def test_a_group_that_finds_its_page_disconnected_waits_for_it_too(facebook):
    page_id = facebook.page.page_id
    taken(
        *(batch(said(f"Eins {n}", f"m_{n}", page=page_id), page=page_id) for n in range(3)),
        process=False,
    )
    connecting.disconnect(facebook.page)
    groups.take_waiting(seconds=10)
    assert not Message.objects.exists()

    connected(facebook)
    groups.take_waiting(seconds=10)

    assert Message.objects.filter(text__startswith="Eins").count() == 3


def test_what_meta_repeats_while_the_page_is_disconnected_is_taken_in_once(facebook):
    _record, raw = waiting(facebook)
    assert send(raw).status_code == 200

    connected(facebook)
    groups.take_waiting(seconds=10)

    assert Message.objects.filter(text="Kurz davor").count() == 1


def test_a_page_that_is_back_in_the_same_moment_leaves_nothing_waiting(facebook):
    """The worker saw the page disconnected, and looks again before it puts the message aside."""
    [record] = taken(
        batch(said("Hallo", page=facebook.page.page_id), page=facebook.page.page_id), process=False
    )

    assert parking.park(record, {facebook.page.page_id}) == facebook.page
    record.refresh_from_db()
    assert record.status == "received"


def test_the_settings_say_what_waits_for_a_page(facebook, client, admin):
    waiting(facebook)
    page_id = facebook.page.page_id
    send(batch(said("Danach", "m_2", page=page_id), page=page_id))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)

    url = reverse("desk:facebook_page", args=[facebook.page.pk])

    assert "2 reports from Facebook wait" in client.get(url).content.decode()


def test_a_page_that_is_disconnected_can_be_had_by_another_tenant(facebook, other_tenant):
    page_id = facebook.page.page_id
    connecting.disconnect(facebook.page)

    assert FacebookPage.objects.get().sealed_token == ""
    assert facebook.standin.world.pages[page_id].fields == []
    with schema_context(other_tenant.schema_name):
        assert connected(facebook).page_id == page_id


def test_a_page_can_be_disconnected_while_facebook_is_away(facebook, settings):
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"

    connecting.disconnect(facebook.page)

    assert FacebookPage.objects.get().state == "disconnected"


def test_facebook_is_a_way_only_with_a_page_that_works(facebook):
    assert Channel.FACEBOOK in ways.enabled()

    pages.mark_failing(facebook.page, GraphError(code=190))
    assert Channel.FACEBOOK not in ways.enabled()
    pages.mark_well(facebook.page)
    assert Channel.FACEBOOK in ways.enabled()
    connecting.disconnect(facebook.page)
    assert Channel.FACEBOOK not in ways.enabled()


def test_a_failing_page_still_takes_messages_in(facebook):
    pages.mark_failing(facebook.page, GraphError(code=190))

    facebook.write("Hallo")

    assert Ticket.objects.count() == 1


def test_the_operators_command_connects_a_page(facebook, capsys):
    connecting.disconnect(facebook.page)
    token = facebook.standin.staff.grant(facebook.page.page_id)

    call_command("connect_facebook_page", "--tenant", "alpha", "--token", token)

    assert "Teehaus Nord" in capsys.readouterr().out
    assert FacebookPage.objects.get().is_active


def test_the_operators_command_says_what_is_wrong(facebook, settings):
    with pytest.raises(CommandError, match="token"):
        call_command("connect_facebook_page", "--tenant", "alpha", "--token", "EAAquatsch")
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="Facebook"):
        call_command("connect_facebook_page", "--tenant", "alpha", "--token", "EAAquatsch")


def test_a_call_for_a_page_whose_token_cannot_be_opened_marks_it(facebook, settings):
    settings.SECRET_KEY = "ein anderer Schlüssel ohne den alten"

    with pytest.raises(GraphError):
        pages.call(facebook.page, "GET", facebook.page.page_id)

    assert FacebookPage.objects.get().state == "failing"


def test_that_facebook_is_away_is_no_fault_of_the_page(facebook, settings):
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"

    with pytest.raises(NotReachedError):
        pages.call(facebook.page, "GET", facebook.page.page_id)

    assert FacebookPage.objects.get().is_active
