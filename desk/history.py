"""A ticket's history in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from channels.callback.confirmations import What
from channels.models import CallAttempt
from helpdesk.templatetags.moments import exact_long
from sla.models import Promise
from tickets.models import Event, Ticket
from tickets.states import State

# What `Event.what` says about a promise.
PROMISE_WORDS: dict[str, str | Lazy] = {
    "made": _("made"),
    "answered": _("answered"),
    "kept": _("kept"),
    "answered_late": _("answered after the due moment"),
    "taken_back": _("open again, the answer did not arrive"),
    "restored": _("open again, no spam after all"),
    "unmerged": _("open again, no longer merged"),
    "breached": _("guarantee missed"),
    "target_missed": _("target missed"),
}
# What `Event.what` says about a call.
CALL_WORDS: dict[str, str | Lazy] = {
    What.AGREED: _("Call agreed"),
    What.MOVED: _("Call changed"),
    What.CANCELLED: _("Call cancelled"),
    **dict(CallAttempt.Outcome.choices),
}
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One event, with its values as people say them."""

    kind: str
    get_kind_display: str
    what: str
    what_display: str
    before: str
    before_display: str
    after: str
    after_display: str
    actor: User | None
    at: datetime


def lines(ticket: Ticket) -> list[Line]:
    """The newest events first, at most a hundred."""
    events = ticket.events.select_related("actor").order_by("-at", "-pk")
    return [_line(event) for event in events[:SHOWN]]


def _line(event: Event) -> Line:
    return Line(
        kind=event.kind,
        get_kind_display=event.get_kind_display(),
        what=event.what,
        what_display=_what(event),
        before=event.before,
        before_display=_state(event, event.before),
        after=event.after,
        after_display=_state(event, event.after),
        actor=event.actor,
        at=event.at,
    )


def _what(event: Event) -> str:
    if event.kind == Event.Kind.CALL:
        return str(CALL_WORDS.get(event.what, event.what))
    if event.kind != Event.Kind.PROMISE:
        return event.what
    causes: Iterable[tuple[str, str | Lazy]] = Promise.End.choices
    return str({**dict(causes), **PROMISE_WORDS}.get(event.what, event.what))


def _state(event: Event, value: str) -> str:
    if event.kind == Event.Kind.CALL and value:
        return exact_long(datetime.fromisoformat(value))
    is_state = event.kind == Event.Kind.STATE and value in State.values
    return str(State(value).label) if is_state else value
