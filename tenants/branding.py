"""How a tenant's portal looks: its name, logo, colours and legal links."""

from __future__ import annotations

import hashlib

from django.db import models

COLOUR = r"^#[0-9a-f]{6}$"
PORTAL_NAME_LENGTH = 60


def _is_https(field: str) -> models.Q:
    return models.Q(**{field: ""}) | models.Q(**{f"{field}__startswith": "https://"})


def _is_colour(field: str) -> models.Q:
    return models.Q(**{field: ""}) | models.Q(**{f"{field}__regex": COLOUR})


class Branding(models.Model):
    """One row a tenant, in the public schema: it comes with the tenant, in the same query.

    Whatever is empty stays as the product itself looks.
    """

    tenant = models.OneToOneField("tenants.Tenant", models.CASCADE, related_name="branding")
    name = models.CharField(max_length=PORTAL_NAME_LENGTH, blank=True)
    # A file of the tenant's storage, named by its content.
    logo = models.CharField(max_length=100, blank=True)
    logo_width = models.PositiveSmallIntegerField(default=0)
    logo_height = models.PositiveSmallIntegerField(default=0)
    # Of what invites an action, in the light and in the dark theme.
    accent_light = models.CharField(max_length=7, blank=True)
    accent_dark = models.CharField(max_length=7, blank=True)
    imprint_url = models.CharField(max_length=300, blank=True)
    privacy_url = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_is_https("imprint_url"), name="branding_imprint"),
            models.CheckConstraint(condition=_is_https("privacy_url"), name="branding_privacy"),
            models.CheckConstraint(condition=_is_colour("accent_light"), name="branding_light"),
            models.CheckConstraint(condition=_is_colour("accent_dark"), name="branding_dark"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.tenant)

    @property
    def has_colours(self) -> bool:
        return bool(self.accent_light or self.accent_dark)

    @property
    def colours_version(self) -> str:
        """Changes with the colours: what a style sheet's address ends with."""
        return hashlib.sha256(f"{self.accent_light} {self.accent_dark}".encode()).hexdigest()[:12]

    @property
    def logo_version(self) -> str:
        return self.logo.rpartition("/")[2][:12]
