"""The end of an account, asked for by its person (DSGVO Art. 17): at once, and for good.

The row stays without a name, because what others own points at it: tickets, invoices, what was
booked. Each app erases its own through `accounts.privacy`.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import exporting, membership, privacy
from accounts.models import Membership, Organisation, OrganisationInvitation, User
from tenants.acts import act


class OnlyAdminError(ValueError):
    """Others are in the organisation, and nobody else could look after it."""


class BookingRunsError(ValueError):
    """Something is booked that nobody else could see or cancel."""


class NotTheirsError(ValueError):
    """An agent's account is the tenant's to end."""


def check(user: User) -> None:
    """Say why an account cannot end now.

    Raises NotTheirsError, OnlyAdminError and BookingRunsError.
    """
    if user.is_agent:
        raise NotTheirsError
    own = user.organisation
    if own is not None and membership.is_only_admin(own, user):
        raise OnlyAdminError
    if not user.may_leave():
        raise BookingRunsError


@act()
def erase(user: User) -> None:
    """End an account: nobody can sign in to it, and nothing in it says whose it was.

    Raises what `check` raises; a section that fails leaves everything as it was.
    """
    # The person before all else, as intake locks them: what they write in this moment waits.
    User.objects.get_queryset().select_for_update(no_key=True).get(pk=user.pk)
    own = user.organisation
    if own is not None:
        # Two administrators who leave at once come one after the other, and after who comes.
        Organisation.objects.lock(own)
        list(own.memberships.select_for_update(of=("self",)).order_by("pk"))
    check(user)
    # Higher layers first, so that the person is still who they are for them.
    for section in reversed(privacy.sections()):
        section.erase(user)


def erase_person(user: User) -> None:
    """What this app knows of a person; all but the bare row."""
    for session in UserSession.objects.filter(user=user):
        session.end()
    for kept in (EmailAddress, Authenticator):
        kept.objects.filter(user=user).delete()
    exporting.forget(user)
    OrganisationInvitation.objects.filter(email=user.email).delete()
    user.notification_choices.all().delete()
    user.notifications.all().delete()
    user.team_memberships.all().delete()
    _leave(user)
    # .invalid is no address (RFC 2606): nobody writes there, and nobody is found by it.
    user.email = f"geloescht-{user.pk}@geloescht.invalid"
    with translation.override(settings.LANGUAGE_CODE):
        user.name = _("Deleted account")
    user.language = ""
    user.is_active = False
    user.invited_at = user.undeliverable_at = user.last_login = None
    user.set_unusable_password()
    user.save()


def _leave(user: User) -> None:
    """Who was alone takes the name of their organisation along; a team keeps its own."""
    own = user.organisation
    if own is None:
        return
    others = own.memberships.filter(user__is_active=True).exclude(user=user)
    if others.exists():
        user.join(own, Membership.Role.MEMBER)
        return
    own.invitations.all().delete()
    with translation.override(settings.LANGUAGE_CODE):
        name = _("Deleted account")
    Organisation.objects.filter(pk=own.pk).update(name=f"{name} {own.pk}")
