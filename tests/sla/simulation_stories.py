"""Short stories of one customer and one ticket each: what a rule is about, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from accounts.models import Organisation
from tests.sla.moments import berlin
from tests.sla.simulation import WORKDAYS, Clock, Plan
from tests.sla.simulation_desk import Desk
from tickets.models import Channel, Message, Ticket

SPRING = Plan(start="2026-03-16 00:00", end="2026-04-20 00:00", tickets=0)


@dataclass(frozen=True)
class Story:
    """What happens at local moments of March and April 2026, to a customer of a tier."""

    booked: str
    acts: Mapping[str, str]
    channel: Channel = Channel.EMAIL


STORIES = {
    "answered in time": Story("Gold", {"03-24 10:00": "arrives", "03-24 13:59": "answer"}),
    "answered when due": Story("Gold", {"03-24 10:00": "arrives", "03-24 14:00": "answer"}),
    "before opening": Story("Gold", {"03-24 08:00": "arrives", "03-24 13:30": "answer"}),
    "over a weekend": Story("Bronze", {"03-20 16:00": "arrives", "03-24 11:59": "answer"}),
    "over Easter": Story("Silber", {"04-02 15:00": "arrives", "04-07 14:59": "answer"}),
    "over the clock change": Story("Bronze", {"03-27 16:00": "arrives", "03-31 11:59": "answer"}),
    "acknowledged": Story("Gold", {"03-24 10:00": "arrives", "03-24 10:01": "acknowledge"}),
    "noted": Story("Gold", {"03-24 10:00": "arrives", "03-24 11:00": "note"}),
    "closed unanswered": Story("Gold", {"03-24 10:00": "arrives", "03-24 11:00": "close"}),
    "never answered": Story("Gold", {"03-24 10:00": "arrives"}),
    "on its way": Story("Gold", {"03-24 10:00": "arrives", "03-24 11:00": "send"}),
    "refused": Story(
        "Gold",
        {
            "03-24 10:00": "arrives",
            "03-24 11:00": "send",
            "03-24 11:01": "refused",
            "03-24 13:59": "answer",
        },
    ),
    "bounced": Story(
        "Gold", {"03-24 10:00": "arrives", "03-24 11:00": "answer", "03-26 11:00": "bounced"}
    ),
    "spam": Story("Gold", {"03-24 10:00": "arrives", "03-24 15:00": "mark_spam"}),
    "no spam": Story(
        "Gold", {"03-24 10:00": "arrives", "03-24 11:00": "mark_spam", "03-25 11:00": "unmark_spam"}
    ),
    "withdrawn": Story("Gold", {"03-24 10:00": "arrives", "03-24 12:00": "withdraw"}),
    "wrote again before": Story(
        "Gold", {"03-24 10:00": "arrives", "03-24 13:30": "follow_up", "03-24 15:00": "answer"}
    ),
    "wrote again after": Story(
        "Gold", {"03-24 10:00": "arrives", "03-24 11:00": "answer", "03-24 12:00": "follow_up"}
    ),
    "upgraded": Story(
        "Basis", {"03-23 09:00": "arrives", "03-23 10:00": "books Gold", "03-23 13:00": "answer"}
    ),
    "upgraded shortly before": Story(
        "Bronze", {"03-23 09:00": "arrives", "03-24 12:00": "books Gold", "03-24 15:00": "answer"}
    ),
    "upgraded too late": Story("Bronze", {"03-23 09:00": "arrives", "03-25 10:00": "books Gold"}),
    "downgraded": Story("Gold", {"03-24 10:00": "arrives", "03-24 11:00": "books Basis"}),
    "hours edited": Story("Gold", {"03-25 15:00": "arrives", "03-25 16:00": "closes Thursday"}),
    "on Facebook": Story("Gold", {"03-24 10:00": "arrives"}, Channel.FACEBOOK),
    "nobody known": Story("Gold", {"03-24 10:00": "arrives unknown", "03-24 15:00": "answer"}),
    "confirmed": Story(
        "Gold",
        {"03-24 10:00": "arrives unknown", "03-24 12:00": "confirm", "03-24 15:00": "answer"},
    ),
    "taken in late": Story("Gold", {"03-24 13:30": "arrives, sent 03-24 10:00"}),
}


@dataclass
class Teller:
    """Tells one story at its desk."""

    desk: Desk
    name: str
    story: Story
    customer: Organisation | None = None
    ticket: Ticket | None = None
    sent: list[tuple[Message, str]] = field(default_factory=list)

    def begin(self) -> None:
        self.customer = Organisation.objects.open(self.name)
        self.desk.book(self.customer, self.story.booked)

    def tell(self, act: str) -> None:
        assert self.customer
        if act.startswith("arrives"):
            self.arrives(act)
        elif act.startswith("books "):
            self.desk.book(self.customer, act.removeprefix("books "))
        elif act == "closes Thursday":
            self.desk.announce(WORKDAYS, {"2026-03-26": []})
        elif act in {"answer", "send"}:
            self.sent.append(self.desk.answer(self.known))
            if act == "answer":
                self.desk.accept(*self.sent[-1])
        elif act in {"refused", "bounced"}:
            self.desk.fail(*self.sent[-1], act)
        elif act == "confirm":
            self.desk.confirm(self.known.requester)
        else:
            getattr(self.desk, act)(self.known)

    def arrives(self, act: str) -> None:
        assert self.customer
        person = self.desk.person_of(self.customer, is_known="unknown" not in act)
        sent = act.partition(", sent ")[2]
        at = berlin(f"2026-{sent}") if sent else self.desk.clock.at
        self.ticket = self.desk.take_in(person, self.story.channel, at)

    @property
    def known(self) -> Ticket:
        assert self.ticket is not None
        return self.ticket


def play(stories: Mapping[str, Story], **plan: Any) -> tuple[Clock, dict[str, str]]:
    """Let stories happen side by side; returns the clock, and the ticket of each by its name."""
    desk = Desk(replace(SPRING, **plan))
    desk.clock.schedule(desk.clock.at, partial(desk.announce, WORKDAYS, {}))
    tellers = [Teller(desk, name, story) for name, story in stories.items()]
    for teller in tellers:
        desk.clock.schedule(desk.clock.at, teller.begin)
        for moment, act in teller.story.acts.items():
            desk.clock.schedule(berlin(f"2026-{moment}"), partial(teller.tell, act))
    desk.clock.run()
    return desk.clock, {teller.name: str(teller.known.number) for teller in tellers}
