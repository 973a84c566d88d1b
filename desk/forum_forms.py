"""What agents fill in for the forum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from forum.models import Category, ForumSettings
from forum.writing import slug_of
from helpdesk.texts import one_line

if TYPE_CHECKING:
    CategoryModelForm = forms.ModelForm[Category]
    SettingsModelForm = forms.ModelForm[ForumSettings]
else:
    CategoryModelForm = SettingsModelForm = forms.ModelForm

TEXT_LENGTH = 20_000
# Parts of the forum's own addresses (`portal.forum_urls`).
TAKEN = frozenset(
    ["feed", "neu", "aehnlich", "profil", "abmelden", "bilder", "themen", "beitraege"]
)


class HidingForm(forms.Form):
    """Why a post is hidden; its author reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The author gets it by e-mail."),
        error_messages={"required": _("Please say why: the author is told.")},
    )

    def clean_reason(self) -> str:
        return one_line(self.cleaned_data["reason"])


class TopicOrderForm(forms.Form):
    """How a topic stands among the others."""

    is_locked = forms.BooleanField(required=False)
    is_pinned = forms.BooleanField(required=False)
    category = forms.ModelChoiceField(queryset=Category.objects.in_order())


class AnswerForm(forms.Form):
    """A ticket's answer, edited for everybody to read."""

    text = forms.CharField(
        label=_("Answer for everybody"),
        strip=False,
        widget=forms.Textarea({"rows": 12}),
        validators=[MaxLengthValidator(TEXT_LENGTH)],
        error_messages={"required": _("Please write something first.")},
    )
    is_clean = forms.BooleanField(
        label=_("I have checked it: it names no person, number, address or order of the customer."),
        error_messages={
            "required": _("Please read the text once more and tick this: everybody can see it.")
        },
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").replace("\x00", "").strip("\n")
        if not text.strip():
            raise forms.ValidationError(_("Please write something first."), code="required")
        return text


class CategoryForm(CategoryModelForm):
    class Meta:
        model = Category
        fields = ["name", "slug", "description", "position"]
        help_texts = {
            "slug": _("Part of its web address; made from the name if you leave it empty."),
            "position": _("Smaller numbers come first."),
        }
        error_messages = {
            "name": {"unique": _("Another category has this name.")},
            "slug": {"unique": _("Another category has this address.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"] or slug_of(self.cleaned_data.get("name", ""))
        slug = str(slug).lower()
        if slug in TAKEN:
            raise forms.ValidationError(_("This address belongs to a page of the forum."))
        return slug


class ForumSettingsForm(SettingsModelForm):
    held_posts = forms.IntegerField(
        label=_("First posts to approve"),
        min_value=0,
        max_value=50,
        help_text=_(
            "This many of a newcomer’s first posts are held back until you approve them; 0 "
            "publishes all of them at once."
        ),
    )

    class Meta:
        model = ForumSettings
        fields = ["held_posts"]
