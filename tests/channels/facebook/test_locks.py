"""What somebody does at Facebook meets what is done here: neither waits for the other crosswise."""

from __future__ import annotations

from concurrent.futures import wait

import pytest
from django.utils.timezone import now

from channels.facebook import door, linking, people
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.facebook.sealing import seal
from tenants.acts import act
from tests.channels.facebook.hooks import PAGE, PSID, batch, event, said, taken
from tests.factories import AgentFactory, CustomerFactory
from tests.threads import PATIENCE, Side
from tickets import recording
from tickets.models import Ticket

A_MOMENT = 0.5


@pytest.fixture
def page(fresh_tenant) -> FacebookPage:
    door.claim(PAGE, "Teehaus")
    return FacebookPage.objects.create(page_id=PAGE, name="Teehaus", sealed_token=seal("EAAB-t"))


@pytest.fixture
def ticket(page) -> Ticket:
    taken(batch(said("Wo ist mein Paket?", at=round(now().timestamp() * 1000))))
    return Ticket.objects.get()


@pytest.mark.parametrize("act_of_theirs", ["unsend", "edit", "reaction"])
def test_a_change_waits_for_the_ticket_and_holds_nothing_meanwhile(
    fresh_tenant, ticket, act_of_theirs
):
    events = {
        "unsend": event(message={"mid": "m_1", "is_deleted": True}),
        "edit": event(message_edit={"mid": "m_1", "text": "Wo?", "num_edit": 1}),
        "reaction": event(reaction={"mid": "m_1", "action": "react", "reaction": "love"}),
    }
    with Side(fresh_tenant) as worker:
        with act():
            recording.locked(ticket)
            records = worker.run(taken, batch(events[act_of_theirs]))
            wait([records], A_MOMENT)
            # As whoever has fetched the message's files does.
            FacebookObject.objects.filter(external_id="m_1").update(files=[])
        [record] = records.result(PATIENCE)

    assert (record.status, record.error) == ("processed", "")


def test_asking_who_somebody_is_waits_for_what_they_are_writing(fresh_tenant, page, ticket):
    agent, customer = AgentFactory(), CustomerFactory(name="Eva Muster")
    with Side(fresh_tenant) as desk:
        with act():
            people.locked(page, PSID, at=now())
            asked = desk.run(linking.ask, ticket, customer, by=agent, base_url="http://x/")
            wait([asked], A_MOMENT)
            recording.locked(ticket)
        asked.result(PATIENCE)

    assert FacebookPerson.objects.get().linked_by == agent
