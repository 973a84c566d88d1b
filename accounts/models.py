"""The people of one tenant: who they are and for which organisation they write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts import notification_models  # noqa: F401  (Django looks for models here)
from accounts.signals import leaving, organisation_created

if TYPE_CHECKING:
    from datetime import datetime


class UserQuerySet(models.QuerySet["User"]):
    def agents(self) -> UserQuerySet:
        """Those who answer: agents and tenant admins who may sign in."""
        return self.filter(is_active=True).exclude(role=User.Role.CUSTOMER)

    def with_address(self, address: str) -> UserQuerySet:
        """The person with this address, whatever its case."""
        return self.filter(email=address.strip().lower())


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def agents(self) -> UserQuerySet:
        return self.get_queryset().agents()

    def with_address(self, address: str) -> UserQuerySet:
        return self.get_queryset().with_address(address)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.with_address(username or "").get()

    # Without savepoints of its own: who creates a person on the way has one around it.
    @transaction.atomic(savepoint=False)
    def create_customer(
        self, email: str, name: str = "", *, organisation: Organisation | None = None
    ) -> User:
        """Create a person without a password: a member of the organisation that is given.

        Without one, of the organisation that owns the address's mail domain, else they administer
        a new one of their own. So who has only claimed to have the address must not be created
        without an organisation.
        """
        email = email.strip().lower()
        user = self.model(email=email, name=name[:120], role=User.Role.CUSTOMER)
        user.set_unusable_password()
        user.save(using=self._db)
        given = organisation or Organisation.objects.owning(email)
        if given is None:
            user.join(Organisation.objects.open(name or email), Membership.Role.ADMIN)
        else:
            user.join(given)
        return user

    @transaction.atomic
    def create_unproven(self, email: str, name: str = "") -> User:
        """Create a person who says that the address is theirs, alone in their organisation."""
        organisation = Organisation.objects.open(name or email)
        user = self.create_customer(email, name, organisation=organisation)
        user.join(organisation, Membership.Role.ADMIN)
        return user

    def create_agent(self, email: str, name: str, *, is_admin: bool = False) -> User:
        """Create an agent or tenant admin, who signs in once they accept the invitation."""
        role = User.Role.ADMIN if is_admin else User.Role.AGENT
        user = self.model(email=email.strip().lower(), name=name[:120], role=role)
        user.invited_at = now()
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person of this tenant; the same address in another tenant is another person."""

    class Role(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")
        ADMIN = "admin", _("Administrator")

    email = models.EmailField(_("E-mail address"), max_length=254)
    name = models.CharField(_("Name"), max_length=120, blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.CUSTOMER)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=5, blank=True)
    joined_at = models.DateTimeField(default=now)
    invited_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # A hard bounce: nothing is sent there until somebody confirms the address again.
    undeliverable_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    # How much is new for them, once it was asked for; who asks for a page brings it along.
    unread_news: int | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="user_email_unique",
                violation_error_message=_("There is already somebody with this e-mail address."),
            ),
            # Look-ups compare with a lower-case address; nothing else may ever be stored.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_lower"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    @property
    def is_invited(self) -> bool:
        """True while an invitation waits for this person, in time or expired."""
        return self.invited_at is not None and not self.has_usable_password()

    @property
    def has_address(self) -> bool:
        """False for who is known by another way only: .invalid is no address (RFC 2606)."""
        return not self.email.endswith(".invalid")

    @property
    def is_agent(self) -> bool:
        """True for agents and tenant admins."""
        return self.role != self.Role.CUSTOMER

    @property
    def is_tenant_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def initials(self) -> str:
        words = [word for word in (self.name or self.email).split() if word[0].isalnum()]
        letters = words[0][0] + (words[-1][0] if len(words) > 1 else "") if words else "?"
        return letters.upper()

    @property
    def organisation(self) -> Organisation | None:
        membership = getattr(self, "membership", None)
        return membership.organisation if membership else None

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Permissions are roles here; no view asks for Django's."""
        return False

    def has_perms(self, perms: object, obj: object = None) -> bool:
        return False

    def may_leave(self) -> bool:
        """False while nobody else could look after what their organisation has going on."""
        own = self.organisation
        if own is None:
            return True
        answers: Any = leaving.send(User, user=self, organisation=own)
        return all(answer is not False for _receiver, answer in answers)

    def join(self, organisation: Organisation, role: str = "member") -> None:
        """Make this person a member of an organisation; they belong to exactly one."""
        membership, _is_new = Membership.objects.update_or_create(
            user=self, defaults={"organisation": organisation, "role": role}
        )
        # What was read before still names the old organisation.
        self.membership = membership


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def owning(self, address: str) -> Organisation | None:
        """The organisation that owns the address's mail domain."""
        return self.filter(domains__domain=address.rpartition("@")[2].lower()).first()

    def lock(self, *organisations: Organisation) -> None:
        """Let nobody come to these or leave them until this transaction ends.

        Who comes needs the row to point at: the lock waits for those who are on their way, and
        those who come later wait for it. By number, so that two never wait crosswise.
        """
        wanted = self.filter(pk__in={one.pk for one in organisations})
        list(wanted.select_for_update().order_by("pk").values_list("pk"))

    @transaction.atomic(savepoint=False)
    def open(self, name: str, *, since: datetime | None = None) -> Organisation:
        """Create an organisation; it has the default tier at once (sla/ listens).

        `since` is when it became a customer, now unless given.
        """
        organisation = self.create(name=name[:200], created_at=since or now())
        organisation_created.send(Organisation, organisation=organisation)
        return organisation


class Organisation(models.Model):
    """A customer of the tenant: a company or a single person; it has the tier."""

    name = models.CharField(_("Name"), max_length=200)
    created_at = models.DateTimeField(default=now)

    objects = OrganisationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class OrganisationDomain(models.Model):
    """A mail domain that belongs to one organisation; free-mail domains belong to none."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        self.domain = self.domain.strip().lower()
        if self.domain in FREE_MAIL_DOMAINS:
            raise ValidationError(
                {"domain": _("%(domain)s is a free-mail provider.") % {"domain": self.domain}}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)


class Membership(models.Model):
    """A person's place in their organisation."""

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        ADMIN = "admin", _("Administrator")

    user = models.OneToOneField(User, models.CASCADE, related_name="membership")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)

    def __str__(self) -> str:
        return f"{self.user} ({self.organisation})"

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN


class TeamQuerySet(models.QuerySet["Team"]):
    def for_list(self) -> TeamQuerySet:
        """In the order of their names, with those of their people who may sign in."""
        people = TeamMembership.objects.of_agents().select_related("user")
        shown = people.order_by("-is_lead", "user__name", "user__email")
        return self.prefetch_related(models.Prefetch("memberships", shown)).order_by("name")


class Team(models.Model):
    """Agents who share work; its leads hear of what nobody took."""

    name = models.CharField(_("Name"), max_length=80, unique=True)

    objects = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class TeamMembershipQuerySet(models.QuerySet["TeamMembership"]):
    def of_agents(self) -> TeamMembershipQuerySet:
        """Without those who are locked out; they keep their place for when they are let in."""
        return self.filter(user__in=User.objects.agents())


class TeamMembership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="team_memberships")
    is_lead = models.BooleanField(default=False)

    objects = TeamMembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="team_member_unique")]

    def __str__(self) -> str:
        return f"{self.user} ({self.team})"


# Providers where strangers share a domain; such a domain says nothing about who employs somebody.
FREE_MAIL_DOMAINS = frozenset(
    """
    aol.com arcor.de email.de freenet.de gmail.com gmx.at gmx.ch gmx.de gmx.net googlemail.com
    hotmail.com hotmail.de icloud.com live.com live.de mac.com mail.de mail.ru mailbox.org me.com
    msn.com online.de outlook.com outlook.de posteo.de proton.me protonmail.com t-online.de
    vodafone.de web.de yahoo.com yahoo.de yandex.com zoho.com
    """.split()  # noqa: SIM905  (a paragraph of names reads better than a column)
)


class OrganisationInvitation(models.Model):
    """That somebody with this address may join an organisation; gone once it is used."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Membership.Role, default=Membership.Role.MEMBER)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # The link carries this moment: sending again ends the link before.
    sent_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"], name="organisation_invitation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.organisation})"


class DataExport(models.Model):
    """A person's own data, asked for and packed; it is there once `ready_at` says so."""

    user = models.ForeignKey(User, models.CASCADE, related_name="data_exports")
    requested_at = models.DateTimeField(default=now)
    ready_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # Named before there is a file, so that what a killed worker left is found and removed.
    path = models.CharField(max_length=120, blank=True)
    size = models.BigIntegerField(default=0)
    # Since when a worker is at it, how often it was begun, and when it was given up.
    claimed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    tries = models.PositiveSmallIntegerField(default=0)
    failed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        constraints = [
            # Asking twice is asking once, while it is being packed.
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(ready_at=None, failed_at=None),
                name="data_export_one_at_work",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.requested_at:%Y-%m-%d}"
