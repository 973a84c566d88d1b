"""What people write in the forum; whatever is wrong, what was typed is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from forum import names, pictures
from forum.models import Category, Post, Profile, Report
from forum.people import NAME_LENGTH
from forum.topics import TITLE_LENGTH
from forum.writing import Draft
from helpdesk import markdown
from helpdesk.http import Request
from helpdesk.texts import one_line
from helpdesk.uploads import FormWithFiles

TEXT_LENGTH = 20_000


class PublicNameField(forms.CharField):
    """A name nobody else has; clean gives it as it is stored."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Your public name"),
            max_length=4 * NAME_LENGTH,
            help_text=_("Everybody can see it. It need not be your real name."),
            widget=forms.TextInput({"autocomplete": "nickname"}),
            error_messages={"required": _("Please choose a name that others may read.")},
        )

    def clean(self, value: Any) -> str:
        try:
            return names.clean(super().clean(value))
        except names.NameRefusedError as refused:
            raise forms.ValidationError(str(refused)) from refused


class ProfileForm(forms.Form):
    public_name = PublicNameField()


class PostForm(FormWithFiles):
    """A post; who writes for the first time says under which name."""

    text = forms.CharField(
        label=_("Your post"),
        strip=False,
        widget=forms.Textarea({"rows": 8}),
        # No `max_length`: its attribute would let the browser cut what is pasted, without a word.
        validators=[MaxLengthValidator(TEXT_LENGTH), markdown.validate],
        error_messages={"required": _("Please write something first.")},
    )

    field_order = ["public_name", "category", "title", "text", "files"]

    def __init__(self, author: User, request: Request | None = None, **values: Any) -> None:
        super().__init__(request, **values)
        self.author = author
        if not author.is_agent and not Profile.objects.filter(user=author).exists():
            self.fields["public_name"] = PublicNameField()
        self.fields["files"].label = _("Pictures")
        self.fields["files"].widget.attrs["accept"] = ",".join(pictures.FORMATS.values())
        self.order_fields(self.field_order)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").replace("\x00", "").strip("\n")
        if not text.strip():
            raise forms.ValidationError(_("Please write something first."), code="required")
        return text

    def clean_files(self) -> list[pictures.Made]:  # type: ignore[override]  # pictures, not files
        sent = super().clean_files()
        if len(sent) > pictures.PER_POST:
            raise forms.ValidationError(
                _("A post may have %(most)d pictures. Your text is kept.")
                % {"most": pictures.PER_POST}
            )
        return [_made(one.filename, one.content) for one in sent]

    def take_name(self) -> bool:
        """Give the author the name they chose; False when somebody was quicker."""
        if "public_name" not in self.fields:
            return True
        try:
            names.choose(self.author, self.cleaned_data["public_name"])
        except names.NameRefusedError as refused:
            self.add_error("public_name", str(refused))
            return False
        return True

    @property
    def draft(self) -> Draft:
        return Draft(self.cleaned_data["text"], self.cleaned_data["files"])


class TopicForm(PostForm):
    """A new topic."""

    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.in_order(),
        to_field_name="slug",
        empty_label=None,
        error_messages={
            "invalid_choice": _("This category no longer exists. Please choose another one.")
        },
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=TITLE_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Please say in a few words what it is about.")},
    )

    def clean_title(self) -> str:
        return clean_title(self.cleaned_data["title"])


class EditForm(PostForm):
    """A post once more; the title too where it is a question."""

    def __init__(self, post: Post, author: User, request: Request | None = None) -> None:
        initial = {"text": post.source, "title": post.topic.title}
        super().__init__(author, request, initial=initial)
        self.fields.pop("public_name", None)
        if post.is_question:
            self.fields["title"] = forms.CharField(label=_("Title"), max_length=TITLE_LENGTH)
        self.fields["removed"] = forms.ModelMultipleChoiceField(
            label=_("Remove pictures"), queryset=post.pictures.all(), required=False
        )
        self.order_fields(self.field_order)

    def clean_title(self) -> str:
        return clean_title(self.cleaned_data["title"])


class ReportForm(forms.Form):
    """Why a post does not belong here."""

    reason = forms.ChoiceField(
        label=_("What is wrong with it?"), choices=Report.Reason, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("In your own words"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )


class PrivateForm(forms.Form):
    """What an author adds to a post that goes on in private."""

    text = forms.CharField(
        label=_("For our eyes only"),
        max_length=TEXT_LENGTH,
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("Your post is already part of the ticket."),
    )


def clean_title(title: str) -> str:
    title = one_line(title)
    if not any(char.isalnum() for char in title):
        raise forms.ValidationError(_("Please say in a few words what it is about."))
    return title


def _made(name: str, content: bytes) -> pictures.Made:
    refused = _(
        "%(name)s is no picture that we can show: PNG or WebP with up to %(most)d megapixels, "
        "JPEG with up to %(most_of_photo)d, and no more than %(size)d MB. "
    )
    kept = _("Your text is kept; please choose the pictures again.")
    try:
        if len(content) > pictures.MOST_BYTES:
            raise pictures.PictureRefusedError(name)
        return pictures.make(name, content)
    except pictures.PictureRefusedError as error:
        said = str(refused) % {
            "name": one_line(name)[:80],
            "most": pictures.MOST_PIXELS["PNG"] // 10**6,
            "most_of_photo": pictures.MOST_PIXELS["JPEG"] // 10**6,
            "size": pictures.MOST_BYTES // 10**6,
        }
        raise forms.ValidationError(said + str(kept)) from error
