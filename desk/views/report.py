"""The report "Zusagen": its page, the tickets behind its numbers, and all of it as a file."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.timezone import now, override
from django.views.decorators.http import require_safe

from desk import report_export, report_lists, report_page
from desk.page import desk_page
from desk.report_form import ReportForm
from helpdesk.http import Request, agent_required
from sla.report import report


@require_safe
@agent_required
def promises(request: Request) -> HttpResponse:
    """What was promised in a period and what became of it; outcomes are shown, not filtered."""
    return _page(request, ReportForm(request.GET))


@require_safe
@agent_required
def promise_tickets(request: Request) -> HttpResponse:
    """The tickets behind a number, the latest first."""
    form = ReportForm(request.GET)
    asked = form.asked()
    if form.errors:
        return _page(request, form)
    found = report_lists.page(asked.filters, now(), request.GET.get("after", ""))
    here = asked.address(request.path)
    context = {
        "promises": found.promises,
        "period": report_page.period_name(asked.filters.period),
        "words": report_page.said(asked, form),
        "first_page": "" if found.is_first else here,
        "next_page": asked.address(request.path, after=found.after) if found.after else "",
        "back": asked.address(reverse("desk:promises"), outcome=""),
        "export": asked.address(reverse("desk:promise_export")),
    }
    with override(asked.filters.period.zone):
        return desk_page(request, "desk/report/tickets.html", context)


@require_safe
@agent_required
def promise_export(request: Request) -> HttpResponseBase:
    """The promises behind the filters as a file."""
    form = ReportForm(request.GET)
    asked = form.asked()
    if form.errors:
        return _page(request, form)
    period = asked.filters.period
    name = f"{period.first.isoformat()}_{period.last.isoformat()}"
    return StreamingHttpResponse(
        report_export.lines(asked.filters, now()),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="zusagen_{name}.csv"',
            "X-Accel-Buffering": "no",
        },
    )


def _page(request: Request, form: ReportForm) -> HttpResponse:
    asked = form.asked().of_all_outcomes()
    found = report(asked.filters, asked.by)
    context = report_page.context(asked, form, found)
    with override(asked.filters.period.zone):
        return desk_page(
            request, "desk/report/promises.html", context, status=422 if form.errors else 200
        )
