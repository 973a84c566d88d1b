"""What the public pages show: a change of it makes their cached copies old."""

from __future__ import annotations

from django.db.models.signals import post_delete, post_save

from billing.models import PriceList
from channels.models import ContactForm
from faq.models import Article
from faq.models import Category as ArticleCategory
from forum.models import Category, Picture, Post, Profile, Topic
from sla.models import BusinessCalendar, CalendarVersion, SupportTier
from tenants import public_changes
from tenants.models import Route

SHOWN = (
    Article,
    ArticleCategory,
    BusinessCalendar,
    CalendarVersion,
    ContactForm,
    PriceList,
    Route,
    SupportTier,
    Category,
    Picture,
    Post,
    Profile,
    Topic,
)


def tell_the_cache(**_: object) -> None:
    public_changes.touch()


for model in SHOWN:
    post_save.connect(tell_the_cache, sender=model)
    post_delete.connect(tell_the_cache, sender=model)
