"""Whose commercial side a person may see and change: that of the organisation they administer."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db.models import Exists
from django.http import Http404

from accounts.models import Membership, Organisation, User
from helpdesk.http import Request


def membership_of(user: User) -> Membership | None:
    """A confirmed person's place in their organisation, with its address for invoices."""
    proofs = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    places = Membership.objects.select_related("organisation__billing_address")
    return places.filter(Exists(proofs), user=user).first()


def administered(request: Request) -> Organisation:
    """The organisation whose administrator this is; for everybody else there is none (404)."""
    membership = membership_of(request.user)
    if membership is None or not membership.is_admin:
        raise Http404
    return membership.organisation


def administrators(organisation: Organisation) -> list[User]:
    """Whom a member may ask to book."""
    places = organisation.memberships.filter(role=Membership.Role.ADMIN, user__is_active=True)
    return [place.user for place in places.select_related("user").order_by("user__name", "pk")]
