"""How an admin sets up the question about an answer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.models import RatingSettings
from channels.rating.models import LATEST, SOONEST


class RatingSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    is_mailed = forms.BooleanField(
        label=_("Ask by e-mail"),
        required=False,
        help_text=_(
            "Once for a solved ticket, and nobody more than once a day. In the portal everybody "
            "can rate a solved ticket anyway."
        ),
    )
    after_hours = forms.IntegerField(
        label=_("Hours after a ticket was solved"),
        min_value=SOONEST,
        max_value=LATEST,
        widget=forms.NumberInput({"class": "digits", "inputmode": "numeric"}),
        help_text=_("If it is opened again before that, nobody is asked."),
    )

    class Meta:
        model = RatingSettings
        fields = ("is_mailed", "after_hours")
