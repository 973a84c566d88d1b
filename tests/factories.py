"""People and tickets for tests, made through the doors of the code they serve."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils.timezone import now

from accounts.models import Organisation, User
from faq import services as faq
from faq.models import Article, Category
from sla.changes import assign_tier
from sla.models import SupportTier
from tickets import opening
from tickets.models import Channel, Ticket
from tickets.opening import NewTicket
from tickets.recording import Content

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"kunde{n}@kunden.example")
    name = factory.Sequence(lambda n: f"Kundin {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        organisation: Organisation | None = kwargs.pop("organisation", None)
        password = kwargs.pop("password", None)
        user = User.objects.create_customer(
            kwargs.pop("email"), kwargs.pop("name"), organisation=organisation
        )
        for field, value in kwargs.items():
            setattr(user, field, value)
        if password:
            user.set_password(password)
        user.save()
        return user


class AgentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"agentin{n}@firma.example")
    name = factory.Sequence(lambda n: f"Agentin {n}")
    role = User.Role.AGENT
    password = factory.LazyFunction(lambda: make_password(None))


class AdminFactory(AgentFactory):
    role = User.Role.ADMIN


def tier(name: str) -> SupportTier:
    return SupportTier.objects.get(name=name)


def organisation(name: str = "Teehaus Nord GmbH", *, booked: str = "Basis") -> Organisation:
    """An organisation with a tier in force for as long as anybody remembers."""
    organisation = Organisation.objects.open(name, since=LONG_AGO)
    if booked != "Basis":
        assign_tier(organisation, tier(booked), at=LONG_AGO)
    return organisation


def open_ticket(
    requester: User | None = None,
    *,
    subject: str = "Wo finde ich meine Rechnung?",
    text: str = "Guten Tag, ich finde sie nicht.",
    channel: str = Channel.EMAIL,
    received_at: datetime | None = None,
    **content: Any,
) -> Ticket:
    """A ticket as a customer's message opens it, promise included."""
    ticket, _message = opening.open_ticket(
        NewTicket(
            requester=requester or CustomerFactory(),
            subject=subject,
            channel=channel,
            received_at=received_at or now(),
            mailbox="support@alpha.localhost",
        ),
        Content(text=text, **content),
    )
    ticket.refresh_from_db()
    return ticket


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Thema {n}")
    slug = factory.Sequence(lambda n: f"thema-{n}")


def article(
    title: str = "Wie drucke ich Etiketten?",
    text: str = "Über **Drucken** im Menü.",
    *,
    is_published: bool = True,
    by: User | None = None,
    **values: Any,
) -> Article:
    """An article as the desk writes it."""
    category = values.pop("category", None) or CategoryFactory()
    writing = faq.Writing(title=title, text=text, category=category, **values)
    written = faq.write(None, writing, by=by or AgentFactory())
    if is_published:
        faq.publish(written)
    written.refresh_from_db()
    return written
