"""The widget's script: one file for all, with the tenant's texts in it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _

from channels.contact_form.forms import TRAP_FIELD
from channels.contact_form.models import LANGUAGES, TEXTS, ContactForm
from helpdesk.uploads import FILE_LIMIT, MEGABYTE, MESSAGE_LIMIT

# What the tenant's website loads for it, in bytes.
MOST_BYTES = 15_000
SOURCE = Path(__file__).with_name("widget.js")


def script(form: ContactForm) -> str:
    """The script as a website loads it; an empty one while the form is switched off."""
    if not form.is_enabled:
        return "// The contact form is switched off.\n"
    config = {
        "trap": TRAP_FIELD,
        "limit": FILE_LIMIT,
        "total": MESSAGE_LIMIT,
        "words": {language: words(form, language) for language in LANGUAGES},
    }
    compact = json.dumps(config, ensure_ascii=False, separators=(",", ":"))
    return _source().replace("__CONFIG__", compact)


def words(form: ContactForm, language: str) -> dict[str, str]:
    """All that the widget says, in one language; the tenant's own texts where it has them."""
    with translation.override(language):
        sizes = {"file": FILE_LIMIT // MEGABYTE, "message": MESSAGE_LIMIT // MEGABYTE}
        return {
            **own_words(form, language),
            "name": _("Your name"),
            "email": _("Your e-mail address"),
            "subject": _("Subject"),
            "text": _("Your message"),
            "optional": _("optional"),
            "attach": _("Attach files"),
            "files": _("Attachments"),
            "remove": _("Remove"),
            "tooBig": _("A file may have %(file)d MB, all together %(message)d MB.") % sizes,
            "send": _("Send message"),
            "sending": _("Is being sent …"),
            "close": _("Close"),
            "failed": _("That did not work. Your text is kept; please try again, or write here:"),
            "page": _("Contact form"),
            "preview": _("This is a preview: nothing was sent."),
            "again": _("Write another message"),
            "done": _("Your message has arrived"),
        }


def own_words(form: ContactForm, language: str) -> dict[str, str]:
    """The texts that a tenant may choose, and ours where it has chosen none."""
    with translation.override(language):
        ours = {
            "button": _("Contact us"),
            "title": _("How can we help?"),
            "greeting": _(
                "Write to us. You get a ticket number at once, and our answer by e-mail."
            ),
        }
    return {name: form.text(name, language) or ours[name] for name in TEXTS}


@lru_cache(maxsize=1)
def _source() -> str:
    """The script without what only its readers need: indentation and lines of comment."""
    lines = (line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"
