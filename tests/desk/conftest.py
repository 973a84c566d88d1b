import pytest
from django.test import Client

from tests.factories import open_ticket


@pytest.fixture
def desk(client: Client, agent) -> Client:
    """An agent's browser, in English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(agent)
    return client


@pytest.fixture
def ticket(tenant):
    return open_ticket()
