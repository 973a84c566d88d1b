"""Plausible data to look at: two tenants, four tiers, and a queue that is alive at any hour."""

from __future__ import annotations

from django.conf import settings

from helpdesk.demo import standin

PASSWORD = "Warteschlange-2026"  # noqa: S105 (printed at every start, for the demo only)


def welcome_text() -> str:
    """Where to go and how to sign in, for the terminal of whoever started the demo."""
    port = settings.PORT
    facebook = f"  Facebook (Demo)  {standin.url()}/   where you play the customer"
    return "\n".join(
        [
            "",
            f"  Portal  http://demo.localhost:{port}/         anna.berg@teehaus-nord.example",
            f"  Desk    http://demo.localhost:{port}/desk/    jana.lind@demo.localhost",
            "          administrator                       chefin@demo.localhost",
            f"  Second  http://zweitmarke.localhost:{port}/desk/   tom.haas@zweitmarke.localhost",
            f"  Password for all of them: {PASSWORD}",
            f"  Mail to support@demo.localhost by SMTP on 127.0.0.1:{settings.SMTP_PORT}",
            f"  What leaves lies in {settings.DATA_DIR / 'mail'}",
            *([facebook] if standin.is_on() else []),
            "",
        ]
    )
