"""What agents type and choose on the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from helpdesk.uploads import FormWithFiles
from tickets.models import Ticket
from tickets.states import TRANSITIONS, State

TEXT_LENGTH = 200_000
# What an answer may leave a ticket as, the usual one first.
AFTER_AN_ANSWER = (State.WAITING, State.SOLVED, State.OPEN, State.CLOSED)


class MessageForm(FormWithFiles):
    """A text with attachments; `last_message` is the newest one its writer had seen."""

    text = forms.CharField(
        strip=False,
        widget=forms.Textarea({"rows": 6}),
        # No `max_length`: its attribute would let the browser cut what is pasted, without a word.
        validators=[MaxLengthValidator(TEXT_LENGTH)],
        error_messages={"required": _("Please write something first.")},
    )
    last_message = forms.IntegerField(widget=forms.HiddenInput, required=False)

    field_order = ["text", "files", "last_message"]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").strip("\n")
        if not text.strip():
            raise forms.ValidationError(_("Please write something first."), code="required")
        return text


class NoteForm(MessageForm):
    """An internal note."""

    def __init__(self, **values: Any) -> None:
        # Both forms stand on one page: their fields need ids of their own.
        super().__init__(**values, auto_id="note_%s")


class ReplyForm(MessageForm):
    """A public answer, and what becomes of the ticket with it."""

    def __init__(self, ticket: Ticket, **values: Any) -> None:
        super().__init__(**values)
        states = states_after_answer(ticket)
        self.fields["state"] = forms.ChoiceField(
            label=_("State after the answer"),
            choices=[(state.value, state.label) for state in states],
            initial=states[0] if states else None,
            error_messages={"invalid_choice": _("The ticket cannot go to this state from here.")},
        )


class AssignmentForm(forms.Form):
    """Who works on a ticket; nobody is a choice too."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.fields["assignee"] = forms.ModelChoiceField(
            queryset=User.objects.agents().order_by("name", "email"),
            required=False,
            empty_label=_("nobody"),
            widget=forms.Select({"data-assign": True}),
            error_messages={"invalid_choice": _("This person cannot be given tickets.")},
        )


class StateForm(forms.Form):
    """The states a ticket can go to from where it is."""

    def __init__(self, ticket: Ticket, **values: Any) -> None:
        super().__init__(**values, auto_id="ticket_%s", initial={"state": ticket.state})
        here = State(ticket.state)
        self.fields["state"] = forms.ChoiceField(
            choices=[
                (state.value, state.label)
                for state in State
                if state == here or state in TRANSITIONS[here]
            ],
            error_messages={"invalid_choice": _("The ticket cannot go to this state from here.")},
        )


def states_after_answer(ticket: Ticket) -> list[State]:
    """What an answer may leave this ticket as; nothing for spam, which is opened first."""
    here = State(ticket.state)
    if here == State.SPAM:
        return []
    return [state for state in AFTER_AN_ANSWER if state == here or state in TRANSITIONS[here]]


class InvitationForm(forms.Form):
    """Who is to answer here, and with which rights."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[
            (User.Role.AGENT.value, User.Role.AGENT.label),
            (User.Role.ADMIN.value, User.Role.ADMIN.label),
        ],
        initial=User.Role.AGENT.value,
    )
