"""The contact form's settings as an admin fills them in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from channels.contact_form import origins, widget
from channels.contact_form.models import LANGUAGES, TEXTS
from channels.contact_form.origins import OriginError
from channels.models import ContactForm
from helpdesk.texts import one_line

LABELS = {"button": _("Button"), "title": _("Heading"), "greeting": _("Greeting")}


class ContactFormSettings(forms.Form):
    """Whether the form is there, what it says, and on which websites the widget may be."""

    is_enabled = forms.BooleanField(
        label=_("The contact form can be used"),
        required=False,
        help_text=_("Switched off, the page and the widget take nothing."),
    )
    origins = forms.CharField(
        label=_("Websites that may show the widget"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("One in each line, with https:// – for example https://www.shop.example"),
    )

    def __init__(self, stored: ContactForm, typed: QueryDict | None = None) -> None:
        super().__init__(typed, initial=_initial(stored))
        self.stored = stored
        for language in LANGUAGES:
            ours = widget.own_words(ContactForm(), language)
            for name, length in TEXTS.items():
                self.fields[_name(name, language)] = forms.CharField(
                    label=LABELS[name],
                    required=False,
                    max_length=length,
                    widget=forms.TextInput({"placeholder": ours[name], "lang": language}),
                )

    def languages(self) -> list[tuple[str, list[BoundField]]]:
        """The fields of each language."""
        return [
            (language, [self[_name(name, language)] for name in TEXTS]) for language in LANGUAGES
        ]

    def clean_origins(self) -> list[str]:
        """Each website as browsers name it, in the order typed, none twice."""
        found: dict[str, None] = {}
        for line in self.cleaned_data["origins"].splitlines():
            if not line.strip():
                continue
            try:
                found[origins.clean(line)] = None
            except OriginError as error:
                text = _("“%(line)s” is no website. It begins with https:// and has no path.")
                raise forms.ValidationError(text, params={"line": line.strip()[:100]}) from error
        if len(found) > origins.MOST:
            text = _("At most %(most)d websites can be listed.")
            raise forms.ValidationError(text, params={"most": origins.MOST})
        return list(found)

    def save(self) -> ContactForm:
        """Store what was typed; it counts at once."""
        form, values = self.stored, self.cleaned_data
        form.is_enabled, form.allowed_origins = values["is_enabled"], values["origins"]
        form.texts = {
            language: {
                name: text for name in TEXTS if (text := one_line(values[_name(name, language)]))
            }
            for language in LANGUAGES
        }
        form.save()
        return form


def _name(text: str, language: str) -> str:
    return f"{text}_{language}"


def _initial(stored: ContactForm) -> dict[str, Any]:
    texts = {
        _name(name, language): stored.text(name, language)
        for language in LANGUAGES
        for name in TEXTS
    }
    return {
        "is_enabled": stored.is_enabled,
        "origins": "\n".join(stored.allowed_origins),
        **texts,
    }
