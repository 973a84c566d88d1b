"""Who wrote: the person behind an address."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.models import Membership, Organisation, User, UserQuerySet
from tenants.prepared import Prepared

# RFC 2606 reserves .invalid: no answer can ever leave to it.
NOBODY = "nobody@unknown.invalid"


def sender(address: str, name: str = "", *, is_verified: bool = True, language: str = "") -> User:
    """The person with this address, locked: one person's messages are taken in one by one.

    A stranger gets an organisation, with Basis; one who only claims to have the address an
    organisation of their own. An agent who writes to the helpdesk from outside is a customer like
    any other: a mail that claims to come from an agent gets no rights by it. `language` is that
    of a stranger, where the channel knows it.
    """
    address = address.strip().lower() or NOBODY
    user = _with_address.first(address)
    if user is None:
        create = User.objects.create_customer if is_verified else User.objects.create_unproven
        try:
            with transaction.atomic():
                user = create(address, name)
                if language:
                    user.language = language
                    user.save(update_fields=["language"])
        except IntegrityError:
            # Another worker met the same stranger at the same moment.
            user = _with_address.first(address)
            if user is None:
                raise
    if user.organisation is None:
        user.join(Organisation.objects.open(user.name or user.email), Membership.Role.ADMIN)
        user = User.objects.get_queryset().get(pk=user.pk)
    if user.undeliverable_at is not None and is_verified:
        # Who writes can be written to.
        user.undeliverable_at = None
        user.save(update_fields=["undeliverable_at"])
    return user


def locked(person: User) -> User:
    """A person whom a channel knows, read again and locked."""
    return _by_key.all(person.pk)[0]


def _locking(people: UserQuerySet) -> UserQuerySet:
    """The lock is the weaker one, which lets rows refer to the person meanwhile."""
    return people.select_related("membership__organisation").select_for_update(
        of=("self",), no_key=True
    )


_with_address = Prepared(
    lambda address: _locking(User.objects.with_address(address)), "sample@sample.invalid"
)
_by_key = Prepared(lambda pk: _locking(User.objects.get_queryset().filter(pk=pk)), -1)
