"""Nothing crosses a tenant (law 4): two of them, with equal ids everywhere.

Each guard has a test that holds, and one that takes the guard out and sees the leak, so that a
test which can no longer fail is noticed. Live stream and signed addresses are tested with theirs.
"""

import pytest
from allauth.account.models import EmailAddress, get_emailconfirmation_model
from celery import shared_task
from celery.exceptions import Reject
from django.core.cache import caches
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django_tenants.utils import tenant_context
from tenant_schemas_celery.task import TenantTask as UnguardedTask

from accounts.models import User
from accounts.tokens import PasswordTokenGenerator
from tenants.middleware import TenantMiddleware
from tenants.models import Tenant
from tenants.queue import TenantTask, WrongSchemaError
from tests.factories import AgentFactory, CustomerFactory, open_ticket
from tickets.models import Attachment, Ticket
from tickets.recording import File

FIRST_ID = 700_001


@pytest.fixture
def twins(tenant, other_tenant):
    """One customer, agent, ticket and attachment in each tenant: equal ids, addresses, numbers."""
    made = {}
    for each in (tenant, other_tenant):
        with tenant_context(each):
            start_ids_anew(each)
            customer = CustomerFactory(email="anna@kunden.example", name="Anna Berg")
            AgentFactory(email="jana@firma.example", name="Jana Lind")
            file = File("rechnung.txt", "text/plain", f"Rechnung von {each.slug}".encode())
            ticket = open_ticket(
                customer,
                subject=f"Rechnung bei {each.slug}",
                text=f"Meine geheime Rechnung bei {each.slug}",
                files=(file,),
            )
            made[each.slug] = (customer.pk, ticket.pk, ticket.number, Attachment.objects.get().pk)
    assert made["alpha"] == made["beta"]
    return made["alpha"]


def start_ids_anew(tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = %s AND column_name = 'id' AND is_identity = 'YES'",
            [tenant.schema_name],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {FIRST_ID}")
        cursor.execute(f"ALTER SEQUENCE ticket_number RESTART WITH {FIRST_ID}")


def browser(slug, email=None):
    client = Client(headers={"host": f"{slug}.localhost"})
    if email:
        with tenant_context(Tenant.objects.get(slug=slug)):
            client.force_login(User.objects.get(email=email))
    return client


# Page.


@pytest.mark.parametrize("slug", ["alpha", "beta"])
def test_page(twins, slug):
    _customer, _ticket, number, _attachment = twins
    other = {"alpha": "beta", "beta": "alpha"}[slug]

    for email, name in [("anna@kunden.example", "portal"), ("jana@firma.example", "desk")]:
        client = browser(slug, email)
        page = client.get(reverse(f"{name}:ticket", args=[number])).content.decode()
        assert f"Rechnung bei {slug}" in page
        assert f"bei {other}" not in page


def test_page_of_another_tenant_is_not_opened_by_a_session(twins):
    _customer, _ticket, number, _attachment = twins
    client = browser("alpha", "anna@kunden.example")
    thief = browser("beta")
    thief.cookies["sessionid"] = client.cookies["sessionid"].value

    response = thief.get(reverse("portal:ticket", args=[number]))

    assert response.status_code == 302
    assert "Rechnung" not in response.content.decode()


def test_page_leaks_without_its_guard(twins, other_tenant, monkeypatch):
    """The connection stays where the request before left it."""
    _customer, _ticket, number, _attachment = twins
    client = browser("alpha", "anna@kunden.example")

    def no_switch(self, request):
        request.tenant = other_tenant
        connection.set_tenant(other_tenant)

    monkeypatch.setattr(TenantMiddleware, "process_request", no_switch)
    with tenant_context(other_tenant):
        session_of = browser("beta", "anna@kunden.example")
    client.cookies = session_of.cookies

    page = client.get(reverse("portal:ticket", args=[number])).content.decode()

    assert "bei beta" in page


# File.


@pytest.mark.parametrize("slug", ["alpha", "beta"])
def test_file(twins, slug):
    _customer, _ticket, _number, attachment = twins

    response = browser(slug, "anna@kunden.example").get(
        reverse("portal:attachment", args=[attachment])
    )

    assert b"".join(response) == f"Rechnung von {slug}".encode()


def files_meet(tenant, other_tenant):
    """Whether a file stored by one tenant is there for the other under the same name."""
    default_storage.delete("same.txt")
    default_storage.save("same.txt", ContentFile(b"alpha"))
    with tenant_context(other_tenant):
        return default_storage.exists("same.txt")


def test_files_of_one_name_are_two(tenant, other_tenant):
    assert not files_meet(tenant, other_tenant)


def test_files_of_one_name_meet_without_their_guard(tenant, other_tenant, monkeypatch):
    monkeypatch.setattr(default_storage, "_wrapped", FileSystemStorage())

    assert files_meet(tenant, other_tenant)


def test_no_path_leads_into_another_tenants_folder(tenant, other_tenant):
    with tenant_context(other_tenant):
        default_storage.save("secret.txt", ContentFile(b"beta"))

    with pytest.raises(SuspiciousFileOperation):
        storages["default"].open(f"../{other_tenant.schema_name}/secret.txt")


# Cache.


def cache_leaks(name, tenant, other_tenant):
    caches[name].set("same", "alpha")
    with tenant_context(other_tenant):
        return caches[name].get("same") == "alpha"


@pytest.mark.parametrize("name", ["default", "fallback"])
def test_cache(tenant, other_tenant, name):
    assert not cache_leaks(name, tenant, other_tenant)


@pytest.mark.parametrize("name", ["default", "fallback"])
def test_cache_leaks_without_its_guard(tenant, other_tenant, monkeypatch, name):
    monkeypatch.setattr(caches[name], "key_func", lambda key, prefix, version: f"leak:{key}")

    assert cache_leaks(name, tenant, other_tenant)
    caches[name].delete("same")


# Task.

seen: list[tuple[str, int]] = []


def look():
    seen.append((connection.schema_name, User.objects.get_queryset().count()))


guarded = shared_task(look, name="tests.guarded", base=TenantTask)
unguarded = shared_task(look, name="tests.unguarded", base=UnguardedTask)


@pytest.fixture(autouse=True)
def _nothing_seen():
    seen.clear()


def sent_for(schema):
    return {"headers": {"_schema_name": schema}}


def test_task(tenant, other_tenant):
    connection.set_schema_to_public()

    for each in (other_tenant, tenant):
        guarded.apply(**sent_for(each.schema_name))

    assert [schema for schema, _people in seen] == [other_tenant.schema_name, tenant.schema_name]
    assert connection.schema_name == "public"


@pytest.mark.parametrize("schema", ["public", "", None])
def test_task_without_a_tenant_is_refused(tenant, schema):
    connection.set_schema_to_public()

    result = guarded.apply(**sent_for(schema))

    assert (result.state, seen) == ("REJECTED", [])
    assert isinstance(result.result, Reject)


def cannot_switch(schema_name):
    raise ConnectionError("The database is away.")


def test_task_that_could_not_switch_is_refused(tenant, other_tenant, monkeypatch):
    connection.set_tenant(other_tenant)
    monkeypatch.setattr(guarded, "get_tenant_for_schema", cannot_switch)

    result = guarded.apply(**sent_for(tenant.schema_name))

    assert seen == []
    assert isinstance(result.result, WrongSchemaError)


@pytest.mark.parametrize("status", [Tenant.Status.SUSPENDED, None], ids=["suspended", "gone"])
def test_task_for_a_tenant_that_is_gone_is_dropped(tenant, other_tenant, status, caplog):
    wanted = other_tenant.schema_name
    connection.set_schema_to_public()
    if status:
        Tenant.objects.filter(pk=other_tenant.pk).update(status=status)
    else:
        Tenant.objects.filter(pk=other_tenant.pk).delete()

    result = guarded.apply(**sent_for(wanted))

    assert (result.state, result.result, seen) == ("SUCCESS", None, [])
    assert f"tests.guarded dropped: tenant {wanted} is gone or suspended" in caplog.text


def test_task_leaks_without_its_guard(tenant, other_tenant, monkeypatch):
    """What tenant-schemas-celery does alone: it logs, and runs in the schema that is there."""
    connection.set_schema_to_public()
    monkeypatch.setattr(unguarded, "get_tenant_for_schema", cannot_switch)
    connection.set_tenant(other_tenant)
    wanted = Tenant(schema_name=other_tenant.schema_name)

    unguarded.apply(**sent_for(wanted.schema_name))
    assert seen[0][0] == other_tenant.schema_name
    seen.clear()
    unguarded.apply(**sent_for("t_gone00000000"))

    assert [schema for schema, _people in seen] != ["t_gone00000000"]


def test_every_task_of_a_tenant_is_guarded():
    from helpdesk.celery import app

    app.loader.import_default_modules()
    sweeps = {f"{name}.sweep" for name in ("accounts", "sla", "channels", "billing")}
    sweeps.add("channels.facebook_withdrawals")
    ours = {
        name: task
        for name, task in app.tasks.items()
        if not name.startswith(("celery.", "tests.")) and name not in sweeps
    }

    assert ours
    assert [name for name, task in ours.items() if not isinstance(task, TenantTask)] == []


# Search.


@pytest.mark.parametrize("slug", ["alpha", "beta"])
def test_search(twins, slug):
    _customer, ticket, number, _attachment = twins
    other = {"alpha": "beta", "beta": "alpha"}[slug]
    client = browser(slug, "jana@firma.example")

    found = client.get(reverse("desk:search"), {"q": "geheime Rechnung"}).content.decode()
    by_number = client.get(reverse("desk:search"), {"q": str(number)}).content.decode()

    assert f"Rechnung bei {slug}" in found
    assert f"bei {other}" not in found + by_number
    with tenant_context(Tenant.objects.get(slug=slug)):
        [hit] = Ticket.objects.all().matching("geheime")
        assert (hit.pk, hit.subject) == (ticket, f"Rechnung bei {slug}")
        assert not Ticket.objects.all().matching(other).exists()


def test_search_leaks_without_its_guard(twins, tenant, other_tenant):
    """The guard is the schema alone: set to the other's, the same search finds the other's."""
    with tenant_context(other_tenant):
        [hit] = Ticket.objects.all().matching("geheime")

    assert hit.subject == "Rechnung bei beta"


# Links.


def test_a_confirmation_link_works_in_its_own_tenant_only(twins):
    """With django-allauth's signed ids, the same id of every tenant would be confirmed."""
    for slug in ("alpha", "beta"):
        with tenant_context(Tenant.objects.get(slug=slug)):
            user = User.objects.get(email="anna@kunden.example")
            address = EmailAddress.objects.create(user=user, email=user.email)
            confirmation = get_emailconfirmation_model().create(address)
            if slug == "alpha":
                confirmation.send(RequestFactory(headers={"host": "alpha.localhost"}).get("/"))
                key = confirmation.key

    response = browser("beta").post(reverse("account_confirm_email", args=[key]))

    assert response.status_code == 404
    with tenant_context(Tenant.objects.get(slug="beta")):
        assert not EmailAddress.objects.get(email="anna@kunden.example").verified


def test_a_password_link_works_in_its_own_tenant_only(twins, tenant, other_tenant):
    """Even for a row that was copied, hash and all."""
    anna = User.objects.get(email="anna@kunden.example")
    token = PasswordTokenGenerator().make_token(anna)
    assert PasswordTokenGenerator().check_token(anna, token)

    with tenant_context(other_tenant):
        assert not PasswordTokenGenerator().check_token(anna, token)
