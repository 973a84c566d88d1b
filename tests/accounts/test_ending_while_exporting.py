"""An account ends while an archive of its data is being stored."""

from io import BytesIO

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.timezone import now

from accounts import exporting
from accounts.models import DataExport
from tenants.acts import act
from tests.factories import CustomerFactory
from tests.threads import PATIENCE, Side, wait_for_a_lock


def test_an_account_that_ends_while_a_newer_archive_is_stored_leaves_none(fresh_tenant):
    """Both remove the older archive: neither waits for the other in a circle."""
    user = CustomerFactory()
    DataExport.objects.create(user=user, ready_at=now())
    claim = exporting._begin(DataExport.objects.create(user=user).pk)
    with Side(connection.tenant) as side:
        with transaction.atomic():
            # So far who stores the newer one has come.
            DataExport.objects.select_for_update().get(pk=claim.pk)
            done = side.run(act()(exporting.forget), user)
            wait_for_a_lock()
            exporting._keep(claim, BytesIO(b"packed"))
        done.result(PATIENCE)

    assert not DataExport.objects.exists()
    assert not default_storage.exists(claim.path)
