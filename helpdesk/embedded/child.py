"""One process of ours: its identity, its launch and its end.

A pid alone may belong to a stranger by now, so every process of ours is on record with its pid and
the moment it started, and only what still matches is ever signalled.

The process manager starts this file as a program, `child.py NAME`: it ends what an earlier process
of that name left, puts itself on record, waits for what it needs and becomes the program. It needs
nothing but the standard library, so that this costs a few hundredths of a second.
`child.py --end-strays` is the manager's last act.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MARK = "HELPDESK_CHILD"
RUN = "HELPDESK_RUN"
PROGRAMS = "programs.json"
PR_SET_PDEATHSIG = 1  # prctl(2)
END_PATIENCE = 3.0
# A program that ends at once is started again and again, but not without a pause.
SHORTEST_LIFE = 2.0
PAUSE = 1.0


@dataclass(frozen=True)
class Child:
    """A process; its pid is its process group's id too where it leads one."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Child | None:
        """The process running under `pid` now; None without one (a zombie counts as none)."""
        started = start_time(pid)
        return cls(pid, started) if started else None

    @classmethod
    def load(cls, path: Path) -> Child | None:
        """The process on record in `path`; None without a readable record."""
        try:
            record = json.loads(path.read_text())
            return cls(int(record["pid"]), str(record["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, path: Path) -> None:
        """Put this process on record; a reader sees the old record or the new one, never half."""
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)

    def is_alive(self) -> bool:
        return start_time(self.pid) == self.started

    def send(self, number: int) -> None:
        """Signal the process if it is still the one on record."""
        if self.is_alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def end(self, number: int = signal.SIGTERM, *, patience: float) -> None:
        """Ask the process to end; after `patience` seconds end it and its whole group."""
        self.send(number)
        if not self.wait(patience):
            self.kill()
            self.wait(patience)

    def kill(self) -> None:
        """Kill the process, and its group when it leads one."""
        if self.is_alive() and os.getpgid(self.pid) == self.pid:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            self.send(signal.SIGKILL)

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for the process to be gone; say whether it is."""
        end = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > end:
                return False
            reap(self.pid)
            time.sleep(0.02)
        return True


def reap(pid: int) -> None:
    """Collect an ended child of this very process; others are their own parents' business."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def start_time(pid: int) -> str:
    """When the process under `pid` started, in a form for comparing only; "" without one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self/stat").exists() else _start_time_by_ps(pid)
    # The name in brackets may hold anything; state and start time are fields 3 and 22 (proc(5)).
    after_name = fields.rpartition(")")[2].split()
    return "" if after_name[0] in "ZX" else f"{after_name[19]}@{boot_id()}"


def boot_id() -> str:
    """Which boot of the machine this is: the clock of start times begins anew with each."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _start_time_by_ps(pid: int) -> str:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    line = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return "" if line.startswith("Z") else line.partition(" ")[2].strip()


def marked(mark: str) -> list[Child]:
    """The processes whose environment says they are ours, children of killed ones included.

    `mark` is a data folder and a name, or ends with the colon between them to find all names.
    """
    wanted = f"{MARK}={mark}".encode()
    ours = b"\0" + wanted + (b"" if mark.endswith(":") else b"\0")
    return _those(lambda folder: ours in b"\0" + (folder / "environ").read_bytes())


def working_in(path: Path) -> list[Child]:
    """The PostgreSQL processes of the cluster `path`; they overwrite their environment."""
    return _those(
        lambda folder: (
            (folder / "comm").read_text() == "postgres\n" and (folder / "cwd").samefile(path)
        )
    )


def _those(is_wanted: Callable[[Path], bool]) -> list[Child]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            wanted = int(folder.name) != os.getpid() and is_wanted(folder)
        except OSError:
            continue
        if wanted and (child := Child.of(int(folder.name))):
            found.append(child)
    return found


def end_all(children: list[Child], number: int = signal.SIGTERM) -> None:
    """Ask all of them to end at the same time, and kill those that do not."""
    for child in children:
        child.send(number)
    for child in children:
        if not child.wait(END_PATIENCE):
            child.kill()
            child.wait(END_PATIENCE)


def die_with_parent(number: int) -> None:
    """Let the kernel send this signal when our parent dies; elsewhere the record has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def launch(name: str, run: Path) -> None:
    """Become the program `name` of the plan in `run`, once what it needs is there."""
    parent = os.getppid()
    plan: Mapping[str, Any] = json.loads((run / PROGRAMS).read_text())[name]
    record = run / f"{name}.json"
    _end_earlier(record, plan)
    die_with_parent(plan["stop_signal"])
    if child := Child.of(os.getpid()):
        child.save(record)
    for need in plan["needs"]:
        _wait_for(need, parent)
    if identity := plan["identity"]:
        os.setgroups([])
        os.setgid(identity[1])
        os.setuid(identity[0])
        die_with_parent(plan["stop_signal"])  # a change of user clears it
    if os.getppid() != parent:
        return
    os.chdir("/" if plan["identity"] else plan["runs_in"])
    os.execve(plan["argv"][0], plan["argv"], {**os.environ, **plan["environment"]})


def _end_earlier(record: Path, plan: Mapping[str, Any]) -> None:
    """End what an earlier process of this name left, so that its port and files are free."""
    if time.time() - (record.stat().st_mtime if record.exists() else 0) < SHORTEST_LIFE:
        time.sleep(PAUSE)
    earlier = Child.load(record)
    if earlier and earlier.pid != os.getpid():
        earlier.end(plan["stop_signal"], patience=END_PATIENCE)
    end_all(marked(plan["environment"][MARK]), signal.SIGKILL)
    if plan["folder"]:
        end_all(working_in(Path(plan["folder"])), signal.SIGKILL)
    for path in plan["stale"]:
        Path(path).unlink(missing_ok=True)


def _wait_for(need: Mapping[str, Any], parent: int) -> None:
    """Wait until the path or port is there, at most as long as the need says, 0 being for ever."""
    end = time.monotonic() + (need["seconds"] or float("inf"))
    while not is_there(need) and time.monotonic() < end and os.getppid() == parent:
        time.sleep(0.03)


def is_there(need: Mapping[str, Any]) -> bool:
    """Whether a file exists, a socket takes connections, or the page of a port is served."""
    try:
        if "port" in need:
            return _serves(need)
        if stat.S_ISSOCK(Path(need["path"]).stat().st_mode):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(need["path"])
    except OSError:
        return False
    return True


def end_strays(run: Path) -> None:
    """Kill what is left of ours when the manager has ended all it knew: children of children."""
    end_all(marked(f"{run.parent}:"), signal.SIGKILL)


def _serves(need: Mapping[str, Any]) -> bool:
    """Whether a page comes: a server takes connections long before it can serve one."""
    address = (need["host"], need["port"])
    with socket.create_connection(address, timeout=need["seconds"]) as client:
        client.sendall(f"GET / HTTP/1.0\r\nHost: {need['site']}\r\n\r\n".encode())
        return bool(client.recv(1))


if __name__ == "__main__":
    if sys.argv[1] == "--end-strays":
        end_strays(Path(os.environ[RUN]))
    else:
        launch(sys.argv[1], Path(os.environ[RUN]))
