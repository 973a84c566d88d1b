"""What an admin says about Facebook: which pages, a token, and what becomes of what is written."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from channels.models import FacebookPage

# A year: later than that nobody goes on where they stopped.
MOST_HOURS = 8_760
LONGEST_TOKEN = 1_000


class TokenForm(forms.Form):
    """A page token from Meta's own tools."""

    token = forms.CharField(
        label=_("Page token"),
        max_length=LONGEST_TOKEN,
        widget=forms.PasswordInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Begins with “EAA”. It is stored encrypted and never shown again."),
        error_messages={"required": _("Paste the token of the page.")},
    )


class PageSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What becomes of what is written on a page."""

    class Meta:
        model = FacebookPage
        fields: ClassVar[list[str]] = ["tickets_from", "solved_hours", "acknowledges"]
        labels: ClassVar[dict[str, object]] = {
            "tickets_from": _("What on the wall becomes a ticket"),
            "solved_hours": _("A solved conversation goes on for (hours)"),
            "acknowledges": _("Confirm each new ticket by an automatic message"),
        }
        help_texts: ClassVar[dict[str, object]] = {
            "solved_hours": _(
                "What somebody writes within this time joins their solved ticket and opens it "
                "again; later it becomes a new one."
            ),
            "acknowledges": _("With its number and the moment of the first answer."),
        }
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "tickets_from": forms.RadioSelect(),
            "solved_hours": forms.TextInput({"class": "digits", "inputmode": "numeric"}),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through unchanged
        self.fields["solved_hours"].validators.append(MaxValueValidator(MOST_HOURS))
