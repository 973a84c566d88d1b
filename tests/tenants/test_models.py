import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import schema_context

from tenants.models import Route, Tenant, new_schema_name, without_extension


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("support@example.org", "support@example.org"),
        ("Support+t7.abc@Example.org", "support@example.org"),
        (" support@example.org ", "support@example.org"),
        ("support+a+b@example.org", "support@example.org"),
        ("support+@example.org", "support@example.org"),
        ("sup.port@example.org", "sup.port@example.org"),
        ('"a@b"+x@example.org', '"a@b"@example.org'),
        ("support@müller.de", "support@müller.de"),
    ],
)
def test_what_stands_behind_the_plus_is_left_out(address, plain):
    assert without_extension(address) == plain


@pytest.mark.parametrize("address", ["", "support", "@example.org", "+t7@example.org", "@"])
def test_what_is_no_address_finds_no_route(tenant, address):
    assert not Route.objects.for_address(address).exists()


def test_an_address_with_an_extension_finds_its_tenant(tenant):
    assert Route.objects.for_address("SUPPORT+t7@alpha.localhost").get().tenant == tenant


def test_an_address_belongs_to_one_tenant(tenant, other_tenant):
    with pytest.raises(IntegrityError, match="route_address_unique"), transaction.atomic():
        Route.objects.create(address="Support@ALPHA.localhost", tenant=other_tenant)


def test_a_tenant_has_one_primary_address(tenant):
    with pytest.raises(IntegrityError, match="route_one_primary"), transaction.atomic():
        Route.objects.create(address="hilfe@alpha.localhost", tenant=tenant, is_primary=True)


def test_mail_leaves_from_the_primary_address(tenant):
    Route.objects.create(address="a-hilfe@alpha.localhost", tenant=tenant)

    assert tenant.mailbox == "support@alpha.localhost"


@pytest.mark.parametrize(
    ("https", "port", "url"),
    [
        (False, 8000, "http://alpha.localhost:8000/desk/"),
        (False, 80, "http://alpha.localhost/desk/"),
        (True, 8000, "https://alpha.localhost/desk/"),
    ],
)
def test_the_address_of_a_page_without_a_request(tenant, settings, https, port, url):
    settings.HTTPS, settings.PORT = https, port

    assert tenant.url("/desk/") == url


def test_the_current_tenant_is_found_by_its_schema(tenant, other_tenant):
    assert Tenant.current() == tenant
    with schema_context(other_tenant.schema_name):
        assert Tenant.current() == other_tenant
    connection.set_schema_to_public()
    with pytest.raises(Tenant.DoesNotExist):
        Tenant.current()


def test_schema_names_are_random_and_tell_nothing():
    names = {new_schema_name() for _ in range(100)}

    assert len(names) == 100
    for name in names:
        Tenant(schema_name=name, slug="x", name="X").clean_fields()


@pytest.mark.parametrize("name", ["alpha", "t_", "pg_catalog", "t_Alpha000", 't_a"b00000'])
def test_a_schema_is_never_named_by_a_person(name):
    with pytest.raises(ValidationError) as refused:
        Tenant(schema_name=name, slug="x", name="X").clean_fields()

    assert set(refused.value.error_dict) == {"schema_name"}
