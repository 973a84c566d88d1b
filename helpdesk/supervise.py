"""Run supervisor in the foreground until it is told to stop; exit with 1 when a start failed.

Started by `manage.py up` as a program of its own (`supervise.py CONFIG FAILED STOPPING`), without
Django: the manager stays small. It works in the data folder, two above its configuration. FAILED
is the file whose presence says that the start failed, STOPPING the one that says the manager was
told to stop.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import go

# Supervisor looks at its signals once a second; a start and a stop should not wait for that.
LONGEST_SLEEP = 0.1


def supervise(config: str, stopping: Path) -> None:
    """Run supervisor with this configuration; returns when all its processes have ended."""
    options = ServerOptions()
    options.realize(["--nodaemon", "--configuration", config])
    options.first = True
    options.test = False
    poll = options.poller.poll

    def poll_briefly(seconds: float) -> tuple[list[int], list[int]]:
        if options.mood < SupervisorStates.RUNNING and not stopping.exists():
            stopping.touch()
        ready: tuple[list[int], list[int]] = poll(min(seconds, LONGEST_SLEEP))
        return ready

    listen = options.setsignals

    def listen_to_all() -> None:
        listen()
        # Held back since before this program began (`start.become_manager`).
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})

    options.setsignals = listen_to_all
    options.poller.poll = poll_briefly
    go(options)
    options.close_logger()


def end_strays() -> None:
    """End what the processes started themselves and left behind."""
    program = os.environ["HELPDESK_CHILD_PROGRAM"]
    subprocess.run([sys.executable, "-I", "-S", program, "--end-strays"], check=False)


if __name__ == "__main__":
    os.chdir(Path(sys.argv[1]).parent.parent)
    supervise("run/supervisor.conf", Path(sys.argv[3]))
    end_strays()
    sys.exit(1 if Path(sys.argv[2]).exists() else 0)
