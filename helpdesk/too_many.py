"""The page for who did something too often: it says when they may go on, also to machines."""

from __future__ import annotations

import math
import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext

TOO_MANY = 429
MINUTE, HOUR = 60, 3600
# What counts by something typed (an address, a login) cannot be looked up here; none of the
# package's limits of that kind takes longer.
LONGEST_OF_A_KEY = 300


def refusal(request: HttpRequest, seconds: int) -> HttpResponse:
    """The whole page; `seconds` is when it may be tried again."""
    response = render(request, "429.html", {"wait": wait_in_words(seconds)}, status=TOO_MANY)
    response.headers["Retry-After"] = str(seconds)
    return response


def handler429(request: HttpRequest) -> HttpResponse:
    """What django-allauth shows when one of its limits is reached; it does not say which."""
    return refusal(request, _longest_wait(request))


def wait_in_words(seconds: int) -> str:
    """“in 5 minutes”, “in 20 hours”: never sooner than it is true."""
    minutes = max(1, math.ceil(seconds / MINUTE))
    if minutes <= 90:
        return ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    hours = math.ceil(seconds / HOUR)
    return ngettext("in %(n)d hour", "in %(n)d hours", hours) % {"n": hours}


def _longest_wait(request: HttpRequest) -> int:
    """Seconds until this visitor's used-up limits at django-allauth all have room again."""
    app = "allauth.account"
    actions = ratelimit.import_string(f"{app}.app_settings.RATE_LIMITS")
    waits = [
        _wait(ratelimit.get_cache_key(request, app=app, action=action, rate=rate), rate)
        for action in actions
        for rate in ratelimit.get_rates(app=app, action=action)
        if rate.per == "ip" or (rate.per == "user" and request.user.is_authenticated)
    ]
    return max(filter(None, waits), default=LONGEST_OF_A_KEY)


def _wait(key: str, rate: ratelimit.Rate) -> int:
    """Seconds until the oldest of so many counts no more; 0 where there is room."""
    history: list[float] = cache.get(key, [])
    if len(history) < rate.amount:
        return 0
    left: int = math.ceil(history[-1] + rate.duration - time.time())
    return max(0, left)
