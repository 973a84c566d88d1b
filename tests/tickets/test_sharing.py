"""Who takes part in a ticket: the requester, colleagues it is shared with, and nobody else."""

import pytest

from accounts.models import Membership
from tests.factories import CustomerFactory, open_ticket, organisation
from tickets import merging, sharing
from tickets.models import Ticket


@pytest.fixture
def teahouse(tenant):
    return organisation()


@pytest.fixture
def ticket(teahouse):
    return open_ticket(CustomerFactory(organisation=teahouse))


def sees(user):
    return list(Ticket.objects.visible_to(user))


def takes_part(user):
    return list(Ticket.objects.written_by(user))


def test_a_colleague_reads_and_writes_what_is_shared_with_them(ticket, teahouse):
    colleague, other = CustomerFactory.create_batch(2, organisation=teahouse)

    sharing.share(ticket, [colleague], by=ticket.requester)

    assert sees(colleague) == takes_part(colleague) == [ticket]
    assert sees(other) == []
    assert ticket.events.filter(kind="shared", what="added", after=str(colleague)).exists()


def test_an_organisations_admin_reads_all_and_writes_what_they_take_part_in(ticket, teahouse):
    admin = CustomerFactory(organisation=teahouse)
    admin.join(teahouse, Membership.Role.ADMIN)

    assert sees(admin) == [ticket]
    assert takes_part(admin) == []

    sharing.share(ticket, [admin], by=admin)

    assert takes_part(admin) == [ticket]


def test_a_ticket_is_shared_with_nobody_of_another_organisation(ticket, teahouse):
    colleague = CustomerFactory(organisation=teahouse)
    stranger = CustomerFactory(organisation=organisation("Andere"))

    with pytest.raises(sharing.NotAColleagueError):
        sharing.share(ticket, [colleague, stranger], by=ticket.requester)

    assert not ticket.participants.exists()


def test_whoever_leaves_the_organisation_is_out_at_once_and_back_with_them(ticket, teahouse):
    colleague = CustomerFactory(organisation=teahouse)
    sharing.share(ticket, [colleague], by=ticket.requester)

    colleague.join(organisation("Andere"), Membership.Role.ADMIN)
    assert sees(colleague) == takes_part(colleague) == []
    assert not ticket.participants.in_force().exists()

    colleague.join(teahouse)
    assert sees(colleague) == [ticket]


def test_a_former_colleague_leaves_even_their_own_tickets_behind(ticket, teahouse):
    former = ticket.requester
    CustomerFactory(organisation=teahouse)

    former.join(organisation("Andere"))

    assert sees(former) == takes_part(former) == []


def test_who_was_alone_takes_their_history_along(tenant):
    alone = CustomerFactory()
    ticket = open_ticket(alone)

    alone.join(organisation("Arbeitgeber"))

    assert sees(alone) == takes_part(alone) == [ticket]


def test_who_is_taken_out_sees_it_no_more(ticket, teahouse):
    colleague = CustomerFactory(organisation=teahouse)
    sharing.share(ticket, [colleague], by=ticket.requester)

    assert sharing.unshare(ticket, colleague, by=ticket.requester)

    assert sees(colleague) == []
    assert not sharing.unshare(ticket, colleague, by=ticket.requester)


def test_a_merge_brings_who_took_part_along_and_undoing_takes_them_back(ticket, teahouse, agent):
    into = open_ticket(ticket.requester)
    colleague = CustomerFactory(organisation=teahouse)
    sharing.share(ticket, [colleague], by=ticket.requester)

    merging.merge(ticket, into=into, by=agent)
    assert set(takes_part(colleague)) == {ticket, into}

    merging.undo_merge(ticket, by=agent)
    assert takes_part(colleague) == [ticket]


def test_a_customers_search_knows_nothing_of_notes(ticket, agent):
    from tickets import writing

    writing.add_note(ticket, author=agent, text="Heimlich vermerkt")

    found = Ticket.objects.visible_to(ticket.requester)
    assert list(found.matching("Heimlich", public=True)) == []
    assert list(found.matching("Heimlich")) == [ticket]
