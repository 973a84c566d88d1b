"""One search for everybody: the FAQ, the forum, and for customers their own tickets."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from faq import services
from helpdesk import limits, too_many
from helpdesk.fulltext import ASKED_CHARACTERS
from helpdesk.http import PART_VARIES, wants_partial
from portal import search as searching
from portal.search import Hit, Kind

# Hits of each kind on the page of all, and of one kind on its own.
FEW, MANY = 5, 50
# A stranger's place may search so often in a minute; somebody who types asks for each pause.
MOST_OF_A_PLACE, SECONDS = 300, 60


@dataclass(frozen=True, slots=True)
class Section:
    """The hits of a kind, and where there are more of it."""

    kind: Kind
    hits: list[Hit]
    url: str
    is_cut: bool


@login_not_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What fits the words, as far as this reader may see it; a part of the page while they type."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:ASKED_CHARACTERS]
    if words and _is_too_often(request):
        return too_many.refusal(request, limits.wait(SECONDS))
    is_part = wants_partial(request)
    kinds = searching.kinds(request.user)
    chosen = next((kind for kind in kinds if kind == request.GET.get("in")), None)
    sections = [
        _section(request, kind, words, FEW if chosen is None else MANY)
        for kind in ([chosen] if chosen else kinds)
    ]
    if words and not chosen and not is_part and not any(section.hits for section in sections):
        services.note_failed_search(words)
    context = {
        "query": words,
        "count": sum(len(section.hits) for section in sections),
        "chosen": chosen,
        "tabs": [(kind, _address(words, kind)) for kind in kinds],
        "all_url": _address(words),
        "sections": [section for section in sections if section.hits],
        "canonical": "",
    }
    template = "portal/_found.html" if is_part else "portal/search.html"
    response = render(request, template, context)
    patch_vary_headers(response, PART_VARIES)
    return response


def _is_too_often(request: HttpRequest) -> bool:
    if request.user.is_authenticated:
        return False
    return not limits.allowed(f"search.{limits.place(request)}", MOST_OF_A_PLACE, SECONDS)


def _section(request: HttpRequest, kind: Kind, words: str, most: int) -> Section:
    found = searching.find(kind, words, request.user, most + 1) if words else []
    return Section(kind, found[:most], _address(words, kind), is_cut=len(found) > most)


def _address(words: str, kind: Kind | None = None) -> str:
    values = {"q": words, **({"in": kind.value} if kind else {})}
    return f"{reverse('portal:search')}?{urlencode(values)}"
