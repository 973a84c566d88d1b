"""The numbers beside the desk's views: one query, cheap at any size of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.formats import number_format
from django.utils.timezone import localtime, now

from accounts.models import User

# Counting further says nothing more to a person, and would cost time with every page.
COUNTED_TO = 1000

# Each count walks the beginning of one of the queue's indexes and nothing else: the order keeps the
# planner there however many closed tickets there are, and naming all bands and ranks, which stand
# before the due moment in the index, lets it jump to the moments asked for.
SQL = """
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM tickets_ticket WHERE queue_band IS NOT NULL
    ORDER BY queue_band, queue_rank, due_at LIMIT %(most)s) waiting),
  (SELECT count(*) FROM (SELECT 1 FROM tickets_ticket
    WHERE queue_band IS NOT NULL AND assignee_id IS NULL
    ORDER BY assignee_id, queue_band, queue_rank, due_at LIMIT %(most)s) unassigned),
  (SELECT count(*) FROM (SELECT 1 FROM tickets_ticket
    WHERE queue_band IS NOT NULL AND assignee_id = %(user)s
    ORDER BY assignee_id, queue_band, queue_rank, due_at LIMIT %(most)s) mine),
  (SELECT count(*) FROM (SELECT 1 FROM channels_inboundrecord
    WHERE status = 'quarantined' LIMIT %(most)s) quarantine),
  (SELECT count(*) FROM (SELECT 1 FROM tickets_message
    WHERE status = 'unclear' LIMIT %(most)s) unclear),
  (SELECT count(*) FROM (SELECT 1 FROM sla_notice
    WHERE user_id = %(user)s AND seen_at IS NULL LIMIT %(most)s) notices),
  (SELECT count(*) FROM (SELECT 1 FROM channels_callback WHERE state = 'agreed'
    AND COALESCE(next_attempt_at, slot_start, created_at) < %(tomorrow)s
    LIMIT %(most)s) calls),
  (SELECT count(*) FROM (SELECT id FROM forum_post WHERE state = 'held'
    UNION SELECT post_id FROM forum_report WHERE handled_at IS NULL LIMIT %(most)s) forum),
  (SELECT count(*) FROM (SELECT 1 FROM tickets_ticket
    WHERE {of} AND due_at < %(now)s LIMIT %(most)s) overdue),
  (SELECT count(*) FROM (SELECT 1 FROM tickets_ticket
    WHERE {of} AND due_at >= %(now)s AND due_at < %(tomorrow)s LIMIT %(most)s) due_today),
  (SELECT string_agg(name, ', ' ORDER BY name) FROM channels_facebookpage WHERE state = 'failing')
"""
EVERYBODYS = """queue_band IS NOT NULL AND queue_band IN (0, 1, 2)
    AND queue_rank IN (-4, -3, -2, -1, 0)"""
MINE = f"assignee_id = %(user)s AND {EVERYBODYS}"


class Count(int):
    """A number that was counted up to a limit; beyond it, it reads "1.000+"."""

    def __str__(self) -> str:
        if self > COUNTED_TO:
            return f"{number_format(COUNTED_TO, force_grouping=True)}+"
        return int.__repr__(self)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits where; `overdue` and `due_today` of one agent's tickets when so asked."""

    # The names of the Facebook pages that somebody has to look after.
    failing_pages: str
    waiting: Count
    unassigned: Count
    mine: Count
    quarantine: Count
    unclear: Count
    notices: Count
    calls: Count
    forum: Count
    overdue: Count
    due_today: Count


def count(user: User, *, only_mine: bool = False) -> Counts:
    """Count the queue for one agent. Overdue is what has passed its due moment, flagged or not."""
    moment = now()
    midnight = localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    values: dict[str, int | datetime] = {
        "most": COUNTED_TO + 1,
        "user": user.pk,
        "now": moment,
        # Noon of the next day minus twelve hours: also right when the clocks change.
        "tomorrow": (midnight + timedelta(hours=36)).replace(hour=0),
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(of=MINE if only_mine else EVERYBODYS), values)
        *numbers, failing_pages = cursor.fetchone()
    return Counts(failing_pages or "", *(Count(number) for number in numbers))
