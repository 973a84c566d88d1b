"""The customers' pages; only the front page is open to everybody."""

from __future__ import annotations

from datetime import date

from django.urls import path, register_converter

from portal.views import home, statement, ticket, tickets


class MonthConverter:
    """A month as it stands in an address: 2026-11."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else f"{value:%Y-%m}"


register_converter(MonthConverter, "month")

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("tickets/", tickets.tickets, name="tickets"),
    path("tickets/neu/", tickets.new_ticket, name="new_ticket"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/antwort/", ticket.create_reply, name="reply"),
    path("tickets/<int:number>/abschluss/", ticket.create_closure, name="closure"),
    path("zusagen/", statement.statements_list, name="statements"),
    path("zusagen/<month:month>/", statement.statement, name="statement"),
    path("anhaenge/<int:pk>/", ticket.attachment, name="attachment"),
]
