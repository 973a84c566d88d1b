"""The portal's front page, open to everybody."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.models import User
from channels.callback import offers
from channels.models import ContactForm
from faq.models import Article, ArticleQuerySet
from forum.models import Topic
from helpdesk.page_cache import cached_for_strangers
from portal import told
from portal.forum_page import rows
from tickets.models import Ticket

LATEST = 5
LIVELY = 5
POPULAR = 6


@login_not_required
@require_safe
@cached_for_strangers(seconds=60)
def home(request: HttpRequest) -> HttpResponse:
    """How to reach the tenant; for customers also their latest tickets and their tier."""
    context: dict[str, object] = {
        "hours": told.hours(),
        "support_address": told.support_address(),
        "articles": popular(request),
        "topics": rows(Topic.objects.public().latest_first().for_list()[:LIVELY]),
        "has_contact_form": not request.user.is_authenticated and ContactForm.is_there(),
    }
    user = request.user
    if isinstance(user, User) and not user.is_agent:
        tickets = (
            Ticket.objects.visible_to(user).on_their_own().for_list().order_by("-updated_at", "-pk")
        )
        tier = told.tier(user)
        context |= {
            "tickets": tickets[:LATEST],
            "tier": tier,
            "has_calls": offers.is_open_to(tier),
            "mail_instead": told.mail_instead(tier),
        }
    return render(request, "portal/home.html", context)


def popular(request: HttpRequest) -> ArticleQuerySet:
    """What helped most people, among what this reader may read."""
    reader = request.user if isinstance(request.user, User) else AnonymousUser()
    articles = Article.objects.visible_to(reader).for_list()
    # Those in another language are better than none.
    is_foreign = Case(When(language=get_language() or "de", then=0), default=1)
    return articles.order_by(is_foreign, "-helpful_count", "-read_count", "-pk")[:POPULAR]
