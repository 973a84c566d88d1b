"""The team of an organisation, run by its own administrators: invite, change, remove, leave.

Every act locks the organisation and all its places, so that two people come one after the other
and an administrator always remains. Who may act is the view's question.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import now

from accounts.models import Membership, Organisation, OrganisationInvitation, User
from accounts.services import LastAdminError
from accounts.signals import moved
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Tenant

VALID_FOR = timedelta(days=14)
# Nobody is written to more often than this, whatever an administrator clicks.
RESEND_AFTER = timedelta(minutes=10)
# A team waits for no more answers than this at once; it keeps us from mailing lists of addresses.
OPEN_AT_MOST = 30


class InvitationGoneError(LookupError):
    """The link is damaged, used, withdrawn, replaced or expired."""


class NotForYouError(ValueError):
    """Somebody else's address was invited, or the person's own is not confirmed."""


class MayNotLeaveError(ValueError):
    """Nobody else could look after what the person's present organisation has going on."""


class TooManyInvitationsError(ValueError):
    """So many people were invited that the answers must be awaited first."""


class AlreadyThereError(ValueError):
    """The address belongs to somebody in this very team, which its administrators see anyway."""


class TooSoonError(ValueError):
    """The mail went out a moment ago."""


@act()
def invite(
    organisation: Organisation, email: str, role: Membership.Role, *, by: User
) -> OrganisationInvitation:
    """Write to an address; what comes back is the same whether or not it has an account.

    Raises AlreadyThereError, TooManyInvitationsError and, for one invited just now, TooSoonError.
    """
    email = email.strip().lower()
    places = _lock(organisation)
    if any(place.user.email == email and place.user.is_active for place in places):
        raise AlreadyThereError
    waiting = organisation.invitations.filter(email=email).first()
    if waiting is not None:
        waiting.role = role
        waiting.invited_by = by
        return _send(waiting)
    if organisation.invitations.count() >= OPEN_AT_MOST:
        raise TooManyInvitationsError
    new = OrganisationInvitation.objects.create(
        organisation=organisation, email=email, role=role, invited_by=by
    )
    _mail(new)
    return new


@act()
def resend(organisation: Organisation, pk: int) -> OrganisationInvitation:
    """Write once more; the link before ends. Raises OrganisationInvitation.DoesNotExist."""
    return _send(organisation.invitations.select_for_update(of=("self",)).get(pk=pk))


@act()
def withdraw(organisation: Organisation, pk: int) -> None:
    """Take an invitation back; its link ends. Raises OrganisationInvitation.DoesNotExist."""
    organisation.invitations.get(pk=pk).delete()


def token(invitation: OrganisationInvitation) -> str:
    """The secret of the latest mail."""
    return _signer().sign_object([invitation.pk, invitation.sent_at.isoformat()])


def invitation_of(token: str) -> OrganisationInvitation:
    """The invitation behind a link; raises InvitationGoneError."""
    try:
        pk, stamp = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise InvitationGoneError from error
    found = OrganisationInvitation.objects.select_related("organisation", "invited_by")
    invitation = found.filter(pk=pk, sent_at__gt=now() - VALID_FOR).first()
    if invitation is None or invitation.sent_at.isoformat() != stamp:
        raise InvitationGoneError
    return invitation


def waiting_for(place: Membership) -> QuerySet[OrganisationInvitation]:
    """What a person's confirmed address is invited to besides where they are."""
    found = OrganisationInvitation.objects.select_related("organisation")
    others = found.exclude(organisation=place.organisation)
    return others.filter(email=place.user.email, sent_at__gt=now() - VALID_FOR)


def is_for(invitation: OrganisationInvitation, user: User) -> bool:
    """True for the customer whose confirmed address was invited, and for nobody else."""
    proofs = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return not user.is_agent and user.email == invitation.email and proofs.exists()


@act()
def accept(token: str, user: User) -> Organisation:
    """Move a person into the organisation that invited them, and use the link up.

    Raises InvitationGoneError, NotForYouError, LastAdminError and MayNotLeaveError.
    """
    invitation = invitation_of(token)
    if not is_for(invitation, user):
        raise NotForYouError
    is_there = _leave_for(user, invitation.organisation)
    # Of two clicks the second finds nothing to delete.
    used, _by_model = OrganisationInvitation.objects.filter(
        pk=invitation.pk, sent_at=invitation.sent_at
    ).delete()
    if not used:
        raise InvitationGoneError
    # Who came in another way meanwhile loses nothing by it.
    if not is_there or invitation.role == Membership.Role.ADMIN:
        user.join(invitation.organisation, invitation.role)
    if not is_there:
        moved.send(User, user=user)
    return invitation.organisation


@act()
def move(user: User, organisation: Organisation) -> None:
    """Put somebody into another organisation, as a plain member; who is in it already stays so.

    Part of another act, which sends `moved` once what goes along has moved. Raises LastAdminError
    and MayNotLeaveError.
    """
    if not _leave_for(user, organisation):
        user.join(organisation)


@act()
def set_role(organisation: Organisation, person: int, role: Membership.Role) -> Membership:
    """Make somebody of the team its administrator, or a plain member again.

    Raises Membership.DoesNotExist, and LastAdminError for the one who remains.
    """
    places = _lock(organisation)
    place = _place(places, person)
    if role != Membership.Role.ADMIN:
        _keep_an_admin(places, person)
    place.role = role
    place.save(update_fields=["role"])
    return place


@act()
def remove(organisation: Organisation, person: int) -> User:
    """Give somebody an organisation of their own; they see this one no more.

    So leaves who does it to themselves. Raises Membership.DoesNotExist, LastAdminError.
    """
    places = _lock(organisation)
    place = _place(places, person)
    _keep_an_admin(places, person)
    user = place.user
    user.join(Organisation.objects.open(user.name or user.email), Membership.Role.ADMIN)
    moved.send(User, user=user)
    return user


def is_only_admin(organisation: Organisation, user: User) -> bool:
    """True for who alone looks after others of the team."""
    places = organisation.memberships.filter(user__is_active=True)
    admins = set(places.filter(role=Membership.Role.ADMIN).values_list("user", flat=True))
    return admins == {user.pk} and places.exclude(user=user).exists()


def _leave_for(user: User, organisation: Organisation) -> bool:
    """Lock a person and both ends of their way, and let them go; True when they are there already.

    The person before all else, as intake locks them. Raises LastAdminError and MayNotLeaveError.
    """
    User.objects.get_queryset().select_for_update(no_key=True).get(pk=user.pk)
    # Read behind the lock: they may have gone elsewhere while we waited.
    place = Membership.objects.select_related("organisation").filter(user=user).first()
    own = place.organisation if place else None
    Organisation.objects.lock(*filter(None, (own, organisation)))
    if own is not None and own != organisation:
        _let_go(own, user)
    return own == organisation


def _let_go(organisation: Organisation, user: User) -> None:
    places = _lock(organisation)
    if is_only_admin(organisation, user):
        raise LastAdminError
    if not user.may_leave():
        raise MayNotLeaveError
    if not any(place.user.is_active for place in places if place.user_id != user.pk):
        # Nobody is left to whom anybody could come.
        organisation.invitations.all().delete()


def _lock(organisation: Organisation) -> list[Membership]:
    Organisation.objects.lock(organisation)
    places = organisation.memberships.select_for_update(of=("self",)).select_related("user")
    return list(places.order_by("pk"))


def _place(places: list[Membership], person: int) -> Membership:
    for place in places:
        if place.user_id == person and place.user.is_active:
            return place
    raise Membership.DoesNotExist


def _keep_an_admin(places: list[Membership], person: int) -> None:
    admins = {place.user_id for place in places if place.is_admin and place.user.is_active}
    if admins == {person}:
        raise LastAdminError


def _send(invitation: OrganisationInvitation) -> OrganisationInvitation:
    invitation.sent_at = now()
    invitation.save(update_fields=["sent_at", "role", "invited_by"])
    _mail(invitation)
    return invitation


def _mail(invitation: OrganisationInvitation) -> None:
    """The same mail for who has an account and who has none.

    Raises TooSoonError, also for an address whose invitation was withdrawn in between.
    """
    digest = hashlib.sha256(invitation.email.encode()).hexdigest()
    key = f"accounts.team:{invitation.organisation_id}:{digest}"
    if not cache.add(key, True, RESEND_AFTER.total_seconds()):
        raise TooSoonError
    path = reverse("portal:team_invitation", args=[token(invitation)])
    context = {
        "organisation": _harmless(invitation.organisation),
        "by": _harmless(invitation.invited_by or ""),
        "invitation_url": Tenant.current().url(path),
        "days": VALID_FOR.days,
    }
    # Who is known here reads it in their own language, who is not in that of the inviter.
    inviter = invitation.invited_by.language if invitation.invited_by else ""
    with translation.override(inviter or settings.LANGUAGE_CODE):
        get_adapter().send_mail("account/email/team_invitation", invitation.email, context)


def _harmless(name: object) -> str:
    """A name that no mail program turns into a link: people choose theirs themselves."""
    return re.sub(r"(?<=\S)[.:/]+(?=\S)", " ", str(name))[:80]


def _signer() -> signing.Signer:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return signing.Signer(salt=f"accounts.team:{connection.schema_name}")
