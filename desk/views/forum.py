"""Looking after the forum: what waits, what is hidden, and how topics stand."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk.forum_forms import AnswerForm, HidingForm, TopicOrderForm
from desk.forum_page import entries
from desk.page import desk_page
from forum import moderation, round_trip
from forum.models import Post, Report, Topic, TopicTicket
from forum.writing import Draft
from helpdesk.http import Request, agent_required, id_in
from tickets.models import Ticket

PAGE = 25


@require_safe
@agent_required
def waiting(request: Request) -> HttpResponse:
    """What is held back or reported, the longest waiting first; or what is hidden, the latest."""
    shows_hidden = request.GET.get("only") == "hidden"
    posts = Post.objects.select_related("topic__category", "author__forum_profile")
    start = id_in(request.GET.get("after", "")) or 0
    if shows_hidden:
        posts = posts.filter(state=Post.State.HIDDEN).order_by("-pk")
        posts = posts.filter(pk__lt=start) if start else posts
    else:
        ids = (
            Report.objects.filter(handled_at=None)
            .values("post")
            .union(Post.objects.all().held().order_by().values("pk"))
        )
        posts = posts.filter(pk__in=ids, pk__gt=start).order_by("pk")
    found = list(posts[: PAGE + 1])
    shown = found[:PAGE]
    only = {"only": "hidden"} if shows_hidden else {}
    after = urlencode({**only, "after": shown[-1].pk}) if len(found) > PAGE else ""
    context = {
        "entries": entries(shown),
        "only": only.get("only", ""),
        "first_page": f"{request.path}?{urlencode(only)}" if start else "",
        "next_page": f"{request.path}?{after}" if after else "",
    }
    return desk_page(request, "desk/forum/waiting.html", context)


@require_POST
@agent_required
def approve(request: Request, pk: int) -> HttpResponse:
    """Let everybody read a post that was held back."""
    moderation.approve(_post(pk), by=request.user)
    messages.success(request, _("Everybody can read the post now; its author is told."))
    return redirect("desk:forum")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def hide(request: Request, pk: int) -> HttpResponse:
    """Hide a post, with the reason that its author gets."""
    post = _post(pk)
    form = HidingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        moderation.hide(post, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The post is hidden; its author is told why."))
        return redirect("desk:forum")
    context = {"form": form, "entry": entries([post])[0]}
    return desk_page(request, "desk/forum/hide.html", context, status=422 if form.errors else 200)


@require_POST
@agent_required
def restore(request: Request, pk: int) -> HttpResponse:
    """Show a hidden post again."""
    post = moderation.restore(_post(pk), by=request.user)
    messages.success(request, _("Everybody can read the post again."))
    return redirect(post.topic.url_of(post))


@require_POST
@agent_required
def settle_reports(request: Request, pk: int) -> HttpResponse:
    """The post may stay: what was reported is looked at."""
    moderation.settle_reports(_post(pk), by=request.user)
    messages.success(request, _("The reports are settled; the post stays."))
    return redirect("desk:forum")


@require_POST
@agent_required
def change_official(request: Request, pk: int) -> HttpResponse:
    """Make a reply the official answer of its topic, or take that back."""
    post = _post(pk)
    moderation.mark_official(post, is_official=request.POST.get("official") == "on")
    post = _post(pk)
    return redirect(post.topic.url_of(post))


@require_POST
@agent_required
def change_topic(request: Request, pk: int) -> HttpResponse:
    """Lock, pin or move a topic: all three as the form says."""
    topic = get_object_or_404(Topic, pk=pk)
    form = TopicOrderForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    moderation.change_topic(topic, **form.cleaned_data)
    messages.success(request, _("Your changes to the topic are saved."))
    return redirect(Topic.objects.select_related("category").get(pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def bring_back(request: Request, number: int, pk: int) -> HttpResponse:
    """Write a ticket's answer into the topic it came from, edited for everybody to read."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), number=number)
    links = TopicTicket.objects.select_related("topic__category", "answer", "ticket")
    link = get_object_or_404(links, pk=pk, ticket=ticket)
    if request.method == "POST":
        form = AnswerForm(request.POST)
        if form.is_valid():
            draft = Draft(form.cleaned_data["text"])
            post = round_trip.bring_back(link, by=request.user, draft=draft)
            messages.success(request, _("The answer is now in the forum."))
            post = _post(post.pk)
            return redirect(post.topic.url_of(post))
    else:
        answer = round_trip.last_answer(link)
        text = link.answer.source if link.answer else answer.shown_text if answer else ""
        form = AnswerForm(initial={"text": text})
    context = {"form": form, "ticket": ticket, "link": link, "url": link.topic.get_absolute_url()}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/forum/answer.html", context, status=status)


def _post(pk: int) -> Post:
    posts = Post.objects.select_related("topic__category", "author__forum_profile")
    return get_object_or_404(posts, pk=pk)
