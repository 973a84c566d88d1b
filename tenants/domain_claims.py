"""Host names that a tenant wants, until it has proven that they are its own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.utils.timezone import now

if TYPE_CHECKING:
    from datetime import datetime


def new_token() -> str:
    return secrets.token_urlsafe(24)


class DomainClaim(models.Model):
    """A host name asked for; several tenants may ask, the one that proves it gets it."""

    class Result(models.TextChoices):
        WAITING = "waiting"
        NOT_FOUND = "not_found"
        PRIVATE = "private"
        ELSEWHERE = "elsewhere"
        TAKEN = "taken"

    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, related_name="domain_claims")
    host = models.CharField(max_length=253)
    token = models.CharField(max_length=40, default=new_token)
    created_at = models.DateTimeField(default=now)
    checked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    result = models.CharField(max_length=12, choices=Result, default=Result.WAITING)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "host"], name="domain_claim_once")]

    def __str__(self) -> str:
        return self.host

    @property
    def path(self) -> str:
        """Where the token is looked for on the host."""
        return f"/.well-known/helpdesk-domain/{self.token}"
