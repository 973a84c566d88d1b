"""What the browser tests know of Facebook: pages, people, messages and a wall."""

from __future__ import annotations

import json
import time
from contextlib import suppress


def on_facebook(people):
    """A direct message by somebody who is asked who they are, and one that came long ago.

    The answer to the first is unclear; the seven days for the second are over.
    """
    from datetime import timedelta

    from django.utils.timezone import now

    from channels.facebook import linking
    from channels.models import FacebookObject, FacebookPage, FacebookPerson
    from tickets import unclear, writing
    from tickets.models import Ticket

    page = FacebookPage.objects.create(page_id="900", name="Teeladen", state="disconnected")
    numbers = []
    for psid, days in (("7001", 0), ("7002", 8)):
        at = now() - timedelta(days=days)
        message = direct_message(psid, at)
        person = FacebookPerson.objects.create(
            page=page, psid=psid, name=str(message.author), user=message.author, last_inbound_at=at
        )
        FacebookObject.objects.create(
            page=page, kind="message", external_id=psid, person=person, message=message, at=at
        )
        numbers.append(message.ticket.number)
    asked = FacebookPerson.objects.get(psid="7001")
    asked.asked_customer, asked.linked_at = people["customer"], now()
    asked.save()
    ticket = Ticket.objects.get(number=numbers[0])
    reply = writing.reply(ticket, author=people["agent"], text="Schauen Sie bitte noch einmal.")
    unclear.mark_unclear(reply, cause="Facebook hat nicht geantwortet.")
    proven = FacebookPerson.objects.create(
        page=page, psid="7003", user=people["customer"], linked_at=now(), confirmed_at=now()
    )
    return {
        "direct": numbers[0],
        "shut": numbers[1],
        "facebook_token": linking.token(asked, people["customer"]),
        "facebook_proven": linking.token(proven, people["customer"]),
    }


def failing_page():
    """In the second tenant, a page whose token has died: all its agents are warned of it."""
    from django.db import connection
    from django.utils.timezone import now

    from channels.facebook.permissions import NEEDED
    from channels.models import FacebookPage

    if connection.tenant.slug == "demo":
        return 0
    page = FacebookPage.objects.create(
        page_id="901",
        name="Teehaus Zweitmarke",
        state=FacebookPage.State.FAILING,
        permissions=[*NEEDED],
        error_code=190,
        error_subcode=460,
        error_message="190/460, Error validating access token: the password was changed.",
        failed_at=now(),
        checked_at=now(),
        token_expires_at=now(),
    )
    return page.pk


def deletion(slug):
    """What somebody asked for at Facebook, and sees is done."""
    from django.utils.timezone import now

    from tenants.models import Withdrawal

    made = Withdrawal.objects.create(
        kind=Withdrawal.Kind.DELETION, asked_at=now(), done_at=now(), has_found=slug == "demo"
    )
    return made.code


def from_wall():
    """A comment below a post of a Facebook page, what others wrote there, and praise."""
    from channels.facebook.models import FacebookObject, FacebookPage
    from tickets.models import Ticket

    # Nothing is asked of Facebook for a page that is no longer connected.
    page = FacebookPage.objects.create(page_id="100200300", name="Teehaus", state="disconnected")
    told = {"post_id": "100200300_1", "created_time": int(time.time()) - 60}
    own = {"from": {"id": "100200300", "name": "Teehaus"}, "message": "Der neue Tee ist da."}
    eva = {"from": {"id": "7", "name": "Eva Muster"}, "message": "Gibt es den auch lose?"}
    kim = {"from": {"id": "8", "name": "Kim Beispiel"}, "message": "Schmeckt wunderbar!"}
    below = {"item": "comment", "parent_id": "100200300_1"}
    on_wall(page, told | own | {"item": "status"})
    on_wall(page, told | eva | below | {"comment_id": "1_2"})
    on_wall(page, told | kim | below | {"comment_id": "1_3", "parent_id": "1_2"})
    answer = own | {"message": "Ja, im Laden."}
    on_wall(page, told | answer | below | {"comment_id": "1_4", "parent_id": "1_2"})
    known = {one.external_id: one.pk for one in FacebookObject.objects.filter(page=page)}
    ticket = Ticket.objects.get(messages__facebook_objects=known["1_2"])
    return {
        "from_wall": ticket.number,
        "from_wall_comment": known["1_2"],
        "unticketed": known["1_3"],
    }


def direct_message(psid, at):
    from channels import intake, people
    from tenants.acts import act
    from tickets.models import Channel
    from tickets.recording import Content

    with act():
        inbound = intake.InboundMessage(
            channel=Channel.FACEBOOK,
            subject="Meine Kanne tropft",
            content=Content(text="Meine Kanne tropft. Was kann ich tun?"),
            received_at=at,
            author=people.sender(f"{psid}.900@facebook.invalid", "Cem Kundt"),
            silence="seeded",
        )
        return intake.take_in(inbound)[1]


def on_wall(page, value):
    """Take in what Facebook tells of a wall."""
    from django.utils.timezone import now

    from channels.facebook import events, wall
    from channels.intake import NothingToTakeInError

    change = {"field": "feed", "value": {**value, "verb": "add"}}
    entry = {"id": page.page_id, "changes": [change]}
    [event] = events.parse(json.dumps({"object": "page", "entry": [entry]}).encode())
    with suppress(NothingToTakeInError):
        wall.change(page, event, now())
