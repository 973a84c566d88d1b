"""How long a page may write to a person: 24 hours, and seven days for what a human wrote.

Plain arithmetic; all moments aware, by Meta's clock. The desk shows the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RESPONSE_LASTS = timedelta(hours=24)
HUMAN_LASTS = timedelta(days=7)


class Kind(StrEnum):
    """As what a message may leave now."""

    RESPONSE = "response"
    HUMAN_AGENT = "human_agent"
    CLOSED = "closed"


def kind(last_inbound_at: datetime | None, at: datetime, *, is_human: bool) -> Kind:
    """As what a message may leave at a moment; the very end of a window is still inside."""
    if last_inbound_at is None:
        return Kind.CLOSED
    if at <= last_inbound_at + RESPONSE_LASTS:
        return Kind.RESPONSE
    if is_human and at <= last_inbound_at + HUMAN_LASTS:
        return Kind.HUMAN_AGENT
    return Kind.CLOSED


def ends_at(last_inbound_at: datetime | None, *, is_human: bool = True) -> datetime | None:
    """When nothing can be written any more; None where nothing ever could."""
    if last_inbound_at is None:
        return None
    return last_inbound_at + (HUMAN_LASTS if is_human else RESPONSE_LASTS)


@dataclass(frozen=True, slots=True)
class Window:
    """How long an agent may still write to a person, as seen at one moment."""

    # None: they have never done anything in Messenger.
    opened_at: datetime | None
    at: datetime

    @property
    def kind(self) -> Kind:
        """As what an agent's answer leaves now."""
        return kind(self.opened_at, self.at, is_human=True)

    @property
    def is_closed(self) -> bool:
        return self.kind == Kind.CLOSED

    @property
    def is_for_humans(self) -> bool:
        """True from the end of the first day on: only what a human wrote may leave."""
        return self.kind == Kind.HUMAN_AGENT

    @property
    def ends_at(self) -> datetime | None:
        """When what may leave now may not any more; None where nothing may."""
        return None if self.is_closed else self._end

    @property
    def closed_at(self) -> datetime | None:
        """When nothing can be written any more; None where nothing ever could."""
        return ends_at(self.opened_at)

    @property
    def used_percent(self) -> float:
        """The share of the window that is gone, 0 to 100."""
        if self.opened_at is None or self.is_closed:
            return 100
        lasts = self._end - self.opened_at
        return min(max((self.at - self.opened_at) / lasts * 100, 0), 100)

    def ends_before(self, due_at: datetime | None) -> bool:
        """Whether what may leave now may not any more at a due moment: answer before that."""
        ends = self.ends_at
        return ends is not None and due_at is not None and self.at <= due_at and ends < due_at

    @property
    def _end(self) -> datetime:
        is_human = self.kind != Kind.RESPONSE
        return (self.opened_at or self.at) + (HUMAN_LASTS if is_human else RESPONSE_LASTS)
