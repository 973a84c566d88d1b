"""python -m tests.browser.seed: the people and records the browser tests know by name.

Runs beside a started helpdesk, on its database, through the functions its own pages use; prints as
JSON who can sign in and where each record's page is.
"""

from __future__ import annotations

import json
from contextlib import suppress

import django

from tests.browser.seed_arrivals import contact_form, mailed_ticket, portal_ticket, quarantined
from tests.browser.seed_billing import billed, booked, organisations
from tests.browser.seed_facebook import deletion, failing_page, from_wall, on_facebook
from tests.browser.seed_faq import written_faq
from tests.browser.seed_forum import in_the_forum
from tests.browser.seed_look import own_look
from tests.browser.seed_people import NAMES, PASSWORD, person, session
from tests.browser.seed_promises import called, gold_customer, promises_rules, take_the_portal_from
from tests.browser.seed_settings import half_way, settings_of
from tests.browser.seed_tickets import together


def main() -> None:
    django.setup()
    print(json.dumps({slug: seed(slug) for slug in ("demo", "zweitmarke")}))


def seed(slug: str) -> dict[str, object]:
    """Fill one tenant; returns sessions by role, and the values its URLs need."""
    from django.db import connection

    from tenants.models import Tenant

    connection.set_tenant(Tenant.objects.get(slug=slug))
    people = {role: person(role, slug) for role in NAMES}
    values = records(people, slug) if slug == "demo" else second_tenants_records(people)
    values |= gold_customer(slug) | promises_rules()
    values |= booked(people["buyer"])
    values |= organisations(people)
    values |= called(people)
    values |= written_faq(people["agent"])
    values |= own_look(slug)
    values |= on_facebook(people)
    values |= {"facebook_page": failing_page(), "deletion_code": deletion(slug)}
    if slug == "demo":
        values |= billed(people["admin"]) | settings_of(people)
        values |= in_the_forum(people)
    wait_for_answers(people["chooser"])
    take_the_portal_from(people["by_mail"])
    sessions = {role: session(user) for role, user in people.items()}
    if slug == "demo":
        sessions["half_way"] = half_way(people["protected"], PASSWORD)
    emails = {role: user.email for role, user in people.items()}
    return {"sessions": sessions, "values": values, "emails": emails}


def records(people, slug):
    """One record for every kind of page; returns the values of their URLs."""
    from django.utils.timezone import localdate

    from tickets import changing, outcomes, writing
    from tickets.states import State

    rich = mailed_ticket(people["customer"].email, f"support@{slug}.localhost")
    inbound = rich.messages.get(kind="inbound")
    image, text = inbound.attachments.order_by("content_type", "pk")
    failed = writing.reply(rich, author=people["agent"], text="Bitte drucken Sie noch einmal.")
    outcomes.mark_failed(failed, cause="550 5.1.1 Unbekannter Empfänger")
    writing.add_note(rich, author=people["agent"], text="Rückruf ist vereinbart.")
    settled = portal_ticket(people["customer"], "Umzug unseres Lagers", "Bitte neue Adresse.")
    writing.reply(settled, author=people["agent"], text="Ist geändert.", state=State.SOLVED)
    spam = portal_ticket(people["stranger"], "Gewinnen Sie jetzt", "Klicken Sie hier.")
    changing.change_state(spam, State.SPAM, by=people["agent"])
    foreign = portal_ticket(people["stranger"], "Fremde Rechnung", "Nur für Dora.")
    return {
        "number": rich.number,
        "answer": failed.pk,
        "settled": settled.number,
        "spam": spam.number,
        "foreign": foreign.number,
        "html_message": inbound.pk,
        "attachment": text.pk,
        "image": image.pk,
        "quarantined": quarantined(),
        **from_wall(),
        **together(people, settled, portal_ticket),
        "month": f"{localdate():%Y-%m}",
        "long_ago": "2001-01",
        **links(),
        **contact_form(),
    }


def wait_for_answers(user):
    """They administer an organisation that has booked nothing, and wait for three answers."""
    from accounts.models import Membership

    user.join(user.organisation, Membership.Role.ADMIN)
    for number in range(1, 4):
        portal_ticket(user, f"Kasse {number} druckt keine Belege", "Was können wir tun?")


def second_tenants_records(people):
    ticket = portal_ticket(people["customer"], "Zweitmarke: Etiketten", "Nur hier zu sehen.")
    return {"number": ticket.number}


def links():
    """The secrets of the mails that ask somebody to open a page."""
    from allauth.account.models import EmailAddress, EmailConfirmation
    from allauth.account.utils import user_pk_to_url_str
    from django.utils.timezone import now

    from accounts import invitations
    from accounts.models import User
    from accounts.tokens import PasswordTokenGenerator

    invited = User.objects.create_agent("emil.neu@demo-leute.example", "Emil Neu")
    new = User.objects.create_unproven("fina.neu@demo-leute.example", "Fina Neu")
    new.set_password(PASSWORD)
    new.save()
    address = EmailAddress.objects.create(user=new, email=new.email, primary=True)
    confirmation = EmailConfirmation.create(address)
    confirmation.sent = now()
    confirmation.save()
    return {
        "wrong_key": "abc123-0123456789",
        "used_confirmation": "a" * 64,
        "invitation": invitations.token(invited),
        "confirmation": confirmation.key,
        "reset_user": user_pk_to_url_str(new),
        "reset_key": PasswordTokenGenerator().make_token(new),
    }


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
