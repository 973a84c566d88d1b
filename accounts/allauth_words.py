"""Sentences of django-allauth whose German says "du"; our interface says "Sie".

The package translates them itself. Naming them here puts them into our own catalogue, which comes
before the package's.
"""

from django.utils.translation import gettext_noop

SENTENCES = (
    gettext_noop("Authenticator code"),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("Code"),
    gettext_noop("Incorrect code."),
    gettext_noop("Please select only one."),
    gettext_noop("Please type your current password."),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("Use a security key"),
    gettext_noop("Use authenticator app or code"),
    gettext_noop("Use your password"),
    gettext_noop(
        "You cannot activate two-factor authentication until you have verified your email address."
    ),
    gettext_noop(
        "You cannot generate recovery codes without having two-factor authentication enabled."
    ),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Your primary email address must be verified."),
)
