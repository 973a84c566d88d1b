"""Files of drafts, when several things happen to them at once."""

from functools import partial

from accounts import erasing
from accounts.models import User
from channels.portal_form import inbound
from tests.factories import CustomerFactory
from tests.threads import side_by_side
from tickets import drafts
from tickets.drafts import Draft
from tickets.models import Attachment, DraftFile
from tickets.recording import File


def keep(person, name):
    try:
        return drafts.keep(Draft(person), File(name, "text/plain", name.encode()))
    except (drafts.TooMuchForAPersonError, User.DoesNotExist) as error:
        return type(error)


def test_uploads_at_once_stay_within_a_persons_bounds(fresh_tenant, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_FILES", 2)
    person = CustomerFactory()

    said = side_by_side(fresh_tenant, [partial(keep, person, f"{n}.txt") for n in range(4)])

    assert said.count(drafts.TooMuchForAPersonError) == 2
    assert DraftFile.objects.count() == 2


def test_the_same_upload_at_once_is_one_file(fresh_tenant):
    person = CustomerFactory()

    said = side_by_side(fresh_tenant, [partial(keep, person, "eins.txt")] * 3)

    assert len(set(said)) == 1
    assert DraftFile.objects.count() == 1


def test_an_upload_beside_the_end_of_the_account_leaves_nothing(fresh_tenant):
    person = CustomerFactory()

    side_by_side(fresh_tenant, [partial(keep, person, "eins.txt"), partial(erasing.erase, person)])

    assert not DraftFile.objects.exists()


def test_the_same_form_at_once_takes_its_file_along_once(fresh_tenant):
    person = CustomerFactory()
    kept = keep(person, "eins.txt")
    file = drafts.read(kept)
    values = {"subject": "Fracht", "text": "Wo?", "files": [file], "form_id": "1"}
    send = partial(inbound.submit_ticket, person, **values, draft_files=[kept.pk])

    send_both = side_by_side(fresh_tenant, [partial(_sent, send)] * 2)

    assert any(send_both)
    assert Attachment.objects.count() == 1
    assert not DraftFile.objects.exists()
    assert not kept.file.storage.exists(kept.file.name)


def _sent(send):
    try:
        return send()
    except inbound.NotTakenInError:
        # The other one has it in hand at this moment; the sweep would find it.
        return None
