"""A support tier as an admin fills it in."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.texts import one_line
from sla.models import DEFAULT_CHANNELS, BusinessCalendar, SupportTier
from sla.tier_edits import fingerprint
from tickets.models import Channel

METALS = [
    ("basis", pgettext_lazy("metal", "plain")),
    ("bronze", pgettext_lazy("metal", "bronze")),
    ("silber", pgettext_lazy("metal", "silver")),
    ("gold", pgettext_lazy("metal", "gold")),
]
MINUTES = 60
# Business hours; a working year and more.
MOST_HOURS = 9_999
TIMES = ("first_response", "next_response")


def number_field(label: Any, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        validators=[MinValueValidator(0), MaxValueValidator(most)],
        widget=forms.TextInput({"class": "digits", "inputmode": "numeric", "size": 4}),
    )


class TierForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """All of a tier but its place in the order; times in hours and minutes of business time."""

    is_guaranteed = forms.TypedChoiceField(
        label=_("What it is"),
        choices=[("yes", _("Guaranteed")), ("no", _("A target"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    metal = forms.ChoiceField(label=_("Look"), choices=METALS, widget=forms.RadioSelect)
    first_response_hours = number_field(_("First answer, hours"), MOST_HOURS)
    first_response_rest = number_field(_("First answer, minutes"), MINUTES - 1)
    next_response_hours = number_field(_("Further answers, hours"), MOST_HOURS)
    next_response_rest = number_field(_("Further answers, minutes"), MINUTES - 1)
    allowed_channels = forms.MultipleChoiceField(
        label=_("May be used"),
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one way to write to you.")},
    )
    guaranteed_channels = forms.MultipleChoiceField(
        label=_("Guarantee covers"),
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    make_default = forms.BooleanField(
        label=_("New customers begin with this level"), required=False
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = SupportTier
        fields: ClassVar[list[str]] = [
            "name",
            "metal",
            "priority",
            "text",
            "is_guaranteed",
            "guaranteed_channels",
            "allowed_channels",
            "is_offered",
            "calendar",
        ]
        labels: ClassVar[dict[str, Any]] = {
            "is_offered": _("Customers can book it"),
            "text": _("What customers read"),
            "priority": _("Priority in the queue"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "is_offered": _(
                "Without it the level is withdrawn: nobody new gets it, who has it keeps it."
            ),
            "text": _("Instead of a number of hours, e.g. “usually 1–2 working days”."),
        }

    def __init__(self, typed: QueryDict | None = None, *, instance: SupportTier) -> None:
        super().__init__(typed, instance=instance, initial=_initial(instance))
        self.fields["calendar"] = forms.ModelChoiceField(
            label=_("Business hours"),
            queryset=BusinessCalendar.objects.filter(is_default=False).order_by("name"),
            empty_label=str(_("The default business hours")),
            required=False,
        )
        if instance.is_default:
            del self.fields["make_default"], self.fields["is_offered"]
        # What somebody else stored while this was typed.
        self.changed_meanwhile: SupportTier | None = None

    def differences(self, stored: SupportTier) -> list[tuple[Any, str]]:
        """What is stored where it is not what was typed: the label and the stored value."""
        other = TierForm(instance=stored)
        return [
            (self.fields[name].label, _shown(other, name))
            for name in self.fields
            if name not in {"seen", "make_default"} and _shown(other, name) != _shown(self, name)
        ]

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for time in TIMES:
            self._clean_time(time)
        if self.cleaned_data.get("is_guaranteed"):
            self._clean_guarantee()
        return values

    def _clean_time(self, time: str) -> None:
        parts = [self.cleaned_data.get(f"{time}_{part}") for part in ("hours", "rest")]
        if any(f"{time}_{part}" in self.errors for part in ("hours", "rest")):
            return
        minutes = (parts[0] or 0) * MINUTES + (parts[1] or 0)
        if not minutes and time == "first_response":
            self.add_error(
                "first_response_hours",
                _("Within what time is the first answer? A level needs at least one minute."),
            )
        elif not minutes and parts != [None, None]:
            self.add_error(
                "next_response_hours",
                _("At least one minute, or leave both empty: then the first answer’s time counts."),
            )
        else:
            setattr(self.instance, f"{time}_minutes", minutes or None)

    def _clean_guarantee(self) -> None:
        allowed = self.cleaned_data.get("allowed_channels", [])
        covered = self.cleaned_data.get("guaranteed_channels", [])
        if not covered:
            said = _("A guarantee must cover at least one way to write. Or make it a target.")
            self.add_error("guaranteed_channels", said)
        names = dict(Channel.choices)
        if missing := [str(names[one]) for one in covered if one not in allowed]:
            self.add_error(
                "guaranteed_channels",
                forms.ValidationError(
                    _("%(channels)s: the guarantee covers it, but it may not be used. Tick both."),
                    params={"channels": ", ".join(missing)},
                ),
            )

    def validate_unique(self) -> None:
        """`save_tier` does, with all tiers locked."""

    def _get_validation_exclusions(self) -> set[str]:
        # The minutes are computed here, and the database has the last word on them.
        return {*super()._get_validation_exclusions(), "is_guaranteed"}  # type: ignore[misc]


def _shown(form: TierForm, name: str) -> str:
    """A field's value in words."""
    value = form[name].value()
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    choices = {str(key): text for key, text in getattr(form.fields[name], "choices", ())}
    values = [str(one) for one in (value if isinstance(value, list) else [value]) if one]
    return ", ".join(str(choices.get(one, one)) for one in values if one != "0") or "–"


def _initial(tier: SupportTier) -> dict[str, object]:
    """A tier's times as hours and minutes, and what an edit of it starts from."""
    values: dict[str, object] = {
        "is_guaranteed": "yes" if tier.is_guaranteed else "no",
        "seen": fingerprint(tier) if tier.pk else "",
    }
    for time in TIMES:
        minutes = getattr(tier, f"{time}_minutes")
        if minutes:
            values[f"{time}_hours"], rest = divmod(minutes, MINUTES)
            values[f"{time}_rest"] = rest or None
    if tier._state.adding:
        values["guaranteed_channels"] = values["allowed_channels"] = DEFAULT_CHANNELS
    return values
