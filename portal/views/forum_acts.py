"""What one can do with a post that is there: find it helpful, accept it, report it, go private."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from forum import moderation, names, round_trip, voting
from forum.models import Post
from helpdesk.http import Request, wants_partial
from portal import forum_limits
from portal.forum_forms import PrivateForm, ReportForm
from portal.views.forum import find_post

TOO_MUCH = 429


@require_POST
def change_vote(request: Request, pk: int) -> HttpResponse:
    """Say that a post helped (`on`), or take it back; one's own cannot be voted for."""
    post = find_post(request, pk)
    if post.author_id == request.user.pk or not post.is_visible:
        raise Http404
    is_on = request.POST.get("vote") == "on"
    if said := forum_limits.refusal(request, forum_limits.VOTES):
        messages.error(request, said)
        is_on = not is_on
    elif is_on:
        voting.vote(post, by=request.user)
    else:
        voting.take_back(post, by=request.user)
    if wants_partial(request):
        post.refresh_from_db(fields=["votes"])
        context = {"post": post, "has_vote": is_on, "may_vote": True}
        return render(request, "portal/forum/_vote.html", context)
    return redirect(post.topic.url_of(post))


@require_POST
def change_accepted(request: Request, pk: int) -> HttpResponse:
    """Say that a reply solved one's topic (`on`), or that it did not."""
    post = find_post(request, pk)
    is_theirs = post.topic.author_id == request.user.pk
    if post.is_question or not post.is_visible or not (is_theirs or request.user.is_agent):
        raise Http404
    topic = moderation.accept(post, is_accepted=request.POST.get("accepted") == "on")
    post.topic.accepted_id = topic.accepted_id
    return redirect(post.topic.url_of(post))


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: Request, pk: int) -> HttpResponse:
    """Tell the agents of a post that does not belong here."""
    post = find_post(request, pk)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _about(request, "portal/forum/report.html", post, form, 422 if form.errors else 200)
    if said := forum_limits.refusal(request, forum_limits.REPORTS):
        form.add_error(None, said)
        return _about(request, "portal/forum/report.html", post, form, TOO_MUCH)
    moderation.report(post, by=request.user, **form.cleaned_data)
    messages.success(request, _("Thank you. One of us will look at the post."))
    return redirect(post.topic.url_of(post))


@require_http_methods(["GET", "HEAD", "POST"])
def open_ticket(request: Request, pk: int) -> HttpResponse:
    """Go on in private: a ticket of the post's author, with the promise of their tier."""
    post = find_post(request, pk)
    if not round_trip.may_become_ticket(post, request.user):
        raise Http404
    form = PrivateForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _about(request, "portal/forum/private.html", post, form, 422 if form.errors else 200)
    text = "" if request.user.is_agent else form.cleaned_data["text"]
    link = round_trip.open_ticket(post, by=request.user, text=text)
    said = _("This continues in private as #%(number)s.")
    messages.success(request, said % {"number": link.ticket.number})
    place = "desk:ticket" if request.user.is_agent else "portal:ticket"
    return redirect(place, link.ticket.number)


def _about(request: Request, template: str, post: Post, form: Form, status: int) -> HttpResponse:
    """A page about one post."""
    context = {
        "post": post,
        "topic": post.topic,
        "form": form,
        "name": names.of_post(post),
        "post_url": post.topic.url_of(post),
    }
    return render(request, template, context, status=status)
