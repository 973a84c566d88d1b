"""A ticket that is shared, one that was rated, a link to rate another, and files not sent yet."""

from __future__ import annotations


def together(people, settled, portal_ticket):
    """Somebody who works with a colleague; the values of their URLs."""
    from allauth.account.models import EmailAddress

    from accounts.models import User
    from channels.rating import links
    from tickets import drafts, rating, recording, sharing, writing
    from tickets.drafts import Draft
    from tickets.models import Ticket
    from tickets.states import State

    customer, agent = people["customer"], people["agent"]
    colleagues = []
    for name in ("Petra Kollegin", "Quentin Kollege", "Rosa Kollegin"):
        email = f"{name.lower().replace(' ', '.')}@kundt.example"
        one = User.objects.create_customer(email, name, organisation=customer.organisation)
        EmailAddress.objects.create(user=one, email=one.email, verified=True, primary=True)
        colleagues.append(one)
    shared = portal_ticket(colleagues[0], "Lieferscheine ohne Logo", "Seit dem Umzug fehlt es.")
    sharing.share(shared, [customer, colleagues[1]], by=colleagues[0])
    rated = portal_ticket(customer, "Porto wird doppelt berechnet", "Wie kommt das?")
    writing.reply(rated, author=agent, text="Das war unser Fehler.", state=State.SOLVED)
    rating.rate(rated, is_good=False, comment="Erst nach zwei Rückfragen.", by=customer)
    asked = Ticket.objects.select_related("requester").get(pk=settled.pk)
    name = "Bildschirmfoto vom Fehler in der Auftragsübersicht, ganze Seite.png"
    screenshot = recording.File(name, "image/png", b"x" * 481_000)
    for draft in (Draft(customer), Draft(customer, shared)):
        drafts.keep(draft, recording.File("Protokoll.csv", "text/csv", b"zeile;wert"))
        kept = drafts.keep(draft, screenshot)
    return {
        "draft_file": kept.pk,
        "shared_ticket": shared.number,
        "rated": rated.number,
        "colleague": colleagues[1].pk,
        "rating_token": links.token(asked),
    }
