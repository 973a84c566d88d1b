"""The key of a mailed link to choose a password."""

from __future__ import annotations

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts.models import User
from tenants.connection import connection


class PasswordTokenGenerator(PasswordResetTokenGenerator):
    """Keys that work in their own tenant only: ids, and restored rows, can be equal elsewhere."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{connection.schema_name}:{super()._make_hash_value(user, timestamp)}"
