"""manage.py deliver: mail from standard input, for the pipe of a mail server.

Postfix, master.cf: `helpdesk unix - n n - - pipe flags=R user=helpdesk argv=…/manage.py deliver
--sender ${sender} --recipient ${recipient}`, with helpdesk_destination_recipient_limit=1.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from django.utils.timezone import now

from channels import arrivals
from channels.email import recipients
from channels.email.door import LARGEST_MAIL
from channels.email.parser import ParsedMail, parse
from channels.raw import StorageFullError
from tickets.models import Channel


class Command(BaseCommand):
    help = "Take one mail from standard input. Ends with the codes of sysexits.h."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--recipient",
            action="append",
            default=[],
            help="an envelope recipient; without one, those the mail itself names",
        )
        parser.add_argument(
            "--sender",
            help="the envelope sender, empty for a bounce; else Return-Path, else From",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        received_at = now()
        raw = sys.stdin.buffer.read(LARGEST_MAIL + 1)
        if len(raw) > LARGEST_MAIL:
            raise CommandError(f"A mail may have {LARGEST_MAIL} bytes.", returncode=os.EX_DATAERR)
        sender: str | None = options["sender"]
        asked: list[str] = options["recipient"]
        named = parse(raw) if sender is None or not asked else ParsedMail()
        if sender is None:
            sender = _sender_in(raw, named)
        arrival = arrivals.Arrival(Channel.EMAIL, raw, received_at, sender.strip().strip("<>"))
        try:
            self._take(arrival, asked, named)
        except (StorageFullError, DatabaseError, InterfaceError) as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"Try again: {reason}", returncode=os.EX_TEMPFAIL) from error

    def _take(self, arrival: arrivals.Arrival, asked: list[str], named: ParsedMail) -> None:
        """All recipients asked for must be known; of those a mail names, the ones that are ours."""
        found, unknown = recipients.by_schema(asked or [*named.delivered_to, *named.to, *named.cc])
        if not found or (asked and unknown):
            raise CommandError(
                f"No such address here: {', '.join(unknown) or 'none named'}",
                returncode=os.EX_NOUSER,
            )
        arrivals.accept(arrival, found)


def _sender_in(raw: bytes, named: ParsedMail) -> str:
    """The Return-Path that the mail server wrote on top, "" for a null one; else the sender."""
    for line in raw[:4096].splitlines()[:20]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"return-path":
            return value.decode("utf-8", "replace").strip().strip("<>")
    return named.from_address
