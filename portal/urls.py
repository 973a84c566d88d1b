"""The customers' pages; only the front page is open to everybody."""

from django.urls import path

from portal.views import home, ticket, tickets

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("tickets/", tickets.tickets, name="tickets"),
    path("tickets/neu/", tickets.new_ticket, name="new_ticket"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/antwort/", ticket.create_reply, name="reply"),
    path("tickets/<int:number>/abschluss/", ticket.create_closure, name="closure"),
    path("anhaenge/<int:pk>/", ticket.attachment, name="attachment"),
]
