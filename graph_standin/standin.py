"""The stand-in as a whole: its parts, its server, its state file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graph_standin import control, login, player, routes, state
from graph_standin.clock import Clock
from graph_standin.deliveries import Deliveries
from graph_standin.errors import ControlError
from graph_standin.failures import Failures
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call, Server, json_answer
from graph_standin.people import People
from graph_standin.staff import Staff
from graph_standin.visitors import Wall
from graph_standin.world import App, World

SAVE_SECONDS = 1.0
# What an open player's page asks every second; nothing of it has to be kept.
QUIET = {"/_standin/player/view", "/_standin/people/read"}


class Standin:
    """A Graph API of one's own. `staff`, `people`, `wall`, `deliveries`, `failures` and `clock`
    are its control plane; `base_url` is where it listens.
    """

    def __init__(self, app: App, *, pace: float = 0.001, state_file: Path | None = None) -> None:
        self.clock = Clock()
        self.failures = Failures()
        self.world = World(app)
        self._state_file = state_file
        if state_file and state_file.exists():
            state.load(self.world, state_file)
        self.deliveries = Deliveries(self.world, self.clock, pace)
        self.graph = Graph(self.world, self.clock, self.deliveries, self.failures)
        self.calls = routes.Calls()
        self.staff, self.people, self.wall = Staff(self.graph), People(self.graph), Wall(self.graph)
        self.player = player.Player(self.graph)
        self._threads: list[threading.Thread] = []
        self._is_over = threading.Event()
        self._is_changed = threading.Event()

    @property
    def base_url(self) -> str:
        return self.graph.base_url

    def start(
        self, host: str = "127.0.0.1", port: int = 0, workers: int = 1, public_url: str = ""
    ) -> None:
        """Listen; port 0 takes a free one. `public_url` is how others reach it."""
        self._server = Server((host, port), self.answer)
        own = f"http://{host}:{self._server.server_address[1]}"
        self.graph.base_url = public_url.rstrip("/") or own
        self.deliveries.start(workers)
        self._threads = [threading.Thread(target=self._server.serve_forever, args=(0.05,))]
        if self._state_file:
            self._threads.append(threading.Thread(target=self._save_often))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End every thread and, with a state file, keep the world."""
        self._is_over.set()
        self.failures.over.set()
        self._server.stop()
        self.deliveries.stop()
        for thread in self._threads:
            thread.join()

    def answer(self, call: Call) -> Answer:
        """Any request, by its path."""
        if call.method != "GET" and call.path not in QUIET:
            self._is_changed.set()
        if call.path.startswith("/_standin/"):
            return self._control(call)
        if call.path.endswith("/dialog/oauth"):
            return login.answer(self.graph, call)
        found = player.answer(self.graph, call)
        return routes.answer(self.graph, self.calls, call) if found is None else found

    def _control(self, call: Call) -> Answer:
        try:
            return json_answer({"result": control.run(self, call)})
        except ControlError as error:
            return json_answer({"error": str(error)}, 400)

    def view(self) -> dict[str, Any]:
        """What there is, for a look from outside."""
        with self.world.lock:
            return state.dump(self.world, files=False)

    def _save_often(self) -> None:
        is_over = False
        while not is_over and self._state_file:
            is_over = self._is_over.wait(SAVE_SECONDS)
            if is_over or self._is_changed.is_set():
                self._is_changed.clear()
                state.save(self.world, self._state_file)


@contextmanager
def running(
    *,
    app_id: str = "1234567890",
    app_secret: str = "geheim123",  # noqa: S107 - the secret of the test vectors
    verify_token: str = "pruefwort",  # noqa: S107 - a stand-in has nothing to protect
    webhook_url: str = "",
    host: str = "127.0.0.1",
    port: int = 0,
    pace: float = 0.001,
    workers: int = 1,
    public_url: str = "",
    state_file: Path | None = None,
) -> Iterator[Standin]:
    """A stand-in in threads of this process, ended with the block."""
    app = App(app_id, app_secret, verify_token, webhook_url)
    standin = Standin(app, pace=pace, state_file=state_file)
    standin.start(host, port, workers, public_url)
    try:
        yield standin
    finally:
        standin.stop()
