"""From the host to the tenant; an unknown host learns nothing."""

import io
import logging

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.logs import TenantFilter
from tenants.models import Domain, Tenant


def ask(host, path="/", method="get"):
    return getattr(Client(headers={"host": host}), method)(path)


@pytest.mark.parametrize(
    "host", ["alpha.localhost", "ALPHA.localhost:8000", "www.alpha.localhost", "alpha.localhost."]
)
def test_every_spelling_of_its_host_leads_to_the_tenant(tenant, host):
    response = ask(host)

    assert response.status_code == 200
    assert response.wsgi_request.tenant == tenant


@pytest.mark.parametrize(
    "host",
    [
        "gamma.localhost",
        "localhost",
        "127.0.0.1:8000",
        "[::1]:8000",
        "alpha.localhost.evil.example",
        "xalpha.localhost",
        "public",
        "a b",
        "",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("path", ["/", "/desk/", "/konto/anmelden/"])
def test_an_unknown_host_is_a_plain_404_that_names_no_tenant(tenant, host, method, path):
    response = ask(host, path, method)

    page = response.content.decode().lower()
    assert response.status_code == 404
    assert not [name for name in ("alpha", "beta", "gmbh", "tenant") if name in page]
    assert not response.cookies
    if method == "get":
        assert "<!doctype html>" in page


def test_a_suspended_tenant_is_as_unknown(tenant):
    Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.SUSPENDED)

    suspended, unknown = ask("alpha.localhost"), ask("gamma.localhost")

    assert suspended.status_code == 404
    assert suspended.content == unknown.content


def test_a_second_domain_leads_to_the_same_tenant(tenant):
    Domain.objects.create(domain="hilfe.example", tenant=tenant, is_primary=False)

    assert ask("hilfe.example").wsgi_request.tenant == tenant
    assert tenant.host == "alpha.localhost"


def test_health_is_asked_by_address_and_touches_no_tenant(tenant):
    response = ask("10.0.0.7:8000", "/health/")

    assert response.status_code == 200
    assert connection.schema_name == "public"


def test_finding_the_tenant_is_one_query(tenant):
    with CaptureQueriesContext(connection) as queries:
        ask("gamma.localhost")

    asked = [query["sql"] for query in queries if not query["sql"].startswith("SET ")]
    assert len(asked) == 1
    assert "tenants_domain" in asked[0]


def test_log_lines_carry_the_tenant(tenant):
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(TenantFilter())
    handler.setFormatter(logging.Formatter(django_settings.LOGGING["formatters"]["line"]["format"]))
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        ask("alpha.localhost", "/gibt-es-nicht/")
        connection.set_schema_to_public()
        logger.warning("between two requests")
    finally:
        logger.removeHandler(handler)

    assert f"WARNING [{tenant.schema_name}] django.request: Not Found" in lines.getvalue()
    assert "WARNING [public] django.request: between two requests" in lines.getvalue()
    assert "tenant" in django_settings.LOGGING["handlers"]["console"]["filters"]
