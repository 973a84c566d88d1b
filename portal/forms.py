"""What customers write in the portal."""

from __future__ import annotations

import uuid

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from helpdesk.uploads import FormWithFiles
from tickets.services import SUBJECT_LENGTH

TEXT_LENGTH = 100_000


class ReplyForm(FormWithFiles):
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
