"""The demo is alive at any hour, and made by the functions of production."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils.timezone import now
from django_tenants.utils import schema_context

from accounts.models import User
from channels.models import InboundRecord, SystemMail
from helpdesk.demo import PASSWORD, greeting, load, welcome_text
from helpdesk.demo.stories import DONE, FOLLOW_UPS, OPEN, SECOND_OPEN
from helpdesk.management.commands import demo as demo_command
from sla.models import Promise
from sla.queue import Band
from tenants.models import Tenant
from tests.channels.servers import FirstHop, running
from tests.sla.moments import berlin
from tickets.models import Attachment, Message, Ticket

MOMENTS = {
    "Sunday afternoon": "2026-12-27 15:00",
    "Christmas": "2026-12-25 11:00",
    "Monday one minute after opening": "2027-01-11 09:01",
    "Friday one minute before closing": "2027-01-15 16:59",
}
TIERS = {"Basis", "Bronze", "Silber", "Gold"}
EVERYTHING = {"overdue": TIERS, "soon": TIERS, "relaxed": TIERS}
SOON = 120 * 60


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker, tmp_path_factory) -> Iterator[str]:
    """The demo as a first start leaves it, really committed; the schema of its first tenant."""
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):
        load.load()
        yield str(Tenant.objects.get(slug="demo").schema_name)
        connection.set_schema_to_public()
        demo_command.Command().drop()
        connection.close()


@pytest.fixture
def inside(demo: str, db: None) -> Iterator[None]:
    """Inside the first tenant; what a test changes is taken back."""
    with schema_context(demo):
        yield


def places() -> dict[str, set[str]]:
    """Which tiers have something overdue, due soon and relaxed, in business time from now."""
    found: dict[str, set[str]] = {"overdue": set(), "soon": set(), "relaxed": set()}
    for promise in Promise.objects.open().with_terms():
        if promise.is_broken():
            place = "overdue"
        else:
            left = promise.hours.elapsed(now(), promise.due_at).total_seconds()
            place = "soon" if left <= SOON else "relaxed"
        found[place].add(promise.tier.name)
    return found


def test_first_start_shows_everything_of_every_tier(inside):
    assert places() == EVERYTHING
    assert Ticket.objects.queued().first().queue_band == Band.ESCALATED


def test_first_start_on_a_sunday_shows_everything_of_every_tier(db, monkeypatch):
    house = replace(load.HOUSES[0][0], slug="sonntag", admin=("Eva Kern", "eva@sonntag.localhost"))
    monkeypatch.setattr(load, "HOUSES", ((house, OPEN, FOLLOW_UPS),))

    with time_machine.travel(berlin("2026-12-27 15:00"), tick=False):
        assert load.load() == ["sonntag"]

        with schema_context(Tenant.objects.get(slug="sonntag").schema_name):
            assert places() == EVERYTHING


@pytest.mark.parametrize("moment", MOMENTS)
def test_later_start_shows_everything_of_every_tier(inside, moment):
    with time_machine.travel(berlin(MOMENTS[moment]), tick=False):
        assert load.load() == ["demo", "zweitmarke"]

        assert places() == EVERYTHING
        overdue = [promise for promise in Promise.objects.open() if promise.is_broken()]
        assert len(overdue) == len([story for story in OPEN if story.left < 0])


def test_demo_is_a_plausible_helpdesk(inside):
    assert Ticket.objects.count() == len(OPEN) + len(FOLLOW_UPS) + len(DONE)
    assert set(Ticket.objects.values_list("state", flat=True)) == {
        "new",
        "open",
        "waiting",
        "solved",
        "closed",
        "spam",
    }
    assert set(Message.objects.values_list("kind", flat=True)) == {
        "inbound",
        "outbound",
        "note",
    }
    assert Attachment.objects.exists()
    assert Ticket.objects.queued().filter(assignee=None).exists()
    assert Ticket.objects.queued().exclude(assignee=None).exists()
    assert Promise.objects.kept().exists()
    assert Promise.objects.filter(kind="next").exists()


def test_demo_fills_nobodys_mailbox(inside):
    assert not Message.objects.all().pending().exists()
    assert not Message.objects.filter(is_automatic=True).exists()
    assert not SystemMail.objects.filter(recipient__endswith=".example").exists()


def test_mails_of_the_demo_came_through_the_door_of_production(inside):
    mails = Message.objects.filter(kind="inbound", channel="email")
    records = InboundRecord.objects.filter(status="processed")
    assert records.count() == mails.count() > 10
    for record in records.select_related("message__ticket"):
        assert record.message.sent_at == record.received_at
    for ticket in Ticket.objects.all():
        first = ticket.promises.order_by("pk").first()
        assert first.started_at == ticket.opened_at
        assert ticket.opened_at <= now()


def test_past_of_the_demo_lies_in_the_past(inside):
    assert not Message.objects.filter(sent_at__gt=now()).exists()
    for promise in Promise.objects.filter(answered_at__isnull=False):
        assert promise.started_at < promise.answered_at
        assert promise.accepted_at == promise.answered_at


def test_second_start_changes_nothing_while_the_queue_is_alive(inside):
    before = list(Ticket.objects.order_by("pk").values())

    assert load.load() == []

    assert list(Ticket.objects.order_by("pk").values()) == before


def test_two_brands_stand_side_by_side(demo, db):
    first, second = Tenant.objects.filter(slug__in=["demo", "zweitmarke"]).order_by("slug")

    assert (first.host, second.host) == ("demo.localhost", "zweitmarke.localhost")
    assert first.mailbox == "support@demo.localhost"
    assert second.mailbox == "support@zweitmarke.localhost"
    with schema_context(second.schema_name):
        assert Ticket.objects.queued().count() == len(SECOND_OPEN)


@pytest.mark.parametrize(
    "address",
    ["anna.berg@teehaus-nord.example", "jana.lind@demo.localhost", "chefin@demo.localhost"],
)
def test_people_who_are_shown_can_sign_in(inside, address):
    shown = welcome_text()

    assert address in shown
    assert PASSWORD in shown
    assert User.objects.with_address(address).get().check_password(PASSWORD)


def test_moments_are_counted_back_from_the_moment_that_is_given(inside):
    at = berlin("2026-12-28 12:00")

    with time_machine.travel(at, tick=False):
        load.load(at)

    newest = Promise.objects.filter(ticket__subject=OPEN[0].subject).latest("pk")
    assert newest.due_at == at + timedelta(minutes=OPEN[0].left)


def test_greeting_is_one_real_mail_over_smtp(settings):
    hop = FirstHop()
    settings.SMTP_PORT = hop.port

    with running(hop.serve, hop.port):
        assert greeting.send_greeting(patience=5)

    [mail] = hop.mails
    assert mail.recipients == ["support@demo.localhost"]
    assert mail.envelope_from == "eva.sommer@gartenbau-sommer.example"


def test_greeting_gives_up_on_a_silent_door(settings):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.SMTP_PORT = nobody.getsockname()[1]

        assert not greeting.send_greeting(patience=0.3)


def test_fresh_demo_takes_the_place_of_the_old_one(demo, fresh_tenant):
    connection.set_schema_to_public()

    call_command("demo", "--fresh", verbosity=0)

    assert Tenant.objects.get(slug="demo").schema_name != demo
    assert Tenant.objects.filter(pk=fresh_tenant.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [demo])
        assert cursor.fetchone() == (0,)
