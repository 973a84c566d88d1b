"""The team of an organisation: invitations that let in one address once, roles, leaving."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from accounts import membership
from accounts.models import Membership, OrganisationInvitation
from accounts.services import LastAdminError
from billing import booking
from billing.shop import Shop
from sla.models import SupportTier
from tests.factories import AgentFactory, organisation
from tests.portal.test_settings import confirmed, signed_in

ADDRESS = "neu@kunden.example"


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    cache.clear()


@pytest.fixture
def chief(tenant):
    """The administrator of an organisation with one other member."""
    user = confirmed(name="Anna Berg")
    user.join(organisation(), Membership.Role.ADMIN)
    return user


@pytest.fixture
def member(chief):
    user = confirmed(name="Ben Tal")
    user.join(chief.organisation)
    return user


def invite(client, email=ADDRESS, role="member"):
    return client.post(reverse("portal:team_invite"), {"email": email, "role": role}, follow=True)


def link_to(address=ADDRESS):
    sent = [one for one in mail.outbox if one.to == [address]][-1]
    return re.search(r"http://[^/\s]+(/einladung/\S+)", sent.body)[1]


def test_who_is_invited_joins_with_the_role_and_the_link_works_once(chief):
    invite(signed_in(chief), role="admin")
    new = confirmed(email=ADDRESS)
    client = signed_in(new)
    assert client.get(link_to()).status_code == 200
    new = type(new).objects.get(pk=new.pk)
    assert new.organisation != chief.organisation, "looking is not accepting"
    client.post(link_to())
    place = Membership.objects.get(user=new)
    assert (place.organisation, place.role) == (chief.organisation, "admin")
    assert client.post(link_to()).status_code == 404
    assert not OrganisationInvitation.objects.exists()


def test_a_forwarded_link_lets_nobody_else_in(chief, client):
    invite(signed_in(chief))
    eve = confirmed()
    before = eve.organisation
    assert signed_in(eve).post(link_to()).status_code == 403
    assert client.post(link_to()).status_code == 200
    assert Membership.objects.get(user=eve).organisation == before
    assert chief.organisation.memberships.count() == 1


def test_an_unconfirmed_address_and_an_agent_do_not_get_in(chief):
    invite(signed_in(chief))
    agent = confirmed(AgentFactory, email=ADDRESS)
    assert signed_in(agent).post(link_to()).status_code == 403
    token = link_to().split("/")[2]
    agent.role = "customer"
    agent.save()
    agent.emailaddress_set.update(verified=False)
    with pytest.raises(membership.NotForYouError):
        membership.accept(token, agent)


def test_a_link_ends_with_time_with_the_next_mail_and_with_withdrawal(chief, client):
    stranger, client = client, signed_in(chief)
    invite(client)
    first = link_to()
    with time_machine.travel(now() + timedelta(days=15), tick=False):
        assert stranger.get(first).status_code == 404
    invitation = OrganisationInvitation.objects.get()
    cache.clear()
    client.post(reverse("portal:team_resend", args=[invitation.pk]))
    assert link_to() != first
    assert client.get(first).status_code == 404
    client.post(reverse("portal:team_withdraw", args=[invitation.pk]))
    assert client.get(link_to()).status_code == 404


def test_a_link_of_another_tenant_opens_nothing(chief, client, other_tenant):
    invite(signed_in(chief))
    pk = OrganisationInvitation.objects.get().pk
    stamp = OrganisationInvitation.objects.get().sent_at.isoformat()
    with schema_context(other_tenant.schema_name):
        foreign = membership._signer().sign_object([pk, stamp])
    assert client.get(reverse("portal:team_invitation", args=[foreign])).status_code == 404


def test_inviting_says_the_same_of_every_address(chief):
    known = confirmed()
    client = signed_in(chief)
    answers = [invite(client, email).text.replace(email, "") for email in (known.email, ADDRESS)]
    said = [re.search(r'class="toast.*?</div>', text, re.S) for text in answers]
    assert bool(said[0]) == bool(said[1])
    assert [len(re.findall("pref-row", text)) for text in answers] == [2, 3]
    bodies = [
        next(one for one in mail.outbox if one.to == [email]).body
        for email in (known.email, ADDRESS)
    ]
    assert all("/einladung/" in body for body in bodies)


def test_nobody_is_written_to_twice_in_a_moment_even_after_withdrawal(chief):
    client = signed_in(chief)
    for _try in range(3):
        invite(client)
        OrganisationInvitation.objects.all().delete()
    assert len([one for one in mail.outbox if one.to == [ADDRESS]]) == 1


def test_sending_again_and_again_has_an_end(chief):
    client = signed_in(chief)
    invite(client)
    url = reverse("portal:team_resend", args=[OrganisationInvitation.objects.get().pk])
    assert [client.post(url).status_code for _try in range(10)] == [302] * 9 + [429]


def test_a_name_is_no_advertisement_in_a_mail_to_a_stranger(chief):
    chief.organisation.name = "Gewinn: https://evil.example/los www.evil.example"
    chief.organisation.save()
    invite(signed_in(chief))
    [sent] = [one for one in mail.outbox if one.to == [ADDRESS]]
    assert "evil.example" not in sent.body + sent.subject


def test_a_member_reads_and_changes_nothing(chief, member):
    client = signed_in(member)
    page = client.get(reverse("portal:team"))
    assert page.status_code == 200
    assert chief.email in page.text
    invitation = OrganisationInvitation.objects.create(
        organisation=chief.organisation, email=ADDRESS
    )
    assert ADDRESS not in client.get(reverse("portal:team")).text
    sent = {"email": ADDRESS, "role": "admin"}
    for name, argument in [
        ("team_invite", []),
        ("team_resend", [invitation.pk]),
        ("team_withdraw", [invitation.pk]),
        ("team_role", [member.pk]),
        ("team_removal", [chief.pk]),
    ]:
        assert client.post(reverse(f"portal:{name}", args=argument), sent).status_code == 404, name


def test_another_organisations_people_and_invitations_are_not_there(chief, member):
    stranger = confirmed()
    client = signed_in(stranger)
    invitation = OrganisationInvitation.objects.create(
        organisation=chief.organisation, email=ADDRESS
    )
    assert chief.email not in client.get(reverse("portal:team")).text
    for name, pk in [
        ("team_resend", invitation.pk),
        ("team_withdraw", invitation.pk),
        ("team_role", member.pk),
        ("team_removal", member.pk),
    ]:
        sent = {"role": "admin"}
        assert client.post(reverse(f"portal:{name}", args=[pk]), sent).status_code == 404, name


def test_who_is_removed_has_an_organisation_of_their_own(chief, member):
    signed_in(chief).post(reverse("portal:team_removal", args=[member.pk]))
    place = Membership.objects.get(user=member)
    assert place.organisation != chief.organisation
    assert place.is_admin
    assert chief.email not in signed_in(member).get(reverse("portal:team")).text


def test_the_last_administrator_stays(chief, member):
    client = signed_in(chief)
    client.post(reverse("portal:team_role", args=[chief.pk]), {"role": "member"})
    client.post(reverse("portal:team_removal", args=[chief.pk]))
    place = Membership.objects.get(user=chief)
    assert place.is_admin
    client.post(reverse("portal:team_role", args=[member.pk]), {"role": "admin"})
    client.post(reverse("portal:team_removal", args=[chief.pk]))
    assert Membership.objects.get(user=chief).organisation != place.organisation


def test_who_alone_looks_after_others_or_a_booking_cannot_go_over(chief, member):
    other = confirmed()
    invitation = membership.invite(
        other.organisation, chief.email, Membership.Role.MEMBER, by=other
    )
    token = membership.token(invitation)
    with pytest.raises(LastAdminError):
        membership.accept(token, chief)
    page = signed_in(chief).post(reverse("portal:team_invitation", args=[token]))
    assert page.status_code == 409
    membership.remove(chief.organisation, member.pk)
    own = chief.organisation
    basis = SupportTier.objects.get(name="Bronze")
    address = {"street": "Hafenstraße 9", "postcode": "20457", "city": "Hamburg"}
    own.billing_address = type(own).billing_address.related.related_model.objects.create(
        organisation=own, name="Berg", email=chief.email, **address
    )
    booking.book(own, basis, by=chief, seen=Shop(own).token(basis))
    with pytest.raises(membership.MayNotLeaveError):
        membership.accept(token, chief)


def test_who_came_in_another_way_keeps_their_role(chief):
    other = confirmed(email=ADDRESS)
    invitation = membership.invite(chief.organisation, ADDRESS, Membership.Role.MEMBER, by=chief)
    other.join(chief.organisation, Membership.Role.ADMIN)
    membership.accept(membership.token(invitation), other)
    assert Membership.objects.get(user=other).is_admin


def test_an_invitation_waits_on_the_page_for_who_signed_up_after_it(chief):
    invite(signed_in(chief))
    new = confirmed(email=ADDRESS)
    assert "/einladung/" in signed_in(new).get(reverse("portal:team")).text
