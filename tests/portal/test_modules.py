"""Einstellungen / Zusatzmodule as a customer's administrator uses it."""

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.urls import reverse
from django_tenants.utils import schema_context

from accounts.models import Membership, Organisation
from billing.models import BillingAddress, BillingEvent, PriceList, Subscription
from sla.models import CalendarVersion
from sla.tiers import tier_of
from tests.billing.arranging import at, book, give_address
from tests.factories import LONG_AGO, CustomerFactory, organisation, tier
from tests.sla.arranging import opened, promise_of
from tests.sla.moments import TUESDAY, berlin

URL = "/einstellungen/zusatzmodule/"
BOOK = f"{URL}buchung/"
CANCEL = f"{URL}kuendigung/"
ADDRESS = {
    "name": "Teehaus Nord GmbH",
    "street": "Speicherstraße 1",
    "postcode": "20457",
    "city": "Hamburg",
    "email": "rechnung@teehaus.example",
}


@pytest.fixture(autouse=True)
def _tuesday(tenant):
    # A tenant that was there before.
    CalendarVersion.objects.update(valid_from=LONG_AGO)
    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        yield


@pytest.fixture
def boss(portal, anna):
    """Anna, who administers an organisation that has booked nothing and has an address."""
    own = organisation("Teehaus Süd GmbH")
    anna.join(own, Membership.Role.ADMIN)
    give_address(own)
    return anna


def form(portal, level, **more):
    """What the page's form would send for a tier."""
    page = portal.get(URL, {"level": tier(level).pk})
    return {"level": tier(level).pk, "seen": page.context["choice"].token, **more}


def test_the_page_shows_the_tiers_side_by_side_with_both_prices(portal, boss):
    page = portal.get(URL)

    text = page.content.decode()
    names = [(str(card.offer.tier), card.offer.is_current) for card in page.context["cards"]]
    assert names == [("Basis", True), ("Bronze", False), ("Silber", False), ("Gold", False)]
    for said in (
        "€19 <span",
        "€22.61 with 19% VAT",
        "First answer guaranteed within 12 business hours",
        "Highest priority",
        "E-mail, Portal",
        "Book with obligation to pay",
    ):
        assert said in text


def test_what_the_page_said_is_what_the_booking_does(portal, boss):
    tickets = [opened(requester=boss, at=f"{TUESDAY} 09:0{n}") for n in range(3)]
    others = opened("Bronze", at=f"{TUESDAY} 08:30")
    shown = portal.get(URL, {"level": tier("Gold").pk}).context["choice"]

    response = portal.post(BOOK, form(portal, "Gold"), follow=True)

    assert "Gold is booked" in response.content.decode()
    assert [one.then.due_at for one in shown.effects.effects] == [
        promise_of(ticket).due_at for ticket in tickets
    ]
    queue = list(others._meta.model.objects.queued().values_list("number", flat=True))
    places = {number: place for place, number in enumerate(queue, start=1)}
    assert [one.then.place for one in shown.effects.effects] == [
        places[ticket.number] for ticket in tickets
    ]


def test_the_confirmation_states_tier_price_moment_and_who(portal, boss, mailoutbox):
    response = portal.post(BOOK, form(portal, "Gold"), follow=True)

    text = response.content.decode()
    for said in ("Gold", "€59.00", "€70.21", "Tuesday, 10\u00a0March 2026, 10:00", "Anna Berg"):
        assert said in text
    [event] = BillingEvent.objects.filter(organisation=boss.organisation)
    assert (event.kind, event.by, event.is_by_tenant) == ("booked", boss, False)
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([boss.email], "Gold ist gebucht")


def test_what_this_month_costs_is_shown_to_the_day(portal, boss):
    portal.post(BOOK, form(portal, "Bronze"))

    with at("2026-03-23 12:00"):
        choice = portal.get(URL, {"level": tier("Gold").pk}).context["choice"]

    # Bronze from the 10th to the 22nd, Gold from the 23rd to the 31st.
    assert [(part.name, part.days, part.cents) for part in choice.parts] == [
        ("Bronze", 13, 797),
        ("Gold", 9, 1713),
    ]
    assert (choice.then.net, choice.then.vat, choice.then.gross) == (2510, 477, 2987)


def test_without_an_address_the_form_asks_for_it_and_books_with_it(portal, boss):
    BillingAddress.objects.all().delete()
    assert "Where should the invoices go?" in portal.get(URL).content.decode()

    refused = portal.post(BOOK, form(portal, "Gold", postcode="123"))
    accepted = portal.post(BOOK, form(portal, "Gold", **ADDRESS))

    assert refused.status_code == 422
    assert {"name", "street", "postcode", "city", "email"} <= refused.context["form"].errors.keys()
    assert accepted.status_code == 302
    assert BillingAddress.objects.get(organisation=boss.organisation).city == "Hamburg"
    assert tier_of(boss.organisation) == tier("Gold")


def test_a_refused_booking_stores_no_address(portal, boss):
    BillingAddress.objects.all().delete()

    response = portal.post(BOOK, {"level": tier("Gold").pk, "seen": "old.old", **ADDRESS})

    assert response.status_code == 409
    assert not BillingAddress.objects.exists()


def test_a_price_changed_since_it_was_shown_is_asked_again(portal, boss):
    sent = form(portal, "Gold")
    prices = PriceList.objects.get()
    prices.prices[str(tier("Gold").pk)] = 6900
    prices.save()

    response = portal.post(BOOK, sent)

    assert response.status_code == 409
    assert "The price, or the day, has changed" in response.content.decode()
    assert "€69" in response.content.decode()
    assert not Subscription.objects.exists()
    assert portal.post(BOOK, form(portal, "Gold")).status_code == 302


def test_a_form_posted_twice_books_once(portal, boss):
    sent = form(portal, "Gold")

    first, second = portal.post(BOOK, sent), portal.post(BOOK, sent)

    assert first.url == second.url
    assert Subscription.objects.count() == 1


def test_of_two_admins_the_second_is_told_who_was_first(portal, boss, client):
    sent = form(portal, "Gold")
    colleague = CustomerFactory(name="Henrik Paulsen", organisation=boss.organisation)
    colleague.join(boss.organisation, Membership.Role.ADMIN)
    book(colleague, "Silber")

    response = portal.post(BOOK, sent)

    assert response.status_code == 409
    assert "Henrik Paulsen changed the booking meanwhile: Silber" in response.content.decode()
    assert tier_of(boss.organisation) == tier("Silber")


def test_a_withdrawn_tier_cannot_be_booked_and_is_not_shown(portal, boss):
    sent = form(portal, "Gold")
    gold = tier("Gold")
    gold.is_offered = False
    gold.save()

    response = portal.post(BOOK, sent)

    assert response.status_code == 409
    assert "cannot be booked any more" in response.content.decode()
    assert "Gold" not in [str(card.offer.tier) for card in portal.get(URL).context["cards"]]


@pytest.mark.parametrize("level", ["", "abc", "0", "999999999999999999999"])
def test_a_tier_that_is_none_is_not_found(portal, boss, level):
    assert portal.post(BOOK, {"level": level, "seen": "x"}).status_code == 404


def test_cancelling_takes_two_clicks_and_no_reason(portal, boss):
    portal.post(BOOK, form(portal, "Gold"))
    page = portal.get(CANCEL)

    response = portal.post(CANCEL, {"seen": page.context["token"], "when": "end"}, follow=True)

    assert "Gold is cancelled" in response.content.decode()
    running = Subscription.objects.get()
    assert (running.ended_at, running.cancel_at) == (None, berlin("2026-04-01 00:00"))
    assert tier_of(boss.organisation) == tier("Gold")


def test_a_cancellation_can_be_taken_back(portal, boss):
    portal.post(BOOK, form(portal, "Gold"))
    portal.post(CANCEL, {"seen": portal.get(CANCEL).context["token"], "when": "end"})
    assert "Take the cancellation back" in portal.get(URL).content.decode()

    response = portal.post(f"{CANCEL}ruecknahme/", follow=True)

    assert "Gold goes on" in response.content.decode()
    assert Subscription.objects.get().cancel_at is None


def test_cancelling_at_once_is_at_once(portal, boss):
    portal.post(BOOK, form(portal, "Gold"))

    portal.post(CANCEL, {"seen": portal.get(CANCEL).context["token"], "when": "now"})

    assert tier_of(boss.organisation) == tier("Basis")
    assert portal.get(CANCEL).url == URL


def test_members_read_the_page_and_are_told_whom_to_ask(portal, boss):
    member = CustomerFactory(organisation=boss.organisation)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    portal.force_login(member)

    text = portal.get(URL).content.decode()

    assert "Only administrators of Teehaus Süd GmbH can book." in text
    assert boss.email in text
    assert "Book with obligation to pay" not in text
    sent = {"level": tier("Gold").pk, "seen": "x"}
    assert portal.post(BOOK, sent).status_code == 404
    for path in (CANCEL, "/einstellungen/rechnungen/", "/einstellungen/rechnungsanschrift/"):
        assert portal.get(path).status_code == 404
    assert portal.post(f"{CANCEL}ruecknahme/").status_code == 404


def test_who_has_not_confirmed_their_address_is_told_nothing(portal, boss):
    EmailAddress.objects.filter(user=boss).delete()

    text = portal.get(URL).content.decode()

    assert "Please confirm your address first" in text
    assert "Gold" not in text
    assert portal.post(BOOK, {"level": tier("Gold").pk, "seen": "x"}).status_code == 404


def test_a_confirmation_of_another_organisation_is_not_found(portal, boss):
    stranger = CustomerFactory(organisation=organisation("Fremd GmbH"))
    event = BillingEvent.objects.create(
        organisation=stranger.organisation, kind="booked", tier=tier("Gold")
    )

    assert portal.get(f"{URL}bestaetigung/{event.pk}/").status_code == 404


def test_a_booking_changes_nothing_in_another_tenant(portal, boss, other_tenant):
    with schema_context(other_tenant.schema_name):
        twin = Organisation.objects.open("Zwilling GmbH")
        before = Subscription.objects.count()

    portal.post(BOOK, form(portal, "Gold"))

    with schema_context(other_tenant.schema_name):
        assert Subscription.objects.count() == before
        assert tier_of(twin).name == "Basis"


@pytest.mark.parametrize("url", [URL, CANCEL, "/einstellungen/", "/einstellungen/rechnungen/"])
def test_agents_are_led_to_the_desk_and_strangers_to_the_sign_in(client, agent, url):
    assert client.get(url).url == f"{reverse('account_login')}?next={url}"
    client.force_login(agent)

    assert client.get(url).url == reverse("desk:queue")


@pytest.mark.parametrize("count", [0, 1, 12])
def test_the_page_runs_at_most_twelve_queries(portal, boss, count, django_assert_max_num_queries):
    for number in range(count):
        opened(requester=boss, at=f"{TUESDAY} 09:{number:02}")

    portal.get(URL)

    with django_assert_max_num_queries(12):
        page = portal.get(URL)

    assert page.context["choice"].effects.count == count
