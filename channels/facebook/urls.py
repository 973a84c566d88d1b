from django.urls import path

from channels.facebook import callbacks, views

urlpatterns = [
    path("", views.webhook, name="facebook_webhook"),
    path("verbunden/", callbacks.connected, name="facebook_connected"),
    path("loeschung/", callbacks.delete, name="facebook_deletion"),
    path("loeschung/<str:code>/", callbacks.deletion, name="facebook_deletion_status"),
    path("abgemeldet/", callbacks.deauthorise, name="facebook_deauthorised"),
]
