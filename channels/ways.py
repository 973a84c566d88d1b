"""Which ways in are really there for a tenant's customers."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec

from django.core.cache import cache

from channels.facebook import pages
from channels.models import ContactForm, FacebookPage
from sla.models import SupportTier
from tenants.connection import connection
from tenants.models import Route
from tickets.models import Channel

# Seconds for which a tenant's mailbox is taken to be there, or not: addresses hardly ever change.
REMEMBERED = 60


def enabled() -> list[Channel]:
    """The ways that are built in and set up for the current tenant, in a fixed order."""
    is_there = {
        Channel.EMAIL: cache.get_or_set("channels.has_mailbox", _has_mailbox, REMEMBERED),
        Channel.CONTACT_FORM: ContactForm.is_there(),
        Channel.FACEBOOK: cache.get_or_set(pages.IS_THERE, _has_page, REMEMBERED),
    }
    return [way for way in _built_in() if is_there.get(way, True)]


def of_tier(tier: SupportTier, ways: list[Channel]) -> list[Channel]:
    """Those of some ways that a tier may use."""
    return [way for way in ways if way in tier.allowed_channels]


def _has_mailbox() -> bool:
    mailboxes = Route.objects.filter(kind=Route.Kind.EMAIL)
    return mailboxes.filter(tenant__schema_name=connection.schema_name).exists()


def _has_page() -> bool:
    return FacebookPage.objects.filter(state=FacebookPage.State.ACTIVE).exists()


@lru_cache(maxsize=1)
def _built_in() -> list[Channel]:
    return [way for way in Channel if _is_package(f"channels.{way}")]


def _is_package(name: str) -> bool:
    """False for a folder without code, as it stays behind where another version has been."""
    spec = find_spec(name)
    return spec is not None and spec.origin is not None
