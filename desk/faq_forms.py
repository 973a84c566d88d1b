"""An article, and a category, as an agent fills them in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _

from faq.models import LANGUAGES, TITLE_LENGTH, Article, ArticleFile, Category, Visibility
from faq.services import Writing
from helpdesk import fulltext, markdown
from helpdesk.http import id_in
from helpdesk.uploads import FormWithFiles

RELATED_OFFERED = 16


class ArticleForm(FormWithFiles):
    """Everything about an article but whether it is published."""

    title = forms.CharField(
        label=_("Question or title"),
        max_length=TITLE_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("An article needs a title.")},
    )
    text = forms.CharField(
        label=_("Answer"),
        strip=False,
        widget=forms.Textarea({"rows": 18, "class": "faq-text"}),
        validators=[MaxLengthValidator(markdown.LIMIT), markdown.validate],
        error_messages={"required": _("Please write something first.")},
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.all(),
        empty_label=None,
        error_messages={
            "required": _("Please choose a category."),
            "invalid_choice": _("This category does not exist any more."),
        },
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    visibility = forms.ChoiceField(label=_("Who may read it"), choices=Visibility.choices)
    review_on = forms.DateField(
        label=_("Review on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        help_text=_("From this day on, the article is listed as due for review."),
    )
    related = forms.ModelMultipleChoiceField(
        label=_("Related articles"), queryset=Article.objects.all(), required=False
    )
    removed_files = forms.ModelMultipleChoiceField(
        queryset=ArticleFile.objects.none(), required=False
    )

    field_order = ["title", "text", "files"]

    def __init__(
        self,
        article: Article | None,
        request: HttpRequest | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(request, initial=initial or _initial(article))
        self.article = article
        if article is not None:
            removable = self.fields["removed_files"]
            removable.queryset = article.files.all()  # type: ignore[attr-defined]
            others = Article.objects.exclude(pk=article.pk)
            self.fields["related"].queryset = others  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").replace("\x00", "").strip("\n")
        if not text.strip():
            raise forms.ValidationError(
                gettext_now("Please write something first."), code="required"
            )
        return text

    def writing(self) -> Writing:
        """What was typed, once it is valid."""
        values = dict(self.cleaned_data)
        return Writing(**values)

    def related_offered(self) -> list[dict[str, Any]]:
        """Articles to tick: those that are, then those that say something alike."""
        chosen = {id_in(str(one)) for one in self["related"].value() or []} - {None}
        others = Article.objects.for_list()
        if self.article is not None:
            others = others.exclude(pk=self.article.pk)
        found = list(others.filter(pk__in=chosen).order_by("title"))
        asked = str(self["title"].value() or "")
        near = others.exclude(pk__in=chosen)
        if asked.strip():
            found += near.ranked(fulltext.any_of(asked))[:RELATED_OFFERED]
        known = [one.pk for one in found]
        # What is typed into the form need not be a category.
        category = id_in(str(self["category"].value() or ""))
        if len(found) < RELATED_OFFERED and category:
            same = near.filter(category=category).exclude(pk__in=known).order_by("title")
            found += same[: RELATED_OFFERED - len(found)]
        return [{"article": one, "is_chosen": one.pk in chosen} for one in found]


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Category
        fields = ["name", "description", "position"]
        error_messages = {"name": {"required": _("A category needs a name.")}}


def _initial(article: Article | None) -> dict[str, Any]:
    if article is None:
        return {"visibility": Visibility.PUBLIC, "language": "de"}
    return {
        "title": article.title,
        "text": article.current.text,
        "category": article.category_id,
        "language": article.language,
        "visibility": article.visibility,
        "review_on": article.review_on,
        "related": list(article.related.values_list("pk", flat=True)),
    }
