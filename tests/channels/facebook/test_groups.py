"""Single events taken in by one task in groups: none lost, doubled, or stopped by another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels import groups, intake, sweep
from channels.arrivals import TAKE_GROUPS
from channels.facebook import direct, door, inbound
from channels.facebook.models import FacebookPage
from channels.models import InboundRecord
from tests.channels.facebook.hooks import OTHER_PAGE, START, batch, said, taken
from tickets.models import Message, Ticket

Status = InboundRecord.Status
BROKEN = "kaputt"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nobody waits for what may still come."""
    monkeypatch.setattr(groups, "LINGERS", 0)


def written(*texts, psids=("777",)):
    """Store messages as the door does, each by itself; nobody takes them in yet."""
    for number, text in enumerate(texts):
        one = said(text, f"m_{text}", START + number, psid=psids[number % len(psids)])
        taken(batch(one), process=False)


def texts():
    return [message.text for message in Message.objects.filter(kind="inbound").order_by("pk")]


def statuses():
    return [record.status for record in InboundRecord.objects.order_by("pk")]


def break_some(monkeypatch, error):
    """What says so cannot be taken in."""
    message = direct.message

    def broken(page, event, received_at):
        if event.value.get("text") == BROKEN:
            raise error
        return message(page, event, received_at)

    monkeypatch.setattr("channels.facebook.direct.message", broken)


def test_a_group_is_taken_in_in_the_order_in_which_it_came(page):
    written("eins", "zwei", "drei")

    groups.take_groups()

    assert texts() == ["eins", "zwei", "drei"]
    assert Ticket.objects.count() == 1
    assert statuses() == [Status.PROCESSED] * 3
    record = InboundRecord.objects.latest("pk")
    assert (record.message.text, record.subject) == ("drei", record.message.ticket.subject)
    assert record.processed_at is not None


def test_one_that_is_broken_stops_none_behind_it_and_is_tried_again_alone(page, monkeypatch):
    break_some(monkeypatch, ValueError("kaputt"))
    written("eins", BROKEN, "drei")

    groups.take_groups()

    assert texts() == ["eins", "drei"]
    assert statuses() == [Status.PROCESSED, Status.RECEIVED, Status.PROCESSED]
    broken = InboundRecord.objects.get(status=Status.RECEIVED)
    assert (broken.attempts, broken.error) == (1, "ValueError: kaputt")
    assert broken.next_try_at > now()

    for _ in range(3):
        intake.process(broken.pk, is_due=False)
    broken.refresh_from_db()
    assert broken.status == Status.QUARANTINED


def test_an_error_in_words_that_no_database_takes_stops_none_behind_it(page, monkeypatch):
    break_some(monkeypatch, ValueError("kaputt: \ud83d\0"))
    # Half a letter in a captured log is more than a run in several processes can report.
    monkeypatch.setattr(inbound.logger, "exception", lambda *_words: None)
    written(BROKEN, "zwei")

    groups.take_groups()

    assert texts() == ["zwei"]
    assert statuses() == [Status.RECEIVED, Status.PROCESSED]
    assert "kaputt" in InboundRecord.objects.earliest("pk").error


def test_what_a_dead_worker_had_is_taken_in_once_by_the_sweep(page, monkeypatch):
    """It dies in the middle: two are in their tickets, and nothing says so on their records."""
    written("eins", "zwei", "drei", "vier", psids=("777", "888"))
    message, seen = direct.message, []

    def deadly(page, event, received_at):
        if len(seen) == 2:
            raise SystemExit
        seen.append(event)
        return message(page, event, received_at)

    with monkeypatch.context() as patch:
        patch.setattr("channels.facebook.direct.message", deadly)
        with pytest.raises(SystemExit):
            groups.take_groups()
    assert texts() == ["eins", "zwei"]
    assert statuses() == [Status.RECEIVED] * 4
    groups.take_groups()
    assert texts() == ["eins", "zwei"]

    InboundRecord.objects.update(next_try_at=now() - timedelta(seconds=1))
    sweep.process_waiting()

    assert sorted(texts()) == ["drei", "eins", "vier", "zwei"]
    assert sorted(statuses()) == [Status.DUPLICATE] * 2 + [Status.PROCESSED] * 2


def test_with_the_database_away_nothing_is_written_down_of_a_try(page, monkeypatch):
    written("eins", BROKEN, "drei")
    break_some(monkeypatch, OperationalError("weg"))
    monkeypatch.setattr("channels.facebook.inbound.has_database", lambda: False)

    with pytest.raises(OperationalError):
        groups.take_groups()

    assert statuses() == [Status.RECEIVED] * 3
    assert set(InboundRecord.objects.values_list("attempts", "error")) == {(1, "")}


def test_repetitions_within_a_group_are_taken_in_once(page):
    one = said("eins", "m_eins")
    taken(batch(one), process=False)
    taken(batch(one, said("zwei", "m_zwei", START + 1)), process=False)
    taken(batch(said("zwei", "m_zwei", START + 1)), process=False)

    groups.take_groups()

    assert texts() == ["eins", "zwei"]
    assert statuses() == [Status.PROCESSED, Status.PROCESSED, Status.DUPLICATE]


def test_of_two_tenants_each_takes_in_its_own(page, other_tenant):
    with schema_context(other_tenant.schema_name):
        door.claim(OTHER_PAGE, "Beta")
        FacebookPage.objects.create(page_id=OTHER_PAGE, name="Beta")
    written("unseres")
    taken(batch(said("ihres", page=OTHER_PAGE), page=OTHER_PAGE), process=False)

    groups.take_groups()

    assert texts() == ["unseres"]
    with schema_context(other_tenant.schema_name):
        assert texts() == []
        groups.take_groups()
        assert texts() == ["ihres"]
        assert statuses() == [Status.PROCESSED]


def test_what_meta_calls_a_thing_cannot_stop_a_group(page):
    taken(batch({"sender": {"id": "7"}, "timestamp": START, "a\0b\ud800": {}}), process=False)
    written("eins")

    groups.take_groups()

    assert statuses() == [Status.IGNORED, Status.PROCESSED]


def test_a_group_has_only_so_many_and_the_rest_is_next(page, monkeypatch):
    monkeypatch.setattr(groups, "MOST", 2)
    asked = []
    monkeypatch.setattr(groups, "enqueue_once", lambda *task: asked.append(task))
    written("eins", "zwei", "drei")

    groups.take_groups()

    assert texts() == ["eins", "zwei", "drei"]
    # The first group was full: another worker may help.
    assert asked == [(TAKE_GROUPS, groups.HELPER)]


def test_a_turn_ends_and_the_rest_gets_another_one(page, monkeypatch):
    monkeypatch.setattr(groups, "MOST_SECONDS", 0)
    asked = []
    monkeypatch.setattr(groups, "enqueue_once", lambda *task: asked.append(task))
    written("eins")

    groups.take_groups()

    assert texts() == []
    assert asked == [(TAKE_GROUPS,)]


def test_what_goes_on_in_a_ticket_costs_few_statements(page, django_assert_max_num_queries):
    written("null")
    groups.take_groups()
    written(*(f"Nummer {number}" for number in range(20)))

    with django_assert_max_num_queries(20 * 12 + 12):
        groups.take_groups()

    assert len(texts()) == 21
