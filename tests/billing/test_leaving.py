"""Who looks after a booking does not leave it without anybody who could cancel it."""

from __future__ import annotations

import pytest

from accounts import services
from accounts.membership import MayNotLeaveError
from accounts.models import Organisation, OrganisationDomain, User
from tests.billing.arranging import admin_of, book, cancel, colleague_of
from tests.sla.moments import TUESDAY
from tickets import senders


@pytest.fixture
def firm(tenant):
    return Organisation.objects.open("Kaffee Süd GmbH")


def again(user):
    return User.objects.get(pk=user.pk)


def test_the_last_administrator_of_a_booking_stays(anna, firm, agent):
    book(anna, "Gold", f"{TUESDAY} 10:00")

    with pytest.raises(MayNotLeaveError):
        senders.link_sender(anna, firm, by=agent)

    assert again(anna).organisation == anna.organisation


@pytest.mark.parametrize("reason", ["another administrator", "nothing booked", "a plain member"])
def test_everybody_else_may_go(anna, firm, agent, reason):
    leaving = anna
    if reason != "nothing booked":
        book(anna, "Gold", f"{TUESDAY} 10:00")
    if reason == "another administrator":
        colleague_of(anna)
    if reason == "a plain member":
        leaving = colleague_of(anna, "member")

    senders.link_sender(leaving, firm, by=agent)

    assert again(leaving).organisation == firm


def test_after_cancelling_they_may_go(anna, firm, agent):
    book(anna, "Gold", f"{TUESDAY} 10:00")
    cancel(anna, f"{TUESDAY} 11:00")

    senders.link_sender(anna, firm, by=agent)

    assert again(anna).organisation == firm


def test_a_confirmed_mail_domain_takes_nobody_away_from_a_booking(firm):
    anna = admin_of()
    book(anna, "Gold", f"{TUESDAY} 10:00")
    OrganisationDomain.objects.create(organisation=firm, domain=anna.email.rpartition("@")[2])

    services.confirm_address(again(anna))

    assert again(anna).organisation == anna.organisation
