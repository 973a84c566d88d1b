"""An archive of somebody's data, and the end of their account at the same moment."""

import threading

from django.core.files.storage import default_storage

from accounts import erasing, exporting, privacy
from accounts.models import DataExport
from accounts.privacy import Section
from tests.factories import CustomerFactory
from tests.threads import PATIENCE, Side


def test_an_account_that_ends_while_its_data_is_packed_leaves_no_archive(fresh_tenant, monkeypatch):
    user = CustomerFactory()
    export = DataExport.objects.create(user=user)
    packing, erased = threading.Event(), threading.Event()

    def slowly(_user):
        packing.set()
        # Were it not waited for, the account would be gone by then.
        erased.wait(2)

    monkeypatch.setattr(privacy, "_sections", dict(privacy._sections))
    privacy.register(Section("slow", "Langsam", export=slowly))

    with Side(fresh_tenant) as side:
        done = side.run(exporting.pack, export.pk)
        assert packing.wait(PATIENCE)
        erasing.erase(user)
        erased.set()
        done.result(PATIENCE)

    assert not DataExport.objects.exists()
    assert default_storage.listdir("exports")[1] == []
