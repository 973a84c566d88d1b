"""Where somebody is signed in: each browser with what it says it is, and the way to end it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from accounts.models import User

# Somebody may sign in by a script ten thousand times; people know a handful of devices.
MOST_SHOWN = 50
# The first that fits: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
_BROWSERS = {
    r"\bEdg(e|A|iOS)?/": "Edge",
    r"\bOPR/|\bOpera\b": "Opera",
    r"\bSamsungBrowser/": "Samsung Internet",
    r"\bFirefox/|\bFxiOS/": "Firefox",
    r"\bChrome/|\bCriOS/|\bChromium/|\bHeadlessChrome/": "Chrome",
    r"\bSafari/": "Safari",
}
_SYSTEMS = {
    r"\biPhone\b": "iPhone",
    r"\biPad\b": "iPad",
    r"\bAndroid\b": "Android",
    r"\bWindows\b": "Windows",
    r"\bMac OS X\b|\bMacintosh\b": "Mac",
    r"\bCrOS\b": "ChromeOS",
    r"\bLinux\b": "Linux",
}


@dataclass(frozen=True, slots=True)
class Device:
    """One browser that is signed in."""

    pk: int
    name: str
    is_handheld: bool
    is_current: bool
    ip: str
    since: datetime


def devices(user: User, current_key: str | None) -> list[Device]:
    """The browsers in which this person is signed in now, this one first, then the latest."""
    found = [
        Device(
            pk=session.pk,
            name=device_name(session.user_agent),
            is_handheld=bool(re.search(r"Mobile|iPhone|iPad|Android", session.user_agent)),
            is_current=session.session_key == current_key,
            ip=session.ip,
            since=session.created_at,
        )
        for session in _latest(user, current_key)
        if not session.purge()
    ]
    return sorted(found, key=lambda one: (not one.is_current, -one.since.timestamp()))


def _latest(user: User, current_key: str | None) -> list[UserSession]:
    """Looking whether a session still holds asks the database three times: it is done for some."""
    own = UserSession.objects.filter(user=user)
    others = own.exclude(session_key=current_key).order_by("-created_at", "-pk")
    return [*own.filter(session_key=current_key), *others[: MOST_SHOWN - 1]]


def end(user: User, pk: int, current_key: str | None) -> None:
    """Sign one other browser out; raises UserSession.DoesNotExist for none of this person's."""
    UserSession.objects.exclude(session_key=current_key).get(user=user, pk=pk).end()


def end_others(user: User, current_key: str | None) -> int:
    """Sign all other browsers out; returns how many there were."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=current_key))
    for session in others:
        session.end()
    return len(others)


def device_name(user_agent: str) -> str:
    """What people call such a browser: `Firefox, Windows`; what nobody knows has no name."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    return ", ".join(part for part in (browser, system) if part) or _("Unknown device")


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((name for sign, name in names.items() if re.search(sign, user_agent)), "")
