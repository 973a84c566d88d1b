"""The FAQ: open to everybody, each article to those it is for."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from faq import services
from faq.models import Article, ArticleFile, ArticleVersion, Category
from faq.suggesting import suggestions
from helpdesk import limits
from helpdesk.downloads import attachment_response
from helpdesk.page_cache import cached_for_strangers
from portal import forum_limits
from portal.faq_data import contents, structured
from portal.faq_forms import VoteForm
from tenants.models import Tenant

# What an article's address carries when it was opened from a form.
FROM_FORM = "formular"
VISITOR = "faq_visitor"
SHOWN_OF_CATEGORY = 50
# From so many headings on, an article has a table of contents.
LEAST_CONTENTS = 3
# So many voices of strangers count from one place in so many seconds: who keeps no cookie is
# somebody new each time.
MOST_OF_A_PLACE, SECONDS = 60, 600
# Somebody who types asks for each pause; many may do so behind one address of an office.
MOST_SUGGESTIONS, SUGGESTING_SECONDS = 300, 300


@login_not_required
@require_safe
@cached_for_strangers()
def overview(request: HttpRequest) -> HttpResponse:
    """All articles that this reader may read, by category."""
    articles = Article.objects.visible_to(request.user).for_list().order_by("title")
    categories = [
        (category, found)
        for category in Category.objects.all()
        if (found := list(articles.filter(category=category)[:SHOWN_OF_CATEGORY]))
    ]
    context = {
        "categories": categories,
        "description": _("Answers to frequent questions about %(name)s")
        % {"name": Tenant.current().portal_name},
    }
    return render(request, "portal/faq.html", context)


@login_not_required
@require_safe
@cached_for_strangers()
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article; what this reader may not see is not there (404).

    Strangers are counted once for each time the page is made, so that a crawler writes nothing.
    """
    version = _find(request, slug)
    is_from_form = request.GET.get("aus") == FROM_FORM
    if request.method == "GET":
        is_counted = is_from_form and not _is_too_much(request, "reading")
        services.count_reading(version.article, is_before_ticket=is_counted)
    form = _vote_form(request, version.article)
    return _page(request, version, form, is_from_form=is_from_form)


# A stranger's page holds no token, so that it needs no cookie; theirs is only an opinion.
@csrf_exempt
@login_not_required
@require_POST
def create_vote(request: HttpRequest, slug: str) -> HttpResponse:
    """Helpful or not, with a word about it: one voice a reader, the last one counts."""
    view = csrf_protect(_vote) if request.user.is_authenticated else _vote
    return view(request, slug)


@csrf_exempt
@login_not_required
@require_POST
def create_solution(request: HttpRequest, slug: str) -> HttpResponse:
    """“That helped, no ticket needed”: counted once a session."""
    view = csrf_protect(_solve) if request.user.is_authenticated else _solve
    return view(request, slug)


@login_not_required
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file beside an article that this reader may read."""
    articles = Article.objects.visible_to(request.user)
    found = get_object_or_404(ArticleFile.objects.filter(article__in=articles), pk=pk)
    return attachment_response(found)


@login_not_required
@require_safe
def faq_suggestions(request: HttpRequest) -> HttpResponse:
    """The part of a form that offers articles while somebody writes; beyond the limit, none."""
    subject, text = request.GET.get("subject", ""), request.GET.get("text", "")
    who = f"person:{request.user.pk}" if request.user.is_authenticated else limits.place(request)
    key = f"faq.suggesting.{who}"
    is_allowed = limits.allowed(key, MOST_SUGGESTIONS, SUGGESTING_SECONDS)
    context = {
        "articles": suggestions(subject, text, request.user) if is_allowed else [],
        "source": FROM_FORM,
    }
    response = render(request, "portal/_faq_suggested.html", context)
    patch_vary_headers(response, ["Cookie"])
    return response


def _find(request: HttpRequest, slug: str) -> ArticleVersion:
    """What the article says now, and with it the article; 404 for what this reader may not see."""
    articles = Article.objects.visible_to(request.user).filter(slug=slug)
    versions = ArticleVersion.objects.filter(article__in=articles)
    found = versions.select_related("article__category").defer("text", "article__search").first()
    if found is None:
        raise Http404
    return found


def _vote(request: HttpRequest, slug: str) -> HttpResponse:
    version = _find(request, slug)
    form = VoteForm(request.POST)
    if not form.is_valid():
        return _page(request, version, form, status=422)
    if _is_too_much(request, "vote"):
        form.add_error("is_helpful", forum_limits.said(limits.wait(SECONDS)))
        return _page(request, version, form, status=429)
    found = version.article
    person = request.user if isinstance(request.user, User) else None
    visitor = "" if person else request.session.setdefault(VISITOR, uuid.uuid4().hex)
    services.vote(found, person=person, visitor=visitor, **form.cleaned_data)
    return redirect(f"{found.get_absolute_url()}#helpful")


def _solve(request: HttpRequest, slug: str) -> HttpResponse:
    found = _find(request, slug).article
    solved: list[int] = request.session.get("faq_solved", [])
    if found.pk not in solved and not _is_too_much(request, "solution"):
        services.count_solved(found)
        request.session["faq_solved"] = [*solved, found.pk][-100:]
    return redirect(f"{found.get_absolute_url()}?danke=1#thanks")


def _is_too_much(request: HttpRequest, what: str) -> bool:
    """Count one more of a stranger's place; whoever is signed in has one voice anyway."""
    if request.user.is_authenticated:
        return False
    return not limits.allowed(f"faq.{what}.{limits.place(request)}", MOST_OF_A_PLACE, SECONDS)


def _vote_form(request: HttpRequest, found: Article) -> VoteForm:
    """The form, with what this reader has said before."""
    # Who brings no session has no voice here yet: nothing is asked of the database.
    person = request.user if isinstance(request.user, User) else None
    visitor = "" if person else request.session.get(VISITOR, "")
    if not person and not visitor:
        return VoteForm()
    said = found.votes.filter(person=person, visitor=visitor).first()
    initial = {"is_helpful": str(said.is_helpful), "comment": said.comment} if said else {}
    return VoteForm(initial=initial)


def _page(
    request: HttpRequest,
    version: ArticleVersion,
    form: VoteForm,
    *,
    is_from_form: bool = False,
    status: int = 200,
) -> HttpResponse:
    found = version.article
    related = Article.objects.visible_to(request.user).filter(related=found)
    canonical = request.build_absolute_uri(found.get_absolute_url())
    context = {
        "article": found,
        "version": version,
        "contents": contents(version) if len(version.contents) >= LEAST_CONTENTS else "",
        "files": list(found.files.all()),
        "related": list(related.only("slug", "title", "language").order_by("title")),
        "form": form,
        "canonical": canonical,
        "description": found.summary,
        "structured": structured(found, version, canonical),
        "is_from_form": is_from_form,
        "is_solved": "danke" in request.GET,
    }
    return render(request, "portal/faq_article.html", context, status=status)
