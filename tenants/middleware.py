"""From the host name to the tenant."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django_tenants.middleware.main import TenantMainMiddleware
from django_tenants.utils import get_public_schema_name

from tenants.connection import connection
from tenants.models import Domain, Tenant
from tenants.prepared import Prepared
from tenants.views import unknown_host

# Asked for by address, or for all tenants at once: here the host says nothing.
OF_NO_TENANT = re.compile(r"/health/|/hooks/facebook/.*")

# Asked for by scripts on other websites, or by who checks a host itself.
STAYS = re.compile(r"/kontakt/widget|/\.well-known/")

# Asked by every request.
DOMAIN = Prepared(
    lambda host: Domain.objects.select_related("tenant__branding").filter(
        domain=host, tenant__status=Tenant.Status.READY
    ),
    "muster.invalid",
)


class TenantMiddleware(TenantMainMiddleware):  # type: ignore[misc]  # the package is untyped
    """Choose the tenant by the host; a suspended tenant's host is as unknown as a foreign one."""

    def get_tenant(self, domain_model: type[Domain], hostname: str) -> Tenant:
        domain = DOMAIN.first(hostname.lower().rstrip("."))
        if domain is None:
            raise domain_model.DoesNotExist
        tenant: Tenant = domain.tenant
        tenant.is_at_primary_host = domain.is_primary
        return tenant

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if OF_NO_TENANT.fullmatch(request.path):
            # The connection may still be set to the tenant of the request before; where it is not,
            # its path need not be set again.
            if connection.schema_name != get_public_schema_name():
                connection.set_schema_to_public()
            # Sessions are a tenant's: a signed-in browser is a machine like any other here.
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            return None
        response: HttpResponse | None = super().process_request(request)
        if response is not None and response.status_code == 404:
            return unknown_host(request)
        if response is None and _belongs_elsewhere(request):
            return _lead_to_primary(request)
        return response


def _belongs_elsewhere(request: HttpRequest) -> bool:
    """True for a page that is asked for under another of the tenant's hosts than its main one.

    What a script asks for stays where it is: a page that is open would get no answer, and what
    is sent is never sent twice.
    """
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # set by the package
    is_page = request.method in {"GET", "HEAD"} and request.headers.get("HX-Request") != "true"
    return is_page and not tenant.is_at_primary_host and not STAYS.match(request.path)


def _lead_to_primary(request: HttpRequest) -> HttpResponse:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # set by the package
    _host, _colon, port = request.get_host().partition(":")
    host = f"{tenant.host}:{port}" if port.isdecimal() else tenant.host
    target = f"{request.scheme}://{host}{request.get_full_path()}"
    response = HttpResponsePermanentRedirect(target)
    # Another host may become the main one: no browser shall know better than we do.
    response["Cache-Control"] = "no-store"
    return response
