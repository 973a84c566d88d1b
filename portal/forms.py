"""What customers write in the portal."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from portal.draft_forms import FormWithDraft
from tickets.models import Rating
from tickets.opening import SUBJECT_LENGTH
from tickets.ratings import COMMENT_LENGTH

TEXT_LENGTH = 100_000


class ReplyForm(FormWithDraft):
    """A message; `form_id` names this one form, so that sending it twice is sending it once."""

    text = forms.CharField(
        label=_("Your message"),
        strip=False,
        widget=forms.Textarea({"rows": 6}),
        # No `max_length`: its attribute would let the browser cut what is pasted, without a word.
        validators=[MaxLengthValidator(TEXT_LENGTH)],
        error_messages={"required": _("Please write something first.")},
    )
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    field_order = ["subject", "text", "files", "form_id"]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").strip("\n")
        if not text.strip():
            raise forms.ValidationError(_("Please write something first."), code="required")
        return text


class TicketForm(ReplyForm):
    """A new request."""

    subject = forms.CharField(
        label=_("Subject"),
        max_length=SUBJECT_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Please say in a few words what it is about.")},
    )


class ReopeningForm(forms.Form):
    """The button that opens a request again; pressed twice, it is one message."""

    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, typed: Mapping[str, Any] | None = None) -> None:
        # The page has another form with such a field.
        super().__init__(typed, auto_id="reopening_%s")


class RatingForm(forms.Form):
    """Whether an answer was good, and why."""

    is_good = forms.TypedChoiceField(
        label=_("Was our answer good?"),
        choices=[("yes", _("Good")), ("no", _("Not good"))],
        coerce=lambda chosen: chosen == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one of the two.")},
    )
    comment = forms.CharField(
        label=_("Would you like to tell us why?"),
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 3}),
    )

    @classmethod
    def of(cls, rating: Rating | None) -> RatingForm:
        """The form as it stands; empty where nobody has rated."""
        if rating is None:
            return cls()
        chosen = "yes" if rating.is_good else "no"
        return cls(initial={"is_good": chosen, "comment": rating.comment})
