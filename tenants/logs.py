"""Log lines that say which tenant they are about."""

import logging

from django.db import connection


class TenantFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.tenant = getattr(connection, "schema_name", None) or "public"
        return True
