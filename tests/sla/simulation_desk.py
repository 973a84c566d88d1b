"""What people can do in a simulation: each act goes through the real service, and is seen."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from accounts.models import Organisation, User
from sla.changes import assign_tier
from sla.models import BusinessCalendar
from tests.factories import AgentFactory, CustomerFactory, tier
from tests.sla.simulation import WEEK, Clock, Hours, Plan
from tickets import changing, opening, outcomes, senders, writing
from tickets.models import Channel, Message, Ticket
from tickets.opening import NewTicket
from tickets.recording import Content
from tickets.states import DONE, TRANSITIONS, State

SEEN_AS = {
    Channel.EMAIL: "e-mail",
    Channel.PORTAL: "portal",
    Channel.CONTACT_FORM: "contact form",
    Channel.FACEBOOK: "facebook",
}


class Desk:
    """A support desk and its customers, at the moment of their clock."""

    def __init__(self, plan: Plan) -> None:
        self.clock = Clock(plan)
        self.strangers: set[int] = set()
        self.agent: User = AgentFactory()
        self._answers = count(1)

    def announce(self, week: Hours, other_days: Hours) -> None:
        """Edit the calendar: a new version, in force from now on."""
        calendar = BusinessCalendar.objects.get(is_default=True)
        spec = {
            "zone": "Europe/Berlin",
            "country": "DE",
            "subdivision": "NW",
            "weekly": {str(WEEK.index(day)): pairs(hours) for day, hours in week.items()},
            "days": {
                day: {"name": "Geändert", "intervals": pairs(hours)}
                for day, hours in other_days.items()
            },
        }
        number = calendar.versions.count() + 1
        calendar.versions.create(number=number, valid_from=self.clock.at, spec=spec)
        self.clock.see("hours", weekly=week, **{"other days": other_days})

    def person_of(self, customer: Organisation, *, is_known: bool = True) -> User:
        person: User = CustomerFactory(organisation=customer)
        if not is_known:
            self.strangers.add(person.pk)
        return person

    def book(self, customer: Organisation, name: str) -> None:
        assign_tier(customer, tier(name))
        self.clock.see("booking", customer=customer.name, tier=name)

    def take_in(self, person: User, channel: Channel, received_at: datetime) -> Ticket:
        """Open a ticket for what our door took at a moment, now or long ago."""
        is_known = person.pk not in self.strangers
        new = NewTicket(person, "Frage", channel, received_at, is_verified=is_known)
        ticket, _message = opening.open_ticket(new, Content(text="Wie geht das?"))
        self.clock.see(
            "arrival",
            at=received_at,
            ticket=str(ticket.number),
            customer=ticket.organisation.name,
            person=person.email,
            channel=SEEN_AS[channel],
            confirmed=is_known,
        )
        return ticket

    def confirm(self, person: User) -> None:
        if person.pk in self.strangers:
            self.strangers.remove(person.pk)
            senders.confirm_sender(person)
            self.clock.see("confirmed", person=person.email)

    def acknowledge(self, ticket: Ticket) -> None:
        message = writing.acknowledge(ticket, text="Wir haben Ihre Nachricht.")
        outcomes.mark_delivered(message)
        self.clock.see("acknowledgement", ticket=str(ticket.number))

    def note(self, ticket: Ticket) -> None:
        writing.add_note(ticket, author=self.agent, text="Wer kennt sich aus?")
        self.clock.see("note", ticket=str(ticket.number))

    def answer(self, ticket: Ticket, to: State = State.WAITING) -> tuple[Message, str]:
        """Answer in public; returns the message and the name by which its fate is told.

        A ticket that is done stays so. In the portal the answer has arrived with it.
        """
        state = state_of(ticket)
        message = writing.reply(
            ticket, author=self.agent, text="So geht es.", state=state if state in DONE else to
        )
        name = str(next(self._answers))
        self.clock.see("answer", ticket=str(ticket.number), answer=name)
        if ticket.channel == Channel.PORTAL:
            self.clock.see("accepted", answer=name)
        return message, name

    def accept(self, message: Message, name: str) -> None:
        outcomes.mark_delivered(message)
        self.clock.see("accepted", answer=name)

    def fail(self, message: Message, name: str, how: str) -> None:
        outcomes.mark_failed(message, cause="550 unbekannt")
        self.clock.see(how, answer=name)

    def follow_up(self, ticket: Ticket) -> None:
        writing.add_customer_message(
            ticket,
            author=ticket.requester,
            content=Content(text="Und noch etwas"),
            channel=ticket.channel,
            received_at=self.clock.at,
        )
        self.clock.see("follow up", ticket=str(ticket.number))

    def withdraw(self, ticket: Ticket, to: State = State.CLOSED) -> bool:
        return self._move(ticket, to, "withdrawn", by=ticket.requester)

    def close(self, ticket: Ticket, to: State = State.CLOSED) -> bool:
        return self._move(ticket, to, "closed", by=self.agent)

    def reopen(self, ticket: Ticket) -> bool:
        return state_of(ticket) != State.SPAM and self._move(
            ticket, State.OPEN, "reopened", by=self.agent
        )

    def mark_spam(self, ticket: Ticket) -> bool:
        return self._move(ticket, State.SPAM, "spam", by=self.agent)

    def unmark_spam(self, ticket: Ticket) -> bool:
        return self._move(ticket, State.OPEN, "no spam", by=self.agent)

    def _move(self, ticket: Ticket, to: State, what: str, *, by: User) -> bool:
        """Change a state where there is a way; only then has something happened."""
        if to not in TRANSITIONS[state_of(ticket)]:
            return False
        changing.change_state(ticket, to, by=by)
        self.clock.see(what, ticket=str(ticket.number))
        return True


def state_of(ticket: Ticket) -> State:
    return State(Ticket.objects.values_list("state", flat=True).get(pk=ticket.pk))


def pairs(hours: list[str]) -> list[list[str]]:
    return [text.split("-") for text in hours]
