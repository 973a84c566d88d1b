"""What search engines are told: what to leave alone, and what there is to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemaps
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from faq.models import Article, ArticleQuerySet
from forum.models import Topic
from forum.topics import TopicQuerySet
from helpdesk.http import id_in
from helpdesk.page_cache import cached_for_strangers, leave_out

if TYPE_CHECKING:
    Base = Sitemap[Any]
else:
    Base = Sitemap

# Addresses of a part of the map; the protocol allows 50,000.
PART = 5_000
# What needs a sign-in, is no page, or is one of endlessly many.
CLOSED = (
    "/anhaenge/",
    "/desk/",
    "/einstellungen/",
    "/hooks/",
    "/konto/",
    "/kontakt/bestaetigung/",
    "/kontakt/gesendet/",
    "/kontakt/widget",
    "/facebook/",
    "/faq/vorschlaege/",
    "/forum/abmelden/",
    "/forum/aehnlich/",
    "/forum/beitraege/",
    "/forum/neu/",
    "/forum/profil/",
    "/forum/themen/",
    "/mitteilungen/",
    "/rueckruf/",
    "/sprache/",
    "/suche/",
    "/tickets/",
    "/zusagen/",
)


@login_not_required
@require_safe
@cached_for_strangers()
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), "Allow: /", ""]
    lines.append(f"Sitemap: {request.build_absolute_uri(reverse('portal:sitemap'))}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


class PageMap(Base):
    """The pages that every tenant has."""

    def items(self) -> Sequence[str]:
        return ["portal:home", "portal:levels", "portal:contact", "portal:faq", "portal:forum"]

    def location(self, item: str) -> str:
        return reverse(item)


class ArticleMap(Base):
    """All public articles of the FAQ."""

    limit = PART

    def items(self) -> ArticleQuerySet:
        found = Article.objects.visible_to(AnonymousUser()).order_by("pk")
        return found.only("slug", "updated_at")

    def lastmod(self, item: Article) -> datetime:
        return item.updated_at

    def get_latest_lastmod(self) -> datetime | None:
        # The package itself would load every article for it.
        latest: datetime | None = self.items().aggregate(latest=Max("updated_at"))["latest"]
        return latest


class TopicMap(Base):
    """All public topics of the forum."""

    limit = PART

    def items(self) -> TopicQuerySet:
        return Topic.objects.public().select_related("category").order_by("pk")

    def lastmod(self, item: Topic) -> datetime:
        return item.last_post_at

    def get_latest_lastmod(self) -> datetime | None:
        # The package itself would load every topic for it.
        topics = Topic.objects.public()
        latest: datetime | None = topics.aggregate(latest=Max("last_post_at"))["latest"]
        return latest


MAPS: dict[str, type[Base] | Base] = {"seiten": PageMap, "faq": ArticleMap, "forum": TopicMap}


@login_not_required
@require_safe
@cached_for_strangers()
def sitemap(request: HttpRequest) -> HttpResponseBase:
    """The list of the map's parts."""
    return sitemaps.index(request, MAPS, sitemap_url_name="portal:sitemap_part").render()


@login_not_required
@require_safe
@cached_for_strangers(query=["p"])
def sitemap_part(request: HttpRequest, section: str) -> HttpResponseBase:
    part = request.GET.get("p", "1")
    if part != str(id_in(part)):
        # The package takes more ways to write a number than its links use.
        leave_out(request)
    return sitemaps.sitemap(request, MAPS, section).render()
