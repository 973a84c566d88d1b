"""Sentences of django-allauth whose German says "du"; our interface says "Sie".

The package translates them itself. Naming them here puts them into our own catalogue, which comes
before the package's.
"""

from django.utils.translation import gettext_noop

SENTENCES = (
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("Please select only one."),
    gettext_noop("Please type your current password."),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Your primary email address must be verified."),
)
