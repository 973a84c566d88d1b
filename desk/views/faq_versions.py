"""What an article said before, and saying it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from desk import faq_diff
from desk.page import desk_page
from faq import services
from faq.models import Article, ArticleVersion
from helpdesk.http import Request, agent_required

SHOWN = 200


@require_safe
@agent_required
def versions(request: Request, pk: int) -> HttpResponse:
    """All versions, the newest first."""
    article = get_object_or_404(Article.objects.for_list(), pk=pk)
    found = article.versions.select_related("author").defer("text", "html")
    context = {"article": article, "versions": list(found[:SHOWN])}
    return desk_page(request, "desk/faq/versions.html", context)


@require_safe
@agent_required
def version(request: Request, pk: int, number: int) -> HttpResponse:
    """One version, and what it changed."""
    found = _find(pk, number)
    before = found.article.versions.filter(number__lt=number).first()
    context = {
        "article": found.article,
        "version": found,
        "before": before,
        "lines": faq_diff.lines(before.text if before else "", found.text),
        "is_current": not found.article.versions.filter(number__gt=number).exists(),
    }
    return desk_page(request, "desk/faq/version.html", context)


@require_POST
@agent_required
def restore_version(request: Request, pk: int, number: int) -> HttpResponse:
    """Let the article say again what it said then."""
    services.restore(_find(pk, number), by=request.user)
    messages.success(
        request, _("The text of version %(number)s stands there again.") % {"number": number}
    )
    return redirect("desk:faq_article", pk)


def _find(pk: int, number: int) -> ArticleVersion:
    versions = ArticleVersion.objects.select_related("article", "author")
    return get_object_or_404(versions, article=pk, number=number)
