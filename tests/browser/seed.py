"""python -m tests.browser.seed: the people and records the browser tests know by name.

Runs beside a started helpdesk, on its database, through the functions its own pages use; prints as
JSON who can sign in and where each record's page is.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from email.message import EmailMessage

import django

from tests.browser.seed_facebook import deletion, failing_page, from_wall, on_facebook
from tests.browser.seed_forum import in_the_forum

NAMES = {
    "agent": "Ada Prüfer",
    "admin": "Bea Leitner",
    "customer": "Cem Kundt",
    "stranger": "Dora Fremd",
    "newcomer": "Gero Anfang",
    "unconfirmed": "Hanna Offen",
    "passwordless": "Ivo Ohne",
    "by_mail": "Jette Postweg",
    "buyer": "Karla Buchner",
    "chooser": "Lars Wählert",
    "caller": "Mona Ruf",
}
PATIENCE_SECONDS = 60
PASSWORD = "Sieben-Teebeutel-im-Regal"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea135c5b60000000049454e44ae426082"
)
HTML = (
    '<p>Guten Tag,</p><p>das Bild zeigt <strong>die Meldung</strong>: <img src="cid:bild@x" '
    'alt="Die Meldung"> <img src="http://bilder.example/spur.png" alt=""></p>'
)


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
    values |= own_look(slug)
    values |= written_faq(people["agent"])
    values |= on_facebook(people)
    values |= {"facebook_page": failing_page(), "deletion_code": deletion(slug)}
    if slug == "demo":
        values |= billed(people["admin"])
        values |= in_the_forum(people)
    wait_for_answers(people["chooser"])
    take_the_portal_from(people["by_mail"])
    sessions = {role: session(user) for role, user in people.items()}
    emails = {role: user.email for role, user in people.items()}
    return {"sessions": sessions, "values": values, "emails": emails}


def person(role, slug):
    """Somebody who can sign in; most have a password and a confirmed address."""
    from allauth.account.models import EmailAddress

    from accounts.models import User

    email = f"{role}.test@{slug}-leute.example"
    if role in {"agent", "admin"}:
        user = User.objects.create_agent(email, NAMES[role], is_admin=role == "admin")
        user.invited_at = None
    else:
        user = User.objects.create_customer(email, NAMES[role])
    if role == "customer":
        # A member who may not book; what the pages ask of administrators has people of its own.
        user.join(user.organisation)
    if role != "passwordless":
        user.set_password(PASSWORD)
    user.save()
    is_verified = role != "unconfirmed"
    EmailAddress.objects.create(user=user, email=email, verified=is_verified, primary=True)
    return user


def session(user):
    """The key of a session in which this person is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store.session_key


def records(people, slug):
    """One record for every kind of page; returns the values of their URLs."""
    from django.utils.timezone import localdate

    from tickets import services
    from tickets.states import State

    rich = mailed_ticket(people["customer"].email, f"support@{slug}.localhost")
    inbound = rich.messages.get(kind="inbound")
    image, text = inbound.attachments.order_by("content_type", "pk")
    failed = services.reply(rich, author=people["agent"], text="Bitte drucken Sie noch einmal.")
    services.mark_failed(failed, cause="550 5.1.1 Unbekannter Empfänger")
    services.add_note(rich, author=people["agent"], text="Rückruf ist vereinbart.")
    settled = portal_ticket(people["customer"], "Umzug unseres Lagers", "Bitte neue Adresse.")
    services.reply(settled, author=people["agent"], text="Ist geändert.", state=State.SOLVED)
    spam = portal_ticket(people["stranger"], "Gewinnen Sie jetzt", "Klicken Sie hier.")
    services.change_state(spam, State.SPAM, by=people["agent"])
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
        "month": f"{localdate():%Y-%m}",
        "long_ago": "2001-01",
        **links(),
        **contact_form(),
    }


def contact_form():
    """What somebody sent by the contact form whose address is not confirmed yet."""
    from channels.contact_form import inbound, proof
    from portal.views import contact

    sent = inbound.Sent(
        form_id="seed",
        subject="Lieferschein mit sehr langem Betreff, der auf einem Telefon umbrechen muss",
        text="Wo finde ich ihn?",
        email="mia.form@demo-leute.example",
        name="Mia Form",
    )
    ticket = inbound.submit(sent, ()).ticket
    return {
        "contact_sent": contact.sent_token(ticket),
        "contact_confirmation": proof.token(ticket),
    }


def gold_customer(slug):
    """An organisation with the highest tier and a mail domain; nobody of it has written yet."""
    from accounts.models import Organisation, OrganisationDomain
    from sla.changes import assign_tier
    from sla.models import SupportTier

    organisation = Organisation.objects.open("Teehaus Nordlicht GmbH")
    domain = f"nordlicht-{slug}.example"
    OrganisationDomain.objects.create(organisation=organisation, domain=domain)
    assign_tier(organisation, SupportTier.objects.get(name="Gold"))
    return {"gold_domain": domain, "gold_organisation": organisation.name}


def promises_rules():
    """What every tenant starts with, where its settings pages find it."""
    from accounts.models import Team
    from sla.models import SupportTier
    from sla.tiers import default_calendar

    return {
        "tier": SupportTier.objects.get(name="Gold").pk,
        "calendar": default_calendar().pk,
        "team": Team.objects.order_by("pk")[0].pk,
    }


def organisations(people):
    """One that has booked, with somebody in it, and one that has neither booking nor address."""
    return {
        "organisation": people["buyer"].organisation.pk,
        "person": people["buyer"].pk,
        "plain_organisation": people["customer"].organisation.pk,
    }


def written_faq(agent):
    """A published article with a file and two versions, a draft, and an internal one."""
    from faq import services
    from faq.models import Category
    from tickets.services import File

    category = Category.objects.create(
        name="Prüfung", slug="pruefung", description="Was die Prüfung braucht."
    )
    empty = Category.objects.create(name="Noch leer", slug="noch-leer", position=9)

    def write(title, text, **values):
        writing = services.Writing(title=title, text=text, category=category, **values)
        return services.write(None, writing, by=agent)

    internal = write("Nur für das Team", "Intern.", visibility="agents")
    services.publish(internal)
    draft = write("Noch ein Entwurf", "Folgt.")
    text = (
        "## Eins\n\nText mit `Code`.\n\n## Zwei\n\n|A|B|\n|-|-:|\n|1|2|\n\n### Drei\n\n- a\n- b\n"
    )
    shown = write("Wie geht die Prüfung?", text, files=[File("plan.png", "image/png", PNG)])
    services.publish(shown)
    again = services.Writing(
        title="Wie geht die Prüfung?", text=text + "\nMehr.", category=category, related=[internal]
    )
    services.write(shown, again, by=agent)
    services.vote(shown, is_helpful=False, comment="Zu kurz", person=None, visitor="seed")
    services.count_reading(shown, is_before_ticket=True)
    return {
        "article": shown.pk,
        "article_slug": shown.slug,
        "internal_slug": internal.slug,
        "article_file": shown.files.get().pk,
        "draft_article": draft.pk,
        "category": category.pk,
        "empty_category": empty.pk,
        "first_version": 1,
        "second_version": 2,
    }


def billed(admin):
    """Last month's invoices, one of them cancelled, and prices that are still to come."""
    from django.utils.timezone import localdate

    from billing import invoicing, mailing, prices, settling
    from billing.accounting import month_after, month_before, month_of
    from billing.models import Invoice, InvoiceRun
    from sla.models import SupportTier
    from sla.tiers import zone

    running = month_of(localdate(timezone=zone()))
    month = month_before(running)
    # The sweep may be at it already: whoever comes second finds it done.
    run = InvoiceRun.objects.filter(month=month).first() or invoicing.start(month)
    end = time.monotonic() + PATIENCE_SECONDS
    assert invoicing.write(run, until=end)
    assert mailing.mail_due(until=end)
    cancelled, kept = Invoice.objects.in_force().filter(month=month).order_by("pk")[:2]
    cancellation = settling.cancel(cancelled, by=admin, is_reissued=True)
    later = prices.save(
        {
            tier: (prices.current().cents(tier) or 0) * 2
            for tier in SupportTier.objects.exclude(name="Nur E-Mail")
        },
        valid_from=month_after(prices.earliest_month()),
        is_gross=False,
        vat_rate=1900,
        by=admin,
    )
    return {
        "invoice": kept.pk,
        "cancelled_invoice": cancelled.pk,
        "cancellation": cancellation.pk,
        "run_month": f"{month:%Y-%m}",
        "running_month": f"{running:%Y-%m}",
        "prices": later.pk,
    }


def wait_for_answers(user):
    """They administer an organisation that has booked nothing, and wait for three answers."""
    from accounts.models import Membership

    user.join(user.organisation, Membership.Role.ADMIN)
    for number in range(1, 4):
        portal_ticket(user, f"Kasse {number} druckt keine Belege", "Was können wir tun?")


def booked(user):
    """They administer an organisation that has booked Bronze, and ask something."""
    from accounts.models import Membership
    from billing import booking
    from billing.models import BillingAddress
    from billing.shop import Shop
    from sla.models import SupportTier

    organisation = user.organisation
    user.join(organisation, Membership.Role.ADMIN)
    address = {"street": "Hafenstraße 9", "postcode": "20457", "city": "Hamburg"}
    BillingAddress.objects.create(
        organisation=organisation, name="Buchner & Söhne GmbH", email=user.email, **address
    )
    bronze = SupportTier.objects.get(name="Bronze")
    seen = Shop(organisation).token(bronze)
    event = booking.book(organisation, bronze, by=user, seen=seen)
    portal_ticket(user, "Gutscheine lassen sich nicht einlösen", "Woran kann das liegen?")
    return {"booking": event.pk}


def called(people):
    """Somebody with Gold who waits for a call, which did not reach them yet."""
    from channels.callback import attempts, calls
    from channels.callback.attempts import Attempt
    from channels.callback.calls import CallRequest
    from channels.callback.numbers import Number
    from sla.changes import assign_tier
    from sla.models import SupportTier

    caller = people["caller"]
    assign_tier(caller.organisation, SupportTier.objects.get(name="Gold"))
    ticket = portal_ticket(caller, "Kasse meldet einen Fehler", "Bitte rufen Sie an.")
    request = CallRequest(Number("+4930123456"), ticket.subject)
    call = calls.agree(ticket, request, by=caller)
    attempts.log(call, Attempt("not_reached", note="Besetzt."), by=people["agent"])
    return {"call": call.pk, "call_ticket": ticket.number}


def own_look(slug):
    """The second tenant looks as it wants; the first wants names of its own."""
    from io import BytesIO

    from django.utils.timezone import now
    from PIL import Image, ImageDraw

    from tenants import domains, logos
    from tenants.models import Branding, Domain, DomainClaim, Tenant

    tenant = Tenant.current()
    if slug != "demo":
        file = BytesIO()
        picture = Image.new("RGBA", (480, 96), (0, 0, 0, 0))
        ImageDraw.Draw(picture).rounded_rectangle((4, 4, 476, 92), 40, fill="#7a1f5c")
        picture.save(file, "PNG")
        logo = logos.redrawn(file.getvalue())
        Branding.objects.create(
            tenant=tenant,
            name="Zweitmarke hilft",
            logo=logos.store(logo),
            logo_width=logo.width,
            logo_height=logo.height,
            accent_light="#7a1f5c",
            accent_dark="#f0a6d4",
            imprint_url="https://zweitmarke.example/impressum",
            privacy_url="https://zweitmarke.example/datenschutz",
        )
    own = Domain.objects.create(
        domain=f"hilfe.{slug}.example", tenant=tenant, is_primary=False, proven_at=now()
    )
    claim = domains.claim(tenant, f"support.{slug}.example")
    DomainClaim.objects.filter(pk=claim.pk).update(
        checked_at=now(), result=DomainClaim.Result.NOT_FOUND
    )
    return {"domain": own.pk, "domain_claim": claim.pk}


def take_the_portal_from(user):
    """Their organisation has a tier that takes requests by e-mail alone."""
    from sla.changes import assign_tier
    from sla.models import SupportTier
    from sla.tier_edits import save_tier

    by_mail = SupportTier(
        name="Nur E-Mail",
        first_response_minutes=960,
        is_guaranteed=False,
        allowed_channels=["email"],
    )
    assign_tier(user.organisation, save_tier(by_mail))


def second_tenants_records(people):
    ticket = portal_ticket(people["customer"], "Zweitmarke: Etiketten", "Nur hier zu sehen.")
    return {"number": ticket.number}


def portal_ticket(user, subject, text):
    from channels.portal_form import inbound

    return inbound.submit_ticket(user, subject=subject, text=text, files=(), form_id=subject)


def mailed_ticket(sender, to):
    """A ticket by mail with HTML, a picture in it and a file."""
    from django.db import connection
    from django.utils.timezone import now

    from channels import intake
    from channels.models import InboundRecord

    mail = EmailMessage()
    mail["From"], mail["To"] = f"Cem Kundt <{sender}>", to
    mail["Subject"] = "Etikettendruck bricht mit einer sehr langen Meldung ab, siehe Bildschirmfoto"
    mail["Message-ID"] = "<etikett@kundt.example>"
    mail.set_content("Guten Tag,\n\ndas Bild zeigt die Meldung.\n\nC. Kundt\n")
    mail.add_alternative(HTML, subtype="html")
    html = mail.get_body(("html",))
    html.add_related(PNG, "image", "png", cid="<bild@x>", filename="Meldung.png")
    mail.add_attachment("zeile;wert\n1;2\n", subtype="csv", filename="Protokoll vom Dienstag.csv")
    arrival = intake.Arrival("email", mail.as_bytes(), received_at=now(), envelope_from=sender)
    [pk] = intake.accept(arrival, {connection.schema_name: [to]})
    end = time.monotonic() + PATIENCE_SECONDS
    while (record := InboundRecord.objects.get(pk=pk)).message is None:
        assert time.monotonic() < end, record.error
        time.sleep(0.05)
    return record.message.ticket


def quarantined():
    """A stored form that nobody can read, after its last try."""
    from django.utils.timezone import now

    from channels import intake
    from channels.models import InboundRecord

    sender = "kasse@alt.example"
    arrival = intake.Arrival("portal_form", b"{", received_at=now(), envelope_from=sender)
    logging.disable()
    pk = intake.accept_for_now(arrival)
    while InboundRecord.objects.get(pk=pk).status == InboundRecord.Status.RECEIVED:
        intake.process(pk, is_due=False)
    return pk


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
