"""Who somebody is in the forum, and what they hear of."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from forum import following, mails, names
from forum.models import Follow, Profile, Topic
from helpdesk.http import Request, customer_required
from portal import forum_page
from portal.forum_forms import ProfileForm

MOST_FOLLOWED = 100


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def profile(request: Request) -> HttpResponse:
    """One's public name, and the topics one follows."""
    own = Profile.objects.filter(user=request.user).first()
    if request.method != "POST":
        return _profile(request, own, ProfileForm(initial={"public_name": own or ""}))
    form = ProfileForm(request.POST)
    if form.is_valid() and _choose(request, form):
        messages.success(request, _("From now on, this is your name in the forum."))
        return redirect("portal:forum_profile")
    return _profile(request, own, form, status=422)


@require_POST
def change_follow(request: Request, pk: int) -> HttpResponse:
    """Hear of a topic (`on`), or no longer."""
    topics = Topic.objects.visible_to(request.user).for_list()
    topic = get_object_or_404(topics, pk=pk)
    if request.POST.get("follow") == "on":
        following.follow(topic, request.user)
        messages.success(request, _("We tell you when somebody writes here."))
    else:
        following.unfollow(topic.pk, request.user)
        messages.success(request, _("We no longer tell you about this topic."))
    return redirect(topic.get_absolute_url())


# Whoever has the link got the mail; a mail program's press comes without a cookie (RFC 8058).
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unfollow(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails about one topic: not by looking at the link, by pressing the button."""
    try:
        topic_pk, user_pk = mails.follow_of(token)
    except mails.LinkInvalidError as error:
        raise Http404 from error
    user = get_object_or_404(User.objects.get_queryset(), pk=user_pk)
    if request.method == "POST":
        following.unfollow(topic_pk, user)
    topic = Topic.objects.visible_to(user).for_list().filter(pk=topic_pk).first()
    if topic is None:
        # Hidden meanwhile: its mails can be ended all the same, but nothing is told of it.
        return redirect("portal:forum")
    context = {
        "topic": topic,
        "topic_url": topic.get_absolute_url(),
        "is_followed": Follow.objects.filter(topic=topic, user=user).exists(),
    }
    return render(request, "portal/forum/unfollow.html", context)


def _choose(request: Request, form: ProfileForm) -> bool:
    try:
        names.choose(request.user, form.cleaned_data["public_name"])
    except names.NameRefusedError as refused:
        form.add_error("public_name", str(refused))
        return False
    return True


def _profile(
    request: Request, own: Profile | None, form: ProfileForm, *, status: int = 200
) -> HttpResponse:
    topics = Topic.objects.visible_to(request.user).for_list()
    followed = topics.filter(follows__user=request.user).latest_first()[:MOST_FOLLOWED]
    context = {"form": form, "profile": own, "rows": forum_page.rows(followed)}
    return render(request, "portal/forum/profile.html", context, status=status)
