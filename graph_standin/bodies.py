"""What a webhook is sent: updates, packed into bodies."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from graph_standin.clock import Clock
from graph_standin.signing import webhook_body

MAX_UPDATES = 1000
Part = Literal["messaging", "standby", "changes"]


@dataclass
class Update:
    """One event of one page; `part` is the list it stands in."""

    page_id: str
    part: Part
    content: dict[str, Any]


@dataclass
class Delivery:
    """One body on its way, with the status of each attempt (0: nobody answered)."""

    number: int
    body: bytes
    page_ids: list[str]
    is_messaging: bool
    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    outcome: Literal["waiting", "accepted", "dropped", "disabled"] = "waiting"
    # How long it has failed, by Meta's pauses and not by the shortened ones.
    failing_for: float = 0

    def view(self) -> dict[str, Any]:
        return {**asdict(self), "body": self.body.decode("ascii")}


def pack(number: int, updates: list[Update], clock: Clock) -> Delivery:
    """One body of some updates: neighbours of the same page and list share an entry.

    An entry's time is in milliseconds for messages, in seconds for the wall.
    """
    entries: list[dict[str, Any]] = []
    for (page_id, part), group in itertools.groupby(updates, lambda u: (u.page_id, u.part)):
        at = clock.seconds() if part == "changes" else clock.milliseconds()
        entries.append({"id": page_id, "time": at, part: [one.content for one in group]})
    return Delivery(
        number,
        webhook_body({"object": "page", "entry": entries}),
        list(dict.fromkeys(update.page_id for update in updates)),
        any(update.part != "changes" for update in updates),
    )
