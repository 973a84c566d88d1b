"""Sentences of django-allauth and Django whose German is not ours: it says "du", or says it ill.

The packages translate them themselves. Naming them here puts them into our own catalogue, which
comes before theirs.
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
    gettext_noop("Your password can’t be a commonly used password."),
    gettext_noop("Your password can’t be too similar to your other personal information."),
    gettext_noop("This password is too common."),
    gettext_noop("The email address and/or password you specified are not correct."),
    gettext_noop("The password is too similar to the %(verbose_name)s."),
    gettext_noop("Your primary email address must be verified."),
)
