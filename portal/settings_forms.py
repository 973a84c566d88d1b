"""What people type on their settings' pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import notifications
from accounts.forms import name_field
from accounts.models import Membership, User
from accounts.notifications import Channel, Event


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Name and language; the address has a form of its own, because it needs a proof."""

    name = name_field(required=True)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("For these pages and for our e-mails to you."),
    )

    class Meta:
        model = User
        fields = ("name", "language")


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class InvitationForm(forms.Form):
    """Whom an administrator of an organisation wants in the team, and as what."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Membership.Role.choices, initial=Membership.Role.MEMBER
    )


class NotificationsForm(forms.Form):
    """A box for each event that can concern this person, on each channel."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for (event, channel), wanted in notifications.wanted(user).items():
            self.fields[_box(event, channel)] = forms.BooleanField(
                label=f"{event.label}: {channel.label}", required=False, initial=wanted
            )

    @property
    def channels(self) -> list[Channel]:
        return notifications.channels_for(self.user)

    def rows(self) -> Iterator[tuple[Event, list[forms.BoundField]]]:
        """Each event with its boxes, in the order of the channels."""
        for event in notifications.events_for(self.user):
            yield event, [self[_box(event, channel)] for channel in self.channels]

    def save(self) -> None:
        chosen = {
            (event, channel): self.cleaned_data[_box(event, channel)]
            for event in notifications.events_for(self.user)
            for channel in self.channels
        }
        notifications.choose_all(self.user, chosen)


def _box(event: Event, channel: Channel) -> str:
    return f"{event.value}-{channel.value}"
