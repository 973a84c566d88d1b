"""Business hours: typed, looked at in a preview, confirmed, and only then saved as a version."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from desk import calendar_page, calendar_rows
from desk.calendar_editing import CalendarEditing
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required
from sla import calendar_edits
from sla.models import BusinessCalendar
from sla.tiers import default_calendar


@require_safe
@tenant_admin_required
def calendars(request: Request) -> HttpResponse:
    """All business hours, the default ones first."""
    context = {"calendars": calendar_page.summaries()}
    return desk_page(request, "desk/settings/calendars.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def new_calendar(request: Request) -> HttpResponse:
    """Create other business hours, beginning with a copy of the default ones."""
    stored = default_calendar().versions.latest("number").spec
    typed = _typed(request)
    editing = CalendarEditing(BusinessCalendar(), stored, typed)
    if typed is None or not _is_step(request, "check") or not editing.is_valid():
        return _page(request, editing)
    added = calendar_edits.add_calendar(editing.edited, editing.spec, by=request.user)
    said = _("“%(calendar)s” is created. It counts once a support level uses it.")
    messages.success(request, said % {"calendar": added})
    return redirect("desk:calendars")


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def calendar(request: Request, pk: int) -> HttpResponse:
    """Show and change business hours; each step of the form posts to here."""
    found = get_object_or_404(BusinessCalendar, pk=pk)
    typed = _typed(request)
    editing = CalendarEditing(found, found.versions.latest("number").spec, typed)
    if typed is None or not _is_step(request, "check", "save") or not editing.is_valid():
        return _page(request, editing)
    if _is_step(request, "save"):
        return _save(request, editing)
    if editing.is_unchanged:
        messages.info(request, _("Nothing is changed, so there is nothing to save."))
        return redirect("desk:calendar", pk)
    if editing.is_outdated:
        return _page(request, editing.taken_up(), is_outdated=True)
    return _confirmation(request, editing)


def _typed(request: Request) -> QueryDict | None:
    """What was typed, with the row that the pressed button adds or removes; None to look only."""
    if request.method != "POST":
        return None
    return calendar_rows.changed(request.POST, request.POST.get("step", ""))


def _is_step(request: Request, *steps: str) -> bool:
    return request.POST.get("step") in steps


def _save(request: Request, editing: CalendarEditing) -> HttpResponse:
    before = editing.calendar.versions.latest("number")
    try:
        version = calendar_edits.save_calendar(
            editing.edited,
            editing.spec,
            seen=editing.form.cleaned_data["seen"],
            by=request.user,
        )
    except calendar_edits.CalendarChangedError:
        return _page(request, editing.taken_up(), is_outdated=True)
    if version == before:
        said = _("“%(calendar)s” is saved. The hours are still version %(number)s.")
    else:
        said = _("“%(calendar)s” is saved: version %(number)s counts from now on.")
    messages.success(request, said % {"calendar": editing.edited, "number": version.number})
    return redirect("desk:calendars")


def _confirmation(request: Request, editing: CalendarEditing) -> HttpResponse:
    """What saving would change, and for whom; nothing is saved yet."""
    context = calendar_page.confirmation(editing)
    context["typed"] = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {"csrfmiddlewaretoken", "step"}
        for value in values
    ]
    return desk_page(request, "desk/settings/calendar_confirmation.html", context)


def _page(request: Request, editing: CalendarEditing, *, is_outdated: bool = False) -> HttpResponse:
    context = calendar_page.form(editing)
    is_refused = is_outdated or (_is_step(request, "check", "save") and editing.hours is None)
    context |= {"is_outdated": is_outdated, "is_refused": is_refused}
    return desk_page(
        request, "desk/settings/calendar.html", context, status=422 if is_refused else 200
    )
