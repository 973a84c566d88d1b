"""The control plane: POST /_standin/GROUP/ACT with the act's arguments as a JSON object."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graph_standin.errors import ControlError
from graph_standin.http import Call
from graph_standin.routes import Usage

if TYPE_CHECKING:
    from graph_standin.standin import Standin

ACTS = {
    "clock": {"now", "set", "advance", "run"},
    "staff": {
        "set_app",
        "add_account",
        "add_page",
        "grant",
        "revoke",
        "lose_permission",
        "set_tasks",
        "restrict",
        "disable_webhook",
        "request_deletion",
        "remove_app",
    },
    "people": {
        "add",
        "psid",
        "block",
        "refuse_profile",
        "write",
        "edit",
        "unsend",
        "react",
        "press",
        "read",
        "answer_by_hand",
        "hand_over",
        "cause",
    },
    "wall": {"post", "comment", "edit", "hide", "remove", "like", "mention"},
    "deliveries": {"verify", "hold", "release", "repeat", "send", "settle", "log"},
    "failures": {"plan", "clear", "list"},
    "player": {"view"},
}


def run(standin: Standin, call: Call) -> Any:
    """Run an order; raises ControlError with what is wrong with it."""
    parts = call.path.split("/")[2:]
    if call.method == "GET":
        return _look(standin, parts)
    # A page of another origin can send a form, but not JSON without being asked first.
    if not call.headers.get("content-type", "").startswith("application/json"):
        raise ControlError("An order is a JSON object (Content-Type: application/json).")
    if len(parts) == 2 and parts[1] in ACTS.get(parts[0], set()):
        return _call(getattr(getattr(standin, parts[0]), parts[1]), call.params)
    if parts == ["calls", "usage"]:
        return _set_usage(standin, call.params)
    raise ControlError(f"There is no order {'/'.join(parts)}.")


def _call(act: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        inspect.signature(act).bind(**arguments)
    except TypeError as error:
        raise ControlError(str(error))
    return act(**arguments)


def _set_usage(standin: Standin, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name not in Usage.__dataclass_fields__:
            raise ControlError(f"The usage headers have no {name}.")
        setattr(standin.calls.usage, name, value)


def _look(standin: Standin, parts: list[str]) -> Any:
    looks: dict[str, Callable[[], Any]] = {
        "state": standin.view,
        "calls": lambda: list(standin.calls.seen),
        "deliveries": standin.deliveries.log,
        "failures": standin.failures.list,
        "health": lambda: "ok",
    }
    if len(parts) != 1 or parts[0] not in looks:
        raise ControlError(f"There is nothing to see at {'/'.join(parts)}.")
    return looks[parts[0]]()
