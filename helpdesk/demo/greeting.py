"""One real mail per start: the whole way in, seen by whoever watches the queue."""

from __future__ import annotations

import smtplib
import time
from email.message import EmailMessage
from email.utils import make_msgid

from django.conf import settings
from django.utils.timezone import localtime

PATIENCE = 20.0


def send_greeting(patience: float = PATIENCE) -> bool:
    """Send a customer's mail to the SMTP door; False when it stays silent for `patience` s."""
    end = time.monotonic() + patience
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", settings.SMTP_PORT, timeout=5) as door:
                door.send_message(_mail())
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        else:
            return True


def _mail() -> EmailMessage:
    at = localtime()
    mail = EmailMessage()
    mail["From"] = "Eva Sommer <eva.sommer@gartenbau-sommer.example>"
    mail["To"] = "support@demo.localhost"
    mail["Subject"] = f"Rückfrage zur Rechnung vom {at:%d.%m.%Y}"
    mail["Date"] = at
    mail["Message-ID"] = make_msgid(domain="gartenbau-sommer.example")
    mail.set_content(
        "Guten Tag,\n\nauf der letzten Rechnung steht noch unsere alte Anschrift. "
        "Wo kann ich sie ändern?\n\nViele Grüße\nEva Sommer\n"
        f"(geschrieben um {at:%H:%M:%S} Uhr)\n"
    )
    return mail
