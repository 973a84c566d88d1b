"""Whatever is killed, and whenever: each direct message is there once, and no answer goes twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import cycle

import pytest
from django.conf import settings

import graph_standin
from graph_standin import Standin
from tests.channels.servers import wait_for
from tests.faults.stack import SLUG, Stack, running_stack, until

SECRET, WORD = "geheim123", "pruefwort"
IN_TENANT = f"""
import django
django.setup()
from django_tenants.utils import tenant_context
from accounts.models import User
from channels.facebook import connecting, pages
from tenants.models import Tenant
from tickets import writing
from tickets.models import Ticket
context = tenant_context(Tenant.objects.get(slug="{SLUG}"))
context.__enter__()
"""
ANSWER = """
agent = User.objects.create_agent("jana@firma.example", "Jana")
ticket = Ticket.objects.get(messages__text={text!r})
print(writing.reply(ticket, author=agent, text={answer!r}).pk)
"""
CONFIRMATION = """
SELECT status FROM tickets_message WHERE is_automatic AND ticket_id = (
    SELECT ticket_id FROM tickets_message WHERE text = 'Wo ist mein Paket?'
)
"""


@pytest.fixture(scope="module")
def standin() -> Iterator[Standin]:
    # Its hour of failures that unsubscribes a page lasts two minutes.
    with graph_standin.running(app_secret=SECRET, verify_token=WORD, pace=0.03) as standin:
        yield standin


@pytest.fixture(scope="module")
def page(standin) -> str:
    return str(standin.staff.add_page("Teehaus Nord")["id"])


@pytest.fixture(scope="module")
def stack(standin, page) -> Iterator[Stack]:
    with running_stack(settings.DATA_DIR) as stack:
        stack.more |= {
            "FACEBOOK_APP_ID": standin.world.app.id,
            "FACEBOOK_APP_SECRET": SECRET,
            "FACEBOOK_VERIFY_TOKEN": WORD,
            "FACEBOOK_GRAPH_URL": standin.base_url,
        }
        for name in ("web", "worker", "sweep"):
            stack.start(name)
        wait_for(stack.port, 30)
        address = f"http://127.0.0.1:{stack.port}/hooks/facebook/"
        standin.staff.set_app(webhook_url=address, verify_token=WORD)
        token = standin.staff.grant(page)
        stack.python(f"{IN_TENANT}connecting.connect({token!r})")
        yield stack


def test_direct_messages_survive_the_death_of_web_worker_and_redis(stack, standin, page):
    people = [standin.people.add(f"Person {n}")["id"] for n in range(20)]

    def write_all() -> None:
        for number in range(200):
            standin.people.write(page, people[number % 20], f"Nachricht {number}")
            time.sleep(0.02)

    writer = threading.Thread(target=write_all)
    writer.start()
    killed = []
    for name in cycle(["web", "worker", "redis"]):
        time.sleep(1)
        stack.kill(name)
        killed.append(name)
        stack.start(name)
        if not writer.is_alive() and len(killed) >= 6:
            break
    writer.join()

    standin.deliveries.settle(120)
    inbound = "SELECT text, ticket_id FROM tickets_message WHERE kind = 'inbound'"

    def are_there() -> bool:
        stack.sweep()
        time.sleep(0.5)
        return len(stack.select(inbound)) >= 200

    until(are_there, 120)
    time.sleep(1)
    rows = stack.select(inbound)
    assert sorted(text for text, _ticket in rows) == sorted(f"Nachricht {n}" for n in range(200))
    assert len({ticket for _text, ticket in rows}) == 20
    until(lambda: stack.count("channels_inboundrecord WHERE status = 'received'") == 0, 60)
    assert stack.count("channels_inboundrecord WHERE status = 'quarantined'") == 0


def test_a_worker_that_is_killed_while_it_sends_sends_nothing_twice(stack, standin, page):
    eva = standin.people.add("Eva Muster")["id"]
    standin.people.write(page, eva, "Wo ist mein Paket?")
    until(lambda: stack.count("tickets_message WHERE text = 'Wo ist mein Paket?'") == 1, 60)
    text = "Es kommt morgen."

    def got() -> int:
        return sum(one.text == text for one in standin.world.messages.values())

    until(lambda: stack.select(CONFIRMATION) == [("sent",)], 60)
    # Facebook has it and does not say so.
    standin.failures.plan(on="messages", kind="timeout", seconds=8, after=True)
    standin.deliveries.hold()
    answer = ANSWER.format(text="Wo ist mein Paket?", answer=text)
    message = int(stack.python(IN_TENANT + answer))
    until(lambda: got() == 1, 60)
    stack.kill("worker")
    stack.start("worker")
    status = f"SELECT status FROM tickets_message WHERE id = {message}"
    assert stack.select(status) == [("sending",)]

    standin.deliveries.release()

    until(lambda: stack.select(status) == [("sent",)], 60)
    time.sleep(1)
    assert got() == 1
