"""What is wrong with a page, in words for whoever can put it right."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from channels.facebook.errors import WORDS, Meaning, meaning_of
from channels.facebook.models import FacebookPage

# Why a token has died, by Meta's subcode of error 190.
DEATHS: dict[int, Lazy] = {
    458: _("The app was removed at Facebook by the person who had connected the page."),
    459: _("Facebook wants the person who connected the page to confirm who they are."),
    460: _("The person who connected the page has changed their password at Facebook."),
    463: _("The token has expired."),
    464: _("The Facebook account of the person who connected the page is not confirmed."),
    467: _("The token was withdrawn."),
}
CONNECT_AGAIN = _("Connect the page again, signed in as somebody who administers it.")
TO_DO: dict[Meaning, Lazy] = {
    Meaning.TOKEN: CONNECT_AGAIN,
    Meaning.PERMISSION: _(
        "Connect the page again and allow everything the dialog asks for. The person who does it "
        "needs the tasks “Messages” and “Community activity” on the page."
    ),
    Meaning.NOT_APPROVED: _(
        "Whoever runs this helpdesk must get the app approved at Meta (App Review) and switch it "
        "to “Live”. Then check again here."
    ),
    Meaning.BLOCKED: _(
        "Look into the page's support inbox at Facebook: it says why and how long. Then check "
        "again here."
    ),
}
FIRST_CONFIRM = _("Sign in at facebook.com as that person and do what Facebook asks for first.")
ASK_META = _("Look at the code in Meta's documentation, put it right, and check again here.")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened, what to do, and the code under which Meta knows it."""

    what: str | Lazy
    to_do: str | Lazy
    code: str
    words: str
    needs_connecting: bool


def trouble_of(page: FacebookPage) -> Trouble | None:
    """What is wrong with a page; None where nothing is."""
    if page.error_code is None:
        return None
    code, subcode = page.error_code, page.error_subcode or 0
    meaning = meaning_of(code, subcode)
    what, to_do = WORDS[meaning], TO_DO.get(meaning, ASK_META)
    if meaning == Meaning.TOKEN:
        what = DEATHS.get(subcode, what)
        to_do = FIRST_CONFIRM if subcode == 459 else to_do
    return Trouble(
        what=what,
        to_do=to_do,
        code=f"{code}/{subcode}" if subcode else str(code),
        words=page.error_message,
        needs_connecting=meaning in {Meaning.TOKEN, Meaning.PERMISSION},
    )
