from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels.email import door
from tenants import queue


class Command(BaseCommand):
    help = "Take mail for the tenants' addresses over SMTP, until SIGTERM."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(_serve())
        except OSError as error:
            raise CommandError(f"Port {settings.SMTP_PORT} cannot be used: {error}") from error
        finally:
            queue.abandon()


async def _serve() -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await door.serve(settings.BIND, settings.SMTP_PORT, stop)
