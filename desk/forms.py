"""What agents type and choose on the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organisation, Team, User
from channels.facebook import wall_answers, windows
from helpdesk.uploads import FormWithFiles
from tickets.models import Channel, Message, Ticket
from tickets.states import TRANSITIONS, State

TEXT_LENGTH = 200_000
# What an answer may leave a ticket as, the usual one first.
AFTER_AN_ANSWER = (State.WAITING, State.SOLVED, State.OPEN, State.CLOSED)

# The ways in which an answer can leave, whichever way a ticket came.
ANSWERED_BY = (Channel.EMAIL, Channel.PORTAL)


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
        self.wall = wall_answers.choice_of(ticket)
        if self.wall is not None:
            self.fields["way"] = forms.ChoiceField(
                choices=wall_answers.Way.choices,
                initial=self.wall.usual,
                widget=forms.RadioSelect,
                error_messages={"required": _("Please choose who may read the answer.")},
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.wall is not None and "way" in cleaned:
            text, has_files = cleaned.get("text", ""), bool(cleaned.get("files"))
            refusal = wall_answers.why_not(self.wall, cleaned["way"], text, has_files=has_files)
            if refusal:
                self.add_error("way", refusal)
        return cleaned

    def write_down(self, message: Message) -> None:
        """Note how the answer is to leave, where its writer chose; in the act that writes it."""
        if self.wall is not None:
            wall_answers.write_down(self.wall, message, self.cleaned_data["way"])


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


class TicketTeamForm(forms.Form):
    """The team that looks after a ticket while nobody has taken it; none is a choice too."""

    def __init__(self, ticket: Ticket, **values: Any) -> None:
        super().__init__(**values, auto_id="ticket_%s", initial={"team": ticket.team_id})
        self.fields["team"] = forms.ModelChoiceField(
            label=_("Team"),
            queryset=Team.objects.order_by("name"),
            required=False,
            empty_label=_("no team"),
            error_messages={"invalid_choice": _("This team does not exist any more.")},
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


class ChannelForm(forms.Form):
    """The ways in which a ticket can be answered; the one it came by is always among them."""

    def __init__(self, ticket: Ticket, posted: QueryDict | None = None) -> None:
        super().__init__(posted, initial={"channel": ticket.channel}, auto_id="channel_%s")
        # Who has no address can be reached neither by mail nor in the portal.
        others = ANSWERED_BY if ticket.requester.has_address else ()
        ways = [Channel(ticket.channel), *(way for way in others if way != ticket.channel)]
        if Channel.FACEBOOK not in ways and windows.came_by_message(ticket):
            # They wrote there: whoever was answered by mail meanwhile can be answered there again.
            ways.append(Channel.FACEBOOK)
        self.fields["channel"] = forms.ChoiceField(
            label=pgettext_lazy("channel", "Answer by"),
            choices=[(way.value, way.label) for way in ways],
        )


class LinkForm(forms.Form):
    """The organisation to which a person belongs."""

    organisation = forms.ModelChoiceField(
        queryset=Organisation.objects.all(),
        error_messages={
            "required": _("Please choose the organisation."),
            "invalid_choice": _("This organisation does not exist any more."),
        },
    )


class MergeForm(forms.Form):
    """In which ticket another one of the same person goes on: chosen from a list, or by number."""

    into = forms.CharField(
        label=_("Number of the ticket that stays"),
        max_length=20,
        error_messages={"required": _("Please choose a ticket or type its number.")},
    )

    def __init__(self, ticket: Ticket, *args: Any) -> None:
        super().__init__(*args)
        self.ticket = ticket
        same = Ticket.objects.filter(
            requester=ticket.requester, organisation=ticket.organisation, merged_into=None
        )
        self.others = same.exclude(pk=ticket.pk).exclude(state=State.SPAM).order_by("-updated_at")

    def clean_into(self) -> Ticket:
        digits = self.cleaned_data["into"].strip().removeprefix("#")
        is_number = digits.isascii() and digits.isdecimal() and len(digits) < 18
        found = Ticket.objects.filter(number=int(digits)).first() if is_number else None
        if found is None:
            raise forms.ValidationError(_("There is no ticket with this number."))
        return found


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
