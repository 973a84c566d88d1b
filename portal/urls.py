"""The customers' pages; only the front page and what is public about support need no sign-in."""

from django.urls import path

from helpdesk import converters  # noqa: F401 (makes months known)
from portal import forum_urls
from portal.views import (
    brand,
    calls,
    contact,
    facebook,
    home,
    invoices,
    levels,
    modules,
    robots,
    search,
    settings,
    statement,
    ticket,
    tickets,
    unsubscribe,
)

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("robots.txt", robots.robots, name="robots"),
    path("sitemap.xml", robots.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", robots.sitemap_part, name="sitemap_part"),
    path("suche/", search.search, name="search"),
    path("marke.css", brand.brand_colours, name="brand_colours"),
    path("marke/logo.png", brand.brand_logo, name="brand_logo"),
    path("supportlevel/", levels.levels, name="levels"),
    path("kontakt/", contact.contact, name="contact"),
    path("kontakt/gesendet/<str:token>/", contact.contact_sent, name="contact_sent"),
    path(
        "kontakt/bestaetigung/<str:token>/",
        contact.contact_confirmation,
        name="contact_confirmation",
    ),
    path("tickets/", tickets.tickets, name="tickets"),
    path("tickets/neu/", tickets.new_ticket, name="new_ticket"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/antwort/", ticket.create_reply, name="reply"),
    path("tickets/<int:number>/abschluss/", ticket.create_closure, name="closure"),
    path("tickets/<int:number>/rueckruf/", calls.ticket_call, name="ticket_call"),
    path("tickets/<int:number>/rueckruf/absage/", calls.cancel_call, name="call_cancellation"),
    path("rueckruf/", calls.new_call, name="new_call"),
    path("zusagen/", statement.statements_list, name="statements"),
    path("zusagen/<month:month>/", statement.statement, name="statement"),
    path("anhaenge/<int:pk>/", ticket.attachment, name="attachment"),
    path("abbestellen/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("einstellungen/", settings.settings, name="settings"),
    path("einstellungen/zusatzmodule/", modules.modules, name="modules"),
    path("einstellungen/zusatzmodule/buchung/", modules.create_booking, name="new_booking"),
    path("einstellungen/zusatzmodule/bestaetigung/<int:pk>/", modules.confirmation, name="booking"),
    path("einstellungen/zusatzmodule/verlauf/", modules.history, name="booking_history"),
    path("einstellungen/zusatzmodule/kuendigung/", modules.cancellation, name="cancellation"),
    path(
        "einstellungen/zusatzmodule/kuendigung/ruecknahme/",
        modules.revoke_cancellation,
        name="cancellation_revoked",
    ),
    path("einstellungen/facebook/<int:pk>/trennung/", facebook.unlink, name="facebook_unlinked"),
    path("facebook/verbinden/<str:token>/", facebook.link, name="facebook_link"),
    path("einstellungen/rechnungen/", invoices.invoices, name="invoices"),
    path("einstellungen/rechnungen/<int:pk>/", invoices.invoice, name="invoice"),
    path("einstellungen/rechnungsanschrift/", invoices.address, name="billing_address"),
    *forum_urls.urlpatterns,
]
