"""Webhooks: what is sent to the app's one address, how it is signed, batched, and tried again."""

from __future__ import annotations

import heapq
import itertools
import random
import secrets
import threading
import time
from collections import deque
from typing import Any, Literal
from urllib.parse import urlencode

from graph_standin import outgoing
from graph_standin.bodies import MAX_UPDATES, Delivery, Update, pack
from graph_standin.clock import HOUR, Clock
from graph_standin.signing import webhook_body, webhook_signature
from graph_standin.world import World

# Seconds between the attempts: at once a few times, then ever more rarely for 36 hours.
PAUSES = [0, 0, 0, 30, 60, 300, 600, 1800, HOUR, HOUR, 2 * HOUR, 4 * HOUR, *[8 * HOUR] * 3]
# An app whose webhook fails this long on Messenger events is unsubscribed from the page.
DISABLED_AFTER_SECONDS = HOUR
ANSWER_SECONDS = 20.0
# A webhook that hangs does not keep the stand-in from ending.
STOP_SECONDS = 2.0
KEPT_DELIVERIES = 10_000


class Deliveries:
    """Sends updates in their order, one worker after the other; a failed body waits beside them.

    `pace` shortens the pauses between attempts: 1 is Meta's own, 0.001 is for tests.
    """

    def __init__(self, world: World, clock: Clock, pace: float) -> None:
        self.world, self.clock, self.pace = world, clock, pace
        self.answer_seconds = ANSWER_SECONDS
        self._held: list[Update] | None = None
        self._all: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self._due: list[tuple[float, int, Delivery]] = []
        self._busy = 0
        self._is_over = False
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._workers: list[threading.Thread] = []

    # What the stand-in's other parts call.

    def emit(self, updates: list[Update]) -> None:
        """Send each update as a body of its own, or keep it while deliveries are held."""
        with self._changed:
            if self._held is not None:
                self._held.extend(updates)
                return
        for update in updates:
            self._queue(self._pack([update]))

    def emit_now(self, updates: list[Update]) -> None:
        """Send before returning; what fails is tried again later, what is held stays held."""
        with self._changed:
            if self._held is not None:
                self._held.extend(updates)
                return
        for update in updates:
            delivery = self._pack([update])
            with self._changed:
                self._all.append(delivery)
            self._attempt(delivery)

    def start(self, workers: int = 1) -> None:
        for _ in range(workers):
            thread = threading.Thread(target=self._work, daemon=True)
            thread.start()
            self._workers.append(thread)

    def stop(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        for thread in self._workers:
            thread.join(STOP_SECONDS)

    # Orders of the control plane.

    def verify(self) -> bool:
        """Ask the webhook the verification question; true when it gave the challenge back."""
        app, challenge = self.world.app, str(secrets.randbelow(2**31))
        query = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.verify_token": app.verify_token,
                "hub.challenge": challenge,
            }
        )
        join = "&" if "?" in app.webhook_url else "?"
        try:
            reply = outgoing.request(
                "GET", f"{app.webhook_url}{join}{query}", seconds=self.answer_seconds
            )
        except outgoing.UnreachableError:
            return False
        app.webhook_verified = reply.status == 200 and reply.body == challenge.encode()
        return app.webhook_verified

    def hold(self) -> None:
        """Keep what happens from now on, until `release`."""
        with self._changed:
            self._held = self._held or []

    def release(
        self,
        *,
        batch: int = 1,
        order: Literal["kept", "reversed", "shuffled"] = "kept",
        copies: int = 1,
    ) -> int:
        """Send what was held, `batch` updates in a body (at most 1000); returns the bodies."""
        with self._changed:
            held, self._held = self._held or [], None
        if order == "reversed":
            held.reverse()
        elif order == "shuffled":
            random.shuffle(held)
        held = [update for update in held for _ in range(copies)]
        size = max(1, min(batch, MAX_UPDATES))
        parts = [held[start : start + size] for start in range(0, len(held), size)]
        for part in parts:
            self._queue(self._pack(part))
        return len(parts)

    def repeat(self, last: int = 1) -> int:
        """Send the last bodies once more, byte for byte."""
        with self._changed:
            again = list(self._all)[-last:]
        for one in again:
            self._queue(Delivery(next(self._numbers), one.body, one.page_ids, one.is_messaging))
        return len(again)

    def send(self, payload: dict[str, Any], signature: str | None = None) -> dict[str, Any]:
        """Send a payload of one's own once, now; returns the webhook's `status` and `body`.

        `signature` replaces the right one; an empty string leaves the header out.
        """
        body = webhook_body(payload)
        reply = self._post(body, signature)
        return {"status": reply.status, "body": reply.body.decode("utf-8", "replace")}

    def settle(self, seconds: float = 10) -> bool:
        """Wait until nothing is on its way (held updates stay); false when it took too long."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._due or self._busy:
                if not self._changed.wait(until - time.monotonic()):
                    return False
        return True

    def log(self, last: int = 100) -> list[dict[str, Any]]:
        """The last bodies with what became of them."""
        with self._changed:
            return [one.view() for one in list(self._all)[-last:]]

    # The work.

    def _pack(self, updates: list[Update]) -> Delivery:
        return pack(next(self._numbers), updates, self.clock)

    def _queue(self, delivery: Delivery, after: float = 0) -> None:
        with self._changed:
            if not delivery.statuses:
                self._all.append(delivery)
            heapq.heappush(self._due, (time.monotonic() + after, delivery.number, delivery))
            self._changed.notify_all()

    def _work(self) -> None:
        while delivery := self._next():
            try:
                self._attempt(delivery)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._is_over:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _attempt(self, delivery: Delivery) -> None:
        began = time.monotonic()
        status = self._status(delivery.body)
        delivery.statuses.append(status)
        delivery.seconds.append(round(time.monotonic() - began, 4))
        if status == 200:
            delivery.outcome = "accepted"
            return
        self._again(delivery)

    def _again(self, delivery: Delivery) -> None:
        tries = len(delivery.statuses)
        if tries > len(PAUSES):
            delivery.outcome = "dropped"
            return
        delivery.failing_for += PAUSES[tries - 1]
        if delivery.is_messaging and delivery.failing_for >= DISABLED_AFTER_SECONDS:
            delivery.outcome = "disabled"
            with self.world.lock:
                for page_id in delivery.page_ids:
                    self.world.pages[page_id].fields = []
            return
        self._queue(delivery, PAUSES[tries - 1] * self.pace)

    def _status(self, body: bytes) -> int:
        if not self.world.app.webhook_verified and not self.verify():
            return 0
        try:
            return self._post(body).status
        except outgoing.UnreachableError:
            return 0

    def _post(self, body: bytes, signature: str | None = None) -> outgoing.Reply:
        app = self.world.app
        right = webhook_signature(app.secret, body)
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if signature != "":
            headers["X-Hub-Signature-256"] = signature or right
        return outgoing.request(
            "POST", app.webhook_url, body=body, headers=headers, seconds=self.answer_seconds
        )
