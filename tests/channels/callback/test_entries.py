"""The calendar entry that comes with the mails about a call (RFC 5545, RFC 5546)."""

from __future__ import annotations

import email.policy
from email import message_from_bytes

import pytest
import time_machine
from icalendar import Calendar

from channels.callback import calls
from channels.callback.calls import CallRequest
from channels.callback.numbers import Number
from channels.email import outbound
from tests.channels.callback.arranging import DAY, NUMBER, agreed, slot
from tests.sla.moments import berlin
from tickets import changing
from tickets.states import State

TEN, ELEVEN = slot("10:00", "10:30"), slot("11:00", "11:30")


@pytest.fixture(autouse=True)
def _nine():
    with time_machine.travel(berlin(f"{DAY} 09:00"), tick=False):
        yield


def parts_of(ticket):
    """The calendar parts of the mails about a call, oldest first; None for a mail without one."""
    found = []
    for message in ticket.messages.filter(is_automatic=True).order_by("pk"):
        mail = message_from_bytes(
            outbound.to_bytes(outbound.build(message)), policy=email.policy.default
        )
        parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        found.append(parts[0] if parts else None)
    return found


def entries_of(ticket):
    return [part and Calendar.from_ical(part.get_payload(decode=True)) for part in parts_of(ticket)]


def told(entry):
    """Method, sequence, status, start and end of an entry."""
    [event] = entry.walk("VEVENT")
    start, end = event.decoded("dtstart"), event.decoded("dtend")
    return str(entry["method"]), event["sequence"], event["status"], start, end


def test_the_mail_of_an_agreed_call_has_an_entry_for_the_calendar(tenant):
    call = agreed(wanted=TEN)

    [entry], [part] = entries_of(call.ticket), parts_of(call.ticket)

    assert told(entry) == ("PUBLISH", 0, "CONFIRMED", TEN.start, TEN.end)
    assert part.get_param("method") == "PUBLISH"
    assert part.get_filename() == "rueckruf.ics"
    [event] = entry.walk("VEVENT")
    assert call.topic in event["summary"]
    assert "+49 30 123456" in event["description"]
    assert f"/tickets/{call.ticket.number}/" in event["description"]
    assert event["organizer"].startswith("mailto:support@")
    assert "attendee" not in event


def test_a_call_that_is_moved_and_cancelled_is_the_same_entry_again(tenant):
    call = agreed(wanted=TEN)
    customer = call.ticket.requester
    calls.move(call, CallRequest(NUMBER, call.topic, ELEVEN), by=customer)
    calls.move(call, CallRequest(Number("+4930999999"), call.topic, ELEVEN), by=customer)
    calls.cancel(call, by=customer)

    entries = entries_of(call.ticket)

    assert [told(entry) for entry in entries] == [
        ("PUBLISH", 0, "CONFIRMED", TEN.start, TEN.end),
        ("PUBLISH", 1, "CONFIRMED", ELEVEN.start, ELEVEN.end),
        ("PUBLISH", 2, "CONFIRMED", ELEVEN.start, ELEVEN.end),
        ("CANCEL", 3, "CANCELLED", ELEVEN.start, ELEVEN.end),
    ]
    assert len({str(entry.walk("VEVENT")[0]["uid"]) for entry in entries}) == 1


def test_a_call_as_soon_as_possible_has_no_entry_and_takes_an_earlier_one_back(tenant):
    call = agreed()
    customer = call.ticket.requester
    calls.move(call, CallRequest(NUMBER, call.topic, TEN), by=customer)
    calls.move(call, CallRequest(NUMBER, call.topic), by=customer)
    calls.cancel(call, by=customer)

    first, second, third, last = entries_of(call.ticket)

    assert (first, last) == (None, None)
    assert told(second) == ("PUBLISH", 0, "CONFIRMED", TEN.start, TEN.end)
    assert told(third) == ("CANCEL", 1, "CANCELLED", TEN.start, TEN.end)


def test_the_end_of_the_ticket_takes_the_entry_back(tenant, agent):
    call = agreed(wanted=TEN)
    changing.change_state(call.ticket, State.SOLVED, by=agent)

    entries = [entry for entry in entries_of(call.ticket) if entry]

    assert told(entries[-1]) == ("CANCEL", 1, "CANCELLED", TEN.start, TEN.end)


def test_a_call_of_another_ticket_is_another_entry(tenant):
    one, two = agreed(wanted=TEN), agreed(wanted=TEN)

    uids = {str(entries_of(call.ticket)[0].walk("VEVENT")[0]["uid"]) for call in (one, two)}

    assert len(uids) == 2


def test_no_topic_adds_a_line_to_the_entry(tenant):
    call = agreed(wanted=TEN)
    request = CallRequest(NUMBER, "Frage\r\nATTENDEE:mailto:x@y.example\\n;,", ELEVEN)
    calls.move(call, request, by=call.ticket.requester)

    [event] = entries_of(call.ticket)[-1].walk("VEVENT")

    assert "attendee" not in event
