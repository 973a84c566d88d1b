"""Who is there: agents, customers and their organisations, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    email: str
    organisation: str
    tier: str
    # Has a password and signs in to the portal; the others only ever wrote.
    signs_in: bool = False
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """A tenant of the demo: its name, its team and its customers."""

    slug: str
    name: str
    admin: tuple[str, str]
    agents: tuple[tuple[str, str], ...]
    team: str
    customers: tuple[Customer, ...]


MUSTERHANDEL = House(
    slug="demo",
    name="Musterhandel",
    admin=("Christine Vogt", "chefin@demo.localhost"),
    agents=(
        ("Jana Lind", "jana.lind@demo.localhost"),
        ("Malte Stein", "malte.stein@demo.localhost"),
        ("Derya Aksoy", "derya.aksoy@demo.localhost"),
    ),
    team="Support",
    customers=(
        Customer(
            "Anna Berg",
            "anna.berg@teehaus-nord.example",
            "Teehaus Nord GmbH",
            "Gold",
            signs_in=True,
            is_admin=True,
        ),
        Customer("Henrik Paulsen", "h.paulsen@teehaus-nord.example", "Teehaus Nord GmbH", "Gold"),
        Customer("Lena Krüger", "lena@radwerk-kassel.example", "Radwerk Kassel", "Gold"),
        Customer("Oskar Weiß", "hofladen@weiss.example", "Hofladen Weiß", "Silber"),
        Customer(
            "Mira Sander",
            "mira@papierkontor.example",
            "Papierkontor",
            "Silber",
            signs_in=True,
            is_admin=True,
        ),
        Customer("Jörg Röder", "info@glas-roeder.example", "Glasmanufaktur Röder", "Bronze"),
        Customer("Sabine Thiel", "thiel@nadelundfaden.example", "Nadel & Faden", "Bronze"),
        Customer("Paul Neumann", "paul.neumann@mail.example", "Paul Neumann", "Basis"),
        Customer("Katrin Vogel", "katrin.vogel@mail.example", "Katrin Vogel", "Basis"),
        Customer("Tobias Frank", "t.frank@mail.example", "Tobias Frank", "Basis"),
    ),
)

ZWEITMARKE = House(
    slug="zweitmarke",
    name="Zweitmarke Kassen",
    admin=("Ralf Otte", "chef@zweitmarke.localhost"),
    agents=(("Tom Haas", "tom.haas@zweitmarke.localhost"),),
    team="Hotline",
    customers=(
        Customer("Ines Albers", "ines@cafe-albers.example", "Café Albers", "Gold"),
        Customer("Uwe Lorenz", "lorenz@buchladen.example", "Buchladen Lorenz", "Silber"),
        Customer("Nina Petri", "nina.petri@mail.example", "Nina Petri", "Basis"),
        # The same address as at Musterhandel, and another person all the same.
        Customer("Anna Berg", "anna.berg@teehaus-nord.example", "Teehaus Nord GmbH", "Bronze"),
    ),
)
