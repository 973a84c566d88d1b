"""What a year brings: who writes when, and what becomes of it. Seeded, so the same each time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import Organisation, User
from tests.sla.moments import berlin
from tests.sla.simulation import Clock, Plan
from tests.sla.simulation_desk import SEEN_AS, Desk, state_of
from tickets.models import Channel, Message, Ticket
from tickets.states import DONE, State

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)
TIERS = ["Basis", "Bronze", "Silber", "Gold"]

Act = Callable[[], object]


def simulate(plan: Plan, seed: int) -> Clock:
    """Let a plan happen; returns its clock, which has seen it all."""
    life = Life(plan, seed)
    life.begin()
    life.desk.clock.run()
    return life.desk.clock


class Life:
    """Chance: decides when people do what, and lets the desk do it."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan, self.random, self.desk = plan, Random(seed), Desk(plan)
        self.clock = self.desk.clock
        self.customers: list[Organisation] = []
        self.people: list[User] = []

    def begin(self) -> None:
        for at, week, other_days in self.plan.hours:
            self.clock.schedule(berlin(at), partial(self.desk.announce, week, other_days))
        self.clock.schedule(self.clock.at, self.open_accounts)
        for _ in range(self.plan.bookings):
            self.clock.schedule(self.any_time(self.clock.at, self.clock.end), self.rebook_any)
        for _ in range(self.plan.tickets):
            self.clock.schedule(self.any_time(self.clock.at, self.clock.end), self.write)
        for start, end in self.clock.intake_is_down:
            for _ in range(6):
                self.clock.schedule(self.any_time(start, end), self.write)

    def open_accounts(self) -> None:
        for number in range(self.plan.customers):
            customer = Organisation.objects.open(f"Kunde {number}")
            self.customers.append(customer)
            self.people += [self.desk.person_of(customer) for _ in range(2)]
            self.desk.book(customer, TIERS[number % 4])

    def rebook_any(self) -> None:
        self.rebook(self.random.choice(self.customers))

    def rebook(self, customer: Organisation) -> None:
        self.desk.book(customer, self.random.choice(TIERS))

    def write(self) -> None:
        """A customer writes for the first time of something, known to us or not yet."""
        at, channel = self.clock.at, self.random.choices(list(SEEN_AS), weights=[7, 1, 2, 1])[0]
        person = self.random.choice(self.people)
        if channel == Channel.EMAIL and self.rarely(0.12):
            person = self.desk.person_of(self.random.choice(self.customers), is_known=False)
            self.people.append(person)
            self.later(0.7, 5 * MINUTE, 4 * DAY, partial(self.desk.confirm, person))
        ends = [end for start, end in self.clock.intake_is_down if start <= at < end]
        if channel == Channel.EMAIL and ends:
            self.clock.schedule(ends[0], partial(self.take_in, person, channel, at))
        else:
            self.take_in(person, channel, at)

    def take_in(self, person: User, channel: Channel, received_at: datetime) -> None:
        ticket = self.desk.take_in(person, channel, received_at)
        if self.chance(0.1):
            self.desk.acknowledge(ticket)
        self.later(0.15, MINUTE, DAY, partial(self.follow_up, ticket))
        self.seldom(0.04, MINUTE, DAY, partial(self.rebook, ticket.organisation))
        plans: list[Callable[[Ticket], None]] = [
            self.plan_answer,
            self.plan_spam,
            self.plan_withdrawal,
            self.plan_closing,
            lambda ticket: None,
        ]
        trouble = self.plan.trouble
        weights = [84, 4 * trouble, 5 * trouble, 5 * trouble, 2 * trouble]
        self.random.choices(plans, weights)[0](ticket)

    # What becomes of a ticket

    def plan_answer(self, ticket: Ticket) -> None:
        """In good time, around the due moment, at it, or much later."""
        due = self.due(ticket)
        moments = [
            self.any_time(self.clock.at, max(due, self.clock.at + MINUTE)),
            due - SECOND,
            due,
            due + SECOND,
            self.any_time(due, due + 4 * DAY),
        ]
        moment = self.random.choices(moments, weights=[70, 4, 6, 4, 16])[0]
        self.clock.schedule(moment, partial(self.answer, ticket))
        if self.rarely(0.03):  # two agents at the same second
            self.clock.schedule(moment, partial(self.answer, ticket))
        self.later(0.1, MINUTE, 4 * HOUR, partial(self.desk.note, ticket))

    def plan_spam(self, ticket: Ticket) -> None:
        self.within(MINUTE, 3 * DAY, partial(self.mark_spam, ticket))
        if self.chance(0.3):
            self.plan_answer(ticket)

    def plan_withdrawal(self, ticket: Ticket) -> None:
        withdraw = partial(self.withdraw, ticket)
        if self.chance(0.3):
            self.clock.schedule(self.due(ticket), withdraw)
        else:
            self.within(MINUTE, 5 * DAY, withdraw)
        if self.chance(0.3):
            self.plan_answer(ticket)

    def plan_closing(self, ticket: Ticket) -> None:
        self.within(MINUTE, DAY, partial(self.close, ticket))
        if self.chance(0.3):
            self.plan_answer(ticket)
        self.later(0.3, HOUR, 5 * DAY, partial(self.reopen, ticket))
        self.later(0.3, HOUR, 5 * DAY, partial(self.follow_up, ticket))

    # What people do, and what follows from it

    def answer(self, ticket: Ticket) -> None:
        if state_of(ticket) == State.SPAM:
            return
        message, name = self.desk.answer(ticket, self.random.choice([State.WAITING, State.SOLVED]))
        if ticket.channel != Channel.PORTAL:
            self.travel(ticket, message, name)
        self.later(0.25, MINUTE, 5 * DAY, partial(self.follow_up, ticket))
        self.seldom(0.02, MINUTE, 5 * DAY, partial(self.withdraw, ticket))
        self.seldom(0.02, HOUR, 5 * DAY, partial(self.reopen, ticket))
        self.seldom(0.01, MINUTE, 2 * DAY, partial(self.mark_spam, ticket))

    def travel(self, ticket: Ticket, message: Message, name: str) -> None:
        """The answer's way: accepted, sooner or later, refused, or bounced some days later."""
        fates, trouble = ["accepted", "slow", "refused", "bounced"], self.plan.trouble
        fate = self.random.choices(fates, [80, 8, 6 * trouble, 6 * trouble])[0]
        accept = partial(self.desk.accept, message, name)
        fail = partial(self.fail, ticket, message, name, fate)
        if fate in {"accepted", "bounced"}:
            self.within(SECOND, 5 * SECOND, accept)
        if fate == "slow":
            self.within(10 * MINUTE, 2 * DAY, accept)
        if fate == "refused":
            self.within(SECOND, 3 * HOUR, fail)
        if fate == "bounced":
            self.within(HOUR, 3 * DAY, fail)

    def fail(self, ticket: Ticket, message: Message, name: str, how: str) -> None:
        self.desk.fail(message, name, how)
        self.later(0.8, SECOND, 2 * DAY, partial(self.answer, ticket))

    def follow_up(self, ticket: Ticket) -> None:
        self.desk.follow_up(ticket)
        if self.chance(0.85):
            self.plan_answer(ticket)

    def withdraw(self, ticket: Ticket) -> None:
        if self.desk.withdraw(ticket, self.random.choice(DONE)):
            self.later(0.3, HOUR, 6 * DAY, partial(self.follow_up, ticket))
            self.later(0.2, HOUR, 2 * DAY, partial(self.close, ticket))

    def close(self, ticket: Ticket) -> None:
        self.desk.close(ticket, self.random.choice(DONE))

    def reopen(self, ticket: Ticket) -> None:
        if self.desk.reopen(ticket):
            self.later(0.8, HOUR, 3 * DAY, partial(self.answer, ticket))

    def mark_spam(self, ticket: Ticket) -> None:
        if self.desk.mark_spam(ticket):
            self.later(0.5, HOUR, 4 * DAY, partial(self.unmark_spam, ticket))

    def unmark_spam(self, ticket: Ticket) -> None:
        if self.desk.unmark_spam(ticket):
            self.plan_answer(ticket)

    # Chance

    def due(self, ticket: Ticket) -> datetime:
        """When an answer is due: agents see it, and aim for it. The event file does not."""
        ticket.refresh_from_db()
        return ticket.due_at or self.clock.at

    def any_time(self, start: datetime, end: datetime) -> datetime:
        return start + self.random.random() * (end - start)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def rarely(self, share: float) -> bool:
        return self.chance(min(0.9, share * self.plan.trouble))

    def within(self, least: timedelta, most: timedelta, act: Act) -> None:
        self.clock.schedule(self.any_time(self.clock.at + least, self.clock.at + most), act)

    def later(self, share: float, least: timedelta, most: timedelta, act: Act) -> None:
        if self.chance(share):
            self.within(least, most, act)

    def seldom(self, share: float, least: timedelta, most: timedelta, act: Act) -> None:
        if self.rarely(share):
            self.within(least, most, act)
