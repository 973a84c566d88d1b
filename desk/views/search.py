"""Finding tickets by number, words and names."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from desk.page import desk_page
from helpdesk import keyset
from helpdesk.http import Request, agent_required
from tickets.models import Ticket

PAGE = 25
LONGEST_QUERY = 200


@require_safe
@agent_required
def search(request: Request) -> HttpResponse:
    """The tickets that fit, the latest first; a ticket's exact number leads straight to it."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    if query.startswith("#") and (number := _number(query)) is not None:
        return redirect("desk:ticket", number)
    tickets, after = _page(request, query) if query else ([], "")
    context = {
        "query": query,
        "tickets": tickets,
        "first_page": _address(request, query) if request.GET.get("after") else "",
        "next_page": _address(request, query, after) if after else "",
    }
    return desk_page(request, "desk/search.html", context)


def _number(query: str) -> int | None:
    digits = query.removeprefix("#")
    if not digits.isdecimal() or len(digits) > 18:
        return None
    found = Ticket.objects.filter(number=int(digits)).values_list("number", flat=True).first()
    return int(found) if found is not None else None


def _page(request: Request, query: str) -> tuple[list[Ticket], str]:
    tickets = Ticket.objects.visible_to(request.user).matching(query).for_list()
    if key := keyset.decode(request.GET.get("after", ""), keyset.NEWEST_FIRST):
        tickets = tickets.filter(keyset.older("updated_at", key))
    found = list(tickets.order_by("-updated_at", "-pk")[: PAGE + 1])
    shown = found[:PAGE]
    is_more = len(found) > PAGE
    after = keyset.encode((shown[-1].updated_at, shown[-1].pk)) if is_more else ""
    return shown, after


def _address(request: Request, query: str, after: str = "") -> str:
    values = {"q": query, **({"after": after} if after else {})}
    return f"{request.path}?{urlencode(values)}"
