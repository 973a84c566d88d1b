"""What the widget loads and asks, under /kontakt/; the page itself is the portal's."""

from django.urls import path

from channels.contact_form import views

app_name = "contact_form"
urlpatterns = [
    path("widget.js", views.script, name="script"),
    path("widget/", views.entry, name="entry"),
]
