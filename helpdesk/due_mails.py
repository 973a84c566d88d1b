"""Mails that are rows with a moment: written one by one when it has come."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import now

logger = logging.getLogger(__name__)


def mail_each(due: QuerySet[Any], mail: Callable[[int], bool], *, again_after: timedelta) -> int:
    """Let `mail` write the mail of each row; returns how many it says it wrote.

    `mail` is an act, and takes the row's `mail_at` away. One that fails stops no other: its row is
    tried again after a while. With the database away, that raises, and all stay due.
    """
    return sum(_try(due, pk, mail, again_after) for pk in list(due.values_list("pk", flat=True)))


def _try(due: QuerySet[Any], pk: int, mail: Callable[[int], bool], again_after: timedelta) -> bool:
    try:
        return mail(pk)
    except Exception:
        # The outermost edge of this work.
        logger.exception("The mail of %s %s could not be written", due.model.__name__, pk)
        due.model._default_manager.filter(pk=pk).update(mail_at=now() + again_after)
        return False
