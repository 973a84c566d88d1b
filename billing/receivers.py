"""What happens to people, and what it means for what their organisation has booked."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import Membership, Organisation, User
from accounts.signals import leaving
from billing.models import Subscription


@receiver(leaving)
def keep_the_last_one_of_a_booking(user: User, organisation: Organisation, **_: Any) -> bool:
    """The last administrator of a running booking stays: nobody else could see or cancel it."""
    admins = organisation.memberships.filter(role=Membership.Role.ADMIN, user__is_active=True)
    keys = set(admins.values_list("user_id", flat=True))
    running = Subscription.objects.running().filter(organisation=organisation)
    return not (keys == {user.pk} and running.exists())
