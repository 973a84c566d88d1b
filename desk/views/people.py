"""Who answers here, and inviting more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.models import User
from desk.forms import InvitationForm
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required


@require_safe
@tenant_admin_required
def people(request: Request) -> HttpResponse:
    return _page(request, InvitationForm())


@require_POST
@tenant_admin_required
def invite(request: Request) -> HttpResponse:
    """Invite an agent or administrator by mail."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        user = services.invite(
            form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            role=form.cleaned_data["role"],
            base_url=request.build_absolute_uri("/"),
        )
    except services.AlreadyInTeamError:
        form.add_error("email", _("This person is in the team already."))
        return _page(request, form)
    messages.success(request, _("%(email)s is invited.") % {"email": user.email})
    return redirect("desk:people")


@require_POST
@tenant_admin_required
def lock_out(request: Request, pk: int) -> HttpResponse:
    """Shut somebody of the team out; inviting them again lets them back in."""
    team = User.objects.get_queryset().exclude(role=User.Role.CUSTOMER)
    person = get_object_or_404(team, pk=pk)
    try:
        services.deactivate(person)
    except services.LastAdminError:
        said = _("%(name)s is the only administrator and cannot be locked out.")
        messages.error(request, said % {"name": person})
    else:
        messages.success(request, _("%(name)s can no longer sign in.") % {"name": person})
    return redirect("desk:people")


def _page(request: Request, form: InvitationForm) -> HttpResponse:
    team = User.objects.get_queryset().exclude(role=User.Role.CUSTOMER)
    context = {"people": team.order_by("name", "email"), "form": form}
    return desk_page(request, "desk/people.html", context, status=422 if form.errors else 200)
