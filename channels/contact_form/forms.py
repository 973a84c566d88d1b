"""What somebody writes in the contact form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from channels.contact_form import stamp
from channels.contact_form.inbound import FAST, TRAP, Sent
from channels.contact_form.stamp import ExpiredError, Stamp, StampError
from helpdesk.texts import one_line
from helpdesk.uploads import FormWithFiles
from tickets.opening import SUBJECT_LENGTH

TEXT_LENGTH = 100_000
# No browser and no password manager fills in a field with this name; people do not see it.
TRAP_FIELD = "quersumme"


class ContactForm(FormWithFiles):
    """The form, for anybody; who is signed in as a customer is not asked who they are."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        required=False,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": _("We need your address so that our answer can reach you."),
            "invalid": _("This is not an e-mail address. Please check it."),
        },
    )
    subject = forms.CharField(
        label=_("Subject"),
        max_length=SUBJECT_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Please say in a few words what it is about.")},
    )
    text = forms.CharField(
        label=_("Your message"),
        strip=False,
        widget=forms.Textarea({"rows": 6}),
        # No `max_length`: its attribute would let the browser cut what is pasted, without a word.
        validators=[MaxLengthValidator(TEXT_LENGTH)],
        error_messages={"required": _("Please write something first.")},
    )
    stamp = forms.CharField(required=False)

    field_order = ["name", "email", "subject", "text", "files"]

    def __init__(
        self, request: HttpRequest | None = None, *, author: User | None = None, **values: Any
    ) -> None:
        super().__init__(request, **values)
        self.author = author
        self.opened: Stamp | None = None
        self.is_expired = False
        if author is not None:
            del self.fields["name"], self.fields["email"]
        # What the form carries when it is shown; the same form keeps its name.
        self.next_stamp = self["stamp"].value() if self.is_bound else stamp.new()

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_subject(self) -> str:
        return one_line(self.cleaned_data["subject"]) or "…"

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").strip("\n")
        if not text.strip():
            raise forms.ValidationError(_("Please write something first."), code="required")
        return text

    def clean(self) -> dict[str, Any]:
        """Look at the stamp last: a form that has to be shown again gets a new one."""
        try:
            self.opened = stamp.read(self.cleaned_data.get("stamp", ""))
        except ExpiredError as expired:
            self._reopen(stamp.new(expired.form_id, is_reopened=True))
        except StampError:
            self._reopen(stamp.new())
        return self.cleaned_data

    def sent(self, *, is_verified: bool, language: str) -> Sent:
        """A valid form as it goes to intake."""
        if self.opened is None:
            raise ValueError("The form is not valid.")
        values, author = self.cleaned_data, self.author
        return Sent(
            form_id=self.opened.form_id,
            subject=values["subject"],
            text=values["text"],
            email=author.email if author else values["email"].lower(),
            name="" if author else values["name"],
            user=author.pk if author else None,
            is_verified=is_verified,
            language=language,
            suspicion=self._suspicion(self.opened),
        )

    def _reopen(self, fresh: str) -> None:
        self.is_expired, self.next_stamp = True, fresh
        self.add_error(
            None,
            _(
                "The form was open for too long. Your text is still here, nothing is lost: "
                "please press Send again."
            ),
        )

    def _suspicion(self, opened: Stamp) -> str:
        if self.data.get(TRAP_FIELD):
            return TRAP
        return FAST if opened.is_too_fast else ""
