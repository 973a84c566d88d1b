"""The forum's addresses: `/forum/<category>/<topic>/`, and what one can do there."""

from django.urls import path

from portal.views import forum, forum_acts, forum_feeds, forum_people, forum_writing

# No category may be called like one of these (`desk.forum_forms`).
urlpatterns = [
    path("forum/", forum.index, name="forum"),
    path("forum/feed/", forum_feeds.latest, name="forum_feed"),
    path("forum/neu/", forum_writing.new_topic, name="forum_new_topic"),
    path("forum/aehnlich/", forum_writing.similar_topics, name="forum_similar"),
    path("forum/profil/", forum_people.profile, name="forum_profile"),
    path("forum/abmelden/<str:token>/", forum_people.unfollow, name="forum_unfollow"),
    path("forum/bilder/<int:pk>/", forum.picture, name="forum_picture"),
    path("forum/themen/<int:pk>/antwort/", forum_writing.create_reply, name="forum_reply"),
    path("forum/themen/<int:pk>/folgen/", forum_people.change_follow, name="forum_follow"),
    path("forum/beitraege/<int:pk>/bearbeiten/", forum_writing.edit, name="forum_edit"),
    path("forum/beitraege/<int:pk>/verlauf/", forum.history, name="forum_history"),
    path("forum/beitraege/<int:pk>/stimme/", forum_acts.change_vote, name="forum_vote"),
    path("forum/beitraege/<int:pk>/loesung/", forum_acts.change_accepted, name="forum_accept"),
    path("forum/beitraege/<int:pk>/meldung/", forum_acts.report, name="forum_report"),
    path("forum/beitraege/<int:pk>/ticket/", forum_acts.open_ticket, name="forum_ticket"),
    path("forum/<slug:slug>/", forum.category, name="forum_category"),
    path("forum/<slug:slug>/feed/", forum_feeds.category, name="forum_category_feed"),
    path("forum/<slug:slug>/<str:key>/", forum.topic, name="forum_topic"),
    path("forum/<slug:slug>/<str:key>/feed/", forum_feeds.topic, name="forum_topic_feed"),
]
