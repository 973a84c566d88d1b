"""python -m graph_standin: the stand-in as a process of its own."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path

from graph_standin.standin import running

WELCOME = "Willkommen auf unserer Seite! Fragen? Schreiben Sie uns hier oder als Nachricht."


def main() -> None:
    """Listen until the process is told to end."""
    options = _options().parse_args()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with running(
        app_id=options.app_id,
        app_secret=options.app_secret,
        verify_token=options.verify_token,
        webhook_url=options.webhook_url,
        host=options.host,
        port=options.port,
        pace=options.pace,
        workers=options.workers,
        public_url=options.public_url,
        state_file=options.state,
    ) as standin:
        standin.staff.set_app(
            deletion_url=options.deletion_url, deauthorize_url=options.deauthorize_url
        )
        for one in options.page:
            page_id, _, name = one.partition(":")
            if page_id not in standin.world.pages:
                standin.staff.add_page(name, page=page_id)
                standin.wall.post(page_id, page_id, WELCOME)
        print(f"Facebook (Demo): {standin.base_url}/", flush=True)
        over.wait()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="graph_standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--public-url", default="", help="how others reach it")
    # In the environment where the command line is for everybody to see.
    for name in ("app-id", "app-secret", "verify-token"):
        given = os.environ.get(f"FACEBOOK_{name.upper().replace('-', '_')}")
        parser.add_argument(f"--{name}", default=given, required=not given)
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--deletion-url", default="")
    parser.add_argument("--deauthorize-url", default="")
    parser.add_argument("--page", action="append", default=[], help="ID:NAME, may be repeated")
    parser.add_argument("--pace", type=float, default=0.1, help="1: pauses as long as Meta's")
    parser.add_argument("--workers", type=int, default=1, help="deliveries at the same time")
    parser.add_argument("--state", type=Path, help="keep everything in this file")
    return parser


if __name__ == "__main__":
    main()
