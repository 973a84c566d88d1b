"""A team as an admin fills it in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User

NO_AGENT = _("Somebody you ticked is no agent or is locked out. Look at the list and save again.")


def people_field(label: Any) -> forms.ModelMultipleChoiceField[User]:
    return forms.ModelMultipleChoiceField(
        label=label,
        queryset=User.objects.agents().order_by("name", "email"),
        required=False,
        error_messages={"invalid_choice": NO_AGENT, "invalid_pk_value": NO_AGENT},
    )


class TeamForm(forms.Form):
    """A team's name, and who is in it; a tick as lead alone is a tick for both."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("A team needs a name.")},
    )

    def __init__(self, team: Team, typed: QueryDict | None = None) -> None:
        super().__init__(typed, initial=_initial(team))
        self.fields["members"] = people_field(_("Member"))
        self.fields["leads"] = people_field(_("Lead"))

    def rows(self) -> list[dict[str, object]]:
        """One row for each agent, with a box for each of the two questions."""
        members = {str(value) for value in self["members"].value() or []}
        leads = {str(value) for value in self["leads"].value() or []}
        return [
            {
                "person": person,
                "is_member": str(person.pk) in members,
                "is_lead": str(person.pk) in leads,
            }
            for person in User.objects.agents().order_by("name", "email")
        ]


def _initial(team: Team) -> dict[str, object]:
    places = list(team.memberships.all()) if team.pk else []
    return {
        "name": team.name,
        "members": [place.user_id for place in places],
        "leads": [place.user_id for place in places if place.is_lead],
    }
