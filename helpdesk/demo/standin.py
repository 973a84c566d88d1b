"""Facebook (Demo): the stand-in for the Graph API that `manage.py up` runs beside the demo data.

It is there where no app at Meta is set up. Its settings are the documented FACEBOOK_ variables,
set before the processes start: each of them finds them in its environment, as it would real ones.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys

from django.conf import settings

# Ids as Meta writes them; the demo tenant's page has the same one after each start.
APP_ID = "100000000000001"
PAGE_ID = "100000000000002"
PAGE_NAME = "Musterhandel"


def url() -> str:
    """Where it listens; nobody on another machine may give it orders."""
    return f"http://127.0.0.1:{settings.FACEBOOK_PORT}"


def is_on() -> bool:
    """Whether this process talks to the stand-in."""
    return bool(url() == settings.FACEBOOK_GRAPH_URL)


def switch_on() -> None:
    """Let this process and its children talk to the stand-in, unless an app at Meta is set up.

    For a process that has read its settings already; the children read them from the environment.
    """
    if settings.FACEBOOK_APP_ID:
        return
    values = {
        "FACEBOOK_APP_ID": APP_ID,
        "FACEBOOK_APP_SECRET": _secret("app secret"),
        "FACEBOOK_VERIFY_TOKEN": _secret("verify token"),
        "FACEBOOK_GRAPH_URL": url(),
        "FACEBOOK_DIALOG_URL": url(),
    }
    os.environ.update(values)
    for name, value in values.items():
        setattr(settings, name, value)


def command(webhook_host: str) -> list[str]:
    """Its command line; the app's id and secrets are in the environment, where `ps` shows none."""
    hook = f"http://{webhook_host}:{settings.PORT}/hooks/facebook/"
    return [
        *(sys.executable, "-m", "graph_standin"),
        *("--port", str(settings.FACEBOOK_PORT)),
        *("--webhook-url", hook),
        *("--deletion-url", f"{hook}loeschung/"),
        *("--deauthorize-url", f"{hook}abgemeldet/"),
        *("--page", f"{PAGE_ID}:{PAGE_NAME}"),
        *("--state", str(settings.DATA_DIR / "facebook.json")),
    ]


def _secret(purpose: str) -> str:
    """The same after each start, and known to nobody outside."""
    key = settings.SECRET_KEY.encode()
    return hmac.digest(key, f"facebook demo {purpose}".encode(), hashlib.sha256).hex()
