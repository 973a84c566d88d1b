"""What the page of one customer organisation shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.timezone import localdate

from accounts.models import Membership, Organisation, User
from billing.accounting import last_day
from billing.models import BillingAddress, BillingEvent, Invoice
from billing.shop import Shop
from tickets.models import Rating, Ticket

# What a page shows at most; of people, a search finds the others.
MOST_PEOPLE = 50
MOST_INVOICES = 24
MOST_LINES = 30
LATEST_TICKETS = 8
# What an invoice says in full, which a line of the history does not need.
UNPRINTED = [f"invoice__{name}" for name in ("supplier", "customer", "lines", "taxes")]


class RoleForm(forms.Form):
    """What a person may do for their organisation."""

    role = forms.TypedChoiceField(choices=Membership.Role.choices, coerce=Membership.Role)


@dataclass(frozen=True, slots=True)
class People:
    """Those in an organisation, its administrators first; `query` chose among them."""

    query: str
    shown: Sequence[Membership]
    is_more: bool


def shown(shop: Shop, *, to: User, query: str = "") -> dict[str, object]:
    """The page's context; `query` chooses among the people."""
    organisation = shop.organisation
    running, account = shop.subscription, shop.account()
    ending = running.cancel_at if running else None
    return {
        "organisation": organisation,
        "shop": shop,
        "price": shop.price_of(shop.tier) if running else None,
        "last_day": last_day(ending, shop.zone) if ending else None,
        "account": account,
        "parts": shop.parts(account),
        "people": people_of(organisation, query),
        "domains": list(organisation.domains.order_by("domain")),
        "address": BillingAddress.objects.filter(organisation=organisation).first(),
        "invoices": invoices_of(organisation) if to.is_tenant_admin else [],
        "today": localdate(shop.at, shop.zone),
        "history": history_of(organisation),
        "rating_share": Rating.objects.all().share_of(organisation),
        "tickets": tickets_of(organisation, to),
    }


def people_of(organisation: Organisation, query: str) -> People:
    """The members, and whether the address of each is proven to be theirs."""
    query = query.replace("\x00", "").strip()[:100]
    proofs = EmailAddress.objects.filter(
        user=OuterRef("user"), verified=True, email__iexact=OuterRef("user__email")
    )
    places = organisation.memberships.select_related("user")
    if query:
        places = places.filter(Q(user__email__icontains=query) | Q(user__name__icontains=query))
    ordered = places.annotate(is_confirmed=Exists(proofs)).order_by(
        # "admin" stands before "member".
        "role",
        Lower("user__name"),
        "user__email",
    )
    found = list(ordered[: MOST_PEOPLE + 1])
    return People(query, found[:MOST_PEOPLE], is_more=len(found) > MOST_PEOPLE)


def invoices_of(organisation: Organisation) -> list[Invoice]:
    """The latest documents, without what is printed on them."""
    found = organisation.invoices.defer("supplier", "customer", "lines", "taxes")
    return list(found.order_by("-year", "-sequence")[:MOST_INVOICES])


def history_of(organisation: Organisation) -> list[BillingEvent]:
    lines = organisation.billing_events.select_related("tier", "before", "invoice")
    return list(lines.defer(*UNPRINTED).order_by("-at", "-pk")[:MOST_LINES])


def tickets_of(organisation: Organisation, user: User) -> list[Ticket]:
    visible = Ticket.objects.visible_to(user).filter(organisation=organisation)
    return list(visible.select_related("requester").order_by("-updated_at")[:LATEST_TICKETS])
