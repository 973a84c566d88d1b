"""The desk: agents and tenant administrators only."""

from django.urls import path

from desk.views import files, live, people, quarantine, queue, report, search, ticket

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
    path("berichte/zusagen/", report.promises, name="promises"),
    path("berichte/zusagen/tickets/", report.promise_tickets, name="promise_tickets"),
    path("berichte/zusagen/export/", report.promise_export, name="promise_export"),
    path("suche/", search.search, name="search"),
    path("quarantaene/", quarantine.quarantine, name="quarantine"),
    path(
        "quarantaene/<int:pk>/wiederholung/",
        quarantine.replay_quarantined,
        name="quarantine_replay",
    ),
    path("team/", people.people, name="people"),
    path("team/einladung/", people.invite, name="invite"),
    path("anhaenge/<int:pk>/", files.attachment, name="attachment"),
    path("nachrichten/<int:pk>/html/", files.html_body, name="html_body"),
    path("nachrichten/mit-bildern/<str:token>/", files.html_with_remote, name="html_with_remote"),
    path("bilder/<str:token>/", files.inline_image, name="inline_image"),
    path("live/", live.live_token, name="live_token"),
]
