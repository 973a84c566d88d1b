"""Every URL of a tenant's host. Each view decides who may see it; sign-in is the default."""

from django.urls import include, path

from helpdesk.http import choose_language, health
from portal.views.invitation import accept_invitation
from portal.views.security import security

urlpatterns = [
    path("health/", health, name="health"),
    path("sprache/", choose_language, name="set_language"),
    path("konto/einladung/<str:token>/", accept_invitation, name="account_invitation"),
    # The package leads here after each change of a second factor.
    path("einstellungen/sicherheit/", security, name="mfa_index"),
    path("konto/", include("accounts.urls")),
    path("hooks/facebook/", include("channels.facebook.urls")),
    path("desk/", include("desk.urls")),
    path("kontakt/", include("channels.contact_form.urls")),
    path("", include("portal.urls")),
]
handler404 = "helpdesk.http.not_found"
handler429 = "helpdesk.too_many.handler429"
