"""The public schema has no host of its own; only the health check answers without a tenant."""

from django.urls import path

from helpdesk.http import health

urlpatterns = [path("health/", health, name="health")]
