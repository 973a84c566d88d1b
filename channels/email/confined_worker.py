"""The helper process of `confined`: reads jobs from standard input, writes answers to standard
output.

Run as `python -m channels.email.confined_worker`. It is killed from outside when a job takes too
long, and by its own alarm when the outside is gone.
"""

import json
import os
import resource
import select
import signal
from collections.abc import Callable

from channels.email.confined import ANSWER, HEADER, JOBS

IDLE_SECONDS = 120
GRACE_SECONDS = 1.0
MEMORY_BYTES = 1024 * 1024 * 1024
MAX_ANSWER_BYTES = 16 * 1024 * 1024


def _sanitise(text: str) -> str:
    from channels.email.html import sanitise_here

    return sanitise_here(text)


def _text(text: str) -> str:
    from channels.email.html import text_here

    return text_here(text)


def _reply(text: str) -> str:
    from channels.email.quote_library import latest_reply

    return latest_reply(text)


def _bounce(text: str) -> str:
    from channels.email.dsn import heuristic_recipients

    return json.dumps(heuristic_recipients(text))


_WORK: dict[str, Callable[[str], str]] = {
    "sanitise": _sanitise,
    "text": _text,
    "reply": _reply,
    "bounce": _bounce,
}


def _read(length: int) -> bytes:
    """Read exactly this many bytes; an ended parent ends this process."""
    content = bytearray()
    while len(content) < length:
        piece = os.read(0, min(length - len(content), 1 << 20))
        if not piece:
            raise SystemExit(0)
        content += piece
    return bytes(content)


def _write(content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(1, rest) :]


def _answer(job: str, text: str) -> bytes:
    try:
        answer = _WORK[job](text).encode("utf-8", "replace")
    except Exception:  # noqa: BLE001  the outermost edge; the caller does without an answer
        return ANSWER.pack(0, 0)
    return (
        ANSWER.pack(1, len(answer)) + answer
        if len(answer) <= MAX_ANSWER_BYTES
        else ANSWER.pack(0, 0)
    )


def main() -> None:
    """Do one job after the other until the parent is gone or nothing came for IDLE_SECONDS."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C ends the parent; its end ends this process
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    while select.select([0], [], [], IDLE_SECONDS)[0]:
        number, length, seconds = HEADER.unpack(_read(HEADER.size))
        text = _read(length).decode("utf-8", "replace")
        signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)
        answer = _answer(JOBS[number], text)
        _write(answer)
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
