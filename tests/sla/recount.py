"""Recounts promises from what a person outside could see, by the laws alone.

    python recount.py events.jsonl

Reads the event file that a simulation wrote, one JSON object a line in the order of time, and
prints as JSON, for every ticket, what it was promised, when that was due and what became of it, and
the sums. Stands alone: the standard library, no line of the project, no holidays but those of the
law of North Rhine-Westphalia, so that it can be wrong only on its own account.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
OPEN, KEPT, BROKEN, ON_ITS_WAY, NONE = "open", "kept", "broken", "on its way", "without outcome"


@dataclass(frozen=True)
class Tier:
    name: str
    rank: int
    hours: int
    is_guaranteed: bool

    @property
    def amount(self) -> timedelta:
        return timedelta(hours=self.hours)


# DESIGN §1; a tier's rank is its priority too.
BASIS = Tier("Basis", 1, 16, is_guaranteed=False)
PRICE_LIST = [
    BASIS,
    Tier("Bronze", 2, 12, True),
    Tier("Silber", 3, 8, True),
    Tier("Gold", 4, 4, True),
]
TIERS = {tier.name: tier for tier in PRICE_LIST}
GUARANTEED_BY = {"e-mail", "portal", "contact form"}


@dataclass
class Answer:
    number: int
    at: datetime
    accepted: bool = False
    failed: bool = False


@dataclass
class Promise:
    number: int
    kind: str
    tier: Tier
    booked: Tier
    # When it began to count, in which hours; and the message that has waited since.
    start: datetime
    hours: Hours
    message_at: datetime
    due: datetime
    is_guaranteed: bool
    priority: int
    answer: Answer | None = None
    ended: str = ""
    ended_at: datetime | None = None

    @property
    def waits(self) -> bool:
        return not self.ended and self.answer is None

    def end(self, cause: str, at: datetime | None = None) -> None:
        self.ended, self.ended_at = cause, at


@dataclass(frozen=True)
class Offer:
    """A better promise that an upgrade or a confirmation holds out to a waiting ticket."""

    number: int
    tier: Tier
    hours: Hours
    since: datetime | None  # None: a confirmation, which counts from the arrival
    # A confirmation brings the raises before it too, each from its own moment.
    before: tuple[Offer, ...] = ()


@dataclass
class Ticket:
    name: str
    customer: str
    person: str
    channel: str
    is_confirmed: bool
    is_spam: bool = False
    withdrawn_at: datetime | None = None
    answers: list[Answer] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    @property
    def waiting(self) -> Promise | None:
        """The promise whose answer is still owed, if one is."""
        waiting = [] if self.is_spam else [promise for promise in self.promises if promise.waits]
        return waiting[0] if waiting else None

    @property
    def is_answered(self) -> bool:
        return any(not answer.failed for answer in self.answers)


def easter(year: int) -> date:
    """Easter Sunday, by the anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def is_public_holiday(day: date) -> bool:
    """Feiertagsgesetz NW § 2."""
    fixed = {(1, 1), (5, 1), (10, 3), (11, 1), (12, 25), (12, 26)}
    moving = {
        -2,
        1,
        39,
        50,
        60,
    }  # Good Friday, Easter Monday, Ascension, Whit Monday, Corpus Christi
    return (day.month, day.day) in fixed or (day - easter(day.year)).days in moving


class Hours:
    """Business hours as they were announced: a week, days closed, days with other hours."""

    def __init__(self, announced: dict) -> None:
        self.weekly, self.other = announced["weekly"], announced["other days"]
        self.known: dict[date, list[tuple[datetime, datetime]]] = {}

    def of(self, day: date) -> list[tuple[datetime, datetime]]:
        if day not in self.known:
            hours = self.other.get(day.isoformat())
            if hours is None:
                hours = [] if is_public_holiday(day) else self.weekly.get(WEEK[day.weekday()], [])
            self.known[day] = [
                tuple(clock(day, text) for text in pair.split("-")) for pair in hours
            ]
        return self.known[day]

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which so much business time has passed since the start."""
        day = start.astimezone(BERLIN).date()
        while True:
            for opens, closes in self.of(day):
                begins = max(opens, start)
                if begins < closes:
                    if amount <= closes - begins:
                        return begins + amount
                    amount -= closes - begins
            day += timedelta(days=1)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much business time lies between two moments."""
        day, last = start.astimezone(BERLIN).date(), end.astimezone(BERLIN).date()
        passed = timedelta()
        while day <= last:
            for opens, closes in self.of(day):
                passed += max(min(closes, end) - max(opens, start), timedelta())
            day += timedelta(days=1)
        return passed


def clock(day: date, text: str) -> datetime:
    """A time on the wall in Berlin, e.g. 09:00, as UTC."""
    hour, minute = map(int, text.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


class Recount:
    """Walks through the events; each method below is one thing that can be seen to happen."""

    def __init__(self) -> None:
        self.number = 0
        self.at = datetime.min.replace(tzinfo=UTC)
        self.hours = Hours({"weekly": {}, "other days": {}})
        self.booked: dict[str, Tier] = {}
        self.raises: dict[str, list[Offer]] = {}
        self.tickets: dict[str, Ticket] = {}
        self.answers: dict[str, tuple[Ticket, Answer]] = {}

    def see(self, event: dict) -> None:
        self.number += 1
        self.at = datetime.fromisoformat(event["at"]).astimezone(UTC)
        getattr(self, "on_" + event["what"].replace(" ", "_"))(event)

    def on_hours(self, event: dict) -> None:
        # §5, law 2: what has been promised keeps the hours under which it was.
        self.hours = Hours(event)

    def on_booking(self, event: dict) -> None:
        old, new = self.tier(event["customer"]), TIERS[event["tier"]]
        self.booked[event["customer"]] = new
        if new.rank > old.rank:  # §1: a downgrade counts for what arrives from then on
            offer = Offer(self.number, new, self.hours, self.at)
            self.raises.setdefault(event["customer"], []).append(offer)
            for ticket in self.tickets.values():
                if ticket.customer == event["customer"] and ticket.is_confirmed:
                    self.offer(ticket, offer)

    def on_arrival(self, event: dict) -> None:
        told = (event[key] for key in ("ticket", "customer", "person", "channel", "confirmed"))
        ticket = Ticket(*told)
        self.tickets[ticket.name] = ticket
        self.promise_first(ticket)

    def on_follow_up(self, event: dict) -> None:
        ticket = self.tickets[event["ticket"]]
        ticket.withdrawn_at = None
        if ticket.is_spam or ticket.waiting:
            return
        if ticket.is_answered:
            self.promise_next(ticket)
        else:
            self.promise_first(ticket)  # withdrawn before; §5: a target follows the first *answer*

    def on_answer(self, event: dict) -> None:
        ticket = self.tickets[event["ticket"]]
        answer = Answer(self.number, self.at)
        self.answers[event["answer"]] = ticket, answer
        ticket.answers.append(answer)
        if promise := ticket.waiting:
            promise.answer = answer

    def on_accepted(self, event: dict) -> None:
        self.answers[event["answer"]][1].accepted = True

    def on_refused(self, event: dict) -> None:
        """Law 3: the answer is taken back, and the same promise is open with its old due moment."""
        ticket, answer = self.answers[event["answer"]]
        answer.failed = True
        for promise in ticket.promises:
            if promise.answer is answer:
                promise.answer = standing_answer(ticket, promise)
        for later in [promise for promise in ticket.promises if promise.waits][1:]:
            later.end("replaced")  # one silence is one promise, the oldest
        if ticket.waiting:
            self.owe_again(ticket)
        elif not ticket.is_spam and not ticket.withdrawn_at:
            self.promise_next(ticket)  # kept by another answer; opened again for a look

    on_bounced = on_refused

    def on_note(self, event: dict) -> None:
        """Law 3: no answer."""

    on_acknowledgement = on_closed = on_note

    def on_withdrawn(self, event: dict) -> None:
        ticket = self.tickets[event["ticket"]]
        ticket.withdrawn_at = self.at
        if promise := ticket.waiting:
            promise.end("withdrawn", self.at)

    def on_reopened(self, event: dict) -> None:
        ticket = self.tickets[event["ticket"]]
        ticket.withdrawn_at = None
        if not ticket.waiting:
            self.promise_next(ticket)

    def on_spam(self, event: dict) -> None:
        ticket = self.tickets[event["ticket"]]
        ticket.is_spam, ticket.withdrawn_at = True, None

    def on_no_spam(self, event: dict) -> None:
        """§5: unmarking restores the promise with its old due moment."""
        ticket = self.tickets[event["ticket"]]
        ticket.is_spam = False
        if ticket.waiting:
            self.owe_again(ticket)
        else:
            self.promise_next(ticket)

    def on_confirmed(self, event: dict) -> None:
        """§1: the organisation's promise counts from the arrival."""
        for ticket in self.tickets.values():
            if ticket.person == event["person"] and not ticket.is_confirmed:
                ticket.is_confirmed = True
                raises = tuple(self.raises.get(ticket.customer, ()))
                tier = self.tier(ticket.customer)
                self.offer(ticket, Offer(self.number, tier, self.hours, None, raises))

    def on_end(self, event: dict) -> None:
        """The year is over: what is open is open at this moment."""

    def tier(self, customer: str) -> Tier:
        return self.booked.get(customer, BASIS)

    def tier_for(self, ticket: Ticket) -> Tier:
        return self.tier(ticket.customer) if ticket.is_confirmed else BASIS

    def promise_first(self, ticket: Ticket) -> None:
        tier = self.tier_for(ticket)
        self.promise(ticket, "first", tier, covers(tier, ticket))

    def promise_next(self, ticket: Ticket) -> None:
        self.promise(ticket, "next", self.tier_for(ticket), is_guaranteed=False)

    def promise(self, ticket: Ticket, kind: str, tier: Tier, is_guaranteed: bool) -> None:
        booked, due = self.tier(ticket.customer), self.hours.add(self.at, tier.amount)
        counted = (self.at, self.hours, self.at, due)
        ticket.promises.append(
            Promise(self.number, kind, tier, booked, *counted, is_guaranteed, tier.rank)
        )

    def offer(self, ticket: Ticket, offer: Offer) -> None:
        ticket.offers.append(offer)
        if promise := ticket.waiting:
            improve(ticket, promise, offer)

    def owe_again(self, ticket: Ticket) -> None:
        """An answer is owed that seemed given, or not owed: it was unanswered when offers came."""
        promise = ticket.waiting
        if promise and ticket.withdrawn_at:
            promise.end("withdrawn", ticket.withdrawn_at)
            return
        offers = [offer for offer in ticket.offers if promise and offer.number > promise.number]
        for offer in offers:
            promise = improve(ticket, promise, offer)


def covers(tier: Tier, ticket: Ticket) -> bool:
    return tier.is_guaranteed and ticket.channel in GUARANTEED_BY


def improve(ticket: Ticket, old: Promise, offer: Offer) -> Promise:
    """Law 2: the earlier due moment, in a new row. A target missed before an upgrade becomes no
    guarantee by it; no downgrade touches what arrived before it (§1), confirmed or not.
    """
    if offer.since is None and old.kind == "next":
        return old
    if offer.since is None:
        start, offers = old.start, [replace(offer, tier=old.booked, since=old.start)]
        since = [raised for raised in offer.before if raised.since > start]
        offers += [replace(raised, number=offer.number) for raised in since]
        for one in offers:
            old = improve(ticket, old, one)
        return old
    since, tier = offer.since, offer.tier
    due = min(old.due, offer.hours.add(since, tier.amount))
    gives = covers(tier, ticket) and old.kind == "first" and old.due >= since
    is_guaranteed, priority = old.is_guaranteed or gives, max(old.priority, tier.rank)
    if (due, is_guaranteed, priority) == (old.due, old.is_guaranteed, old.priority):
        return old
    start, hours = (since, offer.hours) if due < old.due else (old.start, old.hours)
    counted = (start, hours, old.message_at, due)
    old.end("replaced")
    new = Promise(offer.number, old.kind, tier, tier, *counted, is_guaranteed, priority)
    ticket.promises.append(new)
    return new


def standing_answer(ticket: Ticket, promise: Promise) -> Answer | None:
    """The first answer to it that has not been refused."""
    standing = (answer for answer in ticket.answers if not answer.failed)
    return next((answer for answer in standing if answer.number > promise.number), None)


def outcome(ticket: Ticket, promise: Promise, end: datetime) -> str:
    """What has become of a promise; at the very due moment an answer is in time (law 3)."""
    if promise.ended == "replaced":
        return NONE
    if promise.ended == "withdrawn":
        return BROKEN if promise.due < promise.ended_at else NONE
    if promise.answer:
        in_time = KEPT if promise.answer.accepted else ON_ITS_WAY
        return BROKEN if promise.due < promise.answer.at else in_time
    if ticket.is_spam:
        return NONE
    return BROKEN if promise.due < end else OPEN


def row(ticket: Ticket, promise: Promise, end: datetime) -> dict:
    became = outcome(ticket, promise, end)
    return {
        "kind": promise.kind,
        "tier": promise.tier.name,
        "priority": promise.priority,
        "guaranteed": promise.is_guaranteed,
        "due": promise.due.isoformat(),
        "outcome": became,
        "breached at": promise.due.isoformat() if became == BROKEN else None,
    }


def places(ticket: Ticket, promise: Promise) -> list[str]:
    """Where a report counts a promise; its week is the local one in which it began."""
    began = promise.start.astimezone(BERLIN).date()
    monday = began - timedelta(days=began.weekday())
    return ["all", promise.tier.name, ticket.channel, ticket.customer, f"week of {monday}"]


def sums(tickets: Iterable[Ticket], end: datetime) -> dict[str, dict[str, int]]:
    """How many promises came to what, guarantees and targets apart; on its way is open still."""
    counted: dict[str, Counter] = {}
    for ticket in tickets:
        for promise in ticket.promises:
            became = outcome(ticket, promise, end)
            kind = "guarantee" if promise.is_guaranteed else "target"
            for place in places(ticket, promise):
                counts = counted.setdefault(f"{promise.kind} {kind}, {place}", Counter())
                counts[OPEN if became == ON_ITS_WAY else became] += 1
    return {place: dict(counts) for place, counts in counted.items()}


def times(tickets: Iterable[Ticket], end: datetime) -> dict[str, dict[str, int]]:
    """Within how many begun business minutes half and nine tenths of the first answers came."""
    taken: dict[str, list[int]] = {}
    for ticket in tickets:
        for promise in ticket.promises:
            if promise.kind == "first" and promise.answer and not promise.ended:
                waited = promise.hours.between(promise.message_at, promise.answer.at)
                for place in places(ticket, promise)[:-1]:
                    taken.setdefault(place, []).append(-(-waited // timedelta(minutes=1)))
    return {
        place: {"answers": len(all_), "median": share(all_, 5), "percentile 90": share(all_, 9)}
        for place, all_ in taken.items()
    }


def share(times_taken: list[int], tenths: int) -> int:
    """The shortest time within which so many tenths of all answers came."""
    return sorted(times_taken)[-(-len(times_taken) * tenths // 10) - 1]


def recount(lines: Iterable[str]) -> dict:
    """Everything there is to say about an event file."""
    walk = Recount()
    for line in lines:
        walk.see(json.loads(line))
    rows = {
        name: [row(ticket, promise, walk.at) for promise in ticket.promises]
        for name, ticket in walk.tickets.items()
    }
    tickets = walk.tickets.values()
    return {"tickets": rows, "sums": sums(tickets, walk.at), "times": times(tickets, walk.at)}


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(recount(file), indent=1, ensure_ascii=False, sort_keys=True))
