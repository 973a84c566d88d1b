"""The cache: Redis, and PostgreSQL for as long as Redis is away."""

import time

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse

from tenants.circuit import circuit
from tenants.models import CacheEntry
from tests.factories import CustomerFactory


@pytest.fixture(params=["redis", "without redis"])
def either(request, tenant, own_redis):
    if request.param == "without redis":
        own_redis.kill()


@pytest.mark.usefixtures("either")
def test_values_come_back_and_go():
    cache.set("a", {"deep": [1]}, 60)
    assert cache.get("a") == {"deep": [1]}
    assert cache.get("b", "nothing") == "nothing"
    assert cache.has_key("a")
    assert cache.touch("a", 60)
    assert not cache.touch("b", 60)

    assert cache.delete("a")
    assert not cache.delete("a")
    assert cache.get("a") is None


@pytest.mark.usefixtures("either")
def test_add_is_a_lock():
    assert cache.add("lock", 1, 60)
    assert not cache.add("lock", 2, 60)
    assert cache.get("lock") == 1


@pytest.mark.usefixtures("either")
def test_counting():
    cache.set("n", 1, 60)

    assert cache.incr("n", 2) == 3
    with pytest.raises(ValueError, match="not found"):
        cache.incr("missing")


@pytest.mark.usefixtures("either")
def test_many_at_once():
    assert cache.set_many({"a": 1, "b": 2}, 60) == []
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}

    cache.delete_many(["a"])
    assert cache.get_many(["a", "b"]) == {"b": 2}


@pytest.mark.usefixtures("either")
def test_what_is_over_is_gone():
    cache.set("a", 1, 1)

    time.sleep(1.1)
    assert cache.get("a") is None


def test_redis_alone_is_asked_while_it_is_there(tenant, own_redis, django_assert_num_queries):
    with django_assert_num_queries(0):
        cache.set("a", 1)
        assert cache.get("a") == 1


def test_clearing_leaves_the_queue_and_the_other_tenants(tenant, other_tenant, own_redis):
    own_redis.client.rpush("default", "a task")
    cache.set("a", 1)
    caches["fallback"].set("a", 1)
    with other_tenant:
        cache.set("a", 2)
        caches["fallback"].set("a", 2)

    cache.clear()

    assert cache.get("a") is None
    assert own_redis.client.llen("default") == 1
    with other_tenant:
        assert (cache.get("a"), caches["fallback"].get("a")) == (2, 2)
    assert caches["fallback"].get("a") is None


def test_a_redis_that_comes_back_is_used_again(tenant, own_redis):
    own_redis.kill()
    cache.set("a", 1, 60)
    assert circuit.is_open
    own_redis.start()

    circuit.close()
    cache.set("b", 2, 60)

    assert not circuit.is_open
    assert own_redis.client.dbsize() == 1


def test_a_hung_redis_is_waited_for_once(tenant, own_redis):
    own_redis.hang()
    started = time.monotonic()

    for number in range(50):
        cache.set(f"a{number}", number)

    assert time.monotonic() - started < 20
    assert cache.get("a49") == 49


def test_the_fallback_holds_more_than_an_attacker_makes_in_a_while(tenant, own_redis):
    own_redis.kill()
    cache.set("limit", 5, 600)

    for number in range(400):
        cache.set(f"other{number}", 1, 600)

    assert cache.get("limit") == 5
    assert CacheEntry.objects.count() >= 401


def test_sign_in_limits_hold_when_redis_is_killed(client, own_redis):
    own_redis.kill()

    for _try in range(5):
        sign_in(client)
    response = sign_in(client)

    assert response.status_code == 200
    [error] = response.context["form"].non_field_errors().as_data()
    assert "Try again later" in str(error.messages) or "später" in str(error.messages)


def test_sign_up_limits_hold_when_redis_is_killed_on_the_way(client, own_redis):
    codes = [sign_up(client) for _try in range(3)]
    own_redis.kill()

    codes += [sign_up(client) for _try in range(21)]

    # What Redis counted is gone with it; PostgreSQL counts from there on.
    assert codes == [200] * 23 + [429]


def test_signing_in_works_when_redis_is_killed(client, own_redis):
    user = CustomerFactory(email="anna@kunden.example", password="richtig")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    own_redis.kill()

    response = sign_in(client, user.email, "richtig")

    assert response.url == reverse("portal:home")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.get(reverse("portal:tickets")).status_code == 200


def sign_in(client, email="niemand@kunden.example", password="falsch"):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def sign_up(client: Client) -> int:
    return client.post(reverse("account_signup"), {"email": "x", "password1": "x"}).status_code
