"""What Meta says no with, and what it means for us (facts: Graph API error handling)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _


class Meaning(StrEnum):
    """Why Meta refused, as far as it changes what we do."""

    TOKEN = "token"  # noqa: S105 (a word)
    PERMISSION = "permission"
    NOT_APPROVED = "not_approved"
    BLOCKED = "blocked"
    RESTRICTED = "restricted"
    OTHER_APP = "other_app"
    RATE = "rate"
    TEMPORARY = "temporary"
    WINDOW = "window"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too_large"
    REPEATED = "repeated"
    INVALID = "invalid"


# What an agent or administrator reads; code, subcode and trace stand beside it.
WORDS: dict[Meaning, str | Lazy] = {
    Meaning.TOKEN: _(
        "Facebook no longer accepts the page's token. The page must be connected again."
    ),
    Meaning.PERMISSION: _("A permission for the page is missing or was taken away."),
    Meaning.NOT_APPROVED: _("The app is not approved for this yet, or not live."),
    Meaning.BLOCKED: _("Facebook has blocked this for a while, because of its rules."),
    Meaning.RESTRICTED: _("Facebook does not let the page send at the moment."),
    Meaning.OTHER_APP: _(
        "Another app holds this conversation. Take it over in Meta's inbox first."
    ),
    Meaning.RATE: _("The page has used up what Facebook allows for now."),
    Meaning.TEMPORARY: _("Facebook is disturbed at the moment."),
    Meaning.WINDOW: _("Facebook's time for answering this person is over."),
    Meaning.UNREACHABLE: _("This person cannot receive messages from the page."),
    Meaning.TOO_LARGE: _("The attachment is too large for Facebook."),
    Meaning.REPEATED: _("Facebook takes the same text only once in a row. Please change it."),
    Meaning.INVALID: _("Facebook does not accept the request."),
}

# These stop everything for a page, until somebody has put it right.
OF_THE_PAGE = frozenset({Meaning.TOKEN, Meaning.PERMISSION, Meaning.NOT_APPROVED, Meaning.BLOCKED})

_RATE_CODES = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
_TEMPORARY_CODES = frozenset({1, 2, 1200})
_BY_SUBCODE = {
    2018278: Meaning.WINDOW,
    2018065: Meaning.WINDOW,
    2534022: Meaning.WINDOW,
    2018108: Meaning.UNREACHABLE,
    1545041: Meaning.UNREACHABLE,
    2018001: Meaning.UNREACHABLE,
    1893063: Meaning.RESTRICTED,
    2018109: Meaning.TOO_LARGE,
    2018300: Meaning.OTHER_APP,
    2018027: Meaning.NOT_APPROVED,
    2018028: Meaning.NOT_APPROVED,
    # The page's administrator must accept Meta's terms first.
    2018344: Meaning.PERMISSION,
    2018022: Meaning.RATE,
    2534040: Meaning.RATE,
}
_BY_CODE = {
    190: Meaning.TOKEN,
    102: Meaning.TOKEN,
    10: Meaning.PERMISSION,
    368: Meaning.BLOCKED,
    506: Meaning.REPEATED,
    551: Meaning.UNREACHABLE,
}


def meaning_of(code: int, subcode: int, *, is_transient: bool = False) -> Meaning:
    """What a code and its subcode (0: none) mean."""
    if subcode in _BY_SUBCODE:
        return _BY_SUBCODE[subcode]
    if code in _BY_CODE:
        return _BY_CODE[code]
    if 200 <= code <= 299:
        return Meaning.PERMISSION
    if code in _RATE_CODES:
        return Meaning.RATE
    if code in _TEMPORARY_CODES or is_transient:
        return Meaning.TEMPORARY
    return Meaning.INVALID


class FacebookError(Exception):
    """A call to the Graph API did not do what it was to do."""


class NotReachedError(FacebookError):
    """Facebook could not be reached: it has certainly done nothing."""


class NoAnswerError(FacebookError):
    """Facebook was asked and gave no answer that tells whether it has done it."""


class NotSetUpError(FacebookError):
    """This installation has no Facebook app."""


class GraphError(FacebookError):
    """Facebook said no. `pause` is how long it wants to be left alone; None: it does not say."""

    def __init__(
        self,
        *,
        code: int,
        subcode: int = 0,
        words: str = "",
        trace: str = "",
        is_transient: bool = False,
        pause: timedelta | None = None,
    ) -> None:
        self.code, self.subcode, self.words, self.trace = code, subcode, words, trace
        self.meaning = meaning_of(code, subcode, is_transient=is_transient)
        self.pause = pause
        super().__init__(f"{WORDS[self.meaning]} ({self.reference})")

    @property
    def reference(self) -> str:
        """What Meta's support and documentation know it by."""
        number = f"{self.code}/{self.subcode}" if self.subcode else f"{self.code}"
        return ", ".join(filter(None, (number, self.words, self.trace)))

    @classmethod
    def of(cls, error: dict[str, Any], pause: timedelta | None) -> GraphError:
        """From the `error` of an answer, whatever is in it."""
        return cls(
            code=_number(error.get("code")),
            subcode=_number(error.get("error_subcode")),
            words=str(error.get("message") or "")[:500],
            trace=str(error.get("fbtrace_id") or "")[:60],
            is_transient=error.get("is_transient") is True,
            pause=pause,
        )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
