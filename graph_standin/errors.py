"""Refusals in the words and numbers of the Graph API."""

from __future__ import annotations

import secrets
from typing import Any

NO_ACCESS = 10
INVALID = 100
TOKEN = 190
PERMISSION = 200
DUPLICATE = 506
UNAVAILABLE = 551
VERSION = 2635

OUTSIDE_WINDOW = 2018278
NO_USER = 2018001
NOT_FETCHED = 2018008
TOO_LARGE = 2018109
NO_PROFILE = 2018218
OTHER_APP = 2018300
CANNOT_RECEIVE = 1545041
RESTRICTED = 1893063

APP_REMOVED = 458
EXPIRED = 463

TEMPORARY = {1, 2, 4, 17, 32, 341, 613, 1200}
STATUS = {1: 500, 2: 500, 4: 403, 10: 403, 17: 403, 32: 403, 190: 401, 200: 403, 368: 403, 613: 403}
OAUTH = {4, 10, 17, 32, 100, 190, 200, 230, 368, 613}


class GraphError(Exception):
    """A call is refused; `code` and `subcode` are Meta's, `status` is HTTP's."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.subcode = code, message, subcode
        self.status = status or STATUS.get(code, 400)
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The error as the Graph API writes it."""
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {self.message}",
            "type": "OAuthException" if self.code in OAUTH else "GraphMethodException",
            "code": self.code,
            "fbtrace_id": "A" + secrets.token_urlsafe(16),
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.code in TEMPORARY:
            error["is_transient"] = True
        return {"error": error}


class ControlError(Exception):
    """An order to the stand-in itself makes no sense; the message says why."""


def invalid(message: str, subcode: int | None = None) -> GraphError:
    return GraphError(INVALID, message, subcode=subcode)


def missing_permission(name: str) -> GraphError:
    return GraphError(PERMISSION, f"Requires {name} permission to manage the object")


def unknown_object(object_id: str) -> GraphError:
    return GraphError(
        INVALID,
        f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded "
        "due to missing permissions, or does not support this operation",
        subcode=33,
    )
