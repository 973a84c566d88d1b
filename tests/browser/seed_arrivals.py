"""What reached a tenant: tickets of the portal, by mail and by the contact form."""

from __future__ import annotations

import logging
import time
from email.message import EmailMessage

PATIENCE_SECONDS = 60
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea135c5b60000000049454e44ae426082"
)
HTML = (
    '<p>Guten Tag,</p><p>das Bild zeigt <strong>die Meldung</strong>: <img src="cid:bild@x" '
    'alt="Die Meldung"> <img src="http://bilder.example/spur.png" alt=""></p>'
)


def portal_ticket(user, subject, text):
    from channels.portal_form import inbound

    return inbound.submit_ticket(user, subject=subject, text=text, files=(), form_id=subject)


def mailed_ticket(sender, to):
    """A ticket by mail with HTML, a picture in it and a file."""
    from django.db import connection
    from django.utils.timezone import now

    from channels import arrivals
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
    arrival = arrivals.Arrival("email", mail.as_bytes(), received_at=now(), envelope_from=sender)
    [pk] = arrivals.accept(arrival, {connection.schema_name: [to]})
    end = time.monotonic() + PATIENCE_SECONDS
    while (record := InboundRecord.objects.get(pk=pk)).message is None:
        assert time.monotonic() < end, record.error
        time.sleep(0.05)
    return record.message.ticket


def quarantined():
    """A stored form that nobody can read, after its last try."""
    from django.utils.timezone import now

    from channels import arrivals, intake
    from channels.models import InboundRecord

    sender = "kasse@alt.example"
    arrival = arrivals.Arrival("portal_form", b"{", received_at=now(), envelope_from=sender)
    logging.disable()
    pk = arrivals.accept_for_now(arrival)
    while InboundRecord.objects.get(pk=pk).status == InboundRecord.Status.RECEIVED:
        intake.process(pk, is_due=False)
    return pk


def contact_form():
    """What somebody sent by the contact form whose address is not confirmed yet."""
    from dataclasses import replace

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
    inbound.submit(replace(sent, form_id="seed2", subject="Passwort vergessen"), ())
    other = replace(sent, email="max.form@demo-leute.example", name="Max Form")
    own = inbound.submit(replace(other, form_id="seed3"), ()).ticket
    foreign = inbound.submit(replace(other, form_id="seed4", subject="Fremdes"), ()).ticket
    proof.confirm(own)
    proof.disown(foreign)
    return {
        "contact_sent": contact.sent_token(ticket),
        "contact_confirmation": proof.token(ticket),
        "contact_confirmed": proof.token(own),
        "contact_disowned": proof.token(foreign),
    }
