"""An organisation whose administrator books, and mails as rows of the outbox."""

from __future__ import annotations

import pytest

from tests.billing.arranging import admin_of


@pytest.fixture(autouse=True)
def _outbox(settings):
    settings.EMAIL_BACKEND = "channels.email.backend.OutboxBackend"


@pytest.fixture
def anna(tenant):
    return admin_of()
