"""The calendar entry of a call, for the mails about it (RFC 5545).

It is published, not asked for: nobody has to accept a call that they wished themselves. One call is
one entry: the same UID, and a SEQUENCE that rises with each mail (RFC 5546).
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from icalendar import Calendar, Event, vCalAddress

from channels.callback.models import CallBack
from channels.callback.slots import Slot
from helpdesk.texts import one_line
from tenants.connection import connection
from tenants.models import Tenant
from tickets.models import Ticket
from tickets.recording import File

PRODUCT = "-//helpdesk//call backs//"


def following(call: CallBack, ticket: Ticket) -> File | None:
    """What the next mail says to its reader's calendar; None where there is nothing to say.

    Remembers on the call what the calendar shows from then on: call it for a mail that goes out.
    """
    shown, earlier = call.slot if call.is_open else None, call.entry
    slot = shown or earlier
    if slot is None:
        return None
    method = "PUBLISH" if shown else "CANCEL"
    content = _written(call, ticket, slot, method)
    call.entry_start, call.entry_end = (shown.start, shown.end) if shown else (None, None)
    call.entry_sequence += 1
    call.save(update_fields=["entry_start", "entry_end", "entry_sequence"])
    return File(gettext("call-back.ics"), f"text/calendar; method={method}", content)


def _written(call: CallBack, ticket: Ticket, slot: Slot, method: str) -> bytes:
    tenant = Tenant.current()
    link = tenant.url(reverse("portal:ticket", args=[ticket.number]))
    organizer = vCalAddress(f"mailto:{tenant.mailbox}")
    organizer.params["cn"] = one_line(tenant.name)
    event = Event()
    # Ids are equal in every tenant; a schema's name is never given twice.
    event.add("uid", f"call-{call.pk}@{connection.schema_name}.helpdesk")
    event.add("sequence", call.entry_sequence)
    event.add("dtstamp", now())
    # In UTC: every calendar shows it in the zone of its reader.
    event.add("dtstart", slot.start)
    event.add("dtend", slot.end)
    event.add("status", "CONFIRMED" if method == "PUBLISH" else "CANCELLED")
    event.add("organizer", organizer)
    about = {"tenant": tenant.name, "topic": call.topic}
    event.add("summary", one_line(gettext("%(tenant)s calls you: %(topic)s") % about))
    number = gettext("We call you at %(number)s.") % {"number": call.number}
    event.add("description", f"{number}\n{link}")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())
