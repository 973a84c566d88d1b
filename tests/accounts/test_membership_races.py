"""Coming to a team and leaving it in the same second: somebody always administers it."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import erasing, membership
from accounts.models import Membership, Organisation
from accounts.services import LastAdminError
from channels import people
from tests.factories import CustomerFactory, open_ticket
from tests.threads import PATIENCE, Side, wait_for_a_lock
from tickets.states import State

ADMIN, MEMBER = Membership.Role.ADMIN, Membership.Role.MEMBER


def person(name):
    user = CustomerFactory(name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def invited(team, user, *, by, role=MEMBER):
    return membership.token(membership.invite(team, user.email, role, by=by))


@pytest.fixture
def alone(fresh_tenant):
    """Who alone is in their team, administers it, and awaits a colleague there."""
    user = person("Anna Berg")
    user.join(Organisation.objects.open("Teehaus"), ADMIN)
    return user


def test_who_is_invited_to_a_team_that_its_last_person_leaves_does_not_get_in(fresh_tenant, alone):
    team, colleague, other = alone.organisation, person("Ben Tal"), person("Cleo Ruf")
    link = invited(team, colleague, by=alone)
    elsewhere = invited(other.organisation, alone, by=other)

    with Side(fresh_tenant) as side:
        with transaction.atomic():
            membership.accept(elsewhere, alone)
            coming = side.run(membership.accept, link, colleague)
            wait_for_a_lock()
        with pytest.raises(membership.InvitationGoneError):
            coming.result(PATIENCE)

    assert not team.memberships.exists()


@pytest.mark.parametrize("leave", ["moves", "erases"])
def test_who_leaves_while_a_colleague_comes_stays_their_administrator(fresh_tenant, alone, leave):
    team, colleague, other = alone.organisation, person("Ben Tal"), person("Cleo Ruf")
    link = invited(team, colleague, by=alone)
    elsewhere = invited(other.organisation, alone, by=other)

    with Side(fresh_tenant) as side:
        with transaction.atomic():
            membership.accept(link, colleague)
            if leave == "moves":
                leaving = side.run(membership.accept, elsewhere, alone)
            else:
                leaving = side.run(erasing.erase, alone)
            wait_for_a_lock()
        with pytest.raises((LastAdminError, erasing.OnlyAdminError)):
            leaving.result(PATIENCE)

    assert {place.user: place.role for place in team.memberships.all()} == {
        alone: ADMIN,
        colleague: MEMBER,
    }


def test_two_who_change_places_do_not_wait_for_each_other(fresh_tenant, alone):
    other = person("Cleo Ruf")
    team, others_team = alone.organisation, other.organisation
    to_team, to_other = invited(team, other, by=alone), invited(others_team, alone, by=other)

    with Side(fresh_tenant) as one, Side(fresh_tenant) as two:
        moves = [
            one.run(membership.accept, to_other, alone),
            two.run(membership.accept, to_team, other),
        ]
        errors = [move.exception(PATIENCE) for move in moves]

    # The first to go leaves an empty team, whose invitations end; the second stays.
    assert [type(error) for error in errors if error] in (
        [membership.InvitationGoneError],
        [LastAdminError],
    )
    for one_team in (team, others_team):
        places = one_team.memberships.all()
        assert not places or any(place.is_admin for place in places)


def test_invitations_end_with_the_last_person_of_a_team(fresh_tenant, alone):
    team, colleague, other = alone.organisation, person("Ben Tal"), person("Cleo Ruf")
    link = invited(team, colleague, by=alone)

    membership.accept(invited(other.organisation, alone, by=other), alone)

    with pytest.raises(membership.InvitationGoneError):
        membership.accept(link, colleague)


def test_who_writes_while_their_account_is_erased_blocks_nobody(fresh_tenant, alone):
    with Side(fresh_tenant) as side:
        with transaction.atomic():
            writer = people.sender(alone.email)
            ending = side.run(erasing.erase, alone)
            wait_for_a_lock()
            ticket = open_ticket(writer)
        ending.result(PATIENCE)

    ticket.refresh_from_db()
    assert not ticket.requester.is_active
    assert ticket.state == State.CLOSED
