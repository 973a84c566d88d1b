"""Many customers at the same moment, on connections of their own."""

from datetime import timedelta
from functools import partial

from django.utils.timezone import now

from channels.callback import calls, offers
from channels.callback.calls import CallRequest, SlotTakenError
from channels.models import CallBack, CallSettings
from sla.models import BusinessCalendar, CalendarVersion
from tests.channels.callback.arranging import NUMBER, ask, customer_of
from tests.factories import open_ticket
from tests.threads import side_by_side

CUSTOMERS = 8
ALWAYS = {"zone": "Europe/Berlin", "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)}}


def open_all_day():
    calendar = BusinessCalendar.objects.get(is_default=True)
    CalendarVersion.objects.create(calendar=calendar, number=2, spec=ALWAYS)


def tried(work):
    try:
        return work()
    except SlotTakenError:
        return None


def test_a_slot_never_has_more_calls_than_places(fresh_tenant):
    open_all_day()
    CallSettings.objects.create(pk=1, capacity=3)
    customers = [customer_of(name=f"Kundin {number}") for number in range(CUSTOMERS)]
    promised = offers.promised_for_new(customers[0].organisation, now())
    wanted = offers.offer(customers[0].organisation, promised).soon[2]

    done = side_by_side(
        fresh_tenant, [partial(tried, partial(ask, one, wanted)) for one in customers]
    )

    assert sum(call is not None for call in done) == 3
    assert CallBack.objects.filter(slot_start=wanted.start).count() == 3


def test_a_ticket_has_one_open_call_however_often_it_is_asked_for(fresh_tenant):
    open_all_day()
    ticket = open_ticket(customer_of())
    asked = [
        partial(calls.agree, ticket, CallRequest(NUMBER, "Rückruf"), by=ticket.requester)
        for _ in range(CUSTOMERS)
    ]

    side_by_side(fresh_tenant, asked)

    assert CallBack.objects.all().open().count() == 1


def test_moving_into_the_last_place_at_once_lets_one_in(fresh_tenant):
    open_all_day()
    CallSettings.objects.create(pk=1, capacity=1)
    found = [ask(customer_of(name=f"Kundin {number}")) for number in range(CUSTOMERS)]
    organisation = found[0].ticket.organisation
    wanted = offers.offer(organisation, offers.promised_for(found[0].ticket, now())).soon[1]
    assert wanted.start > now() + timedelta(minutes=15)

    moves = [
        partial(calls.move, call, CallRequest(NUMBER, call.topic, wanted), by=call.ticket.requester)
        for call in found
    ]
    done = side_by_side(fresh_tenant, [partial(tried, move) for move in moves])

    assert sum(call is not None for call in done) == 1
    assert CallBack.objects.filter(slot_start=wanted.start).count() == 1
