"""Pages outside any tenant."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


@login_not_required
def unknown_host(request: HttpRequest) -> HttpResponse:
    """A plain 404 for a host that belongs to nobody; it names no tenant."""
    return HttpResponse(render_to_string("unknown_host.html"), status=404)
