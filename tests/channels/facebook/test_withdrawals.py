"""What somebody asks for at Facebook itself is done in every tenant, and can be looked up."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels import groups, intake, raw
from channels.facebook import direct, door, parking, withdrawals
from channels.facebook.sealing import seal
from channels.models import FacebookObject, FacebookPage, FacebookPerson, InboundRecord
from graph_standin.signing import signed_request
from tenants.models import Withdrawal
from tests.channels.facebook.hooks import PSID, SECRET, batch, here, said, taken
from tests.factories import CustomerFactory
from tickets import writing
from tickets.models import Attachment, Message, Ticket
from tickets.recording import File

DELETION, LEAVING = "/hooks/facebook/loeschung/", "/hooks/facebook/abgemeldet/"
NAME = "Eva Muster"


def ask(url, user, *, secret=SECRET, host="irgendein.example", **more):
    """What Meta posts; no tenant's host is asked for."""
    content = {
        "user_id": user,
        "algorithm": "HMAC-SHA256",
        "issued_at": int(now().timestamp()),
        **more,
    }
    with here():
        form = {"signed_request": signed_request(secret, content)}
        return Client().post(url, form, headers={"host": host})


def status_page(code):
    with here():
        return Client().get(f"{DELETION}{code}/", headers={"host": "irgendein.example"})


def work():
    with schema_context("public"):
        withdrawals.work()


@pytest.fixture
def ticket(page, agent) -> Ticket:
    """Eva has asked and got an answer with a file; others wrote in the same batch."""
    taken(batch(said(f"Ich bin {NAME} aus Kiel", "m_1"), said("Ich auch", "m_2", psid="888")))
    person = FacebookPerson.objects.get(psid=PSID)
    person.user.name = person.name = NAME
    person.user.save()
    person.save()
    ticket = Ticket.objects.get(requester=person.user)
    writing.reply(
        ticket,
        author=agent,
        text=f"Guten Tag {NAME}",
        files=(File("Kiel.txt", "text/plain", b"Kiel"),),
    )
    return ticket


def everything():
    """All that is stored about tickets and people, as one text."""
    found = [Ticket, Message, FacebookObject, FacebookPerson, InboundRecord, Attachment]
    rows = [list(model.objects.values()) for model in found]
    rows += [list(ticket.events.values()) for ticket in Ticket.objects.all()]
    rows.append(list(Ticket.objects.values("requester__name", "requester__email")))
    rows.append(list(Ticket.objects.values("organisation__name")))
    return json.dumps(rows, default=str)


def test_meta_is_told_where_the_person_sees_how_it_goes(tenant, settings):
    answer = ask(DELETION, "218471")

    code = answer.json()["confirmation_code"]
    assert answer.json() == {
        "url": f"{settings.PUBLIC_URL}{DELETION}{code}/",
        "confirmation_code": code,
    }
    assert "werden gelöscht" in status_page(code).content.decode()
    assert status_page(code.lower()).status_code == 200
    assert status_page("GIBTESNICHT").status_code == 404


def test_the_same_wish_twice_is_one(tenant):
    codes = {ask(DELETION, "218471").json()["confirmation_code"] for _ in range(2)}

    assert len(codes) == 1


def test_a_wish_that_is_done_is_not_done_again_when_it_is_replayed(tenant):
    asked_at = int(now().timestamp()) - 60
    first = ask(DELETION, "218471", issued_at=asked_at).json()["confirmation_code"]
    work()

    again = ask(DELETION, "218471", issued_at=asked_at).json()["confirmation_code"]
    later = ask(DELETION, "218471").json()["confirmation_code"]
    other = ask(DELETION, "218472", issued_at=asked_at).json()["confirmation_code"]

    assert again == first
    assert len({first, later, other}) == 3
    assert Withdrawal.objects.all().waiting().count() == 2


@pytest.mark.parametrize("url", [DELETION, LEAVING])
def test_what_meta_has_not_signed_is_refused(tenant, url):
    assert ask(url, "218471", secret="falsch").status_code == 403
    assert ask(url, "218471", issued_at=1).status_code == 403
    with here():
        assert Client().post(url).status_code == 403
        assert Client().get(url).status_code == 405
    assert Withdrawal.objects.count() == 0


def test_without_an_app_nobody_can_ask(tenant, settings):
    settings.FACEBOOK_APP_SECRET = ""

    assert ask(DELETION, "218471").status_code == 404


def test_a_person_is_forgotten_and_the_promise_stays(ticket):
    promises = list(ticket.promises.values("due_at", "started_at", "answered_at"))
    number, raws = ticket.number, [raw.path_of(one.sha256) for one in InboundRecord.objects.all()]
    assert "Kiel" in everything()
    code = ask(DELETION, PSID).json()["confirmation_code"]

    work()

    left = everything()
    assert [
        word for word in ("Kiel", "Eva", "Muster", f'"{PSID}"', f"{PSID}.") if word in left
    ] == []
    ticket = Ticket.objects.get(number=number)
    assert list(ticket.promises.values("due_at", "started_at", "answered_at")) == promises
    assert ticket.subject == "Auf Wunsch der Person gelöscht."
    assert str(ticket.requester) == str(ticket.organisation) == "Gelöschte Person"
    assert [path for path in raws if path.exists()] == []
    assert "sind gelöscht" in status_page(code).content.decode()


def test_nobody_else_is_touched(ticket):
    ask(DELETION, PSID)

    work()

    other = FacebookPerson.objects.get(psid="888")
    assert Ticket.objects.get(requester=other.user).subject == "Ich auch"


def test_who_is_forgotten_cannot_be_found_any_more(ticket):
    assert Ticket.objects.matching("Kiel").exists()
    ask(DELETION, PSID)

    work()

    assert not Ticket.objects.matching("Kiel").exists()
    assert not Ticket.objects.matching("Muster").exists()


def test_a_customer_we_know_keeps_what_they_wrote_elsewhere(ticket):
    known = CustomerFactory(name="Eva Muster-Kundin")
    FacebookPerson.objects.filter(psid=PSID).update(user=known)
    ask(DELETION, PSID)

    work()

    known.refresh_from_db()
    assert known.name == "Eva Muster-Kundin"
    assert not FacebookPerson.objects.filter(user=known).exists()
    assert "Kiel" not in " ".join(Message.objects.values_list("text", flat=True))


def test_who_writes_again_is_a_stranger(ticket):
    ask(DELETION, PSID)
    work()

    taken(batch(said("Noch eine Frage", "m_9", 1_790_000_900_000)))

    assert Ticket.objects.filter(subject="Noch eine Frage").exists()
    assert FacebookPerson.objects.get(psid=PSID).user.name == "Facebook-Nutzer …777"


def test_a_message_that_meta_repeats_afterwards_is_not_taken_in_again(ticket):
    ask(DELETION, PSID)
    work()
    before = Message.objects.count()

    taken(batch(said(f"Ich bin {NAME} aus Kiel", "m_1"), said("Neu", "m_3", psid="888")))

    assert not Message.objects.filter(text__contains="Kiel").exists()
    assert Message.objects.filter(text="Neu").exists()
    assert Message.objects.count() == before + 1


def test_what_waits_for_its_page_is_forgotten_without_what_others_wrote(page):
    """Nothing of it was taken in: nothing but the bytes says who wrote."""
    both = batch(said("Ich bin Eva", "m_1"), said("Ich auch", "m_2", psid="888"))
    [record] = taken(both, process=False)
    FacebookPage.objects.update(state=FacebookPage.State.DISCONNECTED)
    intake.process(record.pk, is_due=False)
    ask(DELETION, PSID)

    work()

    assert not raw.path_of(record.sha256).exists()
    assert Withdrawal.objects.get().has_found
    FacebookPage.objects.update(state=FacebookPage.State.ACTIVE)
    parking.resume(page.page_id)
    groups.take_waiting(seconds=10)
    assert [one.text for one in Message.objects.filter(kind="inbound")] == ["Ich auch"]


def test_what_is_in_quarantine_is_forgotten_too(page, monkeypatch):
    def broken(*_values):
        raise ValueError("geht gerade nicht")

    with monkeypatch.context() as patched:
        patched.setattr(direct, "message", broken)
        [record] = taken(batch(said("Ich bin Eva", "m_1")), process=False)
        for _try in range(intake.MOST_ATTEMPTS):
            intake.process(record.pk, is_due=False)
    record.refresh_from_db()
    assert record.status == "quarantined"
    ask(DELETION, PSID)

    work()

    assert not raw.path_of(record.sha256).exists()
    assert not InboundRecord.objects.all().quarantined().exists()


def test_every_tenant_is_looked_through_and_the_id_is_forgotten(ticket, other_tenant):
    with schema_context(other_tenant.schema_name):
        page = FacebookPage.objects.create(page_id="5", name="Beta", sealed_token=seal("EAAB"))
        door.claim("5", "Beta")
        user = CustomerFactory(name="Eva Beta")
        FacebookPerson.objects.create(page=page, psid=PSID, user=user)
    ask(DELETION, PSID)

    work()

    with schema_context(other_tenant.schema_name):
        assert not FacebookPerson.objects.exists()
    assert not FacebookPerson.objects.filter(psid=PSID).exists()
    done = Withdrawal.objects.get()
    assert (done.subject, done.has_found, done.has_failed) == ("", True, False)


def test_one_tenants_trouble_is_tried_again_and_stops_no_other(ticket, monkeypatch):
    own, real = connection.schema_name, withdrawals.WORK[Withdrawal.Kind.DELETION]
    troubled = []

    def work_or_fail(user_id, asked_at):
        if connection.schema_name != own and not troubled:
            troubled.append(connection.schema_name)
            raise RuntimeError("no space left")
        return real(user_id, asked_at)

    monkeypatch.setitem(withdrawals.WORK, Withdrawal.Kind.DELETION, work_or_fail)
    ask(DELETION, PSID)

    work()
    assert Withdrawal.objects.get().done_at is None
    assert not FacebookPerson.objects.filter(psid=PSID).exists()

    work()
    assert Withdrawal.objects.get().done_at is not None


def test_an_operator_forgets_whoever_opened_a_ticket(ticket):
    call_command("forget_facebook_person", tenant="alpha", ticket=ticket.number)

    assert not FacebookPerson.objects.filter(psid=PSID).exists()
    assert "Kiel" not in everything()
    with pytest.raises(CommandError):
        call_command("forget_facebook_person", tenant="alpha", ticket=ticket.number)


def test_an_unknown_person_is_told_that_nothing_was_found(tenant):
    code = ask(DELETION, "218471").json()["confirmation_code"]

    work()

    assert "nichts gefunden" in status_page(code).content.decode()


def test_who_connected_a_page_takes_the_token_along(facebook):
    page, account = facebook.page, facebook.page.granted_by
    assert account in facebook.standin.world.accounts
    ask(DELETION, account)

    work()

    page.refresh_from_db()
    assert (page.state, page.sealed_token, page.granted_by) == ("failing", "", "")
    assert (page.error_code, page.error_subcode) == (190, 458)


def test_who_removes_the_app_at_facebook_leaves_a_page_that_says_so(facebook):
    page, account = facebook.page, facebook.page.granted_by
    facebook.standin.staff.remove_app(account)
    answer = ask(LEAVING, account)
    assert answer.status_code == 200

    work()

    page.refresh_from_db()
    assert (page.state, page.error_code, page.error_subcode) == ("failing", 190, 458)


def test_a_replayed_farewell_does_nothing_to_a_page_that_works(facebook):
    ask(LEAVING, facebook.page.granted_by)

    work()

    facebook.page.refresh_from_db()
    assert facebook.page.is_active
