"""Forms whose files are kept while somebody still writes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.http import id_in
from helpdesk.uploads import FILE_LIMIT, MEGABYTE, MESSAGE_LIMIT, FormWithFiles
from tickets import drafts
from tickets.drafts import Draft
from tickets.models import DraftFile
from tickets.recording import File

GONE = gettext_lazy(
    "A file is no longer here: it was removed or has been sent meanwhile. Everything else is kept; "
    "please look through your files and send it again."
)


class FormWithDraft(FormWithFiles):
    """A form that sends the files of its draft, and those that come with the form itself.

    `kept` are those that are to go along, `shown` all that stood in the form.
    """

    kept_days = drafts.KEPT_FOR.days
    kept = forms.ModelMultipleChoiceField(
        DraftFile.objects.none(), required=False, error_messages={"invalid_choice": GONE}
    )

    def __init__(self, draft: Draft, request: HttpRequest | None = None, **values: Any) -> None:
        super().__init__(request, **values)
        self.draft = draft
        self.fields["kept"].queryset = draft.files()  # type: ignore[attr-defined]

    def clean_kept(self) -> list[File]:
        chosen = list(self.cleaned_data["kept"])
        if sum(one.size for one in chosen) > MESSAGE_LIMIT:
            # Those of merged tickets come together: more than a message takes is not even read.
            raise ValidationError(too_much_for_a_message())
        try:
            return [drafts.read(one) for one in chosen]
        except FileNotFoundError as error:
            raise ValidationError(GONE) from error

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "kept" in self.errors:
            return self.cleaned_data
        if sum(len(file.content) for file in self.sent_files) > MESSAGE_LIMIT:
            self.add_error("kept", too_much_for_a_message())
        return self.cleaned_data

    @property
    def sent_files(self) -> list[File]:
        """What goes along, as far as it could be read."""
        return [*self.cleaned_data.get("kept", ()), *self.cleaned_data.get("files", ())]

    @property
    def draft_files(self) -> list[int]:
        """What the draft is done with once this is sent, whether it went along or was left out."""
        named = self.data.getlist("shown") + self.data.getlist("kept")  # type: ignore[attr-defined]
        return sorted({pk for text in named if (pk := id_in(text)) is not None})

    @property
    def too_big(self) -> str:
        """What a script says of a file before it travels."""
        return _("Too big: a file may have at most %(n)d MB.") % {"n": FILE_LIMIT // MEGABYTE}

    @property
    def too_much(self) -> str:
        return too_much_for_a_message()

    def rows(self) -> list[tuple[DraftFile, bool]]:
        """The draft's files, and of each whether it is to go along."""
        found = drafts.before_their_person(self.draft)
        return [(file, not self._is_left_out(file)) for file in found]

    def keep_chosen(self) -> None:
        """Keep with the draft what came with the form: no browser chooses it once more."""
        try:
            for file in self.cleaned_data.get("files", ()):
                drafts.keep(self.draft, file)
        except (drafts.TooMuchForAMessageError, drafts.TooMuchForAPersonError, OSError):
            self.add_error("files", _("Please choose the files again."))

    def _is_left_out(self, file: DraftFile) -> bool:
        if not self.is_bound:
            return False
        data: Any = self.data
        return str(file.pk) in data.getlist("shown") and str(file.pk) not in data.getlist("kept")


class DraftFileForm(FormWithFiles):
    """One file as a script sends it, with its size: what was cut off on the way is not taken."""

    size = forms.IntegerField(min_value=0)

    def clean(self) -> dict[str, Any]:
        super().clean()
        files = self.cleaned_data.get("files")
        if files is None:
            return self.cleaned_data
        if len(files) != 1 or len(files[0].content) != self.cleaned_data.get("size"):
            raise ValidationError(_("The file did not arrive whole. Please try again."))
        return self.cleaned_data


def too_much_for_a_message() -> str:
    return _("Together these files are too big: a message takes %(n)d MB along.") % {
        "n": MESSAGE_LIMIT // MEGABYTE
    }
