"""The helper process: killed in time, restarted, shared, and never left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from channels.email import confined, confined_worker
from channels.email.confined import ROOT, Budget

ENDLESS = "Am " * 30_000 + "\n"  # more than 20 s of mail-parser-reply
HTML = "<p>Hallo</p>"


@pytest.fixture(autouse=True)
def _fresh():
    confined.end()
    yield
    confined.end()


def pid() -> int:
    helper = confined._door.helper
    assert helper is not None
    return helper.process.pid


def is_alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_job_without_end_is_killed_and_the_next_one_is_done():
    started = time.perf_counter()
    assert confined.run("reply", ENDLESS, Budget(1)) is None
    elapsed = time.perf_counter() - started

    # Its own second, and whatever else the machine is busy with.
    assert 0.9 < elapsed < 20
    assert confined.run("sanitise", HTML, Budget()) == HTML


def test_helper_is_kept_for_the_next_job():
    confined.run("sanitise", HTML, Budget())
    first = pid()
    confined.run("sanitise", HTML, Budget())

    assert pid() == first


def test_helper_that_died_is_replaced_without_notice():
    confined.run("sanitise", HTML, Budget())
    os.kill(pid(), signal.SIGKILL)

    assert confined.run("sanitise", HTML, Budget()) == HTML


def test_failing_job_is_answered_as_failed():
    assert confined_worker._answer("unbekannt", "") == confined.ANSWER.pack(0, 0)


def test_bounce_without_sender_is_looked_at():
    assert confined.run("bounce", "Text ohne Kopf", Budget()) == "[[], []]"


def test_no_time_left_starts_nothing():
    assert confined.run("sanitise", HTML, Budget(0)) is None
    assert confined._door.helper is None


def test_ordinary_mail_starts_no_helper():
    from benchmarks.corpus import mails
    from channels.email.parser import read

    for raw in mails(30, 5, "support@firma.example", "bank.example"):
        read(raw)

    assert confined._door.helper is None


def test_threads_share_one_helper():
    answers: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: answers.append(confined.run("sanitise", HTML, Budget(10))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [HTML] * 8


def _in_child(queue) -> None:
    queue.put((confined.run("sanitise", HTML, Budget(10)), pid()))
    confined.end()


def test_daemonic_child_gets_a_helper_of_its_own():
    confined.run("sanitise", HTML, Budget())
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue,), daemon=True)
    child.start()
    answer, child_helper = queue.get(timeout=20)
    child.join(10)

    assert answer == HTML
    assert child_helper != pid()
    assert confined.run("sanitise", HTML, Budget()) == HTML


def test_helper_ends_when_its_parent_is_killed():
    script = (
        "import time; from channels.email import confined;"
        "confined.run('sanitise', '<p>', confined.Budget(10));"
        "print(confined._door.helper.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    helper = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()

    ends_at = time.monotonic() + 5
    while is_alive(helper) and time.monotonic() < ends_at:
        time.sleep(0.02)
    assert not is_alive(helper)


def test_helper_sees_none_of_our_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "geheim")
    confined.run("sanitise", HTML, Budget())

    with open(f"/proc/{pid()}/environ", "rb") as environment:
        assert b"geheim" not in environment.read()


def test_machine_without_room_for_a_process_gives_no_answer(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: os.open("/nichts", 0))

    assert confined.run("sanitise", HTML, Budget()) is None


def test_parser_knows_no_django():
    script = "import sys, channels.email.parser; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout == "False\n"
