"""A helper process for work on hostile text that may never end.

Regular expressions and HTML parsers can be made to run for minutes, and a thread cannot be stopped.
So that work is done by one child process for each process, started when first needed and killed
when its time is up. It is a plain subprocess (a daemonic Celery worker may not use
multiprocessing), has no access to our environment, is limited in memory, ends itself when it is
idle or its parent is gone, and is shared by the threads of a process under a lock.
"""

import atexit
import os
import select
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JOB_SECONDS = 2.0
BUDGET_SECONDS = 2.5

JOBS = ("sanitise", "text", "reply", "bounce")
HEADER = struct.Struct("!BIf")  # number of the job, length of its text, seconds allowed
ANSWER = struct.Struct("!BI")  # 1 done or 0 failed, length of the answer
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG")


class Budget:
    """The seconds that one mail may spend in the helper, over all its jobs."""

    def __init__(self, seconds: float = BUDGET_SECONDS) -> None:
        self._ends_at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds for the next job; 0 or less when there are none."""
        return min(JOB_SECONDS, self._ends_at - time.monotonic())


class _GoneError(Exception):
    """The helper has ended or was never there."""


class _Helper:
    """One running helper process and the two pipes to it."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "channels.email.confined_worker"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "PYTHONPATH": str(ROOT)},
        )
        self.pipes = [pipe for pipe in (self.process.stdin, self.process.stdout) if pipe]
        self.to_helper, self.from_helper = (pipe.fileno() for pipe in self.pipes)
        os.set_blocking(self.to_helper, False)
        os.set_blocking(self.from_helper, False)

    def ask(self, job: str, content: bytes, ends_at: float) -> bytes | None:
        """Return the answer, or None when the job failed; raises TimeoutError or _GoneError."""
        seconds = max(ends_at - time.monotonic(), 0.01)
        self._write(HEADER.pack(JOBS.index(job), len(content), seconds) + content, ends_at)
        is_done, length = ANSWER.unpack(self._read(ANSWER.size, ends_at))
        answer = self._read(length, ends_at)
        return answer if is_done else None

    def _write(self, content: bytes, ends_at: float) -> None:
        rest = memoryview(content)
        while rest:
            _wait(self.to_helper, select.POLLOUT, ends_at)
            try:
                rest = rest[os.write(self.to_helper, rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise _GoneError from error

    def _read(self, length: int, ends_at: float) -> bytes:
        content = bytearray()
        while len(content) < length:
            _wait(self.from_helper, select.POLLIN, ends_at)
            try:
                piece = os.read(self.from_helper, length - len(content))
            except BlockingIOError:
                continue
            if not piece:
                raise _GoneError
            content += piece
        return bytes(content)

    def close_pipes(self) -> None:
        for pipe in self.pipes:
            with suppress(OSError):
                pipe.close()

    def end(self) -> None:
        self.process.kill()
        self.close_pipes()
        self.process.wait()


def _wait(descriptor: int, event: int, ends_at: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, ends_at - time.monotonic()) * 1000):
        raise TimeoutError


class _Door:
    """The one way to the helper of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.helper: _Helper | None = None

    def run(self, job: str, content: bytes, seconds: float) -> bytes | None:
        ends_at = time.monotonic() + seconds
        if seconds <= 0 or not self.lock.acquire(timeout=seconds):
            return None
        try:
            return self._ask(job, content, ends_at)
        finally:
            self.lock.release()

    def _ask(self, job: str, content: bytes, ends_at: float) -> bytes | None:
        """Ask the helper, and a fresh one when the old had ended by itself."""
        for _ in range(2):
            is_fresh = self.helper is None
            try:
                if self.helper is None:
                    self.helper = _Helper()
                return self.helper.ask(job, content, ends_at)
            except TimeoutError:
                self.end()
                return None
            except _GoneError:
                self.end()
                if is_fresh:
                    return None
            except OSError:  # no process to be had
                return None
        return None

    def end(self) -> None:
        helper, self.helper = self.helper, None
        if helper is not None:
            helper.end()

    def forget(self) -> None:
        """In a forked child: leave the parent's helper to the parent."""
        self.lock = threading.Lock()
        if self.helper is not None:
            self.helper.close_pipes()
            self.helper.process.returncode = 0  # not our child: nothing to wait for
            self.helper = None


_door = _Door()
os.register_at_fork(after_in_child=_door.forget)
atexit.register(_door.end)


def run(job: str, text: str, budget: Budget) -> str | None:
    """Have one of JOBS done on a text; None when it failed or its time was up."""
    answer = _door.run(job, text.encode("utf-8", "replace"), budget.left())
    return None if answer is None else answer.decode("utf-8", "replace")


def end() -> None:
    """End the helper of this process; the next job starts a new one."""
    with _door.lock:
        _door.end()
