"""The forum, open to everybody to read; what is held back or hidden is a 404 for strangers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts import notification_list
from accounts.models import User
from accounts.notifications import OF_TOPICS
from forum.models import Category, Picture, Post, Topic
from helpdesk.http import id_in
from helpdesk.page_cache import cached_for_strangers
from portal import forum_page
from portal.forum_forms import PostForm
from portal.forum_writing import reply_context


@login_not_required
@require_safe
@cached_for_strangers(seconds=60, query=["after"])
def index(request: HttpRequest) -> HttpResponse:
    """All categories, and what was said lately."""
    context = {
        "categories": Category.objects.in_order().with_latest(),
        **forum_page.page_of(request, Topic.objects.public()),
    }
    return render(request, "portal/forum/index.html", context)


@login_not_required
@require_safe
@cached_for_strangers(seconds=60, query=["after"])
def category(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Category, slug=slug)
    topics = found.topics.all().public()
    context = {"category": found, **forum_page.page_of(request, topics)}
    return render(request, "portal/forum/category.html", context)


@login_not_required
@require_safe
@cached_for_strangers(seconds=60, query=["from"])
def topic(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One topic; an address with other words, or of another category, leads to the right one."""
    found = find_topic(request, key)
    address = found.get_absolute_url()
    if request.path != address:
        query = request.META.get("QUERY_STRING", "")
        moved = redirect(f"{address}?{query}" if query else address, permanent=True)
        # A title that gets its old words back must not meet a browser that knows better.
        moved.headers["Cache-Control"] = "no-cache"
        return moved
    if isinstance(request.user, User) and request.method == "GET":
        notification_list.read(request.user, [found.pk], *OF_TOPICS)
    return topic_page(request, found)


def topic_page(
    request: HttpRequest, found: Topic, form: PostForm | None = None, *, status: int = 200
) -> HttpResponse:
    """A topic's page, with the form to answer for who may."""
    user = request.user if isinstance(request.user, User) else None
    context = {**forum_page.thread_of(request, found), **reply_context(user, found, form)}
    if user is not None and user.is_agent:
        context["categories"] = Category.objects.in_order()
    return render(request, "portal/forum/topic.html", context, status=status)


def find_topic(request: HttpRequest, key: str) -> Topic:
    """The topic that an address names, if this reader may see it (404)."""
    pk = id_in(key.partition("-")[0])
    topics = Topic.objects.visible_to(request.user).for_list()
    return get_object_or_404(topics, pk=pk or 0)


def find_post(request: HttpRequest, pk: int) -> Post:
    """A post that this reader may see (404), with its topic."""
    posts = Post.objects.visible_to(request.user).select_related(
        "topic__category", "author__forum_profile", "author__membership__organisation"
    )
    return get_object_or_404(posts, pk=pk)


@login_not_required
@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """How a post read before; what an agent took out, agents alone can see."""
    post = find_post(request, pk)
    versions = post.versions.all()
    if not (isinstance(request.user, User) and request.user.is_agent):
        versions = versions.filter(is_public=True)
    context = {
        "post": post,
        "topic": post.topic,
        "versions": versions[:50],
        "post_url": post.topic.url_of(post),
    }
    return render(request, "portal/forum/history.html", context)


@login_not_required
@require_safe
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A picture of a post that this reader may see, exactly as we made it."""
    pictures = Picture.objects.filter(post__in=Post.objects.visible_to(request.user))
    found = get_object_or_404(pictures, pk=pk)
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        content,
        content_type=found.content_type,
        headers={
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            # Asked for again each time: a hidden post's picture is gone with it.
            "Cache-Control": "private, no-cache",
        },
    )
