"""The promises behind a number of a report, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from helpdesk import keyset
from sla.models import Promise
from sla.report import Filters, Outcome, promises

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    promises: list[Promise]
    # Where the next page begins; empty on the last one.
    after: str
    is_first: bool


def for_list(found: QuerySet[Promise]) -> QuerySet[Promise]:
    """Load what a line of the list shows, in one query; of an answer its author alone."""
    related = ("tier", "ticket__organisation", "ticket__team", "ticket__assignee", "answer__author")
    heavy = ("answer__text", "answer__reply_text", "answer__html", "answer__references")
    return found.select_related(*related).defer(*heavy, "answer__search")


def page(filters: Filters, at: datetime, after: str = "") -> Page:
    """The latest promises, or those behind a place in the list."""
    found = for_list(promises(filters, at)).order_by("-started_at", "-pk")
    key = keyset.decode(after, keyset.NEWEST_FIRST)
    if key:
        found = found.filter(keyset.older("started_at", key))
    listed = list(found[: PAGE + 1])
    shown = listed[:PAGE]
    is_more = len(listed) > PAGE
    place = keyset.encode((shown[-1].started_at, shown[-1].pk)) if is_more else ""
    return Page(shown, place, is_first=key is None)


def agent_of(promise: Promise) -> User | None:
    """Who answered; else who is to answer."""
    if promise.answer and promise.answer.author:
        return promise.answer.author
    return promise.ticket.assignee


def outcome_of(promise: Promise) -> Outcome:
    """The class of a promise that was read with it."""
    return Outcome(promise.outcome)  # type: ignore[attr-defined]  # an annotation
