"""What people do on Facebook, and what the page's own staff does there by hand.

Every act takes the ids of page and person, and answers the id of what came of it. What the page is
subscribed to is told to the webhook.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from graph_standin import events
from graph_standin.errors import ControlError
from graph_standin.graph import Graph
from graph_standin.world import MAX_EDITS, PAGE_INBOX, Message, Person, Thread

LIKE_STICKER = 369239263222822


class People:
    def __init__(self, graph: Graph) -> None:
        self._graph, self._world = graph, graph.world

    def add(self, name: str, person: str = "") -> dict[str, Any]:
        """A new person, with an id of one's own or a new one; answers `id` and `name`."""
        with self._world.lock:
            made = Person(person or self._world.new_id(), name)
            self._world.people[made.id] = made
        return {"id": made.id, "name": made.name}

    def psid(self, page: str, person: str) -> str:
        """The id under which the page knows this person in messages."""
        with self._world.lock:
            return self._thread(page, person).psid

    def block(self, page: str, person: str, blocked: bool = True) -> None:
        """Let a person receive nothing from the page (error 551/1545041), or again."""
        with self._world.lock:
            self._person(person).blocks = [page] if blocked else []

    def refuse_profile(self, person: str, reason: str = "none") -> None:
        """Let the profile look-up fail: `none` (100/2018218), `consent` (230); empty: works."""
        self._person(person).profile_refused = reason

    # Messages.

    def write(
        self,
        page: str,
        person: str,
        text: str = "",
        *,
        attachments: list[dict[str, Any]] | None = None,
        reply_to: str = "",
        quick_reply: str = "",
        sticker: int = 0,
        old_sticker: bool = False,
    ) -> str:
        """Write to the page; answers the `mid`.

        An attachment is `{"type", "name", "content_type", "content": base64}`, served at a link
        that ends, or a ready `{"type", "payload": {...}}`. `sticker` is an id (any of Meta's);
        `old_sticker` writes it as before August 2026.
        """
        with self._world.lock:
            thread = self._thread(page, person)
            files = [self._attachment(one) for one in attachments or []]
            if sticker:
                files.append(self._sticker(sticker, old_sticker))
            message = self._message(thread, text, files, reply_to)
            part = events.content(message)
            if quick_reply:
                part["quick_reply"] = {"payload": quick_reply}
            told = events.from_person(
                self._graph, thread, "messages", {"message": part}, at=message.at
            )
            self._graph.deliveries.emit(told)
        return message.mid

    def edit(self, mid: str, text: str, *, number: int | str | None = None) -> None:
        """Edit a message of a person's own, up to five times; `number` replaces `num_edit`."""
        with self._world.lock:
            message, thread = self._own(mid)
            if len(message.edits) >= MAX_EDITS:
                raise ControlError("A message can be edited five times.")
            message.edits.append(message.text)
            message.text = text
            count = str(len(message.edits)) if number is None else number
            part = {"message_edit": {"mid": mid, "text": text, "num_edit": count}}
            self._tell(thread, "message_edits", part)

    def unsend(self, mid: str) -> None:
        """Take a message back."""
        with self._world.lock:
            message, thread = self._own(mid)
            message.is_deleted = True
            self._tell(thread, "messages", {"message": {"mid": mid, "is_deleted": True}})

    def react(self, mid: str, reaction: str = "love", emoji: str = "❤") -> None:
        """React to a message; an empty reaction takes it back."""
        with self._world.lock:
            message = self._found(mid)
            thread = self._act_in(message.page_id, message.person_id)
            part: dict[str, Any] = {"mid": mid, "action": "react" if reaction else "unreact"}
            if reaction:
                part |= {"reaction": reaction, "emoji": emoji}
            message.reaction = emoji if reaction else ""
            self._tell(thread, "message_reactions", {"reaction": part})

    def press(self, page: str, person: str, title: str, payload: str) -> str:
        """Press a button of the page (a postback); answers its `mid`."""
        with self._world.lock:
            thread = self._act_in(page, person)
            mid = f"m_{secrets.token_urlsafe(24)}"
            part = {"postback": {"mid": mid, "title": title, "payload": payload}}
            self._tell(thread, "messaging_postbacks", part)
        return mid

    def read(self, page: str, person: str) -> None:
        """Read everything the page has sent so far."""
        with self._world.lock:
            thread = self._thread(page, person)
            sent = [m for m in self._world.messages.values() if m.from_page and not m.is_read]
            sent = [m for m in sent if (m.page_id, m.person_id) == (page, person)]
            for message in sent:
                message.is_read = True
            if sent:
                watermark = max(int(m.at * 1000) for m in sent)
                self._tell(thread, "message_reads", {"read": {"watermark": watermark}})

    # The page's own staff, in Meta's inbox.

    def answer_by_hand(self, page: str, person: str, text: str, app: str = PAGE_INBOX) -> str:
        """The page answers in Meta's inbox; answers the `mid`. `app` may be empty: no app's id."""
        with self._world.lock:
            thread = self._thread(page, person)
            message = self._message(thread, text, [], "", from_page=True)
            message.app_id = app
            self._graph.deliveries.emit(events.echo(self._graph, thread, message))
        return message.mid

    def hand_over(self, page: str, person: str, app: str = PAGE_INBOX) -> None:
        """Another app owns the thread from now on: its events stand in `standby`.

        An empty `app` passes it back to ours.
        """
        with self._world.lock:
            thread = self._thread(page, person)
            ours = self._world.app.id
            before, thread.owner = thread.owner or ours, app
            verb = "take_thread_control" if app else "pass_thread_control"
            owners = {"previous_owner_app_id": before, "new_owner_app_id": app or ours}
            update = events.of_thread(self._graph, thread, {verb: owners})
            self._graph.deliveries.emit(self._graph.messaging(page, "messaging_handovers", update))

    def cause(self, page: str, person: str, field: str, part: dict[str, Any]) -> None:
        """Any event by a person, as it stands in `part`: `{"referral": {…}}`, `{"optin": {…}}`.

        `field` is the webhook's field for it.
        """
        with self._world.lock:
            self._tell(self._thread(page, person), field, part)

    # Parts.

    def _tell(self, thread: Thread, field: str, part: dict[str, Any]) -> None:
        self._graph.deliveries.emit(events.from_person(self._graph, thread, field, part))

    def _person(self, person: str) -> Person:
        if person not in self._world.people:
            raise ControlError(f"There is no person {person}.")
        return self._world.people[person]

    def _thread(self, page: str, person: str) -> Thread:
        if page not in self._world.pages:
            raise ControlError(f"There is no page {page}.")
        return self._world.thread(page, self._person(person).id)

    def _act_in(self, page: str, person: str) -> Thread:
        """The thread, with its 24 hours beginning anew."""
        thread = self._thread(page, person)
        thread.last_action_at = self._graph.clock.now()
        return thread

    def _found(self, mid: str) -> Message:
        if mid not in self._world.messages:
            raise ControlError(f"There is no message {mid}.")
        return self._world.messages[mid]

    def _own(self, mid: str) -> tuple[Message, Thread]:
        message = self._found(mid)
        if message.from_page:
            raise ControlError("That is the page's message.")
        return message, self._thread(message.page_id, message.person_id)

    def _message(
        self,
        thread: Thread,
        text: str,
        files: list[dict[str, Any]],
        reply_to: str,
        *,
        from_page: bool = False,
    ) -> Message:
        at = self._graph.clock.now()
        message = Message(
            mid=f"m_{secrets.token_urlsafe(24)}",
            page_id=thread.page_id,
            person_id=thread.person_id,
            from_page=from_page,
            at=at,
            text=text,
            attachments=files,
            reply_to=reply_to,
        )
        self._world.messages[message.mid] = message
        if not from_page:
            thread.last_action_at = at
        return message

    def _attachment(self, one: dict[str, Any]) -> dict[str, Any]:
        if "content" not in one:
            return one
        file = self._graph.keep_file(
            one.get("name", "datei"),
            one.get("content_type", "application/octet-stream"),
            base64.b64decode(one["content"]),
        )
        return {"type": one.get("type", "file"), "payload": {"url": self._graph.link(file)}}

    def _sticker(self, number: int, is_old: bool) -> dict[str, Any]:
        file = self._graph.keep_file("sticker.png", "image/png", STICKER)
        payload = {"sticker_id": number, "url": self._graph.link(file)}
        return {"type": "image" if is_old else "sticker", "payload": payload}


# The smallest PNG there is.
STICKER = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
    "gg=="
)
