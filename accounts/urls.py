"""The pages of django-allauth that we use, under German paths; the names are the package's."""

from allauth.account import views
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, re_path, reverse_lazy

# Passkeys have no page of their own: they stand on that of security.
SECURITY = reverse_lazy("mfa_index")

urlpatterns = [
    path("anmelden/", views.login, name="account_login"),
    path("anmelden/zweiter-schritt/", factor.authenticate, name="mfa_authenticate"),
    path("anmelden/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("abmelden/", views.logout, name="account_logout"),
    path("registrieren/", views.signup, name="account_signup"),
    path("gesperrt/", views.account_inactive, name="account_inactive"),
    path(
        "bestaetigen/",
        views.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(r"^bestaetigen/(?P<key>[-:\w]+)/$", views.confirm_email, name="account_confirm_email"),
    path("passwort/", views.password_change, name="account_change_password"),
    path("passwort/festlegen/", views.password_set, name="account_set_password"),
    path("passwort/vergessen/", views.password_reset, name="account_reset_password"),
    path(
        "passwort/vergessen/gesendet/",
        views.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "passwort/neu/fertig/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^passwort/neu/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("nachweis/", views.reauthenticate, name="account_reauthenticate"),
    path("nachweis/code/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("nachweis/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("app/", totp.activate_totp, name="mfa_activate_totp"),
    path("app/entfernen/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("notfallcodes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("notfallcodes/neu/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("notfallcodes/datei/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("passkeys/neu/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path(
        "passkeys/<int:pk>/",
        passkeys.EditWebAuthnView.as_view(success_url=SECURITY),
        name="mfa_edit_webauthn",
    ),
    path(
        "passkeys/<int:pk>/entfernen/",
        passkeys.RemoveWebAuthnView.as_view(success_url=SECURITY),
        name="mfa_remove_webauthn",
    ),
]
