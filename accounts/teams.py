"""What a tenant's admins change about its teams.

Every edit locks all teams of the tenant, so that two admins come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from accounts.models import Team, TeamMembership, User
from accounts.signals import team_dissolved
from tenants.acts import act


class TeamNameTakenError(ValueError):
    """Another team has this name."""


class NotAnAgentError(ValueError):
    """Somebody chosen is no agent, or is locked out; nothing was changed."""


@act()
def save_team(team: Team, *, members: Iterable[User], leads: Iterable[User]) -> Team:
    """Store a team with those who are in it; who leads it is in it.

    Who is locked out keeps their place. Raises Team.DoesNotExist for a team removed meanwhile.
    """
    others = {other.pk: other for other in Team.objects.select_for_update().order_by("pk")}
    if team.pk and others.pop(team.pk, None) is None:
        raise Team.DoesNotExist
    if any(other.name.casefold() == team.name.casefold() for other in others.values()):
        raise TeamNameTakenError
    leading = {person.pk for person in leads}
    chosen = leading | {person.pk for person in members}
    if User.objects.agents().filter(pk__in=chosen).count() < len(chosen):
        raise NotAnAgentError
    _store(team)
    team.memberships.of_agents().exclude(user__in=chosen).delete()
    TeamMembership.objects.bulk_create(
        [TeamMembership(team=team, user_id=pk, is_lead=pk in leading) for pk in sorted(chosen)],
        update_conflicts=True,
        unique_fields=["team", "user"],
        update_fields=["is_lead"],
    )
    return team


@act()
def delete_team(team: Team, *, by: User) -> None:
    """Remove a team; its tickets go on without one."""
    # Tickets are locked before the team, as whoever gives the team a ticket does.
    team_dissolved.send(Team, team=team, by=by)
    stored = Team.objects.select_for_update().filter(pk=team.pk).first()
    if stored is not None:
        stored.delete()


def _store(team: Team) -> None:
    """Save the name; two new teams of one name, stored at once, meet in the database."""
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise TeamNameTakenError from error
