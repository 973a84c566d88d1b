"""What happens to people, and what it does to their tickets, in the same transaction."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import Team, User
from accounts.signals import address_confirmed, team_dissolved, tidying
from tickets import assigning, drafts, senders


@receiver(address_confirmed)
def confirm_tickets(user: User, **_: Any) -> None:
    senders.confirm_sender(user)


@receiver(team_dissolved)
def leave_team(team: Team, by: User, **_: Any) -> None:
    assigning.leave_team(team, by=by)


@receiver(tidying)
def tidy_drafts(**_: Any) -> None:
    drafts.tidy()
