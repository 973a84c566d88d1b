"""Taking one's data along, and the end of an account."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from django.utils.timezone import now

from accounts import exporting, privacy, sweep
from accounts.models import DataExport, Membership, User
from accounts.privacy import Section
from billing import booking
from billing.models import BillingAddress, BillingEvent
from billing.shop import Shop
from tests.factories import AgentFactory, open_ticket, tier
from tests.portal.test_settings import PASSWORD, confirmed, signed_in

EXPORT = "portal:data_export"
DELETION = "portal:account_deletion"


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    cache.clear()


@pytest.fixture
def section(monkeypatch):
    """An app that keeps a note and two files of the same name."""
    erased = []
    monkeypatch.setattr(privacy, "_sections", dict(privacy._sections))
    privacy.register(
        Section(
            "notes",
            "Notizen",
            export=lambda user: [{"text": f"Für {user.email}"}],
            files=lambda user: iter([("../a.txt", b"eins"), ("a.txt", b"zwei")]),
            erase=lambda user: erased.append(user.email),
        )
    )
    return erased


def packed(user):
    export = exporting.request_export(user)
    exporting.pack(export.pk)
    export.refresh_from_db()
    return export


def booked():
    """The only administrator of an organisation that has booked Bronze."""
    user = confirmed(name="Anna Berg")
    own = user.organisation
    user.join(own, Membership.Role.ADMIN)
    address = {"street": "Hafenstraße 9", "postcode": "20457", "city": "Hamburg"}
    BillingAddress.objects.create(organisation=own, name="Berg", email=user.email, **address)
    booking.book(own, tier("Bronze"), by=user, seen=Shop(own).token(tier("Bronze")))
    return user


def fetch(client, export):
    return client.get(reverse("portal:data_download", args=[export.pk]))


def test_the_archive_holds_what_every_app_keeps_and_stays_within_its_folders(section):
    user = confirmed()
    client = signed_in(user)
    response = fetch(client, packed(user))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert json.loads(archive.read("account.json"))["email"] == user.email
    assert json.loads(archive.read("notes.json")) == [{"text": f"Für {user.email}"}]
    files = sorted(name for name in archive.namelist() if name.startswith("notes/"))
    assert files[-1] == "notes/a.txt"
    assert sorted(archive.read(name) for name in files) == [b"eins", b"zwei"]
    assert not any(".." in name for name in archive.namelist())
    assert [one.to for one in mail.outbox if "/einstellungen/daten/" in one.body] == [[user.email]]


def test_no_secret_of_a_second_factor_is_in_the_archive():
    user = confirmed()
    user.authenticator_set.create(type="totp", data={"secret": "GEHEIM"})
    told = json.dumps(privacy.sections()[0].export(user), default=str)
    assert "GEHEIM" not in told
    assert user.password not in told


def test_only_its_person_fetches_it_and_only_for_seven_days():
    user = confirmed()
    client, export = signed_in(user), packed(user)
    assert fetch(signed_in(confirmed()), export).status_code == 404
    assert fetch(signed_in(user, proven=False), export).status_code == 302
    with time_machine.travel(now() + timedelta(days=7, minutes=1)):
        again = signed_in(user)
        assert fetch(again, export).status_code == 404
        exporting.tidy()
    assert not default_storage.exists(export.path)
    assert not DataExport.objects.exists()
    assert fetch(client, export).status_code == 404


def test_asking_twice_packs_once_and_what_got_lost_is_packed_later(
    django_capture_on_commit_callbacks,
):
    user = confirmed()
    first, second = exporting.request_export(user), exporting.request_export(user)
    assert first == second
    exporting.pack(first.pk)
    exporting.pack(first.pk)
    assert len([one for one in mail.outbox if one.to == [user.email]]) == 1
    late = exporting.request_export(user)
    with django_capture_on_commit_callbacks() as sent:
        exporting.tidy(late.requested_at + timedelta(minutes=6))
    assert len(sent) == 1


def test_packing_again_leaves_one_archive_and_has_an_end():
    user = confirmed()
    first, second = packed(user), packed(user)
    assert not default_storage.exists(first.path)
    assert default_storage.exists(second.path)
    assert [one.pk for one in DataExport.objects.filter(user=user)] == [second.pk]
    client = signed_in(user)
    assert [client.post(reverse(EXPORT)).status_code for _try in range(11)] == [302] * 10 + [429]


def test_the_sweep_visits_every_tenant(monkeypatch, other_tenant):
    visited = []
    monkeypatch.setattr(exporting, "tidy", lambda: visited.append(connection.schema_name))
    sweep.sweep()
    assert other_tenant.schema_name in visited
    assert len(visited) == len(set(visited)) >= 2


def test_an_account_ends_after_a_proof_and_a_second_click(section):
    user = confirmed(name="Anna Berg")
    email, ticket = user.email, open_ticket(user)
    client, elsewhere = signed_in(user), signed_in(user, proven=False)
    export = packed(user)
    assert elsewhere.post(reverse(DELETION)).status_code == 302
    assert client.get(reverse(DELETION)).status_code == 200
    assert User.objects.with_address(email).exists()

    assert client.post(reverse(DELETION)).url == reverse("portal:account_deleted")

    assert section == [email], "an app still knows whom it erases"
    gone = User.objects.get_queryset().get(pk=user.pk)
    assert (gone.name, gone.is_active, gone.has_address) == ("Gelöschtes Konto", False, False)
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not default_storage.exists(export.path)
    assert "Anna" not in gone.organisation.name
    for browser in (client, elsewhere):
        assert browser.get(reverse("portal:profile")).status_code == 302
    sent = {"login": email, "password": PASSWORD}
    assert client.post(reverse("account_login"), sent).status_code == 200
    ticket.refresh_from_db()
    assert ticket.requester == gone
    assert client.get(reverse("portal:account_deleted")).status_code == 200


def test_the_only_administrator_of_others_keeps_the_account_until_there_is_another():
    user, other = confirmed(), confirmed()
    user.join(user.organisation, Membership.Role.ADMIN)
    other.join(user.organisation)
    client = signed_in(user)
    page = client.post(reverse(DELETION))
    assert page.status_code == 409
    assert reverse("portal:team") in page.text
    assert User.objects.with_address(user.email).exists()
    other.join(user.organisation, Membership.Role.ADMIN)
    assert client.post(reverse(DELETION)).status_code == 302


def test_who_booked_takes_bookings_and_invoices_along_and_their_name_leaves_the_history():
    user = booked()
    told = {one.name: one.export(user) for one in privacy.sections()}["billing"]
    assert [line["support_level"] for line in told["history"]][:1] == ["Bronze"]
    booking.cancel(
        user.organisation,
        by=user,
        seen=Shop(user.organisation).token(tier("Bronze")),
        at_month_end=False,
    )
    client = signed_in(user)
    assert client.post(reverse(DELETION)).status_code == 302
    events = BillingEvent.objects.filter(organisation=user.organisation)
    assert set(events.values_list("by_name", flat=True)) == {""}


def test_a_running_booking_keeps_its_only_administrator():
    user = booked()
    page = signed_in(user).post(reverse(DELETION))
    assert page.status_code == 409
    assert reverse("portal:modules") in page.text
    assert User.objects.with_address(user.email).exists()


def test_a_section_that_fails_leaves_the_account_as_it_was(monkeypatch, section):
    def fail(user):
        raise RuntimeError

    privacy.register(Section("broken", "Kaputt", export=lambda user: None, erase=fail))
    user = confirmed()
    client = signed_in(user)
    with pytest.raises(RuntimeError):
        client.post(reverse(DELETION))
    assert User.objects.with_address(user.email).get().is_active


def test_an_agents_account_is_the_tenants_to_end():
    agent = confirmed(AgentFactory)
    assert signed_in(agent).post(reverse(DELETION)).url == reverse("desk:queue")
    assert User.objects.with_address(agent.email).get().is_active


def test_who_was_invited_by_mail_only_is_no_obstacle_and_old_links_end(client):
    user = confirmed()
    user.join(user.organisation, Membership.Role.ADMIN)
    user.organisation.invitations.create(email="neu@kunden.example")
    assert signed_in(user).post(reverse(DELETION)).status_code == 302
    assert not user.organisation.invitations.exists()


class TooLongError(Exception):
    """As the queue ends a task that takes too long: in the middle of anything."""


@pytest.fixture
def endless(monkeypatch):
    """An app whose part of the archive is never done in time, until it is cleared."""
    monkeypatch.setattr(privacy, "_sections", dict(privacy._sections))
    tried = [True]

    def gather(user):
        if tried:
            tried.append(True)
            raise TooLongError

    privacy.register(Section("endless", "Endlos", export=gather))
    return tried


def try_in_vain(export, times):
    for _time in range(times):
        with pytest.raises(TooLongError):
            exporting.pack(export.pk)


def test_an_archive_that_never_gets_done_is_given_up_and_its_person_told(endless, caplog):
    user = confirmed()
    client, export = signed_in(user), exporting.request_export(user)

    try_in_vain(export, 2)
    assert b"werden zusammengestellt" in client.get(reverse("portal:own_data")).content
    try_in_vain(export, 1)
    with time_machine.travel(now() + timedelta(minutes=6)):
        exporting.tidy()
    exporting.pack(export.pk)

    page = client.get(reverse("portal:own_data")).content.decode()
    assert "nicht zusammenstellen" in page
    assert reverse("portal:new_ticket") in page
    assert len(endless) == 4
    assert [one.to for one in mail.outbox if "/einstellungen/daten/" in one.body] == [[user.email]]
    assert f"export {export.pk}" in caplog.text
    assert user.email not in caplog.text


def test_who_was_told_so_asks_anew_and_gets_the_archive(endless):
    user = confirmed()
    client, export = signed_in(user), exporting.request_export(user)
    try_in_vain(export, exporting.MOST_TRIES)
    endless.clear()

    client.post(reverse(EXPORT))
    exporting.pack(DataExport.objects.get(user=user).pk)

    page = client.get(reverse("portal:own_data")).content.decode()
    assert "nicht zusammenstellen" not in page
    assert b"".join(fetch(client, DataExport.objects.get(user=user)).streaming_content)


def test_a_try_whose_worker_died_counts(endless, monkeypatch):
    """A worker that is killed says nothing any more: what it began is counted beforehand."""
    user = confirmed()
    export = exporting.request_export(user)
    DataExport.objects.filter(pk=export.pk).update(tries=exporting.MOST_TRIES)

    exporting.pack(export.pk)

    assert len(endless) == 1
    assert exporting.failed(user) == export
