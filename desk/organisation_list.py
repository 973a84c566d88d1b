"""The customer organisations, found by what an agent knows of them, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import Membership, Organisation, OrganisationDomain, OrganisationQuerySet
from billing.models import Subscription
from sla.models import SupportTier, TierAssignment
from sla.tiers import default_tier
from tickets.models import Ticket
from tickets.states import QUEUED

PAGE = 50
MOST_PAGES = 10_000
LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True)
class Row:
    """An organisation, and what of it a list shows."""

    organisation: Organisation
    tier: SupportTier
    booked_since: datetime | None
    people: int
    open_tickets: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search; `query` is what was looked for."""

    query: str
    number: int
    rows: list[Row]
    is_last: bool

    def address(self, path: str, number: int) -> str:
        """Where another page of the same search is."""
        values = {"q": self.query, "page": str(number) if number > 1 else ""}
        written = urlencode({name: value for name, value in values.items() if value})
        return f"{path}?{written}" if written else path


def find(words: str, page: str) -> Page:
    """Those that fit, in the order of their names; what is no page's number is the first."""
    query = words.replace("\x00", "").strip()[:LONGEST_QUERY]
    is_number = page.isascii() and page.isdecimal() and len(page) < 6
    number = min(max(int(page), 1), MOST_PAGES) if is_number else 1
    start = (number - 1) * PAGE
    found = list(_matching(query).order_by(Lower("name"), "pk")[start : start + PAGE + 1])
    return Page(query, number, _rows(found[:PAGE]), is_last=len(found) <= PAGE)


def _matching(query: str) -> OrganisationQuerySet:
    """By name, mail domain, and the name or address of somebody in it."""
    if not query:
        return Organisation.objects.all()
    mine = {"organisation": OuterRef("pk")}
    domains = OrganisationDomain.objects.filter(**mine, domain__icontains=query.lstrip("@"))
    named = Q(user__email__icontains=query) | Q(user__name__icontains=query)
    people = Membership.objects.filter(named, **mine)
    return Organisation.objects.filter(
        Q(name__icontains=query) | Q(Exists(domains)) | Q(Exists(people))
    )


def _rows(organisations: list[Organisation]) -> list[Row]:
    """What the list shows of them, in one query for each column."""
    mine = {"organisation__in": [one.pk for one in organisations]}
    assigned = TierAssignment.objects.filter(**mine).select_related("tier")
    last = assigned.order_by("organisation", "-valid_from", "-pk").distinct("organisation")
    tiers = {one.organisation_id: one.tier for one in last}
    since = dict(
        Subscription.objects.running().filter(**mine).values_list("organisation", "started_at")
    )
    people = _counts(Membership.objects.filter(**mine))
    tickets = _counts(Ticket.objects.filter(**mine, state__in=QUEUED))
    return [
        Row(
            organisation=one,
            tier=tiers.get(one.pk) or default_tier(),
            booked_since=since.get(one.pk),
            people=people.get(one.pk, 0),
            open_tickets=tickets.get(one.pk, 0),
        )
        for one in organisations
    ]


def _counts(found: QuerySet[Any]) -> dict[int, int]:
    """How many there are of each organisation."""
    counted = found.order_by().values("organisation").annotate(n=Count("pk"))
    return dict(counted.values_list("organisation", "n"))
