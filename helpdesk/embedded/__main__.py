"""python -m helpdesk.embedded: the embedded PostgreSQL and Redis without anything else.

start, stop, status: the servers of a data folder.
run COMMAND …: run a command on servers and in a data folder of its own, gone afterwards.
"""

import argparse
import os
import sys
from pathlib import Path

from helpdesk import embedded
from helpdesk.embedded.scratch import run

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    chosen = _parser().parse_args()
    data = (chosen.data or Path(os.environ.get("HELPDESK_DATA") or ROOT / ".data")).expanduser()
    try:
        if chosen.act == "run":
            return run(chosen.command, data, durable=chosen.durable)
        return _act(chosen.act, data)
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data", type=Path, help="the data folder (HELPDESK_DATA, else .data)")
    parser = argparse.ArgumentParser(prog="python -m helpdesk.embedded", description=__doc__)
    acts = parser.add_subparsers(dest="act", required=True)
    for name in ("start", "stop", "status"):
        acts.add_parser(name, parents=[shared])
    own = acts.add_parser("run", parents=[shared])
    own.add_argument("--durable", action="store_true", help="force every commit to disk")
    own.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def _act(act: str, data: Path) -> int:
    if act == "stop":
        embedded.stop(data)
        return 0
    if act == "start":
        embedded.start(data)
        print(f"DATABASE_URL={embedded.database_url(data)}")
        print(f"REDIS_URL={embedded.redis_url(data)}")
        return 0
    found = embedded.status(data)
    for server in found:
        where = f"pid {server.child.pid}" if server.child else "not running"
        print(f"{server.name}: {where}{', ready' if server.is_ready else ''}")
    return 0 if all(server.is_ready for server in found) else 1


if __name__ == "__main__":
    sys.exit(main())
