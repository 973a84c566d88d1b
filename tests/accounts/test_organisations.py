"""Who looks after an organisation: somebody always does, whoever changes it at the desk."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts import membership
from accounts.models import Membership, Organisation
from accounts.services import LastAdminError
from tests.factories import AgentFactory, CustomerFactory, organisation
from tests.threads import PATIENCE, Side, wait_for_a_lock
from tickets import senders

ADMIN, MEMBER = Membership.Role.ADMIN, Membership.Role.MEMBER


def team(*roles):
    """An organisation with a person for each role."""
    home = Organisation.objects.open("Teehaus")
    people = [CustomerFactory() for _role in roles]
    for person, role in zip(people, roles, strict=True):
        person.join(home, role)
    return home, people


def administrators(home):
    return [place.user for place in home.memberships.filter(role=ADMIN)]


def test_a_member_becomes_administrator_and_a_member_again(tenant):
    home, (boss, member) = team(ADMIN, MEMBER)

    membership.set_role(home, member.pk, ADMIN)
    membership.set_role(home, boss.pk, MEMBER)

    assert administrators(home) == [member]


def test_who_has_left_the_organisation_gets_no_role_in_it(customer):
    before = customer.organisation
    customer.join(CustomerFactory().organisation)

    with pytest.raises(Membership.DoesNotExist):
        membership.set_role(before, customer.pk, ADMIN)

    assert not Membership.objects.get(user=customer).is_admin


def test_who_alone_administers_others_is_not_given_to_another_organisation(agent):
    home, (boss, _member) = team(ADMIN, MEMBER)

    with pytest.raises(LastAdminError):
        senders.link_sender(boss, organisation("Andere"), by=agent)

    assert administrators(home) == [boss]


def test_a_member_of_a_team_that_nobody_administers_may_go(agent):
    home, (member, _other) = team(MEMBER, MEMBER)
    to = organisation("Andere")

    senders.link_sender(member, to, by=agent)

    assert Membership.objects.get(user=member).organisation == to
    assert home.memberships.count() == 1


@pytest.mark.parametrize("second", ["demoted", "moved"])
def test_of_two_administrators_who_lose_it_at_once_one_stays(fresh_tenant, second):
    home, (one, other, _member) = team(ADMIN, ADMIN, MEMBER)
    agent, to = AgentFactory(), organisation("Andere")

    with Side(fresh_tenant) as side:
        with transaction.atomic():
            membership.set_role(home, one.pk, MEMBER)
            if second == "demoted":
                going = side.run(membership.set_role, home, other.pk, MEMBER)
            else:
                going = side.run(senders.link_sender, other, to, by=agent)
            wait_for_a_lock()
        with pytest.raises(LastAdminError):
            going.result(PATIENCE)

    assert administrators(home) == [other]
