"""Failures on demand: what the next calls of an endpoint get instead of, or after, their effect."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from graph_standin.errors import ControlError, GraphError
from graph_standin.http import Answer, json_answer

Kind = Literal["error", "html", "timeout", "cut"]


@dataclass
class Failure:
    """`after`: the call has its effect first, and only its answer is lost or false."""

    on: str = "*"
    kind: Kind = "error"
    times: int = 1
    after: bool = False
    code: int = 2
    subcode: int | None = None
    status: int | None = None
    message: str = "An unexpected error has occurred. Please retry your request later."
    seconds: float = 0
    page: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Failures:
    """The failures still to come, in the order they were planned."""

    def __init__(self) -> None:
        self._planned: list[Failure] = []
        self._lock = threading.Lock()
        self.over = threading.Event()

    def plan(self, **values: Any) -> dict[str, Any]:
        """Let the next calls fail.

        `on` is an endpoint's name (messages, comments, node, accounts, …; * is any), `page` limits
        it to a page's token or path, `times` counts down. `kind`: `error` answers Graph's error
        with `code`, `subcode`, `status`, `headers`; `html` answers a proxy's page with `status`;
        `timeout` waits `seconds` and closes; `cut` closes at once. `after` does the work first.
        """
        try:
            failure = Failure(**values)
        except TypeError as error:
            raise ControlError(str(error))
        with self._lock:
            self._planned.append(failure)
        return asdict(failure)

    def clear(self) -> None:
        """Forget every planned failure."""
        with self._lock:
            self._planned.clear()

    def list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(one) for one in self._planned]

    def take(self, name: str, pages: set[str]) -> Failure | None:
        """The failure this call gets, counted down."""
        with self._lock:
            for one in self._planned:
                if one.on in {"*", name} and (not one.page or one.page in pages):
                    one.times -= 1
                    if one.times <= 0:
                        self._planned.remove(one)
                    return one
        return None

    def answer(self, failure: Failure) -> Answer:
        """What the caller gets of it."""
        if failure.kind == "error":
            error = GraphError(
                failure.code, failure.message, subcode=failure.subcode, status=failure.status
            )
            return json_answer(error.body(), error.status, failure.headers)
        if failure.kind == "html":
            body = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Answer(failure.status or 502, body, "text/html", failure.headers)
        if failure.kind == "timeout":
            self.over.wait(failure.seconds)
        return Answer(cut=True)
