"""Files of a message that is still being written: kept at once, for nobody but their person."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels.models import InboundRecord
from helpdesk import limits, uploads
from portal.views import draft_files as views
from sla.models import SupportTier
from tenants import files
from tests.factories import CustomerFactory, open_ticket
from tickets import drafts
from tickets.drafts import Draft
from tickets.merging import merge
from tickets.models import Attachment, Channel, DraftFile, Ticket
from tickets.recording import File

NEW = "/tickets/neu/"


def form(**values):
    return {
        "subject": "Bestellungen fehlen",
        "text": "Seit heute früh.",
        "form_id": str(uuid.uuid4()),
        **values,
    }


def put(client, ticket=None, *, name="bild.png", content=b"\x89PNG", kind="image/png", **values):
    """Upload a file as the page's script does."""
    address = reverse("portal:new_ticket_file")
    if ticket is not None:
        address = reverse("portal:reply_file", args=[ticket.number])
    values.setdefault("size", len(content))
    return client.post(address, {**values, "files": SimpleUploadedFile(name, content, kind)})


def kept(person, name="bild.png", content=b"\x89PNG", kind="image/png", ticket=None):
    return drafts.keep(Draft(person, ticket), File(name, kind, content))


def bytes_on_disk():
    if not default_storage.exists(drafts.FOLDER):
        return []
    return default_storage.listdir(drafts.FOLDER)[1]


def test_a_chosen_file_stays_with_the_draft_and_is_sent_with_it(
    portal, anna, django_capture_on_commit_callbacks
):
    answer = put(portal)
    assert answer.status_code == 201
    one = DraftFile.objects.get()
    assert f'value="{one.pk}"' in answer.content.decode()
    # On another day, with another device: the form comes with the file.
    page = portal.get(NEW).content.decode()
    assert "bild.png" in page

    with django_capture_on_commit_callbacks(execute=True):
        portal.post(NEW, form(kept=[one.pk], shown=[one.pk]))

    attachment = Attachment.objects.get()
    assert (attachment.filename, attachment.content_type) == ("bild.png", "image/png")
    with attachment.file.open("rb") as content:
        assert content.read() == b"\x89PNG"
    assert attachment.message.ticket == Ticket.objects.get()
    assert not DraftFile.objects.exists()
    assert bytes_on_disk() == []


def test_an_answer_has_files_of_its_own(portal, anna):
    ticket, other = open_ticket(anna), open_ticket(anna)
    put(portal, ticket)
    one = DraftFile.objects.get()

    assert "bild.png" not in portal.get(NEW).content.decode()
    assert (
        "bild.png" not in portal.get(reverse("portal:ticket", args=[other.number])).content.decode()
    )
    address = reverse("portal:ticket", args=[ticket.number])
    assert "bild.png" in portal.get(address).content.decode()
    portal.post(reverse("portal:reply", args=[ticket.number]), form(kept=[one.pk], shown=[one.pk]))

    message = ticket.messages.order_by("pk").last()
    assert [file.filename for file in message.attachments.all()] == ["bild.png"]
    assert not DraftFile.objects.exists()


def test_files_of_the_form_itself_go_along_with_those_of_the_draft(portal, anna):
    one = kept(anna)

    portal.post(NEW, form(kept=[one.pk], files=SimpleUploadedFile("zwei.txt", b"2")))

    names = Attachment.objects.order_by("pk").values_list("filename", flat=True)
    assert list(names) == ["bild.png", "zwei.txt"]


def test_what_is_left_out_is_not_sent_and_what_was_not_seen_stays(portal, anna):
    left_out, unseen = kept(anna, "alt.txt"), kept(anna, "vom-telefon.png")

    portal.post(NEW, form(shown=[left_out.pk]))

    assert not Attachment.objects.exists()
    assert list(DraftFile.objects.all()) == [unseen]


def test_after_a_wrong_form_every_file_is_still_there(portal, anna):
    one = kept(anna)

    answer = portal.post(
        NEW, form(text="", kept=[one.pk], files=SimpleUploadedFile("zwei.txt", b"2"))
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    # Chosen without a script, too: no browser keeps that by itself.
    assert [file.filename for file in DraftFile.objects.order_by("pk")] == ["bild.png", "zwei.txt"]
    assert page.count("checked") >= 2
    assert "zwei.txt" in page


def test_after_a_wrong_form_what_was_left_out_stays_left_out(portal, anna):
    one = kept(anna)

    answer = portal.post(NEW, form(text="", shown=[one.pk]))

    assert answer.context["form"].rows() == [(one, False)]


def test_the_same_form_sent_again_leads_to_its_message(portal, anna):
    one = kept(anna)
    sent = form(kept=[one.pk], shown=[one.pk])

    first, second = portal.post(NEW, sent), portal.post(NEW, sent)

    assert second.url == first.url
    assert Ticket.objects.count() == 1


def test_other_words_with_files_that_are_gone_are_kept_and_asked_about(portal, anna):
    one = kept(anna)
    sent = form(kept=[one.pk], shown=[one.pk])
    portal.post(NEW, sent)

    answer = portal.post(NEW, {**sent, "text": "Ganz anders."})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Ganz anders." in page
    assert "A file is no longer here" in page
    assert Ticket.objects.count() == 1


def test_nobody_elses_file_can_be_sent(portal, anna):
    theirs = kept(CustomerFactory(organisation=anna.organisation))

    answer = portal.post(NEW, form(kept=[theirs.pk], shown=[theirs.pk]))

    assert answer.status_code == 422
    assert not Attachment.objects.exists()
    portal.post(NEW, form(shown=[theirs.pk]))
    assert DraftFile.objects.filter(pk=theirs.pk).exists()


def test_a_file_of_one_ticket_is_not_sent_on_another(portal, anna):
    one = kept(anna, ticket=open_ticket(anna))

    assert portal.post(NEW, form(kept=[one.pk])).status_code == 422


@pytest.mark.parametrize("name", ["draft_file", "draft_file_removal"])
def test_a_file_is_there_for_its_person_alone(portal, anna, agent, other_tenant, name):
    one = kept(anna)
    address = reverse(f"portal:{name}", args=[one.pk])
    look = "get" if name == "draft_file" else "post"

    def status(person, host="alpha.localhost"):
        client = Client(headers={"host": host})
        if person is not None:
            client.force_login(person)
        return getattr(client, look)(address)

    colleague = CustomerFactory(organisation=anna.organisation)
    colleague.join(anna.organisation, role="admin")
    for other in [colleague, CustomerFactory()]:
        assert status(other).status_code == 404
    assert status(agent).url == reverse("desk:queue")
    assert status(None).url.startswith(reverse("account_login"))
    with schema_context(other_tenant.schema_name):
        twin = CustomerFactory(email=anna.email)
        assert status(twin, "beta.localhost").status_code == 404
    assert DraftFile.objects.filter(pk=one.pk).exists()
    own = status(anna)
    assert own.status_code in {200, 204}
    own.close()


def test_nobody_keeps_files_on_a_ticket_they_do_not_take_part_in(portal):
    theirs = open_ticket()

    assert put(portal, theirs).status_code == 404
    assert not DraftFile.objects.exists()


@pytest.mark.parametrize(
    ("kind", "served", "is_shown"),
    [
        ("image/png", "image/png", True),
        ("image/svg+xml", "image/svg+xml", False),
        ("text/html", "application/octet-stream", False),
        ("text/javascript", "application/octet-stream", False),
    ],
)
def test_a_draft_file_is_served_as_safely_as_a_sent_one(portal, anna, kind, served, is_shown):
    one = kept(anna, kind=kind)

    response = portal.get(reverse("portal:draft_file", args=[one.pk]))
    response.close()

    assert response["Content-Type"] == served
    assert response["Content-Disposition"].startswith("inline" if is_shown else "attachment")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_removed_file_is_gone_with_its_bytes(portal, anna, django_capture_on_commit_callbacks):
    one = kept(anna)

    with django_capture_on_commit_callbacks(execute=True):
        answer = portal.post(reverse("portal:draft_file_removal", args=[one.pk]))

    assert answer.status_code == 204
    assert not DraftFile.objects.exists()
    assert bytes_on_disk() == []


def test_an_upload_that_is_cut_off_leaves_nothing(portal):
    data = {"size": 5000, "files": SimpleUploadedFile("a.bin", b"x" * 5000)}
    whole = encode_multipart(BOUNDARY, data)

    answer = portal.generic(
        "POST", reverse("portal:new_ticket_file"), whole[:3000], content_type=MULTIPART_CONTENT
    )

    assert answer.status_code in {400, 422}
    assert not DraftFile.objects.exists()
    assert bytes_on_disk() == []


@pytest.mark.parametrize("values", [{"size": 3}, {"size": ""}, {"size": "x"}])
def test_a_file_of_another_size_than_was_said_is_refused(portal, values):
    answer = put(portal, **values)

    assert answer.status_code == 422
    assert answer.content.decode() == "The file did not arrive whole. Please try again."
    assert not DraftFile.objects.exists()


def test_an_upload_whose_process_ends_before_the_row_leaves_nothing_for_long(
    portal, anna, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(DraftFile.objects, "create", killed)
        with pytest.raises(SystemExit):
            kept(anna)
    stays = kept(anna, "bleibt.png")
    assert len(bytes_on_disk()) == 2

    drafts.tidy()
    # It may still be under way.
    assert len(bytes_on_disk()) == 2
    drafts.tidy(now() + timedelta(hours=2))

    assert bytes_on_disk() == [stays.file.name.partition("/")[2]]


def killed(**_values):
    raise SystemExit


def test_a_full_disk_is_said_and_keeps_nothing(portal, monkeypatch):
    def full(name, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "keep", full)

    answer = put(portal)

    assert answer.status_code == 503
    assert answer["Content-Type"].startswith("text/plain")
    assert not DraftFile.objects.exists()


def test_the_same_file_once_more_is_the_one_that_is_there(portal):
    put(portal)
    put(portal)
    put(portal, content=b"other")

    assert DraftFile.objects.count() == 2


def test_a_file_that_is_too_big_is_refused(portal, monkeypatch):
    monkeypatch.setattr(uploads, "FILE_LIMIT", 20)

    answer = put(portal, content=b"x" * 30)

    assert answer.status_code == 422
    assert "Too big: bild.png." in answer.content.decode()


def test_a_draft_takes_no_more_than_one_message_does(portal, anna, monkeypatch):
    monkeypatch.setattr(drafts, "MESSAGE_LIMIT", 20)
    put(portal, content=b"x" * 15)

    answer = put(portal, name="zwei.png", content=b"y" * 15)

    assert answer.status_code == 422
    assert "Together these files are too big" in answer.content.decode()
    # Another draft has room of its own.
    assert put(portal, open_ticket(anna), content=b"z" * 15).status_code == 201


@pytest.mark.parametrize(("name", "value"), [("MOST_FILES", 1), ("MOST_BYTES", 7)])
def test_a_persons_drafts_have_bounds(portal, anna, monkeypatch, name, value):
    monkeypatch.setattr(drafts, name, value)
    put(portal)

    answer = put(portal, open_ticket(anna), name="zwei.png")

    assert answer.status_code == 422
    assert "Your drafts hold too many files." in answer.content.decode()
    assert DraftFile.objects.count() == 1


def test_who_uploads_very_often_is_asked_to_wait(portal, monkeypatch):
    monkeypatch.setattr(views, "MOST", 1)
    monkeypatch.setattr(limits, "place", lambda request: uuid.uuid4().hex)
    put(portal)

    answer = put(portal, name="zwei.png")

    assert answer.status_code == 429
    assert "Nothing is lost" in answer.content.decode()
    assert DraftFile.objects.count() == 1


def test_files_without_a_script_must_fit_together_with_those_of_the_draft(
    portal, anna, monkeypatch
):
    one = kept(anna, content=b"x" * 15)
    monkeypatch.setattr("portal.draft_forms.MESSAGE_LIMIT", 20)

    answer = portal.post(NEW, form(kept=[one.pk], files=SimpleUploadedFile("zwei.txt", b"2" * 15)))

    assert answer.status_code == 422
    assert not Ticket.objects.exists()


def test_more_than_a_message_takes_is_refused_unread(portal, anna, agent, monkeypatch):
    """Each of two merged tickets has files of its own draft, and all of them come together."""
    first, second = open_ticket(anna), open_ticket(anna)
    both = [kept(anna, content=b"x" * 15, ticket=first)]
    both.append(kept(anna, content=b"y" * 15, ticket=second))
    merge(first, into=second, by=agent)
    monkeypatch.setattr("portal.draft_forms.MESSAGE_LIMIT", 20)
    monkeypatch.setattr(drafts, "read", lambda _one: pytest.fail("was read"))
    address = reverse("portal:reply", args=[second.number])

    answer = portal.post(address, form(kept=[one.pk for one in both]))

    assert answer.status_code == 422
    assert answer.content.decode().count("<span>Together these files are too big: a message") == 1
    assert DraftFile.objects.count() == 2


@pytest.mark.parametrize("pk", ["9" * 40, "-1", "1e3", "٣", "x", "", "0 OR 1=1"])
def test_what_names_no_file_is_asked_about(portal, anna, pk):
    kept(anna)

    assert portal.post(NEW, form(kept=[pk], shown=[pk])).status_code == 422
    assert not Ticket.objects.exists()
    assert DraftFile.objects.exists()


@pytest.mark.parametrize(
    "name", ['"><img src=x onerror=alert(1)>', "../../a.png", "a\r\nX-Evil: 1.png", "\u202egnp.exe"]
)
def test_a_name_is_text_and_nothing_else(portal, name):
    answer = put(portal, name=name)

    one = DraftFile.objects.get()
    assert "/" not in one.filename
    assert one.filename.isprintable()
    assert "<img" not in answer.content.decode() + portal.get(NEW).content.decode()
    shown = portal.get(reverse("portal:draft_file", args=[one.pk]))
    shown.close()
    assert "X-Evil" not in shown.headers
    assert default_storage.path(one.file.name).startswith(default_storage.path(drafts.FOLDER))


def test_an_account_that_ends_while_a_file_is_on_its_way_keeps_none(portal, anna, monkeypatch):
    def ended(*_key):
        # After the page knew who is there, before the file is kept.
        type(anna).objects.filter(pk=anna.pk).update(is_active=False)
        return True

    monkeypatch.setattr(limits, "allowed", ended)

    assert put(portal).status_code == 404
    assert not DraftFile.objects.exists()
    assert bytes_on_disk() == []


def test_what_nobody_comes_back_to_is_forgotten(portal, anna, django_capture_on_commit_callbacks):
    kept(anna)
    moment = now()

    drafts.tidy(moment + timedelta(days=13))
    assert DraftFile.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        drafts.tidy(moment + timedelta(days=15))

    assert not DraftFile.objects.exists()
    assert bytes_on_disk() == []


def test_a_draft_that_is_looked_at_lives_on(portal, anna):
    kept(anna)
    DraftFile.objects.update(used_at=now() - timedelta(days=13))

    portal.get(NEW)
    drafts.tidy(now() + timedelta(days=13))

    assert DraftFile.objects.exists()


def test_the_clock_of_peoples_data_forgets_them(anna):
    from accounts import signals

    kept(anna)
    DraftFile.objects.update(used_at=now() - timedelta(days=15))

    signals.tidying.send(None)

    assert not DraftFile.objects.exists()


def test_the_files_follow_a_ticket_into_another(portal, anna, agent):
    first, second = open_ticket(anna), open_ticket(anna)
    one = kept(anna, ticket=first)

    merge(first, into=second, by=agent)

    assert list(Draft(anna, second).files()) == [one]


def test_what_cannot_be_taken_in_yet_keeps_its_files_until_it_is(portal, anna, monkeypatch):
    from channels import intake

    def broken(inbound):
        raise ValueError("geht gerade nicht")

    one = kept(anna)
    with monkeypatch.context() as patched:
        patched.setattr(intake, "take_in", broken)
        portal.post(NEW, form(kept=[one.pk], shown=[one.pk]))
    assert DraftFile.objects.exists()
    record = InboundRecord.objects.get()
    InboundRecord.objects.update(next_try_at=record.received_at)
    intake.process(record.pk)

    assert Attachment.objects.get().filename == "bild.png"
    assert not DraftFile.objects.exists()


def test_who_may_not_write_in_the_portal_keeps_no_files_for_it(portal, anna):
    SupportTier.objects.filter(name="Gold").update(allowed_channels=[Channel.EMAIL])

    assert put(portal).status_code == 404
    # A ticket that is there already goes on in the portal.
    assert put(portal, open_ticket(anna)).status_code == 201


def test_a_file_whose_bytes_are_gone_is_asked_about(portal, anna):
    one = kept(anna)
    one.file.storage.delete(one.file.name)

    answer = portal.post(NEW, form(kept=[one.pk], shown=[one.pk]))

    assert answer.status_code == 422
    assert "A file is no longer here" in answer.content.decode()
    assert portal.get(reverse("portal:draft_file", args=[one.pk])).status_code == 404
