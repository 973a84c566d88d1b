"""What people are written about: on by default, ended by one click, per tenant."""

import pytest
from django_tenants.utils import schema_context

from accounts import notifications
from accounts.notification_models import NotificationChoice
from accounts.notifications import Channel, Event
from tests.factories import CustomerFactory


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_everybody_is_written_to_until_they_decline(tenant):
    anna, ben = CustomerFactory(), CustomerFactory()
    notifications.choose(anna, Event.TOPIC_FOLLOWED, Channel.MAIL, is_wanted=False)
    assert not notifications.wants(anna, Event.TOPIC_FOLLOWED, Channel.MAIL)
    assert notifications.wants(anna, Event.TICKET_ANSWERED, Channel.MAIL)
    assert notifications.wanting([anna, ben], Event.TOPIC_FOLLOWED, Channel.MAIL) == [ben]


def test_each_channel_is_chosen_for_itself(customer):
    notifications.choose(customer, Event.TICKET_ANSWERED, Channel.PORTAL, is_wanted=False)
    assert notifications.wants(customer, Event.TICKET_ANSWERED, Channel.MAIL)
    assert not notifications.wants(customer, Event.TICKET_ANSWERED, Channel.PORTAL)


def test_only_what_deviates_from_the_default_is_stored(customer):
    notifications.choose(customer, Event.TICKET_SHARED, Channel.MAIL, is_wanted=False)
    [row] = NotificationChoice.objects.values()
    assert {name: value for name, value in row.items() if name != "id"} == {
        "user_id": customer.pk,
        "event": "ticket_shared",
        "channel": "mail",
    }
    notifications.choose(customer, Event.TICKET_SHARED, Channel.MAIL, is_wanted=True)
    assert not NotificationChoice.objects.exists()


def test_an_agent_chooses_only_what_can_concern_them(agent):
    assert set(notifications.wanted(agent)) == {
        (Event.TOPIC_ANSWERED, Channel.MAIL),
        (Event.TOPIC_FOLLOWED, Channel.MAIL),
    }


def test_looking_at_the_link_changes_nothing_and_posting_ends_the_mails(client, customer):
    url = path_of(notifications.unsubscribe_url(customer, Event.TOPIC_FOLLOWED))
    assert client.get(url).status_code == 200
    assert notifications.wants(customer, Event.TOPIC_FOLLOWED, Channel.MAIL)
    assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not notifications.wants(customer, Event.TOPIC_FOLLOWED, Channel.MAIL)
    client.post(url, {"by_mail": "on"})
    assert notifications.wants(customer, Event.TOPIC_FOLLOWED, Channel.MAIL)


def test_a_mail_provider_needs_no_csrf_token(customer, client):
    client.handler.enforce_csrf_checks = True
    url = path_of(notifications.unsubscribe_url(customer, Event.TICKET_SHARED))
    assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not notifications.wants(customer, Event.TICKET_SHARED, Channel.MAIL)


def test_a_damaged_link_and_that_of_another_tenant_do_nothing(client, customer, other_tenant):
    with schema_context(other_tenant.schema_name):
        foreign = notifications._signer().sign_object([customer.pk, Event.TOPIC_FOLLOWED.value])
    assert client.post(f"/abbestellen/{foreign}/").status_code == 404
    assert client.get("/abbestellen/nonsense/").status_code == 404
    assert notifications.wants(customer, Event.TOPIC_FOLLOWED, Channel.MAIL)


@pytest.mark.parametrize("forged", ["", "W10:abc"])
def test_a_forged_token_is_refused(tenant, forged):
    with pytest.raises(notifications.UnsubscribeInvalidError):
        notifications.unsubscribing(forged)
