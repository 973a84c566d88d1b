"""What happens to people: invited, let in, confirmed, shut out."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils import translation
from django.utils.timezone import now

from accounts import invitations
from accounts.models import OrganisationDomain, User
from accounts.signals import address_confirmed
from tenants.acts import act
from tenants.models import Tenant


class AlreadyInTeamError(ValueError):
    """The person signs in as an agent already; a forgotten password is theirs to reset."""


@act()
def invite(email: str, *, name: str = "", role: str = User.Role.AGENT, base_url: str = "") -> User:
    """Invite an agent or tenant admin by mail; inviting again replaces the earlier link.

    A customer who is invited becomes an agent, and signs in again once they have accepted: only
    who reads the mailbox may choose the password that opens the desk. Their second factors end too:
    that is the way back for an agent who has lost them. `base_url` is the address
    the inviter works at, the tenant's own unless given. Raises AlreadyInTeamError.
    """
    email = email.strip().lower()
    user = User.objects.with_address(email).select_for_update().first() or User(email=email)
    if user.is_active and user.is_agent and user.has_usable_password():
        raise AlreadyInTeamError(email)
    user.name = name[:120] or user.name
    user.role = role
    user.is_active = True
    user.invited_at = now()
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    _mail_invitation(user, base_url or Tenant.current().url(""))
    return user


@act()
def accept_invitation(token: str, *, name: str, password: str) -> User:
    """Use an invitation up: name and password are set, the address counts as confirmed.

    Raises InvitationInvalidError; the same link never works twice, whoever comes first.
    """
    user = invitations.invited(token, lock=True)
    user.name = name[:120]
    user.set_password(password)
    user.invited_at = None
    user.undeliverable_at = None
    user.save()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    return user


@act()
def confirm_address(user: User) -> None:
    """The mailbox is proven to be this person's, and what came from it counts as theirs."""
    prove_mailbox(user)
    address_confirmed.send(User, user=user)


@act()
def prove_mailbox(user: User) -> None:
    """The mailbox is proven to be this person's; now, and not before, it may tell who they are.

    A customer joins the organisation that owns their mail domain, unless they share one with
    others already. What came from it before is decided apart.
    """
    user.undeliverable_at = None
    user.save(update_fields=["undeliverable_at"])
    if not user.is_agent:
        _join_by_domain(user)


class LastAdminError(ValueError):
    """Without this person nobody could look after the tenant any more."""


@act()
def deactivate(user: User) -> None:
    """Shut a person out: they can no longer sign in, and their sessions end with the next page.

    Inviting them again lets them back in. Raises LastAdminError.
    """
    admins = User.objects.agents().filter(role=User.Role.ADMIN).select_for_update(no_key=True)
    if user.is_tenant_admin and not [one for one in admins.order_by("pk") if one.pk != user.pk]:
        raise LastAdminError
    user.is_active = False
    user.invited_at = None
    user.save(update_fields=["is_active", "invited_at"])


def _join_by_domain(user: User) -> None:
    own = user.organisation
    if own is not None and own.memberships.count() > 1:
        return
    domain = user.email.rpartition("@")[2]
    owner = OrganisationDomain.objects.filter(domain=domain).select_related("organisation").first()
    if owner is not None and owner.organisation != own and user.may_leave():
        user.join(owner.organisation)


def _mail_invitation(user: User, base_url: str) -> None:
    context = {
        "user": user,
        "invitation_url": base_url.rstrip("/") + invitations.path(user),
        "days": invitations.VALID_FOR.days,
    }
    with translation.override(user.language or settings.LANGUAGE_CODE):
        get_adapter().send_mail("account/email/invitation", user.email, context)
