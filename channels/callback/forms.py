"""What people type and choose for a call: in the portal, and on the desk for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from channels.callback import numbers, offers
from channels.callback.calls import CallRequest
from channels.callback.models import CallBack
from channels.callback.numbers import Number, NumberError
from channels.callback.offers import Offer
from channels.callback.slots import Slot
from tickets.opening import SUBJECT_LENGTH

TEXT_LENGTH = 20_000
SOONEST, AS_AGREED, WISH = "soonest", "agreed", "wish-"
TAKEN = _("This slot has just been taken. Everything you typed is kept; please choose another one.")


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot that was chosen; `is_wish` when it was shown as one after the promised moment."""

    slot: Slot | None
    is_wish: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One button of a day."""

    value: str
    slot: Slot
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    options: list[Option]

    @property
    def is_chosen(self) -> bool:
        return any(option.is_chosen for option in self.options)


class SlotField(forms.CharField):
    """One of the slots of an offer, as a Choice."""

    def __init__(self, offer: Offer, call: CallBack | None) -> None:
        super().__init__(
            label=_("When shall we call?"),
            error_messages={"required": _("Please choose when we shall call.")},
        )
        self.offer, self.call = offer, call

    def clean(self, value: Any) -> Choice:
        typed = str(super().clean(value))
        if typed == SOONEST:
            return Choice(None)
        if typed == AS_AGREED and self.call is not None:
            return Choice(self.call.slot, self.call.is_wish)
        is_wish = typed.startswith(WISH)
        slot = self.offer.find(typed.removeprefix(WISH))
        if slot is None:
            raise forms.ValidationError(TAKEN, code="taken")
        return Choice(slot, is_wish)


class SlotForm(forms.Form):
    """The number and the slot; `call` is the one that is to be changed."""

    number = forms.CharField(
        label=_("Phone number"),
        max_length=numbers.LONGEST_TYPED,
        help_text=_("With area code, for example 030 123456 or +43 1 5123456."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Please give the number at which we reach you.")},
    )

    def __init__(
        self, offer: Offer, typed: Mapping[str, Any] | None = None, *, call: CallBack | None = None
    ) -> None:
        initial = {"slot": AS_AGREED, "number": str(call.number)} if call else {}
        super().__init__(typed, initial=initial)
        self.offer, self.call = offer, call
        self.fields["slot"] = SlotField(offer, call)

    def clean_number(self) -> Number:
        try:
            return numbers.parse(self.cleaned_data["number"], offers.region())
        except NumberError as refusal:
            raise forms.ValidationError(str(refusal.reason), code="number") from refusal

    def request(self, topic: str) -> CallRequest:
        """What a valid form asks for."""
        choice: Choice = self.cleaned_data["slot"]
        return CallRequest(self.cleaned_data["number"], topic, choice.slot, choice.is_wish)

    def slot_is_taken(self, offer: Offer) -> None:
        """Somebody was quicker: say so, beside what is free now."""
        self.offer = offer
        self.add_error("slot", str(TAKEN))

    @property
    def chosen(self) -> str:
        return str(self["slot"].value() or "")

    @property
    def is_promise_ahead(self) -> bool:
        return self.offer.promised.is_ahead(now())

    @property
    def soon(self) -> list[Day]:
        """The slots up to the promised moment; all of them when there is none ahead."""
        return self._days(self.offer.soon_by_day, "")

    @property
    def later(self) -> list[Day]:
        """Those after it: choosing one puts the promise off."""
        return self._days(self.offer.later_by_day, WISH)

    @property
    def is_later_chosen(self) -> bool:
        return self.chosen.startswith(WISH)

    def _days(self, days: Sequence[tuple[date, list[Slot]]], prefix: str) -> list[Day]:
        return [
            Day(day, [self._option(f"{prefix}{slot.key}", slot) for slot in found])
            for day, found in days
        ]

    def _option(self, value: str, slot: Slot) -> Option:
        return Option(value, slot, value == self.chosen)


class CallForm(SlotForm):
    """A request for a call: `form_id` names this one form, sent twice it is sent once."""

    topic = forms.CharField(
        label=_("What is it about?"),
        max_length=SUBJECT_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Please say in a few words what it is about.")},
    )
    text = forms.CharField(
        label=_("What we should know before"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 4}),
        validators=[MaxLengthValidator(TEXT_LENGTH)],
    )
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    field_order = ["topic", "text", "number", "slot", "form_id"]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").strip("\n")
        return text if text.strip() else ""
