"""Webhooks as Meta sends them: escaped bytes, signed with the app's secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.utils.timezone import now

from channels import intake
from channels.facebook import door
from channels.models import InboundRecord

SECRET, VERIFY = "geheim123", "das-wort"
PAGE, OTHER_PAGE, PSID = "100200300", "400500600", "777"
URL = "/hooks/facebook/"
# Milliseconds; events of one test follow each other.
START = 1_790_000_000_000


def batch(*events: dict[str, Any], page: str = PAGE, under: str = "messaging") -> bytes:
    """One entry with these events."""
    return whole({"id": page, "time": START, under: list(events)})


def whole(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"object": "page", "entry": entries}).encode()


def event(at: int = START, *, psid: str = PSID, page: str = PAGE, **keys: Any) -> dict[str, Any]:
    """What a person did in Messenger."""
    return {"sender": {"id": psid}, "recipient": {"id": page}, "timestamp": at, **keys}


def said(text: str, mid: str = "m_1", at: int = START, **more: Any) -> dict[str, Any]:
    """A direct message."""
    people = {key: more.pop(key) for key in ("psid", "page") if key in more}
    return event(at, message={"mid": mid, "text": text, **more}, **people)


def send(raw: bytes, host: str = "alpha.localhost", signature: str | None = None) -> Any:
    """POST a webhook to the installation."""
    headers = {"host": host, "X-Hub-Signature-256": signature or door.signature(raw)}
    if signature == "":
        del headers["X-Hub-Signature-256"]
    with here():
        return Client().post(URL, raw, content_type="application/json", headers=headers)


@contextmanager
def here() -> Iterator[None]:
    """Come back to the tenant; the webhook leaves its connection in the public schema."""
    tenant = connection.tenant
    try:
        yield
    finally:
        connection.set_tenant(tenant)


def taken(*batches: bytes | InboundRecord | None, process: bool = True) -> list[InboundRecord]:
    """Store batches as the door does, and take them in; a record that is given is tried again."""
    ids = [one.pk for one in batches if isinstance(one, InboundRecord)]
    for raw in batches:
        if isinstance(raw, bytes):
            before = set(InboundRecord.objects.values_list("pk", flat=True))
            door.accept(raw, now())
            ids += InboundRecord.objects.exclude(pk__in=before).values_list("pk", flat=True)
    if process:
        for pk in sorted(ids):
            intake.process(pk, is_due=False)
    return list(InboundRecord.objects.filter(pk__in=ids).order_by("pk"))
