"""The teams: who is in them, and who leads them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import teams as editing
from accounts.models import Team
from desk.counts import COUNTED_TO, Count
from desk.page import desk_page
from desk.team_forms import NO_AGENT, TeamForm
from helpdesk.http import Request, tenant_admin_required
from tickets.models import Ticket
from tickets.states import QUEUED


@require_safe
@tenant_admin_required
def teams(request: Request) -> HttpResponse:
    """All teams with their people, and who is told of what."""
    return desk_page(request, "desk/settings/teams.html", {"teams": Team.objects.for_list()})


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def new_team(request: Request) -> HttpResponse:
    return _edit(request, Team())


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def team(request: Request, pk: int) -> HttpResponse:
    """Show and change one team."""
    return _edit(request, get_object_or_404(Team, pk=pk))


@require_POST
@tenant_admin_required
def delete_team(request: Request, pk: int) -> HttpResponse:
    """Remove a team; its tickets go on without one."""
    found = get_object_or_404(Team, pk=pk)
    editing.delete_team(found, by=request.user)
    messages.success(request, _("The team “%(team)s” is removed.") % {"team": found})
    return redirect("desk:teams")


def _edit(request: Request, found: Team) -> HttpResponse:
    if request.method != "POST":
        return _page(request, found, TeamForm(found))
    form = TeamForm(found, request.POST)
    if not form.is_valid() or not _save(found, form):
        return _page(request, found, form)
    messages.success(request, _("The team “%(team)s” is saved.") % {"team": found})
    return redirect("desk:teams")


def _save(found: Team, form: TeamForm) -> bool:
    """Store what was typed; what stands against it becomes a complaint of the form."""
    values = form.cleaned_data
    changed = Team(pk=found.pk, name=values["name"])
    try:
        editing.save_team(changed, members=values["members"], leads=values["leads"])
    except editing.TeamNameTakenError:
        form.add_error("name", _("Another team has this name."))
    except editing.NotAnAgentError:
        form.add_error("members", NO_AGENT)
    except Team.DoesNotExist as error:
        raise Http404 from error
    else:
        found.name = changed.name
        return True
    return False


def _page(request: Request, found: Team, form: TeamForm) -> HttpResponse:
    waiting = 0
    if found.pk:
        is_open = Ticket.objects.filter(team=found, state__in=QUEUED)
        waiting = is_open[: COUNTED_TO + 1].count()
    context = {"form": form, "team": found, "rows": form.rows(), "waiting": Count(waiting)}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/team.html", context, status=status)
