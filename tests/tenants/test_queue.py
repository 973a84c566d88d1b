"""From a committed row to its task, with Redis and without."""

import base64
import json
import os
import time
from datetime import datetime, timedelta

from celery import shared_task
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import task_prerun, worker_process_init
from django.db import connection, transaction
from django.utils.timezone import now

from accounts.models import Team
from helpdesk import celery_app
from tenants import live, queue
from tenants.circuit import circuit
from tenants.models import Tenant
from tenants.queue import TenantTask, begun, enqueue, enqueue_once


@shared_task(name="tests.found_team", base=TenantTask)
def found_team(name):
    Team.objects.create(name=f"{name} in {connection.tenant.name}")


@shared_task(name="tests.fail", base=TenantTask)
def fail():
    raise OSError("The disk is full.")


def waiting(server):
    """The messages in the queue: (task, arguments, schema)."""
    messages = [json.loads(raw) for raw in server.client.lrange("default", 0, -1)]
    return [
        (
            message["headers"]["task"],
            json.loads(base64.b64decode(message["body"]))[0],
            message["headers"]["_schema_name"],
        )
        for message in reversed(messages)
    ]


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def teams():
    return [team.name for team in Team.objects.order_by("name")]


def test_a_task_is_sent_after_the_commit_with_its_tenant(fresh_tenant, own_redis):
    with transaction.atomic():
        enqueue("tests.found_team", "Nord")
        assert waiting(own_redis) == []

    assert waiting(own_redis) == [("tests.found_team", ["Nord"], fresh_tenant.schema_name)]


def test_the_tenant_is_the_one_that_asked_whoever_commits(fresh_tenant, own_redis):
    with transaction.atomic():
        enqueue("tests.found_team", "Nord")
        connection.set_schema_to_public()

    assert waiting(own_redis) == [("tests.found_team", ["Nord"], fresh_tenant.schema_name)]


def test_a_task_may_expire_unrun(fresh_tenant, own_redis):
    enqueue("tests.found_team", "Nord", expires=25)

    (message,) = (json.loads(raw) for raw in own_redis.client.lrange("default", 0, -1))
    left = datetime.fromisoformat(message["headers"]["expires"]) - now()
    assert timedelta(seconds=20) < left <= timedelta(seconds=25)


def test_a_task_for_all_that_waits_is_sent_once_until_it_begins(fresh_tenant, own_redis):
    for _ in range(3):
        enqueue_once("tests.found_team", "Nord")
    enqueue_once("tests.found_team", "Süd")
    assert [task[1] for task in waiting(own_redis)] == [["Nord"], ["Süd"]]

    begun("tests.found_team", "Nord")
    enqueue_once("tests.found_team", "Nord")

    assert [task[1] for task in waiting(own_redis)] == [["Nord"], ["Süd"], ["Nord"]]


def test_a_task_that_got_lost_is_sent_again_after_a_while(fresh_tenant, own_redis):
    enqueue_once("tests.found_team", "Nord")

    [mark] = own_redis.client.keys("sent:*")

    assert 0 < own_redis.client.ttl(mark) <= queue.SENT_AGAIN_AFTER


def test_a_task_of_another_tenant_is_another_one(fresh_tenant, own_redis):
    enqueue_once("tests.found_team", "Nord")
    with transaction.atomic():
        connection.set_schema("alpha")
        enqueue_once("tests.found_team", "Nord")
        connection.set_tenant(fresh_tenant)

    schemas = [schema for _task, _args, schema in waiting(own_redis)]
    assert schemas == [fresh_tenant.schema_name, "alpha"]


def test_without_redis_each_is_done_here(fresh_tenant, own_redis):
    own_redis.kill()

    enqueue_once("tests.found_team", "Nord")

    until(lambda: teams() == ["Nord in Frisch GmbH"])


def test_acts_that_belong_together_tell_each_thing_once(fresh_tenant, own_redis):
    listener = own_redis.client.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(live.channel(fresh_tenant.schema_name))
    listener.get_message(timeout=1)

    with live.gathered():
        for number in (1, 2, 1):
            live.announce("queue")
            live.announce("ticket", number)
        assert listener.get_message(timeout=0.2) is None

    told = [json.loads(listener.get_message(timeout=20)["data"]) for _ in range(3)]
    assert [(one["topic"], one["number"]) for one in told] == [
        ("queue", None),
        ("ticket", 1),
        ("ticket", 2),
    ]
    assert listener.get_message(timeout=0.2) is None


def test_what_is_rolled_back_sends_nothing(fresh_tenant, own_redis):
    with transaction.atomic():
        enqueue("tests.found_team", "Nord")
        transaction.set_rollback(True)

    assert waiting(own_redis) == []


def test_without_redis_this_process_does_it_itself(fresh_tenant, own_redis):
    own_redis.kill()
    started = time.monotonic()

    enqueue("tests.found_team", "Nord")

    # Nothing was waited for: the socket's five seconds are not in it.
    assert time.monotonic() - started < 4
    until(lambda: teams() == ["Nord in Frisch GmbH"])


def test_a_hung_redis_is_waited_for_once(fresh_tenant, own_redis):
    own_redis.hang()
    started = time.monotonic()

    for number in range(4):
        enqueue("tests.found_team", str(number))

    # The socket's five seconds, once, not four times; the others go straight to the stand-in.
    assert time.monotonic() - started < 15
    until(lambda: len(teams()) == 4)


def test_redis_is_asked_again_after_a_while(fresh_tenant, own_redis):
    own_redis.kill()
    enqueue("tests.found_team", "Nord")
    assert circuit.is_open
    until(teams)
    own_redis.start()

    circuit.close()
    enqueue("tests.found_team", "Süd")

    assert waiting(own_redis) == [("tests.found_team", ["Süd"], fresh_tenant.schema_name)]


def test_a_stand_in_that_fails_says_so_and_stops_nothing(fresh_tenant, own_redis, monkeypatch):
    own_redis.kill()
    said = []

    def note(line, task):
        said.append((line % task, connection.schema_name))

    monkeypatch.setattr(queue.logger, "exception", note)

    enqueue("tests.fail")
    enqueue("tests.found_team", "Nord")

    until(lambda: said and teams())
    assert said == [("tests.fail failed", fresh_tenant.schema_name)]
    assert teams() == ["Nord in Frisch GmbH"]


def test_a_stand_in_does_nothing_for_a_suspended_tenant(fresh_tenant, own_redis):
    own_redis.kill()
    Tenant.objects.filter(pk=fresh_tenant.pk).update(status=Tenant.Status.SUSPENDED)

    enqueue("tests.found_team", "Nord")
    queue._stand_in.submit(lambda: None).result(10)
    queue._stand_in.submit(lambda: None).result(10)

    assert teams() == []


def test_storing_never_fails_for_the_queue(fresh_tenant, own_redis):
    own_redis.kill()

    with transaction.atomic():
        Team.objects.create(name="Nord")
        enqueue("tests.fail")

    assert teams() == ["Nord"]


def test_a_worker_keeps_its_database_connection_from_task_to_task(tenant):
    """Making a new one takes longer than most tasks do."""
    used = connection.connection

    DjangoWorkerFixup(celery_app).close_database()

    assert connection.connection is used is not None


def test_a_connection_that_broke_is_replaced_before_the_next_task(fresh_tenant):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        broken = cursor.fetchone()[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [broken])
    other.close()

    found_team.push_request(is_eager=False)
    task_prerun.send(sender=found_team)
    found_team.pop_request()

    assert Team.objects.count() == 0


def test_a_task_run_in_place_keeps_its_callers_connection(tenant):
    """The caller may be within a transaction, which would be gone with it."""
    used = connection.connection

    found_team.apply(args=["Nord"], headers={"_schema_name": tenant.schema_name})

    assert connection.connection is used
    assert teams() == ["Nord in Alpha GmbH"]


def test_a_process_of_the_pool_gives_way_to_whoever_waits_for_a_page(monkeypatch, settings):
    steps = []
    settings.WORKER_NICE = 3
    monkeypatch.setattr(os, "nice", steps.append)

    receivers = [
        receiver() for key, receiver in worker_process_init.receivers if key[0] == "give_way"
    ]
    for receiver in receivers:
        receiver()

    assert steps == [3]
