"""What a reader says about an article."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from faq.statistics import COMMENT_LENGTH


class VoteForm(forms.Form):
    """Helpful or not; the button that was pressed says which."""

    is_helpful = forms.TypedChoiceField(
        choices=[("True", _("Yes")), ("False", _("No"))],
        coerce=lambda value: value == "True",
        error_messages={
            "required": _("Please choose whether it helped."),
            "invalid_choice": _("Please choose whether it helped."),
        },
    )
    comment = forms.CharField(
        label=_("What is missing or good?"),
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 3}),
    )
