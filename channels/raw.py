"""Raw messages on disk, durable before anything is acknowledged (law 1, `tenants.files`).

A file is named by its content, so storing twice is storing once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.core.files.storage import default_storage

from tenants.files import keep


class StorageFullError(OSError):
    """The disk refused the bytes, for lack of space or otherwise; nothing was acknowledged."""


def store(raw: bytes) -> str:
    """Make the bytes durable in this tenant's folder; returns their SHA-256 in hex."""
    digest = hashlib.sha256(raw).hexdigest()
    try:
        keep(_name(digest), raw)
    except OSError as error:
        raise StorageFullError(*error.args) from error
    return digest


def read(digest: str) -> bytes:
    return path_of(digest).read_bytes()


def path_of(digest: str) -> Path:
    """Where a raw message of the current tenant lies."""
    return Path(default_storage.path(_name(digest)))


def _name(digest: str) -> str:
    return f"inbound/{digest[:2]}/{digest}"
