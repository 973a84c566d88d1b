from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from channels.facebook import door, graph
from channels.facebook.models import FacebookPage
from channels.facebook.sealing import seal
from tests.channels.facebook.hooks import PAGE, SECRET, VERIFY
from tests.channels.facebook.meta import Meta, meta


@pytest.fixture(autouse=True)
def app(settings) -> Iterator[None]:
    """The installation has an app at Meta, with the secret of the facts' vectors."""
    settings.FACEBOOK_APP_ID = "1234567890"
    settings.FACEBOOK_APP_SECRET = SECRET
    settings.FACEBOOK_VERIFY_TOKEN = VERIFY
    # Nothing of a test may ever reach the real one.
    settings.FACEBOOK_GRAPH_URL = "http://127.0.0.1:9"
    # A browser of the test before may have left its language.
    with translation.override("de"):
        yield
    graph.close()


@pytest.fixture
def page(tenant) -> FacebookPage:
    """A page of the tenant."""
    door.claim(PAGE, "Teehaus Alpha")
    return FacebookPage.objects.create(
        page_id=PAGE, name="Teehaus Alpha", sealed_token=seal("EAAB-token")
    )


@pytest.fixture
def facebook(tenant, settings) -> Iterator[Meta]:
    """Meta's stand-in over HTTP, with a page that is connected to the tenant."""
    with meta(settings) as found:
        yield found
