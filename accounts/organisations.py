"""What the tenant's admins change about who may do what in an organisation."""

from __future__ import annotations

from accounts.models import Membership, Organisation, User
from tenants.acts import act


@act()
def change_role(organisation: Organisation, person: User, role: Membership.Role) -> Membership:
    """Make a person of an organisation its administrator, or a plain member again.

    Raises Membership.DoesNotExist for who is not in it, or has left it meanwhile.
    """
    places = organisation.memberships.select_for_update(of=("self",)).select_related("user")
    place = places.get(user=person)
    if place.role != role:
        place.role = role
        place.save(update_fields=["role"])
    return place
