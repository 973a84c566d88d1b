import pytest
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels.models import InboundRecord
from desk.views import quarantine
from tickets.models import Channel

URL = "/desk/quarantaene/"


def quarantined(number=1):
    return InboundRecord.objects.create(
        channel=Channel.EMAIL,
        sha256=f"{number:064x}",
        size=1234,
        envelope_from="absender@kunden.example",
        received_at=now(),
        status=InboundRecord.Status.QUARANTINED,
        attempts=4,
        error="ValueError: Das ging schief",
    )


def replay(client, record):
    return client.post(reverse("desk:quarantine_replay", args=[record.pk]))


def test_quarantine_shows_what_went_wrong(desk):
    quarantined()

    response = desk.get(URL)

    page = response.content.decode()
    assert "ValueError: Das ging schief" in page
    assert "absender@kunden.example" in page
    assert response.context["nav"]["quarantine"] == 1


def test_replay_gives_the_message_another_chance(desk):
    record = quarantined()

    response = replay(desk, record)

    assert (response.status_code, response.url) == (302, URL)
    received_at = record.received_at
    record.refresh_from_db()
    assert (record.status, record.attempts) == (InboundRecord.Status.RECEIVED, 0)
    assert record.received_at == received_at


def test_replay_of_what_is_processed_changes_nothing(desk):
    record = quarantined()
    InboundRecord.objects.filter(pk=record.pk).update(status="processed")

    replay(desk, record)

    record.refresh_from_db()
    assert record.status == InboundRecord.Status.PROCESSED


def test_looking_replays_nothing(desk):
    record = quarantined()

    assert desk.get(reverse("desk:quarantine_replay", args=[record.pk])).status_code == 405


def test_replay_of_another_tenants_message_is_not_there(desk, other_tenant):
    with schema_context(other_tenant.schema_name):
        theirs = quarantined()

    assert replay(desk, theirs).status_code == 404
    with schema_context(other_tenant.schema_name):
        theirs.refresh_from_db()
        assert theirs.status == InboundRecord.Status.QUARANTINED


def test_customers_replay_nothing(client, customer):
    record = quarantined()
    client.force_login(customer)

    assert replay(client, record).status_code == 404
    record.refresh_from_db()
    assert record.status == InboundRecord.Status.QUARANTINED


def test_pages_of_the_quarantine_join(desk, monkeypatch):
    monkeypatch.setattr(quarantine, "PAGE", 2)
    everything = [quarantined(number).pk for number in range(5)]

    seen, address = [], URL
    while address:
        response = desk.get(address)
        seen += [record.pk for record in response.context["records"]]
        address = response.context["next_page"]

    assert seen == everything[::-1]


@pytest.mark.parametrize("count", [1, 30])
def test_quarantine_runs_a_fixed_number_of_queries(desk, count, django_assert_num_queries):
    for number in range(count):
        quarantined(number)

    with django_assert_num_queries(8):
        desk.get(URL)
