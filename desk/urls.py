"""The desk: agents and tenant administrators only."""

from django.urls import path

from desk.views import (
    calendars,
    files,
    live,
    people,
    quarantine,
    queue,
    search,
    settings,
    ticket,
    tiers,
)

app_name = "desk"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("meine/", queue.mine, name="mine"),
    path("naechstes/", queue.next_ticket, name="next_ticket"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/antwort/", ticket.create_reply, name="reply"),
    path("tickets/<int:number>/notiz/", ticket.create_note, name="note"),
    path("tickets/<int:number>/zuweisung/", ticket.change_assignment, name="assignment"),
    path("tickets/<int:number>/status/", ticket.change_state, name="state"),
    path("tickets/<int:number>/begruendung/", ticket.explanation, name="explanation"),
    path("suche/", search.search, name="search"),
    path("quarantaene/", quarantine.quarantine, name="quarantine"),
    path(
        "quarantaene/<int:pk>/wiederholung/",
        quarantine.replay_quarantined,
        name="quarantine_replay",
    ),
    path("team/", people.people, name="people"),
    path("team/einladung/", people.invite, name="invite"),
    path("einstellungen/", settings.settings, name="settings"),
    path("einstellungen/supportlevel/", tiers.tiers, name="tiers"),
    path("einstellungen/supportlevel/neu/", tiers.new_tier, name="new_tier"),
    path("einstellungen/supportlevel/<int:pk>/", tiers.tier, name="tier"),
    path(
        "einstellungen/supportlevel/<int:pk>/reihenfolge/",
        tiers.change_tier_position,
        name="tier_position",
    ),
    path("einstellungen/supportlevel/<int:pk>/loeschung/", tiers.delete_tier, name="tier_removal"),
    path("einstellungen/geschaeftszeiten/", calendars.calendars, name="calendars"),
    path("einstellungen/geschaeftszeiten/neu/", calendars.new_calendar, name="new_calendar"),
    path("einstellungen/geschaeftszeiten/<int:pk>/", calendars.calendar, name="calendar"),
    path("anhaenge/<int:pk>/", files.attachment, name="attachment"),
    path("nachrichten/<int:pk>/html/", files.html_body, name="html_body"),
    path("nachrichten/mit-bildern/<str:token>/", files.html_with_remote, name="html_with_remote"),
    path("bilder/<str:token>/", files.inline_image, name="inline_image"),
    path("live/", live.live_token, name="live_token"),
]
