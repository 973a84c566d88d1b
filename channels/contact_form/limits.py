"""How much may come by the contact form: per address, per place it comes from, per tenant."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from helpdesk import limits


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in so many seconds; beyond `flood` times as many, nothing is read any more."""

    name: str
    most: int
    seconds: int
    flood: int = 3

    def count(self, value: str) -> int:
        """Count one more; returns how many there were in this span, this one included."""
        return limits.count(f"contact_form.{self.name}.{value}", self.seconds)

    @property
    def wait(self) -> int:
        """Seconds until the span ends."""
        return limits.wait(self.seconds)


PER_PLACE = Limit("place", most=30, seconds=600)
PER_TENANT = Limit("tenant", most=60, seconds=60)
PER_ADDRESS = Limit("address", most=10, seconds=3600)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Too much came; `wait` is in seconds. With a flood, not even the text is read."""

    wait: int
    is_flood: bool

    @property
    def minutes(self) -> int:
        return max(1, round(self.wait / 60))


def at_the_door(request: HttpRequest) -> Refusal | None:
    """Count a form before its body is read; None when it may come in.

    What one place sends too much of does not count for the tenant: it takes no other's turn.
    """
    return _over(PER_PLACE, limits.place(request)) or _over(PER_TENANT, "all")


def of_address(address: str) -> Refusal | None:
    """Count a form by the address that its sender gives, however it is spelt."""
    return _over(PER_ADDRESS, _mailbox(address))


def _over(limit: Limit, value: str) -> Refusal | None:
    count = limit.count(value)
    if count <= limit.most:
        return None
    return Refusal(limit.wait, is_flood=count > limit.flood * limit.most)


def _mailbox(address: str) -> str:
    """The mailbox that an address probably leads to: many take dots and "+anything" as nothing.

    Only to count by: two people who share a count for an hour lose nothing by it.
    """
    local, _at, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"
