"""What agents type about calls, and how an admin sets them up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localtime, now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from channels.callback import offers
from channels.callback.attempts import Attempt
from channels.models import CallAttempt, CallBack, CallSettings
from desk.forms import states_after_answer
from helpdesk.templatetags.moments import clock
from sla.tiers import tier_of, version_for
from tickets.models import Ticket
from tickets.states import State

LONGEST_CALL = 600
NOTE_LENGTH = 20_000
# When another attempt is proposed, in business time.
AGAIN_AFTER = timedelta(hours=1)
SLOT_MINUTES = (10, 15, 20, 30, 45, 60)
LOCAL_FORMAT = "%Y-%m-%dT%H:%M"


class AttemptForm(forms.Form):
    """What came of a call; `seen` is how many attempts its writer knew of."""

    outcome = forms.ChoiceField(
        label=_("What came of it?"),
        choices=CallAttempt.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please say what came of the call.")},
    )
    minutes = forms.IntegerField(
        label=_("Duration in minutes"),
        required=False,
        min_value=0,
        max_value=LONGEST_CALL,
        widget=forms.NumberInput({"class": "digits", "inputmode": "numeric"}),
    )
    note = forms.CharField(
        label=_("Internal note"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea({"rows": 3}),
    )
    next_attempt_at = forms.DateTimeField(
        label=_("Next attempt, if nobody was reached"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=LOCAL_FORMAT),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, call: CallBack, typed: Mapping[str, Any] | None = None) -> None:
        initial = {"next_attempt_at": _again_at(call.here), "seen": call.attempts.count()}
        super().__init__(typed, initial=initial)
        states = states_after_answer(call.here)
        self.fields["state"] = forms.ChoiceField(
            label=_("State of the ticket, if reached"),
            choices=[(state.value, state.label) for state in states],
            required=False,
        )

    def clean_next_attempt_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["next_attempt_at"]
        is_used = self.cleaned_data.get("outcome") != CallAttempt.Outcome.REACHED
        if at is not None and is_used and at <= now():
            raise forms.ValidationError(_("Please choose a moment that is still to come."))
        return at

    def attempt(self) -> Attempt:
        """What a valid form logs."""
        values = self.cleaned_data
        return Attempt(
            outcome=values["outcome"],
            seconds=(values["minutes"] or 0) * 60,
            note=values["note"].strip(),
            next_attempt_at=values["next_attempt_at"],
            state=State(values["state"] or State.WAITING),
        )


class CallerForm(forms.Form):
    """Whom to call: somebody who is known here, whose tier includes calls."""

    email = forms.EmailField(
        label=_("E-mail address of the customer"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )

    def clean_email(self) -> User:
        found = User.objects.with_address(self.cleaned_data["email"]).first()
        if found is None or found.is_agent or found.organisation is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        tier = tier_of(found.organisation)
        if not offers.is_open_to(tier):
            said = _("%(organisation)s has %(tier)s, which has no calls.")
            names = {"organisation": found.organisation, "tier": tier}
            raise forms.ValidationError(said % names)
        return found


def _slot_lengths() -> list[tuple[int, str]]:
    return [(minutes, clock(minutes * 60)) for minutes in SLOT_MINUTES]


class CallSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """How calls are offered to customers."""

    class Meta:
        model = CallSettings
        fields = ["slot_minutes", "capacity", "days_ahead", "lead_minutes"]

    slot_minutes = forms.TypedChoiceField(
        label=_("Length of a slot"),
        coerce=int,
        choices=_slot_lengths,
    )
    capacity = forms.IntegerField(
        label=_("Calls in one slot"),
        help_text=_("As many as your team can make at the same time."),
        min_value=1,
        max_value=50,
        widget=forms.NumberInput({"class": "digits"}),
    )
    days_ahead = forms.IntegerField(
        label=_("Days ahead"),
        help_text=_("How many days ahead a slot can be chosen."),
        min_value=1,
        max_value=60,
        widget=forms.NumberInput({"class": "digits"}),
    )
    lead_minutes = forms.IntegerField(
        label=_("Minutes before"),
        help_text=_("How long before its start a slot can still be chosen."),
        min_value=0,
        max_value=1440,
        widget=forms.NumberInput({"class": "digits"}),
    )


def _again_at(ticket: Ticket) -> datetime:
    """In an hour of business time, on a full five minutes."""
    at = version_for(tier_of(ticket.organisation)).hours.add(now(), AGAIN_AFTER)
    return localtime(at + timedelta(minutes=-at.minute % 5)).replace(second=0, microsecond=0)
