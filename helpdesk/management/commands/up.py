"""manage.py up: run the whole helpdesk until Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
import traceback
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk import prepare, processes, start
from helpdesk.demo import standin, welcome_text
from helpdesk.embedded import EmbeddedError, child
from helpdesk.embedded.place import Place

PAGE_PATIENCE = 60.0


class Command(BaseCommand):
    help = "Run web, worker, beat, mail and live, with PostgreSQL and Redis where none are given."
    # The checks need the database, which this command starts.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo data again")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            place = start.take_over(settings.DATA_DIR)
            if prepare.is_demo_wanted():
                standin.switch_on()
            config = start.plan(place)
        except (EmbeddedError, start.StartError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Starting … (Ctrl-C ends everything)")
        self.stdout.flush()
        if os.fork() == 0:
            os._exit(self.prepare(place, is_demo=options["demo"]))
        start.become_manager(place, config)

    def prepare(self, place: Place, *, is_demo: bool) -> int:
        """Prepare database and files beside the manager, then let the services start.

        Runs in a child of its own and returns its exit code; a failure ends the manager too.
        """
        manager = os.getppid()
        child.die_with_parent(signal.SIGTERM)
        try:
            prepare.everything(is_demo=is_demo)
            start.ready_file(place).touch()
            self.welcome()
            prepare.refresh_demo()
        except KeyboardInterrupt:
            return 1
        except Exception as error:  # noqa: BLE001 (the child's outermost edge)
            if os.getppid() == manager and not start.stopping_file(place).exists():
                self.give_up(place, error, manager)
            return 1
        self.stdout.flush()
        return 0

    def give_up(self, place: Place, error: Exception, manager: int) -> None:
        """Say why in one line (in full where we did not foresee it) and end the manager."""
        expected = (prepare.PrepareError, CommandError, EmbeddedError)
        if not isinstance(error, expected):
            traceback.print_exception(error)
        self.stderr.write(self.style.ERROR(f"The start failed: {error}"))
        start.failure_file(place).touch()
        os.kill(manager, signal.SIGTERM)

    def welcome(self) -> None:
        """Wait for the first page, then say where to go and how to sign in."""
        page = processes.first_page(PAGE_PATIENCE)
        end = time.monotonic() + PAGE_PATIENCE
        while not child.is_there(page):
            if time.monotonic() > end:
                raise prepare.PrepareError(f"No page yet: see {settings.DATA_DIR}/log/web.log.")
            time.sleep(0.03)
        self.stdout.write(welcome_text() if prepare.has_demo() else own_address())
        self.stdout.write(f"Logs: {settings.DATA_DIR / 'log'}")
        self.stdout.flush()


def own_address() -> str:
    """What to do next where no demo shows the way."""
    return (
        f"The helpdesk listens on port {settings.PORT}. Make a first tenant with "
        "`manage.py create_tenant`; the invitation it prints is the way in."
    )
