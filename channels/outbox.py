"""The one door out: everything to a customer leaves here, once, and its outcome is written down."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType

from django.db import InterfaceError, OperationalError
from django.utils.timezone import now

from accounts.models import User
from channels import notices
from channels.models import RatingMail, SystemMail
from forum import following
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tickets import outcomes, unclear
from tickets.delivery import Delivery, Status
from tickets.models import Message

logger = logging.getLogger(__name__)

# The pauses between tries; the last one repeats until GIVE_UP_AFTER has passed (RFC 5321 §4.5.4).
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120))
GIVE_UP_AFTER = timedelta(hours=48)
# A fault of ours will not mend itself in two days: then the agent has to know.
MOST_FAULTS = 4


class RefusedError(Exception):
    """The first hop said no for good."""


class TryLaterError(Exception):
    """The first hop did not take it this time; `at` is when to try again, if it says."""

    def __init__(self, words: str, at: datetime | None = None) -> None:
        super().__init__(words)
        self.at = at


class UnclearError(Exception):
    """Nobody knows whether the first hop took it, and it must not go there twice."""


def send_message(pk: int) -> None:
    """Send a ticket's message; running this twice, or at once, sends it once."""
    message = Message.objects.all().claim(pk)
    if message is None:
        return
    try:
        _attempt(message, lambda: _way(message.channel).deliver(message))
    except RefusedError as error:
        outcomes.mark_failed(message, cause=str(error))
    except TryLaterError as error:
        if _is_too_old(message.sent_at):
            outcomes.mark_failed(message, cause=str(error))
        else:
            _put_back(message, str(error), error.at)
    except UnclearError as error:
        unclear.mark_unclear(message, cause=str(error))
        # Proof may have come before the doubt was written down.
        _way(message.channel).look_again(message)
    else:
        outcomes.mark_delivered(message)


def send_mail(pk: int) -> None:
    """Send a mail that is no ticket's message, under the same rules."""
    from channels.email import first_hop

    mail = SystemMail.objects.all().claim(pk)
    if mail is None:
        return
    try:
        _attempt(mail, lambda: first_hop.send(mail.envelope_from, mail.recipient, bytes(mail.raw)))
    except RefusedError as error:
        _finish(mail, Status.FAILED, str(error))
    except TryLaterError as error:
        if _is_too_old(mail.created_at):
            _finish(mail, Status.FAILED, str(error))
        else:
            _put_back(mail, str(error))
    else:
        _finish(mail, Status.SENT)


@act()
def settle(message: Message, *, has_arrived: bool, by: User) -> None:
    """An agent says what became of an unclear message: it has arrived, or is to be sent again."""
    unclear.note_settled(message, has_arrived=has_arrived, by=by)
    _way(message.channel).settle(message, has_arrived=has_arrived, at=now())


def next_moment() -> datetime | None:
    """When something of this tenant next wants to leave."""
    moments = [
        Message.objects.all().next_moment(),
        SystemMail.objects.all().next_moment(),
        notices.next_moment(),
        RatingMail.objects.all().next_moment(),
        following.next_moment(),
    ]
    return min((moment for moment in moments if moment), default=None)


def _attempt(item: Delivery, send: Callable[[], None]) -> None:
    """Send it; raises RefusedError or TryLaterError, whatever happens but a database gone away."""
    try:
        send()
    except (RefusedError, TryLaterError, UnclearError, OperationalError, InterfaceError):
        raise
    except Exception as error:
        # The outermost edge of the outbox: the promise must not hang on a fault nobody sees, and
        # what is behind this one must not wait for it.
        logger.exception("%s %s could not be sent", type(item).__name__, item.pk)
        reason = f"{type(error).__name__}: {error}"
        # The try before failed in the same way: it is a fault of ours, and no deferral.
        if item.attempts >= MOST_FAULTS and item.error == reason[:2000]:
            raise RefusedError(reason) from error
        raise TryLaterError(reason) from error


def _finish(mail: SystemMail, status: str, error: str = "") -> None:
    delivered_at = now() if status == Status.SENT else None
    SystemMail.objects.filter(pk=mail.pk).update(
        status=status, delivered_at=delivered_at, next_try_at=None, error=error[:2000]
    )


@act()
def _put_back(item: Delivery, error: str, at: datetime | None = None) -> None:
    """Another try later; without effect when a bounce has settled it meanwhile."""
    next_try_at = at or now() + PAUSES[min(item.attempts - 1, len(PAUSES) - 1)]
    type(item)._default_manager.filter(pk=item.pk, status=Status.SENDING).update(
        status=Status.QUEUED, claimed_at=None, next_try_at=next_try_at, error=error[:2000]
    )
    wakeups.ask(Wakeup.Kind.OUTBOX, next_try_at)


def _is_too_old(since: datetime) -> bool:
    return now() - since > GIVE_UP_AFTER


def _way(channel: str) -> ModuleType:
    return importlib.import_module(f"channels.{channel}.outbound")
