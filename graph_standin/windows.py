"""When a page may write to a person: 24 hours, and seven days for humans."""

from __future__ import annotations

from graph_standin import errors
from graph_standin.clock import DAY
from graph_standin.errors import GraphError
from graph_standin.graph import Graph
from graph_standin.http import Call
from graph_standin.world import HUMAN_AGENT, Entry, Page, Thread

RESPONSE_SECONDS = DAY
HUMAN_SECONDS = 7 * DAY
PRIVATE_REPLY_SECONDS = 7 * DAY
RETIRED_TAGS = {"CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"}


def outside() -> GraphError:
    return GraphError(
        errors.NO_ACCESS,
        "This message is sent outside of allowed window.",
        subcode=errors.OUTSIDE_WINDOW,
    )


def check_kind(call: Call) -> str:
    """The tag of a message, empty without one; raises error 100 for a kind that does not exist."""
    kind, tag = call.text("messaging_type") or "RESPONSE", call.text("tag")
    if kind not in {"RESPONSE", "UPDATE", "MESSAGE_TAG"}:
        raise errors.invalid(
            f'Param messaging_type must be one of {{RESPONSE, UPDATE, MESSAGE_TAG}} - got "{kind}".'
        )
    if kind != "MESSAGE_TAG":
        return ""
    if tag in RETIRED_TAGS:
        raise errors.invalid(f"The message tag {tag} is no longer supported.")
    if tag != "HUMAN_AGENT":
        raise errors.invalid(f'Param tag must be one of {{HUMAN_AGENT}} - got "{tag}".')
    return tag


def check_window(graph: Graph, thread: Thread, tag: str) -> None:
    """Raise error 10/2018278 outside the window; the last second of it is still inside."""
    seconds = RESPONSE_SECONDS
    if tag:
        if HUMAN_AGENT not in graph.world.app.features:
            raise outside()
        seconds = HUMAN_SECONDS
    if thread.last_action_at is None or graph.clock.now() - thread.last_action_at > seconds:
        raise outside()


def check_recipient(graph: Graph, page: Page, thread: Thread) -> None:
    """Raise what keeps a message from this page to this person."""
    if page.is_restricted:
        raise GraphError(
            errors.NO_ACCESS,
            "The page is temporarily restricted from sending messages.",
            subcode=errors.RESTRICTED,
        )
    if page.id in graph.world.people[thread.person_id].blocks:
        raise GraphError(
            errors.UNAVAILABLE,
            "This person isn't available right now.",
            subcode=errors.CANNOT_RECEIVE,
        )
    if thread.owner:
        raise GraphError(
            errors.NO_ACCESS,
            "Message failed to send because another app is controlling this thread now.",
            subcode=errors.OTHER_APP,
        )


def can_reply_privately(graph: Graph, entry: Entry) -> bool:
    """Once, within seven days, to people and not to pages."""
    young = graph.clock.now() - entry.at <= PRIVATE_REPLY_SECONDS
    is_person = entry.author_id in graph.world.people
    return young and is_person and not entry.was_answered_privately
