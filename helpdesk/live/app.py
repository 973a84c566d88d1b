"""The live process: server-sent events that tell an agent's open pages to look again.

One small ASGI application beside the web process. It checks a token's signature and then reads
the tenant's Redis channel; it has no database, no cache and no tenant data to lose: a hint only
says what changed, and the page asks for it with its own rights.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

from helpdesk.live import tokens
from tenants.live import channel

HEARTBEAT_SECONDS = 15
# The browser then connects again with a fresh token, and so with today's rights.
LONGEST_SECONDS = 600
# A reader that takes nothing for so long is gone.
SEND_SECONDS = 20
CONNECT_SECONDS = 2
RETRY_MILLISECONDS = (2000, 4000)


async def events(request: Request) -> Response:
    """Stream the hints of the token's tenant; 403 without a good token, 503 without Redis."""
    try:
        entry = tokens.read(request.query_params.get("token", ""))
    except tokens.BadTokenError:
        return _refused(403)
    if not entry.is_agent or request.headers.get("origin", entry.origin) != entry.origin:
        return _refused(403)
    headers = {
        "Access-Control-Allow-Origin": entry.origin,
        "Vary": "Origin",
        "Cache-Control": "no-store, no-transform",
    }
    try:
        hints = await _subscribe(entry.schema)
    except (RedisError, OSError, TimeoutError):
        # The page polls until Redis is back.
        return Response(status_code=503, headers=headers)
    return EventSourceResponse(
        _stream(hints), headers=headers, ping=HEARTBEAT_SECONDS, send_timeout=SEND_SECONDS
    )


async def health(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _subscribe(schema: str) -> PubSub:
    """Listen to one tenant's channel; returns once Redis has confirmed it, so nothing is missed."""
    client = Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=CONNECT_SECONDS, single_connection_client=True
    )
    hints = client.pubsub()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await hints.subscribe(channel(schema))
            while await hints.get_message(timeout=CONNECT_SECONDS) is None:
                pass
    except BaseException:
        await _close(hints)
        raise
    return hints


async def _stream(hints: PubSub) -> AsyncIterator[ServerSentEvent]:
    """Pass hints on until the time is up, the browser is gone, or Redis is."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LONGEST_SECONDS
    try:
        yield ServerSentEvent(comment="open", retry=random.randint(*RETRY_MILLISECONDS))  # noqa: S311
        while (left := ends_at - loop.time()) > 0:
            hint = await hints.get_message(ignore_subscribe_messages=True, timeout=left)
            if hint is not None:
                yield ServerSentEvent(data=hint["data"].decode())
    except (RedisError, OSError):
        return
    finally:
        await _close(hints)


async def _close(hints: PubSub) -> None:
    await hints.aclose()  # type: ignore[no-untyped-call]
    await hints.connection_pool.disconnect()


def _refused(status: int) -> Response:
    return PlainTextResponse("This stream is not open to you.", status_code=status)


application = Starlette(
    routes=[Route("/events", events), Route("/live/events", events), Route("/health", health)]
)
