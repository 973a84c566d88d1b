"""The desk's part of the forum: what waits for an agent, and how the forum is arranged."""

from django.urls import path

from desk.views import forum, forum_settings

urlpatterns = [
    path("forum/", forum.waiting, name="forum"),
    path("forum/beitraege/<int:pk>/freigabe/", forum.approve, name="forum_approval"),
    path("forum/beitraege/<int:pk>/ausblendung/", forum.hide, name="forum_hiding"),
    path("forum/beitraege/<int:pk>/wiederherstellung/", forum.restore, name="forum_restoration"),
    path("forum/beitraege/<int:pk>/offiziell/", forum.change_official, name="forum_official"),
    path("forum/beitraege/<int:pk>/meldungen/", forum.settle_reports, name="forum_reports"),
    path("forum/themen/<int:pk>/", forum.change_topic, name="forum_topic"),
    path("tickets/<int:number>/forum/<int:pk>/", forum.bring_back, name="forum_answer"),
    path("einstellungen/forum/", forum_settings.settings, name="forum_settings"),
    path(
        "einstellungen/forum/kategorien/neu/",
        forum_settings.new_category,
        name="new_forum_category",
    ),
    path(
        "einstellungen/forum/kategorien/<int:pk>/",
        forum_settings.category,
        name="forum_category",
    ),
    path(
        "einstellungen/forum/kategorien/<int:pk>/loeschung/",
        forum_settings.delete_category,
        name="forum_category_removal",
    ),
]
