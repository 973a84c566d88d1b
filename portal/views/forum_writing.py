"""Writing in the forum: a topic, a reply, an edit; what was typed is kept whatever goes wrong."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum import following, writing
from forum.models import Category, Post, Topic
from helpdesk.http import Request
from portal import forum_limits
from portal.forum_forms import EditForm, PostForm, TopicForm
from portal.forum_writing import similar
from portal.views.forum import find_post, topic_page

TOO_MUCH = 429


@require_http_methods(["GET", "HEAD", "POST"])
def new_topic(request: Request) -> HttpResponse:
    """Ask something; topics like it are offered before it is sent."""
    if not Category.objects.exists():
        raise Http404
    if request.method != "POST":
        initial = {name: request.GET.get(name, "")[:150] for name in ("category", "title")}
        return _topic_form(request, TopicForm(request.user, initial=initial))
    form = TopicForm(request.user, request)
    if not form.is_valid():
        return _topic_form(request, form, status=422)
    if said := forum_limits.refusal(request, forum_limits.TOPICS):
        form.add_error(None, said)
        return _topic_form(request, form, status=TOO_MUCH)
    topic = _open(request, form)
    if topic is None:
        return _topic_form(request, form, status=422)
    question = topic.posts.get(is_question=True)
    _say_arrived(request, question)
    return redirect(f"{topic.get_absolute_url()}#message-{question.pk}")


@require_safe
def similar_topics(request: Request) -> HttpResponse:
    """The part of the form that offers topics like the one that is being written."""
    title = request.GET.get("title", "")[:150]
    is_quiet = forum_limits.refusal(request, forum_limits.SIMILAR)
    context = {"similar": [] if is_quiet else similar(title)}
    return render(request, "portal/forum/_similar.html", context)


@require_POST
def create_reply(request: Request, pk: int) -> HttpResponse:
    """Answer in a topic."""
    topics = Topic.objects.visible_to(request.user).for_list()
    topic = get_object_or_404(topics, pk=pk)
    form = PostForm(request.user, request)
    if not form.is_valid():
        return topic_page(request, topic, form, status=422)
    if said := forum_limits.refusal(request, forum_limits.POSTS):
        form.add_error(None, said)
        return topic_page(request, topic, form, status=TOO_MUCH)
    post = _reply(request, topic, form)
    if post is None:
        return topic_page(request, topic, form, status=422)
    _say_arrived(request, post)
    topic.refresh_from_db()
    return redirect(topic.url_of(post))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Change one's own post; how it read before stays in its history."""
    post = find_post(request, pk)
    if not writing.may_edit(post, request.user):
        raise Http404
    if request.method != "POST":
        return _edit_form(request, post, EditForm(post, request.user))
    form = EditForm(post, request.user, request)
    if form.is_valid() and (said := forum_limits.refusal(request, forum_limits.POSTS)):
        form.add_error(None, said)
        return _edit_form(request, post, form, status=TOO_MUCH)
    if form.is_valid() and _edit(request, post, form):
        _say_changed(request, post)
        topic = Topic.objects.for_list().get(pk=post.topic_id)
        return redirect(topic.url_of(post))
    return _edit_form(request, post, form, status=422)


def _open(request: Request, form: TopicForm) -> Topic | None:
    if not form.take_name():
        return None
    try:
        return writing.open_topic(
            form.cleaned_data["category"],
            author=request.user,
            title=form.cleaned_data["title"],
            draft=form.draft,
        )
    except writing.TooManyLinksError:
        _say_too_many_links(form)
        return None


def _reply(request: Request, topic: Topic, form: PostForm) -> Post | None:
    if not form.take_name():
        return None
    try:
        post = writing.reply(topic, author=request.user, draft=form.draft)
    except writing.LockedError:
        form.add_error(
            None,
            _(
                "This topic has been locked in the meantime. Your text is kept here, but was "
                "not sent."
            ),
        )
        return None
    except writing.TooManyLinksError:
        _say_too_many_links(form)
        return None
    if request.POST.get("follow"):
        following.follow(topic, request.user)
    return post


def _edit(request: Request, post: Post, form: EditForm) -> bool:
    try:
        writing.edit(
            post,
            by=request.user,
            draft=form.draft,
            title=form.cleaned_data.get("title", ""),
            removed=[picture.pk for picture in form.cleaned_data["removed"]],
        )
    except writing.LockedError:
        form.add_error(None, _("This post can no longer be changed. Your text is kept here."))
    except writing.TooManyLinksError:
        _say_too_many_links(form)
    else:
        return True
    return False


def _say_too_many_links(form: PostForm) -> None:
    said = ngettext(
        "Your first posts may hold %(n)d link. Please leave the others out; your text is kept.",
        "Your first posts may hold %(n)d links. Please leave the others out; your text is kept.",
        writing.LINKS,
    )
    form.add_error("text", said % {"n": writing.LINKS})


def _say_arrived(request: Request, post: Post) -> None:
    if post.is_visible:
        messages.success(request, _("Your post is published for everybody to read."))
        return
    messages.info(
        request,
        _(
            "Thank you! We check first posts before others can see them, and will write to you "
            "then."
        ),
    )


def _say_changed(request: Request, post: Post) -> None:
    post.refresh_from_db(fields=["state"])
    said = _("Your changes are saved.")
    if post.state == Post.State.HELD:
        messages.info(request, f"{said} {_held_until(post)}")
    else:
        messages.success(request, said)


def _held_until(post: Post) -> str:
    if post.is_question:
        return _("One of us looks at the change first; until then nobody else sees the topic.")
    return _("One of us looks at the change first; until then only you see the post.")


def _topic_form(request: Request, form: TopicForm, *, status: int = 200) -> HttpResponse:
    title = str(form["title"].value() or "")
    context = {
        "form": form,
        "similar": similar(title),
        "is_newcomer": writing.is_newcomer(request.user),
    }
    return render(request, "portal/forum/new_topic.html", context, status=status)


def _edit_form(request: Request, post: Post, form: EditForm, *, status: int = 200) -> HttpResponse:
    context = {
        "held_until": _held_until(post) if writing.is_newcomer(request.user) else "",
        "form": form,
        "post": post,
        "topic": post.topic,
        "post_url": post.topic.url_of(post),
    }
    return render(request, "portal/forum/edit.html", context, status=status)
