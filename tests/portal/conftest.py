import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tests.factories import CustomerFactory, organisation


@pytest.fixture
def anna(tenant):
    """A confirmed customer whose organisation has booked Gold."""
    user = CustomerFactory(
        name="Anna Berg", email="anna@teehaus.example", organisation=organisation(booked="Gold")
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def portal(client: Client, anna) -> Client:
    """Her browser, in English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(anna)
    return client
