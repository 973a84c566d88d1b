"""The desk's FAQ: the list, the editor, and what readers make of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from desk import faq_lists
from desk.faq_forms import ArticleForm
from desk.page import desk_page
from faq import anonymise, services
from faq.models import Article, Category
from faq.suggesting import suggestions
from helpdesk import markdown
from helpdesk.http import Request, agent_required, id_in, wants_partial
from helpdesk.uploads import FILE_LIMIT, MESSAGE_LIMIT
from tickets.models import Message, Ticket

PAGE = 50
LAST_PAGE = 10_000
LONGEST_QUERY = 200
# Articles that are offered for an answer.
PICKED = 8


@require_safe
@agent_required
def articles(request: Request) -> HttpResponse:
    """All articles, the latest changed first; drafts and what is due for review have a filter."""
    only, words = request.GET.get("only", ""), request.GET.get("q", "")[:LONGEST_QUERY]
    found = faq_lists.filtered(only, words).order_by("-updated_at", "-pk")
    number = min(max(id_in(request.GET.get("page", "")) or 1, 1), LAST_PAGE)
    shown = list(found[(number - 1) * PAGE : number * PAGE + 1])
    address = f"{request.path}?only={only if only.isalpha() else ''}"
    context = {
        "articles": shown[:PAGE],
        "choices": faq_lists.choices(only),
        "only": only,
        "query": words,
        "has_categories": Category.objects.exists(),
        "first_page": address if number > 1 and not words else "",
        "next_page": f"{address}&page={number + 1}" if len(shown) > PAGE and not words else "",
    }
    return desk_page(request, "desk/faq/articles.html", context)


@require_safe
@agent_required
def statistics(request: Request) -> HttpResponse:
    """Searched without result, read before a ticket, solved that way, helpful or not."""
    return desk_page(request, "desk/faq/statistics.html", faq_lists.statistics())


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def new_article(request: Request) -> HttpResponse:
    """Write an article: from nothing, or from an answer without its people (?message=)."""
    if not Category.objects.exists():
        messages.error(request, _("Create a category first, then its articles."))
        return redirect("desk:faq_categories")
    message = _answer(request)
    initial = _proposal(message) if message and request.method != "POST" else None
    return _edit(request, None, initial=initial, message=message)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def article(request: Request, pk: int) -> HttpResponse:
    """Show and change an article."""
    return _edit(request, get_object_or_404(Article.objects.for_list(), pk=pk))


@require_POST
@agent_required
def change_publication(request: Request, pk: int) -> HttpResponse:
    """Publish an article, or make it a draft again."""
    found = get_object_or_404(Article, pk=pk)
    if request.POST.get("publish") == "yes":
        services.publish(found)
        messages.success(request, _("“%(title)s” is published.") % {"title": found})
    else:
        services.withdraw(found)
        messages.success(request, _("“%(title)s” is a draft again.") % {"title": found})
    return redirect("desk:faq_article", pk)


@require_POST
@agent_required
def delete_draft(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(Article, pk=pk)
    if not services.remove(found):
        messages.error(request, _("It is published. Make it a draft first, then remove it."))
        return redirect("desk:faq_article", pk)
    messages.success(request, _("The draft “%(title)s” is removed.") % {"title": found})
    return redirect("desk:faq")


@require_safe
@agent_required
def picker(request: Request) -> HttpResponse:
    """Published articles for an answer: a part beside the composer, or a page of its own.

    The part inserts texts too, also of what agents alone may read. The page offers addresses
    alone: those that the customer can open.
    """
    words = request.GET.get("q", "")[:LONGEST_QUERY].strip()
    found = _picked(words, request.user, for_customers=not wants_partial(request)) if words else []
    rows = [
        {"article": one, "address": request.build_absolute_uri(one.get_absolute_url())}
        for one in found
    ]
    context = {"rows": rows, "query": words}
    if wants_partial(request):
        for row, one in zip(rows, found, strict=True):
            row["text"] = one.current.text
        return render(request, "desk/faq/_picked.html", context)
    return desk_page(request, "desk/faq/picker.html", context)


def _picked(words: str, agent: User, *, for_customers: bool) -> list[Article]:
    found = suggestions(words, "", agent, most=PICKED, for_customers=for_customers)
    if found:
        return found
    articles = Article.objects.visible_to(agent)
    if for_customers:
        articles = articles.for_customers()
    return list(articles.matching(words).for_list()[:PICKED])


def _answer(request: Request) -> Message | None:
    """The public answer that the address names, if this agent may see its ticket."""
    pk = id_in(request.GET.get("message", ""))
    if pk is None:
        return None
    tickets = Ticket.objects.visible_to(request.user)
    answers = Message.objects.filter(kind=Message.Kind.OUTBOUND, ticket__in=tickets)
    return get_object_or_404(answers.select_related("ticket__organisation"), pk=pk)


def _proposal(message: Message) -> dict[str, Any]:
    ticket = message.ticket
    return {
        "title": anonymise.without_people(ticket.subject, ticket)[:160],
        "text": anonymise.without_people(message.text, ticket),
        "visibility": "public",
        "language": "de",
    }


def _edit(
    request: Request,
    found: Article | None,
    *,
    initial: dict[str, Any] | None = None,
    message: Message | None = None,
) -> HttpResponse:
    form = ArticleForm(found, request if request.method == "POST" else None, initial)
    if request.method != "POST" or "preview" in request.POST:
        return _page(request, found, form, message, is_preview=request.method == "POST")
    if not form.is_valid():
        return _page(request, found, form, message)
    saved = services.write(found, form.writing(), by=request.user)
    if "publish" in request.POST:
        services.publish(saved)
        messages.success(request, _("“%(title)s” is published.") % {"title": saved})
    else:
        messages.success(request, _("“%(title)s” is saved.") % {"title": saved})
    return redirect("desk:faq_article", saved.pk)


def _page(
    request: Request,
    found: Article | None,
    form: ArticleForm,
    message: Message | None,
    *,
    is_preview: bool = False,
) -> HttpResponse:
    text = str(form["text"].value() or "") if is_preview else ""
    context = {
        "article": found,
        "form": form,
        "related": form.related_offered(),
        "files": list(found.files.all()) if found else [],
        "message": message,
        "pieces": anonymise.pieces(message.text, message.ticket) if message else [],
        "preview": markdown.render(text, top=3, prefix="p-") if text else "",
        "is_preview": is_preview,
        "attachment_limit": FILE_LIMIT,
        "message_limit": MESSAGE_LIMIT,
    }
    # Looking at it is no refusal, whatever is still missing.
    status = 422 if form.is_bound and not is_preview else 200
    return desk_page(request, "desk/faq/article.html", context, status=status)
