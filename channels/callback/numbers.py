"""Phone numbers as people type them: understood, refused with a reason, kept as E.164."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from django.utils.functional import Promise as Text
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

LONGEST_TYPED = 60
LONGEST_EXTENSION = 8
# A call costs whoever calls more than a usual one, and rings at nobody's desk. Personal numbers
# (British 070, German 0700) and pagers are dear, and whoever is called may earn by it.
SPECIAL_RATE = (
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
)
# Satellites and networks of no country; of these only +800 is free for whoever calls.
OF_NO_COUNTRY, FREE_EVERYWHERE = "001", 800

NO_NUMBER = _("This is no phone number that we can call. Please write it with its area code.")
SHORT = _("Emergency and short numbers cannot be called back. Please give a number of your own.")
SPECIAL = _("Numbers at a special rate (0900, 0137, 0180) cannot be called back.")


class NumberError(ValueError):
    """What was typed cannot be called; `reason` is a sentence for whoever typed it."""

    def __init__(self, reason: str | Text) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Number:
    """A number in E.164, e.g. "+4930123456", and the extension behind it, if any."""

    e164: str
    extension: str = ""

    @property
    def uri(self) -> str:
        """What a telephone dials on a click (RFC 3966)."""
        return f"tel:{self.e164};ext={self.extension}" if self.extension else f"tel:{self.e164}"

    def __str__(self) -> str:
        """As people read it anywhere: "+49 30 123456"."""
        parsed = phonenumbers.parse(self.e164)
        shown = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
        return f"{shown} - {self.extension}" if self.extension else shown


def parse(typed: str, region: str) -> Number:
    """Read a number; one without a country code is one of `region` (ISO 3166, e.g. "DE").

    Raises NumberError.
    """
    typed = typed.strip()
    if not typed or len(typed) > LONGEST_TYPED:
        raise NumberError(NO_NUMBER)
    if _is_short(typed, region):
        raise NumberError(SHORT)
    try:
        parsed = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException as error:
        raise NumberError(NO_NUMBER) from error
    if not phonenumbers.is_valid_number(parsed):
        raise NumberError(NO_NUMBER)
    if _is_special(parsed):
        raise NumberError(SPECIAL)
    extension = parsed.extension or ""
    if len(extension) > LONGEST_EXTENSION:
        raise NumberError(NO_NUMBER)
    return Number(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), extension)


def _is_special(number: phonenumbers.PhoneNumber) -> bool:
    is_of_no_country = phonenumbers.region_code_for_number(number) == OF_NO_COUNTRY
    if is_of_no_country and number.country_code != FREE_EVERYWHERE:
        return True
    return phonenumbers.number_type(number) in SPECIAL_RATE


def _is_short(typed: str, region: str) -> bool:
    """True for 110, 112, 115, 116117 and their like, with a country code before them too."""
    digits = "".join(letter for letter in typed if letter.isdecimal())
    if phonenumbers.is_emergency_number(digits, region):
        return True
    try:
        parsed = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_short_number(parsed)
