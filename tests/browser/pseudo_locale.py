"""A language that nobody speaks: every message in brackets.

What a page shows outside of brackets did not pass through the translations; it must be data.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path

import polib

from tests.browser.stack import ROOT, START_SECONDS, Stack, StackError, free_ports

OPEN, CLOSE = "⟦", "⟧"
PACKAGES = ("django", "allauth")
DOMAIN = "de/LC_MESSAGES/django.po"


def catalog(own: Path = ROOT / "locale") -> polib.POFile:
    """Every message of ours and of the packages whose texts we show, in brackets."""
    found = polib.POFile()
    found.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    seen = set()
    for source in [*sorted(own.rglob("django.po")), *_of_packages()]:
        for entry in polib.pofile(str(source)):
            key = (entry.msgctxt, entry.msgid)
            if key not in seen and not entry.obsolete:
                seen.add(key)
                found.append(_bracketed(entry))
    return found


def write(folder: Path) -> None:
    """Write the pseudo-locale as the German of a folder of locales."""
    target = folder / "de" / "LC_MESSAGES"
    target.mkdir(parents=True)
    catalog().save_as_mofile(str(target / "django.mo"))


@contextmanager
def served(stack: Stack, folder: Path) -> Iterator[int]:
    """The pages of a running stack in the pseudo-locale, by a web process of their own."""
    write(folder)
    [port] = free_ports(1)
    settings = {"DJANGO_SETTINGS_MODULE": "tests.browser.pseudo_settings"}
    command = ["granian", "--interface", "wsgi", "--port", str(port), "--no-ws"]
    with (folder / "web.log").open("wb") as log:
        web = subprocess.Popen(
            [sys.executable, "-m", *command, "helpdesk.wsgi:application"],
            cwd=ROOT,
            env={**stack.environment, **settings, "PSEUDO_LOCALES": str(folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(port, folder / "web.log")
        yield port
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait(20)


def _bracketed(entry: polib.POEntry) -> polib.POEntry:
    if entry.msgid_plural:
        plural = f"{OPEN}{entry.msgid_plural}{CLOSE}"
        forms = {0: f"{OPEN}{entry.msgid}{CLOSE}", 1: plural}
        return polib.POEntry(
            msgctxt=entry.msgctxt,
            msgid=entry.msgid,
            msgid_plural=entry.msgid_plural,
            msgstr_plural=forms,
        )
    return polib.POEntry(
        msgctxt=entry.msgctxt, msgid=entry.msgid, msgstr=f"{OPEN}{entry.msgid}{CLOSE}"
    )


def _of_packages() -> Iterator[Path]:
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        yield from sorted(Path(spec.origin).parent.rglob(f"locale/{DOMAIN}"))


def _wait(port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise StackError(f"No page in the pseudo-locale:\n{log.read_text()}")
