"""manage.py explain --tenant SLUG NUMBER: why a ticket is due when it is due, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from desk import history
from helpdesk.management.tenant_command import TenantCommand
from helpdesk.templatetags.moments import business_time
from sla.calendar import Reason, Step
from sla.models import Promise
from tenants.models import Tenant
from tickets.models import Event, Ticket

LABEL = 14
DAY = 16


class Command(TenantCommand):
    help = "Explain the due moment of a ticket: the days counted, and every change with its reason."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("number", help="the ticket's number, with or without #")

    def work(self, tenant: Tenant, options: dict[str, Any]) -> None:
        written = options["number"].removeprefix("#")
        number = int(written) if written.isascii() and written.isdigit() else 0
        ticket = Ticket.objects.for_list().filter(number=min(number, 2**63 - 1)).first()
        if ticket is None:
            names = {"tenant": tenant.name, "number": written}
            raise CommandError(_("%(tenant)s has no ticket “%(number)s”.") % names)
        self.stdout.write("\n".join(_explained(tenant, ticket)))


def _explained(tenant: Tenant, ticket: Ticket) -> Iterator[str]:
    yield f"#{ticket.number} {ticket.subject}"
    people = (tenant.name, ticket.organisation, ticket.requester, ticket.get_channel_display())
    yield " · ".join(str(one) for one in people)
    promises = list(ticket.promises.with_terms().order_by("pk"))
    if not promises:
        yield ""
        yield _("Nothing is promised: an agent opened this ticket for the customer.")
    for number, promise in enumerate(promises, start=1):
        yield ""
        yield _("Promise %(number)d of %(count)d") % {"number": number, "count": len(promises)}
        yield from _terms(promise)
        yield ""
        yield from _counted(promise)
    yield ""
    yield from _history(ticket, promises)


def _terms(promise: Promise) -> Iterator[str]:
    hours = {"tier": promise.tier, "hours": business_time(promise.minutes)}
    promised = (
        _("%(tier)s, guaranteed within %(hours)s of business time")
        if promise.is_guaranteed
        else _("%(tier)s, target of %(hours)s of business time, not guaranteed")
    )
    version = promise.calendar_version
    calendar = {
        "calendar": version.calendar,
        "number": version.number,
        "zone": promise.hours.zone.key,
    }
    facts = {
        _("Kind"): promise.get_kind_display(),
        _("Reason"): promise.get_reason_display(),
        _("Promised"): promised % hours,
        _("Priority"): promise.get_priority_display(),
        _("Calendar"): _("%(calendar)s, version %(number)d (%(zone)s)") % calendar,
        _("Begins"): _moment(promise, promise.started_at),
        _("Due"): _moment(promise, promise.due_at),
        _("Outcome"): _outcome(promise),
    }
    return (f"  {label:<{LABEL}}{fact}" for label, fact in facts.items())


def _outcome(promise: Promise) -> str:
    ended = str(promise.get_end_cause_display())
    if promise.is_kept:
        return _("kept, answered %s") % _moment(promise, promise.answered_at)
    if promise.is_broken():
        broken = _("guarantee missed") if promise.is_guaranteed else _("target missed")
        if promise.answered_at:
            ended = _("answered %s") % _moment(promise, promise.answered_at)
        return f"{broken}, {ended or _('not answered yet')}"
    if ended:
        return ended
    if promise.answered_at:
        at = _moment(promise, promise.answered_at)
        return _("answered %s, delivery is pending") % at
    return _("open")


def _counted(promise: Promise) -> Iterator[str]:
    """The days between start and due, with what counted, or why nothing did."""
    steps = promise.explanation()
    for step in steps:
        day = f"{date_format(step.day, 'D')} {step.day:%d.%m.%Y}"
        yield f"  {day:<{DAY}}{_step(step)}"
    total = sum(step.seconds for step in steps)
    sum_ = _("Sum")
    yield f"  {sum_:<{DAY}}{'':<20}{_duration(total):>9}"


def _step(step: Step) -> str:
    if step.seconds and step.from_ and step.to:
        span = f"{step.from_:%H:%M:%S} – {step.to:%H:%M:%S}"
        name = f"  {_name(step)}" if step.name else ""
        return f"{span:<20}{_duration(step.seconds):>9}{name}"
    reasons = {
        Reason.WEEKEND: _("Weekend"),
        Reason.HOLIDAY: _("public holiday"),
        Reason.OUTSIDE_HOURS: _("outside business hours"),
    }
    reason = reasons.get(step.reason, _("closed"))
    said = f"{_name(step)} ({reason})" if step.name else reason
    return f"{said:<20}{'–':>9}"


def _name(step: Step) -> str:
    is_german = (get_language() or "de").startswith("de")
    return step.name if is_german else step.name_en or step.name


def _history(ticket: Ticket, promises: list[Promise]) -> Iterator[str]:
    lines = [line for line in history.lines(ticket) if line.kind == Event.Kind.PROMISE]
    if not lines:
        return
    yield _("What happened to the promises")
    for line in sorted(lines, key=lambda line: line.at):
        after = f": {_after(line.after, promises)}" if line.after else ""
        yield f"  {_moment(promises[-1], line.at)}  {line.what_display}{after}"


def _after(text: str, promises: list[Promise]) -> str:
    """A due moment as people read it; a cause as it was said."""
    try:
        due_at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return _("due %s") % _moment(promises[-1], due_at)


def _moment(promise: Promise, at: datetime | None) -> str:
    if at is None:
        return "–"
    local = at.astimezone(promise.hours.zone)
    return f"{date_format(local, 'D')} {local:%d.%m.%Y %H:%M:%S}"


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
