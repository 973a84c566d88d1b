from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.utils.timezone import now

from accounts import notifications
from accounts.notifications import Channel, Event
from channels import outbox
from channels.models import SystemMail
from forum import following, mails, moderation, writing
from forum.models import Follow
from forum.writing import Draft
from tenants.models import Route
from tests.factories import CustomerFactory


@pytest.fixture
def proven(member):
    """Makes members whose mailbox is proven to be theirs."""

    def make(name, **values):
        user = member(name, **values)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    return make


@pytest.fixture
def talk(category, proven):
    return writing.open_topic(
        category, author=proven("Fragerin"), title="Wie geht das?", draft=Draft("Bitte erklären.")
    )


def letters() -> list[tuple[str, str, str]]:
    """What left, newest last: to whom, subject, text."""
    found = SystemMail.objects.order_by("pk")
    parsed = [
        (one.recipient, message_from_bytes(bytes(one.raw), policy=policy.default)) for one in found
    ]
    return [(to, str(mail["Subject"]), mail.get_content()) for to, mail in parsed]


def test_who_asked_and_who_follows_are_mailed_and_who_wrote_is_not(talk, proven):
    follower, writer = proven("Mitleser"), proven("Helfer")
    following.follow(talk, follower)
    following.follow(talk, writer)

    writing.reply(talk, author=writer, draft=Draft("Ganz **einfach**."))
    mails.mail_due()

    said = letters()
    assert {to for to, _subject, _text in said} == {talk.author.email, follower.email}
    for _to, subject, text in said:
        assert subject == "1 neuer Beitrag: Wie geht das?"
        assert "Helfer schreibt:" in text
        assert "Ganz einfach." in text
        assert writer.name not in text
        assert writer.email not in text


def test_many_replies_are_one_mail_in_a_quarter_of_an_hour(talk, proven):
    writer = proven("Helfer")
    with time_machine.travel(now(), tick=False) as clock:
        writing.reply(talk, author=writer, draft=Draft("Erstens"))
        assert mails.mail_due() == 1
        clock.shift(timedelta(seconds=1))
        for n in range(5):
            writing.reply(talk, author=writer, draft=Draft(f"Nachtrag {n}"))
        assert mails.mail_due() == 0
        assert outbox.next_moment() is not None

        clock.shift(timedelta(minutes=15, seconds=1))
        assert mails.mail_due() == 1
        assert mails.mail_due() == 0

    assert letters()[-1][1].startswith("5 neue Beiträge")


def test_a_held_reply_is_mailed_when_it_is_let_through(talk, proven, member, agent):
    newcomer = proven("Neu Hier", newcomer=True)
    post = writing.reply(talk, author=newcomer, draft=Draft("Mein erster Rat"))
    assert mails.mail_due() == 0

    moderation.approve(post, by=agent)
    mails.mail_due()

    to_author, to_asker = letters()
    assert to_author[0] == newcomer.email
    assert "ist freigegeben" in to_author[1]
    assert to_asker[0] == talk.author.email
    assert "Mein erster Rat" in to_asker[2]


def test_who_wrote_a_hidden_post_is_told_why(talk, proven, agent):
    writer = proven("Helfer")
    post = writing.reply(talk, author=writer, draft=Draft("Kaufen Sie hier"))

    moderation.hide(post, by=agent, reason="Werbung\r\nBcc: alle@example.org")
    mails.mail_due()

    (letter,) = letters()
    assert letter[0] == writer.email
    assert "Werbung" in letter[2]
    assert agent.name not in letter[2]


def test_nobody_is_mailed_without_a_proven_address_or_against_their_wish(talk, proven, member):
    following.follow(talk, member("Unbewiesen"))
    notifications.choose(talk.author, Event.TOPIC_ANSWERED, Channel.MAIL, is_wanted=False)
    lost = proven("Verzogen")
    lost.undeliverable_at = now()
    lost.save()
    following.follow(talk, lost)

    writing.reply(talk, author=proven("Helfer"), draft=Draft("So"))
    mails.mail_due()

    assert letters() == []
    assert not Follow.objects.filter(mail_at__isnull=False).exists()


def test_a_mail_says_that_a_machine_sent_it_and_how_to_end_it(talk, proven, client):
    writing.reply(talk, author=proven("Helfer"), draft=Draft("So"))
    mails.mail_due()
    mail = message_from_bytes(bytes(SystemMail.objects.get().raw), policy=policy.default)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = urlsplit(mail["List-Unsubscribe"].strip(" <>")).path

    looked = client.get(path)
    assert "Keine E-Mails mehr zu diesem Thema?" in looked.content.decode()
    assert Follow.objects.filter(user=talk.author).exists()

    client.handler.enforce_csrf_checks = True
    pressed = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert pressed.status_code == 200
    assert not Follow.objects.filter(user=talk.author).exists()


def test_mails_about_a_topic_that_is_hidden_can_be_ended_all_the_same(client, talk, agent):
    follow = Follow.objects.get(user=talk.author)
    other = CustomerFactory()
    following.follow(talk, other)
    token = mails.unfollow_token(Follow.objects.get(user=other))
    moderation.hide(talk.posts.get(), by=agent, reason="Werbung")

    page = client.post(f"/forum/abmelden/{token}/")

    assert page["Location"] == "/forum/"
    assert list(Follow.objects.all()) == [follow]


def test_a_damaged_link_is_not_found(client, talk):
    token = mails.unfollow_token(Follow.objects.get(user=talk.author))

    assert client.get(f"/forum/abmelden/{token}x/").status_code == 404
    assert client.post(f"/forum/abmelden/{token[::-1]}/").status_code == 404


def test_one_mail_that_cannot_be_written_keeps_no_other_back(talk, proven):
    broken, other = proven("Kaputt"), proven("Mitleser")
    following.follow(talk, broken)
    following.follow(talk, other)
    type(broken).objects.filter(pk=broken.pk).update(email="kaputt@a.example\nbcc: x@b.example")
    EmailAddress.objects.filter(user=broken).update(email="kaputt@a.example\nbcc: x@b.example")
    writing.reply(talk, author=proven("Helfer"), draft=Draft("So"))
    Follow.objects.filter(user=broken).update(mail_at=now() - timedelta(minutes=1))

    assert mails.mail_due() == 2
    assert {to for to, _subject, _text in letters()} == {talk.author.email, other.email}
    assert Follow.objects.get(user=broken).mail_at > now()


def test_a_tenant_without_a_mailbox_can_moderate_all_the_same(talk, proven, agent):
    post = writing.reply(
        talk, author=proven("Neu Hier", newcomer=True), draft=Draft("Mein erster Rat")
    )
    Route.objects.filter(kind=Route.Kind.EMAIL).delete()

    moderation.approve(post, by=agent)
    moderation.hide(post, by=agent, reason="Werbung")

    assert mails.mail_due() == 0
    assert letters() == []
    assert not Follow.objects.filter(mail_at__isnull=False).exists()


def test_a_mail_leads_to_the_post_it_is_about(talk, proven, client):
    post = writing.reply(talk, author=proven("Helfer"), draft=Draft("So"))
    mails.mail_due()

    ((_to, _subject, text),) = letters()
    [address] = [line for line in text.splitlines() if "/forum/" in line and "#" in line]
    path, _hash, place = address.partition("#")
    page = client.get(f"{urlsplit(path).path}?{urlsplit(path).query}").content.decode()
    assert place == f"message-{post.pk}"
    assert f'id="{place}"' in page
